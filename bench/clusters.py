"""Snapshots as `collect` leaves them: equal label sets, owners and ports are one value each.

Every namespace has the four policies that the field knows best: default deny, "own namespace and
DNS", a port open to the world, and a mixed one (another team's namespaces on a named port, out to
an ipBlock with a hole). A tenth of the pods belong to a StatefulSet and share their labels with no
other pod of their namespace.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from seawall.model import addresses
from seawall.model.addresses import Family, Ip
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.policies import (
    BOTH,
    BlockPeer,
    Direction,
    NetworkPolicy,
    ObjectRef,
    PodPeer,
    PolicyRule,
    PortName,
    PortRange,
)
from seawall.model.ports import Protocol
from seawall.model.selector import EVERYTHING, NAMESPACE_NAME_LABEL, Labels, with_labels
from seawall.model.sight import Seen
from seawall.model.snapshot import ContainerPort, Namespace, Origin, Pod, Snapshot

APPS: Final = 9
"""Deployments in a namespace; one StatefulSet stands beside them."""
TEAMS: Final = 50
NODES: Final = 100
FIRST_POD: Final = 10 << 24
TAKEN: Final = datetime(2026, 11, 24, tzinfo=UTC)

DNS: Final = PolicyRule(
    (
        PodPeer(
            namespaces=with_labels({NAMESPACE_NAME_LABEL: "kube-system"}),
            pods=with_labels({"k8s-app": "kube-dns"}),
        ),
    ),
    (PortRange(Protocol.UDP, 53, 53), PortRange(Protocol.TCP, 53, 53)),
)
OWN_NAMESPACE: Final = PolicyRule((PodPeer(namespaces=None, pods=EVERYTHING),), None)
WORLD: Final = PolicyRule(None, (PortRange(Protocol.TCP, 443, 443),))


def cluster(namespaces: int, pods_each: int) -> Snapshot:
    """A cluster with four policies a namespace; the same size, the same cluster."""
    numbers = range(namespaces)
    return Snapshot(
        key=ClusterKey("bench"),
        uid=Seen(ClusterUid("bench")),
        taken_at=TAKEN,
        tool_version="bench",
        origin=Origin.CLUSTER,
        namespaces=Seen(tuple(_namespace(number) for number in numbers)),
        pods=Seen(tuple(pod for number in numbers for pod in _pods(number, pods_each))),
        nodes=Seen(()),
        network_policies=Seen(tuple(p for number in numbers for p in _policies(number))),
        unmodelled=Seen(()),
    )


def _name(number: int) -> str:
    return f"ns-{number:05}"


def _team(number: int) -> str:
    return f"t{number % TEAMS}"


def _namespace(number: int) -> Namespace:
    name = _name(number)
    return Namespace(name, ((NAMESPACE_NAME_LABEL, name), ("team", _team(number))))


def _pods(number: int, count: int) -> Iterator[Pod]:
    namespace = _name(number)
    makers = [_deployment(namespace, app) for app in range(APPS)]
    stateful = ObjectRef("StatefulSet", namespace, "store")
    ports = tuple((ContainerPort("http", Protocol.TCP, 8080 + odd),) for odd in range(2))
    for index in range(count):
        place = number * count + index
        app = index % (APPS + 1)
        owner, labels = makers[app] if app < APPS else (stateful, _numbered(index))
        yield Pod(
            namespace=namespace,
            name=f"{owner.name}-{index}",
            labels=labels,
            owner=owner,
            addresses=(Ip(Family.V4, FIRST_POD + place),),
            ports=ports[app % 2],
            node=f"node-{place % NODES}",
        )


def _deployment(namespace: str, app: int) -> tuple[ObjectRef, Labels]:
    name = f"app-{app}"
    labels = (("app", name), ("pod-template-hash", f"{namespace}-{app}"), ("tier", f"x{app % 3}"))
    return ObjectRef("Deployment", namespace, name), labels


def _numbered(index: int) -> Labels:
    return (("app", "store"), ("statefulset.kubernetes.io/pod-name", f"store-{index}"))


def _policies(number: int) -> Iterator[NetworkPolicy]:
    name = _name(number)
    yield NetworkPolicy(name, "default-deny", EVERYTHING, BOTH)
    yield NetworkPolicy(
        name, "own-namespace", EVERYTHING, BOTH, (OWN_NAMESPACE,), (OWN_NAMESPACE, DNS)
    )
    ingress = frozenset({Direction.INGRESS})
    yield NetworkPolicy(name, "world", with_labels({"app": "app-1"}), ingress, (WORLD,))
    team = PodPeer(namespaces=with_labels({"team": _team(number + 1)}), pods=EVERYTHING)
    yield NetworkPolicy(
        name,
        "mixed",
        with_labels({"tier": "x1"}),
        BOTH,
        (PolicyRule((team,), (PortName(Protocol.TCP, "http"),)),),
        (PolicyRule((_block(number),), None),),
    )


def _block(number: int) -> BlockPeer:
    whole = f"10.{number % 256}.0.0/16"
    hole = addresses.cidr(f"10.{number % 256}.3.0/24")
    return BlockPeer(addresses.cidr(whole) - hole, whole)
