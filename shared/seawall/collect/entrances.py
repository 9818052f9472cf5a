"""Objects that lead to pods from outside, as wire shapes, and the entrances each of them makes.

Only the fields that name a Service or a port are decoded. Null and absent are the same, as in Go.
"""

from collections.abc import Iterable, Iterator

from seawall.collect import parse, wire
from seawall.collect.wire import Wire
from seawall.model.exposure import Entrance, Way
from seawall.model.policies import ObjectRef
from seawall.model.snapshot import COMPLETED

GKE_NEG = "cloud.google.com/neg"
"""With `exposed_ports` it makes a network endpoint group of a Service's pods, for any load balancer
(GKE "Standalone zonal NEGs")."""

_ALWAYS = {"LoadBalancer": Entrance.LOAD_BALANCER, "NodePort": Entrance.NODE_PORT}


class Annotated(Wire, frozen=True, gc=False):
    """The metadata of an object of which the name and the annotations count."""

    name: str
    namespace: str | None = None
    annotations: wire.LabelsIn | None = None


_SERVICE_NAMES = {"external_ips": "externalIPs", "external_name": "externalName"}


class ServiceSpec(Wire, frozen=True, gc=False, rename=_SERVICE_NAMES):
    """`v1.ServiceSpec`."""

    type: str | None = None
    external_ips: list[str] | None = None
    external_name: str | None = None


class Service(Wire, frozen=True, gc=False):
    """`v1.Service`."""

    metadata: Annotated
    spec: ServiceSpec | None = None


class Named(Wire, frozen=True, gc=False):
    """A reference to a Service, or to what stands for one; without `namespace`, a neighbour."""

    name: str
    namespace: str | None = None


class Backend(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.IngressBackend`; one without a Service is no pod."""

    service: Named | None = None


class HttpPath(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.HTTPIngressPath`."""

    backend: Backend | None = None


class HttpPaths(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.HTTPIngressRuleValue`."""

    paths: list[HttpPath] | None = None


class IngressRule(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.IngressRule`."""

    http: HttpPaths | None = None


class IngressSpec(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.IngressSpec`."""

    default_backend: Backend | None = None
    rules: list[IngressRule] | None = None


class Ingress(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.Ingress`."""

    metadata: Annotated
    spec: IngressSpec | None = None


class Mirror(Wire, frozen=True, gc=False):
    """`HTTPRequestMirrorFilter`: a second receiver of each request."""

    backend_ref: Named | None = None


class Filter(Wire, frozen=True, gc=False):
    """`HTTPRouteFilter` and `GRPCRouteFilter`."""

    request_mirror: Mirror | None = None


class BackendRef(Wire, frozen=True, gc=False):
    """A backend with filters of its own."""

    name: str
    namespace: str | None = None
    filters: list[Filter] | None = None


class RouteRule(Wire, frozen=True, gc=False):
    """What the rules of all kinds of routes have in common."""

    backend_refs: list[BackendRef] | None = None
    filters: list[Filter] | None = None


class RouteSpec(Wire, frozen=True, gc=False):
    """The spec of a route."""

    rules: list[RouteRule] | None = None


class Route(Wire, frozen=True, gc=False):
    """Any route of gateway.networking.k8s.io."""

    metadata: Annotated
    spec: RouteSpec | None = None


class HostPort(Wire, frozen=True, gc=False):
    """`v1.ContainerPort`; 0 is none."""

    host_port: int | None = None


class Container(Wire, frozen=True, gc=False):
    """`v1.Container` and its like."""

    ports: list[HostPort] | None = None


class PodSpec(Wire, frozen=True, gc=False):
    """`v1.PodSpec`."""

    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    ephemeral_containers: list[Container] | None = None
    host_network: bool | None = None


class PodStatus(Wire, frozen=True, gc=False):
    """`v1.PodStatus`."""

    phase: str | None = None


class Pod(Wire, frozen=True, gc=False):
    """`v1.Pod`."""

    metadata: wire.Metadata
    spec: PodSpec | None = None
    status: PodStatus | None = None


class ServiceIn(Wire, frozen=True, gc=False):
    """A reference to a Service of a namespace, from an object that has none."""

    name: str
    namespace: str


class ClientConfig(Wire, frozen=True, gc=False):
    """Where a webhook is: a Service, or a URL."""

    service: ServiceIn | None = None


class Webhook(Wire, frozen=True, gc=False):
    """A webhook of any kind."""

    client_config: ClientConfig | None = None


class WebhookConfiguration(Wire, frozen=True, gc=False):
    """`admissionregistration.k8s.io/v1`, validating or mutating."""

    metadata: Annotated
    webhooks: list[Webhook] | None = None


class Conversion(Wire, frozen=True, gc=False):
    """`apiextensions.k8s.io/v1.CustomResourceConversion`."""

    webhook: Webhook | None = None


class DefinitionSpec(Wire, frozen=True, gc=False):
    """`apiextensions.k8s.io/v1.CustomResourceDefinitionSpec`."""

    conversion: Conversion | None = None


class Definition(Wire, frozen=True, gc=False):
    """`apiextensions.k8s.io/v1.CustomResourceDefinition`."""

    metadata: Annotated
    spec: DefinitionSpec | None = None


class ApiServiceSpec(Wire, frozen=True, gc=False):
    """`apiregistration.k8s.io/v1.APIServiceSpec`; no Service: the API server itself."""

    service: ServiceIn | None = None


class ApiService(Wire, frozen=True, gc=False):
    """`apiregistration.k8s.io/v1.APIService`."""

    metadata: Annotated
    spec: ApiServiceSpec | None = None


class BindingSpec(Wire, frozen=True, gc=False):
    """`elbv2.k8s.aws/v1beta1.TargetGroupBindingSpec`."""

    service_ref: Named | None = None


class Binding(Wire, frozen=True, gc=False):
    """`elbv2.k8s.aws/v1beta1.TargetGroupBinding`."""

    metadata: Annotated
    spec: BindingSpec | None = None


def of_service(raw: Service) -> tuple[Way, ...]:
    """A Service that is reached from outside, by its type, its addresses or its annotations."""
    spec, home = raw.spec or ServiceSpec(), _home(raw.metadata)
    by = ObjectRef("Service", home, raw.metadata.name)
    found = [_ALWAYS[spec.type]] if spec.type in _ALWAYS else []
    if spec.external_ips:
        found.append(Entrance.EXTERNAL_IP)
    if "exposed_ports" in ((raw.metadata.annotations or {}).get(GKE_NEG) or ""):
        found.append(Entrance.LOAD_BALANCER)
    return (*(Way(home, each, by, by.name) for each in found), *_elsewhere(spec, by))


def _elsewhere(spec: ServiceSpec, by: ObjectRef) -> Iterator[Way]:
    """A Service that is only a name for one of another namespace: who reaches it, reaches that.

    Names of Services end in `.svc` and the domain of the cluster (github.com/kubernetes/dns,
    "Kubernetes DNS-Based Service Discovery" 2.3).
    """
    match (spec.external_name or "").lower().rstrip(".").split("."):
        case [name, namespace, "svc", *_] if spec.type == "ExternalName":
            yield Way(namespace, Entrance.EXTERNAL_NAME, by, name)


def of_ingress(raw: Ingress) -> tuple[Way, ...]:
    """The Services behind an Ingress, always of its own namespace."""
    spec, home = raw.spec or IngressSpec(), _home(raw.metadata)
    by = ObjectRef("Ingress", home, raw.metadata.name)
    paths = (path for rule in spec.rules or () if rule.http for path in rule.http.paths or ())
    backends = (spec.default_backend, *(path.backend for path in paths))
    services = (backend.service for backend in backends if backend and backend.service)
    return tuple(Way(home, Entrance.INGRESS, by, each.name) for each in services)


def of_route(kind: str, raw: Route) -> tuple[Way, ...]:
    """The backends of a Gateway API route, those that only get copies of requests too."""
    home = _home(raw.metadata)
    by = ObjectRef(kind, home, raw.metadata.name)
    rules = (raw.spec and raw.spec.rules) or ()
    return tuple(
        Way(each.namespace or home, Entrance.ROUTE, by, each.name)
        for rule in rules
        for each in _backends(rule)
    )


def _backends(rule: RouteRule) -> Iterator[Named | BackendRef]:
    yield from rule.backend_refs or ()
    yield from _mirrors(rule.filters)
    for backend in rule.backend_refs or ():
        yield from _mirrors(backend.filters)


def _mirrors(filters: Iterable[Filter] | None) -> Iterator[Named]:
    for each in filters or ():
        if each.request_mirror and each.request_mirror.backend_ref:
            yield each.request_mirror.backend_ref


def of_pod(raw: Pod) -> tuple[Way, ...]:
    """A pod with a port of its node; one on the host network is bound by no policy."""
    spec = raw.spec or PodSpec()
    phase = raw.status.phase if raw.status else None
    if spec.host_network or phase in COMPLETED:
        return ()
    containers = (
        *(spec.containers or ()),
        *(spec.init_containers or ()),
        *(spec.ephemeral_containers or ()),
    )
    if not any(port.host_port for each in containers for port in each.ports or ()):
        return ()
    home = raw.metadata.namespace or parse.DEFAULT_NAMESPACE
    itself = ObjectRef("Pod", home, parse.name_of(raw.metadata))
    by = parse.owner_of(raw.metadata, itself, parse.Interned())
    return (Way(home, Entrance.HOST_PORT, by, by.name),)


def of_webhooks(kind: str, raw: WebhookConfiguration) -> tuple[Way, ...]:
    """The Services that the API server asks for admission."""
    by = ObjectRef(kind, "", raw.metadata.name)
    return tuple(way for each in raw.webhooks or () for way in _webhook(by, each))


def of_definition(raw: Definition) -> tuple[Way, ...]:
    """The Service that the API server asks for conversion."""
    conversion = raw.spec.conversion if raw.spec else None
    by = ObjectRef("CustomResourceDefinition", "", raw.metadata.name)
    return _webhook(by, conversion.webhook if conversion else None)


def _webhook(by: ObjectRef, raw: Webhook | None) -> tuple[Way, ...]:
    service = raw.client_config.service if raw and raw.client_config else None
    return (Way(service.namespace, Entrance.WEBHOOK, by, service.name),) if service else ()


def of_api_service(raw: ApiService) -> tuple[Way, ...]:
    """The Service that serves an aggregated API."""
    service = raw.spec.service if raw.spec else None
    by = ObjectRef("APIService", "", raw.metadata.name)
    return (Way(service.namespace, Entrance.AGGREGATED_API, by, service.name),) if service else ()


def of_binding(raw: Binding) -> tuple[Way, ...]:
    """The Service whose pods are targets of an AWS load balancer."""
    service, home = raw.spec.service_ref if raw.spec else None, _home(raw.metadata)
    by = ObjectRef("TargetGroupBinding", home, raw.metadata.name)
    return (Way(home, Entrance.LOAD_BALANCER, by, service.name),) if service else ()


def _home(metadata: Annotated) -> str:
    return metadata.namespace or parse.DEFAULT_NAMESPACE
