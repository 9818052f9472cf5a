"""The one file, shared by threads and processes: opened, brought up to date, locked in turn.

A transaction takes an idle connection and gives it back: threads come and go, connections stay.
Writers of one process wait for each other at a lock, and only then for other processes: SQLite
lets waiting writers sleep and look again, which is slow and unfair between many of them.

The write-ahead log survives a kill at any moment: what was committed is there, nothing of the rest
(https://www.sqlite.org/wal.html; synchronous=NORMAL may lose the last commits in a power cut, and
never harms the file).
"""

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from seawall.model.errors import Trouble, TryLater
from seawall.state.faults import ELSEWHERE, is_busy, not_made, translated
from seawall.state.schema import APPLICATION_ID, SCHEMA

BUSY_S: Final = 10.0
"""How long a transaction waits for others before it gives up with TryLater."""

AGAIN_S: Final = 0.02


def open_database(path: Path, *, fleet: str, now: datetime, busy_s: float = BUSY_S) -> "Database":
    """Open the file, made where it is missing, with the newest tables in it.

    Raises:
        TryLater: Another process has it locked.
        Trouble: It cannot be used: no permission, no space, not ours, or made by a newer Seawall.
    """
    database = Database(path, fleet=fleet, busy_s=busy_s)
    with ExitStack() as on_error:
        on_error.callback(database.close)
        database.bring_up_to_date(now)
        on_error.pop_all()
    return database


class Database:
    """One open file and one fleet in it. Any thread may use it; another process opens its own."""

    def __init__(self, path: Path, *, fleet: str, busy_s: float) -> None:
        self.path = path
        self.fleet = fleet
        self._busy_s = busy_s
        self._idle: deque[sqlite3.Connection] = deque()
        self._write_turn = threading.Lock()
        self._process = os.getpid()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All that is written within is committed together, or nothing of it if anything is raised.

        Nobody else writes meanwhile; what is read is the newest. Not to be nested.

        Raises:
            TryLater: Others were writing for too long.
            Trouble: It cannot be written.
        """
        with translated(self.path), self._turn(), self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _refuse_newer(connection, self.path)
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All that is read within is of one moment, whoever writes meanwhile.

        Raises:
            TryLater: The file is locked as a whole.
            Trouble: It cannot be read.
        """
        with translated(self.path), self._connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def bring_up_to_date(self, now: datetime) -> None:
        """Make the file and its tables, as far as they are missing; see `open_database`."""
        _make_file(self.path)
        with translated(self.path), self._connection() as connection:
            known = _refuse_newer(connection, self.path)
            _refuse_foreign(connection, self.path)
            self._insist_on_wal(connection)
        if known < len(SCHEMA):
            with self.writing() as connection:
                _migrate(connection, now)

    def close(self) -> None:
        """Close what is idle now, and what is in use as soon as it is given back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _insist_on_wal(self, connection: sqlite3.Connection) -> None:
        """A network disk has no shared memory, and SQLite then quietly stays with its old journal.

        Of two that make the same file at once, one is told at once that it is locked, whatever the
        timeout: SQLite does not wait where that could be for ever. We do.
        """
        until = time.monotonic() + self._busy_s
        while (mode := _wal_tried(connection)) is None and time.monotonic() < until:
            time.sleep(AGAIN_S)
        if mode is None:
            raise TryLater(f"{self.path}: another process is opening it")
        if mode != "wal":
            raise Trouble(
                f"{self.path}: its disk cannot hold a write-ahead log (journal mode {mode}); "
                "name a file on a local disk with --state"
            )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._write_turn.acquire(timeout=self._busy_s):
            raise TryLater(f"{self.path}: another thread is writing to it")
        try:
            yield
        finally:
            self._write_turn.release()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._taken()
        try:
            yield connection
        finally:
            self._idle.append(connection)
            if self._closed:
                self.close()

    def _taken(self) -> sqlite3.Connection:
        if self._closed:
            raise Trouble(f"{self.path}: it was closed before; this is a bug in Seawall")
        if self._process != os.getpid():
            # https://www.sqlite.org/howtocorrupt.html section 2.6: not across a fork.
            raise Trouble(f"{self.path}: opened by a parent process; this is a bug in Seawall")
        try:
            return self._idle.pop()
        except IndexError:
            return _connected(self.path, self._busy_s)


def stored(time: datetime) -> str:
    """A time as text, fixed in width and zone, so that it sorts."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _connected(path: Path, busy_s: float) -> sqlite3.Connection:
    """A connection that leaves transactions to us and may change threads, one at a time."""
    connection = sqlite3.connect(
        path, timeout=busy_s, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _make_file(path: Path) -> None:
    """What is remembered is nobody else's business: folders 0700, the file 0600.

    SQLite gives its -wal and -shm the mode of the file. What is there already keeps its mode.
    """
    try:
        for folder in reversed([each for each in path.parents if not each.exists()]):
            folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT, 0o600))
    except OSError as error:
        raise not_made(error, path) from error


def _refuse_newer(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the file; read in each transaction: another process may have raised it."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(SCHEMA):
        raise Trouble(
            f"{path}: made by a newer Seawall (schema {version}, this one knows {len(SCHEMA)}); "
            f"upgrade, {ELSEWHERE}"
        )
    return version


def _refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Another program's database is not to be filled with our tables."""
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and mark != APPLICATION_ID:
        raise Trouble(f"{path}: a SQLite file of another program; name another one with --state")


def _wal_tried(connection: sqlite3.Connection) -> str | None:
    """The journal mode after asking for the write-ahead log; None: somebody has it locked."""
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.OperationalError as error:
        if is_busy(error):
            return None
        raise
    return str(mode)


def _migrate(connection: sqlite3.Connection, now: datetime) -> None:
    """The steps that are missing; the version is read under the lock, others migrate too."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for number, script in enumerate(SCHEMA[version:], version + 1):
        for statement in _statements(script):
            connection.execute(statement)
        connection.execute("INSERT INTO migrations VALUES (?, ?)", (number, stored(now)))
        connection.execute(f"PRAGMA user_version = {number}")


def _statements(script: str) -> Iterator[str]:
    """One after another: `executescript` would commit in between."""
    held = ""
    for line in script.splitlines(keepends=True):
        held += line
        if sqlite3.complete_statement(held):
            yield held
            held = ""
