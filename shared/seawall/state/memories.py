"""What is remembered of each cluster, and the history of all turns."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.memory import Memory, Transition
from seawall.state.database import Database
from seawall.state.shapes import Shape

MEMORY: Final = Shape(Memory, "the memory of a cluster")
TURN: Final = Shape(Transition, "a turn of the history")

WRITTEN: Final = """
INSERT INTO memories (fleet, key, version, attempt, document) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (fleet, key) DO UPDATE SET
    version = excluded.version, attempt = excluded.attempt, document = excluded.document
"""


class SqliteMemories:
    """The ports `Memories` and `Fleet` over one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recall(self, key: ClusterKey) -> Memory | None:
        """A cluster's memory; None: it was never met."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT document FROM memories WHERE fleet = ? AND key = ?",
                (self._database.fleet, key),
            ).fetchone()
        return MEMORY.read(row[0], self._database.path) if row else None

    def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:
        """Write a memory and its turns together, if `memory.version - 1` is the stored version.

        Also True if this very attempt wrote it before.
        """
        fleet = self._database.fleet
        # Encoded before the lock is taken: others write meanwhile.
        row = (fleet, memory.key, memory.version, attempt, MEMORY.stored(memory))
        rows = [(fleet, turn.cluster, TURN.stored(turn)) for turn in turns]
        with self._database.writing() as connection:
            version, writer = _stored_version(connection, fleet, memory.key)
            if version != memory.version - 1:
                return (version, writer) == (memory.version, attempt)
            connection.execute(WRITTEN, row)
            connection.executemany(
                "INSERT INTO transitions (fleet, cluster, document) VALUES (?, ?, ?)", rows
            )
        return True

    def claim(self, uid: ClusterUid, key: ClusterKey) -> ClusterKey:
        """The key that a cluster is judged under: the first that claimed its UID, maybe `key`."""
        fleet = self._database.fleet
        # Nearly always it was claimed long ago, and nobody need wait for the lock.
        with self._database.reading() as connection:
            owner = _owner(connection, fleet, uid)
        if owner is not None:
            return owner
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO claims (fleet, uid, key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (fleet, uid, key),
            )
            return _owner(connection, fleet, uid) or key

    def memories(self) -> tuple[Memory, ...]:
        """Every memory, by key."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT document FROM memories WHERE fleet = ? ORDER BY key",
                (self._database.fleet,),
            ).fetchall()
        return tuple(MEMORY.read(row, self._database.path) for (row,) in rows)

    def history(self, cluster: ClusterKey | None, most: int) -> tuple[Transition, ...]:
        """The last turns of a cluster, or of all; oldest first, at most `most`."""
        chosen = "" if cluster is None else "AND cluster = ?"
        values = (self._database.fleet, *([] if cluster is None else [cluster]))
        sql = f"SELECT document FROM transitions WHERE fleet = ? {chosen} ORDER BY seq DESC LIMIT ?"  # noqa: S608  our own words
        with self._database.reading() as connection:
            # SQLite takes a negative limit for none.
            rows = connection.execute(sql, (*values, max(most, 0))).fetchall()
        return tuple(TURN.read(row, self._database.path) for (row,) in reversed(rows))


def _stored_version(connection: sqlite3.Connection, fleet: str, key: ClusterKey) -> tuple[int, str]:
    """The version that is stored, and the attempt that wrote it; 0 before the first."""
    row = connection.execute(
        "SELECT version, attempt FROM memories WHERE fleet = ? AND key = ?", (fleet, key)
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")


def _owner(connection: sqlite3.Connection, fleet: str, uid: ClusterUid) -> ClusterKey | None:
    row = connection.execute(
        "SELECT key FROM claims WHERE fleet = ? AND uid = ?", (fleet, uid)
    ).fetchone()
    return ClusterKey(row[0]) if row else None
