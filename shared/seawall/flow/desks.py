"""What each step of the flow works with: its ports, side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from seawall.flow.ports import (
    Alerts,
    Clusters,
    Discovery,
    Fleet,
    Inventory,
    Memories,
    Modes,
    News,
    Outbox,
    Plans,
    Runs,
    Writing,
)


@dataclass(frozen=True, slots=True)
class DiscoverDesk:
    """For `discover_fleet`."""

    discoveries: tuple[Discovery, ...]
    inventory: Inventory
    news: News
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class ScanDesk:
    """For `scan_cluster`."""

    inventory: Inventory
    clusters: Clusters
    memories: Memories
    runs: Runs
    news: News
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class Process:
    """Who carries plans out and tells digests, as other processes see it.

    Attributes:
        owner: Names it; no other one that is alive has this name. No space.
        is_dead: Whether the process of this name is surely gone; when in doubt it lives.
        clock: The time, UTC; None: what each call of the flow is told, for a process that does not
            live longer than one call.
        ends_at: When somebody ends it, whatever it is doing; None: nobody does.
    """

    owner: str = "somebody"
    is_dead: Callable[[str], bool] = lambda _owner: False
    clock: Callable[[], datetime] | None = None
    ends_at: datetime | None = None


SOMEBODY = Process()
"""A process that nobody else can tell dead or alive."""


@dataclass(frozen=True, slots=True)
class MendDesk:
    """For `mend_cluster`, and for a person who applies a plan or takes it back."""

    inventory: Inventory
    clusters: Clusters
    memories: Memories
    modes: Modes
    plans: Plans
    writing: Writing
    news: News
    process: Process = SOMEBODY


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """For `alert_changes`."""

    news: News
    fleet: Fleet
    channels: tuple[Alerts, ...]
    process: Process = SOMEBODY
