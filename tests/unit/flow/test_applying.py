"""Applying one plan: every stage, every error, and the way back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.flow.sites import (
    KEY,
    NEXT_RUN,
    NOW,
    RUN,
    SHOP,
    Crash,
    Site,
    Weather,
    pod,
    policy,
    site,
    space,
)

from seawall.demo.cluster_desk import DemoWriting
from seawall.demo.resources import Json
from seawall.demo.store import Store
from seawall.flow.applying import apply_plan, carry_out, resume, roll_back
from seawall.flow.mending import STUCK
from seawall.flow.offering import plan_cluster
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry, Refused, SeawallError, Trouble, TryLater
from seawall.model.fleet import ClusterRecord
from seawall.model.plan import Applied, Mode, Plan, PlanState, Stage, Undo
from seawall.verify.looking import undo_of

TAKEN_BACK = f"{SHOP}: undone: taken back by ann"
MINE = policy("shop", "mine", {"podSelector": {"matchLabels": {"app": "x"}}})


class Shared(DemoWriting):
    """A cluster in which others have a word in every object."""

    def apply(self, record: ClusterRecord, plan: Plan) -> Applied:
        """Write it; it is not ours alone."""
        return replace(super().apply(record, plan), ours=False)


class Noted(DemoWriting):
    """Keeps what was to be undone."""

    def __init__(self, stores: Mapping[ClusterKey, Store]) -> None:
        super().__init__(stores)
        self.undos: list[Undo] = []

    def undo(self, record: ClusterRecord, undo: Undo) -> None:
        """Keep it, and carry it out."""
        self.undos.append(undo)
        super().undo(record, undo)


def used() -> Site:
    """A cluster whose namespace shop has a pod, with its plan offered."""
    found = site(pod("shop", "web"), mode=Mode.PROPOSE)
    plan_cluster(found.desk, found.record, now=NOW)
    return found


def applied() -> Site:
    """The same, closed by a person."""
    found = used()
    assert Stage.DONE is found.apply(found.plan()).stage
    return found


def at(name: str, happen: Callable[[], object]) -> Callable[[int, str], None]:
    """Something that happens at a call."""

    def befalls(_number: int, called: str) -> None:
        if called == name:
            happen()

    return befalls


def raising(error: Exception) -> Callable[[], None]:
    def happen() -> None:
        raise error

    return happen


def in_weather(found: Site, **weather: Callable[[int, str], None]) -> PlanState:
    """A person applies the plan in this weather."""
    return found.apply(found.plan(), desk=Weather(**weather).on(found.desk))


def put(found: Site, stage: Stage, **changes: Any) -> PlanState:  # noqa: ANN401  its fields
    """The plan, as if it had come to this stage."""
    state = replace(found.plan(), stage=stage, **changes)
    found.plans = type(found.plans)()
    assert found.plans.put(state, before=None)
    return state


def test_a_person_applies_a_plan_that_cuts_and_it_is_verified() -> None:
    found = used()
    after = found.apply(found.plan())

    assert (Stage.DONE, "ann", "applied and verified") == (after.stage, after.by, after.note)
    assert after == found.plan()
    assert [SHOP] == found.policies()
    assert [f"{SHOP}: closed and verified, by ann"] == found.told()
    assert after.plan.id == found.news.untold().notices[0].plan


def test_a_plan_whose_policy_was_deleted_since_is_not_called_done() -> None:
    found = applied()
    found.store.remove(policy("shop", "isolate-ingress", {}))

    with pytest.raises(NoEntry, match="shop/isolate-ingress is not there any more; `seawall plan`"):
        found.apply(found.plan())


def test_a_plan_whose_policy_others_have_edited_since_is_not_called_done() -> None:
    found = applied()
    found.edit()

    with pytest.raises(NoEntry, match="was changed by others since"):
        found.apply(found.plan())


def test_a_plan_that_is_done_is_not_applied_again() -> None:
    found = applied()
    again = found.apply(found.plan())

    assert again == found.plan()
    assert [("PATCH", SHOP)] == found.writing.written


def test_nobody_applies_a_refused_plan() -> None:
    found = used()
    refused = found.plan("kube-system")

    with pytest.raises(Trouble, match="is refused: kube-system is a system namespace"):
        found.apply(refused)
    assert [] == found.writing.written


@pytest.mark.parametrize("by", ["ann", "auto"], ids=["ann", "a person called auto"])
def test_in_observe_nobody_applies(by: str) -> None:
    found = used()
    found.modes.set_mode(KEY, Mode.OBSERVE)

    with pytest.raises(Trouble, match=f"is in mode observe.*`seawall mode propose {KEY}`.*ceiling"):
        found.apply(found.plan(), by=by)
    assert (Stage.PROPOSED, []) == (found.plan().stage, found.writing.written)


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.PROPOSE, Mode.APPROVE])
def test_below_auto_nothing_is_done_unattended(mode: Mode) -> None:
    found = site(mode=mode)
    plan_cluster(found.desk, found.record, now=NOW)
    after = carry_out(found.desk, found.record, found.plan(), by=None, now=NOW)

    assert (Stage.PROPOSED, False) == (after.stage, after.for_person)
    assert after.note.startswith(f"not applied: {KEY} is in mode {mode}")
    assert [] == found.writing.written


def test_a_person_may_be_called_auto() -> None:
    found = used()
    after = found.apply(found.plan(), by="auto")

    assert (Stage.DONE, "auto", False) == (after.stage, after.by, after.unattended)


def test_what_was_never_scanned_is_not_applied() -> None:
    found = used()
    bare = Site(found.store, plans=found.plans, modes=found.modes)

    with pytest.raises(NoEntry, match="was never scanned"):
        bare.apply(bare.plan())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda found: found.store.put(pod("shop", "db")), id="more would be cut"),
        pytest.param(lambda found: found.store.put(MINE), id="another policy"),
        pytest.param(
            lambda found: found.store.put(
                policy("shop", "all", {"podSelector": {}, "policyTypes": ["Ingress"]})
            ),
            id="closed already",
        ),
        pytest.param(lambda found: found.store.remove(space("shop")), id="no namespace"),
    ],
)
def test_a_plan_that_holds_no_longer_is_superseded_and_not_applied(
    change: Callable[[Site], None],
) -> None:
    found = used()
    change(found)

    with pytest.raises(NoEntry, match="holds no longer"):
        found.apply(found.plan())
    assert Stage.SUPERSEDED is found.plan().stage
    assert [] == found.writing.written


def test_a_plan_for_another_cluster_under_this_key_is_not_applied() -> None:
    found = used()
    found.store.put(space("kube-system") | {"metadata": {"name": "kube-system", "uid": "other"}})

    with pytest.raises(NoEntry, match="the UID of its kube-system is not the one"):
        found.apply(found.plan())
    found.scan(NEXT_RUN)
    with pytest.raises(NoEntry, match="which cluster this is was not confirmed"):
        found.apply(found.plan())
    assert (Stage.PROPOSED, []) == (found.plan().stage, found.writing.written)


def test_a_cluster_that_is_away_is_left_as_it_is() -> None:
    found = used()
    del found.stores[KEY]

    with pytest.raises(NoEntry, match="cannot be read"):
        found.apply(found.plan())
    assert Stage.PROPOSED is found.plan().stage


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Refused(403, "an admission webhook says no"), id="refused"),
        pytest.param(Refused(422, "it would store something else"), id="something else"),
    ],
)
def test_what_the_rehearsal_finds_ends_it_before_anything_is_written(error: NoEntry) -> None:
    found = used()
    after = in_weather(found, before=at("rehearse", raising(error)))

    assert (Stage.REFUSED, f"rehearsal: {error}") == (after.stage, after.note)
    assert after == found.plan()
    assert ([], []) == (found.writing.written, found.told())


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TryLater("busy"), id="busy"),
        pytest.param(NoEntry("nobody answers there"), id="away"),
        pytest.param(Refused(401, "log in again"), id="credentials that ran out"),
    ],
)
def test_a_rehearsal_that_says_nothing_leaves_the_plan_as_it_was(error: SeawallError) -> None:
    found = used()
    before = found.plan()

    with pytest.raises(type(error)):
        in_weather(found, before=at("rehearse", raising(error)))
    assert before == found.plan()


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Refused(409, "another field manager"), id="refused"),
        pytest.param(NoEntry("the endpoint misbehaves"), id="no entry"),
        pytest.param(Trouble("a bug"), id="trouble"),
    ],
)
def test_what_is_not_written_is_proposed_again_with_the_reason(error: SeawallError) -> None:
    found = used()
    after = in_weather(found, before=at("apply", raising(error)))

    assert (Stage.PROPOSED, f"not applied: {error}") == (after.stage, after.note)
    assert after == found.plan()
    assert [] == found.told()


def test_nobody_goes_on_unattended_with_what_a_person_tried() -> None:
    found = site(mode=Mode.PROPOSE)
    plan_cluster(found.desk, found.record, now=NOW)
    in_weather(found, before=at("apply", raising(NoEntry("no"))))
    found.modes.set_mode(KEY, Mode.AUTO)
    found.mend()

    assert (Stage.PROPOSED, []) == (found.plan().stage, found.policies())


def test_a_kill_switch_between_rehearsal_and_write_stops_it() -> None:
    found = used()
    after = in_weather(
        found, after=at("rehearse", lambda: found.modes.set_mode(None, Mode.OBSERVE))
    )

    assert Stage.PROPOSED is after.stage
    assert after.note.startswith("not applied: kubeconfig:prod is in mode observe")
    assert [] == found.writing.written


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_busy_write_leaves_it_begun_and_it_is_taken_up_again(moment: str) -> None:
    found = used()

    with pytest.raises(TryLater):
        in_weather(found, **{moment: at("apply", raising(TryLater("busy")))})
    begun = found.plan()
    after = found.apply(begun)

    assert (Stage.APPLYING, "ann") == (begun.stage, begun.by)
    assert (Stage.DONE, [SHOP]) == (after.stage, found.policies())
    assert [f"{SHOP}: closed and verified, by ann"] == found.told()


def test_what_was_begun_and_not_written_is_refused_like_any_other() -> None:
    found = used()
    with pytest.raises(TryLater):
        in_weather(found, before=at("apply", raising(TryLater("the connection broke off"))))
    refusal = Refused(403, "a webhook says no")
    after = in_weather(found, before=at("apply", raising(refusal)))

    assert (Stage.PROPOSED, True, "") == (after.stage, after.for_person, after.holder)
    assert "not applied: a webhook says no" == after.note


@pytest.mark.parametrize("error", [NoEntry("no token"), Trouble("no kubeconfig")], ids=str)
def test_what_was_begun_stays_so_while_nobody_gets_in_and_that_is_told_once(
    error: SeawallError,
) -> None:
    found = used()
    put(found, Stage.APPLYING, by="ann")
    desk = Weather(before=at("look", raising(error))).on(found.desk)

    with pytest.raises(type(error)):
        resume(desk, found.record, found.plan(), now=NOW)
    for run in (RUN, NEXT_RUN):
        found.mend(run, desk=Weather(before=at("look", raising(error))).on(found.desk))
    assert (Stage.APPLYING, "ann") == (found.plan().stage, found.plan().by)
    assert 1 == found.told().count(f"{SHOP}: {STUCK}")


def begun_in_vain(found: Site, moment: str = "before") -> PlanState:
    """A plan that a person began; the process died before, or after, it was written."""
    weather = {moment: at("apply", raising(Crash()))}
    with pytest.raises(Crash):
        in_weather(found, **weather)
    state = found.plan()
    assert Stage.APPLYING is state.stage
    return state


def entrance(namespace: str) -> Json:
    """A LoadBalancer in front of the pod `web`."""
    spec = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}]}
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def test_what_was_begun_is_looked_at_before_it_is_written() -> None:
    found = used()
    begun_in_vain(found)
    found.store.put(entrance("shop"))
    found.scan_and_mend(NEXT_RUN)

    assert ([], []) == (found.writing.written, found.policies())
    assert [Stage.REFUSED, Stage.SUPERSEDED] == sorted(found.stages()["shop"])


def test_what_was_begun_and_still_holds_is_written_once() -> None:
    found = used()
    begun_in_vain(found)
    found.scan_and_mend(NEXT_RUN)

    assert (Stage.DONE, "ann", [SHOP]) == (found.plan().stage, found.plan().by, found.policies())
    assert [("PATCH", SHOP)] == found.writing.written


def test_what_was_written_is_only_looked_at() -> None:
    found = used()
    begun_in_vain(found, "after")
    found.modes.set_mode(None, Mode.OBSERVE)
    found.mend(NEXT_RUN)

    assert (Stage.DONE, [SHOP]) == (found.plan().stage, found.policies())
    assert [("PATCH", SHOP)] == found.writing.written


def test_a_person_takes_over_what_was_begun_unattended() -> None:
    found = site()
    with pytest.raises(Crash):
        found.mend(desk=Weather(before=at("apply", raising(Crash()))).on(found.desk))
    found.modes.set_mode(KEY, Mode.PROPOSE)
    after = found.apply(found.plan(), by="bob")

    assert (Stage.DONE, "bob", False) == (after.stage, after.by, after.unattended)


@pytest.mark.parametrize("moment, writes", [("before", []), ("after", [("PATCH", SHOP)])])
def test_what_was_begun_can_be_taken_back(moment: str, writes: list[tuple[str, str]]) -> None:
    found = used()
    state = begun_in_vain(found, moment)
    after = roll_back(found.desk, found.record, state, by="bob", now=NOW)

    assert (Stage.ROLLED_BACK, []) == (after.stage, found.policies())
    assert writes + [("DELETE", SHOP)] * len(writes) == found.writing.written
    assert [f"{SHOP}: undone: taken back by bob"] == found.told()


def test_what_failed_and_is_ours_can_be_taken_back_though_its_uid_is_not_known() -> None:
    found = applied()
    state = put(found, Stage.FAILED, object_uid="")
    after = roll_back(found.desk, found.record, state, by="bob", now=NOW)

    assert (Stage.ROLLED_BACK, []) == (after.stage, found.policies())


@pytest.mark.parametrize(
    "stage", [Stage.SUPERSEDED, Stage.PROPOSED, Stage.REFUSED, Stage.ROLLED_BACK], ids=str
)
def test_whatever_is_written_about_a_plan_its_object_can_be_taken_back(stage: Stage) -> None:
    found = applied()
    state = put(found, stage, object_uid="")
    after = roll_back(found.desk, found.record, state, by="bob", now=NOW)

    assert (Stage.ROLLED_BACK, []) == (after.stage, found.policies())


def test_nobody_takes_a_plan_out_of_the_hands_of_who_is_at_it() -> None:
    found = used()
    other: list[PlanState] = []

    def busybody() -> None:
        found.mend(NEXT_RUN)
        with pytest.raises(TryLater, match=r"is being carried out by host:\d+, who has until"):
            found.apply(found.plan(), by="bob")
        with pytest.raises(TryLater, match="is being carried out"):
            roll_back(found.desk, found.record, found.plan(), by="bob", now=NOW)
        other.append(found.plan())

    after = in_weather(found, before=at("apply", busybody))

    assert (Stage.DONE, "ann") == (after.stage, after.by)
    assert [Stage.APPLYING] == [state.stage for state in other]
    assert [("PATCH", SHOP)] == found.writing.written


def test_after_a_while_a_plan_is_taken_up_though_its_holder_may_live() -> None:
    found = used()
    state = begun_in_vain(found)
    found.alive.add(state.holder.partition(" ")[0])
    desk, until = found.desk, state.held_until
    assert until is not None
    early = resume(desk, found.record, state, now=until - timedelta(seconds=1))
    late = resume(desk, found.record, state, now=until)

    assert (state, Stage.DONE) == (early, late.stage)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_that_was_left_in_doubt_lets_the_plan_go_and_may_go_on_at_once(
    moment: str,
) -> None:
    found = used()
    desk = found.desk
    lost = Weather(**{moment: at("apply", raising(TryLater("lost")))}).on(desk)
    with found.process(desk):
        with pytest.raises(TryLater):
            apply_plan(lost, found.record, found.plan(), by="ann", now=NOW)
        after = apply_plan(desk, found.record, found.plan(), by="ann", now=NOW)

    assert (Stage.DONE, [SHOP]) == (after.stage, found.policies())


def test_a_plan_is_held_longer_from_step_to_step() -> None:
    found = used()
    times = iter(range(100))
    clock = replace(found.desk.process, clock=lambda: NOW + timedelta(minutes=next(times)))
    seen: list[PlanState] = []
    weather = Weather(
        before=at("snapshot", lambda: seen.append(found.plan())), after=watched(seen, found)
    )
    found.apply(found.plan(), desk=weather.on(replace(found.desk, process=clock)))
    until = [state.held_until for state in seen if state.held_until]

    assert len(until) >= 2
    assert until == sorted(until)
    assert until[0] < until[-1]
    assert ("", None) == (found.plan().holder, found.plan().held_until)


def watched(seen: list[PlanState], found: Site) -> Callable[[int, str], None]:
    """Keeps what a plan is after each step."""
    return at("put", lambda: seen.append(found.plan()))


def test_what_was_written_after_the_plan_was_given_up_is_deleted() -> None:
    found = used()

    def taken_over() -> None:
        """The time of the first is over: another one takes it back."""
        found.alive.clear()
        roll_back(found.desk, found.record, found.plan(), by="bob", now=NOW)
        found.alive.add("host:late")

    desk = found.desk
    late = replace(desk, process=replace(desk.process, owner="host:late"))
    after = found.apply(found.plan(), desk=Weather(before=at("apply", taken_over)).on(late))

    assert (Stage.ROLLED_BACK, []) == (after.stage, found.policies())
    assert [("PATCH", SHOP), ("DELETE", SHOP)] == found.writing.written
    assert f"{SHOP}: undone: it was written when the plan had been given up" in found.told()


def test_what_the_cluster_does_not_need_any_more_is_not_written_unattended() -> None:
    found = site()
    plan_cluster(found.desk, found.record, now=NOW)
    started = at("rehearse", lambda: found.store.put(pod("shop", "web")))
    desk = Weather(after=started).on(found.desk)
    after = carry_out(desk, found.record, found.plan(), by=None, now=NOW)

    assert (Stage.PROPOSED, False) == (after.stage, after.for_person)
    assert "the cluster changed before it was written" == after.note
    assert [] == found.writing.written


def test_what_others_have_edited_since_is_not_taken_back_and_they_are_named() -> None:
    found = applied()
    found.edit()
    after = roll_back(found.desk, found.record, found.plan(), by="ann", now=NOW)

    assert (Stage.FAILED, [SHOP]) == (after.stage, found.policies())
    assert "was changed since it was made, by kubectl-edit" in after.note


def test_in_another_cluster_under_this_address_nothing_is_taken_back() -> None:
    found = applied()
    other = {"metadata": {"name": "kube-system", "uid": "another"}}
    found.stores[KEY] = Store([space("kube-system") | other, space("shop")])
    between = roll_back(found.desk, found.record, found.plan(), by="ann", now=NOW)
    found.stores[KEY] = found.store
    still = found.policies()
    after = roll_back(found.desk, found.record, between, by="ann", now=NOW)

    assert (Stage.FAILED, [SHOP]) == (between.stage, still)
    assert "not the cluster that was planned for" in between.note
    assert (Stage.ROLLED_BACK, []) == (after.stage, found.policies())


@pytest.mark.parametrize(
    "why, happen, deleted",
    [
        pytest.param(
            "it cuts more than was planned",
            lambda found: found.store.put(pod("shop", "db")),
            [("DELETE", SHOP)],
            id="a new pod",
        ),
        pytest.param(
            "the policy is not there",
            lambda found: found.store.remove(policy("shop", "isolate-ingress", {})),
            [],
            id="deleted by somebody",
        ),
    ],
)
def test_what_is_not_as_planned_is_undone(
    why: str, happen: Callable[[Site], None], deleted: list[tuple[str, str]]
) -> None:
    found = used()
    after = in_weather(found, after=at("apply", lambda: happen(found)))

    assert (Stage.ROLLED_BACK, True) == (after.stage, after.note.startswith(why))
    assert [] == found.policies()
    assert [("PATCH", SHOP), *deleted] == found.writing.written
    assert [f"{SHOP}: undone: {after.note}"] == found.told()


def test_what_can_neither_be_verified_nor_undone_needs_a_person_who_can_take_it_back() -> None:
    found = used()
    after = in_weather(found, after=at("apply", found.stores.clear))
    found.stores[KEY] = found.store
    between = found.policies()
    back = roll_back(found.desk, found.record, after, by="ann", now=NOW)

    assert (Stage.FAILED, [SHOP]) == (after.stage, between)
    assert after.note.startswith("the cluster could not be read again")
    assert "; and it could not be undone: " in after.note
    assert (Stage.ROLLED_BACK, []) == (back.stage, found.policies())
    assert [f"{SHOP}: needs a person: {after.note}", TAKEN_BACK] == found.told()


def test_an_object_that_is_not_ours_alone_is_left_alone() -> None:
    found = used()
    found.writing = Shared(found.stores)
    after = found.apply(found.plan())
    found.edit()
    again = roll_back(found.desk, found.record, after, by="ann", now=NOW)

    assert (Stage.FAILED, "", [SHOP]) == (after.stage, after.object_uid, found.policies())
    assert (Stage.FAILED, True) == (again.stage, "by kubectl-edit" in again.note)


def test_a_busy_undo_is_taken_up_again() -> None:
    found = used()
    more = at("apply", lambda: found.store.put(pod("shop", "db")))

    with pytest.raises(TryLater):
        in_weather(found, after=more, before=at("undo", raising(TryLater("busy"))))
    between = found.plan().stage, found.policies()
    found.mend(NEXT_RUN)

    assert (Stage.UNDOING, [SHOP]) == between
    assert (Stage.ROLLED_BACK, []) == (found.stages()["shop"][0], found.policies())
    assert 1 == sum("undone" in text for text in found.told())


def test_what_is_undoing_is_undone_in_any_mode() -> None:
    found = applied()
    put(found, Stage.UNDOING, note="why")
    found.modes.set_mode(None, Mode.OBSERVE)
    found.mend(NEXT_RUN)

    assert (Stage.ROLLED_BACK, []) == (found.plan().stage, found.policies())


def test_somebody_elses_object_of_that_name_survives_the_undo() -> None:
    found = applied()
    found.store.remove(policy("shop", "isolate-ingress", {}))
    theirs = policy("shop", "isolate-ingress", {"podSelector": {}})
    theirs["metadata"]["uid"] = "theirs"
    found.store.put(theirs)
    after = roll_back(found.desk, found.record, found.plan(), by="ann", now=NOW)

    assert (Stage.FAILED, [SHOP]) == (after.stage, found.policies())
    assert after.note.startswith("taken back by ann; and it could not be undone: ")


def test_a_person_takes_back_what_was_made_in_any_mode() -> None:
    found = applied()
    found.modes.set_mode(None, Mode.OBSERVE)
    after = roll_back(found.desk, found.record, found.plan(), by="ann", now=NOW)
    again = roll_back(found.desk, found.record, after, by="ann", now=NOW)

    assert (Stage.ROLLED_BACK, []) == (after.stage, found.policies())
    assert again == after == found.plan()
    assert 1 == found.told().count(TAKEN_BACK)
    assert [("PATCH", SHOP), ("DELETE", SHOP)] == found.writing.written


def test_exactly_the_object_that_was_made_is_deleted() -> None:
    found = applied()
    uid = found.plan().object_uid
    found.writing = noted = Noted(found.stores)
    roll_back(found.desk, found.record, found.plan(), by="ann", now=NOW)

    assert uid
    assert [undo_of(found.plan().plan, uid, "taken back by ann")] == noted.undos


@pytest.mark.parametrize("stage", [Stage.PROPOSED, Stage.REFUSED, Stage.SUPERSEDED], ids=str)
def test_what_made_nothing_cannot_be_taken_back(stage: Stage) -> None:
    found = used()
    state = put(found, stage)

    with pytest.raises(Trouble, match=f"is {stage}: there is nothing to take back"):
        roll_back(found.desk, found.record, state, by="ann", now=NOW)


def test_what_somebody_else_changes_is_not_taken_back_at_the_same_time() -> None:
    found = applied()
    seen = found.plan()
    roll_back(found.desk, found.record, seen, by="bob", now=NOW)

    with pytest.raises(NoEntry, match="is being changed by somebody else"):
        roll_back(found.desk, found.record, seen, by="ann", now=NOW)


@pytest.mark.parametrize(
    "stage", [Stage.ROLLED_BACK, Stage.FAILED, Stage.SUPERSEDED, Stage.REFUSED], ids=str
)
def test_a_person_may_insist_on_a_plan_that_ended_badly(stage: Stage) -> None:
    found = used()
    after = found.apply(put(found, stage, note="why"))

    assert (Stage.DONE, [SHOP]) == (after.stage, found.policies())


def test_what_a_person_insists_on_in_vain_is_not_gone_on_with_unattended() -> None:
    found = site(mode=Mode.AUTO)
    found.mend()
    roll_back(found.desk, found.record, found.plan(), by="ann", now=NOW)
    with pytest.raises(TryLater):
        in_weather(found, before=at("rehearse", raising(TryLater("busy"))))
    found.mend(NEXT_RUN)

    assert (Stage.PROPOSED, []) == (found.plan().stage, found.policies())


@pytest.mark.parametrize("stage", [each for each in Stage if each is not Stage.PROPOSED], ids=str)
def test_only_what_is_proposed_is_carried_out(stage: Stage) -> None:
    found = used()
    state = put(found, stage)

    assert state == carry_out(found.desk, found.record, state, by="ann", now=NOW)
    assert [] == found.writing.written


APPLY_CALLS = 13


@pytest.mark.parametrize("number", range(1, APPLY_CALLS + 1))
def test_killed_at_any_moment_the_next_run_ends_it(number: int) -> None:
    found = used()

    def killed(at: int, _name: str) -> None:
        if at == number:
            raise Crash

    weather = Weather(after=killed)
    with pytest.raises(Crash):
        found.apply(found.plan(), desk=weather.on(found.desk))
    begun = found.plan().stage is not Stage.PROPOSED
    found.mend(NEXT_RUN)
    found.mend(NEXT_RUN)

    assert number == len(weather.names)
    assert ([SHOP] if begun else []) == found.policies()
    assert (Stage.DONE if begun else Stage.PROPOSED) is found.plan().stage
    assert int(begun) == found.told().count(f"{SHOP}: closed and verified, by ann")


def test_two_people_who_apply_at_once_make_one_object() -> None:
    found = used()
    state = found.plan()
    second = at("rehearse", lambda: found.apply(state, by="bob"))
    after = found.apply(state, desk=Weather(after=second).on(found.desk))

    assert (Stage.DONE, "bob", [SHOP]) == (after.stage, after.by, found.policies())
    assert [f"{SHOP}: closed and verified, by bob"] == found.told()


def test_a_plan_keeps_the_run_that_made_it() -> None:
    found = used()
    assert RUN == apply_plan(found.desk, found.record, found.plan(), by="ann", now=NOW).run
