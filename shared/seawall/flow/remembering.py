"""Remember: what is seen now, beside what was known, makes the next memory and its turns.

Only what was seen can change anything: a finding opens when a rule fails, and is resolved when the
same rule looked at the same namespace, saw all it needs, and did not fail (`resolving`). UNKNOWN
does neither.

The history of a cluster starts quietly: the turns of its first scan are no news but a starting
point. Where that scan lacked something, and the second one does not, the turns of the second are
part of the start as well. Where both lacked something, news begins with the second: a cluster that
never lets itself be seen whole would tell nothing for ever.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from seawall.flow.comparing import REPLACED_RULE, Scan, compared
from seawall.flow.resolving import scopes
from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.errors import Trouble
from seawall.model.finding import Verdict, fingerprint
from seawall.model.memory import Aside, Counts, FindingMemory, Memory, Status, Transition
from seawall.model.messages import RunId
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Remembered:
    """A memory to be written, and the turns that lead to it from the one before."""

    memory: Memory
    turns: tuple[Transition, ...]


def identity_of(memory: Memory | None, snapshot: Snapshot) -> str:
    """Whom the fingerprints of a scan name.

    The UID that was seen; while it cannot be seen, the one that was last; the key before any was.
    """
    if isinstance(snapshot.uid, Seen):
        return snapshot.uid.value
    return _last_identity(memory) if memory is not None else snapshot.key


def remember(  # noqa: PLR0913  what was known, what is seen, and what it is written down with
    memory: Memory | None,
    key: ClusterKey,
    judged: Sight[Judged],
    *,
    run: RunId,
    now: datetime,
    likeness: str = "",
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
        likeness: Of what was judged (`flow.unchanged`).
    """
    before = memory or Memory(key, 0, run, now)
    tried = max(now, before.tried_at)
    if isinstance(judged, Unseen):
        why = judged.why or "no reason was given"
        return Remembered(following(before, run, tried_at=tried, unseen=why), ())
    history = _identified(before, judged.value.snapshot.uid)
    complete = not judged.value.snapshot.unseen
    first = history.complete_at is None and (history.scanned_at is None or complete)
    scan = Scan(
        run, key, tried, judged.value, scopes(judged.value, pinned=history.uid is not None), first
    )
    findings, turns = compared(history, scan)
    after = following(
        history,
        run,
        tried_at=tried,
        scanned_at=tried,
        unseen="",
        # The second scan that lacks something makes the first one the start (None before it).
        complete_at=history.complete_at or (tried if complete else history.scanned_at),
        enforced=_enforced(judged.value),
        counts=_counts(judged.value),
        changed=_changed(before, run, turns),
        findings=findings,
    )
    if _is_settled(after, judged.value):
        after = replace(after, likeness=likeness)
    return Remembered(after, turns)


def _is_settled(memory: Memory, judged: Judged) -> bool:
    """Whether the same, seen again, would change nothing but times.

    All was seen, the one who was pinned answered, and what is open failed just now: nothing is
    only held open because it could not be seen to be resolved.
    """
    if judged.snapshot.unseen or memory.impostor is not None or memory.uid is None:
        return False
    failing = {each.fingerprint for each in judged.findings if each.verdict is Verdict.FAIL}
    return all(each.fingerprint in failing for each in memory.open)


def adopted(memory: Memory, *, run: RunId) -> Memory:
    """The memory after a person took all that is open for known debt."""
    findings = tuple(
        replace(each, adopted=True) if _is_debt(each) else each for each in memory.findings
    )
    return following(memory, run, changed=memory.changed, findings=findings)


def _is_debt(finding: FindingMemory) -> bool:
    """That another cluster answers is no debt to live with: a person confirms it, or mends it."""
    return finding.status is Status.OPEN and finding.rule != REPLACED_RULE


def confirmed(memory: Memory, *, run: RunId) -> Memory:
    """The memory after a person said that the cluster was replaced on purpose.

    The finding about it is resolved by the next scan that reads the cluster.

    Raises:
        Trouble: No other cluster was seen, or the pinned one is back.
    """
    if memory.impostor is None:
        raise Trouble(f"{memory.key}: its identity has not changed, there is nothing to confirm")
    return following(
        memory, run, changed=memory.changed, uid=memory.impostor, impostor=None, aside=None
    )


def following(memory: Memory, run: RunId, **fields: object) -> Memory:
    """The next version, changed in these fields; the likeness is the scan's alone to give."""
    kept = {"changed": memory.changed if memory.run == run else (), "likeness": ""}
    return replace(memory, version=memory.version + 1, run=run, **(kept | fields))  # type: ignore[arg-type]


def _changed(before: Memory, run: RunId, turns: Iterable[Transition]) -> tuple[str, ...]:
    same_run = before.changed if before.run == run else ()
    return tuple(sorted({*same_run, *(turn.fingerprint for turn in turns)}))


def _last_identity(memory: Memory) -> str:
    return memory.impostor or memory.uid or memory.key


def _identified(memory: Memory, uid: Sight[ClusterUid]) -> Memory:
    """The history that goes on: the same cluster's, or a new one where another answers.

    A UID that is seen for the first time is pinned, and what was found under the key alone keeps
    its history under a new fingerprint. The pinned UID stays until a person confirms another one
    (`confirmed`); meanwhile the other cluster has a history of its own, which starts as quietly as
    any, and that of the pinned one is put aside. If the pinned one answers again, its history goes
    on, known debt and all, and the other one is forgotten without turns (the chronicle has it).
    """
    if isinstance(uid, Unseen) or uid.value == _last_identity(memory):
        return memory
    if memory.uid is None:
        renamed = (_renamed(each, uid.value) for each in memory.findings)
        return replace(memory, uid=uid.value, findings=_sorted(renamed))
    return _back(memory) if uid.value == memory.uid else _another(memory, uid.value)


def _another(memory: Memory, impostor: ClusterUid) -> Memory:
    """Another cluster answers: it begins anew, and the pinned one's history is put aside."""
    held = tuple(each for each in memory.findings if each.rule != REPLACED_RULE)
    aside = memory.aside or Aside(memory.scanned_at, memory.complete_at, held)
    return replace(
        memory,
        impostor=impostor,
        scanned_at=None,
        complete_at=None,
        findings=_told(memory),
        aside=aside,
    )


def _back(memory: Memory) -> Memory:
    """The pinned cluster answers again, and its history goes on where it was."""
    aside = memory.aside or Aside(None, None, ())
    return replace(
        memory,
        impostor=None,
        scanned_at=aside.scanned_at,
        complete_at=aside.complete_at,
        findings=_sorted((*_told(memory), *aside.findings)),
        aside=None,
    )


def _told(memory: Memory) -> tuple[FindingMemory, ...]:
    """The findings about the replacement."""
    return tuple(each for each in memory.findings if each.rule == REPLACED_RULE)


def _renamed(finding: FindingMemory, identity: str) -> FindingMemory:
    """The same finding, found while the cluster was known by its key alone."""
    parts = (finding.rule, identity, finding.namespace, finding.subject, finding.facet)
    return replace(finding, fingerprint=fingerprint(*parts))


def _sorted(findings: Iterable[FindingMemory]) -> tuple[FindingMemory, ...]:
    return tuple(sorted(findings, key=lambda each: each.fingerprint))


def _counts(judged: Judged) -> Counts:
    missing = tuple(what for what, _ in judged.snapshot.unseen)
    passed, failed = judged.count(Verdict.PASS), judged.count(Verdict.FAIL)
    return Counts(passed, failed, judged.count(Verdict.UNKNOWN), missing)


def _enforced(judged: Judged) -> str:
    """The verdict, and its reason where it is no plain yes."""
    return str(judged.isolation.enforced.whole)
