"""Services as wire shapes, and what they mean: whom they lead to, and who can knock.

The annotations are those of the clouds' own controllers, each named with where it is documented.
"""

import ipaddress
from collections.abc import Mapping

import msgspec

from seawall.collect import parse, wire
from seawall.collect.wire import Wire
from seawall.model.addresses import EVERY_V4, EVERY_V6, cidr
from seawall.model.cluster import Provider
from seawall.model.entrances import Facing, Service, ServicePort
from seawall.model.ports import Protocol

GKE_NEG = "cloud.google.com/neg"
"""With `exposed_ports` it makes a network endpoint group of a Service's pods, for any load balancer
(GKE "Standalone zonal NEGs"); with `ingress` GKE's Ingress sends to the pods themselves
(GKE "Container-native load balancing")."""

_AWS = "service.beta.kubernetes.io/aws-load-balancer"
_AWS_CONTROLLER = frozenset({"service.k8s.aws/nlb", "eks.amazonaws.com/nlb"})
_AWS_CONTROLLER_TYPES = frozenset({"external", "nlb-ip"})
_GKE_TYPES = ("networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type")
_AZURE_INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_SCHEMES = {"internet-facing": Facing.INTERNET, "internal": Facing.INTERNAL}
_GKE_CLASSES = {
    "networking.gke.io/l4-regional-external": Facing.INTERNET,
    "networking.gke.io/l4-regional-internal": Facing.INTERNAL,
}
_UNTOLD = Facing.UNKNOWN
_TYPES = frozenset({"NodePort", "LoadBalancer", "ExternalName"})

Annotations = Mapping[str, str | None]


class Annotated(Wire, frozen=True, gc=False):
    """The metadata of an object of which the name and the annotations count."""

    name: str
    namespace: str | None = None
    annotations: wire.LabelsIn | None = None

    @property
    def home(self) -> str:
        """The namespace; kubectl's default where none is written."""
        return self.namespace or parse.DEFAULT_NAMESPACE

    @property
    def notes(self) -> Annotations:
        """The annotations."""
        return self.annotations or {}


class Point(Wire, frozen=True, gc=False):
    """`v1.LoadBalancerIngress`, or an address of a Gateway: an IP, or a name."""

    ip: str | None = None
    hostname: str | None = None
    value: str | None = None


class Balancer(Wire, frozen=True, gc=False):
    """`v1.LoadBalancerStatus`."""

    ingress: list[Point] | None = None


class Status(Wire, frozen=True, gc=False):
    """The addresses that an object has been given."""

    load_balancer: Balancer | None = None
    addresses: list[Point] | None = None


class ServicePortIn(Wire, frozen=True, gc=False):
    """`v1.ServicePort`."""

    port: int
    target_port: int | str | None = None
    protocol: Protocol | None = None
    name: str | None = None
    node_port: int | None = None


class ServiceSpec(Wire, frozen=True, gc=False):
    """`v1.ServiceSpec`."""

    type: str | None = None
    selector: wire.LabelsIn | None = None
    ports: list[ServicePortIn] | None = None
    external_ips: list[str] | None = msgspec.field(name="externalIPs", default=None)
    external_name: str | None = None
    external_traffic_policy: str | None = None
    load_balancer_source_ranges: list[str] | None = None
    load_balancer_class: str | None = None
    allocate_load_balancer_node_ports: bool | None = None


class ServiceIn(Wire, frozen=True, gc=False):
    """`v1.Service`."""

    metadata: Annotated
    spec: ServiceSpec | None = None
    status: Status | None = None


def service_from(raw: ServiceIn) -> Service:
    """The Service.

    Raises:
        ValueError: One of its source ranges is no CIDR.
    """
    spec, notes = raw.spec or ServiceSpec(), raw.metadata.notes
    groups = notes.get(GKE_NEG) or ""
    return Service(
        namespace=raw.metadata.home,
        name=raw.metadata.name,
        type=spec.type if spec.type in _TYPES else "ClusterIP",
        selector=parse.labels_from(spec.selector) or None,
        ports=tuple(map(_port, spec.ports or ())),
        external_ips=bool(spec.external_ips),
        local=spec.external_traffic_policy == "Local",
        direct=_direct(spec, notes),
        node_ports=_node_ports(spec),
        ranges=_ranges(spec, notes),
        balancers=_balancers(spec, notes),
        declared=_declared(notes),
        address=facing_of(raw.status),
        elsewhere=_elsewhere(spec),
        endpoint_group="exposed_ports" in groups,
        container_native='"ingress"' in groups and "true" in groups,
    )


def _port(raw: ServicePortIn) -> ServicePort:
    """`targetPort` is `port` where it is absent, or 0 (`pkg/apis/core/v1/defaults.go`)."""
    return ServicePort(
        raw.port, raw.target_port or raw.port, raw.protocol or Protocol.TCP, raw.name or ""
    )


def _direct(spec: ServiceSpec, notes: Annotations) -> bool:
    """AWS targets of type `ip`; EKS Auto Mode has them by default."""
    auto = spec.load_balancer_class == "eks.amazonaws.com/nlb"
    target = notes.get(f"{_AWS}-nlb-target-type") or ("ip" if auto else "")
    return target == "ip" or notes.get(f"{_AWS}-type") == "nlb-ip"


def _node_ports(spec: ServiceSpec) -> bool:
    """A load balancer has them too, unless they were not wanted (`ServiceSpec`)."""
    written = any(port.node_port for port in spec.ports or ())
    wanted = spec.allocate_load_balancer_node_ports is not False
    return spec.type == "NodePort" or (spec.type == "LoadBalancer" and (wanted or written))


def _ranges(spec: ServiceSpec, notes: Annotations) -> tuple[str, ...]:
    """The field, or else the annotation that it came from; all addresses are no restriction."""
    written = spec.load_balancer_source_ranges or (notes.get(_RANGES) or "").split(",")
    found = [each.strip() for each in written if each.strip()]
    try:
        sets = [cidr(each) for each in found]
    except ValueError as error:  # its text would repeat what is written there
        raise ValueError("spec.loadBalancerSourceRanges: Invalid value: no CIDR") from error
    if any(each in {EVERY_V4, EVERY_V6} for each in sets):
        return ()
    return tuple(text for each in sets for text in each.cidrs())


def _declared(notes: Annotations) -> Facing:
    """What an annotation says, whichever cloud it is for."""
    return next((f for f in (_aws(notes), _gke(notes), _azure(notes)) if f), Facing.UNKNOWN)


def _balancers(spec: ServiceSpec, notes: Annotations) -> tuple[tuple[Provider, Facing], ...]:
    """What the cloud's own controllers make of it; nobody knows where a class names another.

    The AWS Load Balancer Controller makes internal ones unless told otherwise ("Secure by default",
    Network Load Balancer), the clouds' built-in controllers public ones.
    """
    if spec.type != "LoadBalancer":
        return ()
    kind = spec.load_balancer_class or ""
    ours = kind in _AWS_CONTROLLER or notes.get(f"{_AWS}-type") in _AWS_CONTROLLER_TYPES
    others = Facing.UNKNOWN if kind else Facing.INTERNET
    return (
        (Provider.AWS, _aws(notes) or (Facing.INTERNAL if ours else others)),
        (Provider.GCP, _GKE_CLASSES.get(kind) or _gke(notes) or others),
        (Provider.AZURE, _azure(notes) or others),
    )


def _aws(notes: Annotations) -> Facing | None:
    """The built-in controller takes any word but `false` for internal (cloud-provider-aws)."""
    if scheme := _SCHEMES.get(notes.get(f"{_AWS}-scheme") or ""):
        return scheme
    internal = (notes.get(f"{_AWS}-internal") or "false").lower() != "false"
    return Facing.INTERNAL if internal else None


def _gke(notes: Annotations) -> Facing | None:
    """GKE "LoadBalancer Service parameters"; the second name is the older one."""
    internal = any((notes.get(name) or "").lower() == "internal" for name in _GKE_TYPES)
    return Facing.INTERNAL if internal else None


def _azure(notes: Annotations) -> Facing | None:
    """cloud-provider-azure "LoadBalancer annotations": public if not set."""
    internal = (notes.get(_AZURE_INTERNAL) or "").lower() == "true"
    return Facing.INTERNAL if internal else None


def facing_of(status: Status | None) -> Facing:
    """What the addresses that something was given say; one that is public is enough."""
    if status is None:
        return Facing.UNKNOWN
    balancer = status.load_balancer.ingress if status.load_balancer else None
    found = {_facing(point) for point in (*(balancer or ()), *(status.addresses or ()))}
    return next((each for each in (Facing.INTERNET, Facing.INTERNAL) if each in found), _UNTOLD)


def _facing(point: Point) -> Facing:
    """AWS names its internal load balancers so ("internal-", Elastic Load Balancing)."""
    name = point.hostname or point.value or ""
    if name.startswith("internal-") and name.endswith(".elb.amazonaws.com"):
        return Facing.INTERNAL
    try:
        address = ipaddress.ip_address(point.ip or name)
    except ValueError:
        return Facing.UNKNOWN
    return Facing.INTERNET if address.is_global else Facing.INTERNAL


def _elsewhere(spec: ServiceSpec) -> tuple[str, str] | None:
    """The Service of another namespace that it is a name for: who reaches it, reaches that.

    Names of Services end in `.svc` and the domain of the cluster (github.com/kubernetes/dns,
    "Kubernetes DNS-Based Service Discovery" 2.3).
    """
    if spec.type != "ExternalName":
        return None
    return service_named(spec.external_name or "")


def service_named(host: str) -> tuple[str, str] | None:
    """(namespace, name) of the Service that a whole DNS name is."""
    match host.lower().rstrip(".").split("."):
        case [name, namespace, "svc", *_]:
            return namespace, name
    return None
