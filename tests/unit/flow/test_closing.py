"""Closing a run: nobody is missing from the ledger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from seawall.demo.runs import DemoRuns
from seawall.flow.closing import LOST, close_run, missing, overdue
from seawall.model.cluster import ClusterKey
from seawall.model.run import End, Entry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
A, B = ClusterKey("a"), ClusterKey("b")
UNSEEN = (("aws:1/eu-west-1", "AccessDenied"),)


def test_who_has_no_entry_is_missing_and_ends_unseen() -> None:
    runs = DemoRuns()
    run = runs.begin(NOW)
    runs.enter(Entry(run.id, A, End.SCANNED, NOW))
    before = missing(runs, run, [A, B])
    ended = close_run(runs, replace(run, scopes_unseen=UNSEEN), [A, B], now=LATER)

    assert (B,) == before
    assert ended == runs.last()
    assert (LATER, UNSEEN) == (ended.ended_at, ended.scopes_unseen) if ended else False
    assert [("a", End.SCANNED, ""), ("b", End.UNSEEN, LOST)] == [
        (entry.cluster, entry.end, entry.why) for entry in runs.entries(run.id)
    ]


def test_a_run_is_closed_once() -> None:
    runs = DemoRuns()
    run = runs.begin(NOW)
    first = close_run(runs, run, [], now=LATER)
    second = close_run(runs, run, [], now=LATER)

    assert (True, None) == (first is not None, second)


@pytest.mark.parametrize(
    "age, too_old",
    [
        pytest.param(timedelta(0), False, id="just begun"),
        pytest.param(timedelta(hours=11), False, id="its orders still hold"),
        pytest.param(timedelta(hours=13), True, id="its orders may have expired"),
        pytest.param(timedelta(minutes=-30), False, id="two clocks differ"),
        pytest.param(timedelta(hours=-2), True, id="the clock went back"),
    ],
)
def test_a_run_is_not_taken_up_for_ever(age: timedelta, too_old: bool) -> None:  # noqa: FBT001  a column of the table
    run = DemoRuns().begin(NOW)

    assert too_old is overdue(run, NOW + age)
