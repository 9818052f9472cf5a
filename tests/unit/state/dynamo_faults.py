"""Trouble on purpose between us and a DynamoDB table: killed at a call, answers that are lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, cast

from tests.contract.state.dynamo import TABLE

from seawall.state.dynamo import DynamoTable
from seawall.state.dynamo_documents import Kept
from seawall.state.dynamo_inventory import DynamoInventory
from seawall.state.dynamo_memories import DynamoMemories
from seawall.state.dynamo_modes import DynamoModes
from seawall.state.dynamo_news import DynamoNews
from seawall.state.dynamo_plans import DynamoPlans
from seawall.state.dynamo_runs import DynamoRuns

if TYPE_CHECKING:
    from botocore.hooks import BaseEventHooks
    from mypy_boto3_dynamodb import DynamoDBClient

WRITES = frozenset({"PutItem", "UpdateItem", "TransactWriteItems", "BatchWriteItem"})

Hook = Callable[[str], None]


class Killed(BaseException):
    """The process was killed; nothing catches it."""


class Shelf:
    """An attic in memory."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def keep(self, key: str, body: bytes) -> Kept:
        """Keep it."""
        name = f"{key}/{len(self.held)}"
        self.held[name] = body
        return Kept(name, "sha256")

    def read(self, kept: Kept) -> bytes:
        """What was kept."""
        return self.held[kept.key]

    def drop(self, kept: Kept) -> None:
        """Forget it."""
        self.held.pop(kept.key, None)


class Process:
    """What one process holds of the fleet."""

    def __init__(self, client: "DynamoDBClient", attic: Shelf) -> None:
        table = DynamoTable(client, TABLE, fleet="east", pause=lambda _: None)
        self.inventory = DynamoInventory(table)
        self.memories = DynamoMemories(table, attic)
        self.runs = DynamoRuns(table)
        self.news = DynamoNews(table, self.memories, attic)
        self.modes = DynamoModes(table)
        self.plans = DynamoPlans(table, attic)


@contextmanager
def hooked(client: "DynamoDBClient", hook: Hook, *, after: bool) -> Iterator[None]:
    """Call `hook` with the name of each call, before or after it is answered."""
    events: BaseEventHooks = client.meta.events

    def called(event_name: str, **_: object) -> None:
        hook(event_name.rpartition(".")[2])

    kept = cast("Callable[..., None]", called)
    (events.register_last if after else events.register_first)("before-send", kept)
    try:
        yield
    finally:
        events.unregister("before-send", kept)


@contextmanager
def killed_at(client: "DynamoDBClient", number: int, *, after: bool) -> Iterator[None]:
    """Killed before or after its call of this number was answered."""
    numbers = count(1)

    def kill(_: str) -> None:
        if next(numbers) == number:
            raise Killed

    with hooked(client, kill, after=after):
        try:
            yield
        except Killed:
            return


def lost(times: int) -> Hook:
    """So many writes are done, and their answers are lost."""
    left = iter(range(times))

    def lose(call: str) -> None:
        from botocore.exceptions import ReadTimeoutError

        if call in WRITES and next(left, None) is not None:
            raise ReadTimeoutError(endpoint_url="https://dynamodb.invalid")

    return lose
