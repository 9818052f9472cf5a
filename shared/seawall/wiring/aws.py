"""The benches of the cloud functions: DynamoDB, SQS, SNS, S3 and the clusters of three clouds.

Each function builds its own, once a container, from the environment that template.yaml gives it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seawall.wiring.aws_clusters import Clouds, doors
from seawall.wiring.aws_discovery import discoveries
from seawall.wiring.aws_settings import AwsSettings
from seawall.wiring.clusters import LiveClusters
from seawall.wiring.environment import settings
from seawall.wiring.held_back import NoWriting, OnlyPropose

if TYPE_CHECKING:
    from seawall.clouds.aws import Aws
    from seawall.flow.desks import AlertDesk, Process
    from seawall.flow.ports import Alerts, Modes, Writing
    from seawall.invoke.benches import AlertBench, DiscoverBench, MendBench, RunsBench, ScanBench
    from seawall.publish.digests import CarriedDigests
    from seawall.publish.s3 import Evidence
    from seawall.publish.sqs import SqsOutbox
    from seawall.state.dynamo import DynamoTable
    from seawall.state.dynamo_inventory import DynamoInventory
    from seawall.state.dynamo_memories import DynamoMemories
    from seawall.state.dynamo_news import DynamoNews
    from seawall.state.dynamo_runs import DynamoRuns

SERVICES = ("eks", "gke", "aks")


def discover_on_aws() -> "DiscoverBench":
    """For `functions/discover`. Raises Trouble: the environment is wrong."""
    return Workshop.here().discover()


def scan_on_aws() -> "ScanBench":
    """For `functions/scan`. Raises Trouble: the environment is wrong."""
    return Workshop.here().scan()


def mend_on_aws() -> "MendBench":
    """For `functions/remediate`. Raises Trouble: the environment is wrong."""
    return Workshop.here().mend()


def alert_on_aws() -> "AlertBench":
    """For `functions/alert`. Raises Trouble: the environment is wrong."""
    return Workshop.here().tell()


@dataclass(frozen=True)
class Workshop:
    """Makes benches; nothing is made twice, and nothing before it is needed."""

    found: AwsSettings
    aws: "Aws"
    clouds: Clouds

    @classmethod
    def here(cls) -> "Workshop":
        """The one of this process."""
        from seawall.clouds.aws import Aws

        return cls.of(AwsSettings(settings().environment), Aws())

    @classmethod
    def of(cls, found: AwsSettings, aws: "Aws") -> "Workshop":
        """One of another environment."""
        return cls(found, aws, Clouds(found, aws))

    def discover(self) -> "DiscoverBench":
        """Finds clusters, orders scans, closes what is overdue."""
        from seawall.flow.desks import DiscoverDesk
        from seawall.invoke.benches import DiscoverBench

        looking = discoveries(self.clouds, self.inventory)
        desk = DiscoverDesk(looking, self.inventory, self.news, self.outbox(scans=True))
        return DiscoverBench(desk, self.closing(), self.places())

    def scan(self) -> "ScanBench":
        """Reads the clusters of one service."""
        from seawall.flow.desks import ScanDesk
        from seawall.invoke.benches import ScanBench
        from seawall.publish.sqs_later import open_later

        service = self.found.text("SEAWALL_SERVICE")
        clusters = LiveClusters(doors(self.clouds, (service,)))
        desk = ScanDesk(
            self.inventory, clusters, self.memories, self.runs, self.news, self.outbox(scans=False)
        )
        later = open_later(self.aws, self.found.text("SEAWALL_QUEUE"))
        return ScanBench(self.fleet, service, desk, later)

    def mend(self) -> "MendBench":
        """Offers plans, and applies them if this function may."""
        from seawall.flow.desks import MendDesk
        from seawall.invoke.benches import MendBench
        from seawall.publish.sqs_later import open_later
        from seawall.state.dynamo_plans import DynamoPlans

        clusters = LiveClusters(doors(self.clouds, SERVICES))
        modes, writing = self.allowed()
        plans = DynamoPlans(self.table, self.attic)
        desk = MendDesk(
            self.inventory,
            clusters,
            self.memories,
            modes,
            plans,
            writing,
            self.news,
            self.process(),
        )
        later = open_later(self.aws, self.found.text("SEAWALL_QUEUE"))
        return MendBench(self.fleet, desk, later)

    def tell(self) -> "AlertBench":
        """Closes runs, tells the topic, and takes it from there to Slack."""
        from seawall.invoke.benches import AlertBench

        return AlertBench(self.closing(), self.carried, self.slack())

    def closing(self) -> "RunsBench":
        """Closes runs."""
        from seawall.invoke.benches import RunsBench
        from seawall.state.dynamo_looks import DynamoLooks

        most = self.found.minutes("SEAWALL_RUN_MOST_MINUTES")
        looks = DynamoLooks(self.table, self.attic)
        return RunsBench(self.inventory, self.runs, looks, self.alerts(), most)

    def alerts(self) -> "AlertDesk":
        """Tells the topic."""
        from seawall.flow.desks import AlertDesk
        from seawall.publish.sns import open_topic
        from seawall.report.digest import digest_lines

        topic = open_topic(
            self.aws,
            self.found.text("SEAWALL_TOPIC"),
            digest_lines,
            fleet=self.fleet,
            carried=self.carried.write,
        )
        return AlertDesk(self.news, self.memories, (topic,), self.process())

    def slack(self) -> "Alerts | None":
        """Slack, if a secret with its webhook is named."""
        from seawall.publish.secrets import secret
        from seawall.publish.slack import SlackAlerts, SlackLook
        from seawall.report.slack_blocks import slack_blocks, slack_headline

        ref = self.found.maybe("SEAWALL_SLACK")
        if not ref:
            return None
        look = SlackLook(slack_blocks, slack_headline)
        # Where AWS itself is a stand-in on this machine, Slack may be one as well.
        loopback = urlsplit(self.found.maybe("AWS_ENDPOINT_URL")).hostname == "127.0.0.1"
        return SlackAlerts(lambda: secret(self.aws, ref), look, loopback=loopback)

    def allowed(self) -> "tuple[Modes, Writing]":
        """How far this function may go, and with what it writes."""
        from seawall.state.dynamo_modes import DynamoModes

        modes = DynamoModes(self.table)
        if not self.found.is_on("SEAWALL_WRITES"):
            return OnlyPropose(modes), NoWriting()
        from seawall.remediate.apply import Applier

        return modes, Applier(doors(self.clouds, SERVICES, writing=True))

    def process(self) -> "Process":
        """This container, named by its log stream: whoever reads who holds a plan finds its log."""
        from seawall.flow.desks import Process

        # A container does one thing at a time. Whether another one is dead nobody can tell.
        owner = self.found.text("AWS_LAMBDA_LOG_STREAM_NAME")
        return Process(owner, clock=lambda: datetime.now(UTC))

    def outbox(self, *, scans: bool) -> "SqsOutbox":
        """The queues; a scan orders no scans."""
        from seawall.publish.sqs import QueueUrls, open_outbox

        names = {each: f"SEAWALL_SCANS_{each.upper()}" for each in SERVICES} if scans else {}
        urls = {service: self.found.text(name) for service, name in names.items()}
        findings = "" if scans else self.found.text("SEAWALL_FINDINGS")
        return open_outbox(self.aws, QueueUrls(urls, findings), fleet=self.fleet)

    def places(self) -> tuple[tuple[str, str], ...]:
        """Where a person finds out how it went on."""
        logs = self.found.text("SEAWALL_LOGS")
        return (
            ("each cluster's scan", f"log groups {logs}/scan-eks, scan-gke and scan-aks"),
            ("what changed", f"topic {self.found.text('SEAWALL_TOPIC')}, when the run is closed"),
            ("what failed", f"the dead-letter queues of this stack; log group {logs}/alert"),
            ("all that is remembered", f"table {self.found.text('SEAWALL_TABLE')}"),
        )

    @property
    def fleet(self) -> str:
        """Its name."""
        return self.found.text("SEAWALL_FLEET")

    @cached_property
    def table(self) -> "DynamoTable":
        """The one table."""
        from seawall.state.dynamo import open_table

        return open_table(self.aws, self.found.text("SEAWALL_TABLE"), fleet=self.fleet)

    @cached_property
    def attic(self) -> "Evidence":
        """The one bucket."""
        from seawall.publish.s3 import open_evidence

        return open_evidence(self.aws, self.found.text("SEAWALL_BUCKET"), fleet=self.fleet)

    @cached_property
    def inventory(self) -> "DynamoInventory":
        """The clusters."""
        from seawall.state.dynamo_inventory import DynamoInventory

        return DynamoInventory(self.table)

    @cached_property
    def memories(self) -> "DynamoMemories":
        """What is remembered of them."""
        from seawall.state.dynamo_memories import DynamoMemories

        return DynamoMemories(self.table, self.attic)

    @cached_property
    def runs(self) -> "DynamoRuns":
        """The runs."""
        from seawall.state.dynamo_runs import DynamoRuns

        return DynamoRuns(self.table)

    @cached_property
    def news(self) -> "DynamoNews":
        """What nobody was told yet."""
        from seawall.state.dynamo_news import DynamoNews

        return DynamoNews(self.table, self.memories, self.attic)

    @cached_property
    def carried(self) -> "CarriedDigests":
        """Digests on their way through the topic."""
        from seawall.publish.digests import CarriedDigests

        return CarriedDigests(self.attic)
