"""Small clusters written by hand: pods and policies in a line each."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import yaml
from tests.planes import ENFORCING

from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import answer
from seawall.collect.parse import network_policy_from
from seawall.model.addresses import ip
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.entrances import NO_ENTRANCES
from seawall.model.ir import UPSTREAM, DataPlane, Decision
from seawall.model.istio import NO_MESH
from seawall.model.policies import NetworkPolicy, ObjectRef
from seawall.model.ports import ALL_PORTS, PortSet, Protocol, ports
from seawall.model.selector import NAMESPACE_NAME_LABEL, Labels
from seawall.model.sight import Seen
from seawall.model.snapshot import ContainerPort, Namespace, Origin, Phase, Pod, Snapshot

ALLOW, UNKNOWN, DENY = Decision
EMPTY = Snapshot(
    key=ClusterKey("by-hand"),
    uid=Seen(ClusterUid("by-hand")),
    taken_at=datetime(2026, 1, 1, tzinfo=UTC),
    tool_version="test",
    origin=Origin.CLUSTER,
    namespaces=Seen(()),
    pods=Seen(()),
    nodes=Seen(()),
    network_policies=Seen(()),
    unmodelled=Seen(()),
    entrances=NO_ENTRANCES,
    mesh=Seen(NO_MESH),
    data_plane=ENFORCING,
)


def pod(name: str, address: str = "", labels: str = "", **more: Any) -> Pod:  # noqa: ANN401  fields of Pod
    """A pod by `namespace/name`, "10.0.0.1 fd00::1" and "app=web tier=x"; port `http=TCP/80`."""
    namespace, _, short = name.partition("/")
    named = tuple(map(_port, more.pop("ports", "").split()))
    return Pod(
        namespace,
        short,
        _labels(labels),
        ObjectRef("Pod", namespace, short),
        addresses=tuple(map(ip, address.split())),
        ports=named,
        **more,
    )


def host(name: str, address: str, node: str = "", labels: str = "") -> Pod:
    """A pod on the host network."""
    return pod(name, address, labels, host_network=True, node=node)


def done(name: str, address: str, labels: str = "") -> Pod:
    """A pod that has completed."""
    return pod(name, address, labels, phase=Phase.SUCCEEDED)


def namespace(name: str, labels: str = "") -> Namespace:
    """A namespace as the API server would have it."""
    return Namespace(name, _labels(f"{labels} {NAMESPACE_NAME_LABEL}={name}"))


def policy(name: str, spec: str) -> NetworkPolicy:
    """A policy by `namespace/name` and its spec as YAML, with the API's defaults."""
    home, _, short = name.partition("/")
    found = network_policy_from(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"namespace": home, "name": short},
            "spec": yaml.safe_load(spec),
        }
    )
    assert isinstance(found, NetworkPolicy), found
    return found


def cluster(*found: Pod | Namespace | NetworkPolicy, **changes: Any) -> Snapshot:  # noqa: ANN401  fields of Snapshot
    """These, and a bare namespace for each pod without one; `changes` are fields of Snapshot."""
    pods = tuple(each for each in found if isinstance(each, Pod))
    named = {each.name: each for each in found if isinstance(each, Namespace)}
    homes = {each.namespace: namespace(each.namespace) for each in pods} | named
    listed = {
        "namespaces": Seen(tuple(homes.values())),
        "pods": Seen(pods),
        "network_policies": Seen(tuple(p for p in found if isinstance(p, NetworkPolicy))),
    }
    return replace(EMPTY, **(listed | changes))


def decided(found: Snapshot | Isolation, asked: str, plane: DataPlane = UPSTREAM) -> Decision:
    """What becomes of "from -> to", "from -> to TCP" or "from -> to TCP/80"."""
    isolation = found if isinstance(found, Isolation) else analyse(found, plane)
    source, rest = asked.split(" -> ")
    target, _, service = rest.partition(" ")
    return answer(isolation, source, target, service_ports(service)).decision


def service_ports(service: str) -> PortSet:
    """The ports of "TCP/80", "TCP" or ""."""
    if not service:
        return ALL_PORTS
    protocol, _, number = service.partition("/")
    return ports(Protocol(protocol), *([int(number)] if number else (1, 65535)))


def _labels(text: str) -> Labels:
    found = dict(each.split("=") for each in text.split())
    return tuple(sorted(found.items()))


def _port(text: str) -> ContainerPort:
    name, protocol, number = text.replace("/", "=").split("=")
    return ContainerPort(name, Protocol(protocol), int(number))
