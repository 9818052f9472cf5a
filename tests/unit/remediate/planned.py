"""Plans of small clusters: namespace `shop` with one open pod, and nothing in the way."""

from dataclasses import replace
from typing import Any

from tests.unit.analyse.hand_made import cluster, namespace, pod

from seawall.analyse.isolation import analyse
from seawall.judge.judging import Judged, judge
from seawall.model.cluster import ClusterUid
from seawall.model.exposure import Exposure
from seawall.model.plan import Plan
from seawall.model.policies import NetworkPolicy, ObjectRef
from seawall.model.sight import Seen
from seawall.model.snapshot import Namespace, Pod, Snapshot
from seawall.remediate.planning import plan_ingress

UID = ClusterUid("11111111-2222-3333-4444-555555555555")
NOBODY = Exposure((), Seen(()))


def owned(found: Pod, kind: str, name: str) -> Pod:
    """The same pod, made by a workload."""
    return replace(found, owner=ObjectRef(kind, found.namespace, name))


def web(number: int = 1) -> Pod:
    """One of the pods of shop's Deployment `web`."""
    return owned(pod(f"shop/web-{number}", f"10.0.0.{number}", "app=web"), "Deployment", "web")


def client(home: str = "front") -> Pod:
    """A pod of a Deployment elsewhere."""
    return owned(pod(f"{home}/client-1", "10.0.1.1", "app=client"), "Deployment", "client")


def town(*found: Pod | Namespace | NetworkPolicy, **changes: Any) -> Snapshot:  # noqa: ANN401  fields of Snapshot
    """A cluster with a known UID, kube-system and shop, and these."""
    bare = (namespace("kube-system"), namespace("shop"))
    return cluster(*bare, *found, **{"uid": Seen(UID), **changes})


def judged(snapshot: Snapshot) -> Judged:
    """The cluster, analysed and judged."""
    isolation = analyse(snapshot)
    return Judged(isolation, judge(isolation))


def plan_of(snapshot: Snapshot, exposure: Exposure = NOBODY, home: str = "shop") -> Plan:
    """The plan that there must be."""
    found = plan_ingress(judged(snapshot), exposure, home)
    assert found is not None
    return found
