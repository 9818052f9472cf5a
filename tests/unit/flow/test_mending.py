"""Mending: by itself only what can cut nothing, once, whatever happens in between."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flow.sites import (
    ENFORCES,
    KEY,
    NEXT_RUN,
    NOW,
    RUN,
    SCOPE,
    SHOP,
    Crash,
    Site,
    Weather,
    pod,
    policy,
    site,
    space,
)

from seawall.demo.resources import Json
from seawall.flow.applying import roll_back
from seawall.flow.desks import MendDesk
from seawall.flow.holding import ONE_LOOK, ONE_PLAN
from seawall.flow.mending import MOST_UNATTENDED, mend_cluster
from seawall.flow.offering import TAKEN_AWAY, plan_cluster
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.errors import NoEntry, Refused, TryLater
from seawall.model.fleet import Sighting
from seawall.model.messages import FindingsChanged, RunId
from seawall.model.plan import Mode, Stage
from seawall.model.sight import Seen, Unseen

CLOSED = f"{SHOP}: closed and verified, by auto"
WAITING = "plans: 1 refused; see `seawall plan`"
A_POLICY = {"podSelector": {"matchLabels": {"app": "x"}}, "policyTypes": ["Egress"]}


def closed_once(found: Site) -> bool:
    """The namespace is closed by one object of ours, and was told so once."""
    return (found.policies(), found.plan().stage, found.told().count(CLOSED)) == (
        [SHOP],
        Stage.DONE,
        1,
    )


def fresh_ones(number: int) -> Site:
    """A cluster with this many empty namespaces beside shop."""
    return site(*(space(f"team-{n:02}") for n in range(number)))


def test_an_empty_namespace_is_closed_verified_and_told_once() -> None:
    found = site()
    found.mend()

    assert closed_once(found)
    assert {"shop": [Stage.DONE], "kube-system": [Stage.REFUSED]} == found.stages()
    assert [CLOSED, WAITING] == found.told()
    assert ("auto", "applied and verified") == (found.plan().by, found.plan().note)


@pytest.mark.parametrize("again", [RUN, NEXT_RUN])
def test_a_second_delivery_and_a_second_run_are_quiet(again: RunId) -> None:
    found = site()
    found.mend()
    before, told = found.plans.plans(KEY), found.told()
    found.scan_and_mend(again)

    assert before == found.plans.plans(KEY)
    assert told == found.told()
    assert [("PATCH", SHOP)] == found.writing.written


@pytest.mark.parametrize(
    "mode, stages, policies",
    [
        pytest.param(Mode.OBSERVE, {}, [], id="observe plans nothing"),
        pytest.param(Mode.PROPOSE, {"shop": [Stage.PROPOSED]}, [], id="propose"),
        pytest.param(Mode.APPROVE, {"shop": [Stage.PROPOSED]}, [], id="approve is as propose"),
        pytest.param(Mode.AUTO, {"shop": [Stage.DONE]}, [SHOP], id="auto"),
    ],
)
def test_a_mode_goes_so_far(mode: Mode, stages: dict[str, list[str]], policies: list[str]) -> None:
    found, weather = site(mode=mode), Weather()
    found.mend(desk=weather.on(found.desk))

    assert (mode is Mode.AUTO) == ("rehearse" in weather.names)
    assert stages == {name: each for name, each in found.stages().items() if name == "shop"}
    assert policies == found.policies()
    assert bool(stages) == bool(found.told())


def test_the_ceiling_of_the_fleet_counts_where_it_is_lower() -> None:
    found = site()
    found.modes.set_mode(None, Mode.PROPOSE)
    found.mend()

    assert ([Stage.PROPOSED], []) == (found.stages()["shop"], found.policies())


def test_where_nothing_enforces_policies_even_auto_only_proposes() -> None:
    found = site()
    found.store.remove(ENFORCES)
    found.mend(found.scan(NEXT_RUN).run)

    assert ([Stage.PROPOSED], []) == (found.stages()["shop"], found.policies())
    assert ["it is left to a person, because policies may not be enforced here"] == [
        each.partition(" (")[0] for each in found.plan().plan.held
    ]
    assert [] == found.writing.written


def test_what_stops_to_be_enforced_after_it_was_offered_is_not_applied() -> None:
    found = site(mode=Mode.PROPOSE)
    found.mend()
    found.store.remove(ENFORCES)
    found.modes.set_mode(KEY, Mode.AUTO)
    found.mend(found.scan(NEXT_RUN).run)

    assert [Stage.SUPERSEDED, Stage.PROPOSED] == found.stages()["shop"]
    assert [] == found.writing.written


def test_a_namespace_that_is_used_is_left_to_a_person() -> None:
    found = site(pod("shop", "web"))
    found.mend()

    assert ([Stage.PROPOSED], []) == (found.stages()["shop"], found.policies())
    assert ["plans: 1 proposed, 1 refused; see `seawall plan`"] == found.told()


def test_what_waits_is_told_in_the_run_that_found_it_and_not_again() -> None:
    found = site(pod("shop", "web"), mode=Mode.PROPOSE)
    found.mend()
    first = found.told()
    found.scan_and_mend(NEXT_RUN)

    assert 1 == len(first)
    assert first == found.told()


def cron_job() -> tuple[Json, Json, Json]:
    """A CronJob of shop, its Job, and the pod of that."""
    meta = {"namespace": "shop"}
    spec: Json = {"spec": {"template": {}}}
    cron = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "night", **meta}}
    owned = {"controller": True, "apiVersion": "batch/v1", "uid": "u"}
    by_cron = {"ownerReferences": [{"kind": "CronJob", "name": "night", **owned}]}
    by_job = {"ownerReferences": [{"kind": "Job", "name": "night-28391234", **owned}]}
    name = {"name": "night-28391234", **meta, **by_cron}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": name, **spec}
    started = pod("shop", "night-28391234-abcde")
    started["metadata"] |= {"labels": {"job": "night"}, **by_job}
    return cron, job, started


@pytest.mark.parametrize("others", [(), ("web",)], ids=["alone", "beside another pod"])
def test_a_cron_job_whose_pod_comes_and_goes_is_no_news(others: tuple[str, ...]) -> None:
    cron, job, started = cron_job()
    found = site(cron, *(pod("shop", name) for name in others), mode=Mode.PROPOSE)
    found.mend()
    told, made = found.told(), found.stages()
    for number in range(4):
        for each in (job, started):
            (found.store.remove if number % 2 else found.store.put)(each)
        found.scan_and_mend(RunId(f"20261124T13{number}000Z-000003"))

    assert (told, made) == (found.told(), found.stages())


def test_a_namespace_that_has_an_offer_is_no_news_though_the_plan_is_another() -> None:
    found = site(pod("shop", "web"), mode=Mode.PROPOSE)
    found.mend()
    told = found.told()
    found.store.put(pod("shop", "db"))
    found.scan_and_mend(NEXT_RUN)
    found.mend(NEXT_RUN)

    assert 2 == len(found.stages()["shop"])
    assert told == found.told()


def test_what_a_person_has_planned_meanwhile_is_no_news() -> None:
    found = site(pod("shop", "web"), mode=Mode.PROPOSE)
    plan_cluster(found.desk, found.record, now=NOW)
    found.scan_and_mend(NEXT_RUN)

    assert [] == found.told()


def test_a_new_plan_takes_the_place_of_one_that_holds_no_longer() -> None:
    found = site(pod("shop", "web"))
    found.mend()
    found.store.put(pod("shop", "db"))
    found.scan_and_mend(NEXT_RUN)

    assert sorted([Stage.SUPERSEDED, Stage.PROPOSED]) == sorted(found.stages()["shop"])


def test_a_plan_for_what_was_closed_by_hand_is_superseded() -> None:
    found = site(pod("shop", "web"))
    found.mend()
    found.store.put(policy("shop", "mine", {"podSelector": {}, "policyTypes": ["Ingress"]}))
    found.scan_and_mend(NEXT_RUN)

    assert [Stage.SUPERSEDED] == found.stages()["shop"]
    assert ["shop/mine"] == found.policies()


def test_an_offer_is_taken_back_though_nothing_is_open_any_more() -> None:
    shut = {"podSelector": {}, "policyTypes": ["Ingress"]}
    found = site(pod("shop", "web"), policy("kube-system", "theirs", shut))
    found.mend()
    found.store.put(policy("shop", "mine", shut))
    found.scan_and_mend(NEXT_RUN)

    assert {"shop": [Stage.SUPERSEDED]} == found.stages()


def test_a_cluster_that_lacks_nothing_is_not_read_again() -> None:
    shut = {"podSelector": {}, "policyTypes": ["Ingress"]}
    found = site(policy("shop", "mine", shut), policy("kube-system", "theirs", shut))
    weather = Weather()
    found.mend(desk=weather.on(found.desk))

    assert "exposed" not in weather.names


def test_a_hint_decides_nothing_the_cluster_is_read_again() -> None:
    found = site()
    found.store.put(pod("shop", "web"))  # since the scan
    found.mend()

    assert ([Stage.PROPOSED], []) == (found.stages()["shop"], found.policies())


def test_a_cluster_that_the_inventory_does_not_know_is_left_alone() -> None:
    found = site()
    mend_cluster(FindingsChanged(RUN, ClusterKey("forged"), 1), found.desk, now=NOW)

    assert ({}, []) == (found.stages(), found.policies())


def test_for_a_cluster_that_is_only_observed_nothing_is_read_but_its_mode_and_what_was_begun() -> (
    None
):
    found, weather = site(mode=Mode.OBSERVE), Weather()
    found.mend(desk=weather.on(found.desk))

    assert ["record", "plans", "mode"] == weather.names


def test_a_cluster_that_is_gone_is_not_written_though_it_still_answers() -> None:
    found = site()
    found.inventory.observe(Sighting(SCOPE, Seen(())), now=NOW)
    found.mend()

    assert ({}, []) == (found.stages(), found.policies())


def test_one_whose_scope_could_not_be_looked_at_is_mended_as_before() -> None:
    found = site()
    found.inventory.observe(Sighting(SCOPE, Unseen("AccessDenied")), now=NOW)
    found.mend()

    assert closed_once(found)


def test_a_cluster_that_was_never_scanned_is_not_planned_for() -> None:
    found = Site(site().store)
    found.modes.set_mode(KEY, Mode.AUTO)
    found.mend()

    assert ({}, []) == (found.stages(), found.policies())


def test_a_cluster_that_vanished_since_its_scan_is_left_as_it_is() -> None:
    found = site()
    del found.stores[KEY]
    found.mend()

    assert ({}, []) == (found.stages(), found.told())


@pytest.mark.parametrize("scanned", [True, False], ids=["and was scanned", "since the scan"])
def test_a_cluster_that_was_replaced_is_not_written(*, scanned: bool) -> None:
    found = site()
    found.store.put(space("kube-system") | {"metadata": {"name": "kube-system", "uid": "other"}})
    if scanned:
        found.scan(NEXT_RUN)
    found.mend(NEXT_RUN)

    assert ({}, [], []) == (found.stages(), found.policies(), found.writing.written)
    memory = found.memories.recall(KEY)
    assert memory is not None
    assert (ClusterUid("other") if scanned else None) == memory.impostor


@pytest.mark.parametrize(
    "number, policies",
    [
        pytest.param(MOST_UNATTENDED - 1, MOST_UNATTENDED, id="as many as may be"),
        pytest.param(MOST_UNATTENDED, 0, id="one more"),
    ],
)
def test_with_too_many_at_once_none_is_begun(number: int, policies: int) -> None:
    found = fresh_ones(number)  # and shop
    found.mend()
    found.mend()
    capped = f"{number + 1} namespaces could be closed, more than {MOST_UNATTENDED}: none was"

    assert policies == len(found.policies())
    assert (0 if policies else 1) == found.told().count(capped)


def ending(found: Site, after: timedelta, each: timedelta) -> MendDesk:
    """A desk of a process that is ended `after` so long, and needs so much for `each` rehearsal."""
    desk = found.desk
    gone = [timedelta()]

    def spent(_number: int, name: str) -> None:
        if name == "rehearse":
            gone[0] += each

    process = replace(desk.process, clock=lambda: NOW + gone[0], ends_at=NOW + after)
    return Weather(after=spent).on(replace(desk, process=process))


def test_no_plan_is_begun_that_the_process_might_not_live_to_verify() -> None:
    found = fresh_ones(3)
    slow = ONE_PLAN / 2

    with pytest.raises(TryLater, match="no time for 2 plans"):
        found.mend(desk=ending(found, 2 * ONE_PLAN - slow, slow))
    first = found.policies(), found.told()
    found.mend()

    assert (["shop/isolate-ingress", "team-00/isolate-ingress"], 1) == (
        first[0],
        first[1].count(WAITING),
    )
    assert 4 == len(found.policies())
    assert {1} == {found.told().count(each) for each in found.told()}


def test_who_has_no_time_for_one_plan_begins_none() -> None:
    found = site()

    with pytest.raises(TryLater, match="no time for 1 plans"):
        found.mend(desk=ending(found, ONE_PLAN - timedelta(seconds=1), timedelta()))

    assert ([], Stage.PROPOSED) == (found.policies(), found.plan().stage)


def test_who_has_no_time_does_not_go_on_with_what_others_left() -> None:
    found = site()

    def killed(_number: int, name: str) -> None:
        if name == "apply":
            raise Crash

    with pytest.raises(Crash):
        found.mend(desk=Weather(after=killed).on(found.desk))
    with pytest.raises(TryLater, match="no time to look after plan"):
        found.mend(desk=ending(found, ONE_PLAN - timedelta(seconds=1), timedelta()))
    between = found.plan().stage
    found.mend()

    assert Stage.APPLYING is between
    assert closed_once(found)


def test_who_has_no_time_for_a_look_goes_on_with_what_was_left_and_begins_none() -> None:
    found = site()

    def killed(_number: int, name: str) -> None:
        if name == "apply":
            raise Crash

    with pytest.raises(Crash):
        found.mend(desk=Weather(after=killed).on(found.desk))
    found.store.put(space("later"))
    gone = [timedelta()]

    def looked(_number: int, name: str) -> None:
        if name == "look":
            gone[0] = ONE_PLAN

    process = replace(
        found.desk.process, clock=lambda: NOW + gone[0], ends_at=NOW + ONE_PLAN + ONE_LOOK / 2
    )
    with pytest.raises(TryLater, match="no time to look for what it lacks"):
        found.mend(desk=Weather(before=looked).on(replace(found.desk, process=process)))
    between = found.stages()
    found.mend()

    assert {"shop": [Stage.DONE], "kube-system": [Stage.REFUSED]} == between
    assert [Stage.DONE] == found.stages()["later"]


def test_the_cluster_is_read_again_before_each_write() -> None:
    found = fresh_ones(3)

    def started(_number: int, name: str) -> None:
        if name == "apply":
            found.store.put(pod("team-02", "web"))

    found.mend(desk=Weather(after=started).on(found.desk))

    assert Stage.PROPOSED is found.plan("team-02").stage
    assert "team-02" not in {place.partition("/")[0] for _, place in found.writing.written}


@pytest.mark.parametrize("error", [NoEntry("away"), Refused(401, "log in")], ids=str)
def test_a_moment_without_an_answer_makes_no_story(error: NoEntry) -> None:
    found = site()

    def away(_number: int, name: str) -> None:
        if name == "rehearse":
            raise error

    found.mend(desk=Weather(before=away).on(found.desk))
    between = found.plan()
    found.scan_and_mend(NEXT_RUN)

    assert (Stage.PROPOSED, "") == (between.stage, between.note)
    assert closed_once(found)


def test_a_kill_switch_that_was_lifted_makes_no_story() -> None:
    found = site()

    def flip(_number: int, name: str) -> None:
        if name == "rehearse":
            found.modes.set_mode(None, Mode.OBSERVE)

    found.mend(desk=Weather(after=flip).on(found.desk))
    between = found.plan()
    found.modes.set_mode(None, Mode.AUTO)
    found.scan_and_mend(NEXT_RUN)

    assert (Stage.PROPOSED, True) == (between.stage, "is in mode observe" in between.note)
    assert closed_once(found)


def test_a_pod_that_came_while_nobody_was_at_it_keeps_the_namespace_open() -> None:
    found = site()

    def killed(_number: int, name: str) -> None:
        if name == "apply":
            raise Crash

    with pytest.raises(Crash):
        found.mend(desk=Weather(before=killed).on(found.desk))
    found.store.put(pod("shop", "web"))
    found.scan_and_mend(NEXT_RUN)

    assert ([], []) == (found.policies(), found.writing.written)
    assert sorted([Stage.SUPERSEDED, Stage.PROPOSED]) == sorted(found.stages()["shop"])


def test_the_mode_is_read_again_before_each_write() -> None:
    found = fresh_ones(2)

    def flip(_number: int, name: str) -> None:
        if name == "apply":
            found.modes.set_mode(None, Mode.OBSERVE)

    found.mend(desk=Weather(after=flip).on(found.desk))
    notes = {each.plan.namespace: each.note for each in found.plans.plans(KEY)}

    assert [SHOP] == found.policies()
    assert {"shop": [Stage.DONE], "team-00": [Stage.PROPOSED], "team-01": [Stage.PROPOSED]} == {
        name: each for name, each in found.stages().items() if name != "kube-system"
    }
    assert notes["team-00"].startswith("not applied: kubeconfig:prod is in mode observe")


CALLS = 22
"""Of all ports, in the plainest mending; held by the test below."""


def test_the_number_of_calls_is_known() -> None:
    found, weather = site(), Weather()
    found.mend(desk=weather.on(found.desk))

    assert CALLS == len(weather.names), weather.names


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_killed_after_any_call_it_goes_on_and_changes_nothing_twice(number: int) -> None:
    found = site()

    def killed(at: int, _name: str) -> None:
        if at == number:
            raise Crash

    with pytest.raises(Crash):
        found.mend(desk=Weather(after=killed).on(found.desk))
    found.mend()
    found.mend()

    assert closed_once(found)
    assert sorted([CLOSED, WAITING]) == sorted(found.told())


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_whatever_is_busy_it_is_tried_again_and_nothing_is_told_twice(number: int) -> None:
    found = site()

    def busy(at: int, name: str) -> None:
        if at == number:
            raise TryLater(f"{name} is busy")

    with pytest.raises(TryLater):
        found.mend(desk=Weather(before=busy).on(found.desk))
    found.mend()

    assert closed_once(found)
    assert sorted([CLOSED, WAITING]) == sorted(found.told())


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_person_may_apply_the_same_plan_at_any_moment(number: int) -> None:
    found = site()

    def person(at: int, _name: str) -> None:
        if at == number and "shop" in found.stages():
            with suppress(TryLater):  # while this process is at it
                found.apply(found.plan())

    found.mend(desk=Weather(before=person).on(found.desk))
    found.mend()

    assert ([SHOP], Stage.DONE) == (found.policies(), found.plan().stage)
    assert 1 == sum("closed and verified" in text for text in found.told())


@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_second_process_may_mend_at_any_moment(number: int) -> None:
    found = site()

    def other(at: int, _name: str) -> None:
        if at == number:
            found.mend()

    found.mend(desk=Weather(before=other).on(found.desk))

    assert closed_once(found)


def test_a_lost_answer_is_looked_after() -> None:
    found = site()

    def lost(_number: int, name: str) -> None:
        if name == "apply":
            raise TryLater("the answer was lost on the way")

    with pytest.raises(TryLater):
        found.mend(desk=Weather(after=lost).on(found.desk))
    between = found.plan()
    found.mend()

    assert (Stage.APPLYING, "auto") == (between.stage, between.by)
    assert closed_once(found)


def test_what_was_begun_is_not_gone_on_with_while_the_mode_forbids_and_then_it_is() -> None:
    found = site()

    def killed(_number: int, name: str) -> None:
        if name == "apply":
            raise Crash

    with pytest.raises(Crash):
        found.mend(desk=Weather(before=killed).on(found.desk))
    found.modes.set_mode(None, Mode.OBSERVE)
    found.mend()
    between = found.plan().stage, found.policies(), found.told()
    found.modes.set_mode(None, Mode.AUTO)
    found.mend()

    assert (Stage.PROPOSED, [], []) == between
    assert closed_once(found)


def take_away(found: Site) -> None:
    """Somebody deletes the policy."""
    found.store.remove(policy("shop", "isolate-ingress", {}))


def test_a_policy_that_somebody_took_away_is_proposed_and_not_applied_again() -> None:
    found = site()
    found.mend()
    take_away(found)
    found.scan_and_mend(NEXT_RUN)
    found.mend(NEXT_RUN)

    assert ([Stage.PROPOSED], []) == (found.stages()["shop"], found.policies())
    assert TAKEN_AWAY == found.plan().note
    assert "plans: 1 proposed; see `seawall plan`" in found.told()
    assert [("PATCH", SHOP)] == found.writing.written


def test_a_namespace_that_is_made_anew_is_closed_anew() -> None:
    found = site()
    found.mend()
    take_away(found)
    found.store.remove(space("shop"))
    found.store.put({**space("shop"), "metadata": {"name": "shop", "uid": "the second"}})
    found.scan_and_mend(NEXT_RUN)

    assert [SHOP] == found.policies()
    assert [Stage.DONE, Stage.DONE] == found.stages()["shop"]


def test_nor_after_a_pod_has_come_and_gone() -> None:
    found = site()
    found.mend()
    take_away(found)
    found.scan_and_mend(NEXT_RUN)
    found.store.put(pod("shop", "web"))
    found.mend(NEXT_RUN)
    found.store.remove(pod("shop", "web"))
    found.mend(NEXT_RUN)
    found.mend(NEXT_RUN)

    assert [] == found.policies()
    assert [("PATCH", SHOP)] == found.writing.written


def test_nor_after_it_was_closed_by_hand_for_a_while() -> None:
    found = site()
    found.mend()
    take_away(found)
    found.scan_and_mend(NEXT_RUN)
    mine = policy("shop", "mine", {"podSelector": {}, "policyTypes": ["Ingress"]})
    found.store.put(mine)
    found.scan_and_mend(RunId("3"))
    between = found.stages()["shop"]
    found.store.remove(mine)
    found.scan_and_mend(RunId("4"))

    assert ([Stage.SUPERSEDED], [Stage.PROPOSED]) == (between, found.stages()["shop"])
    assert [("PATCH", SHOP)] == found.writing.written


def test_nor_when_it_was_replaced_by_one_that_does_less() -> None:
    found = site()
    found.mend()
    take_away(found)
    found.store.put(policy("shop", "mine", A_POLICY))  # so that another plan holds
    found.scan_and_mend(NEXT_RUN)

    assert ["shop/mine"] == found.policies()
    assert [Stage.DONE, Stage.PROPOSED] == sorted(found.stages()["shop"])
    assert [("PATCH", SHOP)] == found.writing.written


@pytest.mark.parametrize("more", [(), ("mine",)], ids=["as it was", "with another policy"])
def test_what_a_person_rolled_back_is_not_applied_again(more: tuple[str, ...]) -> None:
    found = site()
    found.mend()
    roll_back(found.desk, found.record, found.plan(), by="ann", now=NOW)
    for name in more:
        found.store.put(policy("shop", name, A_POLICY))
    found.scan_and_mend(NEXT_RUN)

    assert [f"shop/{name}" for name in more] == found.policies()
    assert [("PATCH", SHOP), ("DELETE", SHOP)] == found.writing.written


def test_a_person_may_apply_again_what_was_taken_away() -> None:
    found = site()
    found.mend()
    take_away(found)
    found.scan_and_mend(NEXT_RUN)
    after = found.apply(found.plan())

    assert (Stage.DONE, "ann", [SHOP]) == (after.stage, after.by, found.policies())


def test_a_pod_that_appears_while_its_namespace_is_closed_undoes_it() -> None:
    found = site()

    def started(_number: int, name: str) -> None:
        if name == "apply":
            found.store.put(pod("shop", "web"))

    found.mend(desk=Weather(after=started).on(found.desk))
    why = "a pod appeared while the namespace was being closed"

    assert (Stage.ROLLED_BACK, why) == (found.plan().stage, found.plan().note)
    assert [] == found.policies()
    assert [("PATCH", SHOP), ("DELETE", SHOP)] == found.writing.written
    assert 1 == found.told().count(f"{SHOP}: undone: {why}")


UNDONE_CALLS = 24


@pytest.mark.parametrize("number", range(1, UNDONE_CALLS + 1))
def test_killed_while_it_is_undone_it_is_undone_all_the_same(number: int) -> None:
    found = site()

    def befalls(at: int, name: str) -> None:
        if name == "apply":
            found.store.put(pod("shop", "web"))
        if at == number:
            raise Crash

    weather = Weather(after=befalls)
    with pytest.raises(Crash):
        found.mend(desk=weather.on(found.desk))
    begun = "apply" in weather.names
    found.mend()
    found.mend()

    assert ([] if begun else [SHOP]) == found.policies()
    if begun:
        assert Stage.ROLLED_BACK in found.stages()["shop"]
        assert 1 == sum("undone" in text for text in found.told())
