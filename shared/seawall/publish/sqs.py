"""Messages on SQS: scan orders to a queue for each cloud, findings to one FIFO queue.

A scan queue is a standard one. Its group is the account, project or subscription, so that one that
has many clusters does not hold up the others (fair queues). The findings' group is the cluster: one
is worked at at a time, in order, and a second copy within five minutes is dropped.

SQS takes ten messages at once and no more, so "all or none" ends there. Everything is made before
anything is sent; after a TryLater some may be on their way, and are sent again: to receive one
twice does no harm.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from seawall.clouds.aws import Aws, patient, translated
from seawall.clouds.told import shown
from seawall.model.errors import NoEntry, Trouble, TryLater
from seawall.model.messages import Message
from seawall.publish.events import FINDINGS, Letter, encode

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

# docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
MOST_ENTRIES: Final = 10
MOST_BYTES: Final = 1_048_576
MOST_ROUNDS: Final = 3
PAUSE_S: Final = 0.2
GROUP: Final = re.compile(r"[\w!\"#$%&'()*+,./:;<=>?@\[\\\]^`{|}~-]{1,128}", re.ASCII)

KEYS: Final = (
    ("eks", re.compile(r"arn:aws[a-z-]*:eks:[a-z0-9-]+:([0-9]{12}):cluster/.+", re.ASCII)),
    ("gke", re.compile(r"//container\.googleapis\.com/projects/([^/]+)/.+")),
    ("aks", re.compile(r"/subscriptions/([^/]+)/.+")),
)
"""What the keys of each service look like, and whose account they are in."""


@dataclass(frozen=True, slots=True)
class QueueUrls:
    """Where messages go: `scans` has a URL for each service (`eks`, `gke`, `aks`)."""

    scans: Mapping[str, str]
    findings: str


def service_and_account(key: str) -> tuple[str, str]:
    """Which service runs a cluster, and whose account, project or subscription it is in.

    Raises:
        Trouble: No cloud names a cluster so.
    """
    for service, shape in KEYS:
        if found := shape.fullmatch(key):
            return service, found[1]
    raise Trouble(f"no cloud names a cluster {shown(key)!r}: there is no queue for it")


def open_outbox(aws: Aws, urls: QueueUrls, *, fleet: str) -> "SqsOutbox":
    """The queues; they are first asked when they are first used.

    Raises:
        Trouble: There are no credentials, or no boto3.
    """
    session = aws.session()
    with translated("SQS"):
        return SqsOutbox(session.client("sqs", config=patient()), urls, fleet=fleet)


class SqsOutbox:
    """The port `Outbox` over SQS, for clusters of the clouds."""

    def __init__(
        self,
        client: "SQSClient",
        urls: QueueUrls,
        *,
        fleet: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._urls, self._fleet, self._pause = client, urls, fleet, pause

    def send(self, messages: Iterable[Message], *, now: datetime) -> None:
        """Put them on the queues of their kinds; the same one twice in a row is sent once.

        Raises:
            TryLater: SQS is busy; some may be on their way. Send all of them again.
            Trouble: A message cannot be made, or a queue cannot be used; as `send` of the port.
        """
        letters = {
            letter.id: letter
            for letter in (encode(each, fleet=self._fleet, now=now) for each in messages)
        }
        by_url: dict[str, list[SendMessageBatchRequestEntryTypeDef]] = {}
        for letter in letters.values():
            url, entry = self._addressed(letter)
            by_url.setdefault(url, []).append(entry)
        for url, entries in by_url.items():
            for batch in batches(entries):
                send_batch(self._client, url, batch, self._pause)

    def _addressed(self, letter: Letter) -> "tuple[str, SendMessageBatchRequestEntryTypeDef]":
        body = sqs_text(letter.body)
        if letter.queue == FINDINGS:
            group = hashlib.sha256(letter.group.encode()).hexdigest()
            return self._urls.findings, {
                "Id": letter.id,
                "MessageBody": body,
                "MessageGroupId": group,
                "MessageDeduplicationId": letter.id,
            }
        service, account = service_and_account(letter.group)
        url = self._urls.scans.get(service)
        if url is None:
            raise Trouble(
                f"there is no scan queue for {service}, but {shown(letter.group)} is ordered to be "
                "scanned; deploy it, or take that cloud out of the discovery"
            )
        group = account if GROUP.fullmatch(account) else _short(account)
        return url, {"Id": letter.id, "MessageBody": body, "MessageGroupId": group}


def batches(
    entries: "Iterable[SendMessageBatchRequestEntryTypeDef]",
) -> "Iterator[list[SendMessageBatchRequestEntryTypeDef]]":
    """Ten at most, and one MiB at most in all."""
    batch: list[SendMessageBatchRequestEntryTypeDef] = []
    size = 0
    for entry in entries:
        more = len(entry["MessageBody"].encode())
        if batch and (len(batch) == MOST_ENTRIES or size + more > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += more
    if batch:
        yield batch


def send_batch(
    client: "SQSClient",
    url: str,
    batch: "Sequence[SendMessageBatchRequestEntryTypeDef]",
    pause: Callable[[float], None],
) -> None:
    """Send them; what SQS did not take of them is sent again, a few times.

    Raises:
        TryLater: Some were not taken in the end.
        Trouble: One is not to be taken at all, or the queue cannot be used.
    """
    left = list(batch)
    for number in range(MOST_ROUNDS):
        if number:
            pause(PAUSE_S * 2**number)
        with asked("SendMessageBatch", url):
            said = client.send_message_batch(QueueUrl=url, Entries=left)
        failed = {each["Id"]: each for each in said.get("Failed", [])}
        hopeless = next((each for each in failed.values() if each["SenderFault"]), None)
        if hopeless is not None:
            raise Trouble(
                f"SQS does not take a message for {url} ({shown(hopeless['Code'])}): "
                f"{shown(hopeless.get('Message', ''))}; this is a bug in Seawall, please report it"
            )
        left = [each for each in left if each["Id"] in failed]
        if not left:
            return
    raise TryLater(f"SQS took all but {len(left)} messages for {url}; they are sent again later")


@contextmanager
def asked(call: str, url: str) -> Iterator[None]:
    """What SQS says, in the words of our ports; a refusal here is wrong settings."""
    try:
        with translated(f"SQS {call} to {url}"):
            yield
    except NoEntry as error:
        raise Trouble(
            f"{error}; is that the URL of a queue of this stack, and may this role do that to it?"
        ) from error


def sqs_text(body: bytes) -> str:
    """JSON as SQS takes it: two noncharacters are not let in (API_SendMessage), so escaped."""
    return body.decode().replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def _short(account: str) -> str:
    return hashlib.sha256(account.encode()).hexdigest()
