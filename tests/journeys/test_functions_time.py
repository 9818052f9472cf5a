"""The cloud functions where time runs out: in mid-batch, between two plans, in the midst of one."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from functions.alert import app as alert
from functions.discover import app as discover
from functions.remediate import app as remediate
from functions.scan import app as scan
from tests.journeys.functions_world import STREAM, World, context, key, store, world
from tests.unit.flow.sites import Weather, space

from seawall.demo.cluster_desk import DemoWriting
from seawall.flow.holding import LEASE, ONE_PLAN
from seawall.invoke.benches import MendBench
from seawall.model.messages import RunId
from seawall.model.plan import Mode, PlanState, Stage
from seawall.model.run import End

BARELY = timedelta(seconds=1)
ENOUGH_MS, TOO_LITTLE_MS = 111_000, 109_000
"""For a scan."""
LAMBDA_S = 900


class Killed(BaseException):
    """What ends a function that has taken too long; nothing that it runs can catch it."""


@pytest.fixture
def fleet() -> Iterator[World]:
    with world("prod-a", "prod-b", "test-a") as made:
        yield made


def looked(fleet: World) -> RunId:
    """Invoke Discover; gives the run."""
    return RunId(str(discover.door(fleet.discover_bench)({}, context())["run"]))


def failed(answer: Any) -> list[str]:  # noqa: ANN401  what a function answers a queue
    return [str(each["itemIdentifier"]) for each in answer["batchItemFailures"]]


# -- Scan ----------------------------------------------------------------------------------------


def test_a_scan_that_runs_out_of_time_in_mid_batch_leaves_the_rest_to_another(
    fleet: World,
) -> None:
    run, handler = looked(fleet), scan.door(fleet.scan_bench)
    records = fleet.received("eks")

    back = failed(handler({"Records": records}, context(ENOUGH_MS, TOO_LITTLE_MS)))
    ended = fleet.workshop.runs.entries(run)
    between = alert.door(fleet.alert_bench)({}, context())
    others = fleet.received("eks")  # at once: nobody waits for their time to be over
    again = failed(handler({"Records": others}, context()))
    closed = alert.door(fleet.alert_bench)({}, context())

    assert [each["messageId"] for each in records[1:]] == back
    assert [End.SCANNED] == [each.end for each in ended]
    assert (None, run) == (between["closed"], closed["closed"])
    assert (sorted(back), []) == (sorted(each["messageId"] for each in others), again)
    assert [End.SCANNED] * 3 == [each.end for each in fleet.workshop.runs.entries(run)]


# -- Remediate -----------------------------------------------------------------------------------


class Mending:
    """Remediate, allowed to write to prod-a, where two namespaces may be closed."""

    def __init__(self, fleet: World) -> None:
        self.fleet = fleet
        empty = store("prod-a", empty=True)
        empty.put(space("till"))
        fleet.stores[key("prod-a")] = empty
        fleet.workshop.mend().desk.modes.set_mode(key("prod-a"), Mode.AUTO)
        looked(fleet)
        scan.door(fleet.scan_bench)({"Records": fleet.received("eks")}, context())
        (self.hint,) = (
            each
            for each in fleet.received("findings")
            if json.loads(each["body"])["subject"].endswith("/prod-a")
        )
        self.bench, self.writing = fleet.writing_bench()

    def at(self, later: timedelta, weather: Weather | None = None) -> MendBench:
        """The bench of a function that is invoked so much later, by its own clock."""
        desk = (weather or Weather()).on(self.bench.desk)
        process = replace(desk.process, clock=lambda: datetime.now(UTC) + later)
        return replace(self.bench, desk=replace(desk, process=process))

    def mended(self, bench: MendBench, left_s: float = LAMBDA_S) -> list[str]:
        """Invoke it with the hint; gives what goes back."""
        event = {"Records": [self.hint]}
        return failed(remediate.door(lambda: bench)(event, context(round(left_s * 1000))))

    def plans(self) -> dict[str, PlanState]:
        """Those that could be applied, by namespace."""
        states = self.bench.desk.plans.plans(key("prod-a"))
        return {each.plan.namespace: each for each in states if not each.plan.refusals}

    def stages(self) -> list[Stage]:
        """How far they came."""
        return sorted(each.stage for each in self.plans().values())


@pytest.fixture
def mending(fleet: World) -> Mending:
    return Mending(fleet)


def _written(writing: DemoWriting) -> list[str]:
    return sorted(place for _, place in writing.written)


def test_no_plan_is_begun_that_would_be_cut_off_and_the_rest_comes_again(mending: Mending) -> None:
    gone = [timedelta()]

    def slow(_number: int, name: str) -> None:
        if name == "apply":
            gone[0] += timedelta(seconds=LAMBDA_S) - ONE_PLAN

    bench = mending.at(timedelta(), Weather(after=slow))
    process = replace(bench.desk.process, clock=lambda: datetime.now(UTC) + gone[0])
    bench = replace(bench, desk=replace(bench.desk, process=process))

    first = mending.mended(bench)
    between, hidden = mending.stages(), mending.fleet.waiting("findings")
    second = mending.mended(mending.at(timedelta()))

    assert ([mending.hint["messageId"]], []) == (first, second)
    assert sorted([Stage.DONE, Stage.PROPOSED]) == between
    assert 0 == hidden[0]  # not now, but before its time is over
    assert [Stage.DONE] * 2 == mending.stages()
    assert ["shop/isolate-ingress", "till/isolate-ingress"] == _written(mending.writing)


def test_who_has_no_time_for_one_plan_does_not_even_read_the_cluster(mending: Mending) -> None:
    weather = Weather()
    bench = mending.at(timedelta(), weather)

    back = mending.mended(bench, left_s=869)

    assert ([mending.hint["messageId"]], []) == (back, weather.names)


def test_whoever_holds_a_plan_is_named_by_the_log_of_his_container(mending: Mending) -> None:
    holders: list[str] = []

    def look(_number: int, name: str) -> None:
        if name == "apply":
            holders.extend(each.holder for each in mending.plans().values() if each.holder)

    mending.mended(mending.at(timedelta(), Weather(after=look)))

    assert [STREAM, STREAM] == [each.rpartition(" ")[0] for each in holders]
    assert ["", ""] == [each.holder for each in mending.plans().values()]


def test_a_plan_of_a_function_that_was_killed_is_looked_after_when_its_hint_comes_again(
    mending: Mending,
) -> None:
    def killed(_number: int, name: str) -> None:
        if name == "apply":
            raise Killed

    with pytest.raises(Killed):
        mending.mended(mending.at(timedelta(), Weather(after=killed)))
    dead = mending.stages()

    soon, late = LEASE - timedelta(minutes=1), LEASE + BARELY
    answers = [mending.mended(mending.at(soon), LAMBDA_S + soon.total_seconds())]
    held = mending.stages()
    answers += [mending.mended(mending.at(late), LAMBDA_S + late.total_seconds())]

    assert sorted([Stage.APPLYING, Stage.PROPOSED]) == dead
    assert sorted([Stage.APPLYING, Stage.DONE]) == held  # the other one waits for nobody
    assert [Stage.DONE] * 2 == mending.stages()
    assert [[], []] == answers
    assert ["shop/isolate-ingress", "till/isolate-ingress"] == _written(mending.writing)
