"""Whatever happens in whatever order, no letter is lost, doubled, overtaken or tried for ever."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unittest import TestCase

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.contract.queue.adapters import ADAPTERS, NOW, letter

from seawall.publish.events import SCANS
from seawall.publish.queue import MOST_TRIES, Delivery, Queue
from seawall.publish.queue_letters import CLOCK_SLACK_S

VISIBILITY_S = 30.0
LONGEST_S = VISIBILITY_S + CLOCK_SLACK_S
OWNERS = ("host:1", "host:2")
ENOUGH_DEAD = 3

names = st.integers(0, 8)
picks = st.integers(0, 1_000)
seconds = st.sampled_from([0.0, 1.0, VISIBILITY_S / 2, VISIBILITY_S, LONGEST_S])


def group_of(name: int) -> str:
    return f"g{name % 3}"


@dataclass
class Known:
    """A letter that was sent and is not done, as whoever sent and took it remembers it."""

    group: str
    deliveries: int = 0
    receipt: str = ""
    owner: str = ""
    not_before_s: float = 0.0  # of the true time, which no clock change touches


class QueueMachine(RuleBasedStateMachine):
    """Knows what was sent and taken, and what the queue must therefore never do."""

    adapter: str

    @initialize()
    def open_it(self) -> None:
        """An empty queue."""
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.queue: Queue = self.stack.enter_context(ADAPTERS[self.adapter](folder))("east")
        self.true_s = 0.0
        self.wrong_s = 0.0
        self.known: dict[str, Known] = {}
        self.receipts: list[str] = []

    @property
    def now(self) -> datetime:
        """What the clock says, right or wrong."""
        return NOW + timedelta(seconds=self.true_s - self.wrong_s)

    @rule(chosen=st.lists(names, max_size=6))
    def send(self, chosen: list[int]) -> None:
        """Also what is there already."""
        letters = [letter(f"{name}", group_of(name)) for name in chosen]
        self.queue.post(letters, now=self.now)
        for each in letters:
            self.known.setdefault(each.id, Known(each.group))

    @rule(most=st.integers(1, 4), owner=st.sampled_from(OWNERS))
    def take(self, most: int, owner: str) -> None:
        """Some are never heard of again: nobody says what became of them."""
        deliveries = self.queue.receive(
            SCANS, now=self.now, most=most, visibility_s=VISIBILITY_S, owner=owner
        )
        assert len(deliveries) <= most
        assert len({each.group for each in deliveries}) == len(deliveries)
        for each in deliveries:
            self._check(each)
            known = self.known[each.id]
            known.deliveries += 1
            known.receipt, known.owner = each.receipt, owner
            known.not_before_s = self.true_s + VISIBILITY_S
            self.receipts.append(each.receipt)

    @precondition(lambda self: len(self.queue.dead_letters()) < ENOUGH_DEAD)
    @rule(times=st.integers(2, MOST_TRIES))
    def take_in_vain(self, times: int) -> None:
        """Often enough for dead letters, which single steps seldom come to."""
        for _ in range(times):
            self.take(4, OWNERS[0])
            self.time_passes(LONGEST_S)

    def _check(self, each: Delivery) -> None:
        """It was sent, it is its turn, and nobody else may still work at it or its group."""
        living = [name for name in self.known if name not in self._dead()]
        group = [name for name in living if self.known[name].group == each.group]
        assert each.id == group[0]
        assert all(self.known[name].not_before_s <= self.true_s for name in group)
        assert each.tries == self.known[each.id].deliveries + 1 <= MOST_TRIES
        assert each.receipt not in self.receipts

    @precondition(lambda self: self.receipts)
    @rule(pick=picks)
    def finish(self, pick: int) -> None:
        """With a receipt that may be void."""
        receipt = self.receipts[pick % len(self.receipts)]
        name = self._name(receipt)
        assert self.queue.done(receipt) == (name is not None)
        if name is not None:
            del self.known[name]

    @precondition(lambda self: self.receipts)
    @rule(pick=picks, delay_s=seconds)
    def fail(self, pick: int, delay_s: float) -> None:
        """With a receipt that may be void."""
        receipt = self.receipts[pick % len(self.receipts)]
        name = self._name(receipt)
        said = self.queue.retry(receipt, now=self.now, delay_s=delay_s, why="failed")
        assert said == (name is not None)
        if name is not None:
            self._let_go(name, delay_s)

    @precondition(lambda self: self.receipts)
    @rule(pick=picks)
    def ask_for_more_time(self, pick: int) -> None:
        """With a receipt that may be void."""
        receipt = self.receipts[pick % len(self.receipts)]
        name = self._name(receipt)
        said = self.queue.extend(receipt, now=self.now, visibility_s=VISIBILITY_S)
        assert said == (name is not None)
        if name is not None:
            self.known[name].not_before_s = self.true_s + VISIBILITY_S

    def _name(self, receipt: str) -> str | None:
        """The letter that this receipt is good for."""
        dead = self._dead()
        for name, known in self.known.items():
            if known.receipt == receipt and name not in dead:
                return name
        return None

    def _let_go(self, name: str, delay_s: float) -> None:
        self.known[name].receipt = ""
        self.known[name].not_before_s = self.true_s + delay_s

    @rule(owner=st.sampled_from(OWNERS))
    def crash(self, owner: str) -> None:
        """Whoever it was comes back as somebody else."""
        taken = [n for n, k in self.known.items() if k.receipt and n not in self._dead()]
        orphans = [name for name in taken if self.known[name].owner == owner]
        assert len(orphans) == self.queue.release(lambda each: each == owner, now=self.now)
        for name in orphans:
            self._let_go(name, 0)

    @rule(passed_s=seconds)
    def time_passes(self, passed_s: float) -> None:
        """The clock goes on, from wherever it is."""
        self.true_s += passed_s

    @rule(back_s=st.sampled_from([CLOCK_SLACK_S, 31_536_000.0]))
    def clock_goes_back(self, back_s: float) -> None:
        """And no time passes."""
        self.wrong_s += back_s

    @rule(chosen=st.none() | st.sets(names.map(str)))
    def redrive(self, chosen: set[str] | None) -> None:
        """Dead ones begin anew, behind the others of their groups."""
        expected = {name for name in self._dead() if chosen is None or name in chosen}
        in_order = [name for name in self._dead() if name in expected]
        assert expected == self.queue.redrive(chosen, now=self.now)
        for name in in_order:
            self.known[name] = Known(self.known.pop(name).group)

    def _dead(self) -> list[str]:
        return [each.id for each in self.queue.dead_letters()]

    @invariant()
    def every_letter_is_somewhere(self) -> None:
        """Waiting, in flight or dead; else it was done."""
        counts, _ = self.queue.counts(now=self.now)
        dead = self._dead()
        assert len(dead) == counts.dead
        assert len(self.known) == counts.waiting + counts.in_flight + counts.dead
        assert self.queue.busy() == (len(self.known) > counts.dead)
        assert all(self.known[name].deliveries == MOST_TRIES for name in dead)

    def teardown(self) -> None:
        """What is not dead is delivered in the end, whatever the clock did before."""
        if not hasattr(self, "stack"):
            return
        with self.stack:
            self.take(1, OWNERS[0])  # a wrong clock is noticed
            for _ in range(MOST_TRIES * len(self.known) + 1):
                self.true_s += LONGEST_S
                self.take(4, OWNERS[0])
                for name in [n for n, known in self.known.items() if known.receipt]:
                    if self.queue.done(self.known[name].receipt):
                        del self.known[name]
            assert not self.queue.busy()
            assert set(self._dead()) == set(self.known)


class SqliteMachine(QueueMachine):
    """Over a file."""

    adapter = "SQLite"


class DemoMachine(QueueMachine):
    """In memory."""

    adapter = "demo"


for each in (SqliteMachine, DemoMachine):
    each.TestCase.settings = settings(stateful_step_count=40)

TestSqlite: type[TestCase] = SqliteMachine.TestCase
TestDemo: type[TestCase] = DemoMachine.TestCase
