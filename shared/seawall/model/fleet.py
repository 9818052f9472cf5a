"""The fleet as discovery sees it: clusters by key, where they listen, whether they are there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from seawall.model.cluster import ClusterKey
from seawall.model.sight import Sight

AHEAD: Final = timedelta(hours=1)
"""By so much the clock of one process may be ahead of another's."""


class Presence(StrEnum):
    """What the last discovery of a cluster's scope says of it."""

    PRESENT = "present"
    STALE = "stale"
    """Its scope could not be looked at: it may be there as before. Never taken for removed."""
    GONE = "gone"
    """Its scope was looked at, and it is no longer in it."""


@dataclass(frozen=True, slots=True)
class ClusterRef:
    """One cluster that discovery found.

    Attributes:
        key: Names it before it is seen.
        service: Who was asked about it: `eks`, `gke`, `aks` or `kubeconfig`.
        server: `https://host[:port][/prefix]`; empty while it has no endpoint yet.
        ca: PEM of the authorities that vouch for the server; None: those of the system.
        facts: What the service says of it (region, version, status, context ...), sorted.
    """

    key: ClusterKey
    service: str
    server: str
    ca: bytes | None = None
    facts: tuple[tuple[str, str], ...] = ()

    def fact(self, name: str) -> str:
        """One fact, or nothing."""
        return dict(self.facts).get(name, "")


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a scope (an account's region, a project, a subscription, a kubeconfig) holds."""

    scope: str
    found: Sight[tuple[ClusterRef, ...]]


def within(scope: str, top: str) -> bool:
    """Whether a scope is a part of another one, as `aws:1/eu-west-1` is of `aws:1` and of `aws`."""
    return scope.startswith((f"{top}/", f"{top}:"))


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """A cluster as the inventory remembers it; times are UTC.

    Attributes:
        missed_at: When the look began that missed it last, or could not look; None: it was found
            since.
    """

    ref: ClusterRef
    scope: str
    presence: Presence
    first_seen: datetime
    last_seen: datetime
    missed_at: datetime | None = None

    @property
    def key(self) -> ClusterKey:
        """Names the cluster."""
        return self.ref.key

    def heeds(self, now: datetime) -> bool:
        """Whether a look that began at `now` has a say, or a later one has decided already.

        What was decided by a clock that was ahead by more than a clock may be decides nothing.
        """
        decided = self.missed_at or self.last_seen
        return not now < decided <= now + AHEAD
