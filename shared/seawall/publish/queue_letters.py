"""What a queue deals in, and what every queue must do: the port `Queue`, its values and its limits.

A letter waits, is in flight (somebody took it and has not said what became of it), is dead (taken
`MOST_TRIES` times in vain; a person may redrive it), or is done and gone. It is never anything
else, whoever is killed at whatever moment.

What the flow needs of a queue is its `Outbox`; the rest is for the workers and for people.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from seawall.model.messages import Message, RunId
from seawall.publish.events import FINDINGS, SCANS, Letter

QUEUES: Final = (SCANS, FINDINGS)

MOST_TRIES: Final = 5

MOST_WHY: Final = 1_000
"""Characters of an error that are kept."""

CLOCK_SLACK_S: Final = 60.0
"""How far a clock may go back before it counts: threads that wait for a lock bring old times."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A letter in somebody's hands.

    Attributes:
        receipt: Whoever holds it says what became of the letter; void once another took it over.
        tries: How often it was taken, this time included.
    """

    id: str
    queue: str
    group: str
    body: bytes
    receipt: str
    tries: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A letter that nobody gets any more; `why` is its last error."""

    id: str
    queue: str
    group: str
    tries: int
    why: str
    died_at: datetime


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How full a queue is; `oldest_s` is the age of the oldest letter that is not dead."""

    queue: str
    waiting: int = 0
    in_flight: int = 0
    dead: int = 0
    oldest_s: float | None = None


class Queue(Protocol):
    """All queues of a fleet. Safe for threads; whether for processes, the adapter says.

    A letter is invisible while it is held, that is for `visibility_s` after it was taken and for
    `delay_s` after a retry. A hold that began in the future (the clock went back) begins anew at
    the next `receive`: no letter waits for the clock to catch up, and no letter is taken out of
    the hands of somebody who still works at it.
    """

    def send(self, messages: Iterable[Message], *, now: datetime) -> None:
        """Put them on the queues of their kinds, all or none."""
        ...

    def post(self, letters: Iterable[Letter], *, now: datetime) -> None:
        """Put letters on their queues, all or none; an id that is there, dead too, is dropped."""
        ...

    def receive(
        self, queue: str, *, now: datetime, most: int, visibility_s: float, owner: str
    ) -> tuple[Delivery, ...]:
        """Take up to `most` letters, each group's next one if none of that group is in flight.

        What was taken `MOST_TRIES` times already becomes a dead letter instead.
        """
        ...

    def done(self, receipt: str) -> bool:
        """The letter is dealt with and goes; False: the receipt is void, nothing was changed."""
        ...

    def retry(self, receipt: str, *, now: datetime, delay_s: float, why: str) -> bool:
        """Deliver it again, after a delay; a dead letter after its last try. False as for `done`.

        The letters of its group wait meanwhile: their order stands.
        """
        ...

    def extend(self, receipt: str, *, now: datetime, visibility_s: float) -> bool:
        """Hold it for so long from now on. False as for `done`."""
        ...

    def release(self, owner_is_dead: Callable[[str], bool], *, now: datetime) -> int:
        """Put back what the dead have taken, without waiting for it; how many letters that were.

        The try counts: it may have been the letter that killed them.
        """
        ...

    def busy(self) -> bool:
        """Whether any letter waits or is in flight."""
        ...

    def waiting(self, queue: str, run: RunId) -> int:
        """How many letters of a run wait or are in flight."""
        ...

    def counts(self, *, now: datetime) -> tuple[QueueCounts, ...]:
        """Each of `QUEUES`, also an empty one."""
        ...

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """Those of all queues, the oldest letter first."""
        ...

    def redrive(self, ids: Collection[str] | None, *, now: datetime) -> frozenset[str]:
        """Put dead letters (None: all) at the end of their queues, with no tries; their ids.

        One that has expired meanwhile will be dropped by whoever takes it.
        """
        ...


def kept_why(why: str) -> str:
    """An error as it is kept: short, and text whatever was in it."""
    return why[:MOST_WHY].encode("utf-8", "backslashreplace").decode()


def abandoned(tries: int, owner: str, before: str) -> str:
    """The error of a letter that was taken for the last time and of which nothing was heard."""
    earlier = f"; before that: {before}" if before else ""
    return kept_why(
        f"taken {tries} times and never finished, the last time by {owner}, which ended "
        f"or ran out of time{earlier}"
    )
