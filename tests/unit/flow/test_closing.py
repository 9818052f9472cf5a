"""Closing a run: nobody is missing from the ledger, and what was seen no more is told once."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from seawall.demo.memories import DemoMemories, DemoNews
from seawall.demo.runs import DemoRuns
from seawall.flow.closing import BACK, EVERYWHERE, LOST, close_run, missing, overdue, unlooked
from seawall.model.cluster import ClusterKey
from seawall.model.digest import NO_CLUSTER
from seawall.model.run import End, Entry, Run

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
A, B = ClusterKey("a"), ClusterKey("b")
Unseen = tuple[tuple[str, str], ...]
UNSEEN: Unseen = (("aws:1/eu-west-1", "AccessDenied"),)


@dataclass
class Office:
    """Runs and news, and what was told of each run."""

    runs: DemoRuns = field(default_factory=DemoRuns)
    news: DemoNews = field(default_factory=lambda: DemoNews(DemoMemories()))
    told: int = 0

    def close(self, unseen: Unseen = (), scanned: tuple[ClusterKey, ...] = (A, B)) -> Run | None:
        """A run of two clusters, from its beginning to its end."""
        run = self.runs.begin(NOW)
        for key in scanned:
            self.runs.enter(Entry(run.id, key, End.SCANNED, NOW))
        return self.end(replace(run, scopes_unseen=unseen))

    def end(self, run: Run) -> Run | None:
        """End a run of two clusters."""
        return close_run(self.runs, self.news, run, [A, B], now=LATER)

    def fresh(self) -> list[str]:
        """The notices since the last time this was asked."""
        notices = self.news.untold().notices
        before, self.told = self.told, len(notices)
        return [f"{each.cluster}: {each.text}".removeprefix(": ") for each in notices[before:]]


def test_who_has_no_entry_is_missing_and_ends_unseen() -> None:
    office = Office()
    run = office.runs.begin(NOW)
    office.runs.enter(Entry(run.id, A, End.SCANNED, NOW))
    before = missing(office.runs, run, [A, B])
    ended = office.end(replace(run, scopes_unseen=UNSEEN))

    assert (B,) == before
    assert ended == office.runs.last()
    assert (LATER, UNSEEN) == (ended.ended_at, ended.scopes_unseen) if ended else False
    assert [("a", End.SCANNED, ""), ("b", End.UNSEEN, LOST)] == [
        (entry.cluster, entry.end, entry.why) for entry in office.runs.entries(run.id)
    ]


def test_a_run_is_closed_once_and_what_is_told_of_it_is_told_once() -> None:
    office = Office()
    run = replace(office.runs.begin(NOW), scopes_unseen=UNSEEN)
    first, second = office.end(run), office.end(run)

    assert (True, None) == (first is not None, second)
    assert ["aws:1/eu-west-1 could not be looked at: AccessDenied", f"a: {LOST}", f"b: {LOST}"] == (
        office.fresh()
    )


def test_whoever_closes_a_run_that_has_just_been_closed_tells_nothing_else_of_it() -> None:
    office = Office()
    run = office.runs.begin(NOW)
    office.end(replace(run, scopes_unseen=UNSEEN))
    office.fresh()

    assert office.end(run) is None
    assert [] == office.fresh()


DENIED, BUSY = "AccessDenied", "AWS is busy"


@pytest.mark.parametrize(
    "before, after, told",
    [
        pytest.param((), (), [], id="all are seen"),
        pytest.param(
            (), (("aws:1/a", DENIED),), ["aws:1/a could not be looked at: AccessDenied"], id="lost"
        ),
        pytest.param((("aws:1/a", DENIED),), (("aws:1/a", DENIED),), [], id="still unseen"),
        pytest.param((("aws:1/a", DENIED),), (("aws:1/a", BUSY),), [], id="for another reason"),
        pytest.param((("aws:1/a", DENIED),), (), [f"aws:1/a {BACK}"], id="back"),
        pytest.param(
            (("aws:1/a", DENIED),),
            (("gcp:1", BUSY),),
            ["gcp:1 could not be looked at: AWS is busy", f"aws:1/a {BACK}"],
            id="one lost, one back",
        ),
        pytest.param(
            (("aws:1", DENIED),),
            (("aws:1/a", BUSY),),
            ["aws:1/a could not be looked at: AWS is busy"],
            id="an account is back but for a region",
        ),
        pytest.param(
            (("aws:1/a", DENIED),),
            (("aws:1", BUSY),),
            ["aws:1 could not be looked at: AWS is busy"],
            id="a region is unseen with its account",
        ),
        pytest.param(
            (("aws:1", DENIED),),
            (("aws:11", BUSY),),
            ["aws:11 could not be looked at: AWS is busy", f"aws:1 {BACK}"],
            id="a name that begins alike is another one",
        ),
    ],
)
def test_a_scope_is_told_when_it_is_lost_and_when_it_is_back(
    before: Unseen, after: Unseen, told: list[str]
) -> None:
    office = Office()
    office.close(before)
    office.fresh()

    office.close(after)

    assert told == office.fresh()


def test_in_the_first_run_every_unseen_scope_is_news_and_is_no_cluster() -> None:
    office = Office()
    office.close(UNSEEN)

    assert [NO_CLUSTER] == [each.cluster for each in office.news.untold().notices]


@pytest.mark.parametrize(
    "before, after, told",
    [
        pytest.param((A, B), (A,), [f"b: {LOST}"], id="lost"),
        pytest.param((A,), (A,), [], id="lost twice"),
        pytest.param((A,), (B,), [f"a: {LOST}"], id="another one"),
        pytest.param((A,), (A, B), [], id="scanned again"),
    ],
)
def test_a_lost_scan_is_told_once(
    before: tuple[ClusterKey, ...], after: tuple[ClusterKey, ...], told: list[str]
) -> None:
    office = Office()
    office.close(scanned=before)
    office.fresh()

    office.close(scanned=after)

    assert told == office.fresh()


def test_a_cluster_that_could_not_be_read_is_not_lost() -> None:
    """Its scan has told so itself."""
    office = Office()
    run = office.runs.begin(NOW)
    office.runs.enter(Entry(run.id, A, End.UNSEEN, NOW, "connection refused"))
    office.runs.enter(Entry(run.id, B, End.SKIPPED, NOW, "not named by --only"))
    office.end(run)

    assert [] == office.fresh()


class Killed(Exception):  # noqa: N818  what a killed process would not even raise
    """The process ended here."""


class DiesOnce(DemoRuns):
    """Runs whose process is killed as one is about to be ended, the first time."""

    alive = False

    def end(self, run: Run) -> bool:
        """End it, or die."""
        if not self.alive:
            self.alive = True
            raise Killed
        return super().end(run)


def test_what_was_lost_is_told_once_though_the_process_is_killed_before_the_end() -> None:
    office = Office(DiesOnce())
    with pytest.raises(Killed):
        office.close(UNSEEN, scanned=(A,))
    told = office.fresh()
    office.close(UNSEEN, scanned=(A,))

    assert ["aws:1/eu-west-1 could not be looked at: AccessDenied", f"b: {LOST}"] == told
    assert [] == office.fresh()
    assert office.runs.open() is None


def test_where_a_look_did_not_end_what_was_unseen_is_unseen_still() -> None:
    office = Office()
    office.close(UNSEEN)
    for _ in range(2):
        run = office.runs.begin(NOW)
        office.end(unlooked(office.runs, run, "discovery did not end"))

    last = office.runs.last()
    assert last is not None
    assert ((EVERYWHERE, "discovery did not end"), *UNSEEN) == last.scopes_unseen
    assert f"aws:1/eu-west-1 {BACK}" not in office.fresh()
    office.close()
    assert [f"aws:1/eu-west-1 {BACK}", f"the fleet {BACK}"] == (office.fresh())


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
