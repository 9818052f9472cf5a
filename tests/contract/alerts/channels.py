"""The adapters of the port `Alerts`, and how a reader learns what each of them told."""

import io
import json
import re
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seawall.cli.alerts import TerminalAlerts
from seawall.demo.alerts import Remembered
from seawall.demo.slack_server import PATH, posted, slack_server, texts
from seawall.flow.ports import Alerts
from seawall.model.digest import Digest
from seawall.publish.files import JsonFileAlerts
from seawall.publish.slack import SlackAlerts, SlackLook
from seawall.publish.sns import SnsAlerts
from seawall.report.digest import digest_json, digest_lines
from seawall.report.slack_blocks import slack_blocks, slack_headline

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

LOOK = SlackLook(slack_blocks, slack_headline)
NOT_INSTALLED = "NOT RUN: {} is not installed"


@dataclass(frozen=True)
class Channel:
    """An adapter, and the ids of the digests that somebody behind it can tell apart, sorted."""

    alerts: Alerts
    told: Callable[[], list[str]]


def remembered(_folder: Path, _open: ExitStack) -> Channel:
    alerts = Remembered()
    return Channel(alerts, lambda: sorted(alerts.told))


def files(folder: Path, _open: ExitStack) -> Channel:
    def told() -> list[str]:
        found = sorted(folder.glob("digest-*.json"))
        return [json.loads(path.read_text())["id"] for path in found]

    return Channel(JsonFileAlerts(folder, digest_json), told)


class Screen:
    """A terminal, and what stands on it."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def send(self, digest: Digest) -> None:
        """Print a digest."""
        with redirect_stderr(self.text):
            TerminalAlerts().send(digest)


def terminal(_folder: Path, _open: ExitStack) -> Channel:
    screen = Screen()
    ids = re.compile(r"digest (\w+)\)$", re.MULTILINE)
    return Channel(screen, lambda: sorted(set(ids.findall(screen.text.getvalue()))))


def slack(_folder: Path, opened: ExitStack) -> Channel:
    """A stand-in for Slack, which refuses what is too long."""
    pytest.importorskip("slack_sdk", reason=NOT_INSTALLED.format("slack_sdk"))
    server = opened.enter_context(slack_server())

    def told() -> list[str]:
        signed = [list(texts(each))[-1][1] for each in posted(server)]
        return sorted({text.rpartition("digest ")[2].rstrip(")") for text in signed})

    return Channel(SlackAlerts(lambda: server.url + PATH, LOOK, loopback=True), told)


def sns(_folder: Path, opened: ExitStack) -> Channel:
    """A topic of moto's, and a queue that gets what chat would get."""
    moto = pytest.importorskip("moto", reason=NOT_INSTALLED.format("moto"))
    boto3 = pytest.importorskip("boto3", reason=NOT_INSTALLED.format("boto3"))
    opened.enter_context(moto.mock_aws())
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    client: SNSClient = session.client("sns")
    queues: SQSClient = session.client("sqs")
    topic = client.create_topic(Name="digests")["TopicArn"]
    url = queues.create_queue(QueueName="tap")["QueueUrl"]
    arn = "arn:aws:sqs:eu-central-1:123456789012:tap"
    client.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
    )

    def told() -> list[str]:
        found = set()
        while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            found |= {json.loads(each["Body"])["id"] for each in messages}
        return sorted(found)

    return Channel(SnsAlerts(client, topic, digest_lines, fleet="prod"), told)


CHANNELS: dict[str, Callable[[Path, ExitStack], Channel]] = {
    "remembered": remembered,
    "files": files,
    "terminal": terminal,
    "Slack": slack,
    "SNS": sns,
}
