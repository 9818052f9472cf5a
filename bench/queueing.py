"""Letters a second through the queue: sent one at a time, sent as one batch, taken and done.

Ours is `SqliteQueue`. Beside it stand the fake of the tests, held in memory; one table in SQLite
with a commit for each statement, as a first attempt would have it (no groups, no receipts, no
time-outs), once with the settings that SQLite comes with, which also survive a power cut, and once
with ours (WAL, synchronous=NORMAL); and `queue.SimpleQueue`, which remembers nothing: the most that
Python can do. Each letter is taken alone and done before the next, as a worker does. All must
deliver the same bodies in the same order.
"""

import argparse
import hashlib
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from types import MappingProxyType
from typing import Final, Protocol

from bench import measured
from bench.measured import Facts, Spent, plain
from seawall.demo.queue import DemoQueue
from seawall.model.cluster import ClusterKey
from seawall.model.messages import RunId, ScanOrder
from seawall.publish.events import SCANS, Letter, encode
from seawall.publish.queue import Queue, SqliteQueue
from seawall.state.database import open_database

MODULE: Final = "bench.queueing"
NOW: Final = datetime(2026, 11, 24, tzinfo=UTC)
OURS: Final = "seawall, SQLite"
FLEET: Final = "bench"

STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {"each": "sent one at a time", "batch": "sent as one batch", "taken": "taken and done"}
)


class Carrying(Protocol):
    """What each alternative can do."""

    def send(self, letters: Sequence[Letter]) -> None:
        """Put them in, together if it can."""
        ...

    def take(self) -> bytes | None:
        """Take the next one and be done with it; None: there is none."""
        ...


class Ours:
    """The port `Queue`, over a file or in memory."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send(self, letters: Sequence[Letter]) -> None:
        """One call."""
        self._queue.post(letters, now=NOW)

    def take(self) -> bytes | None:
        """As a worker does."""
        for taken in self._queue.receive(SCANS, now=NOW, most=1, visibility_s=300, owner="x:1"):
            self._queue.done(taken.receipt)
            return taken.body
        return None


class Plain:
    """`sqlite3` as it comes, in autocommit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("CREATE TABLE letters (seq INTEGER PRIMARY KEY, body, taken DEFAULT 0)")

    def send(self, letters: Sequence[Letter]) -> None:
        """One commit each."""
        for letter in letters:
            self._connection.execute("INSERT INTO letters (body) VALUES (?)", (letter.body,))

    def take(self) -> bytes | None:
        """Find it, mark it, delete it."""
        found = self._connection.execute(
            "SELECT seq, body FROM letters WHERE taken = 0 ORDER BY seq LIMIT 1"
        ).fetchone()
        if found is None:
            return None
        seq, body = found
        self._connection.execute("UPDATE letters SET taken = 1 WHERE seq = ?", (seq,))
        self._connection.execute("DELETE FROM letters WHERE seq = ?", (seq,))
        return bytes(body)


class Nothing:
    """`queue.SimpleQueue`."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[bytes] = SimpleQueue()

    def send(self, letters: Sequence[Letter]) -> None:
        """One after another."""
        for letter in letters:
            self._queue.put(letter.body)

    def take(self) -> bytes | None:
        """No receipt, nothing to be done with."""
        return None if self._queue.empty() else self._queue.get()


@contextmanager
def _sqlite(folder: Path) -> Iterator[Carrying]:
    with open_database(folder / "seawall.db", fleet=FLEET, now=NOW) as database:
        yield Ours(SqliteQueue(database))


@contextmanager
def _plain(folder: Path, *settings: str) -> Iterator[Carrying]:
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    try:
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")
        yield Plain(connection)
    finally:
        connection.close()


@contextmanager
def _plain_wal(folder: Path) -> Iterator[Carrying]:
    with _plain(folder, "journal_mode = WAL", "synchronous = NORMAL") as queue:
        yield queue


@contextmanager
def _demo(_folder: Path) -> Iterator[Carrying]:
    yield Ours(DemoQueue(FLEET))


@contextmanager
def _nothing(_folder: Path) -> Iterator[Carrying]:
    yield Nothing()


WAYS: Final = MappingProxyType(
    {
        OURS: _sqlite,
        "the fake, in memory": _demo,
        "sqlite3, a commit each": _plain,
        "the same, WAL": _plain_wal,
        "queue.SimpleQueue": _nothing,
    }
)


def main() -> None:
    """The report, or one of the processes it is made of."""
    match sys.argv[1:]:
        case ["carry", way, count]:
            measured.tell(carried(way, int(count)))
        case _:
            report(measured.options("The queue."))


def report(options: argparse.Namespace) -> None:
    """Run all in turns and print."""
    count, many = (50, 100) if options.tiny else (2_000, 20_000)
    rounds = options.rounds or (1 if options.tiny else 3)
    run = partial(measured.in_fresh_process, MODULE, "carry")
    runs: dict[str, Callable[[], Facts]] = {way: partial(run, way, count) for way in WAYS}
    found = measured.taking_turns(rounds, runs)
    if len({facts["digest"] for facts in found.values()}) != 1:
        raise SystemExit(f"they did not deliver the same letters in the same order: {found}")
    print(f"queue: {count:,} scan orders, a group each; letters a second, wall clock")
    print(f"  medians of {rounds} rounds in turns, a fresh process each; all delivered the same")
    for step, what in STEPS.items():
        for way, facts in found.items():
            print(plain(f"{way}: {what}", facts[step], "/s"))
    full = run(OURS, many)
    print(plain(f"{OURS}: {STEPS['taken']}, of {many:,}", full["taken"], "/s"))
    for way, facts in found.items():
        if way != OURS:
            ratio = found[OURS]["taken"] / facts["taken"]
            print(plain(f"{STEPS['taken']}: times {way}", ratio, "x"))


def carried(way: str, count: int) -> Facts:
    """Half of the letters sent one at a time, half at once, then all of them taken."""
    letters = list(_letters(count))
    half = count // 2
    with tempfile.TemporaryDirectory() as folder, WAYS[way](Path(folder)) as queue:
        with Spent() as each:
            for letter in letters[:half]:
                queue.send([letter])
        with Spent() as batch:
            queue.send(letters[half:])
        bodies = []
        with Spent() as taken:
            while (body := queue.take()) is not None:
                bodies.append(body)
    return {
        "each": half / each.wall_s,
        "batch": (count - half) / batch.wall_s,
        "taken": count / taken.wall_s,
        "digest": int.from_bytes(hashlib.sha256(b"\0".join(bodies)).digest()[:6]),
    }


def _letters(count: int) -> Iterator[Letter]:
    for number in range(count):
        order = ScanOrder(RunId("bench"), ClusterKey(f"https://10.0.0.1:6443+cluster-{number}"))
        yield encode(order, fleet=FLEET, now=NOW)


if __name__ == "__main__":
    main()
