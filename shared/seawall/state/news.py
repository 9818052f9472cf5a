"""Turns and notices that no digest has told yet, and the digest that waits to be sent."""

import sqlite3
from datetime import datetime
from typing import Final

from seawall.model.cluster import ClusterKey
from seawall.model.digest import Digest, DigestId, Notice, Untold
from seawall.model.errors import Trouble, TryLater
from seawall.model.messages import RunId
from seawall.model.plan import PlanId
from seawall.state.database import Database, stored
from seawall.state.memories import TURN
from seawall.state.shapes import Shape

DIGEST: Final = Shape(Digest, "a digest")
NOTED: Final = """
INSERT INTO notices (fleet, run, cluster, plan, text, noted_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""


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

    def draft(self, digest: Digest, untold: Untold) -> Digest | None:
        """Take up what `digest` was made of, and keep the digest until it was sent.

        None: there is nothing to send. It was empty, or somebody else has told all of it.

        Raises:
            TryLater: Somebody else has told a part of it meanwhile; make another one.
        """
        with self._database.writing() as connection:
            waiting = self._waiting(connection)
            if waiting is not None:
                return waiting
            number = len(untold.turns) + len(untold.notices)
            taken = self._take_up(connection, digest.id, untold.mark)
            if not digest or (number and not taken):
                return None
            if taken != number:
                raise TryLater(f"{self._database.path}: another process is sending alerts")
            connection.execute(
                "INSERT INTO digests (fleet, id, document) VALUES (?, ?, ?)",
                (self._database.fleet, digest.id, DIGEST.stored(digest)),
            )
            return digest

    def sent(self, digest: DigestId) -> None:
        """It was delivered."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE digests SET sent = 1 WHERE fleet = ? AND id = ? AND sent = 0",
                (self._database.fleet, digest),
            )

    def _waiting(self, connection: sqlite3.Connection) -> Digest | None:
        row = connection.execute(
            "SELECT document FROM digests WHERE fleet = ? AND sent = 0", (self._database.fleet,)
        ).fetchone()
        return DIGEST.read(row[0], self._database.path) if row else None

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
