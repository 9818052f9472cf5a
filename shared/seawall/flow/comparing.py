"""Compare: the findings of one scan beside those that were known, and what became of each.

A finding that is back and is not what it was has two turns: REOPENED and CHANGED.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from seawall.flow.resolving import Scopes
from seawall.flow.substance import substance
from seawall.judge.judging import WHOLE_CLUSTER, Judged
from seawall.judge.over_time import REPLACED
from seawall.model.cluster import ClusterKey
from seawall.model.finding import Finding, Verdict, fingerprint
from seawall.model.memory import FindingMemory, Memory, Status, Transition, Turn
from seawall.model.messages import RunId

REPLACED_RULE = REPLACED.id
KEPT = timedelta(days=90)
"""How long a resolved finding is known, so that it can be said to be back."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of a cluster and where it stands in its history.

    Attributes:
        first: It belongs to the start of a history: what it opens is no news.
    """

    run: RunId
    key: ClusterKey
    now: datetime
    judged: Judged
    scopes: Scopes
    first: bool


def compared(
    history: Memory, scan: Scan
) -> tuple[tuple[FindingMemory, ...], tuple[Transition, ...]]:
    """The findings as they are now, and what became of each."""
    known = {each.fingerprint: each for each in history.findings}
    now = {each.fingerprint: each for each in (*_failing(scan), *_replaced(history, scan))}
    found: list[FindingMemory] = []
    turns: list[Transition] = []
    for name in sorted(known.keys() | now.keys()):
        before = known.get(name)
        if name in now:
            after, taken, why = *_held(now[name], before), ""
        else:
            after, taken, why = _missing(known[name], history, scan)
        found.append(after)
        debt = before is not None and before.adopted
        turns += [_transition(scan, turn, after, why=why, debt=debt) for turn in taken]
    kept = (each for each in found if not forgotten(each, scan.now))
    # A replacement comes before what the history that it begins is made of.
    turns.sort(key=lambda turn: (turn.rule != REPLACED_RULE, turn.fingerprint))
    return tuple(kept), tuple(turns)


def _failing(scan: Scan) -> Iterator[FindingMemory]:
    """What fails, as if it were met for the first time; of two with one identity always the same.

    That is a rule's mistake, or an object listed twice: the order they come in says nothing.
    """
    failing = (each for each in scan.judged.findings if each.verdict is Verdict.FAIL)
    return iter(
        sorted((_seen(each, scan.now) for each in failing), key=lambda each: each.substance)
    )


def _seen(finding: Finding, now: datetime) -> FindingMemory:
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


def _replaced(history: Memory, scan: Scan) -> Iterator[FindingMemory]:
    """The finding that another cluster answers under this key."""
    if history.uid is None or history.impostor is None:
        return
    yield FindingMemory(
        fingerprint=fingerprint(REPLACED_RULE, history.uid, "", "", history.impostor),
        rule=REPLACED_RULE,
        severity=REPLACED.severity,
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


def _held(
    now: FindingMemory, known: FindingMemory | None
) -> tuple[FindingMemory, tuple[Turn, ...]]:
    """A finding that holds, with the times of when it was met before, and what became of it."""
    if known is None:
        return now, (Turn.OPENED,)
    changed = (Turn.CHANGED,) if known.substance != now.substance else ()
    if known.status is Status.RESOLVED:
        return replace(now, first_seen=known.first_seen), (Turn.REOPENED, *changed)
    since, last = known.first_seen, known.opened_at
    return replace(now, first_seen=since, opened_at=last, adopted=known.adopted), changed


def _missing(
    known: FindingMemory, history: Memory, scan: Scan
) -> tuple[FindingMemory, tuple[Turn, ...], str]:
    """A finding that this scan lacks: resolved, and why, if the scan saw enough to know."""
    if known.status is Status.RESOLVED:
        return known, (), ""
    if known.rule == REPLACED_RULE:
        why = _replacement_over(known, history)
    else:
        why = scan.scopes.resolution(known)
    if not why:
        return known, (), ""
    resolved = replace(known, status=Status.RESOLVED, resolved_at=scan.now, adopted=False)
    return resolved, (Turn.RESOLVED,), why


def _replacement_over(known: FindingMemory, history: Memory) -> str:
    if history.uid == known.facet:
        return "the replacement was confirmed"
    return "another cluster answers now" if history.impostor else "the pinned cluster is back"


def _transition(
    scan: Scan, turn: Turn, finding: FindingMemory, *, why: str, debt: bool
) -> Transition:
    """One turn; `debt`: the finding was adopted before it, and a return ends that."""
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
        adopted=debt,
    )


def forgotten(finding: FindingMemory, now: datetime) -> bool:
    """Whether it was resolved so long ago that it is known no more."""
    return finding.resolved_at is not None and now - finding.resolved_at > KEPT
