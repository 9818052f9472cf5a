"""What DynamoDB refuses, leaves over or gives page by page, and what is damaged in it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from tests.contract.state.dynamo import TABLE, moto_client
from tests.contract.state.values import (
    ADA,
    BOB,
    MONDAY,
    RUN,
    finding,
    full_digest,
    key,
    memory,
    notice,
    ref,
    seen,
    turn,
)
from tests.unit.state.dynamo_faults import Process, Shelf, hooked

from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.model.fleet import Sighting
from seawall.model.memory import Memory
from seawall.model.plan import Mode
from seawall.model.sight import Seen
from seawall.state.dynamo import DynamoTable
from seawall.state.dynamo_memories import DynamoMemories
from seawall.state.dynamo_modes import DynamoModes

pytest.importorskip("boto3", reason="NOT RUN: boto3 is not installed")
from botocore.config import Config
from tests.contract.aws.answers import Answer, session

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_dynamodb import DynamoDBClient

CHANCE = Random(2)  # noqa: S311  the same at every run
MODEL = "com.amazonaws.dynamodb.v20120810#"


@pytest.fixture
def client() -> Iterator["DynamoDBClient"]:
    with moto_client() as made:
        yield made


def answered(*answers: Answer, call: str = "TransactGetItems") -> DynamoTable:
    """A table that says this, one answer after another."""
    left = iter(answers)

    def answer(_: "AWSPreparedRequest") -> Answer:
        return next(left)

    made = session({f"dynamodb.{call}": answer})
    patience = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return DynamoTable(
        made.client("dynamodb", config=patience), TABLE, fleet="east", pause=lambda _: None
    )


def refused(code: str, **more: object) -> Answer:
    return 400, {"__type": f"{MODEL}{code}", "message": "words", **more}


@pytest.mark.parametrize(
    "answer, expected, said",
    [
        pytest.param(refused("ThrottlingException"), TryLater, "AWS is busy", id="throttled"),
        pytest.param(
            refused("ProvisionedThroughputExceededException"), TryLater, "busy", id="too fast"
        ),
        pytest.param(
            (500, {"__type": "InternalServerError"}), TryLater, "busy", id="its own fault"
        ),
        pytest.param(
            refused("TransactionConflictException"), TryLater, "somebody else", id="a conflict"
        ),
        pytest.param(
            refused(
                "TransactionCanceledException",
                CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict"}],
            ),
            TryLater,
            r"others write the same items \(TransactionConflict\)",
            id="a conflict within a transaction",
        ),
        pytest.param(
            refused(
                "TransactionCanceledException", CancellationReasons=[{"Code": "ValidationError"}]
            ),
            Trouble,
            r"refused \(ValidationError\); this is a bug",
            id="what no table takes",
        ),
        pytest.param(
            refused("AccessDeniedException"), Trouble, "let this role do that", id="not permitted"
        ),
        pytest.param(
            refused("ResourceNotFoundException"), Trouble, "is that its name", id="no such table"
        ),
        pytest.param(refused("ValidationException"), Trouble, "cannot be used", id="not valid"),
    ],
)
def test_a_mode_that_cannot_be_read_allows_nothing(
    answer: Answer, expected: type[SeawallError], said: str
) -> None:
    with pytest.raises(expected, match=said) as caught:
        DynamoModes(answered(answer)).mode(key("prod"))

    assert f"table {TABLE}" in str(caught.value)


def test_a_mode_that_is_none_allows_nothing(client: "DynamoDBClient") -> None:
    client.put_item(
        TableName=TABLE,
        Item={"pk": {"S": "east#MODES"}, "sk": {"S": "CEILING"}, "mode": {"S": "everything"}},
    )

    with pytest.raises(Trouble, match="'everything' is stored as a mode and is none of observe"):
        Process(client, Shelf()).modes.mode(key("prod"))


def test_a_set_mode_stands_over_one_that_is_none(client: "DynamoDBClient") -> None:
    client.put_item(
        TableName=TABLE, Item={"pk": {"S": "east#MODES"}, "sk": {"S": "#prod"}, "mode": {"N": "3"}}
    )
    modes = Process(client, Shelf()).modes
    modes.set_mode(key("prod"), Mode.PROPOSE)

    assert Mode.PROPOSE is modes.mode(key("prod"))


def test_all_pages_are_read(client: "DynamoDBClient") -> None:
    """A page has 1 MB: moto keeps to that."""
    process = Process(client, Shelf())
    refs = tuple(ref(f"c{n:02}", ca=CHANCE.randbytes(100_000)) for n in range(15))
    process.inventory.observe(Sighting("one", Seen(refs)), now=MONDAY)
    queries: list[str] = []

    with hooked(client, queries.append, after=False):
        found = process.inventory.records()

    assert refs == tuple(record.ref for record in found)
    assert len(queries) > 1


def test_more_clusters_than_a_batch_takes_are_read(client: "DynamoDBClient") -> None:
    process = Process(client, Shelf())
    names = [f"c{number:03}" for number in range(130)]
    process.inventory.observe(seen("one", *names), now=MONDAY)
    process.inventory.observe(seen("one", *names[:-1]), now=MONDAY)

    presences = [record.presence for record in process.inventory.records()]
    assert ["present"] * 129 + ["gone"] == presences


def item(number: int) -> dict[str, object]:
    return {"pk": {"S": "east#MODES"}, "sk": {"S": f"#{number}"}}


def test_what_a_batch_left_over_is_asked_for_again() -> None:
    first = {"Responses": {TABLE: [item(1)]}, "UnprocessedKeys": {TABLE: {"Keys": [item(2)]}}}
    table = answered((200, first), (200, {"Responses": {TABLE: [item(2)]}}), call="BatchGetItem")
    places = [("east#MODES", "#1"), ("east#MODES", "#2"), ("east#MODES", "#2")]

    assert set(places) == table.read_each(places).keys()


def test_what_a_batch_never_reads_is_not_taken_for_missing() -> None:
    left = 200, {"Responses": {}, "UnprocessedKeys": {TABLE: {"Keys": [item(1)]}}}
    table = answered(*[left] * 8, call="BatchGetItem")

    with pytest.raises(TryLater, match="1 items were left"):
        table.read_each([("east#MODES", "#1")])


def test_what_a_batch_does_not_delete_is_deleted_again_or_said() -> None:
    request = {"DeleteRequest": {"Key": item(1)}}
    left = 200, {"UnprocessedItems": {TABLE: [request]}}
    answered(left, (200, {}), call="BatchWriteItem").drop([("east#MODES", "#1")])

    with pytest.raises(TryLater, match="1 items were left"):
        answered(*[left] * 8, call="BatchWriteItem").drop([("east#MODES", "#1")])


def long_memory(version: int = 1) -> Memory:
    text = CHANCE.randbytes(400_000).hex()
    return replace(memory(version=version), findings=(replace(finding(1), summary=text),))


def test_a_long_memory_without_an_attic_is_refused_and_says_what_is_missing(
    client: "DynamoDBClient",
) -> None:
    memories = DynamoMemories(DynamoTable(client, TABLE, fleet="east"))

    with pytest.raises(Trouble, match=r"the memory of 'prod' has \d+ bytes.*name a bucket"):
        memories.keep(long_memory(), [turn()], attempt="a")
    assert None is memories.recall(key("prod"))


def test_a_memory_that_its_attic_lost_is_no_empty_memory(client: "DynamoDBClient") -> None:
    class Lossy(Shelf):
        def read(self, kept: object) -> bytes:
            raise Trouble(f"{kept} is gone")

    process = Process(client, Lossy())
    process.memories.keep(long_memory(), [], attempt="a")

    with pytest.raises(Trouble, match="is gone"):
        process.memories.recall(key("prod"))
    with pytest.raises(Trouble, match="is gone"):
        process.memories.memories()


def test_a_memory_that_is_replaced_while_it_is_read_is_read_anew(client: "DynamoDBClient") -> None:
    class Overtaken(Shelf):
        """Somebody writes the next version between the read of the item and of its document."""

        def __init__(self) -> None:
            super().__init__()
            self.then = [memory(version=2)]

        def read(self, kept: object) -> bytes:
            process.memories.keep(self.then.pop(), [], attempt="b")
            raise Trouble(f"{kept} is gone")

    process = Process(client, Overtaken())
    process.memories.keep(long_memory(), [], attempt="a")

    assert memory(version=2) == process.memories.recall(key("prod"))


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"B": b"\x78\x01broken"}, id="not to be unpacked"),
        pytest.param({"B": b'{"key": "prod"}'}, id="half of it"),
        pytest.param({"S": "{}"}, id="of another type"),
        pytest.param({"B": b""}, id="empty"),
    ],
)
def test_a_damaged_memory_says_which_one_it_is(
    document: dict[str, object], client: "DynamoDBClient"
) -> None:
    client.put_item(
        TableName=TABLE,
        Item={"pk": {"S": "east#MEMORY#prod"}, "sk": {"S": "HEAD"}, "doc": document},
    )

    with pytest.raises(Trouble, match="the memory of 'prod' cannot be understood"):
        Process(client, Shelf()).memories.recall(key("prod"))


def test_turns_that_are_missing_are_not_passed_over(client: "DynamoDBClient") -> None:
    process = Process(client, Shelf())
    process.memories.keep(memory(), [turn()], attempt="a")
    client.delete_item(
        TableName=TABLE,
        Key={"pk": {"S": "east#MEMORY#prod"}, "sk": {"S": f"TURNS#{1:020}"}},
    )

    with pytest.raises(Trouble, match="is in the history but not in the table"):
        process.memories.history(None, 10)
    with pytest.raises(Trouble, match="is in the history but not in the table"):
        process.news.untold()


def test_a_lease_that_is_damaged_is_trouble(client: "DynamoDBClient") -> None:
    news = Process(client, Shelf()).news
    news.draft(full_digest("d"), news.untold(), ADA)
    client.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "east#NEWS"}, "sk": {"S": "DESK"}},
        UpdateExpression="SET held_until = :soon",
        ExpressionAttributeValues={":soon": {"S": "soon"}},
    )

    with pytest.raises(Trouble, match=r"cannot be understood .*; remove held_until from"):
        news.draft(full_digest("d"), news.untold(), BOB)


def test_half_a_character_is_not_stored(client: "DynamoDBClient") -> None:
    process = Process(client, Shelf())

    with pytest.raises(Trouble, match="is no text"):
        process.news.note(RUN, notice("\ud800"), now=MONDAY)
    with pytest.raises(Trouble, match="is no text"):
        process.modes.set_mode(key("\ud800"), Mode.AUTO)


def test_fleets_whose_names_look_like_parts_of_a_key_do_not_meet(client: "DynamoDBClient") -> None:
    names = ("east", "east#MODES", "east#PLANS", "east/x", "")
    modes = {name: DynamoModes(DynamoTable(client, TABLE, fleet=name)) for name in names}
    modes["east"].set_mode(key(""), Mode.AUTO)

    assert [Mode.AUTO] + [Mode.OBSERVE] * 4 == [each.mode(key("")) for each in modes.values()]


def test_what_is_sent_is_within_dynamodbs_limits(client: "DynamoDBClient") -> None:
    """A transaction takes 100 items; one of ours has four, however many turns there are."""
    sizes: list[int] = []

    def measure(params: dict[str, str], **_: object) -> None:
        sizes.append(len(json.loads(params["body"])["TransactItems"]))

    client.meta.events.register("before-call.dynamodb.TransactWriteItems", measure)
    turns = [turn(number=number) for number in range(5_000)]
    Process(client, Shelf()).memories.keep(memory(), turns, attempt="a")
    client.meta.events.unregister("before-call.dynamodb.TransactWriteItems", measure)

    assert [4] == sizes
    assert tuple(turns) == Process(client, Shelf()).memories.history(None, 5_000)


def test_a_refusal_that_does_not_say_who_wrote_is_not_taken_for_our_own_write() -> None:
    table = answered(refused("ConditionalCheckFailedException"), call="PutItem")

    assert not DynamoMemories(table).keep(memory(version=2), [], attempt="a")
