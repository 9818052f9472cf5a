"""Applying one plan: every stage, every error, and the way back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
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
from seawall.demo.store import Store
from seawall.flow.applying import UNATTENDED, apply_plan, carry_out, resume, roll_back
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


@pytest.mark.parametrize(
    "mode, by, least",
    [
        pytest.param(Mode.OBSERVE, "ann", "propose", id="a person in observe"),
        pytest.param(Mode.OBSERVE, UNATTENDED, "auto", id="nobody in observe"),
        pytest.param(Mode.PROPOSE, UNATTENDED, "auto", id="nobody in propose"),
        pytest.param(Mode.APPROVE, UNATTENDED, "auto", id="nobody in approve"),
    ],
)
def test_the_mode_of_a_cluster_forbids(mode: Mode, by: str, least: str) -> None:
    found = used()
    found.modes.set_mode(KEY, mode)

    with pytest.raises(Trouble, match=f"is in mode {mode}.*`seawall mode {least} {KEY}`"):
        found.apply(found.plan(), by=by)
    assert Stage.PROPOSED is found.plan().stage
    assert [] == found.writing.written


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
        pytest.param(NoEntry("it would store something else"), id="no entry"),
    ],
)
def test_what_the_rehearsal_finds_ends_it_before_anything_is_written(error: NoEntry) -> None:
    found = used()
    after = in_weather(found, before=at("rehearse", raising(error)))

    assert (Stage.REFUSED, f"rehearsal: {error}") == (after.stage, after.note)
    assert after == found.plan()
    assert ([], []) == (found.writing.written, found.told())


def test_a_busy_rehearsal_leaves_the_plan_as_it_was() -> None:
    found = used()
    before = found.plan()

    with pytest.raises(TryLater):
        in_weather(found, before=at("rehearse", raising(TryLater("busy"))))
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


def test_what_was_begun_and_is_refused_then_needs_a_person() -> None:
    found = used()
    with pytest.raises(TryLater):
        in_weather(found, after=at("apply", raising(TryLater("the answer was lost"))))
    refusal = Refused(409, "somebody else has it")
    after = in_weather(found, before=at("apply", raising(refusal)))

    assert Stage.FAILED is after.stage
    assert "begun, interrupted, and then refused: somebody else has it" == after.note
    assert [f"{SHOP}: needs a person: {after.note}"] == found.told()


@pytest.mark.parametrize("error", [NoEntry("no token"), Trouble("no kubeconfig")], ids=str)
def test_what_was_begun_stays_so_while_nobody_gets_in(error: SeawallError) -> None:
    found = used()
    begun = put(found, Stage.APPLYING, by="ann")
    desk = Weather(before=at("apply", raising(error))).on(found.desk)

    assert begun == resume(desk, found.record, begun, now=NOW)
    assert (begun, []) == (found.plan(), found.told())


@pytest.mark.parametrize(
    "why, happen",
    [
        pytest.param(
            "it cuts more than was planned",
            lambda found: found.store.put(pod("shop", "db")),
            id="a new pod",
        ),
        pytest.param(
            "the policy is not there",
            lambda found: found.store.remove(policy("shop", "isolate-ingress", {})),
            id="deleted by somebody",
        ),
    ],
)
def test_what_is_not_as_planned_is_undone(why: str, happen: Callable[[Site], None]) -> None:
    found = used()
    after = in_weather(found, after=at("apply", lambda: happen(found)))

    assert (Stage.ROLLED_BACK, True) == (after.stage, after.note.startswith(why))
    assert [] == found.policies()
    assert [("PATCH", SHOP), ("DELETE", SHOP)] == found.writing.written
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

    assert (Stage.FAILED, "", [SHOP]) == (after.stage, after.object_uid, found.policies())
    with pytest.raises(Trouble, match="there is nothing to take back"):
        roll_back(found.desk, found.record, after, by="ann", now=NOW)
    assert [SHOP] == found.policies()


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


@pytest.mark.parametrize(
    "stage", [Stage.PROPOSED, Stage.REFUSED, Stage.SUPERSEDED, Stage.APPLYING], ids=str
)
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


APPLY_CALLS = 10


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
