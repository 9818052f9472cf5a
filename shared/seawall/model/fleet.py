"""The fleet as discovery sees it: clusters by key, where they listen, whether they are there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.model.cluster import ClusterKey
from seawall.model.sight import Sight


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


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """A cluster as the inventory remembers it; times are UTC."""

    ref: ClusterRef
    scope: str
    presence: Presence
    first_seen: datetime
    last_seen: datetime

    @property
    def key(self) -> ClusterKey:
        """Names the cluster."""
        return self.ref.key
