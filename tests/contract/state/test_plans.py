"""Plans: each step is a conditional write from the one before, and there is no other way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product

import pytest
from tests.contract.state.ports import OpenPorts, Ports
from tests.contract.state.values import MONDAY, TUESDAY, WEDNESDAY, key, moved, plan_state

from seawall.model.errors import Trouble
from seawall.model.plan import NEXT, PlanId, Stage

STEPS = [(before, after) for before, after in product(Stage, Stage) if after in NEXT[before]]
LEAPS = [(before, after) for before, after in product(Stage, Stage) if after not in NEXT[before]]


def test_no_plan_is_known_at_first(ports: Ports) -> None:
    assert None is ports.plans.plan(PlanId("p"))
    assert () == ports.plans.plans()


def test_a_plan_is_kept_as_it_was_made(ports: Ports, others: Ports) -> None:
    state = plan_state("p")

    assert ports.plans.put(state, before=None)
    assert state == others.plans.plan(PlanId("p"))


def test_a_plan_that_is_known_is_not_made_again(ports: Ports, others: Ports) -> None:
    state = plan_state("p")
    ports.plans.put(state, before=None)

    assert not others.plans.put(moved(state, Stage.REFUSED), before=None)
    assert state == others.plans.plan(PlanId("p"))


@pytest.mark.parametrize("before, after", STEPS)
def test_a_plan_takes_each_step_there_is(before: Stage, after: Stage, ports: Ports) -> None:
    state = plan_state("p", stage=before)
    ports.plans.put(state, before=None)

    assert ports.plans.put(moved(state, after), before=before)
    assert moved(state, after) == ports.plans.plan(PlanId("p"))


@pytest.mark.parametrize("before, after", LEAPS)
def test_a_step_that_does_not_exist_is_a_bug(before: Stage, after: Stage, ports: Ports) -> None:
    state = plan_state("p", stage=before)
    ports.plans.put(state, before=None)

    with pytest.raises(Trouble, match="bug"):
        ports.plans.put(moved(state, after), before=before)

    assert state == ports.plans.plan(PlanId("p"))


def test_a_step_from_where_the_plan_is_not_changes_nothing(ports: Ports) -> None:
    state = plan_state("p", stage=Stage.DONE)
    ports.plans.put(state, before=None)

    assert not ports.plans.put(moved(state, Stage.APPLYING), before=Stage.PROPOSED)
    assert state == ports.plans.plan(PlanId("p"))


@pytest.mark.parametrize(
    "holder, is_his",
    [("host:1 a", True), ("host:1 b", False), ("", False)],
    ids=["the holder", "another attempt", "nobody"],
)
def test_a_plan_that_is_held_takes_steps_of_its_holder_alone(
    holder: str,
    is_his: bool,  # noqa: FBT001  a column of the table
    ports: Ports,
) -> None:
    state = replace(plan_state("p"), stage=Stage.APPLYING, holder="host:1 a", held_until=TUESDAY)
    after = replace(state, stage=Stage.DONE, holder="")
    ports.plans.put(state, before=None)

    assert is_his == ports.plans.put(after, before=Stage.APPLYING, holder=holder)
    assert (after if is_his else state) == ports.plans.plan(PlanId("p"))


def test_a_plan_that_nobody_holds_is_taken_by_one(ports: Ports, others: Ports) -> None:
    state = plan_state("p", stage=Stage.APPLYING)
    ports.plans.put(state, before=None)
    first, second = (replace(state, holder=holder) for holder in ("a", "b"))

    assert ports.plans.put(first, before=Stage.APPLYING)
    assert not others.plans.put(second, before=Stage.APPLYING)
    assert first == ports.plans.plan(PlanId("p"))


def test_a_plan_that_is_not_known_takes_no_step(ports: Ports) -> None:
    assert not ports.plans.put(plan_state("p", stage=Stage.APPLYING), before=Stage.PROPOSED)
    assert None is ports.plans.plan(PlanId("p"))


def test_of_many_that_take_the_same_step_one_does(open_ports: OpenPorts) -> None:
    everyone = [open_ports("east") for _ in range(4)]
    state = plan_state("p")
    everyone[0].plans.put(state, before=None)

    with ThreadPoolExecutor(4) as pool:
        won = pool.map(
            lambda each: each.plans.put(moved(state, Stage.APPLYING), before=Stage.PROPOSED),
            everyone,
        )

    assert [False, False, False, True] == sorted(won)


def test_plans_come_the_oldest_first(ports: Ports) -> None:
    made = [
        plan_state("d", made_at=WEDNESDAY),
        plan_state("c", made_at=MONDAY),
        plan_state("a", cluster="dev", made_at=TUESDAY),
        plan_state("b", made_at=MONDAY),
    ]
    for state in made:
        ports.plans.put(state, before=None)

    assert ["c", "b", "a", "d"] == [state.plan.id for state in ports.plans.plans()]
    assert ["c", "b", "d"] == [state.plan.id for state in ports.plans.plans(key("prod"))]
    assert () == ports.plans.plans(key("unknown"))


def test_two_fleets_do_not_meet(ports: Ports, west: Ports) -> None:
    state = plan_state("p")
    ports.plans.put(state, before=None)

    assert (None, ()) == (west.plans.plan(PlanId("p")), west.plans.plans())
    assert not west.plans.put(moved(state, Stage.APPLYING), before=Stage.PROPOSED)
    assert state == ports.plans.plan(PlanId("p"))
