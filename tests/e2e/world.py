"""Everything a test of the deployed stack talks to, and the few things a person does with it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.e2e import stack as deployed
from tests.e2e.cloud import ACCOUNT, REGION, Ministack, ministack
from tests.e2e.fleet import EksFleet, eks_fleet
from tests.e2e.person import Person, person
from tests.e2e.stack import FLEET, Stack
from tests.e2e.waiting import until

from seawall.demo.cloud import CloudServer
from seawall.demo.slack_server import PATH, posted, slack_server
from seawall.model.cluster import ClusterKey
from seawall.model.messages import RunId
from seawall.model.run import End, Run
from seawall.publish.s3 import Evidence
from seawall.state.dynamo import DynamoTable
from seawall.state.dynamo_memories import DynamoMemories
from seawall.state.dynamo_modes import DynamoModes
from seawall.state.dynamo_plans import DynamoPlans
from seawall.state.dynamo_runs import DynamoRuns

VISIBILITY_S = 20
"""Of the scan queues, here: what a dead worker held comes again so soon. The template's is for real
scans, and no parameter shortens it (tests/house): here it is set after the deployment."""
SCANS = ("ScansEks", "ScansGke", "ScansAks")
CLOSED_WITHIN_S = 180
COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


@dataclass(frozen=True)
class World:
    """The stack, its clusters, and whoever is told."""

    cloud: Ministack
    fleet: EksFleet
    stack: Stack
    slack: CloudServer
    tap: str
    _tapped: list[str] = field(default_factory=list)

    def order(self, payload: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Invoke Discover by hand, as a person would in the console; gives what it answers."""
        said = self.stack.invoke("Discover", payload or {})
        assert said["error"] is None, said
        answer: dict[str, Any] = said["answer"]
        return answer

    def closed(self, within_s: float = CLOSED_WITHIN_S) -> Run:
        """Wait until no run goes on; Alert is invoked meanwhile, as its schedule would."""
        until(self._none_goes_on, "the run is closed", within_s)
        run = self.runs.last()
        assert run is not None
        return run

    def _none_goes_on(self) -> bool:
        said = self.stack.invoke("Alert", {})
        assert said["error"] is None, said
        assert said["answer"]["ok"], said
        return self.runs.open() is None

    def run(self) -> Run:
        """Order a run, and wait for its end."""
        self.order()
        return self.closed()

    def ends(self, run: RunId) -> dict[ClusterKey, End]:
        """The ledger of a run."""
        return {entry.cluster: entry.end for entry in self.runs.entries(run)}

    def resource(self, name: str) -> str:
        """The physical id of a resource of the template: a URL, a name, an ARN."""
        return self.stack.resources[name]

    def send(self, queue: str, body: str) -> None:
        """Somebody puts something on a queue."""
        self.cloud.client("sqs").send_message(QueueUrl=self.resource(queue), MessageBody=body)

    def letters(self, queue: str) -> list[dict[str, Any]]:
        """What is on a queue; it is taken from it."""
        client, url = self.cloud.client("sqs"), self.resource(queue)
        said = client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        letters: list[dict[str, Any]] = said.get("Messages", [])
        for each in letters:
            client.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return letters

    def left(self, queue: str) -> int:
        """How many messages a queue holds, those included that are being worked at."""
        said = self.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.resource(queue), AttributeNames=COUNTS
        )
        return sum(int(said["Attributes"][kind]) for kind in COUNTS)

    def logged(self, function: str) -> str:
        """The log group of a function, all of it."""
        client = self.cloud.client("logs")
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=f"/seawall/{deployed.NAME}/{function}"
        )
        return "\n".join(each["message"] for page in pages for each in page["events"])

    def told(self) -> list[str]:
        """Every message that a subscriber of the topic got so far."""
        client = self.cloud.client("sqs")
        while taken := client.receive_message(QueueUrl=self.tap, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            self._tapped.extend(each["Body"] for each in taken)
            for each in taken:
                client.delete_message(QueueUrl=self.tap, ReceiptHandle=each["ReceiptHandle"])
        return list(self._tapped)

    def slack_said(self) -> list[str]:
        """Every message that Slack got so far, as JSON."""
        return [json.dumps(message) for message in posted(self.slack)]

    @cached_property
    def person(self) -> Person:
        """Who uses the command line on the stack."""
        return person(self.cloud, self.stack)

    @cached_property
    def table(self) -> DynamoTable:
        """The table of the stack."""
        name = self.stack.resources["Table"]
        return DynamoTable(self.cloud.client("dynamodb"), name, fleet=FLEET)

    @cached_property
    def attic(self) -> Evidence:
        """The bucket of the stack."""
        return Evidence(self.cloud.client("s3"), self.stack.resources["Bucket"], prefix=f"{FLEET}/")

    @cached_property
    def runs(self) -> DynamoRuns:
        """The runs."""
        return DynamoRuns(self.table)

    @cached_property
    def modes(self) -> DynamoModes:
        """How far Seawall may go."""
        return DynamoModes(self.table)

    @cached_property
    def memories(self) -> DynamoMemories:
        """What is remembered."""
        return DynamoMemories(self.table, self.attic)

    @cached_property
    def plans(self) -> DynamoPlans:
        """The fixes."""
        return DynamoPlans(self.table, self.attic)


@contextmanager
def world(
    contents: Mapping[str, list[dict[str, Any]]],
    folder: Path,
    parameters: Mapping[str, str],
    *,
    visibility_s: int = VISIBILITY_S,
) -> Iterator[World]:
    """Build and deploy the stack in front of these clusters; `parameters` beside the usual ones."""
    built = deployed.build(folder)
    with (
        ministack(folder, {}) as cloud,
        slack_server() as slack,
        eks_fleet(contents, cloud, folder) as fleet,
    ):
        given = {
            "Regions": REGION,
            "ScheduleState": "DISABLED",
            "AllowWrites": "true",
            "SlackSecretArn": _webhook(cloud, slack.url + PATH),
            "ScanConcurrency": "2",
            **parameters,
        }
        stack = deployed.deploy(built, cloud, given, folder)
        for name in SCANS:
            cloud.client("sqs").set_queue_attributes(
                QueueUrl=stack.resources[name],
                Attributes={"VisibilityTimeout": str(visibility_s)},
            )
        yield World(cloud, fleet, stack, slack, _tap(cloud, stack.resources["DriftTopic"]))


def _webhook(cloud: Ministack, url: str) -> str:
    made = cloud.client("secretsmanager").create_secret(Name="slack", SecretString=url)
    return str(made["ARN"])


def _tap(cloud: Ministack, topic: str) -> str:
    """A queue that is subscribed to the topic, as somebody else's might be."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:tap"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }
        ],
    }
    made = cloud.client("sqs").create_queue(
        QueueName="tap", Attributes={"Policy": json.dumps(policy)}
    )
    cloud.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )
    return str(made["QueueUrl"])
