"""Turns and notices that no digest has told yet, and the digest that waits to be sent."""

import sqlite3
from datetime import datetime
from typing import Final

from seawall.model.cluster import ClusterKey
from seawall.model.digest import Digest, DigestId, Notice, Untold
from seawall.model.errors import Trouble, TryLater
from seawall.model.messages import RunId
from seawall.model.plan import PlanId
from seawall.model.telling import Teller
from seawall.state.database import Database, stored
from seawall.state.memories import TURN
from seawall.state.shapes import Shape, damaged

DIGEST: Final = Shape(Digest, "a digest")
NOTED: Final = """
INSERT INTO notices (fleet, run, cluster, plan, text, noted_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
WAITS: Final = """
SELECT EXISTS (SELECT 1 FROM digests WHERE fleet = :fleet AND sent = 0)
    OR EXISTS (SELECT 1 FROM transitions WHERE fleet = :fleet AND told_by IS NULL)
    OR EXISTS (SELECT 1 FROM notices WHERE fleet = :fleet AND told_by IS NULL)
"""

Waiting = tuple[bytes, str, str | None]
"""The document of a digest, who tells it, and until when nobody else does."""


class SqliteNews:
    """The port `News` over one file. A mark is the last turn and the last notice: `17/4`.

    Nobody can slip in before a mark later on: sequence numbers are given out under the write lock.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, run: RunId, notice: Notice, *, now: datetime) -> None:
        """Keep a notice for the digest of a run; the same words in the same run only once."""
        row = (self._database.fleet, run, notice.cluster, notice.plan or "", notice.text)
        with self._database.writing() as connection:
            connection.execute(NOTED, (*row, stored(now)))

    def untold(self) -> Untold:
        """What no digest has taken up, oldest first."""
        with self._database.reading() as connection:
            turns = connection.execute(
                "SELECT seq, document FROM transitions"
                " WHERE fleet = ? AND told_by IS NULL ORDER BY seq",
                (self._database.fleet,),
            ).fetchall()
            notices = connection.execute(
                "SELECT seq, cluster, text, plan FROM notices"
                " WHERE fleet = ? AND told_by IS NULL ORDER BY seq",
                (self._database.fleet,),
            ).fetchall()
        return Untold(
            turns=tuple(TURN.read(row, self._database.path) for _, row in turns),
            notices=tuple(
                Notice(ClusterKey(cluster), text, PlanId(plan) if plan else None)
                for _, cluster, text, plan in notices
            ),
            mark=f"{turns[-1][0] if turns else 0}/{notices[-1][0] if notices else 0}",
        )

    def waits(self) -> bool:
        """Whether there is anything to tell: a digest that was not sent, or what none took up."""
        with self._database.reading() as connection:
            (found,) = connection.execute(WAITS, {"fleet": self._database.fleet}).fetchone()
        return bool(found)

    def draft(self, digest: Digest, untold: Untold, teller: Teller) -> Digest | None:
        """Take up what `digest` was made of, and keep the digest until it was sent.

        None: there is nothing to send. It was empty, or somebody else has told all of it, or is
        about to tell what waits.

        Raises:
            TryLater: Somebody else has told a part of it meanwhile; make another one.
        """
        with self._database.writing() as connection:
            row = self._waiting(connection)
            if row is not None:
                return self._handed(connection, row, teller)
            number = len(untold.turns) + len(untold.notices)
            taken = self._take_up(connection, digest.id, untold.mark)
            if not digest or (number and not taken):
                return None
            if taken != number:
                raise TryLater(f"{self._database.path}: another process is sending alerts")
            connection.execute(
                "INSERT INTO digests (fleet, id, document, teller, held_until)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    self._database.fleet,
                    digest.id,
                    DIGEST.stored(digest),
                    teller.name,
                    stored(teller.until),
                ),
            )
            return digest

    def sent(self, digest: DigestId) -> None:
        """It was delivered."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE digests SET sent = 1 WHERE fleet = ? AND id = ? AND sent = 0",
                (self._database.fleet, digest),
            )

    def _waiting(self, connection: sqlite3.Connection) -> Waiting | None:
        row: Waiting | None = connection.execute(
            "SELECT document, teller, held_until FROM digests WHERE fleet = ? AND sent = 0",
            (self._database.fleet,),
        ).fetchone()
        return row

    def _handed(
        self, connection: sqlite3.Connection, row: Waiting, teller: Teller
    ) -> Digest | None:
        """The digest that waits, which is this teller's from now on; None: it is another one's."""
        document, holder, until = row
        try:
            held_until = None if until is None else datetime.fromisoformat(until)
        except (TypeError, ValueError) as error:
            raise damaged("a digest", self._database.path, error) from error
        if not teller.may_take(holder, held_until):
            return None
        connection.execute(
            "UPDATE digests SET teller = ?, held_until = ? WHERE fleet = ? AND sent = 0",
            (teller.name, stored(teller.until), self._database.fleet),
        )
        return DIGEST.read(document, self._database.path)

    def _take_up(self, connection: sqlite3.Connection, digest: DigestId, mark: str) -> int:
        """How many turns and notices up to the mark were not told yet, and now are."""
        return sum(
            connection.execute(
                f"UPDATE {table} SET told_by = ?"  # noqa: S608  our own words
                " WHERE fleet = ? AND told_by IS NULL AND seq <= ?",
                (digest, self._database.fleet, seq),
            ).rowcount
            for table, seq in zip(("transitions", "notices"), _numbers(mark), strict=True)
        )


def _numbers(mark: str) -> tuple[int, int]:
    turn, slash, notice = mark.partition("/")
    if not (slash and turn.isdecimal() and notice.isdecimal()):
        raise Trouble(f"the mark {mark!r} is not one of `untold`; this is a bug in Seawall")
    return int(turn), int(notice)
