import json
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.fleets import RULE, digest_of

from seawall.model.cluster import ClusterKey
from seawall.model.digest import NO_CLUSTER, Digest, Group, Notice, Summary
from seawall.model.finding import Severity
from seawall.model.memory import Turn
from seawall.report.digest import (
    TITLES,
    digest_document,
    digest_json,
    digest_lines,
    first_few,
    gravest_first,
)
from seawall.report.slack_blocks import slack_blocks

EMPTY = replace(digest_of(), summaries=(), groups=(), notices=())


def headings(digest: Digest) -> list[str]:
    """The lines that begin a part, up to their first colon."""
    lines = digest_lines(digest)
    return [line.partition(":")[0] for before, line in pairwise(lines) if not before]


def summary(name: str, **severities: int) -> Summary:
    graded = tuple((Severity(word), number) for word, number in severities.items())
    return Summary(ClusterKey(name), sum(severities.values()), graded)


def test_an_empty_digest_has_nothing_to_say() -> None:
    assert [] == digest_lines(EMPTY)


def test_the_gravest_comes_first_and_what_resolved_last() -> None:
    assert [
        "HIGH reopened",
        "HIGH opened",
        "LOW opened",
        "Notices",
        "First complete scan, a starting point and no news",
        "CRITICAL resolved",
    ] == headings(digest_of())


def test_the_first_line_counts_places_by_what_became_of_them() -> None:
    assert (
        "Seawall, 2026-01-02T12:00:00Z: 4 opened, 2 reopened, 2 resolved, 1 notice, "
        "1 cluster scanned whole for the first time"
    ) == digest_lines(digest_of())[0]


def test_a_group_says_its_rule_and_what_that_means() -> None:
    assert f"HIGH opened: {RULE} in 2 places. {TITLES[RULE]}" in digest_lines(digest_of())


def test_a_rule_that_this_version_does_not_know_is_named_alone() -> None:
    assert "LOW opened: rule in 2 places." in digest_lines(digest_of())


@pytest.mark.parametrize(
    "places, named, last",
    [
        pytest.param(10, 10, "  - cluster009 shop: open", id="ten"),
        pytest.param(11, 11, "  - cluster010 shop: open", id="one more is named, not counted"),
        pytest.param(12, 10, "  and 2 more", id="twelve"),
        pytest.param(500, 10, "  and 490 more", id="five hundred"),
    ],
)
def test_a_long_group_is_cut_and_counted(places: int, named: int, last: str) -> None:
    (_, group, *_) = digest_of(places=places).groups

    lines = digest_lines(replace(EMPTY, groups=(group,)))

    assert named == sum(line.startswith("  - ") for line in lines)
    assert last == lines[-2]


def test_a_finding_of_a_whole_cluster_is_placed_there() -> None:
    group = Group(Turn.OPENED, RULE, Severity.HIGH, ((ClusterKey("a"), "", "x"),))

    assert "  - a (cluster): x" in digest_lines(replace(EMPTY, groups=(group,)))


def test_a_first_scan_is_one_line_a_cluster_the_worst_first() -> None:
    some = (summary("quiet"), summary("low", low=9), summary("grave", critical=1, low=2))

    lines = digest_lines(replace(EMPTY, summaries=some))

    assert [
        "  - grave: 3 open (1 critical, 2 low)",
        "  - low: 9 open (9 low)",
        "  - quiet: 0 open",
    ] == lines[3:6]


@pytest.mark.parametrize("clusters, lines", [(20, 20), (21, 10), (1000, 10)])
def test_a_new_fleet_is_one_line_and_its_worst(clusters: int, lines: int) -> None:
    many = tuple(summary(f"c{n:04}", low=n) for n in range(clusters))

    found = digest_lines(replace(EMPTY, summaries=many))

    assert lines == sum(line.startswith("  - ") for line in found)
    assert f"  - c{clusters - 1:04}: {clusters - 1} open ({clusters - 1} low)" == found[3]
    if clusters > 20:
        total = sum(range(clusters))
        assert (
            f"First complete scan of {clusters} clusters: {total} open in all; the 10 worst:"
            == found[2]
        )


def test_many_notices_are_cut_and_counted() -> None:
    (notice,) = digest_of().notices

    lines = digest_lines(replace(EMPTY, notices=(notice,) * 50))

    assert 20 == lines.count("  - gone: could not be read (plan p)")
    assert "  and 30 more" in lines


def test_the_document_is_never_cut_and_in_the_same_order() -> None:
    document = json.loads(digest_json(digest_of(places=500)))

    assert [500] * 4 == [len(group["places"]) for group in document["groups"]]
    assert ["reopened", "opened", "opened", "resolved"] == [g["turn"] for g in document["groups"]]
    assert {"cluster": "new", "open": 3, "bySeverity": {"high": 1, "low": 2}} == document[
        "summaries"
    ][0]
    assert {"cluster": "gone", "text": "could not be read", "plan": "p"} == document["notices"][0]
    assert (1, "d1") == (document["schemaVersion"], document["id"])


def test_the_order_of_the_groups_changes_nothing() -> None:
    digest = digest_of()
    turned = replace(digest, groups=digest.groups[::-1])

    assert digest_lines(digest) == digest_lines(turned)
    assert digest_document(digest) == digest_document(turned)
    assert gravest_first(digest.groups) == gravest_first(turned.groups)


@pytest.mark.parametrize(
    "most, named, left",
    [
        pytest.param(2, [1, 2, 3], 0, id="one over"),
        pytest.param(1, [1], 2, id="two over"),
        pytest.param(9, [1, 2, 3], 0, id="fewer"),
    ],
)
def test_the_first_few_and_how_many_are_left(most: int, named: list[int], left: int) -> None:
    assert (named, left) == first_few([1, 2, 3], most)


def scope(text: str) -> Notice:
    return Notice(NO_CLUSTER, text)


def test_a_scope_that_is_not_seen_comes_before_everything_else() -> None:
    (notice,) = digest_of().notices
    digest = replace(digest_of(), notices=(notice, scope("aws:1/a could not be looked at: denied")))

    lines, document = digest_lines(digest), digest_document(digest)

    assert ["", "Scopes:", "  - aws:1/a could not be looked at: denied", ""] == lines[1:5]
    assert "  - gone: could not be read (plan p)" in lines[5:]
    assert [
        {"cluster": None, "text": "aws:1/a could not be looked at: denied", "plan": None},
        {"cluster": "gone", "text": "could not be read", "plan": "p"},
    ] == document["notices"]
    assert "Scopes:" in str(slack_blocks(digest)[1])


def test_scopes_hide_no_cluster_and_clusters_no_scope() -> None:
    (notice,) = digest_of().notices
    many = [scope(f"aws:{n}/a could not be looked at") for n in range(50)]

    lines = digest_lines(replace(EMPTY, notices=(*many, *[notice] * 50)))

    assert [20, 20] == [
        sum(line.startswith(start) for line in lines) for start in ("  - aws:", "  - gone:")
    ]
    assert 2 == lines.count("  and 30 more")


def test_what_a_cloud_says_of_a_scope_stays_on_its_line() -> None:
    lines = digest_lines(replace(EMPTY, notices=(scope("aws:1/a: \x1b[2J\nHIGH opened"),)))

    assert 2 == sum(bool(line) for line in lines[1:-1])
    assert not any("\x1b" in line for line in lines)
