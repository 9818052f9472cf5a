"""Istio's own gateways and what hangs on them, as wire shapes and what they mean.

networking.istio.io, "Gateway" and "Virtual Service". What forwards by EnvoyFilter is not read.
"""

from collections.abc import Iterable, Iterator

from seawall.collect import parse, wire
from seawall.collect.gateways import Named, each_once
from seawall.collect.services import Annotated, service_named
from seawall.collect.wire import Wire
from seawall.model.entrances import Backend, Entrance, Forward, Gateway
from seawall.model.policies import ObjectRef

MESH = "mesh"
"""VirtualService.gateways: the sidecars themselves, no way in from outside."""


class MeshTls(Wire, frozen=True, gc=False):
    """`networking.istio.io.ServerTLSSettings`."""

    mode: str | None = None


class MeshServer(Wire, frozen=True, gc=False):
    """`networking.istio.io.Server`."""

    tls: MeshTls | None = None


class MeshGatewaySpec(Wire, frozen=True, gc=False):
    """`networking.istio.io.Gateway`."""

    selector: wire.LabelsIn | None = None
    servers: list[MeshServer] | None = None


class MeshGatewayIn(Wire, frozen=True, gc=False):
    """Istio's Gateway."""

    metadata: Annotated
    spec: MeshGatewaySpec | None = None


class MeshPort(Wire, frozen=True, gc=False):
    """`networking.istio.io.PortSelector`."""

    number: int | None = None


class Destination(Wire, frozen=True, gc=False):
    """`networking.istio.io.Destination`."""

    host: str
    port: MeshPort | None = None


class Weighted(Wire, frozen=True, gc=False):
    """`HTTPRouteDestination`, `RouteDestination` and `HTTPMirrorPolicy`."""

    destination: Destination | None = None


class MeshRule(Wire, frozen=True, gc=False):
    """What `HTTPRoute`, `TLSRoute` and `TCPRoute` of Istio have in common."""

    route: list[Weighted] | None = None
    mirror: Destination | None = None
    mirrors: list[Weighted] | None = None
    delegate: Named | None = None


class VirtualServiceSpec(Wire, frozen=True, gc=False):
    """`networking.istio.io.VirtualService`."""

    gateways: list[str] | None = None
    http: list[MeshRule] | None = None
    tls: list[MeshRule] | None = None
    tcp: list[MeshRule] | None = None


class VirtualServiceIn(Wire, frozen=True, gc=False):
    """Istio's VirtualService."""

    metadata: Annotated
    spec: VirtualServiceSpec | None = None


def mesh_gateway_from(raw: MeshGatewayIn) -> Gateway:
    """Istio's Gateway; its pods are looked for in every namespace."""
    spec = raw.spec or MeshGatewaySpec()
    modes = {server.tls.mode for server in spec.servers or () if server.tls}
    return Gateway(
        raw.metadata.home,
        raw.metadata.name,
        selector=parse.labels_from(spec.selector),
        passes_through="AUTO_PASSTHROUGH" in modes,
    )


def virtual_service_from(raw: VirtualServiceIn) -> Forward:
    """A VirtualService; without `gateways` it is one for the mesh alone."""
    spec, home = raw.spec or VirtualServiceSpec(), raw.metadata.home
    rules = (*(spec.http or ()), *(spec.tls or ()), *(spec.tcp or ()))
    delegates = (rule.delegate for rule in rules if rule.delegate)
    return Forward(
        by=ObjectRef("VirtualService", home, raw.metadata.name),
        entrance=Entrance.MESH,
        backends=each_once(_mesh_backends(home, rules)),
        gateways=tuple(_mesh_gateway(home, name) for name in spec.gateways or () if name != MESH),
        delegates=tuple((each.namespace or home, each.name) for each in delegates),
    )


def _mesh_gateway(home: str, name: str) -> tuple[str, str]:
    namespace, slash, short = name.partition("/")
    return (namespace, short) if slash else (home, name)


def _mesh_backends(home: str, rules: Iterable[MeshRule]) -> Iterator[Backend]:
    for rule in rules:
        weighted = (*(rule.route or ()), *(rule.mirrors or ()))
        for each in (*(each.destination for each in weighted), rule.mirror):
            found = _mesh_service(home, each.host) if each else None
            if each and found:
                yield Backend(*found, each.port.number if each.port else None)


def _mesh_service(home: str, host: str) -> tuple[str, str] | None:
    """Istio takes a name without dots for one of the namespace of the rule (`Destination.host`)."""
    return service_named(host) if "." in host else (home, host)
