"""Observe: what each scope holds goes into the inventory, and who moved is told once.

A scope is looked at, or it could not be, or nobody looks at it any more: an account, a region, a
project, a subscription, a kubeconfig that was taken out of the settings. Its clusters are there as
before for all that anybody knows, so that they are stale, and never taken for removed.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from seawall.flow.desks import DiscoverDesk
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Notice
from seawall.model.fleet import ClusterRecord, Presence, Sighting, within
from seawall.model.messages import RunId
from seawall.model.sight import Seen, Unseen, seen_or

NO_LONGER_NAMED: Final = "it is no longer in the settings"

_MOVED = {
    Presence.PRESENT: "is in {scope} again",
    Presence.STALE: "{scope} {lost}: it is scanned where it was last",
    Presence.GONE: "is no longer in {scope}",
}

Known = Mapping[ClusterKey, ClusterRecord]
"""The clusters that were known before this discovery."""


def observe_scopes(desk: DiscoverDesk, run: RunId, *, now: datetime) -> tuple[tuple[str, str], ...]:
    """Look everywhere, and bring the inventory up to date.

    Returns:
        The scopes that were not looked at, each with the reason; the last look at each counts.
    """
    known: Known = {record.key: record for record in desk.inventory.records()}
    looked: dict[str, Sighting] = {}
    for discovery in desk.discoveries:
        for sighting in discovery.look(now=now):
            known = _take_in(desk, run, known, sighting, now)
            looked[sighting.scope] = sighting
    unseen = {
        scope: each.found.why for scope, each in looked.items() if isinstance(each.found, Unseen)
    }
    left = dict(_not_looked_at(known, looked, unseen))
    for scope, why in left.items():
        known = _take_in(desk, run, known, Sighting(scope, Unseen(why)), now)
    return tuple((unseen | left).items())


def _not_looked_at(
    known: Known, looked: Collection[str], unseen: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Scopes that have clusters and were not spoken of, each with the reason.

    Where something around a scope could not be looked at, that is the reason, and the settings say
    nothing of it.
    """
    there = {each.scope for each in known.values() if each.presence is not Presence.GONE}
    for scope in sorted(there.difference(looked)):
        around = (why for top, why in unseen.items() if within(scope, top))
        yield scope, next(around, NO_LONGER_NAMED)


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
    after = {key: _seen_in(sighting, there, record, now) for key, record in known.items()}
    for key in [key for key in after if after[key].presence is not known[key].presence]:
        record = desk.inventory.record(key) or known[key]  # another discovery may have looked later
        after[key] = _seen_in(sighting, there, record, now)
        if after[key].presence is not record.presence:
            desk.news.note(run, Notice(key, _moved(after[key], sighting)), now=now)
    desk.inventory.observe(sighting, now=now)
    return after


def _seen_in(
    sighting: Sighting, there: frozenset[ClusterKey], record: ClusterRecord, now: datetime
) -> ClusterRecord:
    """The record once the inventory has taken the sighting in, as `Inventory.observe` says."""
    if not record.heeds(now):
        return record
    here = record.scope == sighting.scope
    match sighting.found:
        case Seen() if record.key in there:
            return replace(record, presence=Presence.PRESENT, scope=sighting.scope)
        case Seen() if here:
            return replace(record, presence=Presence.GONE)
        case Unseen() if here and record.presence is not Presence.GONE:
            return replace(record, presence=Presence.STALE)
    return record


def _moved(record: ClusterRecord, sighting: Sighting) -> str:
    taken_out = sighting.found == Unseen(NO_LONGER_NAMED)
    lost = "is no longer in the settings" if taken_out else "could not be looked at"
    return _MOVED[record.presence].format(scope=record.scope, lost=lost)
