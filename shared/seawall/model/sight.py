"""Unknown is a value: what was looked for was seen, or could not be and here is why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen(Generic[T_co]):
    """The read succeeded and this is all there was; an empty value means that there is none."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Unseen:
    """The read failed or was refused; `why` is one sentence that a person can act on."""

    why: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """It was left out on purpose; `why` is a sentence that goes into the report."""

    why: str


Sight = Seen[T] | Unseen


def seen_or(sight: Sight[T], default: T) -> T:
    """The seen value, or `default`; only for callers that report the unseen elsewhere."""
    return sight.value if isinstance(sight, Seen) else default


def mapped(sight: Sight[S], change: Callable[[S], T]) -> Sight[T]:
    """The sight of `change(value)`; what was unseen stays unseen for the same reason."""
    return Seen(change(sight.value)) if isinstance(sight, Seen) else sight
