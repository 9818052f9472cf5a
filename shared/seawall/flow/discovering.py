"""Discover: look into every scope, bring the inventory up to date, order the scans."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from seawall.flow.desks import DiscoverDesk
from seawall.flow.observing import observe_scopes
from seawall.model.fleet import ClusterRecord, Presence
from seawall.model.messages import RunId, ScanOrder

NAME_FACTS = ("context", "name")
"""Facts by which a person knows a cluster, where its key is long."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What one discovery gave.

    Attributes:
        ordered: The clusters a scan was ordered of, by key.
        left_out: Clusters that nobody asked for, or that are gone, each with the reason.
        scopes_unseen: Scopes that could not be looked at, each with the reason.
        unmatched: Patterns that name no cluster; with one of them nothing is ordered, and everybody
            is left out.
    """

    ordered: tuple[ClusterRecord, ...]
    left_out: tuple[tuple[ClusterRecord, str], ...]
    scopes_unseen: tuple[tuple[str, str], ...]
    unmatched: tuple[str, ...] = ()


def discover_fleet(
    desk: DiscoverDesk, *, run: RunId, only: Sequence[str] = (), now: datetime
) -> Discovered:
    """Look everywhere, then order a scan of each cluster that is there or may be.

    A cluster whose scope could not be looked at is scanned as well: it may be there as before.

    A pattern with a typing error must not look like a fleet that was left out on purpose. What was
    seen until then is true all the same, and what was not seen is given back with it.

    Raises:
        Trouble: The settings are wrong.
        TryLater: A store is busy.
    """
    unseen = observe_scopes(desk, run, now=now)
    records = desk.inventory.records()
    if unmatched := tuple(each for each in only if not any(named(r, [each]) for r in records)):
        left = tuple((record, _gone(record) or "nothing was ordered") for record in records)
        return Discovered((), left, unseen, unmatched)
    left_out = tuple((record, why) for record in records if (why := _left_out(record, only)))
    omitted = {record.key for record, _ in left_out}
    ordered = tuple(record for record in records if record.key not in omitted)
    desk.outbox.send((ScanOrder(run, record.key) for record in ordered), now=now)
    return Discovered(ordered, left_out, unseen)


def misnamed(unmatched: Sequence[str]) -> str:
    """What a person is told whose pattern names no cluster; the caller says who names them."""
    return f"no cluster matches {unmatched[0]!r}"


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
    if gone := _gone(record):
        return gone
    return "not named by --only" if only and not named(record, only) else ""


def _gone(record: ClusterRecord) -> str:
    if record.presence is not Presence.GONE:
        return ""
    return f"gone from {record.scope}, last seen {record.last_seen:%Y-%m-%d %H:%M} UTC"
