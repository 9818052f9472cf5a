"""From what is remembered of each cluster to its line, and from the lines to the sums."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seawall.model.cluster import ClusterKey
from seawall.model.finding import Severity
from seawall.model.fleet import ClusterRecord, Presence
from seawall.model.memory import Memory
from seawall.model.messages import RunId
from seawall.model.plan import Stage
from seawall.model.run import End, Entry, Run
from seawall.report.fleet import ClusterLine, Enforced, FleetView, Standing, Totals
from seawall.report.fleet_text import counted

STALE_AFTER = timedelta(days=1)
"""A scan older than this says nothing about now, whatever the ledger says."""


@dataclass(slots=True)
class _Known:
    """What is known of one cluster while it is gathered."""

    record: ClusterRecord | None = None
    memory: Memory | None = None
    entry: Entry | None = None
    plans: Counter[Stage] = field(default_factory=Counter)


def cluster_lines(view: FleetView) -> tuple[ClusterLine, ...]:
    """One line for each cluster that anything is known of, by key."""
    known: defaultdict[ClusterKey, _Known] = defaultdict(_Known)
    for record in view.records:
        known[record.key].record = record
    for memory in view.memories:
        known[memory.key].memory = memory
    for entry in view.ledger:
        known[entry.cluster].entry = entry
    for state in view.plans:
        known[state.plan.cluster].plans[state.stage] += 1
    return tuple(_line(view, key, known[key]) for key in sorted(known))


def fleet_totals(lines: tuple[ClusterLine, ...]) -> Totals:
    """The sums of the lines."""
    judged = [(line.standing, line.counts) for line in lines if line.counts is not None]
    found = [finding for line in lines for finding in line.open]
    standings = Counter(line.standing for line in lines)
    graver = Counter(finding.severity for finding in found)
    left_out = {Standing.GONE, Standing.SKIPPED}
    enforced = Counter(line.enforced for line in lines if line.standing not in left_out)
    return Totals(
        clusters=len(lines),
        by_standing={each: standings[each] for each in Standing},
        passed=sum(counts.passed for standing, counts in judged if standing.current),
        passed_before=sum(counts.passed for standing, counts in judged if not standing.current),
        failed=sum(counts.failed for _, counts in judged),
        unknown=sum(counts.unknown for _, counts in judged),
        open=len(found),
        adopted=sum(finding.adopted for finding in found),
        by_severity={each: graver[each] for each in reversed(Severity)},
        enforced={each: enforced[each] for each in Enforced},
    )


def _line(view: FleetView, key: ClusterKey, known: _Known) -> ClusterLine:
    memory = known.memory
    standing, why = _standing(view, known)
    told = memory if memory and memory.scanned_at and standing is not Standing.GONE else None
    return ClusterLine(
        key=key,
        presence=known.record.presence if known.record else None,
        mode=view.modes.get(key),
        standing=standing,
        scanned_at=memory.scanned_at if memory else None,
        counts=told.counts if told else None,
        open=told.open if told else (),
        enforced=_enforced(standing, told),
        enforced_says=told.enforced if told else "",
        why=why,
        notes=tuple(_notes(known, standing)),
    )


def _standing(view: FleetView, known: _Known) -> tuple[Standing, str]:
    """What a cluster's numbers are worth, and why no more."""
    memory = known.memory
    if known.record is not None and known.record.presence is Presence.GONE:
        return Standing.GONE, f"no longer in {known.record.scope}"
    if memory is None or memory.scanned_at is None:
        return _never_read(memory, known.entry)
    if why := _stale(view, memory, memory.scanned_at, known.entry):
        return Standing.STALE, why
    if memory.counts.unseen:
        return Standing.PARTLY, f"could not read {'; '.join(memory.counts.unseen)}"
    return Standing.SEEN, ""


def _never_read(memory: Memory | None, entry: Entry | None) -> tuple[Standing, str]:
    if memory is not None and memory.unseen:
        return Standing.UNSEEN, memory.unseen
    if entry is not None and entry.end is End.SKIPPED:
        return Standing.SKIPPED, entry.why
    return Standing.UNSEEN, (entry.why if entry else "") or "no run has read it yet"


def _stale(view: FleetView, memory: Memory, scanned_at: datetime, entry: Entry | None) -> str:
    """Why the numbers are not those of the last run, or nothing."""
    if memory.unseen:
        return memory.unseen
    if scanned_at > view.now:
        return "its last scan is ahead of this clock"
    if view.last_run is not None and not _read_since(view.last_run, memory.run, scanned_at):
        ended = f"{entry.end} in the last run: {entry.why}" if entry and entry.why else ""
        return ended or "the last run did not read it"
    if view.now - scanned_at > STALE_AFTER:
        return "its last scan is too old"
    return ""


def _read_since(last: Run, run: RunId, scanned_at: datetime) -> bool:
    """Whether the last run read it, or one that goes on since; names of runs tell no order."""
    return run == last.id or (last.ended_at is not None and scanned_at >= last.ended_at)


def _enforced(standing: Standing, told: Memory | None) -> Enforced:
    """What an earlier scan found is not known any more; `no: ` and a reason is a no."""
    if told is not None and standing.current:
        word = told.enforced.partition(": ")[0]
        if word in {Enforced.YES, Enforced.PARTLY, Enforced.NO}:
            return Enforced(word)
    return Enforced.UNKNOWN


def _notes(known: _Known, standing: Standing) -> Iterator[str]:
    record, memory = known.record, known.memory
    if memory is not None and memory.impostor:
        yield f"another cluster answers here ({memory.impostor}): writes are blocked"
    if record is None:
        yield "not in the inventory"
    elif record.presence is Presence.STALE:
        yield f"{record.scope} could not be looked at"
    if standing is not Standing.GONE:
        yield from _plan_notes(known.plans)
    elif memory is not None and memory.open:
        yield f"{counted(len(memory.open), 'finding')} open when it was last read"


def _plan_notes(plans: Counter[Stage]) -> Iterator[str]:
    if plans[Stage.FAILED]:
        yield f"{counted(plans[Stage.FAILED], 'plan')} failed: a person must look"
    if plans[Stage.PROPOSED]:
        yield counted(plans[Stage.PROPOSED], "proposal")
    if plans[Stage.REFUSED]:
        yield f"{counted(plans[Stage.REFUSED], 'plan')} refused"
