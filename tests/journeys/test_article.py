"""The four policies of an article, and what docs/why.md says of them."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from tests.journeys.setting import Seawall
from tests.journeys.test_pages import tidy, typed

POLICIES = (
    "no-inbound-traffic",
    "allow-same-namespace-traffic",
    "allow-port-8000",
    "disable-aws-metadata",
)
ROW = re.compile(
    r"^\| (?:none|`(?P<policy>[a-z0-9-]+)`) \|[^|]*\| (?P<rules>[^|]+) \|$", re.MULTILINE
)


@pytest.fixture(scope="session")
def article(checkout: Path) -> Path:
    return checkout / "tests" / "journeys" / "article"


@pytest.fixture(scope="session")
def essay(checkout: Path) -> str:
    return (checkout / "docs" / "why.md").read_text()


def judged(seawall: Seawall, article: Path, count: int) -> dict[str, set[str]]:
    """The rules of each verdict in `production` under the first so many policies."""
    policies = [article / f"{n}-{name}.yaml" for n, name in enumerate(POLICIES, 1)]
    done = seawall("scan", article / "cluster.yaml", *policies[:count], "-q", "-o", "ndjson")
    found: dict[str, set[str]] = {"fail": set(), "unknown": set()}
    for each in done.records:
        if each["kind"] == "finding" and each["namespace"] == "production":
            found[each["verdict"]].add(each["rule"])
    return found


@pytest.mark.parametrize("count", range(len(POLICIES) + 1))
def test_the_essay_says_what_is_found_as_the_policies_are_added(
    count: int, seawall: Seawall, article: Path, essay: str
) -> None:
    row = list(ROW.finditer(essay))[count]

    assert (None, *POLICIES)[count] == row["policy"]
    assert {
        "fail": set(re.findall(r"`([a-z-]+)`", row["rules"])),
        "unknown": set(),
    } == judged(seawall, article, count)


@pytest.mark.parametrize(
    "ends, allowed",
    [
        pytest.param("production/web production/db 5432", True, id="within the namespace"),
        pytest.param("partner/importer production/db 5432", True, id="the partner is in"),
        pytest.param("staging/tests production/db 5432", False, id="another namespace is not"),
        pytest.param("203.0.113.7 production/web 8000", True, id="visitors"),
        pytest.param("203.0.113.7 production/web 22", False, id="visitors on another port"),
        pytest.param("203.0.113.7 production/web 8000/udp", False, id="a port alone is TCP"),
        pytest.param("203.0.113.7 production/db 8000", False, id="visitors of another pod"),
        pytest.param("staging/tests production/web 8000", True, id="a visitor from inside"),
        pytest.param("production/db 169.254.169.254 80", False, id="the metadata service"),
        pytest.param("production/db 169.254.169.253 53/udp", True, id="its neighbour"),
        pytest.param("production/db 198.51.100.7 443", True, id="anywhere else"),
        pytest.param("production/db kube-system/coredns 53/udp", True, id="names"),
        pytest.param("production/db staging/tests 80", True, id="a namespace that has no policy"),
    ],
)
def test_what_reaches_what_under_all_four(
    ends: str, allowed: object, seawall: Seawall, article: Path
) -> None:
    found = seawall("why", *ends.split(), article, "-o", "json")

    assert (0, allowed) == (found.code, found.document["allowed"])


def test_the_essay_quotes_what_is_printed(
    seawall: Seawall, article: Path, essay: str, tmp_path: Path
) -> None:
    shutil.copytree(article, tmp_path / "tests" / "journeys" / "article")
    commands = list(typed(essay))

    assert 3 == len(commands)
    for each in commands:
        done = seawall(*shlex.split(each.command)[1:])

        assert tidy(each.output) == tidy(done.out + done.err)
