"""Small clusters with admin policies, judged by what `analyse.admin` compiles."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import yaml
from tests.unit.analyse.hand_made import service_ports

from seawall.analyse.admin import admin_tiers, mentioned_by_admin
from seawall.analyse.classes import mentioned
from seawall.analyse.connection import most_open, rulings
from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.networkpolicy import NetworkPolicyCompiler
from seawall.analyse.sides import Side, sides
from seawall.analyse.table import ClassTable
from seawall.analyse.why import end
from seawall.collect.admin import admin_policy
from seawall.model.addresses import ip
from seawall.model.admin import ADMIN, BASELINE, CLUSTER, AdminPolicy
from seawall.model.bits import all_of
from seawall.model.cluster import Provider
from seawall.model.ir import UPSTREAM, DataPlane, Decision, Tier
from seawall.model.peers import everybody
from seawall.model.policies import Direction
from seawall.model.selector import Labels
from seawall.model.sight import Seen, seen_or
from seawall.model.snapshot import Namespace, Node, Snapshot

VERSIONS = {
    ADMIN: "policy.networking.k8s.io/v1alpha1",
    BASELINE: "policy.networking.k8s.io/v1alpha1",
    CLUSTER: "policy.networking.k8s.io/v1alpha2",
}


def anp(spec: str, priority: int = 10, name: str = "a") -> AdminPolicy:
    """An AdminNetworkPolicy by the rest of its spec."""
    return _policy(ADMIN, name, {"priority": priority, **yaml.safe_load(spec)})


def banp(spec: str) -> AdminPolicy:
    """The BaselineAdminNetworkPolicy by its spec."""
    return _policy(BASELINE, "default", yaml.safe_load(spec))


def cnp(spec: str, priority: int = 10, name: str = "c", tier: str = "Admin") -> AdminPolicy:
    """A ClusterNetworkPolicy by the rest of its spec."""
    return _policy(CLUSTER, name, {"tier": tier, "priority": priority, **yaml.safe_load(spec)})


def written(kind: str, name: str, spec: object) -> dict[str, Any]:
    """One as the API server would list it."""
    return {
        "apiVersion": VERSIONS[kind],
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


def _policy(kind: str, name: str, spec: dict[str, Any]) -> AdminPolicy:
    found = admin_policy(kind, written(kind, name, spec))
    assert isinstance(found, AdminPolicy), found
    return found


def node(name: str, addresses: str, labels: Labels = ()) -> Node:
    """A node with its labels and addresses."""
    return Node(name, Provider.OTHER, labels, tuple(map(ip, addresses.split())))


def judged(
    snapshot: Snapshot, policies: Sequence[AdminPolicy], plane: DataPlane = UPSTREAM
) -> Isolation:
    """The cluster with these admin policies around its NetworkPolicies."""
    listed = seen_or(snapshot.network_policies, ())
    looked_at = mentioned(listed) | mentioned_by_admin(policies, snapshot.nodes)
    table = ClassTable(_namespaces(snapshot), seen_or(snapshot.pods, ()), looked_at)
    known = isinstance(snapshot.namespaces, Seen)
    compiler = NetworkPolicyCompiler(table, plane, namespaces_seen=known)
    selected = all_of(compiler.subjects(policy) for policy in listed)

    def tiers(direction: Direction) -> Iterable[Tier]:
        before, after = admin_tiers(
            policies,
            table,
            direction,
            namespaces_seen=known,
            nodes=snapshot.nodes,
            plane=plane,
            selected=selected,
        )
        return (*before, compiler.tier(listed, direction), *after)

    def found(direction: Direction) -> tuple[tuple[Side, ...], ...]:
        asked = tuple(tiers(direction))
        return tuple(sides(direction, asked, table.spans, everybody(table.everything)))

    by_namespace = {direction: found(direction) for direction in Direction}
    without = analyse(replace(snapshot, unmodelled=Seen(())), plane)
    return replace(without, table=table, compiler=compiler, by_namespace=by_namespace)


def _namespaces(snapshot: Snapshot) -> tuple[Namespace, ...]:
    return seen_or(snapshot.namespaces, ())


def decision(isolation: Isolation, asked: str) -> Decision:
    """What becomes of "from -> to", "from -> to TCP" or "from -> to TCP/80"."""
    source, rest = asked.split(" -> ")
    target, _, service = rest.partition(" ")
    ends = end(isolation, source), end(isolation, target)
    return most_open(rulings(isolation, *ends, service_ports(service)))
