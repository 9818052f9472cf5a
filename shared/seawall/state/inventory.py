"""The inventory: which clusters there are, where they listen, when they were seen."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from seawall.model.cluster import ClusterKey
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence, Sighting
from seawall.model.sight import Seen
from seawall.state.database import Database, stored
from seawall.state.shapes import Shape, damaged

REF: Final = Shape(ClusterRef, "a cluster of the inventory")
COLUMNS: Final = "document, scope, presence, first_seen, last_seen"

FOUND: Final = """
INSERT INTO clusters (fleet, key, scope, presence, first_seen, last_seen, document)
VALUES (:fleet, :key, :scope, :presence, :now, :now, :document)
ON CONFLICT (fleet, key) DO UPDATE SET
    scope = excluded.scope,
    presence = excluded.presence,
    last_seen = max(last_seen, excluded.last_seen),
    document = excluded.document
"""

Row = tuple[bytes, str, str, str, str]


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
        fleet, scope = self._database.fleet, sighting.scope
        with self._database.writing() as connection:
            if isinstance(sighting.found, Seen):
                refs = {ref.key: ref for ref in sighting.found.value}
                connection.executemany(FOUND, (self._row(ref, scope, now) for ref in refs.values()))
                _lose(connection, fleet, scope, refs.keys())
            else:
                connection.execute(
                    "UPDATE clusters SET presence = ?"
                    " WHERE fleet = ? AND scope = ? AND presence = ?",
                    (Presence.STALE, fleet, scope, Presence.PRESENT),
                )

    def _row(self, ref: ClusterRef, scope: str, now: datetime) -> dict[str, object]:
        return {
            "fleet": self._database.fleet,
            "key": ref.key,
            "scope": scope,
            "presence": Presence.PRESENT,
            "now": stored(now),
            "document": REF.stored(ref),
        }

    def _selected(self, where: str, values: tuple[str, ...]) -> tuple[ClusterRecord, ...]:
        sql = f"SELECT {COLUMNS} FROM clusters WHERE {where} ORDER BY key"  # noqa: S608  our own words
        with self._database.reading() as connection:
            rows = connection.execute(sql, values).fetchall()
        return tuple(_record(row, self._database.path) for row in rows)


def _lose(
    connection: sqlite3.Connection, fleet: str, scope: str, found: Iterable[ClusterKey]
) -> None:
    """Those that were recorded under this scope and are not in it any more."""
    rows = connection.execute(
        "SELECT key FROM clusters WHERE fleet = ? AND scope = ?", (fleet, scope)
    )
    lost = {key for (key,) in rows} - set(found)
    connection.executemany(
        "UPDATE clusters SET presence = ? WHERE fleet = ? AND key = ?",
        ((Presence.GONE, fleet, key) for key in lost),
    )


def _record(row: Row, path: Path) -> ClusterRecord:
    document, scope, presence, first_seen, last_seen = row
    ref = REF.read(document, path)
    try:
        times = datetime.fromisoformat(first_seen), datetime.fromisoformat(last_seen)
        return ClusterRecord(ref, scope, Presence(presence), *times)
    except (TypeError, ValueError) as error:
        raise damaged("a cluster of the inventory", path, error) from error
