"""Mend: propose what a cluster lacks, and apply by itself only what can cut nothing."""

from collections.abc import Sequence
from datetime import datetime

from seawall.flow.applying import carry_out, note, resume
from seawall.flow.desks import MendDesk
from seawall.flow.holding import ONE_LOOK, has_time, is_left, known
from seawall.flow.offering import offered_now, offers
from seawall.model.digest import Notice
from seawall.model.errors import NoEntry, Trouble, TryLater
from seawall.model.fleet import ClusterRecord, Presence
from seawall.model.memory import Memory
from seawall.model.messages import FindingsChanged, RunId
from seawall.model.plan import Mode, PlanState, Stage
from seawall.remediate.planning import MENDED_RULE

MOST_UNATTENDED = 20
"""Plans that may be applied unattended in one cluster and run; with more, none is begun."""

STUCK = (
    "begun and interrupted, and nobody can look whether it is in force; once the cluster answers, "
    "`seawall apply` it again or `seawall rollback` it"
)
"""The same words whatever the reason, so that they are told once."""


def mend_cluster(hint: FindingsChanged, desk: MendDesk, *, now: datetime) -> None:
    """Bring the plans of a cluster up to date, and apply those that are safe unattended.

    The message is only a hint: memory, mode and the live cluster are read again. A cluster that
    cannot be read is left as it is; the ledger of its scan says so. Where the process ends soon, no
    further plan is begun: one that is cut off between its writing and its verification may have
    closed what it should not.

    Raises:
        TryLater: The cluster or a store is busy, or there was no time for all plans; the message
            goes back to the queue.
    """
    record = desk.inventory.record(hint.cluster)
    if record is None or record.presence is Presence.GONE:
        return
    _resume_all(desk, record, now)
    mode = desk.modes.mode(hint.cluster)
    if mode is Mode.OBSERVE:  # most clusters are only observed: nothing more is read for them
        return
    memory = desk.memories.recall(hint.cluster)
    if memory is None or not _concerned(desk, memory):
        return
    if not has_time(desk, now, ONE_LOOK):  # what was left over may have taken it all
        raise TryLater(
            f"{record.key}: there was no time to look for what it lacks; that comes next"
        )
    try:
        states = offered_now(desk, record, memory, hint.run, now=now)
    except NoEntry:
        return
    late: tuple[PlanState, ...] = ()
    if mode is Mode.AUTO:
        states, late = _applied(desk, record, states, hint.run, now)
    # By its run, so that a second delivery after a crash tells the same.
    _note_new(desk, hint.run, [state for state in states if state.run == hint.run], now)
    if late:
        raise TryLater(f"{record.key}: there was no time for {len(late)} plans; they come next")


def _concerned(desk: MendDesk, memory: Memory) -> bool:
    """Something is to be mended, or was and may be no longer."""
    needed = any(finding.rule == MENDED_RULE for finding in memory.open)
    return needed or bool(offers(desk, memory.key))


def _resume_all(desk: MendDesk, record: ClusterRecord, now: datetime) -> None:
    for state in filter(is_left, desk.plans.plans(record.key)):
        if not has_time(desk, now):
            raise TryLater(f"{record.key}: there was no time to look after plan {state.plan.id}")
        try:
            resume(desk, record, state, now=now)
        except (NoEntry, Trouble):
            note(desk, state, STUCK, now)


def _applied(
    desk: MendDesk,
    record: ClusterRecord,
    states: Sequence[PlanState],
    run: RunId,
    now: datetime,
) -> tuple[tuple[PlanState, ...], tuple[PlanState, ...]]:
    """The plans after those were applied that are safe, and those that there was no time for.

    Too many at once are left to a person.
    """
    safe = [state for state in states if _unattended(state)]
    if len(safe) > MOST_UNATTENDED:
        text = f"{len(safe)} namespaces could be closed, more than {MOST_UNATTENDED}: none was"
        desk.news.note(run, Notice(record.key, text), now=now)
        return tuple(states), ()
    after: list[PlanState] = []
    late: list[PlanState] = []
    for state in states:
        if not _unattended(state):
            after.append(state)
        elif has_time(desk, now):
            after.append(_tried(desk, record, state, now))
        else:
            late.append(state)
    return tuple(after), tuple(late)


def _unattended(state: PlanState) -> bool:
    """Nothing can be cut, and it has no story that a person must know."""
    return state.stage is Stage.PROPOSED and not state.for_person and state.plan.safe_unattended


def _tried(desk: MendDesk, record: ClusterRecord, state: PlanState, now: datetime) -> PlanState:
    """Applied; a cluster that cannot be reached for a moment makes no story."""
    try:
        return carry_out(desk, record, state, by=None, now=now)
    except NoEntry:
        return known(desk, state)


def _note_new(desk: MendDesk, run: RunId, states: Sequence[PlanState], now: datetime) -> None:
    """One notice a cluster: what waits for a person since this run."""
    if not states:
        return
    counts = [
        f"{number} {word}"
        for stage, word in ((Stage.PROPOSED, "proposed"), (Stage.REFUSED, "refused"))
        if (number := sum(state.stage is stage for state in states))
    ]
    if counts:
        text = f"plans: {', '.join(counts)}; see `seawall plan`"
        desk.news.note(run, Notice(states[0].plan.cluster, text), now=now)
