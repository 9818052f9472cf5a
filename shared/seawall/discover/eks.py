"""EKS: every region of every account, each a scope that is seen whole or unseen."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from seawall.clouds.aws import OURSELVES, SERVICE, AccountRole, Aws, Identity, code_of, translated
from seawall.clouds.told import UNREACHABLE, Scopes, authority, below, facts, sight
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry, TryLater
from seawall.model.fleet import ClusterRef, Sighting
from seawall.model.sight import Unseen

if TYPE_CHECKING:
    from mypy_boto3_eks import EKSClient
    from mypy_boto3_eks.type_defs import ClusterTypeDef, VpcConfigResponseTypeDef

CLOUD: Final = "aws"
REGIONS_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class EksDiscovery:
    """The EKS clusters of some accounts.

    Attributes:
        aws: Our sessions.
        accounts: How each account is entered.
        regions: Where to look; none: in every region that is enabled.
        known: The scopes that the inventory knows.
    """

    aws: Aws
    accounts: tuple[AccountRole, ...] = (OURSELVES,)
    regions: tuple[str, ...] = ()
    known: Scopes = tuple

    def look(self, *, now: datetime) -> Iterator[Sighting]:  # noqa: ARG002  a port's parameter
        """A sighting for each region of each account.

        Raises:
            Trouble: There are no credentials at all, or boto3 is not installed.
        """
        for role in self.accounts:
            yield from self._account(role)

    def _account(self, role: AccountRole) -> Iterator[Sighting]:
        try:
            identity = self.aws.identity(role)
        except (NoEntry, TryLater) as error:
            yield from self._closed(role.account, str(error))
            return
        try:
            regions = self.regions or enabled_regions(self.aws, role)
        except (NoEntry, TryLater) as error:
            yield from self._closed(identity.account, f"{error}; or name the regions")
            return
        yield from self._walk(role, identity, regions)
        if not self.regions:
            yield from self._turned_off(identity.account, regions)

    def _walk(
        self, role: AccountRole, identity: Identity, regions: Iterable[str]
    ) -> Iterator[Sighting]:
        """The regions in turn, read some at a time: a client for each region, none is shared."""

        def look(region: str) -> Sighting:
            place = Place(identity, region)
            return Sighting(place.scope, sight(lambda: found_in(self.aws.eks(role, region), place)))

        with ThreadPoolExecutor(REGIONS_AT_ONCE) as pool:
            yield from pool.map(look, regions)

    def _closed(self, account: str, why: str) -> Iterator[Sighting]:
        """An account that could not be entered: whatever is known or asked of it is unseen.

        If nobody knows which account it is, our own credentials failed, and with them all others.
        """
        top = f"{CLOUD}:{account}" if account else CLOUD
        known = below(self.known(), top) if account else _of_cloud(self.known())
        asked = [f"{top}/{region}" for region in self.regions if account]
        for scope in sorted({*known, *asked}) if asked else [top, *known]:
            yield Sighting(scope, Unseen(why))

    def _turned_off(self, account: str, regions: Iterable[str]) -> Iterator[Sighting]:
        top = f"{CLOUD}:{account}"
        for scope in set(below(self.known(), top)) - {f"{top}/{region}" for region in regions}:
            yield Sighting(scope, Unseen("the region is not enabled any more"))


@dataclass(frozen=True, slots=True)
class Place:
    """A region of an account."""

    identity: Identity
    region: str

    @property
    def scope(self) -> str:
        """Names it to the inventory."""
        return f"{CLOUD}:{self.identity.account}/{self.region}"

    def key(self, name: str) -> ClusterKey:
        """The lower-cased ARN of a cluster there."""
        account, partition = self.identity.account, self.identity.partition
        arn = f"arn:{partition}:eks:{self.region}:{account}:cluster/{name}"
        return ClusterKey(arn.lower())

    def call(self, operation: str) -> AbstractContextManager[None]:
        """Around a call: its errors, translated."""
        return translated(f"eks:{operation} in {self.region} of {self.identity.account}")


def enabled_regions(aws: Aws, role: AccountRole) -> tuple[str, ...]:
    """The regions that the account has turned on; whoever may not ask for them asks EC2.

    Raises:
        NoEntry: Neither may be asked.
        TryLater: AWS is busy.
    """
    try:
        return tuple(sorted(_listed_regions(aws, role)))
    except NoEntry:
        client = aws.ec2(role)
        with translated("ec2:DescribeRegions"):
            found = client.describe_regions()["Regions"]
        return tuple(sorted(region.get("RegionName", "") for region in found))


def _listed_regions(aws: Aws, role: AccountRole) -> Iterator[str]:
    pages = aws.account(role).get_paginator("list_regions")
    with translated("account:ListRegions"):
        for page in pages.paginate(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"]):
            yield from (region.get("RegionName", "") for region in page["Regions"])


def found_in(client: "EKSClient", place: Place) -> tuple[ClusterRef, ...]:
    """The clusters of a region.

    Raises:
        NoEntry: They cannot be listed, or two of them have one key.
        TryLater: EKS is busy or away.
    """
    names = _names(client, place)
    found = tuple(ref for name in names if (ref := _described(client, name, place)) is not None)
    twice = [key for key, times in Counter(ref.key for ref in found).items() if times > 1]
    if twice:  # one of the two would vanish from the inventory
        raise NoEntry(f"two clusters are named alike but for upper case: {', '.join(twice)}")
    return found


def _names(client: "EKSClient", place: Place) -> list[str]:
    """All of them; `all` adds clusters that EKS did not make but was told of."""
    pages = client.get_paginator("list_clusters")
    with place.call("ListClusters"):
        return [name for page in pages.paginate(include=["all"]) for name in page["clusters"]]


def _described(client: "EKSClient", name: str, place: Place) -> ClusterRef | None:
    """One cluster; None: it was deleted since it was listed."""
    from botocore.exceptions import ClientError

    try:
        with place.call("DescribeCluster"):
            return ref_from(client.describe_cluster(name=name)["cluster"], name, place)
    except (NoEntry, TryLater) as error:
        cause = error.__cause__
        if isinstance(cause, ClientError) and code_of(cause) == "ResourceNotFoundException":
            return None
        told = {**_where(name, place), UNREACHABLE: error}
        return ClusterRef(place.key(name), SERVICE, "", None, facts(told))


def ref_from(cluster: "ClusterTypeDef", name: str, place: Place) -> ClusterRef:
    """What EKS says of a cluster."""
    network = cluster.get("resourcesVpcConfig", {})
    told = {
        **_where(name, place),
        "version": cluster.get("version"),
        "platform": cluster.get("platformVersion"),
        "status": cluster.get("status"),
        "created": cluster.get("createdAt"),
        "endpoint": _endpoint_access(network),
        "endpoint-cidrs": ", ".join(network.get("publicAccessCidrs", ())),
        "ip-family": cluster.get("kubernetesNetworkConfig", {}).get("ipFamily"),
        "authentication": cluster.get("accessConfig", {}).get("authenticationMode"),
        "auto-mode": cluster.get("computeConfig", {}).get("enabled"),
        "id": cluster.get("id"),  # of an Outpost's cluster, whose tokens name it
    }
    try:
        server, ca = _way_in(cluster)
    except NoEntry as error:
        return ClusterRef(place.key(name), SERVICE, "", None, facts({**told, UNREACHABLE: error}))
    return ClusterRef(place.key(name), SERVICE, server, ca, facts(told))


def _where(name: str, place: Place) -> dict[str, object]:
    return {"account": place.identity.account, "region": place.region, "name": name}


def _way_in(cluster: "ClusterTypeDef") -> tuple[str, bytes]:
    if "connectorConfig" in cluster:
        raise NoEntry("it is registered with EKS, not run by it: scan it by a kubeconfig")
    endpoint = cluster.get("endpoint", "")
    if not endpoint:
        raise NoEntry(f"it has no endpoint yet; EKS says it is {cluster.get('status', 'unknown')}")
    return endpoint.rstrip("/"), authority(cluster.get("certificateAuthority", {}).get("data", ""))


def _endpoint_access(network: "VpcConfigResponseTypeDef") -> str:
    """Public, private or both; what is not said is not known."""
    sides = (("public", "endpointPublicAccess"), ("private", "endpointPrivateAccess"))
    return " and ".join(word for word, name in sides if network.get(name))


def _of_cloud(scopes: Iterable[str]) -> list[str]:
    return sorted({scope for scope in scopes if scope.startswith(f"{CLOUD}:")})
