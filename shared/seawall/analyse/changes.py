"""Changes to the policies of a cluster, as values: nothing here, or above, writes them."""

from dataclasses import dataclass

from seawall.model.addresses import Family, Ip
from seawall.model.manifests import (
    Manifest,
    match_labels,
    namespace_named,
    network_policy,
    selector_manifest,
)
from seawall.model.policies import Direction, Where
from seawall.model.ports import ALL_PORTS, EVERY_PORT, PortSet
from seawall.model.selector import EVERYTHING, Selector, selector, with_labels
from seawall.model.snapshot import Pod

MADE_BY_CONTROLLERS = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
    }
)
"""Labels that change with each rollout or pod; a policy must not rest on them."""

_PEERS = {Direction.INGRESS: "from", Direction.EGRESS: "to"}


@dataclass(frozen=True, slots=True)
class Narrow:
    """Take one connection out of a rule that allows it."""

    rule: Where


@dataclass(frozen=True, slots=True)
class Isolate:
    """Add a policy that isolates pods like this in one direction, and opens nothing."""

    pod: Pod
    direction: Direction


@dataclass(frozen=True, slots=True)
class Allow:
    """Add a policy that lets pods like this exchange some ports with the other end.

    `within` is whom a policy isolates already: only these are selected, so that nobody who was
    free is isolated by it.
    """

    pod: Pod
    direction: Direction
    other: Pod | Ip
    ports: PortSet
    within: Selector = EVERYTHING


Change = Narrow | Isolate | Allow


def manifest(change: Isolate | Allow) -> Manifest:
    """The NetworkPolicy to add."""
    direction = change.direction
    alike = with_labels(_lasting_labels(change.pod))
    if isinstance(change, Allow):
        alike = selector(*alike.requirements, *change.within.requirements)
    spec: dict[str, object] = {
        "podSelector": selector_manifest(alike),
        "policyTypes": [direction.capitalize()],
    }
    if isinstance(change, Allow):
        peers = {_PEERS[direction]: _peers(change.other)}
        spec[direction] = [{**peers, **_ports(change.ports)}]
    verb = "allow" if isinstance(change, Allow) else "isolate"
    return network_policy(change.pod.namespace, f"{verb}-{change.pod.owner.name}-{direction}", spec)


def _lasting_labels(pod: Pod) -> dict[str, str]:
    return {key: value for key, value in pod.labels if key not in MADE_BY_CONTROLLERS}


def _peers(other: Pod | Ip) -> list[Manifest]:
    """No selector means a pod on the host network; only the node's addresses do."""
    if isinstance(other, Ip):
        return [_block(other)]
    if other.host_network:
        return [_block(address) for address in other.addresses]
    return [
        {
            "namespaceSelector": namespace_named(other.namespace),
            "podSelector": match_labels(_lasting_labels(other)),
        }
    ]


def _block(address: Ip) -> Manifest:
    return {"ipBlock": {"cidr": f"{address}/{32 if address.family is Family.V4 else 128}"}}


def _ports(ports: PortSet) -> Manifest:
    """The ports of a rule; a rule without any means all of them and every protocol."""
    return {} if ports == ALL_PORTS else {"ports": [_port(*found) for found in ports.ranges()]}


def _port(protocol: str, first: int, last: int) -> Manifest:
    if (first, last) == EVERY_PORT[0]:
        return {"protocol": str(protocol)}
    port = {"protocol": str(protocol), "port": first}
    return port if first == last else port | {"endPort": last}
