"""The door to an EKS cluster: a token that is a signed question to STS, made here, never kept.

The API server asks STS who signed it; no call is made here, signing takes about a millisecond.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from seawall.clouds.aws import OURSELVES, SERVICE, AccountRole, Aws, translated
from seawall.clouds.told import own_authority, server
from seawall.model.door import Door
from seawall.model.errors import NoEntry
from seawall.model.fleet import ClusterRecord

if TYPE_CHECKING:
    from boto3 import Session
    from botocore.signers import RequestSigner
    from mypy_boto3_sts import STSClient

PREFIX: Final = "k8s-aws-v1."
CLUSTER_HEADER: Final = "x-k8s-aws-id"
URL_GOOD_S: Final = 60
"""Of the URL; the API server takes a token for 15 minutes from its date, whatever stands here
(github.com/kubernetes-sigs/aws-iam-authenticator, pkg/token)."""


def eks_door(
    record: ClusterRecord, aws: Aws, accounts: Sequence[AccountRole] = (OURSELVES,)
) -> Door:
    """The door to a recorded cluster, with a token that was signed just now.

    Raises:
        NoEntry: It has no endpoint or authority, or its account may not be entered.
        TryLater: STS is busy.
        Trouble: There are no credentials.
    """
    where, ca = server(record, SERVICE), own_authority(record)
    role = _role(accounts, record.ref.fact("account"))
    named = record.ref.fact("id") or record.ref.fact("name")
    return Door(where, ca=ca, token=eks_token(aws, role, record.ref.fact("region"), named))


def eks_token(aws: Aws, role: AccountRole, region: str, cluster: str) -> str:
    """A bearer token for one cluster; never to be logged: it holds the session's own token.

    Raises: as `eks_door`.
    """
    session = aws.session(role)
    sts = aws.sts(session, region)  # the region's host, under the name that its partition has
    request = {
        "method": "GET",
        "url": f"{sts.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "context": {},
        "headers": {CLUSTER_HEADER: cluster},
    }
    with translated("signing for an EKS cluster"):
        url = _signer(session, sts, region).generate_presigned_url(
            request, operation_name="", region_name=region, expires_in=URL_GOOD_S
        )
    return PREFIX + urlsafe_b64encode(url.encode()).rstrip(b"=").decode()


def _signer(session: "Session", sts: "STSClient", region: str) -> "RequestSigner":
    from botocore.exceptions import NoCredentialsError
    from botocore.signers import RequestSigner

    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    service = sts.meta.service_model.service_id
    return RequestSigner(service, region, "sts", "v4", credentials, session.events)


def _role(accounts: Sequence[AccountRole], account: str) -> AccountRole:
    """The role in the cluster's account; else we are in it ourselves, if that was said."""
    for role in accounts:
        if role.account == account:
            return role
    if OURSELVES in accounts:
        return OURSELVES
    raise NoEntry(f"no role is named to enter account {account} with")
