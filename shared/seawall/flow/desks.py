"""What each step of the flow works with: its ports, side by side."""

from dataclasses import dataclass

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
class MendDesk:
    """For `mend_cluster`, and for a person who applies a plan or takes it back."""

    inventory: Inventory
    clusters: Clusters
    memories: Memories
    modes: Modes
    plans: Plans
    writing: Writing
    news: News


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """For `alert_changes`."""

    news: News
    fleet: Fleet
    channels: tuple[Alerts, ...]
