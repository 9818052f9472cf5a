"""The door to a GKE cluster: an access token of Google, and the one authority that fits the way."""

from seawall.clouds.gcp import DNS, SERVICE, Gcp
from seawall.clouds.told import own_authority, server
from seawall.model.door import Door
from seawall.model.fleet import ClusterRecord


def gke_door(record: ClusterRecord, gcp: Gcp) -> Door:
    """The door to a recorded cluster.

    The system's authorities vouch for the DNS endpoint, the cluster's own for its addresses: each
    for its way alone, so that neither can speak for the other.

    Raises:
        NoEntry: It has no endpoint or authority, or the login was refused.
        TryLater: Google could not be asked.
        Trouble: There is no login.
    """
    where = server(record, SERVICE)
    ca = None if record.ref.fact("endpoint") == DNS else own_authority(record)
    return Door(where, ca=ca, token=gcp.token())
