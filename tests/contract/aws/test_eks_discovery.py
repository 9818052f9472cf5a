from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from boto3 import Session
from botocore.awsrequest import AWSPreparedRequest
from botocore.stub import Stubber
from moto import mock_aws
from tests.contract.aws.answers import (
    ACCOUNT,
    DENIED,
    GONE,
    Answer,
    Answering,
    always,
    cluster,
    regions,
    session,
)

from seawall.clouds.aws import OURSELVES, AccountRole, Aws, Identity
from seawall.discover.eks import EksDiscovery, Place, enabled_regions, found_in
from seawall.model.errors import NoEntry, SeawallError, Trouble, TryLater
from seawall.model.fleet import ClusterRef, Sighting
from seawall.model.sight import Seen, Unseen

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HERE = Place(Identity(ACCOUNT, "aws"), "eu-central-1")


@pytest.fixture
def moto() -> Iterator[Session]:
    with mock_aws():
        yield Session("testing", "testing", region_name="eu-central-1")


def make(made: Session, region: str, count: int) -> None:
    eks = made.client("eks", region_name=region)
    for number in range(count):
        role = f"arn:aws:iam::{ACCOUNT}:role/eks"
        eks.create_cluster(name=f"Shop-{number:03}", roleArn=role, resourcesVpcConfig={})


def look(discovery: EksDiscovery) -> dict[str, Sighting]:
    sightings = list(discovery.look(now=NOW))
    by_scope = {sighting.scope: sighting for sighting in sightings}
    assert len(sightings) == len(by_scope)
    return by_scope


def found(sighting: Sighting) -> tuple[ClusterRef, ...]:
    assert isinstance(sighting.found, Seen), sighting
    return sighting.found.value


def why(sighting: Sighting) -> str:
    assert isinstance(sighting.found, Unseen), sighting
    return sighting.found.why


def in_region(answers: dict[str, Answer]) -> Answering:
    """An answer for each region, by the host that is asked."""
    return lambda request: next(a for region, a in answers.items() if f".{region}." in request.url)


def test_more_clusters_than_a_page_holds_are_all_seen(moto: Session) -> None:
    make(moto, "eu-central-1", 230)
    make(moto, "us-west-2", 1)

    seen = look(EksDiscovery(Aws(lambda: moto), regions=("eu-central-1", "us-west-2")))

    assert [f"aws:{ACCOUNT}/eu-central-1", f"aws:{ACCOUNT}/us-west-2"] == list(seen)
    assert [230, 1] == [len({ref.key for ref in found(each)}) for each in seen.values()]
    first = found(seen[f"aws:{ACCOUNT}/eu-central-1"])[0]
    assert f"arn:aws:eks:eu-central-1:{ACCOUNT}:cluster/shop-000" == first.key
    assert ("eks", "Shop-000", ACCOUNT) == (
        first.service,
        first.fact("name"),
        first.fact("account"),
    )


def test_a_member_account_is_entered_by_its_role(moto: Session) -> None:
    role = AccountRole("arn:aws:iam::222222222222:role/seawall-read", "a-secret")

    seen = look(EksDiscovery(Aws(lambda: moto), (OURSELVES, role), regions=("eu-central-1",)))

    assert [f"aws:{ACCOUNT}/eu-central-1", "aws:222222222222/eu-central-1"] == list(seen)


def test_without_a_region_all_enabled_ones_are_walked_by_ec2_where_account_refuses(
    moto: Session,
) -> None:
    assert {"eu-central-1", "us-east-1"} < set(enabled_regions(Aws(lambda: moto), OURSELVES))


def test_regions_are_read_page_by_page() -> None:
    first: Answer = (200, {"Regions": [{"RegionName": "eu-west-1"}], "NextToken": "more"})
    pages = iter((first, (200, {"Regions": [{"RegionName": "ap-east-1"}]})))
    answers: dict[str, Answering] = {"account.ListRegions": lambda _: next(pages)}

    assert ("ap-east-1", "eu-west-1") == enabled_regions(Aws(lambda: session(answers)), OURSELVES)


def test_a_region_that_fails_is_unseen_and_the_others_complete() -> None:
    listed = in_region(
        {
            "eu-west-1": (200, {"clusters": ["a"]}),
            "us-east-1": DENIED,
            "ap-east-1": (403, {"__type": "UnrecognizedClientException", "message": "invalid"}),
        }
    )
    answers = {
        **regions("ap-east-1", "eu-west-1", "us-east-1"),
        "eks.ListClusters": listed,
        "eks.DescribeCluster": lambda _: cluster("a"),
    }

    seen = look(EksDiscovery(Aws(lambda: session(answers))))

    assert ["a"] == [ref.fact("name") for ref in found(seen[f"aws:{ACCOUNT}/eu-west-1"])]
    assert "not permitted (not you, eks:ListClusters)" in why(seen[f"aws:{ACCOUNT}/us-east-1"])
    assert "is the region turned off" in why(seen[f"aws:{ACCOUNT}/ap-east-1"])


def test_a_region_that_was_turned_off_is_unseen_and_not_forgotten() -> None:
    answers = {**regions("eu-west-1"), "eks.ListClusters": always(200, {"clusters": []})}
    known = (f"aws:{ACCOUNT}/eu-west-1", f"aws:{ACCOUNT}/af-south-1", "aws:999999999999/eu-west-1")

    seen = look(EksDiscovery(Aws(lambda: session(answers)), known=lambda: known))

    assert () == found(seen[f"aws:{ACCOUNT}/eu-west-1"])
    assert "the region is not enabled any more" == why(seen[f"aws:{ACCOUNT}/af-south-1"])
    assert 2 == len(seen)


@pytest.mark.parametrize(
    "named, scopes",
    [
        pytest.param(
            ("eu-west-1",),
            ["aws:222222222222/eu-west-1", "aws:222222222222/us-east-1"],
            id="the regions that were asked for or are known",
        ),
        pytest.param((), ["aws:222222222222", "aws:222222222222/us-east-1"], id="the account"),
    ],
)
def test_an_account_that_cannot_be_entered_is_unseen(
    named: tuple[str, ...], scopes: list[str]
) -> None:
    refused = (403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>")
    answers = {**regions(), "sts.AssumeRole": always(*refused)}
    role = AccountRole("arn:aws:iam::222222222222:role/seawall-read")

    seen = look(
        EksDiscovery(
            Aws(lambda: session(answers)),
            (role, OURSELVES),
            named,
            lambda: ("aws:222222222222/us-east-1", "gcp:p/us-east1"),
        )
    )

    assert scopes == [s for s in seen if s.startswith("aws:2")]
    assert {
        "entering arn:aws:iam::222222222222:role/seawall-read: not permitted (AccessDenied)"
    } == {why(seen[scope]) for scope in scopes}


def test_an_account_whose_regions_nobody_may_ask_for_is_unseen_and_says_the_way_out() -> None:
    denied = (
        403,
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
    )
    answers = {
        **regions(),
        "account.ListRegions": always(*DENIED),
        "ec2.DescribeRegions": always(*denied),
    }
    known = (f"aws:{ACCOUNT}/eu-west-1",)

    seen = look(EksDiscovery(Aws(lambda: session(answers)), known=lambda: known))

    assert [f"aws:{ACCOUNT}", f"aws:{ACCOUNT}/eu-west-1"] == list(seen)
    assert why(seen[f"aws:{ACCOUNT}"]).endswith("; or name the regions")


def test_expired_credentials_leave_all_that_is_known_unseen() -> None:
    expired = "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>"
    answers = {"sts.GetCallerIdentity": always(403, expired)}
    known = ("aws:1/eu-west-1", "aws:2/eu-west-1", "kubeconfig:x")

    seen = look(EksDiscovery(Aws(lambda: session(answers)), known=lambda: known))

    assert ["aws", "aws:1/eu-west-1", "aws:2/eu-west-1"] == list(seen)
    assert "the credentials have expired; log in again" in why(seen["aws"])


def test_no_credentials_at_all_stop_the_run() -> None:
    class Nobody(Session):
        def client(self, *_: object, **__: object) -> None:  # type: ignore[override]
            from botocore.exceptions import NoCredentialsError

            raise NoCredentialsError

    with pytest.raises(Trouble, match="the settings of AWS cannot be used"):
        list(EksDiscovery(Aws(Nobody)).look(now=NOW))


def test_a_region_is_asked_only_about_itself() -> None:
    asked: list[str] = []
    answers = {**regions("eu-west-1"), "eks.ListClusters": always(200, {"clusters": []})}

    look(EksDiscovery(Aws(lambda: session(answers, asked)), regions=("eu-west-1",)))

    assert [
        "sts.GetCallerIdentity https://sts.eu-central-1.amazonaws.com/",
        "eks.ListClusters https://eks.eu-west-1.amazonaws.com/clusters?include=all",
    ] == asked


def one(answer: Answer) -> tuple[ClusterRef, ...]:
    """What is found where one cluster, Shop, is listed and described like this."""
    answers: dict[str, Answering] = {
        "eks.ListClusters": always(200, {"clusters": ["Shop"]}),
        "eks.DescribeCluster": lambda _: answer,
    }
    return found_in(Aws(lambda: session(answers)).eks(OURSELVES, "eu-central-1"), HERE)


def test_a_cluster_tells_where_it_is_and_how_it_can_be_reached() -> None:
    network = {
        "endpointPublicAccess": True,
        "endpointPrivateAccess": True,
        "publicAccessCidrs": ["198.51.100.0/24", "203.0.113.0/24"],
    }
    (ref,) = one(
        cluster(
            "Shop",
            createdAt=1_700_000_000,
            resourcesVpcConfig=network,
            platformVersion="eks.9",
            accessConfig={"authenticationMode": "API"},
            kubernetesNetworkConfig={"ipFamily": "ipv4"},
            computeConfig={"enabled": True},
            tags={"owner": "not kept"},
        )
    )

    assert "https://SHOP.gr7.eu-central-1.eks.amazonaws.com" == ref.server
    assert b"-----BEGIN CERTIFICATE-----\n" == ref.ca
    assert {
        "account": ACCOUNT,
        "authentication": "API",
        "auto-mode": "True",
        "created": "2023-11-14 22:13:20+00:00",
        "endpoint": "public and private",
        "endpoint-cidrs": "198.51.100.0/24, 203.0.113.0/24",
        "ip-family": "ipv4",
        "name": "Shop",
        "platform": "eks.9",
        "region": "eu-central-1",
        "status": "ACTIVE",
        "version": "1.34",
    } == dict(ref.facts)
    assert sorted(ref.facts) == list(ref.facts)


def test_a_cluster_deleted_since_it_was_listed_is_not_there() -> None:
    assert () == one(GONE)


@pytest.mark.parametrize(
    "answer, reason",
    [
        pytest.param(DENIED, "eks:DescribeCluster in eu-central-1 of", id="may not be described"),
        pytest.param(
            cluster("Shop", status="CREATING", endpoint="", certificateAuthority={}),
            "it has no endpoint yet; EKS says it is CREATING",
            id="being made",
        ),
        pytest.param(
            cluster("Shop", certificateAuthority={}),
            "the cloud does not tell its certificate authority (yet)",
            id="without an authority",
        ),
        pytest.param(
            cluster("Shop", certificateAuthority={"data": "????"}),
            "the cloud does not tell its certificate authority (yet)",
            id="an authority that is no base64",
        ),
        pytest.param(
            cluster("Shop", connectorConfig={"provider": "OTHER"}),
            "it is registered with EKS, not run by it: scan it by a kubeconfig",
            id="registered only",
        ),
    ],
)
def test_a_cluster_without_a_way_in_is_listed_and_says_why(answer: Answer, reason: str) -> None:
    (ref,) = one(answer)

    assert (f"arn:aws:eks:eu-central-1:{ACCOUNT}:cluster/shop", "", None) == (
        ref.key,
        ref.server,
        ref.ca,
    )
    assert reason in ref.fact("unreachable")
    assert "Shop" == ref.fact("name")


def test_two_clusters_of_one_key_are_not_taken_for_one() -> None:
    answers: dict[str, Answering] = {
        "eks.ListClusters": always(200, {"clusters": ["Shop", "shop"]}),
        "eks.DescribeCluster": _by_name,
    }
    client = Aws(lambda: session(answers)).eks(OURSELVES, "eu-central-1")

    with pytest.raises(NoEntry, match="named alike but for upper case"):
        found_in(client, HERE)


def _by_name(request: AWSPreparedRequest) -> Answer:
    return cluster(request.url.rpartition("/")[2])


@pytest.mark.parametrize(
    "code, status, expected",
    [
        pytest.param("ThrottlingException", 400, TryLater, id="throttled"),
        pytest.param("TooManyRequestsException", 429, TryLater, id="too many requests"),
        pytest.param("ServerException", 500, TryLater, id="a server's fault"),
        pytest.param("ServiceUnavailableException", 503, TryLater, id="unavailable"),
        pytest.param("AccessDeniedException", 403, NoEntry, id="denied"),
        pytest.param("ExpiredTokenException", 403, NoEntry, id="expired"),
        pytest.param("InvalidParameterException", 400, NoEntry, id="not understood"),
    ],
)
def test_an_error_is_named_by_what_to_do_next(
    code: str, status: int, expected: type[SeawallError]
) -> None:
    client = session({}).client("eks")
    with Stubber(client) as stub:
        stub.add_client_error("list_clusters", code, "words", status)

        with pytest.raises(expected, match="eks:ListClusters in eu-central-1 of 123456789012"):
            found_in(client, HERE)


def test_an_unreachable_endpoint_is_weather() -> None:
    def broken(_: AWSPreparedRequest) -> Answer:
        from botocore.exceptions import EndpointConnectionError

        raise EndpointConnectionError(endpoint_url="https://x.invalid/?X-Amz-Security-Token=T")

    client = session({"eks.ListClusters": broken}).client("eks")

    with pytest.raises(TryLater, match="EndpointConnectionError") as caught:
        found_in(client, HERE)
    assert "Token=" not in str(caught.value)
