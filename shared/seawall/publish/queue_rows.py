"""The table `letters`: each step of a queue as statements within a transaction of the caller.

Letters of a group are ordered by `seq`; one may be taken if it is free and no living letter of its
group comes before it. So the one in flight blocks the rest, and so does one that has to wait.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from seawall.publish.events import Letter
from seawall.publish.queue_letters import CLOCK_SLACK_S, MOST_TRIES, Delivery, abandoned, kept_why

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US: Final = 1_000_000

POST: Final = """
INSERT INTO letters (fleet, queue, id, group_key, run, body, sent_at_us)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fleet, queue, id) DO NOTHING
"""
IN_TURN: Final = """
SELECT seq, id, group_key, body, tries, coalesce(owner, ''), why FROM letters AS next
WHERE fleet = :fleet AND queue = :queue AND died_at_us IS NULL
AND (held_at_us IS NULL OR free_at_us <= :now) AND NOT EXISTS (
    SELECT 1 FROM letters AS earlier
    WHERE earlier.fleet = next.fleet AND earlier.queue = next.queue
    AND earlier.group_key = next.group_key AND earlier.died_at_us IS NULL
    AND earlier.seq < next.seq)
ORDER BY seq LIMIT :most
"""
TAKE: Final = """
UPDATE letters SET receipt = :receipt, owner = :owner, tries = tries + 1,
held_at_us = :now, free_at_us = :until WHERE seq = :seq
"""
BURY: Final = """
UPDATE letters SET died_at_us = :now, why = :why,
receipt = NULL, owner = NULL, held_at_us = NULL, free_at_us = NULL WHERE seq = :seq
"""
PUT_BACK: Final = """
UPDATE letters SET held_at_us = :now, free_at_us = :until, why = :why,
receipt = NULL, owner = NULL WHERE seq = :seq
"""
REHOLD: Final = """
UPDATE letters SET free_at_us = :now + free_at_us - held_at_us, held_at_us = :now
WHERE fleet = :fleet AND held_at_us > :now + :slack
"""
REVIVE: Final = """
UPDATE letters SET seq = (SELECT max(seq) + 1 FROM letters), sent_at_us = :now, tries = 0,
died_at_us = NULL WHERE seq = :seq
"""


@dataclass(frozen=True, slots=True)
class Row:
    """A letter of the table, as far as its next step needs it."""

    seq: int
    id: str
    group: str
    body: bytes
    tries: int
    owner: str
    why: str


def in_us(time: datetime) -> int:
    """A time as it is stored."""
    return (time - EPOCH) // timedelta(microseconds=1)


def as_time(us: int) -> datetime:
    """A stored time."""
    return EPOCH + timedelta(microseconds=us)


def later_us(now: datetime, seconds: float) -> int:
    """A time from now, as it is stored."""
    return in_us(now) + round(seconds * SECOND_US)


def post(
    connection: sqlite3.Connection, fleet: str, letters: Iterable[Letter], now: datetime
) -> None:
    """Append letters; those whose id is there already are left out."""
    sent = in_us(now)
    connection.executemany(
        POST,
        ((fleet, each.queue, each.id, each.group, each.run, each.body, sent) for each in letters),
    )


def in_turn(
    connection: sqlite3.Connection, fleet: str, queue: str, *, now: datetime, most: int
) -> list[Row]:
    """The letters that may be taken, in order."""
    asked = {"fleet": fleet, "queue": queue, "now": in_us(now), "most": most}
    return [Row(*row) for row in connection.execute(IN_TURN, asked)]


def take(
    connection: sqlite3.Connection, row: Row, *, now: datetime, visibility_s: float, owner: str
) -> str:
    """Put it in somebody's hands; the receipt."""
    receipt = uuid4().hex
    until = later_us(now, visibility_s)
    asked = {"receipt": receipt, "owner": owner, "now": in_us(now), "until": until, "seq": row.seq}
    connection.execute(TAKE, asked)
    return receipt


def delivery(row: Row, queue: str, receipt: str) -> Delivery:
    """What whoever took it gets."""
    return Delivery(row.id, queue, row.group, row.body, receipt, row.tries + 1)


def give_up(connection: sqlite3.Connection, row: Row, *, now: datetime) -> bool:
    """Make it a dead letter, if it had its last try and nobody said what became of it."""
    if row.tries < MOST_TRIES:
        return False
    bury(connection, row.seq, now=now, why=abandoned(row.tries, row.owner, row.why))
    return True


def bury(connection: sqlite3.Connection, seq: int, *, now: datetime, why: str) -> None:
    """Make it a dead letter."""
    connection.execute(BURY, {"seq": seq, "now": in_us(now), "why": kept_why(why)})


def put_back(
    connection: sqlite3.Connection, seq: int, *, now: datetime, delay_s: float, why: str
) -> None:
    """Take it out of somebody's hands."""
    until = later_us(now, delay_s)
    asked = {"seq": seq, "now": in_us(now), "until": until, "why": kept_why(why)}
    connection.execute(PUT_BACK, asked)


def rehold(connection: sqlite3.Connection, fleet: str, *, now: datetime) -> None:
    """Begin every hold anew that began in the future: the clock went back."""
    slack = round(CLOCK_SLACK_S * SECOND_US)
    connection.execute(REHOLD, {"fleet": fleet, "now": in_us(now), "slack": slack})


def revive(connection: sqlite3.Connection, seq: int, *, now: datetime) -> None:
    """Let a dead letter be the last of its queue; its old place might be before one in flight."""
    connection.execute(REVIVE, {"seq": seq, "now": in_us(now)})
