"""What the functions keep and send beside the ports of the flow: looks, receipts, long digests."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from boto3 import Session
from moto import mock_aws
from tests.contract.state.dynamo import table_opener

from seawall.clouds.aws import Aws
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Digest, DigestId, Notice
from seawall.model.errors import Trouble
from seawall.model.messages import RunId
from seawall.publish.digests import CarriedDigests
from seawall.publish.events import Malformed
from seawall.publish.s3 import Evidence
from seawall.publish.sqs_later import open_later
from seawall.state.dynamo_looks import DynamoLooks

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONE, TWO = RunId("1"), RunId("2")
DIGEST = Digest(DigestId("d" * 32), ONE, NOW, notices=(Notice(ClusterKey("a"), "text " * 50),))


@pytest.fixture
def session() -> Iterator[Session]:
    with mock_aws():
        yield Session("testing", "testing", region_name="eu-central-1")


@pytest.fixture
def evidence(session: Session) -> Evidence:
    client = session.client("s3")
    client.create_bucket(
        Bucket="seawall", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    return Evidence(client, "seawall", prefix="fleet/")


# -- Looks ---------------------------------------------------------------------------------------


def test_a_run_that_nobody_looked_for_has_no_look() -> None:
    with table_opener() as opened:
        assert None is DynamoLooks(opened("fleet")).look(ONE)


def test_the_last_look_of_a_run_stands_and_only_in_its_fleet() -> None:
    with table_opener() as opened:
        looks = DynamoLooks(opened("fleet"))
        looks.looked(ONE, (("aws:1/a", "busy"),), now=NOW)
        looks.looked(TWO, (), now=NOW)
        looks.looked(ONE, (("aws:1/b", "\u00e9 <b> away"),), now=NOW)

        assert (("aws:1/b", "\u00e9 <b> away"),) == looks.look(ONE)
        assert () == looks.look(TWO)
        assert None is DynamoLooks(opened("other")).look(ONE)


# -- Receipts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seconds, there",
    [
        pytest.param(0, 1, id="at once"),
        pytest.param(-5, 1, id="less than that"),
        pytest.param(600, 0, id="later"),
    ],
)
def test_a_message_comes_again_when_it_is_told_to(
    session: Session, seconds: int, there: int
) -> None:
    client = session.client("sqs")
    url = client.create_queue(QueueName="scans")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="x")
    (taken,) = client.receive_message(QueueUrl=url, VisibilityTimeout=60)["Messages"]

    open_later(Aws(lambda: session), url).again_in(taken["ReceiptHandle"], seconds)

    assert there == len(client.receive_message(QueueUrl=url).get("Messages", []))


def test_a_receipt_that_is_none_is_trouble(session: Session) -> None:
    url = session.client("sqs").create_queue(QueueName="scans")["QueueUrl"]

    with pytest.raises(Trouble, match="ChangeMessageVisibility"):
        open_later(Aws(lambda: session), url).again_in("made up", 5)


# -- Digests -------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [pytest.param(10_000, id="short"), pytest.param(10, id="long")])
def test_a_digest_arrives_as_it_was_sent(evidence: Evidence, room: int) -> None:
    carried = CarriedDigests(evidence, room)
    text = carried.write(DIGEST)

    assert (room == 10) is ("kept" in text and "text text" not in text)
    assert carried.read(text) == DIGEST


def test_a_digest_in_the_bucket_that_somebody_changed_is_not_read(
    session: Session, evidence: Evidence
) -> None:
    text = CarriedDigests(evidence, 10).write(DIGEST)
    client = session.client("s3")
    (kept,) = client.list_objects_v2(Bucket="seawall")["Contents"]
    client.put_object(Bucket="seawall", Key=kept["Key"], Body=b"{}")

    with pytest.raises(Trouble, match="not what was kept"):
        CarriedDigests(evidence).read(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", "nul\ud800l", "[" * 100_000])
def test_what_is_no_digest_is_malformed(evidence: Evidence, text: str) -> None:
    with pytest.raises(Malformed, match="no digest"):
        CarriedDigests(evidence).read(text)
