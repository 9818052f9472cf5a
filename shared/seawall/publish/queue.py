"""The queue on one machine: letters in the SQLite file, for any number of threads and processes."""

import sqlite3
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Final

from seawall.model.messages import Message, RunId
from seawall.publish import queue_rows as rows
from seawall.publish.events import FINDINGS, SCANS, Letter, encode
from seawall.publish.queue_letters import (
    MOST_TRIES,
    QUEUES,
    DeadLetter,
    Delivery,
    Queue,
    QueueCounts,
)
from seawall.state.database import Database

__all__ = [
    "FINDINGS",
    "MOST_TRIES",
    "QUEUES",
    "SCANS",
    "DeadLetter",
    "Delivery",
    "Queue",
    "QueueCounts",
    "SqliteQueue",
]

TAKEN: Final = """
SELECT seq, id, group_key, body, tries, coalesce(owner, ''), why FROM letters
WHERE fleet = ? AND receipt IS NOT NULL
"""
COUNTS: Final = """
SELECT queue,
    sum(died_at_us IS NULL AND (receipt IS NULL OR free_at_us <= :now)),
    sum(died_at_us IS NULL AND receipt IS NOT NULL AND free_at_us > :now),
    sum(died_at_us IS NOT NULL),
    min(CASE WHEN died_at_us IS NULL THEN sent_at_us END)
FROM letters WHERE fleet = :fleet GROUP BY queue
"""


class SqliteQueue:
    """The port `Queue` over one file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._fleet = database.fleet

    def send(self, messages: Iterable[Message], *, now: datetime) -> None:
        """Put them on the queues of their kinds, all or none."""
        self.post([encode(each, fleet=self._fleet, now=now) for each in messages], now=now)

    def post(self, letters: Iterable[Letter], *, now: datetime) -> None:
        """Put letters on their queues, all or none; an id that is there, dead too, is dropped."""
        ready = list(letters)  # whatever makes them must not make others wait for the file
        if ready:
            with self._database.writing() as connection:
                rows.post(connection, self._fleet, ready, now)

    def receive(
        self, queue: str, *, now: datetime, most: int, visibility_s: float, owner: str
    ) -> tuple[Delivery, ...]:
        """Take up to `most` letters, each group's next one if none of that group is in flight."""
        taken: list[Delivery] = []
        with self._database.writing() as connection:
            rows.rehold(connection, self._fleet, now=now)
            looking = True
            while looking:
                looking = False
                left = most - len(taken)
                for row in rows.in_turn(connection, self._fleet, queue, now=now, most=left):
                    if rows.give_up(connection, row, now=now):
                        looking = True  # its group goes on
                        continue
                    receipt = rows.take(
                        connection, row, now=now, visibility_s=visibility_s, owner=owner
                    )
                    taken.append(rows.delivery(row, queue, receipt))
        return tuple(taken)

    def done(self, receipt: str) -> bool:
        """The letter is dealt with and goes; False: the receipt is void, nothing was changed."""
        with self._database.writing() as connection:
            gone = connection.execute(
                "DELETE FROM letters WHERE fleet = ? AND receipt = ?", (self._fleet, receipt)
            )
            return gone.rowcount == 1

    def retry(self, receipt: str, *, now: datetime, delay_s: float, why: str) -> bool:
        """Deliver it again after a delay; a dead letter after its last try. False as for `done`."""
        with self._database.writing() as connection:
            found = connection.execute(
                "SELECT seq, tries FROM letters WHERE fleet = ? AND receipt = ?",
                (self._fleet, receipt),
            ).fetchone()
            if found is None:
                return False
            seq, tries = found
            if tries >= MOST_TRIES:
                rows.bury(connection, seq, now=now, why=why)
            else:
                rows.put_back(connection, seq, now=now, delay_s=delay_s, why=why)
        return True

    def extend(self, receipt: str, *, now: datetime, visibility_s: float) -> bool:
        """Hold it for so long from now on. False as for `done`."""
        until = rows.later_us(now, visibility_s)
        with self._database.writing() as connection:
            held = connection.execute(
                "UPDATE letters SET held_at_us = ?, free_at_us = ? WHERE fleet = ? AND receipt = ?",
                (rows.in_us(now), until, self._fleet, receipt),
            )
            return held.rowcount == 1

    def release(self, owner_is_dead: Callable[[str], bool], *, now: datetime) -> int:
        """Put back what the dead have taken, without waiting for it; how many letters that were."""
        with self._database.reading() as connection:
            owners = {row.owner for row in self._taken(connection)}
        # Workers do this often: nothing is written, and no turn waited for, where nobody died.
        dead = {owner for owner in owners if owner_is_dead(owner)}
        return self._take_from(dead, now) if dead else 0

    def _take_from(self, owners: set[str], now: datetime) -> int:
        with self._database.writing() as connection:
            orphans = [row for row in self._taken(connection) if row.owner in owners]
            for row in orphans:
                if not rows.give_up(connection, row, now=now):
                    rows.put_back(connection, row.seq, now=now, delay_s=0, why=row.why)
        return len(orphans)

    def _taken(self, connection: sqlite3.Connection) -> list[rows.Row]:
        return [rows.Row(*row) for row in connection.execute(TAKEN, (self._fleet,))]

    def busy(self) -> bool:
        """Whether any letter waits or is in flight."""
        return (
            self._number(
                "SELECT EXISTS (SELECT 1 FROM letters WHERE fleet = ? AND died_at_us IS NULL)"
            )
            != 0
        )

    def waiting(self, queue: str, run: RunId) -> int:
        """How many letters of a run wait or are in flight."""
        return self._number(
            "SELECT count(*) FROM letters"
            " WHERE fleet = ? AND queue = ? AND run = ? AND died_at_us IS NULL",
            queue,
            run,
        )

    def _number(self, question: str, *words: str) -> int:
        with self._database.reading() as connection:
            (number,) = connection.execute(question, (self._fleet, *words)).fetchone()
        return int(number)

    def counts(self, *, now: datetime) -> tuple[QueueCounts, ...]:
        """Each of `QUEUES`, also an empty one."""
        asked = {"fleet": self._fleet, "now": rows.in_us(now)}
        found = {}
        with self._database.reading() as connection:
            for queue, waiting, in_flight, dead, sent_us in connection.execute(COUNTS, asked):
                oldest_s = None if sent_us is None else _age_s(sent_us, now)
                found[queue] = QueueCounts(queue, waiting, in_flight, dead, oldest_s)
        return tuple(found.get(queue, QueueCounts(queue)) for queue in QUEUES)

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """Those of all queues, the oldest letter first."""
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT id, queue, group_key, tries, why, died_at_us FROM letters"
                " WHERE fleet = ? AND died_at_us IS NOT NULL ORDER BY seq",
                (self._fleet,),
            ).fetchall()
        return tuple(
            DeadLetter(name, queue, group, tries, why, rows.as_time(died_us))
            for name, queue, group, tries, why, died_us in found
        )

    def redrive(self, ids: Collection[str] | None, *, now: datetime) -> frozenset[str]:
        """Put dead letters (None: all) at the end of their queues, with no tries; their ids."""
        with self._database.writing() as connection:
            dead = connection.execute(
                "SELECT seq, id FROM letters"
                " WHERE fleet = ? AND died_at_us IS NOT NULL ORDER BY seq",
                (self._fleet,),
            ).fetchall()
            chosen = [(seq, name) for seq, name in dead if ids is None or name in ids]
            for seq, _ in chosen:
                rows.revive(connection, seq, now=now)
        return frozenset(name for _, name in chosen)


def _age_s(sent_us: int, now: datetime) -> float:
    """Never negative: the clock may have gone back since."""
    return max(0, rows.in_us(now) - sent_us) / rows.SECOND_US
