"""What leads to pods from outside the policies' view: the reasons not to close a namespace."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seawall.model.entrances import Entrance, Entrances, Forward, Gateway, Service
from seawall.model.policies import ObjectRef
from seawall.model.sight import Seen, Sight, Unseen, mapped
from seawall.model.snapshot import Pod, Snapshot

__all__ = ["Entrance", "Exposure", "Way", "ways_of"]

_BY_TYPE = {"LoadBalancer": Entrance.LOAD_BALANCER, "NodePort": Entrance.NODE_PORT}


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One entrance into a namespace: `by` is the object that makes it, `to` the Service or pod."""

    namespace: str
    entrance: Entrance
    by: ObjectRef
    to: str


Ways = Sight[tuple[Way, ...]]


@dataclass(frozen=True, slots=True)
class Exposure:
    """The entrances of a cluster, each kind of object seen or not on its own.

    Attributes:
        ways: By what was read for them (`services`, `ingresses`, `routes`, `pods`, `webhooks`,
            `aggregated APIs`, ...): the ways found, or why it could not be read. A group of kinds
            that the cluster does not serve is Seen and empty.
        workloads: `kind namespace/name` of workloads that make pods, those with none now too.
    """

    ways: tuple[tuple[str, Ways], ...]
    workloads: Sight[tuple[ObjectRef, ...]]


def ways_of(snapshot: Snapshot) -> tuple[tuple[str, Ways], ...]:
    """The ways that Services, forwards and host ports make, each once, by what was read."""
    found = snapshot.entrances
    return (
        ("services", mapped(found.services, lambda each: _flat(map(_of_service, each)))),
        ("ingresses", _of_forwards(found.ingresses)),
        ("routes", _of_forwards(found.routes)),
        ("Istio VirtualServices", _of_forwards(found.mesh_routes)),
        ("Istio gateways", _of_mesh(found)),
        ("AWS target groups", _of_forwards(found.target_groups)),
        ("other entrances", found.others),
        ("pods", _of_pods(snapshot)),
    )


def _of_service(service: Service) -> Iterator[Way]:
    """A Service that is reached from outside, by its type, its addresses or its annotations."""
    home, by = service.namespace, service.ref
    if service.type in _BY_TYPE:
        yield Way(home, _BY_TYPE[service.type], by, by.name)
    if service.external_ips:
        yield Way(home, Entrance.EXTERNAL_IP, by, by.name)
    if service.endpoint_group:
        yield Way(home, Entrance.LOAD_BALANCER, by, by.name)
    if service.elsewhere:
        namespace, name = service.elsewhere
        yield Way(namespace, Entrance.EXTERNAL_NAME, by, name)


def _of_forwards(sight: Sight[tuple[Forward, ...]]) -> Ways:
    return mapped(sight, lambda found: _flat(map(_of_forward, found)))


def _of_forward(forward: Forward) -> Iterator[Way]:
    for each in forward.backends:
        yield Way(each.namespace, forward.entrance, forward.by, each.service)


def _of_mesh(found: Entrances) -> Ways:
    """Istio's gateways lead where VirtualServices say, but for those that let in to any Service."""
    gateways: Sight[tuple[Gateway, ...]] = found.mesh_gateways
    if isinstance(gateways, Unseen):
        return gateways
    for each in gateways.value:
        if each.passes_through:
            return Unseen(f"Gateway {each.namespace}/{each.name} lets in to any Service by name")
    return Seen(())


def _of_pods(snapshot: Snapshot) -> Ways:
    """Pods with a port of their node; one on the host network is bound by no policy."""
    for broken in snapshot.broken:
        if broken.ref.kind == "Pod":
            return Unseen(f"{broken.ref} cannot be read: {broken.problems[0]}")
    return mapped(snapshot.pods, lambda pods: _flat(map(_of_pod, pods)))


def _of_pod(pod: Pod) -> Iterator[Way]:
    if pod.host_ports and pod.is_endpoint and not pod.host_network:
        yield Way(pod.namespace, Entrance.HOST_PORT, pod.owner, pod.owner.name)


def _flat(found: Iterable[Iterable[Way]]) -> tuple[Way, ...]:
    return tuple(dict.fromkeys(each for part in found for each in part))
