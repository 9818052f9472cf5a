"""Who tells a digest: one process at a time, and nobody for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from seawall.model.fleet import AHEAD

LEASE: Final = timedelta(minutes=5)
"""Longer than it takes to tell one digest to every channel."""


@dataclass(frozen=True, slots=True)
class Teller:
    """A process that is about to tell.

    Attributes:
        name: Names it; no other one that is alive has this name.
        now: The time, UTC.
        is_dead: Whether the process of this name is surely gone; when in doubt it lives.
    """

    name: str
    now: datetime
    is_dead: Callable[[str], bool] = lambda _name: False

    @property
    def until(self) -> datetime:
        """How long what it is given now is its own."""
        return self.now + LEASE

    def may_take(self, holder: str, until: datetime | None) -> bool:
        """Whether a digest is its own, or of nobody who may be alive and telling it.

        A lease that ends later than any clock may say was given by a clock that was wrong.
        """
        if until is None or holder == self.name:
            return True
        return not self.now < until <= self.until + AHEAD or self.is_dead(holder)
