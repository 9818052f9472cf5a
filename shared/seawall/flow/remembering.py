"""Remember: what is seen now, beside what was known, makes the next memory and its turns.

Only what was seen can change anything: a finding opens when a rule fails, and is resolved when the
same rule looked at the same namespace, saw all it needs, and did not fail. UNKNOWN does neither.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from seawall.flow.substance import substance
from seawall.judge.judging import WHOLE_CLUSTER, Judged
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.finding import Finding, Outcome, Severity, Verdict, fingerprint
from seawall.model.memory import Counts, FindingMemory, Memory, Status, Transition, Turn
from seawall.model.messages import RunId
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot
from seawall.report.unseen import unseen

REPLACED_RULE = "cluster-replaced"
"""The one finding that is about a cluster over time, and so comes from no rule of `judge`."""
KEPT = timedelta(days=90)
"""How long a resolved finding is known, so that it can be said to be back."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A memory to be written, and the turns that lead to it from the one before."""

    memory: Memory
    turns: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class _Scan:
    """One scan of a cluster and where it stands in its history.

    Attributes:
        first: It is the first one, or the first complete one: what it opens is no news.
    """

    run: RunId
    key: ClusterKey
    now: datetime
    judged: Judged
    first: bool


def identity_of(memory: Memory | None, snapshot: Snapshot) -> str:
    """Whom the fingerprints of a scan name.

    The UID that was seen; while it cannot be seen, the one that was last; the key before any was.
    """
    if isinstance(snapshot.uid, Seen):
        return snapshot.uid.value
    return _last_identity(memory) if memory is not None else snapshot.key


def remember(
    memory: Memory | None, key: ClusterKey, judged: Sight[Judged], *, run: RunId, now: datetime
) -> Remembered:
    """The next memory of a cluster after one attempt to scan it.

    An attempt that saw nothing changes no finding. A second scan in the same run keeps the turns
    of the first among `changed`.

    Args:
        memory: What was known, or None.
        key: Of the cluster.
        judged: From a judge that was given `identity_of` as identity.
        run: The run it is part of.
        now: UTC. Should the clock have gone back, no time in the memory does.
    """
    before = memory or Memory(key, 0, run, now)
    tried = max(now, before.tried_at)
    if isinstance(judged, Unseen):
        return Remembered(_next(before, run, tried_at=tried, unseen=judged.why), ())
    history = _identified(before, judged.value.snapshot.uid)
    complete = not any(unseen(judged.value.snapshot))
    first = history.complete_at is None and (history.scanned_at is None or complete)
    scan = _Scan(run, key, tried, judged.value, first)
    findings, turns = _compared(history, scan)
    after = _next(
        history,
        run,
        tried_at=tried,
        scanned_at=tried,
        unseen="",
        complete_at=history.complete_at or (tried if complete else None),
        enforced=_enforced(judged.value),
        counts=_counts(judged.value),
        changed=_changed(before, run, turns),
        findings=findings,
    )
    return Remembered(after, turns)


def adopted(memory: Memory, *, run: RunId) -> Memory:
    """The memory after a person took all that is open for known debt."""
    findings = tuple(
        replace(each, adopted=True) if each.status is Status.OPEN else each
        for each in memory.findings
    )
    return _next(memory, run, changed=memory.changed, findings=findings)


def confirmed(memory: Memory, *, run: RunId) -> Memory:
    """The memory after a person said that the cluster was replaced on purpose.

    The finding about it is resolved by the next scan.
    """
    return _next(memory, run, changed=memory.changed, uid=memory.impostor, impostor=None)


def _next(memory: Memory, run: RunId, **fields: object) -> Memory:
    """The next version, changed in these fields."""
    kept = {"changed": memory.changed if memory.run == run else ()}
    return replace(memory, version=memory.version + 1, run=run, **(kept | fields))  # type: ignore[arg-type]


def _changed(before: Memory, run: RunId, turns: Iterable[Transition]) -> tuple[str, ...]:
    same_run = before.changed if before.run == run else ()
    return tuple(sorted({*same_run, *(turn.fingerprint for turn in turns)}))


def _last_identity(memory: Memory) -> str:
    return memory.impostor or memory.uid or memory.key


def _identified(memory: Memory, uid: Sight[ClusterUid]) -> Memory:
    """The history that goes on: the same cluster's, or a new one where another answers.

    The pinned UID stays until a person confirms the other one (`confirmed`); meanwhile the other
    cluster has a history of its own. If the pinned one answers again, that ends as well.
    """
    if isinstance(uid, Unseen) or uid.value == _last_identity(memory):
        return memory
    if memory.uid is None:
        renamed = (_renamed(each, uid.value) for each in memory.findings)
        return replace(memory, uid=uid.value, findings=_sorted(renamed))
    impostor = None if uid.value == memory.uid else uid.value
    told = tuple(each for each in memory.findings if each.rule == REPLACED_RULE)
    return replace(memory, impostor=impostor, scanned_at=None, complete_at=None, findings=told)


def _renamed(finding: FindingMemory, identity: str) -> FindingMemory:
    """The same finding, found while the cluster was known by its key alone."""
    parts = (finding.rule, identity, finding.namespace, finding.subject, finding.facet)
    return replace(finding, fingerprint=fingerprint(*parts))


def _compared(
    history: Memory, scan: _Scan
) -> tuple[tuple[FindingMemory, ...], tuple[Transition, ...]]:
    """The findings as they are now, and what became of each."""
    known = {each.fingerprint: each for each in history.findings}
    failing = {each.fingerprint: each for each in (*_failing(scan), *_replaced(history, scan))}
    held = {name: _held(each, known.get(name)) for name, each in failing.items()}
    turns = [turn for name, each in held.items() if (turn := _turn(scan, known.get(name), each))]
    outcomes = {(each.rule, each.namespace): each for each in scan.judged.outcomes}
    for name in known.keys() - held.keys():
        held[name], why = _missing(known[name], scan, outcomes)
        if held[name].status is not known[name].status:
            turns.append(_transition(scan, Turn.RESOLVED, held[name], why))
    kept = (each for each in held.values() if not _forgotten(each, scan.now))
    return _sorted(kept), tuple(sorted(turns, key=lambda turn: turn.fingerprint))


def _sorted(findings: Iterable[FindingMemory]) -> tuple[FindingMemory, ...]:
    return tuple(sorted(findings, key=lambda each: each.fingerprint))


def _failing(scan: _Scan) -> Iterator[FindingMemory]:
    for finding in scan.judged.findings:
        if finding.verdict is Verdict.FAIL:
            yield _seen(finding, scan.now)


def _seen(finding: Finding, now: datetime) -> FindingMemory:
    """A finding as if it were met for the first time."""
    return FindingMemory(
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        severity=finding.severity,
        namespace=finding.namespace,
        facet=finding.facet,
        subject=str(finding.subject) if finding.subject else "",
        summary=finding.summary,
        substance=substance(finding),
        status=Status.OPEN,
        first_seen=now,
        last_seen=now,
        opened_at=now,
    )


def _replaced(history: Memory, scan: _Scan) -> Iterator[FindingMemory]:
    """The finding that another cluster answers under this key."""
    if history.uid is None or history.impostor is None:
        return
    yield FindingMemory(
        fingerprint=fingerprint(REPLACED_RULE, history.uid, "", "", history.impostor),
        rule=REPLACED_RULE,
        severity=Severity.HIGH,
        namespace=WHOLE_CLUSTER,
        facet=history.impostor,
        subject="",
        summary=(
            f"another cluster answers: kube-system has the UID {history.impostor}, pinned is "
            f"{history.uid}; nothing is written until `seawall confirm`"
        ),
        substance="",
        status=Status.OPEN,
        first_seen=scan.now,
        last_seen=scan.now,
        opened_at=scan.now,
    )


def _held(now: FindingMemory, known: FindingMemory | None) -> FindingMemory:
    """A finding that holds, with the times of when it was met before."""
    if known is None:
        return now
    first = min(known.first_seen, now.first_seen)
    if known.status is Status.RESOLVED:
        return replace(now, first_seen=first)
    last = max(known.last_seen, now.last_seen)
    return replace(
        now,
        first_seen=first,
        last_seen=last,
        opened_at=known.opened_at,
        adopted=known.adopted,
    )


def _turn(scan: _Scan, known: FindingMemory | None, now: FindingMemory) -> Transition | None:
    """What became of a finding that holds, if anything did."""
    if known is None:
        return _transition(scan, Turn.OPENED, now)
    if known.status is Status.RESOLVED:
        return _transition(scan, Turn.REOPENED, now)
    return _transition(scan, Turn.CHANGED, now) if known.substance != now.substance else None


def _missing(
    known: FindingMemory, scan: _Scan, outcomes: Mapping[tuple[str, str], Outcome]
) -> tuple[FindingMemory, str]:
    """A finding that this scan does not have: resolved, if the scan saw enough to know."""
    why = "" if known.status is Status.RESOLVED else _resolved(known, scan, outcomes)
    if not why:
        return known, ""
    return replace(known, status=Status.RESOLVED, resolved_at=scan.now), why


def _resolved(
    known: FindingMemory, scan: _Scan, outcomes: Mapping[tuple[str, str], Outcome]
) -> str:
    """Why a finding that is missing is resolved; nothing while that is not known."""
    if known.rule == REPLACED_RULE:
        return "the cluster is the one that is pinned"
    if known.rule not in {rule for rule, _ in outcomes}:
        return "the rule is not judged any more"
    outcome = outcomes.get((known.rule, known.namespace))
    if outcome is not None:
        homeless = outcomes.get((known.rule, WHOLE_CLUSTER))
        return "" if _unsure(outcome) or _unsure(homeless) else "it does not fail any more"
    return _namespace_gone(known.namespace, scan.judged.snapshot)


def _unsure(outcome: Outcome | None) -> bool:
    return outcome is not None and any(f.verdict is Verdict.UNKNOWN for f in outcome.findings)


def _namespace_gone(namespace: str, snapshot: Snapshot) -> str:
    if isinstance(snapshot.namespaces, Unseen) or namespace == WHOLE_CLUSTER:
        return ""
    there = any(each.name == namespace for each in snapshot.namespaces.value)
    return "" if there else "the namespace is gone"


def _transition(scan: _Scan, turn: Turn, finding: FindingMemory, why: str = "") -> Transition:
    return Transition(
        run=scan.run,
        cluster=scan.key,
        at=scan.now,
        turn=turn,
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        severity=finding.severity,
        namespace=finding.namespace,
        summary=finding.summary,
        why=why,
        first=scan.first and finding.rule != REPLACED_RULE,
        adopted=finding.adopted,
    )


def _forgotten(finding: FindingMemory, now: datetime) -> bool:
    return finding.resolved_at is not None and now - finding.resolved_at > KEPT


def _counts(judged: Judged) -> Counts:
    missing = tuple(what for what, _ in unseen(judged.snapshot))
    passed, failed = judged.count(Verdict.PASS), judged.count(Verdict.FAIL)
    return Counts(passed, failed, judged.count(Verdict.UNKNOWN), missing)


def _enforced(judged: Judged) -> str:
    match judged.isolation.enforced:
        case Seen(enforced):
            return "yes" if enforced else "no"
        case Unseen(why):
            return why
