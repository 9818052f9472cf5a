"""Evidence: what is read back is what was kept, or there is no answer at all."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from boto3 import Session
from botocore.config import Config
from moto import mock_aws
from tests.contract.aws.answers import always, session

from seawall.clouds.aws import Aws
from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.publish.s3 import Evidence, open_evidence

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from seawall.state.dynamo_documents import Attic

BUCKET = "seawall-evidence"
BODY = b"\x00a snapshot\xff" * 100


@pytest.fixture
def client() -> Iterator["S3Client"]:
    with mock_aws():
        made = Session("testing", "testing", region_name="us-east-1").client("s3")
        made.create_bucket(Bucket=BUCKET)
        yield made


@pytest.fixture(params=[False, True], ids=["one of each name", "versioned"])
def evidence(request: pytest.FixtureRequest, client: "S3Client") -> Evidence:
    if request.param:
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return Evidence(client, BUCKET, prefix="east/")


def test_what_is_kept_is_read_back(evidence: Evidence) -> None:
    attic: Attic = evidence
    kept = attic.keep("snapshots/prod", BODY)

    assert f"east/snapshots/prod/{hashlib.sha256(BODY).hexdigest()}" == kept.key
    assert BODY == attic.read(kept)


def test_the_same_evidence_twice_has_one_name(evidence: Evidence) -> None:
    assert evidence.keep("a", BODY).key == evidence.keep("a", BODY).key


def test_what_somebody_wrote_over_is_not_given_out(client: "S3Client") -> None:
    evidence = Evidence(client, BUCKET)
    kept = evidence.keep("a", BODY)
    client.put_object(Bucket=BUCKET, Key=kept.key, Body=b"forged")

    with pytest.raises(Trouble, match=f"s3://{BUCKET}/{kept.key} is not what was kept there"):
        evidence.read(kept)


def test_a_version_stays_what_it_is_when_somebody_writes_over_it(client: "S3Client") -> None:
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    evidence = Evidence(client, BUCKET)
    kept = evidence.keep("a", BODY)
    client.put_object(Bucket=BUCKET, Key=kept.key, Body=b"forged")

    assert BODY == evidence.read(kept)


def test_what_was_dropped_is_gone_and_may_be_dropped_again(evidence: Evidence) -> None:
    kept = evidence.keep("a", BODY)
    evidence.drop(kept)
    evidence.drop(kept)

    with pytest.raises(Trouble, match="S3 GetObject of s3://"):
        evidence.read(kept)


def test_what_was_never_there_is_trouble(evidence: Evidence) -> None:
    kept = evidence.keep("a", BODY)

    with pytest.raises(Trouble, match="is that the bucket of this stack"):
        evidence.read(replace(kept, key="made-up", version=""))


@pytest.mark.parametrize(
    "status, code, expected",
    [
        pytest.param(503, "SlowDown", TryLater, id="busy"),
        pytest.param(500, "InternalError", TryLater, id="its own fault"),
        pytest.param(403, "AccessDenied", Trouble, id="denied"),
        pytest.param(404, "NoSuchBucket", Trouble, id="no bucket"),
    ],
)
def test_a_refusal_is_named_by_what_to_do_next(
    status: int, code: str, expected: type[SeawallError]
) -> None:
    body = f"<Error><Code>{code}</Code><Message>words</Message></Error>"
    made = session({"s3.PutObject": always(status, body)})
    client = made.client("s3", config=Config(retries={"total_max_attempts": 1}))

    with pytest.raises(expected, match="S3 PutObject of s3://seawall-evidence/a/"):
        Evidence(client, BUCKET).keep("a", BODY)


def test_the_bucket_of_a_fleet_is_opened_without_asking_for_anything() -> None:
    asked: list[str] = []

    open_evidence(Aws(lambda: session({}, asked)), BUCKET, fleet="a/b")

    assert [] == asked
