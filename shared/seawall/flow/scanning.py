"""Scan: one order, one cluster read and judged, its memory brought up to date."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

from seawall.flow.desks import ScanDesk
from seawall.flow.remembering import Remembered, identity_of, remember
from seawall.flow.sources import judged
from seawall.flow.unchanged import likeness, unchanged
from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Notice
from seawall.model.errors import TryLater
from seawall.model.fleet import ClusterRecord, Presence
from seawall.model.memory import Memory
from seawall.model.messages import FindingsChanged, ScanOrder
from seawall.model.run import End, Entry
from seawall.model.sight import Seen, Sight, Unseen, mapped
from seawall.model.snapshot import Snapshot

UNKNOWN_CLUSTER = "the inventory does not know it"
"""Why an order was refused."""
MOST_ROUNDS = 5
"""How often a memory is made anew because somebody else wrote it meanwhile."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One delivery of an order, and what the cluster looked like."""

    order: ScanOrder
    attempt: str
    now: datetime
    sight: Sight[Snapshot]


def scan_cluster(order: ScanOrder, desk: ScanDesk, *, attempt: str, now: datetime) -> Entry:
    """Carry out one order; doing it twice, late or after a crash changes nothing twice.

    Where the cluster is comes from the inventory alone. An order for a cluster that it does not
    know is refused, and leaves no trace in the ledger.

    Args:
        order: Which cluster, in which run.
        desk: What to work with.
        attempt: Unlike that of any other delivery: tells our own writes from those of others.
        now: UTC.

    Raises:
        TryLater: A store is busy; the order goes back to the queue.
    """
    record = desk.inventory.record(order.cluster)
    if record is None:
        return Entry(order.run, order.cluster, End.SKIPPED, now, UNKNOWN_CLUSTER)
    return scan_recorded(order, record, desk, attempt=attempt, now=now)


def scan_recorded(
    order: ScanOrder, record: ClusterRecord, desk: ScanDesk, *, attempt: str, now: datetime
) -> Entry:
    """The same, by whoever has just looked the cluster up in the inventory."""
    if record.presence is Presence.GONE:
        why = f"gone from {record.scope}"
        return _entered(desk, Entry(order.run, record.key, End.SKIPPED, now, why))
    memory = desk.memories.recall(record.key)
    if memory is None or memory.run != order.run:
        sight = desk.clusters.snapshot(record, now=now)
        if namesake := _namesake(desk, record.key, memory, sight):
            why = f"the same cluster as {namesake}, judged there"
            return _entered(desk, Entry(order.run, record.key, End.SKIPPED, now, why))
        memory = _remembered(desk, _Visit(order, attempt, now, sight), memory)
    # From here on everything can be told from the memory, so that a repeated order repeats it.
    changed = FindingsChanged(order.run, record.key, memory.version, memory.changed)
    desk.outbox.send([changed], now=now)
    end = End.UNSEEN if memory.unseen else End.SCANNED
    return _entered(desk, Entry(order.run, record.key, end, now, memory.unseen))


def _entered(desk: ScanDesk, entry: Entry) -> Entry:
    desk.runs.enter(entry)
    return entry


def _namesake(
    desk: ScanDesk, key: ClusterKey, memory: Memory | None, sight: Sight[Snapshot]
) -> ClusterKey | None:
    """Another key under which this very cluster is judged already.

    A cluster that suddenly shows the UID of another one is no namesake: it is judged, and its
    changed UID is a finding.
    """
    if not isinstance(sight, Seen) or not isinstance(sight.value.uid, Seen):
        return None
    uid = sight.value.uid.value
    if memory is not None and memory.uid not in {None, uid}:
        return None
    owner = desk.memories.claim(uid, key)
    return owner if owner != key and _is_judged(desk, owner) else None


def _is_judged(desk: ScanDesk, owner: ClusterKey) -> bool:
    """Whether a cluster is there under that key, and could be read when it was last tried."""
    known, memory = desk.inventory.record(owner), desk.memories.recall(owner)
    there = known is not None and known.presence is not Presence.GONE
    return there and (memory is None or not memory.unseen)


def _remembered(desk: ScanDesk, visit: _Visit, recalled: Memory | None) -> Memory:
    """The memory that holds what was seen now, written.

    What was recalled before the cluster was read will do: if it is old, it is not written. Only
    what is told before it is written must not be told of an old one.
    """
    key, sight = visit.order.cluster, visit.sight
    judged_as = cache(partial(_judged, sight))
    seen = likeness(sight.value) if isinstance(sight, Seen) else ""
    for number in range(MOST_ROUNDS):
        fresh = number == 0 and not _turns_sight(recalled, sight)
        before = recalled if fresh else desk.memories.recall(key)
        if before is not None and before.run == visit.order.run:
            return before  # a second copy of the order was quicker
        after = _after(before, visit, seen, judged_as)
        _note_sight(desk, before, after.memory, visit.now)
        if desk.memories.keep(after.memory, after.turns, attempt=f"{visit.attempt}/{number}"):
            return after.memory
    raise TryLater(f"{key}: its memory is written by others all the time")


def _after(
    before: Memory | None, visit: _Visit, seen: str, judged_as: Callable[[str], Sight[Judged]]
) -> Remembered:
    run, now, sight = visit.order.run, visit.now, visit.sight
    if same := unchanged(before, seen, run=run, now=now):
        return Remembered(same, ())
    identity = identity_of(before, sight.value) if isinstance(sight, Seen) else ""
    found = judged_as(identity)
    return remember(before, visit.order.cluster, found, run=run, now=now, likeness=seen)


def _judged(sight: Sight[Snapshot], identity: str) -> Sight[Judged]:
    return mapped(sight, lambda snapshot: judged(snapshot, identity))


def _turns_sight(before: Memory | None, sight: Sight[Snapshot]) -> bool:
    """Whether there is something for `_note_sight` to tell."""
    return isinstance(sight, Unseen) or (before is not None and bool(before.unseen))


def _note_sight(desk: ScanDesk, before: Memory | None, after: Memory, now: datetime) -> None:
    """Tell once that a cluster was lost from sight, and once that it is back.

    This is noted before the memory is written, so that a crash in between loses nothing. The order
    is then carried out again, and reads the cluster again: if it can be read by then, a loss was
    told that nobody else saw.
    """
    was_unseen = before.unseen if before else ""
    if after.unseen and not was_unseen:
        desk.news.note(after.run, Notice(after.key, f"could not be read: {after.unseen}"), now=now)
    if was_unseen and not after.unseen:
        desk.news.note(after.run, Notice(after.key, "can be read again"), now=now)
