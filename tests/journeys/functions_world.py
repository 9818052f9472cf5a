"""The cloud functions in this process: moto answers for AWS, demo stores are the clusters.

What is wired is what `wiring.aws` wires; only where it would go out to a cluster the demo's own
adapters stand.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any, Final

from boto3 import Session
from moto import mock_aws
from tests.unit.flow.sites import ENFORCES, pod, space

from seawall.clouds.aws import Aws
from seawall.demo.cluster_desk import DemoClusters, DemoWriting
from seawall.demo.store import Store
from seawall.flow.ports import Alerts
from seawall.invoke.benches import AlertBench, DiscoverBench, MendBench, ScanBench
from seawall.model.cluster import ClusterKey
from seawall.model.fleet import ClusterRef, Sighting
from seawall.model.messages import RunId, ScanOrder
from seawall.model.sight import Seen, Unseen
from seawall.publish.events import encode
from seawall.publish.sqs import sqs_text
from seawall.wiring.aws import Workshop
from seawall.wiring.aws_settings import AwsSettings

REGION: Final = "eu-central-1"
ACCOUNT, FLEET = "123456789012", "fleet"
SCOPE = f"aws:{ACCOUNT}/{REGION}"
PLENTY_MS = 900_000
"""Of the function that may take longest."""
STREAM = "2026/11/24/seawall-Remediate[$LATEST]0123456789abcdef"


@dataclass
class _Context:
    left_ms: list[int]
    aws_request_id: str = "11111111-2222-3333-4444-555555555555"
    function_name: str = "seawall"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:seawall"

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is ended."""
        return self.left_ms.pop(0) if len(self.left_ms) > 1 else self.left_ms[0]


def context(left_ms: int = PLENTY_MS, *later_ms: int) -> Any:  # noqa: ANN401  a stand-in for a class of Lambda's own
    """What Lambda tells a function of its call; each time it is asked there is less time."""
    return _Context([left_ms, *later_ms])


def key(name: str) -> ClusterKey:
    return ClusterKey(f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}")


def ref(name: str, service: str = "eks") -> ClusterRef:
    return ClusterRef(key(name), service, "https://10.0.0.1", b"pem", (("name", name),))


def store(name: str, *, empty: bool = False) -> Store:
    """A cluster with a namespace that nothing isolates; in an `empty` one nothing can be cut."""
    pods = [] if empty else [pod("shop", "web")]
    identity = space("kube-system")
    identity["metadata"]["uid"] = f"uid-of-{name}"
    return Store([identity, space("shop"), ENFORCES, *pods])


@dataclass
class Scopes:
    """A discovery that finds what it is told to."""

    found: dict[str, tuple[ClusterRef, ...]] = field(default_factory=dict)
    unseen: dict[str, str] = field(default_factory=dict)

    def look(self, *, now: datetime) -> Iterator[Sighting]:
        """Each scope."""
        assert now.tzinfo is UTC
        yield from (Sighting(scope, Seen(refs)) for scope, refs in self.found.items())
        yield from (Sighting(scope, Unseen(why)) for scope, why in self.unseen.items())


@dataclass
class World:
    """An account with the stack's table, bucket, topic and queues, and a fleet of EKS clusters."""

    workshop: Workshop
    session: Session
    urls: Mapping[str, str]
    scopes: Scopes
    stores: dict[ClusterKey, Store]
    published: list[dict[str, str]]
    channels: tuple[Alerts, ...] = ()

    @cached_property
    def _discovering(self) -> DiscoverBench:
        return self.workshop.discover()

    @cached_property
    def _scanning(self) -> ScanBench:
        return self.workshop.scan()

    @cached_property
    def _mending(self) -> MendBench:
        return self.workshop.mend()

    @cached_property
    def _telling(self) -> AlertBench:
        return self.workshop.tell()

    def discover_bench(self) -> DiscoverBench:
        """That of the function, with made-up scopes."""
        bench = self._discovering
        desk = replace(bench.desk, discoveries=(self.scopes,))
        return replace(bench, desk=desk, closing=self._told(bench.closing))

    def scan_bench(self) -> ScanBench:
        """That of the function, with demo clusters."""
        bench = self._scanning
        desk = replace(bench.desk, clusters=DemoClusters(self.stores))
        return replace(bench, desk=desk)

    def mend_bench(self) -> MendBench:
        """That of the function, with demo clusters; what it may write is as it was wired."""
        bench = self._mending
        return replace(bench, desk=replace(bench.desk, clusters=DemoClusters(self.stores)))

    def writing_bench(self) -> tuple[MendBench, DemoWriting]:
        """The same, allowed to write, and what it wrote."""
        found = dict(self.workshop.found.environment) | {"SEAWALL_WRITES": "true"}
        allowed = Workshop.of(AwsSettings(found), self.workshop.aws)
        writing = DemoWriting(self.stores)
        bench = allowed.mend()
        clusters = DemoClusters(self.stores)
        return replace(bench, desk=replace(bench.desk, clusters=clusters, writing=writing)), writing

    def alert_bench(self, slack: Alerts | None = None) -> AlertBench:
        """That of the function; `slack` is who is told there."""
        bench = self._telling
        return replace(bench, closing=self._told(bench.closing), slack=slack)

    def _told(self, closing: Any) -> Any:  # noqa: ANN401  a bench is given and taken
        if not self.channels:
            return closing
        return replace(closing, alert=replace(closing.alert, channels=self.channels))

    def received(self, name: str, most: int = 10) -> list[dict[str, Any]]:
        """Records of a queue, as Lambda hands them to a function."""
        said = self.session.client("sqs").receive_message(
            QueueUrl=self.urls[name],
            MaxNumberOfMessages=most,
            VisibilityTimeout=300,
            MessageSystemAttributeNames=["All"],
        )
        return [record(each) for each in said.get("Messages", [])]

    def waiting(self, name: str) -> tuple[int, int]:
        """How many messages can be had now, and how many are held or hidden."""
        said = self.session.client("sqs").get_queue_attributes(
            QueueUrl=self.urls[name], AttributeNames=["All"]
        )["Attributes"]
        return (
            int(said["ApproximateNumberOfMessages"]),
            int(said["ApproximateNumberOfMessagesNotVisible"]),
        )

    def post(self, name: str, body: str) -> None:
        """Somebody puts something on a queue."""
        self.session.client("sqs").send_message(QueueUrl=self.urls[name], MessageBody=body)

    def order(self, run: RunId, cluster: ClusterKey, *, ago: timedelta = timedelta()) -> str:
        """The body of a scan order, as `discover` would send it."""
        letter = encode(ScanOrder(run, cluster), fleet=FLEET, now=datetime.now(UTC) - ago)
        return sqs_text(letter.body)

    def notices(self) -> list[str]:
        """What a function gets that subscribes to the topic, in the order it was published."""
        return [each["lambda"] for each in self.published]


def record(message: Mapping[str, Any]) -> dict[str, Any]:
    """A received message as a record of an SQS event."""
    attributes = dict(message.get("Attributes", {}))
    attributes.setdefault("ApproximateReceiveCount", "1")
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:scans-eks",
        "awsRegion": REGION,
    }


def notice(text: str) -> dict[str, Any]:
    """An SNS event."""
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]}


@cache
def _session() -> Session:
    """One for all tests: it keeps the services' models, which take long to read."""
    return Session("testing", "testing", region_name=REGION)


@contextmanager
def world(*names: str) -> Iterator[World]:
    """The account, with EKS clusters of these names."""
    with mock_aws():
        session = _session()
        published: list[dict[str, str]] = []

        def publishing(params: Mapping[str, str], **_: object) -> None:
            published.append(json.loads(params["Message"]))

        session.events.register("provide-client-params.sns.Publish", publishing, "tap")
        environment, urls = _stack(session)
        workshop = Workshop.of(AwsSettings(environment), Aws(lambda: session))
        stores = {key(name): store(name) for name in names}
        scopes = Scopes({SCOPE: tuple(map(ref, names))})
        yield World(workshop, session, urls, scopes, stores, published)
        session.events.unregister("provide-client-params.sns.Publish", publishing, "tap")


def _stack(session: Session) -> tuple[dict[str, str], dict[str, str]]:
    session.client("dynamodb").create_table(
        TableName="seawall",
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
    session.client("s3").create_bucket(
        Bucket="seawall", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    topic = session.client("sns").create_topic(Name="drift")["TopicArn"]
    sqs = session.client("sqs")
    urls = {
        name: sqs.create_queue(QueueName=f"scans-{name}")["QueueUrl"]
        for name in ("eks", "gke", "aks")
    }
    urls["findings"] = sqs.create_queue(
        QueueName="findings.fifo", Attributes={"FifoQueue": "true"}
    )["QueueUrl"]
    return {
        "SEAWALL_FLEET": FLEET,
        "SEAWALL_TABLE": "seawall",
        "SEAWALL_BUCKET": "seawall",
        "SEAWALL_REGIONS": REGION,
        "SEAWALL_OWN_ACCOUNT": "true",
        "SEAWALL_SCANS_EKS": urls["eks"],
        "SEAWALL_SCANS_GKE": urls["gke"],
        "SEAWALL_SCANS_AKS": urls["aks"],
        "SEAWALL_FINDINGS": urls["findings"],
        "SEAWALL_SERVICE": "eks",
        "SEAWALL_QUEUE": urls["eks"],
        "SEAWALL_TOPIC": topic,
        "SEAWALL_WRITES": "false",
        "SEAWALL_RUN_MOST_MINUTES": "45",
        "SEAWALL_LOGS": "/seawall/test",
        "AWS_LAMBDA_LOG_STREAM_NAME": STREAM,
    }, urls
