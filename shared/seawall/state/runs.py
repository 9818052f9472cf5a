"""The runs and their ledger."""

import secrets
import sqlite3
from datetime import UTC, datetime
from typing import Final

from seawall.model.errors import Trouble
from seawall.model.messages import RunId
from seawall.model.run import Entry, Run
from seawall.state.database import Database
from seawall.state.shapes import Shape

RUN: Final = Shape(Run, "a run")
ENTRY: Final = Shape(Entry, "an entry of a run's ledger")
CHANCE_BYTES: Final = 3
"""Tells runs apart that begin in one second, or again in it after the clock went back."""


class SqliteRuns:
    """The port `Runs` over one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, now: datetime, only: tuple[str, ...] = ()) -> Run:
        """The run that has not ended yet, or a new one; two that begin at once get the same."""
        with self._database.writing() as connection:
            going_on = self._newest(connection, ended=False)
            if going_on is not None:
                return going_on
            run = Run(_run_id(now), now, only=only)
            connection.execute(
                "INSERT INTO runs (fleet, id, document) VALUES (?, ?, ?)",
                (self._database.fleet, run.id, RUN.stored(run)),
            )
            return run

    def enter(self, entry: Entry) -> None:
        """Write a cluster's end in a run; the first one stands, later ones change nothing."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO entries (fleet, run, cluster, document) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (self._database.fleet, entry.run, entry.cluster, ENTRY.stored(entry)),
            )

    def entries(self, run: RunId) -> tuple[Entry, ...]:
        """The ledger of a run, by cluster."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT document FROM entries WHERE fleet = ? AND run = ? ORDER BY cluster",
                (self._database.fleet, run),
            ).fetchall()
        return tuple(ENTRY.read(row, self._database.path) for (row,) in rows)

    def end(self, run: Run) -> bool:
        """End it (`run.ended_at` is set); False: somebody else did already.

        Raises:
            Trouble: It has no end; a bug.
        """
        if run.ended_at is None:
            raise Trouble(f"run {run.id} was to be ended without a time; this is a bug in Seawall")
        with self._database.writing() as connection:
            done = connection.execute(
                "UPDATE runs SET ended = 1, document = ? WHERE fleet = ? AND id = ? AND ended = 0",
                (RUN.stored(run), self._database.fleet, run.id),
            )
            return done.rowcount == 1

    def open(self) -> Run | None:
        """The run that has not ended yet."""
        with self._database.reading() as connection:
            return self._newest(connection, ended=False)

    def last(self) -> Run | None:
        """The run that ended last."""
        with self._database.reading() as connection:
            return self._newest(connection, ended=True)

    def _newest(self, connection: sqlite3.Connection, *, ended: bool) -> Run | None:
        """By the order they began in, whatever the clock said: there is but one open at a time."""
        row = connection.execute(
            "SELECT document FROM runs WHERE fleet = ? AND ended = ? ORDER BY seq DESC LIMIT 1",
            (self._database.fleet, ended),
        ).fetchone()
        return RUN.read(row[0], self._database.path) if row else None


def _run_id(now: datetime) -> RunId:
    return RunId(f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(CHANCE_BYTES)}")
