"""A scan that does not judge what it judged before ends as one that does, in all that is kept."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.property.clusters import snapshots

from seawall.demo.inventory import DemoInventory
from seawall.demo.memories import DemoMemories, DemoNews
from seawall.demo.runs import DemoRuns
from seawall.flow.desks import ScanDesk
from seawall.flow.remembering import adopted, confirmed
from seawall.flow.scanning import scan_cluster
from seawall.flow.sources import judged
from seawall.flow.unchanged import likeness
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.exposure import Exposure
from seawall.model.fleet import ClusterRecord, ClusterRef, Sighting
from seawall.model.memory import Memory
from seawall.model.messages import Message, RunId, ScanOrder
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.run import Entry
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot

KEY = ClusterKey("drawn")
START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES = Path(__file__).parents[2] / "shared" / "seawall"


class Forgetful(DemoMemories):
    """Memories of a Seawall that judges whatever it sees."""

    def recall(self, key: ClusterKey) -> Memory | None:
        """The memory, without what it was made of."""
        found = super().recall(key)
        return replace(found, likeness="") if found else None


@dataclass
class Place:
    """The one cluster, which looks as it is told to."""

    sight: Sight[Snapshot] = field(default_factory=lambda: Unseen("not yet"))

    def snapshot(self, record: ClusterRecord, *, now: datetime) -> Sight[Snapshot]:
        """What it was told to look like."""
        assert record.key == KEY
        return replaced(self.sight, now)

    def exposed(self, record: ClusterRecord, *, now: datetime) -> Sight[tuple[Snapshot, Exposure]]:
        """Not asked here."""
        raise AssertionError(f"nobody plans while {record.key} is scanned, {now}")


def replaced(sight: Sight[Snapshot], now: datetime) -> Sight[Snapshot]:
    return Seen(replace(sight.value, taken_at=now)) if isinstance(sight, Seen) else sight


@dataclass
class Posted:
    """An outbox that keeps what is sent."""

    messages: list[Message] = field(default_factory=list)

    def send(self, messages: Iterable[Message], *, now: datetime) -> None:
        """Keep them."""
        assert now >= START
        self.messages += messages


class Town:
    """All that scanning works with, and all that it leaves behind."""

    def __init__(self, memories: DemoMemories) -> None:
        self.memories = memories
        self.inventory = DemoInventory()
        refs = (ClusterRef(KEY, "eks", "https://10.0.0.1"),)
        self.inventory.observe(Sighting("aws:1/eu-west-1", Seen(refs)), now=START)
        self.place, self.runs, self.outbox = Place(), DemoRuns(), Posted()
        self.news = DemoNews(self.memories)

    def scan(self, sight: Sight[Snapshot], run: RunId, now: datetime) -> Entry:
        """One order."""
        self.place.sight = sight
        desk = ScanDesk(
            self.inventory, self.place, self.memories, self.runs, self.news, self.outbox
        )
        return scan_cluster(ScanOrder(run, KEY), desk, attempt=f"{run} {now}", now=now)

    def person(self, says: str) -> None:
        """Somebody adopts what is open, or confirms a replacement, if there is one."""
        memory = self.memories.recall(KEY)
        if memory is None or (says == "confirm" and memory.impostor is None):
            return
        change = adopted if says == "adopt" else confirmed
        assert self.memories.keep(change(memory, run=memory.run), (), attempt=says)

    def left(self) -> object:
        """The memory, its turns, notices and messages."""
        return (
            self.memories.memories(),
            self.memories.turns(),
            self.news.untold(),
            self.outbox.messages,
        )


@dataclass(frozen=True)
class Step:
    """Something that happens, and when: so long after what happened before."""

    what: str
    of: int
    later: timedelta
    new_run: bool


BROKEN = (BrokenObject(ObjectRef("NetworkPolicy", "a", "drawn"), ("not to be read",)),)
"""Nothing is unseen, and yet what fails in its namespace may not be resolved."""
UIDS = {"seen": "u-1", "another": "u-2"}
steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(("seen", "seen", "seen", "another", "nobody", "partly", "broken", "away"))
        | st.sampled_from(("adopt", "confirm")),
        st.integers(0, 1),
        st.sampled_from(
            tuple(timedelta(minutes=each) for each in (-5, 0, 10, 60, 24 * 60, 91 * 24 * 60))
        ),
        st.sampled_from((True, True, True, False)),
    ),
    min_size=2,
    max_size=10,
)


def looks(step: Step, towns: tuple[Snapshot, Snapshot]) -> Sight[Snapshot]:
    """What is seen in a step; `nobody` says not who it is, `partly` and `broken` lack something."""
    of = replace(towns[step.of], key=KEY, uid=Seen(ClusterUid(UIDS.get(step.what, "u-1"))))
    match step.what:
        case "broken":
            return Seen(replace(of, network_policies=Seen(()), broken=BROKEN))
        case "away":
            return Unseen("no connection")
        case "nobody":
            return Seen(replace(of, uid=Unseen("403 Forbidden")))
        case "partly":
            return Seen(replace(of, network_policies=Unseen("403 Forbidden")))
        case _:
            return Seen(of)


@given(st.tuples(snapshots(), snapshots()), steps)
def test_whether_it_is_judged_again_nobody_can_tell(
    towns: tuple[Snapshot, Snapshot], story: list[Step]
) -> None:
    quick, thorough = Town(DemoMemories()), Town(Forgetful())
    now, run = START + timedelta(hours=1), 0
    for step in story:
        now, run = max(START, now + step.later), run + step.new_run
        if step.what in {"adopt", "confirm"}:
            quick.person(step.what)
            thorough.person(step.what)
        else:
            name = RunId(f"run-{run}")
            sight = looks(step, towns)
            assert thorough.scan(sight, name, now) == quick.scan(sight, name, now)
        assert thorough.left() == quick.left()


@given(snapshots(), st.integers(0, 24 * 60 - 1), st.integers(0, 24 * 60 - 1))
def test_of_the_time_only_the_day_is_judged(snapshot: Snapshot, early: int, late: int) -> None:
    first, second = (
        replace(snapshot, taken_at=START + timedelta(minutes=each)) for each in (early, late)
    )

    assert judged(first, "who").outcomes == judged(second, "who").outcomes
    assert likeness(first) == likeness(second) != ""


def test_no_room_that_judges_looks_at_more_of_the_time_than_the_day() -> None:
    modules = [path for room in ("analyse", "judge") for path in (SOURCES / room).rglob("*.py")]
    times = [used for path in modules for used in times_used(path.read_text())]

    assert {"taken_at.date"} == set(times)


def times_used(text: str) -> Iterable[str]:
    """How each `taken_at` is used: `taken_at.date`, or `taken_at` alone."""
    nodes = list(ast.walk(ast.parse(text)))
    inner = {
        id(node.value): f"taken_at.{node.attr}"
        for node in nodes
        if isinstance(node, ast.Attribute) and _is_time(node.value)
    }
    return [inner.get(id(node), "taken_at") for node in nodes if _is_time(node)]


def _is_time(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "taken_at"


@given(snapshots(), snapshots())
def test_a_likeness_is_that_of_equal_snapshots_alone(one: Snapshot, other: Snapshot) -> None:
    assert (one == other) == (likeness(one) == likeness(other))
