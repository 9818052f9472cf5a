"""Admin tiers around NetworkPolicy.

Sources: the API comments of policy.networking.k8s.io: v1alpha1 (AdminNetworkPolicy,
BaselineAdminNetworkPolicy) and v1alpha2 (ClusterNetworkPolicy). Each function says which.
"""

from collections.abc import Iterator
from itertools import groupby

from tests.oracle import networkpolicy
from tests.oracle.cluster import Cluster, End, Maybe, Obj, Wanted, ports_named, within
from tests.oracle.selectors import selects

GROUP = "policy.networking.k8s.io"
FINAL = {"Allow": True, "Accept": True, "Deny": False}

Actions = frozenset[str]
"""What a tier may do: each action that may be the first to match, "" for none."""


def decide(cluster: Cluster, subject: End, other: End, direction: str, wanted: Wanted) -> Maybe:
    """ClusterNetworkPolicySpec.tier: Admin is before NetworkPolicy, Baseline is after it."""
    found = asked(cluster, "Admin", subject, other, direction, wanted)
    outcomes: set[Maybe] = {FINAL[action] for action in found if action in FINAL}
    if found - FINAL.keys():
        # Pass "skips all further rules of the tier"; and so does nothing at all.
        outcomes.add(_below(cluster, subject, other, direction, wanted))
    return outcomes.pop() if len(outcomes) == 1 else None


def _below(cluster: Cluster, subject: End, other: End, direction: str, wanted: Wanted) -> Maybe:
    """NetworkPolicy "always makes a final decision for selected pods"; else baseline; else yes."""
    if policies := networkpolicy.isolating(cluster, subject, direction):
        return any(
            networkpolicy.admitted(cluster, each, other, direction, wanted) for each in policies
        )
    found = asked(cluster, "Baseline", subject, other, direction, wanted)
    outcomes = {FINAL.get(action, True) for action in found}
    return outcomes.pop() if len(outcomes) == 1 else None


def asked(  # noqa: PLR0913, PLR0917  the procedure's own arguments
    cluster: Cluster, tier: str, subject: End, other: End, direction: str, wanted: Wanted
) -> Actions:
    """`priority`: lower is first; "the behavior is undefined if two at the same priority overlap".

    Undefined: whichever of them may come first.
    """
    actions: set[str] = set()
    for _, equals in groupby(sorted(_of_tier(cluster, tier), key=_priority), key=_priority):
        found = [
            _first(cluster, policy, other, direction, wanted)
            for policy in equals
            if _is_subject(cluster, policy["spec"]["subject"], subject)
        ]
        actions |= {action for each in found for action in each if action}
        if not all("" in each for each in found):
            return frozenset(actions)
    return frozenset({*actions, ""})


def _of_tier(cluster: Cluster, tier: str) -> Iterator[Obj]:
    """ClusterNetworkPolicy names its tier; the older two kinds are one each."""
    older = {"Admin": "AdminNetworkPolicy", "Baseline": "BaselineAdminNetworkPolicy"}
    yield from cluster.of(older[tier], GROUP)
    found = cluster.of("ClusterNetworkPolicy", GROUP)
    yield from (each for each in found if each["spec"]["tier"] == tier)


def _priority(policy: Obj) -> int:
    """BaselineAdminNetworkPolicy has none: there is only one, named `default`."""
    return int(policy["spec"].get("priority", 0))


def _first(cluster: Cluster, policy: Obj, other: End, direction: str, wanted: Wanted) -> set[str]:
    """`ingress`, `egress`: "rules are applied in order", the first that matches decides."""
    actions: set[str] = set()
    for rule in policy["spec"].get(direction.lower()) or []:
        matching = _matches(cluster, rule, other, direction, wanted)
        if matching is not False:
            actions.add(rule["action"])
        if matching:
            return actions
    return {*actions, ""}


def _matches(cluster: Cluster, rule: Obj, other: End, direction: str, wanted: Wanted) -> Maybe:
    entries = rule.get("ports") or rule.get("protocols") or []
    if entries and not any(_port(entry, wanted) for entry in entries):
        return False
    found = {
        _peer(cluster, each, other) for each in rule["from" if direction == "Ingress" else "to"]
    }
    return True if True in found else None if None in found else False


def _is_subject(cluster: Cluster, told: Obj, subject: End) -> bool:
    """`subject`: "Host-networked pods are not included"."""
    return subject.selectable and _pods(cluster, told, subject)


def _pods(cluster: Cluster, told: Obj, end: End) -> bool:
    """`namespaces`: all pods of these; `pods`: by both selectors, ANDed."""
    labels = cluster.namespaces[end.namespace]
    if "namespaces" in told:
        return selects(told["namespaces"], labels)
    chosen = told["pods"]
    return selects(chosen["namespaceSelector"], labels) and selects(
        chosen["podSelector"], end.labels
    )


def _peer(cluster: Cluster, peer: Obj, other: End) -> Maybe:
    """One peer; exactly one field is set."""
    if "networks" in peer:
        # "networks": "may match pods and nodes as well, by their addresses".
        return any(within(other.address, each) for each in peer["networks"])
    if "nodes" in peer:
        node = cluster.node_of(other)
        return bool(node) and selects(peer["nodes"], cluster.nodes[node])
    if "domainNames" in peer:
        # An address that a lookup of the name gave: nobody can tell beforehand.
        return None if other.pod is None and not cluster.node_of(other) else False
    return other.selectable and _pods(cluster, peer, other)


def _port(entry: Obj, wanted: Wanted) -> bool:
    """v1alpha1 `AdminNetworkPolicyPort` and v1alpha2 `ClusterNetworkPolicyProtocol`."""
    for name in ("namedPort", "destinationNamedPort"):
        if name in entry:
            # The pod's own port of that name, whatever protocol it gives to it.
            return (wanted.protocol, wanted.port) in ports_named(wanted.target, entry[name])
    if told := entry.get("portNumber") or entry.get("portRange"):
        return bool(told.get("protocol", "TCP") == wanted.protocol and _number(told, wanted.port))
    port = (entry.get(wanted.protocol.lower()) or {}).get("destinationPort")
    return port is not None and _number(port.get("range") or port, wanted.port)


def _number(told: Obj, port: int) -> bool:
    """A number, or both ends of a range included."""
    if "start" in told:
        return bool(told["start"] <= port <= told["end"])
    return bool(port == told.get("port", told.get("number")))
