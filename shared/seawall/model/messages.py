"""What travels on the queues: hints to look, never orders to act.

Whoever receives one reads the inventory, the memory and the live cluster again, so that a message
that is forged, old, doubled or out of order does no harm.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from seawall.model.cluster import ClusterKey

RunId = NewType("RunId", str)
"""Names one run of the whole fleet; tells when it began, but clocks go back: no order."""


class ScanScope(StrEnum):
    """How much of a cluster is to be read."""

    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class ScanOrder:
    """Look at this cluster; where it is and what it takes to get in, only the inventory says."""

    run: RunId
    cluster: ClusterKey
    scope: ScanScope = ScanScope.CLUSTER


@dataclass(frozen=True, slots=True)
class FindingsChanged:
    """This cluster was judged in this run; `version` is its memory's, fingerprints what changed."""

    run: RunId
    cluster: ClusterKey
    version: int
    fingerprints: tuple[str, ...] = ()


Message = ScanOrder | FindingsChanged
