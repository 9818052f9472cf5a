"""Apply one plan: rehearse, write, look again, undo. Each step is written down before the next.

Whoever finds a plan on its way that nobody holds carries on (`resume`), and looks before anything
is written: what was true when the plan was begun need not be true any more.
"""

from dataclasses import replace
from datetime import datetime

from seawall.flow.desks import MendDesk
from seawall.flow.holding import UNFINISHED, held, is_free, known, let_go, letting_go, moved
from seawall.flow.offering import OFFERED, current_plans, holds
from seawall.flow.sources import judged
from seawall.model.digest import Notice
from seawall.model.errors import NoEntry, Refused, Trouble, TryLater
from seawall.model.fleet import ClusterRecord
from seawall.model.plan import Applied, Mode, Plan, PlanState, Stage, Undo
from seawall.model.sight import mapped
from seawall.verify.looking import NotOurs, look_again, undo_of

UNATTENDED = "auto"
"""Who applies a plan when nobody does, in words; `PlanState.unattended` decides."""

_UNAUTHORIZED = 401
_KEPT = frozenset({Stage.APPLYING, Stage.DONE, Stage.FAILED})
"""The stages in which somebody else answers for an object of the plan that is in the cluster."""


def apply_plan(
    desk: MendDesk, record: ClusterRecord, state: PlanState, *, by: str, now: datetime
) -> PlanState:
    """Apply a plan because a person says so, if it still holds; also one that was interrupted.

    Raises:
        NoEntry: The cluster cannot be read or written, the plan holds no longer, or it was applied
            and its policy is not there any more.
        Trouble: The mode of the cluster, or the plan itself, forbids it.
        TryLater: Something is busy; it is not known whether the change was made.
    """
    if state.stage is Stage.DONE:
        return _still_there(desk, record, state)
    if state.plan.refusals:
        raise Trouble(f"plan {state.plan.id} is refused: {'; '.join(state.plan.refusals)}")
    _insist_on_mode(desk, state.plan, Mode.PROPOSE)
    memory = desk.memories.recall(record.key)
    if memory is None:
        raise NoEntry(f"{record.key} was never scanned; `seawall run --once` first")
    _insist_on_free(desk, state, now)
    if state.stage in UNFINISHED:
        return resume(desk, record, state, by=by, now=now)
    if all(plan.id != state.plan.id for plan in current_plans(desk, record, memory, now=now)):
        if state.stage in OFFERED:
            _moved_to(desk, state, Stage.SUPERSEDED, now, note="the cluster has changed since")
        raise NoEntry(
            f"plan {state.plan.id} holds no longer: {record.key} has changed since it was made; "
            "`seawall plan` makes the one that holds now"
        )
    return carry_out(desk, record, _proposed(desk, state, now), by=by, now=now)


def carry_out(
    desk: MendDesk, record: ClusterRecord, state: PlanState, *, by: str | None, now: datetime
) -> PlanState:
    """Take a proposed plan to its end: DONE, ROLLED_BACK, FAILED, or REFUSED by the API server.

    It is PROPOSED again where it was not written.

    Args:
        desk: The ports.
        record: The cluster.
        state: The plan.
        by: A person; None: nobody, it is done unattended.
        now: UTC.

    Raises:
        NoEntry: It could not be rehearsed; nothing has changed.
        TryLater: Something is busy; it is not known whether the change was made.
    """
    if state.stage is not Stage.PROPOSED:
        return state
    try:
        desk.writing.rehearse(record, state.plan)
    except Refused as error:
        if not _is_a_no(error):
            raise
        return _moved_to(desk, state, Stage.REFUSED, now, note=f"rehearsal: {error}")
    begun = replace(_set_going(state, by), stage=Stage.APPLYING, changed_at=now, note="")
    begun = held(desk, begun, now)
    if not moved(desk, state, begun):
        return known(desk, state)  # somebody else was quicker
    with letting_go(desk, begun):
        return _write(desk, record, begun, now)


def resume(
    desk: MendDesk, record: ClusterRecord, state: PlanState, *, by: str = "", now: datetime
) -> PlanState:
    """Go on with a plan that somebody left on its way; one that is held stays as it is.

    Args:
        desk: The ports.
        record: The cluster.
        state: The plan.
        by: The person who takes it over; empty: it stays with whoever began it.
        now: UTC.

    Raises:
        NoEntry: Nobody can look at the cluster; the plan stays as it is.
        TryLater: Something is busy; it is not known whether the change was made.
    """
    if not is_free(desk, state, now):
        return state
    taken = held(desk, let_go(_set_going(state, by) if by else state), now)
    if not moved(desk, state, taken):
        return known(desk, state)
    with letting_go(desk, taken):
        match taken.stage:
            case Stage.APPLYING:
                applied = desk.writing.look(record, taken.plan)
                if applied is None:
                    return _write(desk, record, taken, now)
                return _looked_at(desk, record, taken, applied, now)
            case Stage.UNDOING:
                return _undo(desk, record, taken, now)
            case _:
                return _told(desk, taken, now)


def roll_back(
    desk: MendDesk, record: ClusterRecord, state: PlanState, *, by: str, now: datetime
) -> PlanState:
    """Delete exactly what a plan made, because a person says so; no mode and no cap forbids it.

    Whatever is written about the plan, the cluster is asked for what it made.

    Raises:
        NoEntry: The cluster cannot be read or written.
        Trouble: The plan made nothing that could be deleted.
        TryLater: Something is busy; it is not known whether the object was deleted.
    """
    _insist_on_free(desk, state, now)
    found = state.object_uid
    if state.stage in OFFERED | {Stage.SUPERSEDED, Stage.ROLLED_BACK}:
        there = desk.writing.look(record, state.plan)
        if there is None and state.stage is Stage.ROLLED_BACK:
            return state
        if there is None:
            raise Trouble(f"plan {state.plan.id} is {state.stage}: there is nothing to take back")
        found = there.uid
    undoing = replace(
        held(desk, let_go(state), now),
        stage=Stage.UNDOING,
        by=by,
        unattended=False,
        for_person=True,
        object_uid=found,
        changed_at=now,
        note=f"taken back by {by}",
    )
    if not moved(desk, state, undoing):
        raise NoEntry(f"plan {state.plan.id} is being changed by somebody else; look again")
    with letting_go(desk, undoing):
        return _undo(desk, record, undoing, now)


def _still_there(desk: MendDesk, record: ClusterRecord, state: PlanState) -> PlanState:
    applied = desk.writing.look(record, state.plan)
    if applied is not None and applied.ours:
        return state
    place = f"{state.plan.namespace}/{state.plan.name}"
    what = "is not there any more" if applied is None else "was changed by others since"
    raise NoEntry(
        f"plan {state.plan.id} was applied, but its NetworkPolicy {place} {what}; `seawall plan` "
        "makes the plan that holds now"
    )


def _set_going(state: PlanState, by: str | None) -> PlanState:
    """By a person, who is then the one to decide; or by nobody."""
    return replace(
        state,
        by=by or UNATTENDED,
        unattended=by is None,
        for_person=state.for_person or by is not None,
    )


def _proposed(desk: MendDesk, state: PlanState, now: datetime) -> PlanState:
    """The plan, proposed again if it ended badly before: this time a person insists."""
    if state.stage in {Stage.ROLLED_BACK, Stage.FAILED}:
        if state.holder:  # whoever ended it could not tell it
            state = _told(desk, state, now)
        state = _moved_to(desk, state, Stage.SUPERSEDED, now, note=state.note)
    if state.stage in {Stage.REFUSED, Stage.SUPERSEDED}:
        # Should this attempt end here, nobody goes on with it unattended.
        state = _moved_to(
            desk, replace(state, for_person=True), Stage.PROPOSED, now, note=state.note
        )
    return state


def _insist_on_free(desk: MendDesk, state: PlanState, now: datetime) -> None:
    if not is_free(desk, state, now):
        raise TryLater(
            f"plan {state.plan.id} is being carried out by {state.holder.partition(' ')[0]}, who "
            f"has until {state.held_until:%H:%M:%S} UTC; look again then"
        )


def _insist_on_mode(desk: MendDesk, plan: Plan, least: Mode) -> None:
    mode = desk.modes.mode(plan.cluster)
    if mode.rank < least.rank:
        raise Trouble(
            f"{plan.cluster} is in mode {mode}, nothing is written to it; it takes "
            f"`seawall mode {least} {plan.cluster}`, and a ceiling of the fleet that is no lower "
            f"(`seawall mode {least} --ceiling`)"
        )


def _is_a_no(error: NoEntry) -> bool:
    """The API server said no to the change; credentials that ran out say nothing about it."""
    return isinstance(error, Refused) and error.status != _UNAUTHORIZED


def _write(desk: MendDesk, record: ClusterRecord, state: PlanState, now: datetime) -> PlanState:
    """Write it, if it holds at this moment. The mode is read right before: the kill switch."""
    try:
        if not holds(desk, record, state, now=now):
            return _back(desk, state, now, "the cluster changed before it was written")
        _insist_on_mode(desk, state.plan, Mode.AUTO if state.unattended else Mode.PROPOSE)
        applied = desk.writing.apply(record, state.plan)
    except (NoEntry, Trouble) as error:
        refused = isinstance(error, NoEntry) and _is_a_no(error)
        tried = replace(state, for_person=state.for_person or refused)
        return _back(desk, tried, now, f"not applied: {error}")
    return _looked_at(desk, record, state, applied, now)


def _back(desk: MendDesk, state: PlanState, now: datetime, note: str) -> PlanState:
    """Not written: proposed again, and let go."""
    after = replace(let_go(state), stage=Stage.PROPOSED, changed_at=now, note=note)
    return after if moved(desk, state, after) else known(desk, state)


def _looked_at(
    desk: MendDesk, record: ClusterRecord, state: PlanState, applied: Applied, now: datetime
) -> PlanState:
    """DONE if the cluster is now as planned; else what was made is taken away again."""
    sight = mapped(desk.clusters.snapshot(record, now=now), judged)
    made = replace(state, object_uid=applied.uid)
    match look_again(state.plan, applied, sight, unattended=state.unattended):
        case None:
            after = replace(made, stage=Stage.DONE, note="applied and verified")
        case NotOurs(why):
            after = replace(state, stage=Stage.FAILED, note=why)
        case Undo(why=why):
            after = replace(made, stage=Stage.UNDOING, note=why)
    after = held(desk, replace(after, changed_at=now), now)
    if not moved(desk, state, after):
        return _overtaken(desk, record, made, now)
    if after.stage is Stage.UNDOING:
        return _undo(desk, record, after, now)
    return _told(desk, after, now)


def _overtaken(desk: MendDesk, record: ClusterRecord, made: PlanState, now: datetime) -> PlanState:
    """Somebody took the plan over: if it was given up, what was written here must not stay."""
    found = known(desk, made)
    if found.stage in _KEPT:
        return found
    why = "it was written when the plan had been given up"
    if found.stage is Stage.UNDOING:  # he may have deleted what was there before
        try:
            desk.writing.undo(record, undo_of(made.plan, made.object_uid, why))
        except NoEntry as error:
            note(desk, made, f"needs a person: {why}, and could not be undone: {error}", now)
        return found
    undoing = replace(held(desk, let_go(made), now), stage=Stage.UNDOING, changed_at=now, note=why)
    if moved(desk, found, undoing):
        with letting_go(desk, undoing):
            return _undo(desk, record, undoing, now)
    return _overtaken(desk, record, made, now)


def _undo(desk: MendDesk, record: ClusterRecord, state: PlanState, now: datetime) -> PlanState:
    """Delete the object. A TryLater leaves the plan UNDOING, to be taken up again."""
    try:
        after = state if state.object_uid else _with_object(desk, record, state)
        if after.object_uid:
            desk.writing.undo(record, undo_of(after.plan, after.object_uid, after.note))
    except NoEntry as error:
        why = f"{state.note}; and it could not be undone: {error}"
        return _ended(desk, state, Stage.FAILED, why, now)
    return _ended(desk, state, Stage.ROLLED_BACK, state.note, now)


def _with_object(desk: MendDesk, record: ClusterRecord, state: PlanState) -> PlanState:
    """The UID of what the plan made, looked up; none where there is nothing."""
    applied = desk.writing.look(record, state.plan)
    return replace(state, object_uid=applied.uid) if applied else state


def _ended(desk: MendDesk, state: PlanState, stage: Stage, note: str, now: datetime) -> PlanState:
    after = held(desk, replace(state, stage=stage, changed_at=now, note=note), now)
    return _told(desk, after, now) if moved(desk, state, after) else known(desk, state)


def _told(desk: MendDesk, state: PlanState, now: datetime) -> PlanState:
    """Tell how it ended, then let it go: after a crash in between the same words are kept once."""
    match state.stage:
        case Stage.DONE:
            text = f"closed and verified, by {state.by}"
        case Stage.ROLLED_BACK:
            text = f"undone: {state.note}"
        case _:
            text = f"needs a person: {state.note}"
    note(desk, state, text, now)
    after = let_go(state)
    return after if moved(desk, state, after) else known(desk, state)


def _moved_to(
    desk: MendDesk, state: PlanState, stage: Stage, now: datetime, note: str = ""
) -> PlanState:
    """The next stage, written; or what somebody else wrote meanwhile."""
    after = replace(state, stage=stage, changed_at=now, note=note)
    return after if moved(desk, state, after) else known(desk, state)


def note(desk: MendDesk, state: PlanState, text: str, now: datetime) -> None:
    """Words about a plan, for the digest."""
    plan = state.plan
    notice = Notice(plan.cluster, f"{plan.namespace}/{plan.name}: {text}", plan.id)
    desk.news.note(state.run, notice, now=now)
