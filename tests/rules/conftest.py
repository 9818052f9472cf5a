"""A small cluster to judge, ways not to see it, and a fix applied to it.

`shop` is the namespace that is asked about. It has two pods (app=web, app=db) and the policies that
a case gives it; `bank` and `kube-system` stand beside it. Pods are 10.0.x.y, nodes are on AWS.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from seawall.analyse.isolation import analyse
from seawall.collect.cluster import read_cluster
from seawall.collect.manifests import STDIN, read_manifests
from seawall.collect.parse import network_policy_from
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.memory_api import MemoryApi
from seawall.demo.store import Store
from seawall.judge.judging import judge
from seawall.judge.rule import Rule
from seawall.model.cluster import IDENTITY, ClusterKey, ClusterUid
from seawall.model.finding import Finding, Outcome
from seawall.model.policies import (
    BOTH,
    BrokenObject,
    Direction,
    NetworkPolicy,
    ObjectRef,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Snapshot

Json = dict[str, Any]
Read = Callable[[str], Snapshot]
Live = Callable[[Iterable[Json]], Snapshot]
Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]
Mend = Callable[[Snapshot, Finding], Snapshot]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
UID = ClusterUid("6c1f6a4e-0001")

CLUSTER = """
{apiVersion: v1, kind: Node, metadata: {name: n1}, spec: {providerID: aws:///eu-west-1a/i-1}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {role: production}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bank, labels: {role: bank}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}
---
{apiVersion: v1, kind: Service, metadata: {name: dns, namespace: kube-system}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web-0, labels: {app: web}}
spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.1.10}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: db-0, labels: {app: db}}
spec: {containers: [{name: c}]}
status: {phase: Running, podIP: 10.0.1.11}
---
apiVersion: v1
kind: Pod
metadata: {namespace: bank, name: teller-0, labels: {app: teller}}
spec: {containers: [{name: c}]}
status: {phase: Running, podIP: 10.0.2.10}
---
apiVersion: v1
kind: Pod
metadata: {namespace: kube-system, name: coredns-0, labels: {k8s-app: kube-dns}}
spec:
  containers:
  - name: c
    ports: [{name: dns, protocol: UDP, containerPort: 53}, {name: dns-tcp, containerPort: 53}]
status: {phase: Running, podIP: 10.0.3.10}
"""

POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{namespace: shop, name: {name}}}
spec: {spec}
"""


def _read(text: str) -> Snapshot:
    snapshot = read_manifests([STDIN], now=NOW, stdin=text.encode())
    return replace(snapshot, uid=Seen(UID))


@pytest.fixture(scope="session")
def read() -> Read:
    """The snapshot of any manifests."""
    return _read


@pytest.fixture(scope="session")
def live() -> Live:
    """The snapshot of a cluster that holds objects, with the counts that its controllers make."""

    def one(objects: Iterable[Json]) -> Snapshot:
        found = [_counted(each) for each in objects]
        homes = {each["metadata"].get("namespace", IDENTITY) for each in found} | {IDENTITY}
        listed = {each["metadata"]["name"] for each in found if each["kind"] == "Namespace"}
        spaces = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in sorted(homes - listed)
        ]
        api = MemoryApi(Store([*spaces, *found]), User("scanner", READER_GRANTS, "t"))
        return read_cluster(api, ClusterKey("live"), now=NOW)

    return one


def _counted(found: Json) -> Json:
    if found["kind"] != "DaemonSet":
        return found
    return {"status": {"desiredNumberScheduled": 1, "numberReady": 1}, **found}


@pytest.fixture(scope="session")
def shop() -> Shop:
    """The cluster above, with policies p0, p1, ... of `shop` by their specs, and other objects."""

    def one(*specs: str, also: str = "") -> Snapshot:
        policies = [POLICY.format(name=f"p{n}", spec=spec) for n, spec in enumerate(specs)]
        return _read("\n---\n".join([CLUSTER, *policies, *([also] if also else [])]))

    return one


@pytest.fixture(scope="session")
def ask() -> Ask:
    """What one rule says of one namespace."""

    def one(snapshot: Snapshot, rule: Rule, namespace: str = "shop") -> Outcome:
        outcomes = judge(analyse(snapshot), (rule,))
        [found] = (outcome for outcome in outcomes if outcome.namespace == namespace)
        return found

    return one


@pytest.fixture(scope="session")
def mend() -> Mend:
    """The snapshot after the manifest of a finding's fix was applied, as kubectl would."""

    def one(snapshot: Snapshot, finding: Finding) -> Snapshot:
        assert finding.fix.manifest is not None
        added = network_policy_from(dict(finding.fix.manifest))
        assert isinstance(added, NetworkPolicy), added
        assert added.warnings == ()
        assert isinstance(snapshot.network_policies, Seen)
        others = (each for each in snapshot.network_policies.value if each.ref != added.ref)
        return replace(snapshot, network_policies=Seen((*others, added)))

    return one


def _broken(namespace: str, kind: str = "NetworkPolicy") -> dict[str, Any]:
    return {"broken": (BrokenObject(ObjectRef(kind, namespace, "odd"), ("spec: no object",)),)}


def _unmodelled(
    kind: str, namespace: str, stage: Stage = Stage.BEFORE, *directions: Direction
) -> dict[str, Any]:
    touched = frozenset(directions) or BOTH
    found = UnmodelledObject(ObjectRef(kind, namespace, "odd"), touched, stage)
    known = UnmodelledKind(
        "example.io", kind.lower(), Seen((found,)), BOTH, stage, binds_hosts=False
    )
    return {"unmodelled": Seen((known,))}


_WHY = Unseen("403 Forbidden")
_CLOSED = UnmodelledKind("example.io", "walls", _WHY, BOTH, Stage.BEFORE, binds_hosts=False)

BLINDFOLDS: dict[str, dict[str, Any]] = {
    "namespaces cannot be listed": {"namespaces": _WHY},
    "pods cannot be listed": {"pods": _WHY},
    "nodes cannot be listed": {"nodes": _WHY},
    "policies cannot be listed": {"network_policies": _WHY},
    "served groups cannot be read": {"unmodelled": _WHY},
    "a policy kind cannot be listed": {"unmodelled": Seen((_CLOSED,))},
    "a policy here is broken": _broken("shop"),
    "a pod here is broken": _broken("shop", "Pod"),
    "a policy elsewhere is broken": _broken("bank"),
    "a policy of the DNS namespace is broken": _broken("kube-system"),
    "an object of nowhere is broken": _broken(""),
    "an admin policy is there": _unmodelled("Admin", ""),
    "an admin policy for ingress is there": _unmodelled(
        "Admin", "", Stage.BEFORE, Direction.INGRESS
    ),
    "an admin policy for egress is there": _unmodelled("Admin", "", Stage.BEFORE, Direction.EGRESS),
    "a baseline policy is there": _unmodelled("Baseline", "", Stage.AFTER),
    "a Cilium policy is here": _unmodelled("Cilium", "shop"),
    "a Cilium policy is elsewhere": _unmodelled("Cilium", "bank"),
}


@pytest.fixture(scope="session")
def blind() -> Blind:
    """The snapshot, seen less well in the way a sentence of the table above says."""

    def one(snapshot: Snapshot, how: str) -> Snapshot:
        return replace(snapshot, **BLINDFOLDS[how])

    return one
