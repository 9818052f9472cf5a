"""A DynamoDB table that moto answers for, in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, cast

import pytest

from seawall.state.dynamo import DynamoTable

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "seawall"
REGION = "eu-central-1"


def made_table(client: "DynamoDBClient") -> None:
    client.create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@cache
def _client() -> "DynamoDBClient":
    """It takes a third of a second to make. Moto is not safe for threads: one call at a time."""
    boto3 = pytest.importorskip("boto3", reason="NOT RUN: boto3 is not installed")
    stubber = pytest.importorskip("moto.core.models", reason="NOT RUN: moto is not installed")
    config = pytest.importorskip("botocore.config").Config(
        retries={"mode": "standard", "total_max_attempts": 2}
    )
    client: DynamoDBClient = boto3.Session("testing", "testing", region_name=REGION).client(
        "dynamodb", config=config
    )
    turn = Lock()

    def answer(event_name: str, request: "AWSPreparedRequest", **_: object) -> object:
        with turn:
            return stubber.botocore_stubber(event_name, request)

    # All such hooks are called, and the first answer is taken: ours stands for moto's own.
    client.meta.events.unregister("before-send", stubber.botocore_stubber)
    client.meta.events.register("before-send", cast("Callable[..., None]", answer))
    return client


@contextmanager
def moto_client() -> Iterator["DynamoDBClient"]:
    """A client of an account in which there is this one table, empty."""
    moto = pytest.importorskip("moto", reason="NOT RUN: moto is not installed")
    client = _client()
    with moto.mock_aws():
        made_table(client)
        yield client


@contextmanager
def table_opener() -> Iterator[Callable[[str], DynamoTable]]:
    """Opens a fleet's part of one table, as one process after another would."""
    with moto_client() as client:
        yield lambda fleet: DynamoTable(client, TABLE, fleet=fleet, pause=lambda _: None)
