"""One rule, one file, one folder of tests, one page: the same words in all four places."""

from pathlib import Path

import pytest

from seawall.judge.over_time import OVER_TIME
from seawall.judge.rules import RULES


def gaps(ids: list[str], modules: set[str], tests: set[str], pages: set[str]) -> list[str]:
    wanted = set(ids)
    return [
        *(f"rule {i} is registered twice" for i in sorted(wanted) if ids.count(i) > 1),
        *(f"rule {i} has no module" for i in sorted(wanted - modules)),
        *(f"rule {i} has no folder of tests" for i in sorted(wanted - tests)),
        *(f"rule {i} has no page" for i in sorted(wanted - pages)),
        *(f"module {i} is no registered rule" for i in sorted(modules - wanted)),
        *(f"folder of tests {i} is for no rule" for i in sorted(tests - wanted)),
        *(f"page {i} is for no rule" for i in sorted(pages - wanted)),
    ]


def test_each_rule_has_its_module_tests_and_page(checkout: Path) -> None:
    rules = checkout / "shared/seawall/judge/rules"
    modules = {p.stem.replace("_", "-") for p in rules.glob("[!_]*.py")}
    tests = {_tested(p) for p in (checkout / "tests/rules").glob("*/test_*.py")}
    pages = {p.stem for p in (checkout / "docs/rules").glob("*.md") if p.stem != "README"}
    over_time = {each.id for each in OVER_TIME}

    assert over_time <= pages
    pages -= over_time
    assert gaps([str(rule.id) for rule in RULES], modules, tests, pages) == []


def _tested(file: Path) -> str:
    """The folder's name, when the file repeats it: mypy takes two modules of one name for one."""
    folder = file.parent.name
    return folder if file.stem == f"test_{folder.replace('-', '_')}" else f"{folder}/{file.name}"


def test_each_page_is_headed_by_the_id_of_its_rule(checkout: Path) -> None:
    pages = [p for p in (checkout / "docs/rules").glob("*.md") if p.stem != "README"]
    headed_otherwise = [p.name for p in pages if p.stem not in p.read_text().partition("\n")[0]]

    assert headed_otherwise == []


ONE = {"open"}


@pytest.mark.parametrize(
    "ids, modules, tests, pages, complaints",
    [
        pytest.param(["open"], ONE, ONE, ONE, 0, id="complete"),
        pytest.param(["open", "open"], ONE, ONE, ONE, 1, id="twice in the registry"),
        pytest.param(["open"], set[str](), ONE, ONE, 1, id="no module"),
        pytest.param(["open"], ONE, set[str](), ONE, 1, id="no tests"),
        pytest.param(["open"], ONE, ONE, set[str](), 1, id="no page"),
        pytest.param(list[str](), ONE, ONE, ONE, 3, id="not registered"),
    ],
)
def test_a_gap_is_found(
    ids: list[str], modules: set[str], tests: set[str], pages: set[str], complaints: int
) -> None:
    assert complaints == len(gaps(ids, modules, tests, pages))
