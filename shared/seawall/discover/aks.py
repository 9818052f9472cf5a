"""AKS: one list for a subscription, which is a scope that is seen whole or unseen.

Azure's inventory does not tell who vouches for a cluster's server. The user's kubeconfig does, and
nothing else is taken from it. Of a cluster without Entra that kubeconfig is an administrator's, so
that it is never asked for, and the cluster is listed without a way in.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from seawall.clouds.azure import SERVICE, Azure, is_off, translated
from seawall.clouds.told import UNREACHABLE, authority, facts, sight
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry, TryLater
from seawall.model.fleet import ClusterRef, Sighting

if TYPE_CHECKING:
    from azure.mgmt.containerservice import ContainerServiceClient
    from azure.mgmt.containerservice.models import ManagedCluster, ManagedClusterProperties

CLOUD: Final = "azure"
SUBSCRIPTIONS_AT_ONCE: Final = 8
KUBECONFIG_BYTES: Final = 256 * 1024
AUTHORITY: Final = re.compile(
    rb"^[ -]*certificate-authority-data: *\"?([A-Za-z0-9+/=]+)\"?\s*$", re.MULTILINE
)
RESOURCE: Final = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/([^/]+)/providers/"
    r"microsoft\.containerservice/managedclusters/([^/]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AksDiscovery:
    """The AKS clusters of some subscriptions, by their ids."""

    azure: Azure
    subscriptions: tuple[str, ...]

    def look(self, *, now: datetime) -> Iterator[Sighting]:  # noqa: ARG002  a port's parameter
        """A sighting for each subscription.

        Raises:
            Trouble: There is no login, or azure-mgmt-containerservice is not installed.
        """
        with ThreadPoolExecutor(SUBSCRIPTIONS_AT_ONCE) as pool:
            yield from pool.map(self._subscription, self.subscriptions)

    def _subscription(self, subscription: str) -> Sighting:
        scope = f"{CLOUD}:{subscription.lower()}"
        return Sighting(scope, sight(lambda: self._found(subscription)))

    def _found(self, subscription: str) -> tuple[ClusterRef, ...]:
        client = self.azure.clusters(subscription)
        try:
            with translated(f"AKS of subscription {subscription}"):
                listed = list(client.managed_clusters.list())  # every page; one that fails, fails
        except NoEntry as error:
            if is_off(error.__cause__):
                return ()
            raise
        return tuple(ref_from(cluster, lambda c: vouching(client, c)) for cluster in listed)


def ref_from(cluster: "ManagedCluster", asked: Callable[["ManagedCluster"], bytes]) -> ClusterRef:
    """What AKS says of a cluster; `asked` finds out who vouches for it.

    Ids come in one case here and in another there: the key is lower-cased.
    """
    key = ClusterKey((cluster.id or "").lower())
    told = _told(cluster)
    try:
        server = _server(cluster.properties)
        return ClusterRef(key, SERVICE, server, asked(cluster), facts(told))
    except (NoEntry, TryLater) as error:
        return ClusterRef(key, SERVICE, "", None, facts({**told, UNREACHABLE: error}))


def vouching(client: "ContainerServiceClient", cluster: "ManagedCluster") -> bytes:
    """The PEM in the user's kubeconfig; its user part is never looked at.

    Raises:
        NoEntry: It may not be asked for, or holds none.
        TryLater: Azure is busy.
    """
    group, name = _named(cluster)
    with translated(f"the certificate authority of AKS {name}"):
        results = client.managed_clusters.list_cluster_user_credentials(group, name, format="exec")
    for kubeconfig in results.kubeconfigs or ():
        found = AUTHORITY.search(bytes(kubeconfig.value or b"")[:KUBECONFIG_BYTES])
        if found:
            return authority(found[1].decode())
    return authority("")


def _named(cluster: "ManagedCluster") -> tuple[str, str]:
    match = RESOURCE.fullmatch(cluster.id or "")
    if match is None:
        raise NoEntry("Azure gave it an id that is none of a cluster")
    return match[1], match[2]


def _server(properties: "ManagedClusterProperties | None") -> str:
    """A private cluster may have a public name, too, that leads to its private address."""
    if properties is None:
        raise NoEntry("Azure says nothing of it")
    power = properties.power_state.code if properties.power_state else None
    if power == "Stopped":
        raise NoEntry("it is stopped")
    if properties.aad_profile is None:
        raise NoEntry(
            "it has local accounts only, whose kubeconfig is an administrator's; turn on Entra "
            "integration"
        )
    access = properties.api_server_access_profile
    hidden = access and access.enable_private_cluster
    public = not hidden or (access and access.enable_private_cluster_public_fqdn)
    host = (public and properties.fqdn) or properties.private_fqdn
    if not host:
        raise NoEntry(f"it has no endpoint yet; AKS says it is {properties.provisioning_state}")
    return f"https://{host}"


def _told(cluster: "ManagedCluster") -> dict[str, object]:
    """Azure gives the members of a model as text or nothing, some nested in others."""
    told: dict[str, object] = {"name": cluster.name, "location": cluster.location}
    match = RESOURCE.fullmatch(cluster.id or "")
    if match:
        told["group"] = match[1]
    return told | (_of(cluster.properties) if cluster.properties else {})


def _of(properties: "ManagedClusterProperties") -> dict[str, object]:
    access, network = properties.api_server_access_profile, properties.network_profile
    return {
        "id": properties.resource_uid,
        "version": properties.current_kubernetes_version,
        "status": properties.provisioning_state,
        "power": properties.power_state.code if properties.power_state else None,
        "fqdn": properties.fqdn,
        "private-fqdn": properties.private_fqdn,
        "endpoint-cidrs": ", ".join((access.authorized_ip_ranges or ()) if access else ()),
        "data-plane": network.network_dataplane if network else None,
        "network-policy": network.network_policy if network else None,
    }
