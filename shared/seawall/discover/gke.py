"""GKE: one list for a project; each location in it is a scope that is seen whole or unseen.

A project's answer may leave out zones and say so (`missing_zones`). Such a zone and its region are
asked once more by name; what is still not answered for is unseen, and the rest is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from seawall.clouds.gcp import DNS, SERVICE, Gcp, is_off, translated
from seawall.clouds.told import UNREACHABLE, Scopes, authority, below, facts, sight
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry
from seawall.model.fleet import ClusterRef, Sighting
from seawall.model.sight import Seen, Sight, Unseen

if TYPE_CHECKING:
    from google.cloud.container_v1 import Cluster, ClusterManagerClient, ListClustersResponse

CLOUD: Final = "gcp"
PROJECTS_AT_ONCE: Final = 8
EVERYWHERE: Final = "-"


@dataclass(frozen=True, slots=True)
class GkeDiscovery:
    """The GKE clusters of some projects.

    Attributes:
        gcp: Our login.
        projects: Ids, not numbers: they become part of each cluster's key.
        known: The scopes that the inventory knows.
    """

    gcp: Gcp
    projects: tuple[str, ...]
    known: Scopes = tuple

    def look(self, *, now: datetime) -> Iterator[Sighting]:  # noqa: ARG002  a port's parameter
        """A sighting for each location of each project that has clusters, or had some.

        Raises:
            Trouble: There is no login, or google-cloud-container is not installed.
        """
        client, known = self.gcp.clusters(), tuple(self.known())
        with ThreadPoolExecutor(PROJECTS_AT_ONCE) as pool:
            for sightings in pool.map(partial(self._project, client, known), self.projects):
                yield from sightings

    def _project(
        self, client: "ClusterManagerClient", scopes: Iterable[str], project: str
    ) -> list[Sighting]:
        top = f"{CLOUD}:{project}"
        known = below(scopes, top)
        listed = sight(lambda: self._listed(client, project, EVERYWHERE))
        if isinstance(listed, Unseen):
            return [Sighting(scope, listed) for scope in (top, *known)]
        answer = listed.value
        missing = with_regions(answer.missing_zones)
        there = {cluster.location for cluster in answer.clusters} - missing
        before = {scope.rpartition("/")[2] for scope in known} - missing
        sightings = [
            Sighting(f"{top}/{place}", Seen(_refs(answer, project, place)))
            for place in sorted(there | before)
        ]
        again = [
            Sighting(f"{top}/{place}", self._by_name(client, project, place))
            for place in sorted(missing)
        ]
        # A project without clusters was looked at, too, and says so.
        return [*sightings, *again] or [Sighting(top, Seen(()))]

    def _by_name(
        self, client: "ClusterManagerClient", project: str, place: str
    ) -> Sight[tuple[ClusterRef, ...]]:
        def read() -> tuple[ClusterRef, ...]:
            answer = self._listed(client, project, place)
            if answer.missing_zones:
                raise NoEntry(
                    f"GKE of {project}: {', '.join(sorted(answer.missing_zones))} did not answer, "
                    "so that the list may be short"
                )
            return _refs(answer, project, place)

        return sight(read)

    def _listed(
        self, client: "ClusterManagerClient", project: str, place: str
    ) -> "ListClustersResponse":
        """One answer, never paged; where the API is off, an empty one."""
        from google.cloud.container_v1 import ListClustersResponse

        try:
            with translated(f"GKE of project {project}"):
                return client.list_clusters(
                    parent=f"projects/{project}/locations/{place}",
                    retry=self.gcp.again(),
                    timeout=self.gcp.patience.call_s,
                )
        except NoEntry as error:
            if is_off(error.__cause__):
                return ListClustersResponse()
            raise


def with_regions(zones: Iterable[str]) -> set[str]:
    """Zones and the regions they are in: `us-east1-b` is in `us-east1`."""
    return {place for zone in zones for place in (zone, region_of(zone))}


def region_of(zone: str) -> str:
    """The region of a zone, its first two words (`us-east1-b`, `us-east1-ai1a`)."""
    return "-".join(zone.split("-")[:2])


def _refs(answer: "ListClustersResponse", project: str, place: str) -> tuple[ClusterRef, ...]:
    return tuple(ref_from(one, project) for one in answer.clusters if one.location == place)


def ref_from(cluster: "Cluster", project: str) -> ClusterRef:
    """What GKE says of a cluster; its key is its full resource name, lower-cased."""
    path = f"projects/{project}/locations/{cluster.location}/clusters/{cluster.name}"
    key = ClusterKey(f"//container.googleapis.com/{path}".lower())
    try:
        kind, server, ca = _way_in(cluster)
    except NoEntry as error:
        told = {**_told(cluster, project), UNREACHABLE: error}
        return ClusterRef(key, SERVICE, "", None, facts(told))
    return ClusterRef(
        key, SERVICE, server, ca, facts({**_told(cluster, project), "endpoint": kind})
    )


def _told(cluster: "Cluster", project: str) -> dict[str, object]:
    networks = cluster.master_authorized_networks_config
    return {
        "project": project,
        "location": cluster.location,
        "name": cluster.name,
        "id": cluster.id,
        "created": cluster.create_time,
        "version": cluster.current_master_version,
        "status": cluster.status.name,
        "data-plane": cluster.network_config.datapath_provider.name,
        "autopilot": cluster.autopilot.enabled,
        "endpoint-cidrs": ", ".join(block.cidr_block for block in networks.cidr_blocks),
    }


def _way_in(cluster: "Cluster") -> tuple[str, str, bytes | None]:
    """Which endpoint, its address, and who vouches for it.

    The DNS endpoint needs no route and no allow list, and the public authorities vouch for it; an
    address is vouched for by the cluster's own, and never by those.
    """
    ends = cluster.control_plane_endpoints_config
    dns = ends.dns_endpoint_config
    if dns.endpoint and dns.allow_external_traffic:
        return DNS, f"https://{dns.endpoint}", None
    kind, address = _address(cluster)
    if not address:
        raise NoEntry(f"it has no endpoint that we may use; GKE says it is {cluster.status.name}")
    host = f"[{address}]" if ":" in address else address
    return kind, f"https://{host}", authority(cluster.master_auth.cluster_ca_certificate)


def _address(cluster: "Cluster") -> tuple[str, str]:
    """Older clusters have `endpoint` alone, and say in another place whether it is private."""
    ends = cluster.control_plane_endpoints_config
    if "ip_endpoints_config" not in ends:
        private = cluster.private_cluster_config.enable_private_endpoint
        return ("private" if private else "public"), cluster.endpoint
    choices: Sequence[tuple[str, bool, str]] = (
        ("public", ends.ip_endpoints_config.enable_public_endpoint, "public_endpoint"),
        ("private", True, "private_endpoint"),
    )
    if ends.ip_endpoints_config.enabled:
        for kind, offered, name in choices:
            if offered and (address := str(getattr(ends.ip_endpoints_config, name))):
                return kind, address
    return "none", ""
