"""Discover: look into every scope, bring the inventory up to date, order the scans."""

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seawall.flow.desks import DiscoverDesk
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Notice
from seawall.model.errors import Trouble
from seawall.model.fleet import ClusterRecord, Presence, Sighting
from seawall.model.messages import RunId, ScanOrder
from seawall.model.sight import Seen, Unseen, seen_or

NAME_FACTS = ("context", "name")
"""Facts by which a person knows a cluster, where its key is long."""

_MOVED = {
    Presence.PRESENT: "is in {scope} again",
    Presence.STALE: "{scope} could not be looked at: it is scanned where it was last",
    Presence.GONE: "is no longer in {scope}",
}


Known = Mapping[ClusterKey, ClusterRecord]
"""The clusters that were known before this discovery."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What one discovery gave.

    Attributes:
        ordered: The clusters a scan was ordered of, by key.
        left_out: Clusters that nobody asked for, or that are gone, each with the reason.
        scopes_unseen: Scopes that could not be looked at, each with the reason.
    """

    ordered: tuple[ClusterRecord, ...]
    left_out: tuple[tuple[ClusterRecord, str], ...]
    scopes_unseen: tuple[tuple[str, str], ...]


def discover_fleet(
    desk: DiscoverDesk, *, run: RunId, only: Sequence[str] = (), now: datetime
) -> Discovered:
    """Look everywhere, then order a scan of each cluster that is there or may be.

    A cluster whose scope could not be looked at is scanned as well: it may be there as before.

    Raises:
        Trouble: The settings are wrong, or a pattern of `only` names no cluster.
        TryLater: A store is busy.
    """
    known: Known = {record.key: record for record in desk.inventory.records()}
    unseen = []
    for discovery in desk.discoveries:
        for sighting in discovery.look(now=now):
            known = _take_in(desk, run, known, sighting, now)
            if isinstance(sighting.found, Unseen):
                unseen.append((sighting.scope, sighting.found.why))
    records = desk.inventory.records()
    _insist_on_names(records, only)
    left_out = tuple((record, why) for record in records if (why := _left_out(record, only)))
    omitted = {record.key for record, _ in left_out}
    ordered = tuple(record for record in records if record.key not in omitted)
    desk.outbox.send((ScanOrder(run, record.key) for record in ordered), now=now)
    return Discovered(ordered, left_out, tuple(unseen))


def _insist_on_names(records: Sequence[ClusterRecord], only: Sequence[str]) -> None:
    """A pattern with a typing error must not look like a fleet that was left out on purpose."""
    for pattern in only:
        if not any(named(record, [pattern]) for record in records):
            raise Trouble(f"no cluster matches {pattern!r}; `seawall status` names them")


def _take_in(
    desk: DiscoverDesk, run: RunId, known: Known, sighting: Sighting, now: datetime
) -> Known:
    """Bring the inventory up to date, and tell once of each cluster that went, was lost or is back.

    This is noted before it is written: after a crash in between the same words are noted again, and
    are kept once. The other way round they would be lost.

    Returns:
        The known clusters as they are now.
    """
    there = frozenset(ref.key for ref in seen_or(sighting.found, ()))
    after = {key: _seen_in(sighting, there, record) for key, record in known.items()}
    for key, record in after.items():
        if record.presence is not known[key].presence:
            text = _MOVED[record.presence].format(scope=record.scope)
            desk.news.note(run, Notice(key, text), now=now)
    desk.inventory.observe(sighting, now=now)
    return after


def _seen_in(
    sighting: Sighting, there: frozenset[ClusterKey], record: ClusterRecord
) -> ClusterRecord:
    """The record once the inventory has taken the sighting in, as `Inventory.observe` says."""
    here = record.scope == sighting.scope
    match sighting.found:
        case Seen() if record.key in there:
            return replace(record, presence=Presence.PRESENT, scope=sighting.scope)
        case Seen() if here:
            return replace(record, presence=Presence.GONE)
        case Unseen() if here and record.presence is not Presence.GONE:
            return replace(record, presence=Presence.STALE)
    return record


def named(record: ClusterRecord, patterns: Sequence[str]) -> bool:
    """Whether a person means this cluster: its key, or a name it has, by glob."""
    names = (record.key, *(record.ref.fact(fact) for fact in NAME_FACTS))
    return any(
        name == pattern or fnmatch.fnmatchcase(name, pattern)
        for name in names
        if name
        for pattern in patterns
    )


def _left_out(record: ClusterRecord, only: Sequence[str]) -> str:
    if record.presence is Presence.GONE:
        return f"gone from {record.scope}, last seen {record.last_seen:%Y-%m-%d %H:%M} UTC"
    return "not named by --only" if only and not named(record, only) else ""
