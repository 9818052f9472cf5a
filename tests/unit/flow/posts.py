"""All that scanning works with, and clusters that look as they are told to."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from tests.unit.analyse.hand_made import policy
from tests.unit.remediate.planned import UID, town, web

from seawall.demo.inventory import DemoInventory
from seawall.demo.memories import DemoMemories, DemoNews
from seawall.demo.runs import DemoRuns
from seawall.flow.desks import ScanDesk
from seawall.flow.scanning import scan_cluster
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.exposure import Exposure
from seawall.model.fleet import ClusterRecord, ClusterRef, Sighting
from seawall.model.memory import Memory
from seawall.model.messages import Message, RunId, ScanOrder
from seawall.model.run import Entry
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONE, TWO, THREE = (RunId(f"20261124T12{n}000Z-00000{n}") for n in range(3))
A, B = ClusterKey("a"), ClusterKey("b")
AWAY = Unseen("no connection to https://10.0.0.1:6443")
CLOSED = policy(
    "shop/closed",
    "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}",
)


class Killed(Exception):  # noqa: N818  what a killed process would not even raise
    """The process ends here."""


@dataclass
class Places:
    """Clusters that look as they are told to."""

    sights: dict[ClusterKey, Sight[Snapshot]]
    looked: list[ClusterKey] = field(default_factory=list)

    def snapshot(self, record: ClusterRecord, *, now: datetime) -> Sight[Snapshot]:
        """What it was told to look like."""
        assert now >= NOW
        self.looked.append(record.key)
        return self.sights[record.key]

    def exposed(self, record: ClusterRecord, *, now: datetime) -> Sight[tuple[Snapshot, Exposure]]:
        """Not asked here."""
        raise AssertionError(f"nobody plans while {record.key} is scanned, {now}")


@dataclass
class Posted:
    """An outbox that keeps what is sent; `dies`: the process ends before the next is."""

    messages: list[Message] = field(default_factory=list)
    dies: bool = False

    def send(self, messages: Iterable[Message], *, now: datetime) -> None:
        """Keep them, or die."""
        assert now >= NOW
        if self.dies:
            self.dies = False
            raise Killed
        self.messages += messages


class Post:
    """All that scanning works with, and clusters a and b; both are open."""

    def __init__(self, memories: DemoMemories | None = None) -> None:
        self.memories = memories or DemoMemories()
        self.inventory = DemoInventory()
        self.found(A, B)
        sights = {A: open_town(A), B: open_town(B, ClusterUid("b-uid"))}
        self.places = Places({key: Seen(found) for key, found in sights.items()})
        self.runs = DemoRuns()
        self.news = DemoNews(self.memories)
        self.outbox = Posted()

    def found(self, *keys: ClusterKey) -> None:
        """Discovery found these."""
        refs = tuple(ClusterRef(key, "eks", "https://10.0.0.1") for key in keys)
        self.inventory.observe(Sighting("aws:1/eu-west-1", Seen(refs)), now=NOW)

    def scan(
        self, key: ClusterKey = A, run: RunId = ONE, attempt: str = "1", now: datetime = NOW
    ) -> Entry:
        """One delivery of one order."""
        desk = ScanDesk(
            self.inventory, self.places, self.memories, self.runs, self.news, self.outbox
        )
        return scan_cluster(ScanOrder(run, key), desk, attempt=attempt, now=now)

    def memory(self, key: ClusterKey = A) -> Memory:
        """What is remembered of a cluster."""
        found = self.memories.recall(key)
        assert found is not None
        return found

    def told(self) -> list[str]:
        """The notices, oldest first."""
        return [notice.text for notice in self.news.untold().notices]


def open_town(key: ClusterKey, uid: ClusterUid = UID) -> Snapshot:
    return replace(town(web()), key=key, uid=Seen(uid))


def closed_town(key: ClusterKey = A) -> Snapshot:
    return replace(town(web(), CLOSED), key=key)
