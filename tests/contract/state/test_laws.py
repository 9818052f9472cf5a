"""Laws of the two ports that many write at once, over any order of writes and lost answers."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.contract.state.ports import ADAPTERS, Ports
from tests.contract.state.values import MONDAY, key, memory, ref, turn

from seawall.model.fleet import AHEAD, ClusterRecord, Presence, Sighting
from seawall.model.memory import Memory, Transition
from seawall.model.sight import Seen, Unseen

WRITERS = st.sampled_from(("ada", "bob"))
MOMENTS = st.integers(-6, 6).map(lambda number: MONDAY + number * AHEAD / 2)
"""Looks of clocks that differ by as much as clocks may, and by more."""
EXAMPLES = {"DynamoDB": 3}
"""A hundred times slower than the others: moto answers."""


class _Opened(RuleBasedStateMachine):
    """One store for each example, in a folder of its own."""

    def __init__(self, adapter: str) -> None:
        super().__init__()
        self._adapter = adapter
        self._stack = ExitStack()
        self.ports: dict[str, Ports] = {}

    @initialize()
    def begin(self) -> None:
        """Open the store; not before: some machines are made and never run."""
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        opened = self._stack.enter_context(ADAPTERS[self._adapter](folder))
        self.ports = {"ada": opened("east"), "bob": opened("east")}

    def teardown(self) -> None:
        """Close the store and drop its folder."""
        self._stack.close()


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody tried to write, to be tried again where the answer was lost."""

    memory: Memory
    turn: Transition
    name: str

    def at(self, ports: Ports) -> bool:
        """Try it there."""
        return ports.memories.keep(self.memory, [self.turn], attempt=self.name)


class TwoWriters(_Opened):
    """Each recalls, makes the next version and writes; answers get lost, attempts are repeated."""

    def __init__(self, adapter: str) -> None:
        super().__init__(adapter)
        self.written: list[Attempt] = []
        self.recalled = {"ada": 0, "bob": 0}
        self.unanswered: dict[str, Attempt] = {}
        self.made = 0

    @rule(who=WRITERS)
    def recall(self, who: str) -> None:
        """Learn the newest version."""
        found = self.ports[who].memories.recall(key("prod"))
        self.recalled[who] = found.version if found else 0

        assert len(self.written) == self.recalled[who]

    @rule(who=WRITERS, lost=st.booleans())
    def keep(self, who: str, *, lost: bool) -> None:
        """Write the next one; it wins if nobody wrote since the recall."""
        self.made += 1
        version = self.recalled[who] + 1
        kept = replace(memory(version=version), enforced=f"{who} {self.made}")
        attempt = Attempt(kept, turn(number=self.made), f"{who}/{self.made}")
        wins = version == len(self.written) + 1
        answer = attempt.at(self.ports[who])

        assert wins is answer
        if wins:
            self.written.append(attempt)
        if lost:
            self.unanswered[who] = attempt

    @rule(who=WRITERS)
    @precondition(lambda self: self.unanswered)
    def repeat(self, who: str) -> None:
        """True where it is the newest, false where it lost or was overtaken; nothing changes."""
        attempt = self.unanswered.pop(who, None)
        if attempt is None:
            return
        free = attempt.memory.version == len(self.written) + 1
        wins = free or attempt is self.written[-1]

        assert wins is attempt.at(self.ports[who])
        if free:
            self.written.append(attempt)

    @invariant()
    def the_newest_is_recalled_by_all(self) -> None:
        """The last that won is what everybody finds."""
        newest = self.written[-1].memory if self.written else None

        assert [newest, newest] == [
            each.memories.recall(key("prod")) for each in self.ports.values()
        ]

    @invariant()
    def each_write_has_its_turn_once(self) -> None:
        """No turn is lost or doubled."""
        expected = tuple(attempt.turn for attempt in self.written)

        assert expected == self.ports["ada"].fleet.history(None, 1_000)


class ManyScopes(_Opened):
    """Scopes are looked at in any order, with any clock; the model is what the port says."""

    def __init__(self, adapter: str) -> None:
        super().__init__(adapter)
        self.expected: dict[str, ClusterRecord] = {}

    @rule(
        who=WRITERS,
        scope=st.sampled_from("xy"),
        names=st.frozensets(st.sampled_from("abc")),
        now=MOMENTS,
    )
    def see(self, who: str, scope: str, names: frozenset[str], now: datetime) -> None:
        """Look into a scope."""
        found = Sighting(scope, Seen(tuple(ref(name) for name in sorted(names))))
        self.ports[who].inventory.observe(found, now=now)
        for known in self._heeding(now):
            if known.scope == scope and known.key not in names:
                self._decide(replace(known, presence=Presence.GONE, missed_at=now))
            elif known.key in names:
                times = known.first_seen, max(known.last_seen, now)
                self._decide(ClusterRecord(known.ref, scope, Presence.PRESENT, *times))
        for name in names - self.expected.keys():
            self._decide(ClusterRecord(ref(name), scope, Presence.PRESENT, now, now))

    @rule(who=WRITERS, scope=st.sampled_from("xy"), now=MOMENTS)
    def look_in_vain(self, who: str, scope: str, now: datetime) -> None:
        """Fail to look into a scope."""
        self.ports[who].inventory.observe(Sighting(scope, Unseen("no answer")), now=now)
        for known in self._heeding(now):
            if known.scope == scope and known.presence is not Presence.GONE:
                self._decide(replace(known, presence=Presence.STALE, missed_at=now))

    def _heeding(self, now: datetime) -> list[ClusterRecord]:
        """Those of which no later look has decided, but for one whose clock was wrong."""
        heeding = []
        for known in self.expected.values():
            decided = known.last_seen if known.missed_at is None else known.missed_at
            if decided <= now or decided > now + AHEAD:
                heeding.append(known)
        return heeding

    def _decide(self, after: ClusterRecord) -> None:
        self.expected[after.key] = after

    @invariant()
    def all_is_as_the_port_says(self) -> None:
        """Every record, and no other."""
        expected = tuple(self.expected[name] for name in sorted(self.expected))

        assert expected == self.ports["bob"].inventory.records()


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("machine", [TwoWriters, ManyScopes])
def test_the_law_holds(machine: type[TwoWriters | ManyScopes], adapter: str) -> None:
    run_state_machine_as_test(
        lambda: machine(adapter),  # type: ignore[arg-type]  # whatever makes a machine will do
        settings=settings(max_examples=EXAMPLES.get(adapter, 40), stateful_step_count=25),
    )
