"""The queues there are (the next one joins here), and the letters that are sent to them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seawall.demo.queue import DemoQueue
from seawall.model.cluster import ClusterKey
from seawall.model.messages import RunId, ScanOrder
from seawall.publish.events import SCANS, Letter
from seawall.publish.queue import Delivery, Queue, SqliteQueue
from seawall.state.database import open_database

NOW = datetime(2026, 11, 24, 18, 14, 25, 123456, tzinfo=UTC)
RUN = RunId("run-1")
ME = "this-host:17"
VISIBILITY_S = 300.0

OpenQueue = Callable[[str], Queue]


@contextmanager
def sqlite(folder: Path) -> Iterator[OpenQueue]:
    with ExitStack() as stack:
        yield lambda fleet: SqliteQueue(
            stack.enter_context(open_database(folder / "seawall.db", fleet=fleet, now=NOW))
        )


@contextmanager
def demo(_folder: Path) -> Iterator[OpenQueue]:
    fleets: dict[str, Queue] = {}
    yield lambda fleet: fleets.setdefault(fleet, DemoQueue(fleet))


ADAPTERS: dict[str, Callable[[Path], AbstractContextManager[OpenQueue]]] = {
    "SQLite": sqlite,
    "demo": demo,
}


def order(cluster: str, run: str = RUN) -> ScanOrder:
    return ScanOrder(RunId(run), ClusterKey(cluster))


def letter(name: str, group: str = "", body: bytes = b"{}") -> Letter:
    return Letter(name, SCANS, group or name, RUN, body)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def received(
    queue: Queue, *, now: datetime = NOW, most: int = 10, owner: str = ME
) -> tuple[Delivery, ...]:
    return queue.receive(SCANS, now=now, most=most, visibility_s=VISIBILITY_S, owner=owner)


def ids(deliveries: tuple[Delivery, ...]) -> list[str]:
    return [each.id for each in deliveries]


def taken_in_vain(queue: Queue, times: int, *, start: datetime = NOW) -> datetime:
    """Take whatever there is, say nothing about it, and let its time run out; when that is."""
    now = start
    for _ in range(times):
        received(queue, now=now)
        now += timedelta(seconds=VISIBILITY_S)
    return now
