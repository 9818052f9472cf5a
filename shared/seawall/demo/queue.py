"""The queues of a fleet that nobody has to store: one process, any number of threads."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import uuid4

from seawall.model.messages import Message, RunId
from seawall.publish.events import Letter, encode
from seawall.publish.queue_letters import (
    CLOCK_SLACK_S,
    MOST_TRIES,
    QUEUES,
    DeadLetter,
    Delivery,
    QueueCounts,
    abandoned,
    kept_why,
)

SLACK = timedelta(seconds=CLOCK_SLACK_S)


@dataclass(slots=True)
class _Kept:
    """A letter and what became of it so far."""

    letter: Letter
    sent_at: datetime
    hold: tuple[datetime, datetime] | None = None
    receipt: str = ""
    owner: str = ""
    tries: int = 0
    why: str = ""
    died_at: datetime | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in line."""
        return self.letter.queue, self.letter.group

    def held(self, now: datetime) -> bool:
        """Whether it is invisible."""
        return self.hold is not None and self.hold[1] > now

    def let_go(self) -> None:
        """Take it out of whoever's hands."""
        self.hold, self.receipt, self.owner = None, "", ""

    def bury(self, now: datetime, why: str) -> None:
        """Make it a dead letter."""
        self.let_go()
        self.died_at, self.why = now, kept_why(why)

    def give_up(self, now: datetime) -> bool:
        """Make it a dead letter, if it had its last try and nobody said what became of it."""
        if self.tries < MOST_TRIES:
            return False
        self.bury(now, abandoned(self.tries, self.owner, self.why))
        return True


class DemoQueue:
    """The port `Queue`, held in memory."""

    def __init__(self, fleet: str) -> None:
        self._fleet = fleet
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], _Kept] = {}

    def send(self, messages: Iterable[Message], *, now: datetime) -> None:
        """Put them on the queues of their kinds, all or none."""
        self.post([encode(each, fleet=self._fleet, now=now) for each in messages], now=now)

    def post(self, letters: Iterable[Letter], *, now: datetime) -> None:
        """Put letters on their queues, all or none; an id that is there, dead too, is dropped."""
        ready = list(letters)
        with self._lock:
            for letter in ready:
                self._kept.setdefault((letter.queue, letter.id), _Kept(letter, now))

    def receive(
        self, queue: str, *, now: datetime, most: int, visibility_s: float, owner: str
    ) -> tuple[Delivery, ...]:
        """Take up to `most` letters, each group's next one if none of that group is in flight."""
        with self._lock:
            self._rehold(now)
            turns = islice(self._in_turn(queue, now), most)
            return tuple(_taken(kept, now, visibility_s, owner) for kept in turns)

    def _rehold(self, now: datetime) -> None:
        """Begin every hold anew that began in the future: the clock went back."""
        for kept in self._kept.values():
            if kept.hold is not None and kept.hold[0] > now + SLACK:
                since, until = kept.hold
                kept.hold = now, now + (until - since)

    def _in_turn(self, queue: str, now: datetime) -> Iterator[_Kept]:
        """The first living letter of each group that is free."""
        passed: set[tuple[str, str]] = set()
        for kept in self._living(queue):
            if kept.place in passed:
                continue
            if not kept.held(now) and kept.give_up(now):
                continue
            passed.add(kept.place)
            if not kept.held(now):
                yield kept

    def _living(self, queue: str | None = None) -> list[_Kept]:
        return [
            kept
            for kept in self._kept.values()
            if kept.died_at is None and queue in {None, kept.letter.queue}
        ]

    def done(self, receipt: str) -> bool:
        """The letter is dealt with and goes; False: the receipt is void, nothing was changed."""
        with self._lock:
            kept = self._of(receipt)
            if kept is not None:
                del self._kept[kept.letter.queue, kept.letter.id]
            return kept is not None

    def retry(self, receipt: str, *, now: datetime, delay_s: float, why: str) -> bool:
        """Deliver it again after a delay; a dead letter after its last try. False as for `done`."""
        with self._lock:
            kept = self._of(receipt)
            if kept is None:
                return False
            if kept.tries >= MOST_TRIES:
                kept.bury(now, why)
            else:
                kept.let_go()
                kept.hold = now, now + timedelta(seconds=delay_s)
                kept.why = kept_why(why)
            return True

    def extend(self, receipt: str, *, now: datetime, visibility_s: float) -> bool:
        """Hold it for so long from now on. False as for `done`."""
        with self._lock:
            kept = self._of(receipt)
            if kept is not None:
                kept.hold = now, now + timedelta(seconds=visibility_s)
            return kept is not None

    def _of(self, receipt: str) -> _Kept | None:
        return next((kept for kept in self._living() if receipt and kept.receipt == receipt), None)

    def release(self, owner_is_dead: Callable[[str], bool], *, now: datetime) -> int:
        """Put back what the dead have taken, without waiting for it; how many letters that were."""
        with self._lock:
            orphans = [kept for kept in self._living() if kept.owner and owner_is_dead(kept.owner)]
            for kept in orphans:
                if not kept.give_up(now):
                    kept.let_go()
            return len(orphans)

    def busy(self) -> bool:
        """Whether any letter waits or is in flight."""
        with self._lock:
            return bool(self._living())

    def waiting(self, queue: str, run: RunId) -> int:
        """How many letters of a run wait or are in flight."""
        with self._lock:
            return sum(kept.letter.run == run for kept in self._living(queue))

    def counts(self, *, now: datetime) -> tuple[QueueCounts, ...]:
        """Each of `QUEUES`, also an empty one."""
        with self._lock:
            return tuple(self._counted(queue, now) for queue in QUEUES)

    def _counted(self, queue: str, now: datetime) -> QueueCounts:
        living = self._living(queue)
        every = sum(kept.letter.queue == queue for kept in self._kept.values())
        in_flight = sum(bool(kept.receipt) and kept.held(now) for kept in living)
        ages_s = [max(0.0, (now - kept.sent_at).total_seconds()) for kept in living]
        waiting, dead = len(living) - in_flight, every - len(living)
        return QueueCounts(queue, waiting, in_flight, dead, max(ages_s, default=None))

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """Those of all queues, the oldest letter first."""
        with self._lock:
            return tuple(
                DeadLetter(*_said(kept.letter), kept.tries, kept.why, kept.died_at)
                for kept in self._kept.values()
                if kept.died_at is not None
            )

    def redrive(self, ids: Collection[str] | None, *, now: datetime) -> frozenset[str]:
        """Put dead letters (None: all) at the end of their queues, with no tries; their ids."""
        with self._lock:
            chosen = [
                (place, kept)
                for place, kept in self._kept.items()
                if kept.died_at is not None and (ids is None or kept.letter.id in ids)
            ]
            for place, kept in chosen:
                del self._kept[place]
                self._kept[place] = _Kept(kept.letter, now, why=kept.why)
            return frozenset(kept.letter.id for _, kept in chosen)


def _said(letter: Letter) -> tuple[str, str, str]:
    return letter.id, letter.queue, letter.group


def _taken(kept: _Kept, now: datetime, visibility_s: float, owner: str) -> Delivery:
    """Put it in somebody's hands."""
    kept.hold = now, now + timedelta(seconds=visibility_s)
    kept.receipt, kept.owner = uuid4().hex, owner
    kept.tries += 1
    return Delivery(*_said(kept.letter), kept.letter.body, kept.receipt, kept.tries)
