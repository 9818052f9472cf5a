"""The objects that lead to pods from outside, as declared: Services, Ingresses, routes, gateways.

Of annotations only what they decide is here, never their text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from seawall.model.cluster import Provider
from seawall.model.policies import ObjectRef
from seawall.model.ports import Protocol
from seawall.model.selector import Labels
from seawall.model.sight import Seen, Sight, Unseen


class Entrance(StrEnum):
    """A way to pods that must not be cut by a plan."""

    LOAD_BALANCER = "LoadBalancer Service"
    NODE_PORT = "NodePort Service"
    EXTERNAL_IP = "Service with externalIPs"
    EXTERNAL_NAME = "ExternalName Service"
    INGRESS = "Ingress"
    ROUTE = "Gateway route"
    MESH = "Istio gateway"
    HOST_PORT = "hostPort"
    HOST_NETWORK = "hostNetwork"
    WEBHOOK = "admission or conversion webhook"
    AGGREGATED_API = "aggregated API"


class Facing(StrEnum):
    """Who can knock: from where an entrance can be reached, before any policy is asked."""

    INTERNET = "internet"
    NODES = "whoever reaches a node"
    INTERNAL = "internal"
    """The network around the cluster."""
    UNKNOWN = "unknown"

    @property
    def openness(self) -> int:
        """Its place in the order of what to tell first, 0 the most open."""
        return (Facing.INTERNET, Facing.UNKNOWN, Facing.NODES, Facing.INTERNAL).index(self)


@dataclass(frozen=True, slots=True)
class ServicePort:
    """`v1.ServicePort`; a `target` that is a name means what each pod calls so."""

    port: int
    target: int | str
    protocol: Protocol = Protocol.TCP
    name: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A Service.

    Attributes:
        type: As written; ClusterIP where nothing is.
        selector: None: its endpoints are written by somebody else, and not read.
        local: `externalTrafficPolicy: Local`: nodes pass on the address of the client.
        direct: The load balancer sends to the pods themselves, past the nodes.
        node_ports: Whether the nodes listen for it too.
        ranges: Who may use the load balancer, as CIDRs; nobody is named where all may.
        balancers: What the load balancer of each cloud would face, by its annotations and default.
        declared: What an annotation says, whichever cloud reads it.
        address: What the addresses say that it has been given.
        elsewhere: The Service of another namespace that it is a name for.
        endpoint_group: GKE lets any load balancer have its pods.
        container_native: GKE's Ingress sends straight to its pods.
    """

    namespace: str
    name: str
    type: str = "ClusterIP"
    selector: Labels | None = None
    ports: tuple[ServicePort, ...] = ()
    external_ips: bool = False
    local: bool = False
    direct: bool = False
    node_ports: bool = False
    ranges: tuple[str, ...] = ()
    balancers: tuple[tuple[Provider, Facing], ...] = ()
    declared: Facing = Facing.UNKNOWN
    address: Facing = Facing.UNKNOWN
    elsewhere: tuple[str, str] | None = None
    endpoint_group: bool = False
    container_native: bool = False

    @property
    def ref(self) -> ObjectRef:
        """Its kind, namespace and name."""
        return ObjectRef("Service", self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Backend:
    """The Service that something forwards to; without a port, any of its ports.

    `doubt` is what must hold as well, and is not known.
    """

    namespace: str
    service: str
    port: int | str | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Forward:
    """What sends on what it is sent: an Ingress, a route, a VirtualService, a target group.

    Attributes:
        by: The object.
        class_name: Which controller carries it out, where it says so.
        gateways: The gateways it hangs on, by (namespace, name).
        delegates: Objects of its kind whose backends are its own too (VirtualServices).
        facing: What its own class and annotations, or the addresses it has, say.
        direct: Whether a load balancer outside sends straight to the pods; None: not told.
    """

    by: ObjectRef
    entrance: Entrance
    backends: tuple[Backend, ...]
    class_name: str = ""
    gateways: tuple[tuple[str, str], ...] = ()
    delegates: tuple[tuple[str, str], ...] = ()
    facing: Facing = Facing.UNKNOWN
    direct: bool | None = None


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Gateway, of the Gateway API (by class) or of Istio (by the labels of the pods it uses).

    Attributes:
        guests: Which namespaces' routes may hang on it: Same, All, or Selector.
        passes_through: It lets in to any Service by name, without a route (AUTO_PASSTHROUGH).
    """

    namespace: str
    name: str
    class_name: str = ""
    selector: Labels | None = None
    facing: Facing = Facing.UNKNOWN
    guests: str = "All"
    passes_through: bool = False


NOT_READ = Unseen("not read")


@dataclass(frozen=True, slots=True)
class Entrances:
    """What leads in, each kind seen or not on its own; a group that is not served is Seen, empty.

    `others` is Unseen where kinds are there that lead to pods and are not read.
    """

    services: Sight[tuple[Service, ...]] = NOT_READ
    ingresses: Sight[tuple[Forward, ...]] = NOT_READ
    routes: Sight[tuple[Forward, ...]] = NOT_READ
    gateways: Sight[tuple[Gateway, ...]] = NOT_READ
    mesh_routes: Sight[tuple[Forward, ...]] = NOT_READ
    mesh_gateways: Sight[tuple[Gateway, ...]] = NOT_READ
    target_groups: Sight[tuple[Forward, ...]] = NOT_READ
    others: Sight[tuple[()]] = NOT_READ

    def sights(self) -> tuple[tuple[str, Sight[object]], ...]:
        """Each kind as reports name it."""
        return (
            ("services", self.services),
            ("ingresses", self.ingresses),
            ("routes", self.routes),
            ("gateways", self.gateways),
            ("Istio VirtualServices", self.mesh_routes),
            ("Istio gateways", self.mesh_gateways),
            ("AWS target groups", self.target_groups),
            ("other entrances", self.others),
        )

    def unread(self) -> Iterator[tuple[str, str]]:
        """The kinds that were asked for in vain, and why."""
        for what, sight in self.sights():
            if isinstance(sight, Unseen) and sight != NOT_READ and sight is not self.others:
                yield what, sight.why

    def hidden(self) -> Iterator[str]:
        """What nobody asked for: all of it, by a version that did not, or kinds not modelled."""
        if all(sight == NOT_READ for _, sight in self.sights()):
            yield "it was not read"
        elif isinstance(self.others, Unseen):
            yield self.others.why


NO_ENTRANCES = Entrances(*(Seen(()),) * 8)
UNREAD_ENTRANCES = Entrances()
