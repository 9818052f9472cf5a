"""May a connection be made? The whole procedure, one pair of addresses at a time.

Sources: "Network Policies" (kubernetes.io): both sides must allow it, and a pod cannot block access
to itself; `NetworkPolicySpec.ingress`: "traffic source is the pod's local node" is always allowed.
"""

from collections.abc import Callable

from tests.oracle import admin, calico, cilium
from tests.oracle.cluster import Cluster, End, Maybe, Wanted, all_of, any_of

Decide = Callable[[Cluster, End, End, str, Wanted], Maybe]

ENGINES: dict[str, Decide] = {
    "plain": admin.decide,
    "admin": admin.decide,
    "cilium": cilium.decide,
    "calico": calico.decide,
    "admin+calico": calico.decide,
}


def allowed(cluster: Cluster, source: str, target: str, protocol: str, port: int) -> Maybe:
    """Whether it is allowed over some address family that both ends have.

    None: the documentation leaves it open (equal priorities that overlap and decide differently,
    what a domain name stands for, ...). Whoever claims to know it then claims too much.
    """
    if source == target:
        return True
    return any_of(
        _judged(cluster, a, b, Wanted(b, protocol, port))
        for a in cluster.ends(source)
        for b in cluster.ends(target)
        if a.address.version == b.address.version
    )


def _judged(cluster: Cluster, source: End, target: End, wanted: Wanted) -> Maybe:
    return all_of(
        (
            _side(cluster, source, target, "Egress", wanted),
            _side(cluster, target, source, "Ingress", wanted),
        )
    )


def _side(cluster: Cluster, subject: End, other: End, direction: str, wanted: Wanted) -> Maybe:
    """What the policies of one end say; they bind only pods that they can select."""
    if not subject.selectable:
        return True
    if direction == "Ingress" and subject.pod:
        node = subject.pod["spec"].get("nodeName", "")
        if node and cluster.node_of(other) == node:
            return True
    return ENGINES[cluster.engine](cluster, subject, other, direction, wanted)
