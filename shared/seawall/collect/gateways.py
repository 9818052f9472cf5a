"""What forwards to Services, as wire shapes and what they mean: Ingress, Gateway API, AWS.

Only the fields that name a Service, a port or a gateway are decoded. Null and absent are the same,
as in Go.
"""

from collections.abc import Iterable, Iterator

from seawall.collect.services import Annotated, Status, facing_of
from seawall.collect.wire import Wire
from seawall.model.entrances import Backend, Entrance, Facing, Forward, Gateway
from seawall.model.policies import ObjectRef

_ALB = "alb.ingress.kubernetes.io"
_CLASS = "kubernetes.io/ingress.class"
_AZURE_GATEWAYS = frozenset({"azure/application-gateway", "azure-application-gateway"})
_SCHEMES = {"internet-facing": Facing.INTERNET, "internal": Facing.INTERNAL}
_GKE_CLASSES = {"gce": Facing.INTERNET, "gce-internal": Facing.INTERNAL}
_GKE_GATEWAYS = {
    "gke-l7-global-external-managed": Facing.INTERNET,
    "gke-l7-regional-external-managed": Facing.INTERNET,
    "gke-l7-gxlb": Facing.INTERNET,
    "gke-l7-rilb": Facing.INTERNAL,
    "gke-l7-cross-regional-internal-managed": Facing.INTERNAL,
}
"""GKE "About GatewayClasses"; those for several clusters end in `-mc`."""

GRANT = "its ReferenceGrant, if there is one, was not read"


class Named(Wire, frozen=True, gc=False):
    """A reference to a Service, or to what stands for one; without `namespace`, a neighbour."""

    name: str
    namespace: str | None = None
    port: int | None = None
    kind: str | None = None


class BackendPort(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.ServiceBackendPort`."""

    number: int | None = None
    name: str | None = None


class IngressService(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.IngressServiceBackend`."""

    name: str
    port: BackendPort | None = None


class IngressBackend(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.IngressBackend`; one without a Service is no pod."""

    service: IngressService | None = None


class HttpPath(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.HTTPIngressPath`."""

    backend: IngressBackend | None = None


class HttpPaths(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.HTTPIngressRuleValue`."""

    paths: list[HttpPath] | None = None


class IngressRule(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.IngressRule`."""

    http: HttpPaths | None = None


class IngressSpec(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.IngressSpec`."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    rules: list[IngressRule] | None = None


class IngressIn(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.Ingress`."""

    metadata: Annotated
    spec: IngressSpec | None = None
    status: Status | None = None


class Mirror(Wire, frozen=True, gc=False):
    """`HTTPRequestMirrorFilter`: a second receiver of each request."""

    backend_ref: Named | None = None


class Filter(Wire, frozen=True, gc=False):
    """`HTTPRouteFilter` and `GRPCRouteFilter`."""

    request_mirror: Mirror | None = None


class BackendRef(Named, frozen=True, gc=False):
    """A backend with filters of its own."""

    filters: list[Filter] | None = None


class RouteRule(Wire, frozen=True, gc=False):
    """What the rules of all kinds of routes have in common."""

    backend_refs: list[BackendRef] | None = None
    filters: list[Filter] | None = None


class RouteSpec(Wire, frozen=True, gc=False):
    """The spec of a route."""

    parent_refs: list[Named] | None = None
    rules: list[RouteRule] | None = None


class RouteIn(Wire, frozen=True, gc=False):
    """Any route of gateway.networking.k8s.io."""

    metadata: Annotated
    spec: RouteSpec | None = None


class GuestNamespaces(Wire, frozen=True, gc=False, rename={"origin": "from"}):
    """`RouteNamespaces`."""

    origin: str | None = None


class Guests(Wire, frozen=True, gc=False):
    """`AllowedRoutes`."""

    namespaces: GuestNamespaces | None = None


class Listener(Wire, frozen=True, gc=False):
    """`gateway.networking.k8s.io.Listener`."""

    allowed_routes: Guests | None = None


class GatewaySpec(Wire, frozen=True, gc=False):
    """`gateway.networking.k8s.io.GatewaySpec`."""

    gateway_class_name: str | None = None
    listeners: list[Listener] | None = None


class GatewayIn(Wire, frozen=True, gc=False):
    """`gateway.networking.k8s.io.Gateway`."""

    metadata: Annotated
    spec: GatewaySpec | None = None
    status: Status | None = None


class TargetService(Wire, frozen=True, gc=False):
    """`elbv2.k8s.aws/v1beta1.ServiceReference`."""

    name: str
    port: int | str | None = None


class TargetGroupSpec(Wire, frozen=True, gc=False):
    """`elbv2.k8s.aws/v1beta1.TargetGroupBindingSpec`."""

    service_ref: TargetService | None = None
    target_type: str | None = None


class TargetGroupIn(Wire, frozen=True, gc=False):
    """`elbv2.k8s.aws/v1beta1.TargetGroupBinding`."""

    metadata: Annotated
    spec: TargetGroupSpec | None = None


def ingress_from(raw: IngressIn) -> Forward:
    """An Ingress; its Services are always of its own namespace."""
    spec, home = raw.spec or IngressSpec(), raw.metadata.home
    name = spec.ingress_class_name or raw.metadata.notes.get(_CLASS) or ""
    return Forward(
        by=ObjectRef("Ingress", home, raw.metadata.name),
        entrance=Entrance.INGRESS,
        backends=each_once(_ingress_backends(home, spec)),
        class_name=name,
        facing=_ingress_facing(raw, name),
        direct=_ingress_direct(raw, name),
    )


def _ingress_backends(home: str, spec: IngressSpec) -> Iterator[Backend]:
    paths = (path for rule in spec.rules or () if rule.http for path in rule.http.paths or ())
    for backend in (spec.default_backend, *(path.backend for path in paths)):
        if backend and backend.service:
            port = backend.service.port or BackendPort()
            yield Backend(home, backend.service.name, port.number or port.name or None)


def _ingress_facing(raw: IngressIn, name: str) -> Facing:
    """What the address says, else what the cloud's controller makes of class and annotations.

    AWS Load Balancer Controller "Ingress annotations": internal by default. GKE "Ingress for
    internal Application Load Balancers". Azure "Application Gateway Ingress Controller
    annotations".
    """
    address, notes = facing_of(raw.status), raw.metadata.notes
    if address is not Facing.UNKNOWN:
        return address
    if name in _AZURE_GATEWAYS:
        private = notes.get("appgw.ingress.kubernetes.io/use-private-ip") == "true"
        return Facing.INTERNAL if private else Facing.INTERNET
    scheme = _SCHEMES.get(notes.get(f"{_ALB}/scheme") or "")
    return scheme or _GKE_CLASSES.get(name) or (Facing.INTERNAL if name == "alb" else address)


def _ingress_direct(raw: IngressIn, name: str) -> bool | None:
    target = raw.metadata.notes.get(f"{_ALB}/target-type")
    return True if target == "ip" or name in _AZURE_GATEWAYS else None


def route_from(kind: str, raw: RouteIn) -> Forward:
    """A Gateway API route, with the backends that only get copies of requests too.

    A parent that is a Service makes it a route inside a mesh (GEP-1324): no way in.
    """
    spec, home = raw.spec or RouteSpec(), raw.metadata.home
    parents = (each for each in spec.parent_refs or () if (each.kind or "Gateway") != "Service")
    return Forward(
        by=ObjectRef(kind, home, raw.metadata.name),
        entrance=Entrance.ROUTE,
        backends=each_once(
            _route_backend(home, each) for rule in spec.rules or () for each in _receivers(rule)
        ),
        gateways=tuple((each.namespace or home, each.name) for each in parents),
    )


def _route_backend(home: str, raw: Named) -> Backend:
    """Another namespace must agree to it (gateway.networking.k8s.io, ReferenceGrant)."""
    namespace = raw.namespace or home
    return Backend(namespace, raw.name, raw.port, "" if namespace == home else GRANT)


def _receivers(rule: RouteRule) -> Iterator[Named]:
    yield from rule.backend_refs or ()
    yield from _mirrors(rule.filters)
    for backend in rule.backend_refs or ():
        yield from _mirrors(backend.filters)


def _mirrors(filters: Iterable[Filter] | None) -> Iterator[Named]:
    for each in filters or ():
        if each.request_mirror and each.request_mirror.backend_ref:
            yield each.request_mirror.backend_ref


def gateway_from(raw: GatewayIn) -> Gateway:
    """A Gateway of the Gateway API; routes of its own namespace alone where nothing is said."""
    spec = raw.spec or GatewaySpec()
    name = spec.gateway_class_name or ""
    address = facing_of(raw.status)
    known = _GKE_GATEWAYS.get(name.removesuffix("-mc"), Facing.UNKNOWN)
    return Gateway(
        raw.metadata.home,
        raw.metadata.name,
        class_name=name,
        facing=known if address is Facing.UNKNOWN else address,
        guests=_guests(spec.listeners or ()),
    )


def _guests(listeners: Iterable[Listener]) -> str:
    allowed = [each.allowed_routes for each in listeners]
    found = {each.namespaces.origin for each in allowed if each and each.namespaces}
    return next((each for each in ("All", "Selector") if each in found), "Same")


def target_group_from(raw: TargetGroupIn) -> Forward:
    """The Service whose pods, or whose node ports, are targets of an AWS load balancer."""
    spec, home = raw.spec or TargetGroupSpec(), raw.metadata.home
    to = spec.service_ref
    return Forward(
        by=ObjectRef("TargetGroupBinding", home, raw.metadata.name),
        entrance=Entrance.LOAD_BALANCER,
        backends=(Backend(home, to.name, to.port),) if to else (),
        direct=spec.target_type == "ip" if spec.target_type else None,
    )


def each_once(found: Iterable[Backend]) -> tuple[Backend, ...]:
    """The backends in order, none twice."""
    return tuple(dict.fromkeys(found))
