"""NetworkPolicy (networking.k8s.io/v1), as its API comments (`types.go`) say."""

from collections.abc import Callable

from tests.oracle.cluster import Cluster, End, Maybe, Obj, Wanted, any_of, ports_named, within
from tests.oracle.selectors import selects

Block = Callable[[Cluster, Obj, End], Maybe]
"""Whether an end is in an ipBlock."""


def isolating(cluster: Cluster, subject: End, direction: str) -> list[Obj]:
    """The policies that select a pod and have a word about this direction.

    `NetworkPolicySpec.podSelector`: "selects the pods in the policy's namespace"; absent: all.
    """
    return [
        policy
        for policy in cluster.of("NetworkPolicy", "networking.k8s.io")
        if policy["metadata"]["namespace"] == subject.namespace
        and direction in types(policy["spec"])
        and selects(policy["spec"].get("podSelector") or {}, subject.labels)
    ]


def types(spec: Obj) -> list[str]:
    """`SetDefaults_NetworkPolicy`: none written is Ingress, and Egress if there is such a rule."""
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def by_address(_: Cluster, block: Obj, other: End) -> Maybe:
    """An ipBlock means pods and nodes too, by their addresses (Kubernetes' conformance tests)."""
    return within(other.address, block["cidr"], block.get("except") or [])


def admitted(  # noqa: PLR0913, PLR0917  the procedure's own arguments
    cluster: Cluster,
    policy: Obj,
    other: End,
    direction: str,
    wanted: Wanted,
    in_block: Block = by_address,
) -> Maybe:
    """Whether any rule of a policy admits the other end."""
    key = "from" if direction == "Ingress" else "to"
    return any_of(
        _peers(cluster, policy, rule.get(key) or [], other, in_block)
        for rule in policy["spec"].get(direction.lower()) or []
        if _ports(rule.get("ports") or [], wanted)
    )


def _ports(ports: list[Obj], wanted: Wanted) -> bool:
    """`ports`: "If this field is empty or missing, this rule matches all ports"."""
    return not ports or any(_port(port, wanted) for port in ports)


def _port(told: Obj, wanted: Wanted) -> bool:
    """`NetworkPolicyPort`: protocol defaults to TCP; endPort is inclusive; a name is the pod's."""
    if told.get("protocol", "TCP") != wanted.protocol:
        return False
    port = told.get("port")
    if port is None:
        return True
    if isinstance(port, str):
        return (wanted.protocol, wanted.port) in ports_named(wanted.target, port)
    return bool(port <= wanted.port <= (told.get("endPort") or port))


def _peers(cluster: Cluster, policy: Obj, peers: list[Obj], other: End, in_block: Block) -> Maybe:
    """`from`, `to`: "If this field is empty or missing, this rule matches all"."""
    return not peers or any_of(_peer(cluster, policy, each, other, in_block) for each in peers)


def _peer(cluster: Cluster, policy: Obj, peer: Obj, other: End, in_block: Block) -> Maybe:
    """`NetworkPolicyPeer`: a block, or pods by pod and namespace selector."""
    if block := peer.get("ipBlock"):
        return in_block(cluster, block, other)
    if not other.selectable:
        return False
    namespaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    if namespaces is None:
        # "Otherwise it selects the pods matching podSelector in the policy's own namespace."
        at_home = other.namespace == policy["metadata"]["namespace"]
    else:
        at_home = selects(namespaces, cluster.namespaces[other.namespace])
    return at_home and selects(pods or {}, other.labels)
