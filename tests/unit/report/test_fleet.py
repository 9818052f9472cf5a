"""One set of lines and sums: what a number is worth, and what counts for nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console
from tests.fleets import (
    BEFORE,
    NOBODY,
    NOW,
    OLD_RUN,
    RUN,
    THE_RUN,
    everything,
    finding,
    memory,
    plan,
    record,
)

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.finding import Severity
from seawall.model.fleet import Presence
from seawall.model.memory import Counts, Memory, Status
from seawall.model.messages import RunId
from seawall.model.plan import Mode, Stage
from seawall.model.run import End, Entry
from seawall.report.fleet import ClusterLine, Enforced, FleetView, Standing
from seawall.report.fleet_document import fleet_document
from seawall.report.fleet_lead import lead
from seawall.report.fleet_lines import cluster_lines, fleet_totals
from seawall.report.fleet_table import fleet_table, totals_lines
from seawall.report.fleet_text import age, shown
from seawall.report.fleet_unseen import not_seen

RUN_ENDED = replace(NOBODY, last_run=THE_RUN)


def of(remembered: Memory | None, **changes: Any) -> FleetView:  # noqa: ANN401  its fields
    """A fleet of one cluster `a` after a run."""
    view = replace(RUN_ENDED, records=(record("a"),), memories=(remembered,) if remembered else ())
    return replace(view, **changes)


def the_line(view: FleetView) -> ClusterLine:
    (line,) = cluster_lines(view)
    return line


def drawn(view: FleetView) -> str:
    console = Console(width=220, no_color=True)
    with console.capture() as captured:
        console.print(fleet_table(view))
    return captured.get()


def row(view: FleetView) -> list[str]:
    """The cells of a table with one row of single words."""
    return drawn(view).splitlines()[1].split()


def entry(end: End, why: str) -> tuple[Entry, ...]:
    return (Entry(RUN, ClusterKey("a"), end, BEFORE, why),)


@pytest.mark.parametrize(
    "view, standing, why",
    [
        pytest.param(of(memory("a")), Standing.SEEN, "", id="read whole"),
        pytest.param(
            of(memory("a", counts=Counts(8, 0, 1, ("nodes", "pods")))),
            Standing.PARTLY,
            "could not read nodes; pods",
            id="kinds unread",
        ),
        pytest.param(
            of(memory("a", unseen="timed out")), Standing.STALE, "timed out", id="unread now"
        ),
        pytest.param(
            of(memory("a", run=OLD_RUN)),
            Standing.STALE,
            "the last run did not read it",
            id="not in the last run",
        ),
        pytest.param(
            of(memory("a", run=OLD_RUN), ledger=entry(End.SKIPPED, "not asked for")),
            Standing.STALE,
            "skipped in the last run: not asked for",
            id="left out of the last run",
        ),
        pytest.param(
            of(memory("a", run=OLD_RUN), ledger=entry(End.UNSEEN, "five tries")),
            Standing.STALE,
            "unseen in the last run: five tries",
            id="its order died",
        ),
        pytest.param(
            of(memory("a", scanned_at=NOW - timedelta(hours=25))),
            Standing.STALE,
            "its last scan is too old",
            id="nobody ran since",
        ),
        pytest.param(
            of(memory("a", scanned_at=NOW + timedelta(seconds=1))),
            Standing.STALE,
            "its last scan is ahead of this clock",
            id="the clock went back",
        ),
        pytest.param(
            of(memory("a", run=RunId("another"), scanned_at=NOW)),
            Standing.SEEN,
            "",
            id="a run goes on",
        ),
        pytest.param(
            of(memory("a", run=RunId("99991231T235959Z-later-by-name"))),
            Standing.STALE,
            "the last run did not read it",
            id="names of runs tell no order",
        ),
        pytest.param(
            of(memory("a", scanned_at=None, unseen="403")), Standing.UNSEEN, "403", id="never read"
        ),
        pytest.param(of(None), Standing.UNSEEN, "no run has read it yet", id="just discovered"),
        pytest.param(
            of(None, ledger=entry(End.UNSEEN, "poison")),
            Standing.UNSEEN,
            "poison",
            id="dead letter",
        ),
        pytest.param(
            of(None, ledger=entry(End.SKIPPED, "the same as b")),
            Standing.SKIPPED,
            "the same as b",
            id="a namesake",
        ),
        pytest.param(
            of(memory("a"), records=(record("a", Presence.GONE),)),
            Standing.GONE,
            "no longer in a scope",
            id="gone",
        ),
        pytest.param(of(memory("a"), last_run=None), Standing.SEEN, "", id="in the first run"),
    ],
)
def test_a_line_says_what_its_numbers_are_worth(
    view: FleetView, standing: Standing, why: str
) -> None:
    line = the_line(view)

    assert (standing, why) == (line.standing, line.why)


def test_every_cluster_that_anything_is_known_of_has_a_line() -> None:
    view = replace(
        RUN_ENDED,
        records=(record("in the inventory"),),
        memories=(memory("remembered"),),
        ledger=(Entry(RUN, ClusterKey("in the ledger"), End.UNSEEN, BEFORE, "x"),),
        plans=(plan("planned"),),
    )

    assert ["in the inventory", "in the ledger", "planned", "remembered"] == [
        line.key for line in cluster_lines(view)
    ]


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(of(None), id="no memory"),
        pytest.param(of(memory("a", scanned_at=None, counts=Counts())), id="never scanned"),
        pytest.param(of(memory("a"), records=(record("a", Presence.GONE),)), id="gone"),
    ],
)
def test_no_number_is_no_zero(view: FleetView) -> None:
    assert the_line(view).counts is None
    assert 5 * ["-"] == row(view)[-6 - len(tail(view)) : -1 - len(tail(view))]


def tail(view: FleetView) -> list[str]:
    """The words of the last cell."""
    line = the_line(view)
    return f"{line.standing}: {line.why}".split()


def test_a_cluster_read_whole_is_shown_with_its_numbers() -> None:
    known = finding("x", adopted=True)
    view = of(
        memory("a", finding("y"), known, counts=Counts(8, 2, 1)), modes={ClusterKey("a"): Mode.AUTO}
    )

    assert ["a", "present", "auto", "5", "min", "ago", "8", "2", "1", "2", "1", "yes", "-"] == row(
        view
    )


def test_what_passed_in_an_earlier_scan_counts_for_nothing_now() -> None:
    view = of(memory("a", finding(), unseen="timed out", counts=Counts(8, 1, 2)))

    totals = fleet_totals(cluster_lines(view))

    assert (0, 8) == (totals.passed, totals.passed_before)
    assert (1, 2, 1) == (totals.failed, totals.unknown, totals.open)
    assert Enforced.UNKNOWN is the_line(view).enforced
    assert "yes (5 min ago)" in drawn(view)


def test_a_cluster_that_is_gone_is_told_and_not_counted() -> None:
    view = of(memory("a", finding()), records=(record("a", Presence.GONE),))

    totals = fleet_totals(cluster_lines(view))

    assert (0, 0, 0) == (totals.open, totals.failed, sum(totals.enforced.values()))
    assert "1 finding open when it was last read" in drawn(view)


def test_what_is_resolved_is_not_open() -> None:
    line = the_line(of(memory("a", finding("x", status=Status.RESOLVED), finding("y"))))

    assert ["y"] == [each.summary for each in line.open]


@pytest.mark.parametrize(
    "said, enforced",
    [
        pytest.param("yes", Enforced.YES, id="yes"),
        pytest.param("no", Enforced.NO, id="no"),
        pytest.param("no: the agent is off", Enforced.NO, id="no, and why"),
        pytest.param("partly: not on Fargate", Enforced.PARTLY, id="partly, and why"),
        pytest.param("unknown: 403", Enforced.UNKNOWN, id="unknown, and why"),
        pytest.param("", Enforced.UNKNOWN, id="nothing was said"),
        pytest.param("yes, perhaps", Enforced.UNKNOWN, id="a sentence"),
        pytest.param("not known", Enforced.UNKNOWN, id="not known"),
    ],
)
def test_enforcement_is_what_was_found_and_nothing_better(said: str, enforced: Enforced) -> None:
    assert enforced is the_line(of(memory("a", enforced=said))).enforced


def test_the_note_says_what_a_person_should_know() -> None:
    stages = (Stage.FAILED, Stage.PROPOSED, Stage.PROPOSED, Stage.REFUSED, Stage.DONE)
    view = of(
        memory("a", impostor=ClusterUid("other")),
        records=(record("a", Presence.STALE),),
        plans=tuple(plan("a", stage) for stage in stages),
    )

    assert (
        "another cluster answers here (other): writes are blocked",
        "a scope could not be looked at",
        "1 plan failed: a person must look",
        "2 proposals",
        "1 plan refused",
    ) == the_line(view).notes


def test_a_cluster_without_a_record_is_said_to_be_so() -> None:
    assert ("not in the inventory",) == the_line(of(memory("a"), records=())).notes


def test_what_was_not_seen_begins_with_scopes() -> None:
    view = everything()

    found = [(blind.what, blind.where) for blind in not_seen(view, cluster_lines(view))]

    assert [
        ("scope", "eu-west-1"),
        ("unseen", "unseen"),
        ("stale", "stale"),
        ("seen in part", "part"),
        ("skipped", "skipped"),
    ] == found


@pytest.mark.parametrize(
    "view, sentences",
    [
        pytest.param(
            NOBODY,
            [
                "No run has ended yet.",
                "No cluster is known, so that nothing can be said about any.",
            ],
            id="nothing at all",
        ),
        pytest.param(
            of(None),
            [
                (
                    "None of 1 cluster was seen by the last run: "
                    "this report says nothing about their isolation now."
                )
            ],
            id="everything unseen",
        ),
        pytest.param(
            of(memory("a")),
            [
                "Seen by the last run: 1 of 1 cluster.",
                "No finding is open in what was seen.",
                "Something enforces the policies in 1 of 1.",
            ],
            id="all is well",
        ),
        pytest.param(
            replace(
                RUN_ENDED,
                records=(record("a"), record("b")),
                memories=(memory("a", enforced="no: off"), memory("b", enforced="partly: Fargate")),
            ),
            [
                "Seen by the last run: 2 of 2 clusters.",
                "No finding is open in what was seen.",
                "Something enforces the policies in 0 of 2, in part of 1, nothing in 1.",
            ],
            id="all is well, and nothing enforces it",
        ),
        pytest.param(
            replace(
                RUN_ENDED,
                records=(record("a"), record("b")),
                memories=(memory("a", finding(), finding("x", adopted=True), enforced="?"),),
                last_run=replace(THE_RUN, scopes_unseen=(("s", "403"),)),
            ),
            [
                "1 scope could not be looked at: there may be clusters that nobody knows of.",
                (
                    "Not seen by the last run: 1 of 2 clusters; "
                    "what passes is said of the others alone."
                ),
                "2 findings open, 1 of them known debt.",
                "Something enforces the policies in 0 of 2; for 2 that is not known.",
            ],
            id="a bit of everything",
        ),
    ],
)
def test_the_first_sentences_say_what_can_be_said(view: FleetView, sentences: list[str]) -> None:
    lines = cluster_lines(view)

    assert sentences == list(lead(view, lines, fleet_totals(lines)))


def test_the_lines_under_the_table_sum_it_up() -> None:
    assert [
        "last run: 2026-01-02T11:59:00Z (60 s ago)",
        (
            "6 clusters: 1 unseen, 1 stale, 1 seen in part, 1 seen, 1 skipped, 1 gone; "
            "1 scope could not be looked at"
        ),
        "checks: policy isolates 11 (and 5 of earlier scans), fail 6, unknown 2",
        "open findings: 6, 1 of them known debt",
        "enforced: yes 1, partly 0, no 0, not known 3",
    ] == totals_lines(everything())


def test_nothing_known_is_said_in_so_many_words() -> None:
    assert ["last run: none has ended yet", "0 clusters: none known"] == totals_lines(NOBODY)[:2]


def test_the_document_has_what_the_table_has() -> None:
    document = fleet_document(everything())

    assert {
        "clusters": 6,
        "byStanding": {
            "unseen": 1,
            "stale": 1,
            "seen in part": 1,
            "seen": 1,
            "skipped": 1,
            "gone": 1,
        },
        "checks": {"pass": 11, "passedBefore": 5, "fail": 6, "unknown": 2},
        "openFindings": 6,
        "knownDebt": 1,
        "bySeverity": {"critical": 1, "high": 3, "medium": 1, "low": 1},
        "enforced": {"yes": 1, "partly": 0, "no": 0, "not known": 3},
    } == document["totals"]
    assert 1 == document["schemaVersion"]


def test_a_cluster_without_numbers_is_null_in_the_document() -> None:
    document = fleet_document(of(None))
    (cluster,) = cast_list(document["clusters"])

    assert (None, None, None, None, None) == tuple(
        cluster[key] for key in ("checks", "openFindings", "knownDebt", "scannedAt", "mode")
    )


def cast_list(found: object) -> list[Mapping[str, object]]:
    assert isinstance(found, list)
    return found


def test_the_order_in_which_things_were_read_changes_nothing() -> None:
    view = everything()
    turned = replace(
        view,
        records=view.records[::-1],
        memories=view.memories[::-1],
        ledger=view.ledger[::-1],
    )

    assert cluster_lines(view) == cluster_lines(turned)


def test_severities_order_clusters_by_the_gravest() -> None:
    line = the_line(of(memory("a", finding("x"), finding("y", severity=Severity.CRITICAL))))

    assert (1, 1, 0, 0) == line.severities


@pytest.mark.parametrize(
    "ago, said",
    [
        pytest.param(timedelta(0), "0 s ago", id="now"),
        pytest.param(timedelta(seconds=119), "119 s ago", id="seconds"),
        pytest.param(timedelta(minutes=2), "2 min ago", id="minutes"),
        pytest.param(timedelta(minutes=119), "119 min ago", id="many minutes"),
        pytest.param(timedelta(hours=47), "47 h ago", id="hours"),
        pytest.param(timedelta(days=2), "2 d ago", id="days"),
        pytest.param(timedelta(seconds=-1), "ahead of this clock", id="the future"),
    ],
)
def test_an_age_is_said_in_one_unit(ago: timedelta, said: str) -> None:
    assert said == age(NOW - ago, NOW)


def test_a_long_text_ends_and_says_so() -> None:
    assert "aaa... (5000 characters)" == shown("a" * 5000, most=3)
    assert r"\x1b[... (9 characters)" == shown("\x1b" + "[" * 8, most=5)
    assert "aaa" == shown("aaa", most=3)
