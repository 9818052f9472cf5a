"""Scan: one order, one cluster read and judged, its memory brought up to date."""

from datetime import datetime

from seawall.flow.desks import ScanDesk
from seawall.flow.remembering import identity_of, remember
from seawall.flow.sources import judged
from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Notice
from seawall.model.errors import TryLater
from seawall.model.fleet import Presence
from seawall.model.memory import Memory
from seawall.model.messages import FindingsChanged, ScanOrder
from seawall.model.run import End, Entry
from seawall.model.sight import Seen, Sight, mapped
from seawall.model.snapshot import Snapshot

UNKNOWN_CLUSTER = "the inventory does not know it"
"""Why an order was refused."""
MOST_ROUNDS = 5
"""How often a memory is made anew because somebody else wrote it meanwhile."""


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
    if record.presence is Presence.GONE:
        why = f"gone from {record.scope}"
        return _entered(desk, Entry(order.run, record.key, End.SKIPPED, now, why))
    memory = desk.memories.recall(record.key)
    if memory is None or memory.run != order.run:
        sight = desk.clusters.snapshot(record, now=now)
        if namesake := _namesake(desk, record.key, memory, sight):
            why = f"the same cluster as {namesake}, judged there"
            return _entered(desk, Entry(order.run, record.key, End.SKIPPED, now, why))
        memory = _remembered(desk, order, sight, attempt, now)
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


def _remembered(
    desk: ScanDesk, order: ScanOrder, sight: Sight[Snapshot], attempt: str, now: datetime
) -> Memory:
    """The memory that holds what was seen now, written."""
    key = order.cluster
    known: tuple[str, Sight[Judged]] | None = None
    for number in range(MOST_ROUNDS):
        before = desk.memories.recall(key)
        if before is not None and before.run == order.run:
            return before  # a second copy of the order was quicker
        if known is None or known[0] != _identity(before, sight):
            known = _identity(before, sight), _judged(before, sight)
        after = remember(before, key, known[1], run=order.run, now=now)
        _note_sight(desk, before, after.memory, now)
        if desk.memories.keep(after.memory, after.turns, attempt=f"{attempt}/{number}"):
            return after.memory
    raise TryLater(f"{key}: its memory is written by others all the time")


def _identity(before: Memory | None, sight: Sight[Snapshot]) -> str:
    return identity_of(before, sight.value) if isinstance(sight, Seen) else ""


def _judged(before: Memory | None, sight: Sight[Snapshot]) -> Sight[Judged]:
    return mapped(sight, lambda snapshot: judged(snapshot, identity_of(before, snapshot)))


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
