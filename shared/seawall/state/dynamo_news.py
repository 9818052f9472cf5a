"""Turns and notices that no digest has told yet, in DynamoDB, and the digest that waits to be sent.

    UNTOLD   <number>  turns (see `dynamo_memories`) or a notice, until a digest has taken it up
    NOTICES  <sha256>  which notices were ever noted; dropped after `KEPT`
    NEWS     DESK      the digest that waits, who tells it, the numbers it took up, and how many
                       digests there were

A mark names the numbers it goes up to one by one: others write at the same time, and what came in
late may have a smaller number. What a digest takes up is committed by one conditional write of the
desk, together with the digest. Only then are its numbers deleted; whoever is killed in between
leaves them to the next one, and nobody takes them for untold meanwhile. What waits is handed to a
teller by another conditional write, of the holder alone.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from seawall.model.digest import Digest, DigestId, Notice, Untold
from seawall.model.errors import Trouble, TryLater
from seawall.model.messages import RunId
from seawall.model.telling import Teller
from seawall.state.dynamo import (
    NEW,
    DynamoTable,
    Item,
    Place,
    Put,
    forgotten_after,
    in_order,
    stored_time,
)
from seawall.state.dynamo_documents import Attic, Document
from seawall.state.dynamo_memories import TURNS, DynamoMemories

KEPT: Final = timedelta(days=400)
NOTICE: Final = "notice"
MOST_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """What the last digest took up, and the digest while it waits to be sent."""

    numbers: tuple[str, ...] = ()
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class _Desk:
    """The desk as it was read; `turn` counts the digests that were laid on it.

    What waits is told by `teller`, and by nobody else until `held_until`; empty: by nobody yet.
    """

    turn: int
    taken: Taken
    waiting: bool
    teller: str = ""
    held_until: str = ""


class DynamoNews:
    """The port `News` over one table."""

    def __init__(
        self, table: DynamoTable, memories: DynamoMemories, attic: Attic | None = None
    ) -> None:
        self._table, self._memories = table, memories
        self._notice = Document(Notice, "the notice", "notices", attic)
        self._taken = Document(Taken, "the digest", "digests", attic)

    def note(self, run: RunId, notice: Notice, *, now: datetime) -> None:
        """Keep a notice for the digest of a run; the same words in the same run only once."""
        marker: Item = {
            "pk": self._table.place("NOTICES"),
            "sk": _words(run, notice),
            "ttl": forgotten_after(now, KEPT),
        }
        untold: Item = {
            "pk": self._untold(),
            "sk": in_order(self._table.number()),
            "kind": NOTICE,
            **self._notice.stored(notice, notice.cluster),
        }
        self._table.put_together([Put(marker, NEW), Put(untold)])

    def untold(self) -> Untold:
        """What no digest has taken up, oldest first."""
        told = set(self._desk().taken.numbers)  # read first: what is told later may be told twice
        items = [each for each in self._table.query(self._untold()) if each["sk"] not in told]
        turns = [each for each in items if each["kind"] == TURNS]
        notices = (each for each in items if each["kind"] == NOTICE)
        return Untold(
            turns=tuple(turn for each in self._memories.chapters(turns) for turn in each),
            notices=tuple(self._notice.read(each, str(each["sk"])) for each in notices),
            mark=" ".join(str(each["sk"]) for each in items),
        )

    def waits(self) -> bool:
        """Whether there is anything to tell: a digest that was not sent, or what none took up."""
        desk = self._desk()
        told = set(desk.taken.numbers)
        untold = self._table.query(self._untold())
        return desk.waiting or any(each["sk"] not in told for each in untold)

    def draft(self, digest: Digest, untold: Untold, teller: Teller) -> Digest | None:
        """Take up what `digest` was made of, and keep the digest until it was sent.

        None: there is nothing to send. It was empty, or somebody else has told all of it, or is
        about to tell what waits.

        Raises:
            TryLater: Somebody else has told a part of it meanwhile; make another one.
        """
        for _ in range(MOST_TRIES):
            desk = self._desk()
            if desk.waiting and not teller.may_take(desk.teller, self._held_until(desk)):
                return None
            taken = desk.taken if desk.waiting else self._takes(desk, digest, untold)
            if taken is None:
                return None
            if self._handed(desk, teller) if desk.waiting else self._laid(desk, taken, teller):
                self._sweep(taken.numbers)
                return taken.digest
        raise TryLater(f"DynamoDB table {self._table.name}: others are sending alerts")

    def sent(self, digest: DigestId) -> None:
        """It was delivered."""
        self._table.update(
            self._place(),
            "SET waiting = :no",
            "digest = :digest AND waiting = :yes",
            {"digest": digest, "no": 0, "yes": 1},
        )

    def _takes(self, desk: _Desk, digest: Digest, untold: Untold) -> Taken | None:
        """What is to be laid on the desk; None: nothing."""
        marked = _numbers(untold.mark)
        there = {str(each["sk"]) for each in self._table.query(self._untold())}
        # Its numbers are forgotten when another digest is laid upon it.
        self._sweep(there & set(desk.taken.numbers))
        left = there - set(desk.taken.numbers)
        taken = tuple(number for number in marked if number in left)
        if not digest:
            return Taken(taken) if taken else None
        if marked and not taken:
            return None
        if len(taken) != len(marked):
            raise TryLater(f"DynamoDB table {self._table.name}: somebody else is sending alerts")
        return Taken(taken, digest)

    def _handed(self, desk: _Desk, teller: Teller) -> bool:
        """Whether what waits is this teller's from now on.

        False: somebody took it before us, maybe this very write, whose answer was lost.
        """
        refused = self._table.update(
            self._place(),
            "SET teller = :teller, held_until = :until",
            "turn = :turn AND waiting = :yes AND"
            " (attribute_not_exists(teller) OR (teller = :was AND held_until = :was_until))",
            {
                "teller": teller.name,
                "until": stored_time(teller.until),
                "turn": desk.turn,
                "yes": 1,
                "was": desk.teller,
                "was_until": desk.held_until,
            },
        )
        return refused is None

    def _laid(self, desk: _Desk, taken: Taken, teller: Teller) -> bool:
        """Whether nobody laid something there before us."""
        pk, sk = self._place()
        attempt = secrets.token_hex(8)
        item: Item = {
            "pk": pk,
            "sk": sk,
            "turn": desk.turn + 1,
            "attempt": attempt,
            "waiting": int(taken.digest is not None),
            "digest": taken.digest.id if taken.digest else "",
            "teller": teller.name,
            "held_until": stored_time(teller.until),
            **self._taken.stored(taken, self._table.fleet),
        }
        condition = "turn = :turn" if desk.turn else NEW
        values = (("turn", desk.turn),) if desk.turn else ()
        refused = self._table.put(Put(item, condition, values))
        return refused is None or refused.item.get("attempt") == attempt

    def _sweep(self, numbers: Iterable[str]) -> None:
        self._table.drop((self._untold(), number) for number in numbers)

    def _desk(self) -> _Desk:
        item = self._table.read(self._place())
        if item is None:
            return _Desk(0, Taken(), waiting=False)
        taken = self._taken.read(item, self._table.fleet)
        return _Desk(
            int(item["turn"]),
            taken,
            waiting=bool(item["waiting"]),
            teller=str(item.get("teller", "")),
            held_until=str(item.get("held_until", "")),
        )

    def _held_until(self, desk: _Desk) -> datetime | None:
        try:
            return datetime.fromisoformat(desk.held_until) if desk.held_until else None
        except ValueError as error:
            raise Trouble(
                f"DynamoDB table {self._table.name}: who tells the digest that waits cannot be "
                f"understood ({error}); remove held_until from the item NEWS, DESK of the fleet"
            ) from error

    def _untold(self) -> str:
        return self._table.place("UNTOLD")

    def _place(self) -> Place:
        return self._table.place("NEWS"), "DESK"


def _words(run: RunId, notice: Notice) -> str:
    """What makes a notice the same one; no part can hold the separator of the lengths."""
    parts = [run, notice.cluster, notice.plan or "", notice.text]
    said = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _numbers(mark: str) -> list[str]:
    numbers = mark.split()
    if not all(each.isdecimal() for each in numbers):
        raise Trouble(f"the mark {mark[:80]!r} is not one of `untold`; this is a bug in Seawall")
    return numbers
