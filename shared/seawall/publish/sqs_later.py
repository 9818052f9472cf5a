"""When a message of SQS comes again that could not be carried out."""

from typing import TYPE_CHECKING

from seawall.clouds.aws import Aws, patient, translated
from seawall.publish.sqs import asked

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def open_later(aws: Aws, url: str) -> "SqsLater":
    """The queue by its URL; it is first asked when it is first used.

    Raises:
        Trouble: There are no credentials, or no boto3.
    """
    session = aws.session()
    with translated("SQS"):
        return SqsLater(session.client("sqs", config=patient()), url)


class SqsLater:
    """The port `Later` of `invoke.benches` over one queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client, self._url = client, url

    def again_in(self, receipt: str, seconds: int) -> None:
        """Hide the message for so long from now on.

        Raises:
            TryLater: SQS is busy or away.
            Trouble: This role may not do that, or the receipt is too old.
        """
        with asked("ChangeMessageVisibility", self._url):
            self._client.change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=receipt,
                VisibilityTimeout=max(0, seconds),
            )
