"""The cloud functions where something is not seen, comes late, comes twice, or is named wrongly."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from functions.alert import app as alert
from functions.discover import app as discover
from functions.scan import app as scan
from tests.journeys.functions_world import World, context, key, ref, world

from seawall.flow.closing import BACK
from seawall.invoke.benches import DiscoverBench
from seawall.model.errors import TryLater
from seawall.model.fleet import Presence
from seawall.model.messages import RunId
from seawall.model.run import End, Run

DENIED = "eks:ListClusters: not permitted"
ELSEWHERE = "aws:123456789012/me-south-1"


@pytest.fixture
def fleet() -> Iterator[World]:
    with world("prod-a", "prod-b", "test-a") as made:
        yield made


def looked(fleet: World, event: object) -> dict[str, Any]:
    """Invoke Discover."""
    return discover.door(fleet.discover_bench)(event, context())


def scanned(fleet: World) -> None:
    """Invoke Scan with all that is on its queue."""
    scan.door(fleet.scan_bench)({"Records": fleet.received("eks")}, context())


def ticked(fleet: World) -> dict[str, Any]:
    """Invoke Alert."""
    return alert.door(fleet.alert_bench)({}, context())


def run_through(fleet: World, event: object) -> str:
    """A whole run; gives the mail that was sent after it, if any."""
    before = len(fleet.published)
    looked(fleet, event)
    scanned(fleet)
    assert ticked(fleet)["closed"]
    mails = fleet.published[before:]
    assert len(mails) <= 1
    return mails[0]["email"] if mails else ""


def ends(fleet: World, run: str) -> dict[str, str]:
    entries = fleet.workshop.runs.entries(RunId(run))
    return {each.cluster.rpartition("/")[2]: each.end for each in entries}


def begun(fleet: World, ago: timedelta, only: tuple[str, ...] = ()) -> Run:
    """A run that somebody began a while ago."""
    return fleet.workshop.runs.begin(datetime.now(UTC) - ago, only)


def last(fleet: World) -> Run:
    found = fleet.workshop.runs.last()
    assert found is not None
    return found


# -- What is not seen reaches the mailbox --------------------------------------------------------


def test_a_scope_that_is_refused_is_in_the_mail_once_and_once_when_it_is_back(fleet: World) -> None:
    run_through(fleet, {})
    fleet.scopes.unseen[ELSEWHERE] = DENIED
    lost, still = run_through(fleet, {}), run_through(fleet, {})
    del fleet.scopes.unseen[ELSEWHERE]
    fleet.scopes.found[ELSEWHERE] = ()
    back, quiet = run_through(fleet, {}), run_through(fleet, {})

    assert f"Scopes:\n  - {ELSEWHERE} could not be looked at: {DENIED}" in lost
    assert f"Scopes:\n  - {ELSEWHERE} {BACK}" in back
    assert ("", "") == (still, quiet)


def test_a_scope_that_was_refused_until_it_was_taken_out_is_not_said_to_be_seen(
    fleet: World,
) -> None:
    fleet.scopes.unseen[ELSEWHERE] = DENIED
    run_through(fleet, {})
    del fleet.scopes.unseen[ELSEWHERE]

    assert f"{ELSEWHERE} {BACK}" in run_through(fleet, {})
    assert BACK.endswith(", or is no longer in the settings")


def test_what_is_refused_in_the_very_first_run_is_in_its_mail(fleet: World) -> None:
    fleet.scopes.unseen[ELSEWHERE] = DENIED

    assert f"{ELSEWHERE} could not be looked at: {DENIED}" in run_through(fleet, {})


def test_a_lost_scan_is_in_the_mail(fleet: World) -> None:
    run_through(fleet, {})
    begun(fleet, timedelta(minutes=46))

    ticked(fleet)

    assert "the fleet could not be looked at: discovery did not end" in fleet.published[-1]["email"]
    for name in ("prod-a", "prod-b", "test-a"):
        assert f"{key(name)}: its scan did not end" in fleet.published[-1]["email"]


# -- Settings ------------------------------------------------------------------------------------


def test_a_region_that_is_taken_out_leaves_its_clusters_stale_and_is_told_once(
    fleet: World,
) -> None:
    fleet.scopes.found[ELSEWHERE] = (ref("far-a"),)
    run_through(fleet, {})
    del fleet.scopes.found[ELSEWHERE]

    first, second = run_through(fleet, {}), run_through(fleet, {})

    record = fleet.workshop.inventory.record(key("far-a"))
    assert record is not None
    assert Presence.STALE is record.presence
    assert f"{key('far-a')}: {ELSEWHERE} is no longer in the settings" in first
    assert "" == second
    assert ((ELSEWHERE, "it is no longer in the settings"),) == last(fleet).scopes_unseen


# -- Names that nobody has -----------------------------------------------------------------------


def test_what_was_not_seen_is_kept_and_told_though_a_name_was_wrong(fleet: World) -> None:
    fleet.scopes.unseen[ELSEWHERE] = DENIED

    answer = looked(fleet, {"clusters": ["typo"]})
    closed = ticked(fleet)["closed"]

    assert (False, [f"{ELSEWHERE}: {DENIED}"]) == (answer["ok"], answer["unseen"])
    assert (closed, ((ELSEWHERE, DENIED),)) == (last(fleet).id, last(fleet).scopes_unseen)
    assert f"{ELSEWHERE} could not be looked at: {DENIED}" in fleet.published[-1]["email"]


def test_a_wrong_name_ends_no_look_of_somebody_else(fleet: World) -> None:
    run = begun(fleet, timedelta(minutes=1))  # it looks, and has ordered nothing yet

    looked(fleet, {"clusters": ["typo"]})

    assert ({}, None) == (ends(fleet, run.id), ticked(fleet)["closed"])


# -- Calls that fail and come again --------------------------------------------------------------


@dataclass
class Fails:
    """A port that is busy at its nth call of a method, and before that as it is."""

    port: Any
    method: str
    calls: int

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  any port
        if name == self.method:
            self.calls -= 1
            if self.calls < 0:
                raise TryLater(f"DynamoDB: busy with {name}")
        return getattr(self.port, name)


def failing_early(bench: DiscoverBench) -> DiscoverBench:
    desk = bench.desk
    return replace(bench, desk=replace(desk, inventory=Fails(desk.inventory, "observe", 0)))


def failing_at_the_orders(bench: DiscoverBench) -> DiscoverBench:
    desk = bench.desk
    return replace(bench, desk=replace(desk, outbox=Fails(desk.outbox, "send", 0)))


def failing_at_the_ledger(bench: DiscoverBench) -> DiscoverBench:
    closing = bench.closing
    return replace(bench, closing=replace(closing, runs=Fails(closing.runs, "enter", 1)))


def failing_at_the_look(bench: DiscoverBench) -> DiscoverBench:
    closing = bench.closing
    return replace(bench, closing=replace(closing, looks=Fails(closing.looks, "looked", 0)))


FAILURES = [failing_early, failing_at_the_orders, failing_at_the_ledger, failing_at_the_look]


@pytest.mark.parametrize("failing", FAILURES)
def test_a_call_that_failed_and_comes_again_waits_for_those_it_named_alone(
    fleet: World,
    failing: Any,  # noqa: ANN401  one of the above
) -> None:
    event = {"clusters": ["prod-a"]}
    with pytest.raises(TryLater):
        discover.door(lambda: failing(fleet.discover_bench()))(event, context())

    answer = looked(fleet, event)
    scanned(fleet)

    assert {"prod-a": End.SCANNED, "prod-b": End.SKIPPED, "test-a": End.SKIPPED} == ends(
        fleet, answer["run"]
    )
    assert answer["run"] == ticked(fleet)["closed"]


@pytest.mark.parametrize("failing", FAILURES[:2])
def test_whoever_joins_a_call_that_failed_leaves_nobody_out(fleet: World, failing: Any) -> None:  # noqa: ANN401  one of the above
    with pytest.raises(TryLater):
        discover.door(lambda: failing(fleet.discover_bench()))({"clusters": ["prod-a"]}, context())

    answer = looked(fleet, {})  # the schedule
    looked(fleet, {"clusters": ["prod-a"]})  # and then the call comes again
    scanned(fleet)

    assert {"prod-a", "prod-b", "test-a"} == {
        name for name, end in ends(fleet, answer["run"]).items() if end is End.SCANNED
    }


def test_a_wrong_name_that_comes_again_is_told_again_and_its_run_is_closed(fleet: World) -> None:
    event = {"clusters": ["typo"]}
    with pytest.raises(TryLater):
        discover.door(lambda: failing_at_the_look(fleet.discover_bench()))(event, context())

    answer = looked(fleet, event)

    closed = ticked(fleet)["closed"]
    assert (False, {End.SKIPPED}) == (answer["ok"], set(ends(fleet, closed).values()))


# -- Runs that take long -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "minutes, mails",
    [pytest.param(14, 0, id="it may end by itself"), pytest.param(16, 1, id="nobody waits longer")],
)
def test_a_run_that_takes_long_holds_back_no_news(fleet: World, minutes: int, mails: int) -> None:
    run = begun(fleet, timedelta(minutes=minutes))
    looked(fleet, {})
    records = [each for each in fleet.received("eks") if "test-a" not in each["body"]]
    scan.door(fleet.scan_bench)({"Records": records}, context())

    told = [ticked(fleet) for _ in range(2)]

    assert [None, None] == [each["closed"] for each in told]
    assert [mails, 0] == [len(each["told"]) for each in told]
    assert run == fleet.workshop.runs.open()


def test_a_run_that_takes_long_tells_the_rest_at_its_end(fleet: World) -> None:
    begun(fleet, timedelta(minutes=16))
    looked(fleet, {})
    records = fleet.received("eks")
    for some in ([each for each in records if "test-a" not in each["body"]], records):
        scan.door(fleet.scan_bench)({"Records": some}, context())
        ticked(fleet)

    first, second = (each["email"] for each in fleet.published)
    assert ([True, True, False], [False, False, True]) == tuple(
        [f"{key(name)}: 6 open" in mail for name in ("prod-a", "prod-b", "test-a")]
        for mail in (first, second)
    )
