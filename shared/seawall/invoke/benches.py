"""What each function works with, wired by `wiring.aws`, or by a test."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from seawall.flow.desks import AlertDesk, DiscoverDesk, MendDesk, ScanDesk
from seawall.flow.ports import Alerts, Inventory, Runs
from seawall.model.digest import Digest
from seawall.model.messages import RunId

ScopesUnseen = tuple[tuple[str, str], ...]
"""Scopes that could not be looked at, each with the reason."""


class Looks(Protocol):
    """Which runs have been looked for clusters, and where that look failed.

    One function looks and another one closes the run: until the look is noted, a run without
    orders is not complete, it has only begun.
    """

    def looked(self, run: RunId, scopes_unseen: ScopesUnseen, *, now: datetime) -> None:
        """All orders of this look are on their queues."""
        ...

    def look(self, run: RunId) -> ScopesUnseen | None:
        """What the last look of a run did not see; None: nobody has ended one."""
        ...


class Later(Protocol):
    """Decides when a message comes again that could not be carried out."""

    def again_in(self, receipt: str, seconds: int) -> None:
        """Hide it for so long. Raises TryLater or Trouble: it comes when its time is over."""
        ...


class Carried(Protocol):
    """Digests as they travel in a message that has little room."""

    def read(self, text: str) -> Digest:
        """The digest. Raises Malformed: it is none; TryLater: where it was kept is busy."""
        ...


@dataclass(frozen=True, slots=True)
class RunsBench:
    """For closing runs.

    Attributes:
        most: A run that is older is closed in any case.
    """

    inventory: Inventory
    runs: Runs
    looks: Looks
    alert: AlertDesk
    most: timedelta


@dataclass(frozen=True, slots=True)
class DiscoverBench:
    """For the function `discover`.

    Attributes:
        places: Where a person finds out how it went on, in words.
    """

    desk: DiscoverDesk
    closing: RunsBench
    places: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ScanBench:
    """For the functions `scan`; `service` is whose clusters this one can reach."""

    fleet: str
    service: str
    desk: ScanDesk
    later: Later


@dataclass(frozen=True, slots=True)
class MendBench:
    """For the function `remediate`."""

    fleet: str
    desk: MendDesk
    later: Later


@dataclass(frozen=True, slots=True)
class AlertBench:
    """For the function `alert`; without a `slack` nobody is told there."""

    closing: RunsBench
    carried: Carried
    slack: Alerts | None = None
