"""Dead letters of SQS, put back by hand: received, sent to their queue, deleted there.

StartMessageMoveTask does the same, but not in every stand-in, and not a few at a time. Whoever is
killed between sending and deleting has sent a letter twice; it was made for that.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from seawall.publish.sqs import MOST_ENTRIES, asked, batches, send_batch

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef, SendMessageBatchRequestEntryTypeDef

HELD_S: Final = 60
"""How long nobody else gets what is on its way."""
FIFO: Final = ".fifo"


def redrive(
    client: "SQSClient",
    dead: str,
    alive: str,
    *,
    most: int = 1_000,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Put up to `most` letters of the queue `dead` back on `alive`, both URLs; how many it were.

    Raises:
        TryLater: SQS is busy; what was not put back is still dead.
        Trouble: One of the queues cannot be used.
    """
    number = 0
    while number < most:
        taken = _taken(client, dead, min(MOST_ENTRIES, most - number))
        if not taken:
            break
        entries = {str(index): _entry(str(index), each, alive) for index, each in enumerate(taken)}
        for batch in batches(entries.values()):
            send_batch(client, alive, batch, pause)
            _delete(client, dead, [taken[int(each["Id"])] for each in batch])
        number += len(taken)
    return number


def _taken(client: "SQSClient", dead: str, most: int) -> "list[MessageTypeDef]":
    with asked("ReceiveMessage", dead):
        said = client.receive_message(
            QueueUrl=dead,
            MaxNumberOfMessages=most,
            VisibilityTimeout=HELD_S,
            WaitTimeSeconds=1,  # asks all of SQS's servers, not some of them
            MessageSystemAttributeNames=["All"],
        )
    return list(said.get("Messages", []))


def _entry(
    name: str, message: "MessageTypeDef", alive: str
) -> "SendMessageBatchRequestEntryTypeDef":
    """Of the same group. Within five minutes a FIFO queue would drop it under its old id."""
    attributes = message.get("Attributes", {})
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": name, "MessageBody": message["Body"]}
    if "MessageGroupId" in attributes:
        entry["MessageGroupId"] = attributes["MessageGroupId"]
    if alive.endswith(FIFO):
        entry["MessageDeduplicationId"] = f"redriven-{message['MessageId']}"
    return entry


def _delete(client: "SQSClient", dead: str, messages: "list[MessageTypeDef]") -> None:
    with asked("DeleteMessageBatch", dead):
        client.delete_message_batch(
            QueueUrl=dead,
            Entries=[
                {"Id": str(index), "ReceiptHandle": each["ReceiptHandle"]}
                for index, each in enumerate(messages)
            ],
        )
