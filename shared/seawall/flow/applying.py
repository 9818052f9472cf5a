"""Apply one plan: rehearse, write, look again, undo. Each step is written down before the next.

Whoever finds a plan APPLYING or UNDOING after a crash carries on: applying the same object again
changes nothing in the cluster, and deleting it a second time finds nothing.
"""

from dataclasses import replace
from datetime import datetime

from seawall.flow.desks import MendDesk
from seawall.flow.offering import OFFERED, current_plans
from seawall.flow.sources import judged
from seawall.model.digest import Notice
from seawall.model.errors import NoEntry, Refused, Trouble
from seawall.model.fleet import ClusterRecord
from seawall.model.plan import Applied, Mode, Plan, PlanState, Stage, Undo
from seawall.model.sight import mapped
from seawall.verify.looking import NotOurs, look_again, undo_of

UNATTENDED = "auto"
"""Who applies a plan when nobody does."""

UNFINISHED = frozenset({Stage.APPLYING, Stage.UNDOING})
"""The stages in which something may be in the cluster that nobody has looked at."""


def apply_plan(
    desk: MendDesk, record: ClusterRecord, state: PlanState, *, by: str, now: datetime
) -> PlanState:
    """Apply a plan because a person says so, if it still holds.

    Raises:
        NoEntry: The cluster cannot be read or written, or the plan holds no longer.
        Trouble: The mode of the cluster, or the plan itself, forbids it.
        TryLater: Something is busy; it is not known whether the change was made.
    """
    if state.stage is Stage.DONE:
        return state
    if state.plan.refusals:
        raise Trouble(f"plan {state.plan.id} is refused: {'; '.join(state.plan.refusals)}")
    _insist_on_mode(desk, state.plan, by)
    memory = desk.memories.recall(record.key)
    if memory is None:
        raise NoEntry(f"{record.key} was never scanned; `seawall run --once` first")
    if state.stage in UNFINISHED:
        return resume(desk, record, state, now=now)
    if all(plan.id != state.plan.id for plan in current_plans(desk, record, memory, now=now)):
        if state.stage in OFFERED:
            _moved(desk, state, Stage.SUPERSEDED, now, note="the cluster has changed since")
        raise NoEntry(
            f"plan {state.plan.id} holds no longer: {record.key} has changed since it was made; "
            "`seawall plan` makes the one that holds now"
        )
    return carry_out(desk, record, _proposed(desk, state, now), by=by, now=now)


def carry_out(
    desk: MendDesk, record: ClusterRecord, state: PlanState, *, by: str, now: datetime
) -> PlanState:
    """Take a proposed plan to its end: DONE, ROLLED_BACK, REFUSED by the API server, or FAILED."""
    if state.stage is not Stage.PROPOSED:
        return state
    try:
        desk.writing.rehearse(record, state.plan)
    except NoEntry as error:
        return _moved(desk, state, Stage.REFUSED, now, note=f"rehearsal: {error}")
    begun = replace(state, stage=Stage.APPLYING, by=by, changed_at=now, note="")
    if not desk.plans.put(begun, before=Stage.PROPOSED):
        return desk.plans.plan(state.plan.id) or state  # somebody else was quicker
    return _write(desk, record, begun, now)


def resume(desk: MendDesk, record: ClusterRecord, state: PlanState, *, now: datetime) -> PlanState:
    """Go on with a plan that somebody left APPLYING or UNDOING.

    Where the mode, or the cluster, lets nobody in, it stays as it is.
    """
    if state.stage is Stage.UNDOING:
        return _undo(desk, record, state, now)
    return _write_again(desk, record, state, now)


def roll_back(
    desk: MendDesk, record: ClusterRecord, state: PlanState, *, by: str, now: datetime
) -> PlanState:
    """Delete exactly what a plan made, because a person says so; no mode and no cap forbids it.

    Raises:
        NoEntry: The cluster cannot be written.
        Trouble: The plan made nothing that could be deleted.
        TryLater: Something is busy; it is not known whether the object was deleted.
    """
    if state.stage is Stage.ROLLED_BACK:
        return state
    if not state.object_uid or state.stage not in {Stage.DONE, Stage.FAILED, Stage.UNDOING}:
        raise Trouble(f"plan {state.plan.id} is {state.stage}: there is nothing to take back")
    undoing = replace(state, stage=Stage.UNDOING, by=by, changed_at=now, note=f"taken back by {by}")
    if state.stage is not Stage.UNDOING and not desk.plans.put(undoing, before=state.stage):
        raise NoEntry(f"plan {state.plan.id} is being changed by somebody else; look again")
    return _undo(desk, record, undoing, now)


def _proposed(desk: MendDesk, state: PlanState, now: datetime) -> PlanState:
    """The plan, proposed again if it ended badly before: this time a person insists."""
    if state.stage in {Stage.ROLLED_BACK, Stage.FAILED}:
        state = _moved(desk, state, Stage.SUPERSEDED, now, note=state.note)
    if state.stage in {Stage.REFUSED, Stage.SUPERSEDED}:
        # It keeps its story: should this attempt end here, nobody goes on with it unattended.
        state = _moved(desk, state, Stage.PROPOSED, now, note=state.note)
    return state


def _insist_on_mode(desk: MendDesk, plan: Plan, by: str) -> None:
    mode, least = desk.modes.mode(plan.cluster), _least_mode(by)
    if mode.rank < least.rank:
        raise Trouble(
            f"{plan.cluster} is in mode {mode}, nothing is written to it; "
            f"`seawall mode {least} {plan.cluster}` allows this"
        )


def _least_mode(by: str) -> Mode:
    return Mode.AUTO if by == UNATTENDED else Mode.PROPOSE


def _write(desk: MendDesk, record: ClusterRecord, state: PlanState, now: datetime) -> PlanState:
    """The first attempt. The mode is read right before: it is the kill switch."""
    try:
        _insist_on_mode(desk, state.plan, state.by)
        applied = desk.writing.apply(record, state.plan)
    except (NoEntry, Trouble) as error:
        return _moved(desk, state, Stage.PROPOSED, now, note=f"not applied: {error}")
    return _looked_at(desk, record, state, applied, now)


def _write_again(
    desk: MendDesk, record: ClusterRecord, state: PlanState, now: datetime
) -> PlanState:
    """An attempt that may have been made before: what is not known is not told."""
    try:
        _insist_on_mode(desk, state.plan, state.by)
        applied = desk.writing.apply(record, state.plan)
    except Refused as error:
        return _failed(desk, state, f"begun, interrupted, and then refused: {error}", now)
    except (NoEntry, Trouble):
        return state
    return _looked_at(desk, record, state, applied, now)


def _looked_at(
    desk: MendDesk, record: ClusterRecord, state: PlanState, applied: Applied, now: datetime
) -> PlanState:
    """DONE if the cluster is now as planned; else what was made is taken away again."""
    sight = mapped(desk.clusters.snapshot(record, now=now), judged)
    state = replace(state, object_uid=applied.uid)
    match look_again(state.plan, applied, sight, unattended=state.by == UNATTENDED):
        case None:
            _note(desk, state, f"closed and verified, by {state.by}", now)
            return _moved(desk, state, Stage.DONE, now, note="applied and verified")
        case NotOurs(why):
            return _failed(desk, replace(state, object_uid=""), why, now)
        case Undo(why=why):
            undoing = replace(state, stage=Stage.UNDOING, changed_at=now, note=why)
            if not desk.plans.put(undoing, before=state.stage):
                return desk.plans.plan(state.plan.id) or state
            return _undo(desk, record, undoing, now)


def _undo(desk: MendDesk, record: ClusterRecord, state: PlanState, now: datetime) -> PlanState:
    """Delete the object. A TryLater leaves the plan UNDOING, to be taken up again."""
    undo = undo_of(state.plan, state.object_uid, state.note)
    try:
        desk.writing.undo(record, undo)
    except NoEntry as error:
        return _failed(desk, state, f"{state.note}; and it could not be undone: {error}", now)
    _note(desk, state, f"undone: {state.note}", now)
    return _moved(desk, state, Stage.ROLLED_BACK, now, note=state.note)


def _failed(desk: MendDesk, state: PlanState, why: str, now: datetime) -> PlanState:
    _note(desk, state, f"needs a person: {why}", now)
    return _moved(desk, state, Stage.FAILED, now, note=why)


def _moved(
    desk: MendDesk, state: PlanState, stage: Stage, now: datetime, note: str = ""
) -> PlanState:
    """The next stage, written; or what somebody else wrote meanwhile."""
    after = replace(state, stage=stage, changed_at=now, note=note)
    if desk.plans.put(after, before=state.stage):
        return after
    return desk.plans.plan(state.plan.id) or state


def _note(desk: MendDesk, state: PlanState, text: str, now: datetime) -> None:
    """Noted before the stage is written: after a crash the same words are noted and kept once."""
    plan = state.plan
    notice = Notice(plan.cluster, f"{plan.namespace}/{plan.name}: {text}", plan.id)
    desk.news.note(state.run, notice, now=now)
