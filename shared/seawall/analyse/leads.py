"""Which object leads to which port of which pod, and how what comes that way arrives there.

Two rounds: what the nodes and load balancers send on; then what proxies inside the cluster do,
who are reached by the ways of the first round.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from seawall.analyse.arrivals import NOBODY, Arrival, Proxies
from seawall.analyse.census import Census
from seawall.analyse.isolation import Isolation
from seawall.analyse.proxies import Carried, Carriers
from seawall.model.cluster import Provider
from seawall.model.entrances import Backend, Entrance, Facing, Forward, Service, ServicePort
from seawall.model.policies import ObjectRef
from seawall.model.ports import ALL_PORTS, PortSet, ports
from seawall.model.selector import Labels
from seawall.model.sight import seen_or
from seawall.model.snapshot import Phase, Pod

_GKE_CLASSES = frozenset({"gce", "gce-internal"})


@dataclass(frozen=True, slots=True)
class Lead:
    """One port of one pod, and the way there; `doubt` is what must hold as well, not known."""

    pod: Pod
    ports: PortSet
    entrance: Entrance
    by: ObjectRef
    facing: Facing
    arrival: Arrival
    clients: tuple[str, ...] = ()
    proxies: Proxies = NOBODY
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class _Door:
    """A way to all ports of a Service, or to those of one of its ports."""

    entrance: Entrance
    by: ObjectRef
    facing: Facing
    arrival: Arrival
    clients: tuple[str, ...] = ()
    proxies: Proxies = NOBODY
    doubt: str = ""


class Leads:
    """The leads of one cluster."""

    def __init__(self, isolation: Isolation) -> None:
        snapshot = isolation.snapshot
        self._entrances = snapshot.entrances
        self._pods = [pod for pod in seen_or(snapshot.pods, ()) if _is_there(pod)]
        self._census = Census(self._pods)
        self._nodes = seen_or(snapshot.nodes, ())
        self._services = {
            (each.namespace, each.name): each for each in seen_or(self._entrances.services, ())
        }

    def forwarded(self) -> Iterator[Lead]:
        """The leads of the second round."""
        for door, backend, _ in self._forwarded:
            yield from self._to_backend(door, backend)

    def everywhere(self) -> Iterator[str]:
        """Why any pod may be reached by a way that is not known."""
        for each in seen_or(self._entrances.mesh_gateways, ()):
            if each.passes_through:
                yield f"Gateway {each.namespace}/{each.name} lets in to any Service by name"

    def unread_in(self, namespace: str) -> tuple[str, ...]:
        """Why any pod of a namespace may be: a Service without selector has endpoints unread."""
        return self._unread.get(namespace, ())

    @cached_property
    def _unread(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for service in self._reached():
            if service.selector is None and service.elsewhere is None:
                why = f"{service.ref} leads to endpoints that are written by hand, and not read"
                found.setdefault(service.namespace, {})[why] = None
        return {namespace: tuple(whys) for namespace, whys in found.items()}

    def _reached(self) -> Iterator[Service]:
        """The Services that anything outside leads to."""
        for service in self._services.values():
            if service.type != "ExternalName" and any(self._doors(service)):
                yield service
        for _, _, service in self._forwarded:
            if service.type != "ExternalName":
                yield service

    @cached_property
    def first(self) -> tuple[Lead, ...]:
        """The leads of the first round."""
        found = [lead for pod in self._pods for lead in _of_pod(pod)]
        for service in self._services.values():
            for door in self._doors(service):
                found += self._to_service(door, service, service.ports)
        return tuple(found)

    def _doors(self, service: Service) -> Iterator[_Door]:
        """The ways to a Service itself."""
        arrival = Arrival.PASSED_ON if service.local else Arrival.NODE
        if service.type == "LoadBalancer":
            yield _Door(
                Entrance.LOAD_BALANCER,
                service.ref,
                self._facing(service),
                Arrival.PASSED_ON if service.direct else arrival,
                service.ranges,
            )
        if service.endpoint_group:
            yield _Door(Entrance.LOAD_BALANCER, service.ref, Facing.UNKNOWN, Arrival.PASSED_ON)
        if service.node_ports:
            yield _Door(Entrance.NODE_PORT, service.ref, Facing.NODES, arrival)
        if service.external_ips:
            yield _Door(Entrance.EXTERNAL_IP, service.ref, Facing.NODES, arrival)

    def _facing(self, service: Service) -> Facing:
        """By the address it was given; else as the cloud of the nodes reads it; else as written."""
        if service.address is not Facing.UNKNOWN:
            return service.address
        clouds = {node.provider for node in self._nodes} or {Provider.OTHER}
        told = [facing for cloud, facing in service.balancers if {cloud} == clouds]
        return told[0] if told else service.declared

    def _to_service(
        self, door: _Door, service: Service, wanted: Iterable[ServicePort]
    ) -> Iterator[Lead]:
        pods = self._selected(service.namespace, service.selector)
        for port in wanted:
            for pod in pods:
                for number in _numbers(port, pod):
                    yield _lead(door, pod, ports(port.protocol, number))

    def _selected(self, namespace: str, selector: Labels | None) -> list[Pod]:
        if selector is None:
            return []
        return list(self._census.matching(selector, namespace))

    @cached_property
    def _forwarded(self) -> tuple[tuple[_Door, Backend, Service], ...]:
        """Each backend of what forwards, the Service it is, and the way there."""
        carriers = Carriers(self._entrances, self._census, _facings(self.first))
        found = []
        for forward in carriers.forwards():
            for backend in forward.backends:
                service = self._service(backend)
                if service is not None:
                    found += [
                        (_door(forward, carried, service, backend), backend, service)
                        for carried in carriers.of(forward)
                    ]
        return tuple(found)

    def _service(self, backend: Backend) -> Service | None:
        """The Service that a backend is, or is another name for."""
        found = self._services.get((backend.namespace, backend.service))
        return self._services.get(found.elsewhere) if found and found.elsewhere else found

    def _to_backend(self, door: _Door, backend: Backend) -> Iterator[Lead]:
        service = self._service(backend)
        if service is not None:
            wanted = [each for each in service.ports if _is_meant(backend.port, each)]
            yield from self._to_service(door, service, wanted)


def _is_there(pod: Pod) -> bool:
    """Not completed; and not one that still waits for its address: nothing is sent there yet."""
    waiting = pod.phase is Phase.PENDING and not pod.addresses and not pod.from_template
    return pod.is_endpoint and not waiting


def _of_pod(pod: Pod) -> Iterator[Lead]:
    """What a pod asks of its node: the node's network, or some of its ports."""
    if pod.host_network:
        door = _Door(Entrance.HOST_NETWORK, pod.owner, Facing.NODES, Arrival.CLIENT)
        yield _lead(door, pod, ALL_PORTS)
        return
    door = _Door(Entrance.HOST_PORT, pod.owner, Facing.NODES, Arrival.CLIENT)
    for each in pod.host_ports:
        yield _lead(door, pod, ports(each.protocol, each.port))


def _lead(door: _Door, pod: Pod, found: PortSet) -> Lead:
    return Lead(
        pod,
        found,
        door.entrance,
        door.by,
        door.facing,
        door.arrival,
        door.clients,
        door.proxies,
        door.doubt,
    )


def _numbers(port: ServicePort, pod: Pod) -> tuple[int, ...]:
    """The pod's port; a name is looked up in each pod, for the protocol of the Service's port.

    A pod without it is no endpoint of the port (`FindPort`, k8s.io/endpointslice).
    """
    if isinstance(port.target, int):
        return (port.target,)
    named = (each for each in pod.ports if each.protocol is port.protocol)
    return tuple(each.number for each in named if each.name == port.target)[:1]


def _is_meant(wanted: int | str | None, port: ServicePort) -> bool:
    if wanted is None:
        return True
    return wanted in ((port.port,) if isinstance(wanted, int) else (port.name,))


def _door(forward: Forward, carried: Carried, service: Service, backend: Backend) -> _Door:
    """What forwards, and how: GKE's Ingress goes to the pods where their Service says so."""
    native = forward.class_name in _GKE_CLASSES and service.container_native
    return _Door(
        forward.entrance,
        forward.by,
        carried.facing,
        Arrival.PASSED_ON if native else carried.arrival,
        proxies=carried.proxies,
        doubt=carried.doubt or backend.doubt,
    )


def _facings(found: Iterable[Lead]) -> dict[tuple[str, str], Facing]:
    """Who can knock at each pod that is reached by itself; the most open."""
    facings: dict[tuple[str, str], Facing] = {}
    for lead in found:
        place = (lead.pod.namespace, lead.pod.name)
        known = facings.get(place, lead.facing)
        facings[place] = min(known, lead.facing, key=lambda each: each.openness)
    return facings
