"""The inventory: which clusters there are, where they listen, when they were seen."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from seawall.model.cluster import ClusterKey
from seawall.model.fleet import AHEAD, ClusterRecord, ClusterRef, Presence, Sighting
from seawall.model.sight import Seen
from seawall.state.database import Database, stored
from seawall.state.shapes import Shape, damaged

REF: Final = Shape(ClusterRef, "a cluster of the inventory")
COLUMNS: Final = "document, scope, presence, first_seen, last_seen, missed_at"

HEEDS: Final = """
NOT (coalesce(missed_at, last_seen) > :now AND coalesce(missed_at, last_seen) <= :ahead)
"""
"""`ClusterRecord.heeds`."""

FOUND: Final = f"""
INSERT INTO clusters (fleet, key, scope, presence, first_seen, last_seen, document)
VALUES (:fleet, :key, :scope, :presence, :now, :now, :document)
ON CONFLICT (fleet, key) DO UPDATE SET
    scope = excluded.scope,
    presence = excluded.presence,
    last_seen = max(last_seen, excluded.last_seen),
    missed_at = NULL,
    document = excluded.document
WHERE {HEEDS}
"""  # noqa: S608  our own words

MISSED: Final = f"""
UPDATE clusters SET presence = :presence, missed_at = :now
WHERE fleet = :fleet AND key = :key AND {HEEDS}
"""  # noqa: S608  our own words

DOUBTED: Final = f"""
UPDATE clusters SET presence = :presence, missed_at = :now
WHERE fleet = :fleet AND scope = :scope AND presence <> :gone AND {HEEDS}
"""  # noqa: S608  our own words

Row = tuple[bytes, str, str, str, str, str | None]
Words = dict[str, object]
"""What the `:names` of a statement stand for."""


class SqliteInventory:
    """The port `Inventory` over one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, key: ClusterKey) -> ClusterRecord | None:
        """One cluster."""
        found = self._selected("fleet = ? AND key = ?", (self._database.fleet, key))
        return found[0] if found else None

    def records(self) -> tuple[ClusterRecord, ...]:
        """All clusters by key, those that are gone included."""
        return self._selected("fleet = ?", (self._database.fleet,))

    def observe(self, sighting: Sighting, *, now: datetime) -> None:
        """Take in what a scope holds; one that could not be looked at makes its clusters stale."""
        words: Words = {
            "fleet": self._database.fleet,
            "scope": sighting.scope,
            "now": stored(now),
            "ahead": stored(now + AHEAD),
        }
        with self._database.writing() as connection:
            if isinstance(sighting.found, Seen):
                refs = {ref.key: ref for ref in sighting.found.value}
                found = (words | _found(ref) for ref in refs.values())
                connection.executemany(FOUND, found)
                _lose(connection, words, refs.keys())
            else:
                doubted = {"presence": Presence.STALE, "gone": Presence.GONE}
                connection.execute(DOUBTED, words | doubted)

    def _selected(self, where: str, values: tuple[str, ...]) -> tuple[ClusterRecord, ...]:
        sql = f"SELECT {COLUMNS} FROM clusters WHERE {where} ORDER BY key"  # noqa: S608  our own words
        with self._database.reading() as connection:
            rows = connection.execute(sql, values).fetchall()
        return tuple(_record(row, self._database.path) for row in rows)


def _found(ref: ClusterRef) -> Words:
    return {"key": ref.key, "presence": Presence.PRESENT, "document": REF.stored(ref)}


def _lose(connection: sqlite3.Connection, words: Words, found: Iterable[ClusterKey]) -> None:
    """Those that were recorded under this scope and are not in it any more."""
    rows = connection.execute(
        "SELECT key FROM clusters WHERE fleet = :fleet AND scope = :scope", words
    )
    lost = {key for (key,) in rows} - set(found)
    gone = words | {"presence": Presence.GONE}
    connection.executemany(MISSED, (gone | {"key": key} for key in lost))


def _record(row: Row, path: Path) -> ClusterRecord:
    document, scope, presence, first_seen, last_seen, missed_at = row
    ref = REF.read(document, path)
    try:
        times = datetime.fromisoformat(first_seen), datetime.fromisoformat(last_seen)
        missed = None if missed_at is None else datetime.fromisoformat(missed_at)
        return ClusterRecord(ref, scope, Presence(presence), *times, missed)
    except (TypeError, ValueError) as error:
        raise damaged("a cluster of the inventory", path, error) from error
