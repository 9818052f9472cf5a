"""Messages over SQS: to the right queue, in the right group, all of them or a TryLater."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from boto3 import Session
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from tests.contract.aws.answers import Answer, always, session

from seawall.clouds.aws import Aws
from seawall.model.cluster import ClusterKey
from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.model.messages import FindingsChanged, Message, RunId, ScanOrder
from seawall.publish.events import Malformed, decode, encode
from seawall.publish.sqs import (
    GROUP,
    MOST_BYTES,
    QueueUrls,
    SqsOutbox,
    batches,
    open_outbox,
    service_and_account,
    sqs_text,
)

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from seawall.flow.ports import Outbox

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RUN = RunId("run-1")
EKS = ClusterKey("arn:aws:eks:eu-west-1:111111111111:cluster/shop")
GKE = ClusterKey("//container.googleapis.com/projects/shop-prod/locations/europe-west1/clusters/a")
AKS = ClusterKey(
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/g/providers/"
    "microsoft.containerservice/managedclusters/a"
)


@pytest.fixture
def client() -> Iterator["SQSClient"]:
    with mock_aws():
        yield Session("testing", "testing", region_name="eu-central-1").client("sqs")


@pytest.fixture
def urls(client: "SQSClient") -> QueueUrls:
    scans = {
        name: client.create_queue(QueueName=f"scans-{name}")["QueueUrl"]
        for name in ("eks", "gke", "aks")
    }
    fifo = client.create_queue(QueueName="findings.fifo", Attributes={"FifoQueue": "true"})
    return QueueUrls(scans, fifo["QueueUrl"])


@pytest.fixture
def outbox(client: "SQSClient", urls: QueueUrls) -> SqsOutbox:
    return SqsOutbox(client, urls, fleet="east", pause=lambda _: None)


def received(client: "SQSClient", url: str) -> "list[MessageTypeDef]":
    found = []
    while messages := client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    ).get("Messages"):
        found += messages
        for each in messages:
            client.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return found


def read(message: "MessageTypeDef") -> Message:
    return decode(message["Body"].encode(), fleet="east", now=NOW)


def eks(number: int) -> ClusterKey:
    return ClusterKey(f"arn:aws:eks:eu-west-1:111111111111:cluster/c{number}")


def test_an_order_goes_to_the_queue_of_its_cloud_with_the_account_as_group(
    client: "SQSClient", urls: QueueUrls, outbox: SqsOutbox
) -> None:
    port: Outbox = outbox
    port.send([ScanOrder(RUN, each) for each in (EKS, GKE, AKS)], now=NOW)

    found = {name: received(client, url) for name, url in urls.scans.items()}
    assert {"eks": [EKS], "gke": [GKE], "aks": [AKS]} == {
        name: [read(each).cluster for each in messages] for name, messages in found.items()
    }
    assert {
        "eks": "111111111111",
        "gke": "shop-prod",
        "aks": "00000000-0000-0000-0000-000000000001",
    } == {name: messages[0]["Attributes"]["MessageGroupId"] for name, messages in found.items()}


def test_findings_go_to_one_fifo_queue_in_the_group_of_their_cluster(
    client: "SQSClient", urls: QueueUrls, outbox: SqsOutbox
) -> None:
    long = ClusterKey("kube:" + "ü" * 300)
    changed = [
        FindingsChanged(RUN, long, 1, ("f",)),
        FindingsChanged(RUN, long, 2),
        FindingsChanged(RUN, EKS, 1),
    ]
    outbox.send(changed, now=NOW)
    outbox.send(changed, now=NOW)

    found = received(client, urls.findings)
    groups = [each["Attributes"]["MessageGroupId"] for each in found]
    assert changed == [read(each) for each in found]
    assert groups[0] == groups[1] != groups[2]
    assert all(GROUP.fullmatch(group) for group in groups)


def test_any_number_of_messages_is_sent(
    client: "SQSClient", urls: QueueUrls, outbox: SqsOutbox
) -> None:
    outbox.send((ScanOrder(RUN, eks(number)) for number in range(101)), now=NOW)

    found = received(client, urls.scans["eks"])
    assert {eks(number) for number in range(101)} == {read(each).cluster for each in found}
    assert 101 == len(found)


def test_the_same_message_twice_is_sent_once(
    client: "SQSClient", urls: QueueUrls, outbox: SqsOutbox
) -> None:
    outbox.send([ScanOrder(RUN, EKS)] * 3, now=NOW)

    assert 1 == len(received(client, urls.scans["eks"]))


def test_large_messages_go_in_more_than_one_batch(
    client: "SQSClient", urls: QueueUrls, outbox: SqsOutbox
) -> None:
    fingerprints = tuple(f"{number:090}" for number in range(1_900))
    changed = [FindingsChanged(RUN, eks(number), 1, fingerprints) for number in range(9)]
    outbox.send(changed, now=NOW)

    assert 9 == len(received(client, urls.findings))


def test_nothing_is_sent_when_one_cannot_be(
    client: "SQSClient", urls: QueueUrls, outbox: SqsOutbox
) -> None:
    with pytest.raises(Trouble, match="no cloud names a cluster 'kubeconfig:x'"):
        outbox.send([ScanOrder(RUN, EKS), ScanOrder(RUN, ClusterKey("kubeconfig:x"))], now=NOW)
    with pytest.raises(Malformed):
        outbox.send([ScanOrder(RUN, EKS), ScanOrder(RUN, ClusterKey(""))], now=NOW)

    assert [] == received(client, urls.scans["eks"])


def test_a_cloud_without_a_queue_is_said(client: "SQSClient") -> None:
    outbox = SqsOutbox(client, QueueUrls({}, ""), fleet="east")

    with pytest.raises(Trouble, match="there is no scan queue for gke"):
        outbox.send([ScanOrder(RUN, GKE)], now=NOW)


@pytest.mark.parametrize(
    "key, expected",
    [
        pytest.param("arn:aws-cn:eks:cn-north-1:222222222222:cluster/a", "eks", id="China"),
        pytest.param(
            "//container.googleapis.com/projects/domain.com:p/zones/z/clusters/c",
            "gke",
            id="domain",
        ),
    ],
)
def test_a_key_tells_its_cloud(key: str, expected: str) -> None:
    assert expected == service_and_account(key)[0]


@pytest.mark.parametrize(
    "key",
    [
        "arn:aws:eks:eu-west-1:111111111111:cluster/",
        "arn:aws:eks:eu-west-1:1:cluster/a",
        "x/subscriptions/a/b",
        "/subscriptions//b",
        "//container.googleapis.com.evil.invalid/projects/p/x",
        "https://10.0.0.1 arn:aws:eks:eu-west-1:111111111111:cluster/a",
    ],
)
def test_another_key_tells_none(key: str) -> None:
    with pytest.raises(Trouble, match="no cloud names a cluster"):
        service_and_account(key)


def test_a_group_that_sqs_does_not_take_is_shortened(
    client: "SQSClient", urls: QueueUrls, outbox: SqsOutbox
) -> None:
    outbox.send([ScanOrder(RUN, ClusterKey(f"/subscriptions/{'ü' * 200}/x"))], now=NOW)

    (found,) = received(client, urls.scans["aks"])
    assert GROUP.fullmatch(found["Attributes"]["MessageGroupId"])


@given(st.text(min_size=1))
def test_whatever_a_cluster_is_called_its_message_is_text_for_sqs_and_says_the_same(
    name: str,
) -> None:
    order = ScanOrder(RUN, ClusterKey(name))
    letter = encode(order, fleet="east", now=NOW)
    text = sqs_text(letter.body)

    # API_SendMessage: #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF
    assert all(c in "\t\n\r" or (" " <= c <= "\ufffd") or c > "\uffff" for c in text)
    assert order == decode(text.encode(), fleet="east", now=NOW)


def test_noncharacters_are_escaped() -> None:
    letter = encode(ScanOrder(RUN, ClusterKey("\ufffe\uffff")), fleet="east", now=NOW)

    assert "\\ufffe\\uffff" in sqs_text(letter.body)


@given(st.lists(st.integers(1, 200_000), max_size=40))
def test_a_batch_has_ten_entries_and_a_mebibyte_at_most_and_none_is_lost(sizes: list[int]) -> None:
    entries: list[Any] = [{"Id": str(n), "MessageBody": "x" * size} for n, size in enumerate(sizes)]
    made = list(batches(entries))

    assert entries == [entry for batch in made for entry in batch]
    assert all(0 < len(batch) <= 10 for batch in made)
    assert all(sum(len(each["MessageBody"]) for each in batch) <= MOST_BYTES for batch in made)


def failing(*codes: tuple[str, bool]) -> "SqsOutbox":
    """SQS takes all but the first message, once for each of these reasons."""
    left = list(codes)

    def answer(request: "AWSPreparedRequest") -> Answer:
        assert isinstance(request.body, bytes)
        entries = json.loads(request.body)["Entries"]
        if not left:
            return 200, {"Successful": [{"Id": each["Id"]} for each in entries]}
        code, fault = left.pop(0)
        failed = [{"Id": entries[0]["Id"], "SenderFault": fault, "Code": code, "Message": "why"}]
        return 200, {"Successful": [], "Failed": failed}

    client = session({"sqs.SendMessageBatch": answer}).client("sqs")
    urls = QueueUrls({"eks": "https://sqs.eu-central-1.amazonaws.com/1/scans"}, "")
    return SqsOutbox(client, urls, fleet="east", pause=lambda _: None)


def test_what_a_batch_left_out_is_sent_again() -> None:
    failing(("InternalError", False), ("InternalError", False)).send(
        [ScanOrder(RUN, eks(1)), ScanOrder(RUN, eks(2))], now=NOW
    )


def test_what_is_left_out_again_and_again_is_tried_later() -> None:
    with pytest.raises(TryLater, match="SQS took all but 1 messages"):
        failing(*[("InternalError", False)] * 3).send([ScanOrder(RUN, EKS)], now=NOW)


def test_what_is_our_fault_is_trouble() -> None:
    with pytest.raises(Trouble, match=r"does not take a message .*\(InvalidMessageContents\): why"):
        failing(("InvalidMessageContents", True)).send([ScanOrder(RUN, EKS)], now=NOW)


@pytest.mark.parametrize(
    "status, code, expected",
    [
        pytest.param(400, "RequestThrottled", TryLater, id="throttled"),
        pytest.param(503, "ServiceUnavailable", TryLater, id="away"),
        pytest.param(403, "AccessDeniedException", Trouble, id="denied"),
        pytest.param(400, "AWS.SimpleQueueService.NonExistentQueue", Trouble, id="no queue"),
    ],
)
def test_a_refusal_is_named_by_what_to_do_next(
    status: int, code: str, expected: type[SeawallError]
) -> None:
    body = {"__type": code, "message": "words"}
    client = session({"sqs.SendMessageBatch": always(status, body)}).client(
        "sqs", config=Config(retries={"total_max_attempts": 1})
    )
    urls = QueueUrls({"eks": "https://sqs.eu-central-1.amazonaws.com/1/scans"}, "")

    with pytest.raises(expected, match=r"SQS SendMessageBatch to https://sqs"):
        SqsOutbox(client, urls, fleet="east").send([ScanOrder(RUN, EKS)], now=NOW)


def test_the_queues_of_a_fleet_are_opened_without_asking_for_anything() -> None:
    asked: list[str] = []

    open_outbox(Aws(lambda: session({}, asked)), QueueUrls({}, ""), fleet="east")

    assert [] == asked
