"""Evidence in an S3 bucket: snapshots, and what is too long for an item of a table.

A name ends in the content's sha256, so that the same evidence twice is one, and what is read back
is compared with it: nothing else than what was kept is ever given out.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from seawall.clouds.aws import Aws, patient, translated
from seawall.model.errors import NoEntry, Trouble
from seawall.state.dynamo_documents import Kept

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef


def open_evidence(aws: Aws, bucket: str, *, fleet: str) -> "Evidence":
    """The bucket; it is first asked when it is first used.

    Raises:
        Trouble: There are no credentials, or no boto3.
    """
    session = aws.session()
    with translated("S3"):
        return Evidence(
            session.client("s3", config=patient()), bucket, prefix=f"{quote(fleet, safe='')}/"
        )


class Evidence:
    """Keeps bytes in a bucket, under a prefix; the attic of `state.dynamo_documents`."""

    def __init__(self, client: "S3Client", bucket: str, *, prefix: str = "") -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix

    def keep(self, key: str, body: bytes) -> Kept:
        """Keep it under this name and its sha256; S3 itself checks that all of it arrived.

        Raises:
            TryLater: S3 is busy or away.
            Trouble: This role may not write there, or there is no such bucket.
        """
        digest = hashlib.sha256(body)
        name = f"{self._prefix}{key}/{digest.hexdigest()}"
        with self._asked("PutObject", name):
            said = self._client.put_object(
                Bucket=self._bucket,
                Key=name,
                Body=body,
                ContentType="application/octet-stream",
                ChecksumSHA256=b64encode(digest.digest()).decode(),
            )
        return Kept(name, digest.hexdigest(), said.get("VersionId", ""))

    def read(self, kept: Kept) -> bytes:
        """Exactly what was kept.

        Raises:
            TryLater: S3 is busy or away.
            Trouble: It is gone, or is not what was kept.
        """
        asked: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": kept.key}
        if kept.version:
            asked["VersionId"] = kept.version
        with self._asked("GetObject", kept.key):
            body = self._client.get_object(**asked)["Body"].read()
        if hashlib.sha256(body).hexdigest() != kept.sha256:
            raise Trouble(
                f"s3://{self._bucket}/{kept.key} is not what was kept there: its sha256 differs; "
                "find out who wrote to the bucket, and restore the object"
            )
        return body

    def drop(self, kept: Kept) -> None:
        """Delete it; what is gone is as good. Raises as `keep`."""
        with self._asked("DeleteObject", kept.key):
            if kept.version:
                self._client.delete_object(
                    Bucket=self._bucket, Key=kept.key, VersionId=kept.version
                )
            else:
                self._client.delete_object(Bucket=self._bucket, Key=kept.key)

    @contextmanager
    def _asked(self, call: str, key: str) -> Iterator[None]:
        try:
            with translated(f"S3 {call} of s3://{self._bucket}/{key}"):
                yield
        except NoEntry as error:
            raise Trouble(
                f"{error}; is that the bucket of this stack, and may this role do that in it?"
            ) from error
