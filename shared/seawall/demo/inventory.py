"""The inventory and the modes of a fleet that nobody has to store."""

import threading
from collections.abc import Container
from dataclasses import replace
from datetime import datetime

from seawall.model.cluster import ClusterKey
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence, Sighting
from seawall.model.plan import Mode
from seawall.model.sight import Seen


class DemoInventory:
    """The port `Inventory`, held in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[ClusterKey, ClusterRecord] = {}

    def record(self, key: ClusterKey) -> ClusterRecord | None:
        """One cluster."""
        with self._lock:
            return self._records.get(key)

    def records(self) -> tuple[ClusterRecord, ...]:
        """All clusters by key, those that are gone included."""
        with self._lock:
            return tuple(self._records[key] for key in sorted(self._records))

    def observe(self, sighting: Sighting, *, now: datetime) -> None:
        """Take in what a scope holds; one that could not be looked at makes its clusters stale."""
        with self._lock:
            if isinstance(sighting.found, Seen):
                refs = {ref.key: ref for ref in sighting.found.value}
                for ref in refs.values():
                    self._find(ref, sighting.scope, now)
                self._lose(sighting.scope, refs.keys(), now)
            else:
                self._doubt(sighting.scope, now)

    def _find(self, ref: ClusterRef, scope: str, now: datetime) -> None:
        known = self._records.get(ref.key)
        if known is None:
            self._records[ref.key] = ClusterRecord(ref, scope, Presence.PRESENT, now, now)
        elif known.heeds(now):
            times = known.first_seen, max(known.last_seen, now)
            self._records[ref.key] = ClusterRecord(ref, scope, Presence.PRESENT, *times)

    def _lose(self, scope: str, found: Container[ClusterKey], now: datetime) -> None:
        for key, known in self._records.items():
            if known.scope == scope and key not in found and known.heeds(now):
                self._records[key] = replace(known, presence=Presence.GONE, missed_at=now)

    def _doubt(self, scope: str, now: datetime) -> None:
        for key, known in self._records.items():
            here = known.scope == scope and known.presence is not Presence.GONE
            if here and known.heeds(now):
                self._records[key] = replace(known, presence=Presence.STALE, missed_at=now)


class DemoModes:
    """The port `Modes`, held in memory."""

    def __init__(self) -> None:
        self._ceiling = Mode.AUTO
        self._modes: dict[ClusterKey, Mode] = {}

    def mode(self, key: ClusterKey) -> Mode:
        """The lower of the fleet's ceiling (auto unless set) and the cluster's (observe)."""
        own = self._modes.get(key, Mode.OBSERVE)
        return min(self._ceiling, own, key=lambda mode: mode.rank)

    def set_mode(self, key: ClusterKey | None, mode: Mode) -> None:
        """Set it for a cluster, or the ceiling of the fleet (None)."""
        if key is None:
            self._ceiling = mode
        else:
            self._modes[key] = mode
