"""The inventory and the modes of a fleet that nobody has to store."""

import threading
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
                self._lose(sighting.scope)
                for ref in sighting.found.value:
                    self._records[ref.key] = self._met(ref, sighting.scope, now)
            else:
                self._doubt(sighting.scope)

    def _met(self, ref: ClusterRef, scope: str, now: datetime) -> ClusterRecord:
        known = self._records.get(ref.key)
        first, last = (known.first_seen, max(known.last_seen, now)) if known else (now, now)
        return ClusterRecord(ref, scope, Presence.PRESENT, first, last)

    def _lose(self, scope: str) -> None:
        for key, known in self._records.items():
            if known.scope == scope:
                self._records[key] = replace(known, presence=Presence.GONE)

    def _doubt(self, scope: str) -> None:
        for key, known in self._records.items():
            if known.scope == scope and known.presence is Presence.PRESENT:
                self._records[key] = replace(known, presence=Presence.STALE)


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
