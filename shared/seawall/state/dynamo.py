"""One DynamoDB table for all that is remembered: its items, its pages, its refusals.

Every item has `pk` and `sk`; the first part of `pk` is the fleet's name. Reads are consistent, and
go on to the last page. A write is one call, or one transaction: whoever is killed between two calls
left something whole behind. `ttl` lets DynamoDB drop what nobody will ask for again, days late
(docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html); nothing relies on it.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from seawall.clouds.aws import Aws, patient, translated
from seawall.model.errors import NoEntry, Trouble, TryLater

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        PutItemInputTypeDef,
        TransactWriteItemTypeDef,
        WriteRequestTypeDef,
    )

Item = dict[str, str | int | bytes]
Place = tuple[str, str]
"""Where an item is: `pk` and `sk`."""

MOST_READ: Final = 100
MOST_WRITTEN: Final = 25
"""Items a BatchGetItem and a BatchWriteItem take."""

MOST_ROUNDS: Final = 8
"""So often is asked again for what a batch left over."""

# Of those of a transaction that failed, in whose place something else is to be tried later.
PASSING: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
REFUSED: Final = "ConditionalCheckFailed"


@dataclass(frozen=True, slots=True)
class Refused:
    """A condition did not hold: nothing was written. `item` is what was there instead."""

    item: Item


@dataclass(frozen=True, slots=True)
class Put:
    """An item to be written whole, if its condition holds; `values` are the `:names` in it."""

    item: Item
    condition: str = ""
    values: tuple[tuple[str, str | int], ...] = ()


NEW: Final = "attribute_not_exists(pk)"


def open_table(aws: Aws, name: str, *, fleet: str) -> "DynamoTable":
    """The table of this account and region; it is first asked when it is first used.

    Raises:
        Trouble: There are no credentials, or no boto3.
    """
    session = aws.session()
    with translated("DynamoDB"):
        return DynamoTable(session.client("dynamodb", config=patient()), name, fleet=fleet)


class DynamoTable:
    """One table and one fleet in it. Any thread may use it."""

    def __init__(
        self,
        client: "DynamoDBClient",
        name: str,
        *,
        fleet: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self.name, self.fleet, self._pause = client, name, fleet, pause

    def place(self, kind: str, of: str | None = None) -> str:
        """The `pk` of a kind; the fleet is quoted, so that no two fleets share one."""
        fleet = f"{quote(self.fleet, safe='')}#{kind}"
        return fleet if of is None else f"{fleet}#{of}"

    def read(self, place: Place) -> Item | None:
        """One item."""
        with self._asked("GetItem"):
            said = self._client.get_item(TableName=self.name, Key=_key(place), ConsistentRead=True)
        return _plain(said["Item"]) if "Item" in said else None

    def read_at_once(self, places: Sequence[Place]) -> list[Item | None]:
        """Items as they were at one moment."""
        with self._asked("TransactGetItems"), self._together():
            said = self._client.transact_get_items(
                TransactItems=[
                    {"Get": {"TableName": self.name, "Key": _key(place)}} for place in places
                ]
            )
        return [_plain(each["Item"]) if "Item" in each else None for each in said["Responses"]]

    def read_each(self, places: Iterable[Place]) -> dict[Place, Item]:
        """Those items that are there, each as it is by now."""
        found: dict[Place, Item] = {}
        for some in _by(MOST_READ, dict.fromkeys(places)):
            left = [_key(place) for place in some]
            for _ in self._rounds(left):
                with self._asked("BatchGetItem"):
                    said = self._client.batch_get_item(
                        RequestItems={self.name: {"Keys": left, "ConsistentRead": True}}
                    )
                items = [_plain(each) for each in said["Responses"].get(self.name, [])]
                found |= {(str(each["pk"]), str(each["sk"])): each for each in items}
                unread = said.get("UnprocessedKeys", {}).get(self.name, {"Keys": []})
                left[:] = [dict(each) for each in unread["Keys"]]
        return found

    def query(self, pk: str, prefix: str = "", *, backward: bool = False) -> Iterator[Item]:
        """The items of a `pk` in the order of their `sk`, page after page."""
        condition = "pk = :pk" + (" AND begins_with(sk, :prefix)" if prefix else "")
        values = _stored({"pk": pk, **({"prefix": prefix} if prefix else {})}, ":")
        start: dict[str, AttributeValueTypeDef] = {}
        while True:
            with self._asked("Query"):
                said = self._client.query(
                    TableName=self.name,
                    KeyConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ConsistentRead=True,
                    ScanIndexForward=not backward,
                    **({"ExclusiveStartKey": start} if start else {}),  # type: ignore[arg-type]  # one of its keywords
                )
            yield from map(_plain, said["Items"])
            start = dict(said.get("LastEvaluatedKey", {}))
            if not start:
                return

    def put(self, put: Put) -> Refused | None:
        """Write one item."""
        with self._asked("PutItem"):
            try:
                self._client.put_item(**self._put_of(put))
            except self._client.exceptions.ConditionalCheckFailedException as error:
                return _refused(error.response)
        return None

    def update(
        self, place: Place, change: str, condition: str, values: Mapping[str, str | int | bytes]
    ) -> Refused | None:
        """Change parts of an item; `change` and `condition` name their values `:name`."""
        with self._asked("UpdateItem"):
            try:
                self._client.update_item(
                    TableName=self.name,
                    Key=_key(place),
                    UpdateExpression=change,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=_stored(values, ":"),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                return _refused(error.response)
        return None

    def put_together(self, puts: Sequence[Put]) -> Refused | None:
        """Write all of them or none; refused by the first condition that did not hold."""
        items = [cast("TransactWriteItemTypeDef", {"Put": self._put_of(put)}) for put in puts]
        with self._asked("TransactWriteItems"):
            try:
                self._client.transact_write_items(TransactItems=items)
            except self._client.exceptions.TransactionCanceledException as error:
                return self._cancelled(error.response)
        return None

    def drop(self, places: Iterable[Place]) -> None:
        """Delete items; those that are gone are as good."""
        for some in _by(MOST_WRITTEN, dict.fromkeys(places)):
            left: list[WriteRequestTypeDef] = [
                {"DeleteRequest": {"Key": _key(place)}} for place in some
            ]
            for _ in self._rounds(left):
                with self._asked("BatchWriteItem"):
                    said = self._client.batch_write_item(RequestItems={self.name: left})
                undone = said.get("UnprocessedItems", {}).get(self.name, [])
                left[:] = cast(list["WriteRequestTypeDef"], undone)

    def number(self) -> int:
        """The next of the fleet's numbers: greater than all that were given out. Some are lost."""
        with self._asked("UpdateItem"):
            said = self._client.update_item(
                TableName=self.name,
                Key=_key((self.place("NUMBER"), "LAST")),
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="UPDATED_NEW",
            )
        return int(said["Attributes"]["n"]["N"])

    def _put_of(self, put: Put) -> "PutItemInputTypeDef":
        asked: PutItemInputTypeDef = {
            "TableName": self.name,
            "Item": _stored(put.item),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if put.condition:
            asked["ConditionExpression"] = put.condition
        if put.values:
            asked["ExpressionAttributeValues"] = _stored(dict(put.values), ":")
        return asked

    def _rounds(self, left: Sequence[object]) -> Iterator[None]:
        """Again and again while anything is left over, with growing pauses."""
        for number in range(MOST_ROUNDS):
            if not left:
                return
            if number:
                self._pause(random.uniform(0, 0.05 * 2**number))  # noqa: S311  no secret
            yield
        if left:
            raise TryLater(f"DynamoDB table {self.name}: it is busy; {len(left)} items were left")

    @contextmanager
    def _asked(self, call: str) -> Iterator[None]:
        """What DynamoDB says, in the words of our ports; a refusal here is wrong settings."""
        what = f"DynamoDB {call} on table {self.name}"
        conflict = self._client.exceptions.TransactionConflictException
        try:
            with translated(what):
                try:
                    yield
                except conflict as error:
                    raise TryLater(f"{what}: somebody else writes the same item") from error
        except NoEntry as error:
            raise Trouble(f"{error}; {_cure(str(error))}") from error

    @contextmanager
    def _together(self) -> Iterator[None]:
        """For reads of one moment: what spoils that moment is passing."""
        try:
            yield
        except self._client.exceptions.TransactionCanceledException as error:
            self._cancelled(error.response)
            raise

    def _cancelled(self, said: Mapping[str, object]) -> Refused:
        reasons = cast(list[dict[str, Any]], said.get("CancellationReasons", []))
        codes = [str(each.get("Code", "None")) for each in reasons]
        if REFUSED in codes:
            return Refused(_plain(reasons[codes.index(REFUSED)].get("Item", {})))
        told = ", ".join(sorted(set(codes) - {"None"})) or "no reason"
        if PASSING & set(codes):
            raise TryLater(f"DynamoDB table {self.name}: others write the same items ({told})")
        raise Trouble(
            f"DynamoDB table {self.name}: a transaction was refused ({told}); this is a bug in "
            "Seawall, please report it with this sentence"
        )


def stored_time(time: datetime) -> str:
    """A time as text, fixed in width and zone, so that it sorts."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def forgotten_after(time: datetime, kept: timedelta) -> int:
    """A `ttl`: seconds since 1970."""
    return int((time + kept).timestamp())


def in_order(number: int) -> str:
    """A number as text that sorts."""
    return f"{number:020}"


def _cure(said: str) -> str:
    if "ResourceNotFound" in said:
        return "is that its name, and is it in this account and region? The template makes it"
    if "not permitted" in said:
        return "let this role do that on the table; the template's roles may"
    return "the table cannot be used like this"


def _by(most: int, places: Iterable[Place]) -> Iterator[list[Place]]:
    every = list(places)
    return (every[start : start + most] for start in range(0, len(every), most))


def _key(place: Place) -> "dict[str, AttributeValueTypeDef]":
    return _stored({"pk": place[0], "sk": place[1]})


def _stored(
    item: Mapping[str, str | int | bytes], mark: str = ""
) -> "dict[str, AttributeValueTypeDef]":
    return {f"{mark}{name}": _value(value) for name, value in item.items()}


def _value(value: str | int | bytes) -> "AttributeValueTypeDef":
    if isinstance(value, str):
        return {"S": _text(value)}
    return {"B": value} if isinstance(value, bytes) else {"N": str(value)}


def _text(value: str) -> str:
    """DynamoDB's strings are UTF-8; half a surrogate pair is none."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Trouble(f"not to be stored, it is no text: {value!r}") from error
    return value


def _plain(item: "Mapping[str, AttributeValueTypeDef]") -> Item:
    return {name: _read(value) for name, value in item.items()}


def _read(value: "AttributeValueTypeDef") -> str | int | bytes:
    if "S" in value:
        return value["S"]
    if "N" in value:
        return int(value["N"])
    if "B" in value:
        return bytes(value["B"])
    raise Trouble(f"an attribute of a type that Seawall does not write: {', '.join(value)}")


def _refused(said: Mapping[str, object]) -> Refused:
    """The item is beside the error in the answer; none if there was none."""
    return Refused(_plain(cast(dict[str, Any], said.get("Item", {}))))
