"""The inventory in DynamoDB: which clusters there are, where they listen, when they were seen.

    INVENTORY      #<cluster>  the record
    SCOPE#<scope>  #<cluster>  which clusters were ever recorded under a scope

What a scope has is written before the record that says so, and never taken back: the record alone
says which scope a cluster is in. Each record is written by itself. Whoever is killed on the way has
written some of them, each of which is true, and the next look writes the others.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from seawall.model.cluster import ClusterKey
from seawall.model.errors import Trouble
from seawall.model.fleet import AHEAD, ClusterRecord, ClusterRef, Presence, Sighting
from seawall.model.sight import Seen
from seawall.state.dynamo import DynamoTable, Item, Place, Put, stored_time
from seawall.state.dynamo_documents import Document

HEEDS: Final = (
    "(attribute_not_exists(missed_at) AND (last_seen <= :now OR last_seen > :ahead))"
    " OR missed_at <= :now OR missed_at > :ahead"
)
"""`ClusterRecord.heeds`; whatever is compared with what is not there is false."""


class DynamoInventory:
    """The port `Inventory` over one table."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table
        self._document = Document(ClusterRef, "the record", "clusters", None)

    def record(self, key: ClusterKey) -> ClusterRecord | None:
        """One cluster."""
        item = self._table.read(self._place(key))
        return self._record(item) if item else None

    def records(self) -> tuple[ClusterRecord, ...]:
        """All clusters by key, those that are gone included."""
        return tuple(map(self._record, self._table.query(self._table.place("INVENTORY"))))

    def observe(self, sighting: Sighting, *, now: datetime) -> None:
        """Take in what a scope holds; one that could not be looked at makes its clusters stale."""
        found = sighting.found
        refs = {ref.key: ref for ref in found.value} if isinstance(found, Seen) else {}
        known = self._known(sighting.scope, refs)
        for ref in refs.values():
            self._find(ref, known.get(self._place(ref.key)), sighting.scope, now)
        mine = (item for item in known.values() if item["in_scope"] == sighting.scope)
        for item in mine:
            if not isinstance(found, Seen):
                self._miss(item, Presence.STALE, now)
            elif _key_of(item) not in refs:
                self._miss(item, Presence.GONE, now)

    def _known(self, scope: str, found: Iterable[ClusterKey]) -> dict[Place, Item]:
        """The records that this sighting may change."""
        index = self._table.query(self._scope(scope))
        places = [self._place(_key_of(each)) for each in index]
        return self._table.read_each([*places, *map(self._place, found)])

    def _find(self, ref: ClusterRef, known: Item | None, scope: str, now: datetime) -> None:
        if known is None or known["in_scope"] != scope:
            self._table.put(Put({"pk": self._scope(scope), "sk": f"#{ref.key}"}))
        item: Item = {
            **self._document.stored(ref, ref.key),
            "in_scope": scope,
            "presence": Presence.PRESENT,
        }
        change = ", ".join(f"{name} = :{name}" for name in item)
        change = f"SET {change}, first_seen = if_not_exists(first_seen, :now)"
        values = {**item, **_times(now)}
        refused = self._table.update(
            self._place(ref.key),
            f"{change}, last_seen = :now REMOVE missed_at",
            f"attribute_not_exists(pk) OR (last_seen <= :now AND ({HEEDS}))",
            values,
        )
        if refused is not None:  # a later look has decided, or the clock went back
            self._table.update(self._place(ref.key), f"{change} REMOVE missed_at", HEEDS, values)

    def _miss(self, item: Item, presence: Presence, now: datetime) -> None:
        """Unless it was found elsewhere meanwhile; and what is gone is not only doubted."""
        doubted = presence is Presence.STALE
        if doubted and item["presence"] == Presence.GONE:
            return
        self._table.update(
            (str(item["pk"]), str(item["sk"])),
            "SET presence = :presence, missed_at = :now",
            f"in_scope = :in_scope AND ({HEEDS})" + (" AND presence <> :gone" if doubted else ""),
            {
                "presence": presence,
                "in_scope": item["in_scope"],
                **_times(now),
                **({"gone": Presence.GONE} if doubted else {}),
            },
        )

    def _record(self, item: Item) -> ClusterRecord:
        ref = self._document.read(item, _key_of(item))
        missed = item.get("missed_at")
        try:
            return ClusterRecord(
                ref,
                scope=str(item["in_scope"]),
                presence=Presence(str(item["presence"])),
                first_seen=datetime.fromisoformat(str(item["first_seen"])),
                last_seen=datetime.fromisoformat(str(item["last_seen"])),
                missed_at=datetime.fromisoformat(str(missed)) if missed else None,
            )
        except (KeyError, ValueError) as error:
            raise Trouble(
                f"DynamoDB table {self._table.name}: the record of {_key_of(item)!r} cannot be "
                f"understood ({error}); delete the item, and the next discovery makes it anew"
            ) from error

    def _place(self, key: ClusterKey) -> Place:
        return self._table.place("INVENTORY"), f"#{key}"

    def _scope(self, scope: str) -> str:
        return self._table.place("SCOPE", scope)


def _times(now: datetime) -> dict[str, str]:
    return {"now": stored_time(now), "ahead": stored_time(now + AHEAD)}


def _key_of(item: Item) -> ClusterKey:
    return ClusterKey(str(item["sk"])[1:])
