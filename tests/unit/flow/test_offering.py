"""Offering: the plans a cluster needs now, written down once, and taken back when they pass."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.flow.sites import KEY, NEXT_RUN, NOW, RUN, Site, Weather, pod, policy, site, space

from seawall.flow.offering import (
    TAKEN_AWAY,
    current_plans,
    offered_now,
    offers,
    plan_cluster,
)
from seawall.model.cluster import ClusterUid
from seawall.model.errors import NoEntry
from seawall.model.memory import Memory
from seawall.model.messages import RunId
from seawall.model.plan import Mode, PlanState, Stage

CHANGED = "the cluster has changed since"


def memory(found: Site) -> Memory:
    known = found.memories.recall(KEY)
    assert known is not None
    return known


def offered(found: Site, run: RunId = RUN) -> dict[str, PlanState]:
    """The plans by namespace, offered now."""
    states = offered_now(found.desk, found.record, memory(found), run, now=NOW)
    assert len({state.plan.namespace for state in states}) == len(states)
    return {state.plan.namespace: state for state in states}


def in_order(states: Iterable[PlanState]) -> list[PlanState]:
    return sorted(states, key=lambda state: state.plan.namespace)


def test_each_open_namespace_has_a_plan_that_is_written_down() -> None:
    found = site(space("bank"), pod("bank", "teller"))
    states = offered(found)

    assert {
        "bank": Stage.PROPOSED,
        "kube-system": Stage.REFUSED,
        "shop": Stage.PROPOSED,
    } == {name: state.stage for name, state in states.items()}
    assert list(states.values()) == in_order(offers(found.desk, KEY))
    assert {(RUN, NOW, NOW, "")} == {
        (s.run, s.made_at, s.changed_at, s.note) for s in states.values()
    }


def test_offered_again_nothing_changes() -> None:
    found = site()
    before = offered(found)

    assert before == offered(found, NEXT_RUN)


def test_the_live_cluster_counts_and_not_the_memory() -> None:
    found = site()
    found.store.put(space("new"))

    assert {"kube-system", "new", "shop"} == offered(found).keys()


def test_what_a_person_asks_for_belongs_to_the_run_that_was_last() -> None:
    found = site()
    states = plan_cluster(found.desk, found.record, now=NOW)

    assert {RUN} == {state.run for state in states}


def test_without_a_scan_nobody_knows_which_cluster_it_is() -> None:
    bare = Site(site().store)

    with pytest.raises(NoEntry, match="was never scanned; `seawall run --once` first"):
        plan_cluster(bare.desk, bare.record, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"uid": None}, id="its UID was never seen"),
        pytest.param({"impostor": ClusterUid("other")}, id="another one answered"),
    ],
)
def test_a_cluster_whose_identity_is_open_is_not_even_read(
    changes: dict[str, Any],
) -> None:
    found = site()
    unsure = replace(memory(found), **changes)
    weather = Weather()

    with pytest.raises(NoEntry, match=r"was not confirmed.*`seawall confirm`"):
        current_plans(weather.on(found.desk), found.record, unsure, now=NOW)
    assert [] == weather.names


def test_a_cluster_that_cannot_be_read_keeps_its_offers() -> None:
    found = site()
    before = offered(found)
    del found.stores[KEY]

    with pytest.raises(NoEntry, match="cannot be read: kubeconfig:prod does not answer"):
        offered(found)
    assert list(before.values()) == in_order(offers(found.desk, KEY))


def test_what_holds_no_longer_is_superseded_and_comes_back_when_it_does() -> None:
    found = site(mode=Mode.PROPOSE)
    first = offered(found)["shop"]
    found.store.put(pod("shop", "web"))
    second = offered(found, NEXT_RUN)["shop"]
    between = found.plans.plan(first.plan.id)
    found.store.remove(pod("shop", "web"))
    third = offered(found, NEXT_RUN)["shop"]

    assert between == replace(first, stage=Stage.SUPERSEDED, note=CHANGED)
    assert first.plan.id != second.plan.id
    assert third == first
    assert {second.plan.id: Stage.SUPERSEDED, first.plan.id: Stage.PROPOSED} == {
        each.plan.id: each.stage for each in found.plans.plans() if each.plan.namespace == "shop"
    }


def test_an_offer_after_a_time_without_one_belongs_to_the_run_that_made_it() -> None:
    found = site(pod("shop", "web"), mode=Mode.PROPOSE)
    offered(found)
    mine = policy("shop", "mine", {"podSelector": {}, "policyTypes": ["Ingress"]})
    found.store.put(mine)
    offered(found)
    found.store.remove(mine)

    assert NEXT_RUN == offered(found, NEXT_RUN)["shop"].run


def test_a_refused_plan_is_superseded_as_well() -> None:
    found = site(mode=Mode.PROPOSE)
    offered(found)
    found.store.put(policy("kube-system", "theirs", {"podSelector": {}}))
    states = offered(found)

    assert "kube-system" not in states
    assert [Stage.SUPERSEDED] == found.stages()["kube-system"]


def test_what_is_applied_while_the_cluster_is_read_was_not_taken_away() -> None:
    found = site()

    def other(_number: int, name: str) -> None:
        if name == "exposed":
            found.mend()

    desk = Weather(after=other).on(found.desk)
    states = offered_now(desk, found.record, memory(found), RUN, now=NOW)
    done = next(state for state in states if state.plan.namespace == "shop")

    assert (Stage.DONE, "auto", True) == (done.stage, done.by, bool(done.object_uid))
    assert done == found.plan()


def test_two_that_offer_at_once_write_one_plan() -> None:
    found = site()

    def other(_number: int, name: str) -> None:
        if name == "plan" and not found.stages():
            offered(found, NEXT_RUN)

    desk = Weather(after=other).on(found.desk)
    states = offered_now(desk, found.record, memory(found), RUN, now=NOW)

    assert {"kube-system": [Stage.REFUSED], "shop": [Stage.PROPOSED]} == found.stages()
    assert list(states) == in_order(found.plans.plans())


def test_a_plan_of_a_namespace_that_was_closed_before_says_so() -> None:
    found = site()
    found.mend()
    found.store.remove(policy("shop", "isolate-ingress", {}))
    state = offered(found, NEXT_RUN)["shop"]

    assert (Stage.PROPOSED, TAKEN_AWAY, "", "") == (
        state.stage,
        state.note,
        state.by,
        state.object_uid,
    )
    assert (state, NEXT_RUN) == (found.plan(), state.run)


@pytest.mark.parametrize("stage", [Stage.APPLYING, Stage.UNDOING, Stage.FAILED], ids=str)
def test_a_plan_on_its_way_is_neither_offered_nor_superseded(stage: Stage) -> None:
    found = site()
    state = replace(offered(found)["shop"], stage=stage)
    found.plans = type(found.plans)()
    found.plans.put(state, before=None)

    assert state == offered(found)["shop"]
    found.store.put(pod("shop", "web"))
    offered(found)
    assert state == found.plans.plan(state.plan.id)
