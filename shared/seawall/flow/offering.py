"""Offer: the plans a cluster needs as it is now, written down for a person or for `mend`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seawall.flow.desks import MendDesk
from seawall.flow.holding import moved
from seawall.flow.sources import judged
from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry
from seawall.model.exposure import Exposure
from seawall.model.finding import Verdict
from seawall.model.fleet import ClusterRecord
from seawall.model.memory import Memory
from seawall.model.messages import RunId
from seawall.model.plan import Plan, PlanId, PlanState, Stage
from seawall.model.sight import Seen, Unseen
from seawall.remediate.planning import MENDED_RULE, plan_ingress

OFFERED = frozenset({Stage.PROPOSED, Stage.REFUSED})
"""The stages of a plan that waits."""

TAKEN_AWAY = "this namespace was closed before, and that did not stay"
"""Not applied by itself again: whoever took the policy away would only do so once more."""

_TRIED = frozenset({Stage.DONE, Stage.ROLLED_BACK, Stage.FAILED})


@dataclass(frozen=True, slots=True)
class _Before:
    """What was known before the plans of now were offered.

    Attributes:
        tried: The plans that were applied when the cluster was read, and their namespaces.
        since: The run since when a namespace has had an offer of a stage.
    """

    tried: Mapping[PlanId, tuple[str, str]]
    since: Mapping[tuple[str, Stage], RunId]


def plan_cluster(desk: MendDesk, record: ClusterRecord, *, now: datetime) -> tuple[PlanState, ...]:
    """The plans of a cluster as it is now, offered: what a person asks for with `seawall plan`.

    Raises:
        NoEntry: The cluster cannot be read, was never scanned, or is not the one it was.
    """
    memory = desk.memories.recall(record.key)
    if memory is None:
        raise NoEntry(f"{record.key} was never scanned; `seawall run --once` first")
    return offered_now(desk, record, memory, memory.run, now=now)


def offered_now(
    desk: MendDesk, record: ClusterRecord, memory: Memory, run: RunId, *, now: datetime
) -> tuple[PlanState, ...]:
    """Read the cluster, work out its plans, write them down; what no longer holds is superseded.

    Raises:
        NoEntry: The cluster cannot be read, or it is not the one its memory is about.
    """
    # Looked up before the cluster is read: what is applied meanwhile was not taken away.
    tried = {state.plan.id: _home(state.plan) for state in _tried(desk, record.key)}
    plans = current_plans(desk, record, memory, now=now)
    waiting = offers(desk, record.key)
    before = _Before(tried, {_place(each): each.run for each in waiting})
    states = tuple(_offer(desk, run, plan, before, now) for plan in plans)
    # After that: a crash in between loses nothing of what was offered before.
    _supersede(desk, waiting, plans, now)
    return states


def current_plans(
    desk: MendDesk, record: ClusterRecord, memory: Memory, *, now: datetime
) -> tuple[Plan, ...]:
    """A plan for each namespace that lacks isolation now, whatever the memory says.

    Raises:
        NoEntry: The cluster cannot be read, or it is not the one its memory is about.
    """
    if memory.uid is None or memory.impostor is not None:
        raise NoEntry(
            f"{record.key}: which cluster this is was not confirmed; see `seawall status`, and "
            "`seawall confirm` if it was replaced on purpose"
        )
    sight = desk.clusters.exposed(record, now=now)
    if isinstance(sight, Unseen):
        raise NoEntry(f"{record.key} cannot be read: {sight.why}")
    snapshot, exposure = sight.value
    if snapshot.uid != Seen(memory.uid):
        raise NoEntry(f"{record.key}: the UID of its kube-system is not the one that was pinned")
    return tuple(_plans(judged(snapshot), exposure))


def holds(desk: MendDesk, record: ClusterRecord, state: PlanState, *, now: datetime) -> bool:
    """Whether a plan is at this moment what the cluster needs.

    What makes one safe unattended is in its id: with a pod or a cut more it is another plan.

    Raises:
        NoEntry: The cluster cannot be read, or it is not the one its memory is about.
    """
    memory = desk.memories.recall(record.key)
    if memory is None:
        return False
    found = current_plans(desk, record, memory, now=now)
    return any(plan.id == state.plan.id for plan in found)


def offers(desk: MendDesk, key: ClusterKey) -> tuple[PlanState, ...]:
    """The plans of a cluster that wait."""
    return tuple(state for state in desk.plans.plans(key) if state.stage in OFFERED)


def _tried(desk: MendDesk, key: ClusterKey) -> Iterator[PlanState]:
    """The plans that were applied once, whatever became of them."""
    for state in desk.plans.plans(key):
        if state.stage in _TRIED or state.note == TAKEN_AWAY:
            yield state


def _plans(found: Judged, exposure: Exposure) -> Iterator[Plan]:
    failing = (each for each in found.findings if each.verdict is Verdict.FAIL)
    for namespace in sorted({each.namespace for each in failing if each.rule == MENDED_RULE}):
        plan = plan_ingress(found, exposure, namespace)
        if plan is not None:
            yield plan


def _supersede(
    desk: MendDesk, waiting: Sequence[PlanState], plans: Sequence[Plan], now: datetime
) -> None:
    hold = {plan.id for plan in plans}
    for state in waiting:
        if state.plan.id not in hold:
            note = TAKEN_AWAY if state.note == TAKEN_AWAY else "the cluster has changed since"
            after = replace(state, stage=Stage.SUPERSEDED, changed_at=now, note=note)
            moved(desk, state, after)


def _home(plan: Plan) -> tuple[str, str]:
    """The namespace, and not another one of its name: what was tried there is forgotten with it."""
    return plan.namespace, plan.namespace_life


def _place(state: PlanState) -> tuple[str, Stage]:
    return state.plan.namespace, state.stage


def _offer(desk: MendDesk, run: RunId, plan: Plan, before: _Before, now: datetime) -> PlanState:
    """Where the plan is now: offered, unless it was tried before and that ended badly.

    What takes the place of an offer is no news: it has the run of that.
    """
    stage = Stage.REFUSED if plan.refusals else Stage.PROPOSED
    note = TAKEN_AWAY if _home(plan) in before.tried.values() else ""
    since = before.since.get((plan.namespace, stage), run)
    known = desk.plans.plan(plan.id)
    if known is None:
        fresh = PlanState(
            plan, stage, since, made_at=now, changed_at=now, note=note, for_person=bool(note)
        )
        if desk.plans.put(fresh, before=None):
            return fresh
        return _offer(desk, run, plan, before, now)
    if known.stage is Stage.DONE and plan.id in before.tried and not known.holder:
        known = _put(desk, known, Stage.SUPERSEDED, note, now)
    if known.stage is Stage.SUPERSEDED:
        return _put(desk, replace(known, run=since), stage, note, now)
    return known


def _put(desk: MendDesk, state: PlanState, stage: Stage, note: str, now: datetime) -> PlanState:
    story = replace(state, note=note, for_person=bool(note), by="", unattended=False)
    after = replace(story, stage=stage, changed_at=now, object_uid="")
    return after if moved(desk, state, after) else desk.plans.plan(state.plan.id) or state
