"""The token's shape: github.com/kubernetes-sigs/aws-iam-authenticator, `pkg/token/token.go`."""

import gc
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from weakref import ref

import pytest
from boto3 import Session
from tests.contract.aws.answers import ACCOUNT, Answering, always, session

from seawall.clouds.aws import OURSELVES, AccountRole, Aws
from seawall.connect.eks import eks_door, eks_token
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry, Trouble
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CA = b"-----BEGIN CERTIFICATE-----\n"
SERVER = "https://SHOP.gr7.eu-central-1.eks.amazonaws.com"
MEMBER = AccountRole("arn:aws:iam::222222222222:role/seawall-read", "a-secret")


def record(
    server: str = SERVER, ca: bytes | None = CA, service: str = "eks", **facts: str
) -> ClusterRecord:
    told = {"account": ACCOUNT, "name": "Shop", "region": "eu-central-1", **facts}
    ref = ClusterRef(ClusterKey("arn"), service, server, ca, tuple(sorted(told.items())))
    return ClusterRecord(ref, "aws:1/eu-central-1", Presence.PRESENT, NOW, NOW)


def quiet(asked: list[str] | None = None) -> Aws:
    """Sessions that answer no call."""
    return Aws(lambda: session({}, asked))


def url_in(token: str) -> str:
    body = token.removeprefix("k8s-aws-v1.")
    return urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()


def test_a_token_is_a_question_to_the_regional_sts_signed_for_one_cluster() -> None:
    asked: list[str] = []

    token = eks_token(quiet(asked), OURSELVES, "eu-central-1", "Shop")

    assert token.startswith("k8s-aws-v1.")
    assert "=" not in token
    url = urlsplit(url_in(token))
    assert ("https", "sts.eu-central-1.amazonaws.com", "/") == (url.scheme, url.netloc, url.path)
    said = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert {
        "Action": "GetCallerIdentity",
        "Version": "2011-06-15",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Expires": "60",
        "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
        "X-Amz-Security-Token": "not-a-token",
    }.items() <= said.items()
    assert (
        f"AKIDEXAMPLE/{said['X-Amz-Date'][:8]}/eu-central-1/sts/aws4_request"
        == (said["X-Amz-Credential"])
    )
    assert {"X-Amz-Signature", "X-Amz-Date"} < said.keys()
    assert [] == asked  # signed here, nobody was called


@pytest.mark.parametrize(
    "region, host",
    [
        pytest.param("cn-north-1", "sts.cn-north-1.amazonaws.com.cn", id="China"),
        pytest.param("us-gov-west-1", "sts.us-gov-west-1.amazonaws.com", id="GovCloud"),
        pytest.param("us-east-1", "sts.us-east-1.amazonaws.com", id="where the global one is"),
    ],
)
def test_a_token_names_the_sts_of_its_region(region: str, host: str) -> None:
    assert host == urlsplit(url_in(eks_token(quiet(), OURSELVES, region, "Shop"))).netloc


def test_a_token_is_good_for_one_cluster_only() -> None:
    one, other = (url_in(eks_token(quiet(), OURSELVES, "eu-west-1", name)) for name in "ab")

    assert parse_qs(one)["X-Amz-Signature"] != parse_qs(other)["X-Amz-Signature"]


def test_a_door_leads_where_the_inventory_says_and_shows_no_token() -> None:
    door = eks_door(record(), quiet())

    assert (SERVER, CA) == (door.server, door.ca)
    assert door.token.startswith("k8s-aws-v1.")
    assert f"Door('{SERVER}', shows token)" == repr(door)


@pytest.mark.parametrize(
    "closed, reason",
    [
        pytest.param(record(server=""), "it has no endpoint yet", id="no endpoint"),
        pytest.param(
            record(server="", unreachable="not permitted"), "not permitted", id="not described"
        ),
        pytest.param(record(ca=None), "no certificate authority", id="no authority"),
        pytest.param(record(service="gke"), "the inventory says 'gke'", id="another cloud's"),
    ],
)
def test_no_token_is_made_for_a_cluster_without_a_way_in(
    closed: ClusterRecord, reason: str
) -> None:
    def unasked() -> Session:
        pytest.fail("a session was begun")

    with pytest.raises(NoEntry, match=reason):
        eks_door(closed, Aws(unasked))


def assumed(ends_at: datetime) -> Answering:
    body = (
        "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
        "<AccessKeyId>AKIDMEMBER</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        f"<SessionToken>t</SessionToken><Expiration>{ends_at.isoformat()}</Expiration>"
        "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    return always(200, body)


@pytest.mark.parametrize(
    "left, entered",
    [
        pytest.param(timedelta(minutes=60), 1, id="held while it is good for a token"),
        pytest.param(timedelta(minutes=14), 2, id="entered anew before a token could outlive it"),
    ],
)
def test_a_member_accounts_cluster_is_entered_by_the_role_there(
    left: timedelta, entered: int
) -> None:
    asked: list[str] = []
    own = session({"sts.AssumeRole": assumed(NOW + left)}, asked)
    aws = Aws(lambda: own, lambda: NOW)

    doors = [eks_door(record(account="222222222222"), aws, (OURSELVES, MEMBER)) for _ in range(2)]

    assert all("Credential=AKIDMEMBER%2F" in url_in(door.token) for door in doors)
    assert entered == len(asked) == len([one for one in asked if "AssumeRole" in one])


def test_sts_is_made_once_for_a_session_and_a_region() -> None:
    own = session({})
    aws = Aws(lambda: own)
    made = aws.sts(own, "eu-central-1")

    assert aws.sts(own, "eu-central-1") is made
    assert aws.sts(own, "eu-west-1").meta.region_name == "eu-west-1"
    assert aws.sts(session({}), "eu-central-1") is not made


def test_a_role_that_was_entered_anew_asks_with_its_new_credentials_and_the_old_ones_go() -> None:
    clock = [NOW]
    own = session({"sts.AssumeRole": assumed(NOW + timedelta(minutes=60))})
    aws = Aws(lambda: own, lambda: clock[0])
    before = aws.session(MEMBER)
    old_session, old_client = ref(before), ref(aws.sts(before, "eu-central-1"))
    clock[0] += timedelta(minutes=46)

    after = aws.session(MEMBER)
    asking = aws.sts(after, "eu-central-1")
    assert after is not before
    assert old_client() is not asking
    del before
    gc.collect()

    assert (None, None) == (old_session(), old_client())


def test_an_account_without_a_role_is_not_entered() -> None:
    with pytest.raises(NoEntry, match="no role is named to enter account 123456789012"):
        eks_door(record(), quiet(), (MEMBER,))


def test_nobody_to_sign_is_told_as_a_setting() -> None:
    class Nobody(Session):
        def get_credentials(self) -> None:
            return None

    with pytest.raises(Trouble, match=r"cannot be used \(NoCredentialsError\)"):
        eks_door(record(), Aws(lambda: Nobody("a", "b", region_name="eu-west-1")))


@pytest.mark.parametrize("role", ["seawall-read", "arn:aws:iam::1:role/x", "arn:aws:sts::1:x"])
def test_a_role_that_is_none_is_a_wrong_setting(role: str) -> None:
    with pytest.raises(Trouble, match="is no ARN of a role"):
        AccountRole(role)


def test_an_external_id_is_not_shown() -> None:
    assert "a-secret" not in repr(MEMBER)


def test_what_a_refusal_quotes_of_the_request_is_not_told() -> None:
    quoted = (
        "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The canonical string "
        "should have been x-amz-security-token:not-a-token</Message></Error></ErrorResponse>"
    )
    aws = Aws(lambda: session({"sts.GetCallerIdentity": always(403, quoted)}))

    with pytest.raises(NoEntry) as caught:
        aws.identity()

    assert "STS GetCallerIdentity: refused (SignatureDoesNotMatch)" == str(caught.value)
