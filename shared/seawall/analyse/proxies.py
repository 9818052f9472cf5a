"""Who carries what an Ingress, a route or a VirtualService says: which pods, or what outside.

An ingress controller is told by the name of its class and the labels that its own installation
puts on its pods; a gateway by the label that the Gateway API (GEP-1762) or Istio names it by.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from seawall.analyse.arrivals import NOBODY, Arrival, Proxies
from seawall.analyse.census import Census
from seawall.model.entrances import Entrance, Entrances, Facing, Forward, Gateway
from seawall.model.selector import Labels
from seawall.model.sight import seen_or
from seawall.model.snapshot import Pod

CONTROLLERS: dict[str, Labels] = {
    # kubernetes/ingress-nginx, deploy/static; traefik/traefik-helm-chart; projectcontour/contour,
    # examples/render; haproxytech/helm-charts; istio "Kubernetes Ingress".
    "nginx": (
        ("app.kubernetes.io/component", "controller"),
        ("app.kubernetes.io/name", "ingress-nginx"),
    ),
    "traefik": (("app.kubernetes.io/name", "traefik"),),
    "contour": (
        ("app.kubernetes.io/component", "envoy"),
        ("app.kubernetes.io/name", "contour"),
    ),
    "haproxy": (("app.kubernetes.io/name", "kubernetes-ingress"),),
    "istio": (("istio", "ingressgateway"),),
}
"""The labels of the pods that carry the Ingresses of a class, by the name it usually has."""

_CLOUD_CLASSES = frozenset({"alb", "gce", "gce-internal"})
"""They send to the ports of nodes, unless told to go to the pods."""
_GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
_ENVOY = "gateway.envoyproxy.io/owning-gateway"
_GKE_GATEWAYS = "gke-l7-"

GUESTS = "which namespaces' routes its Gateway takes, by label, was not read"


@dataclass(frozen=True, slots=True)
class Carried:
    """One way by which a forward is carried out."""

    facing: Facing
    arrival: Arrival
    proxies: Proxies = NOBODY
    doubt: str = ""


class Carriers:
    """The proxies of one cluster; `facings` is who can knock at each pod, by (namespace, name)."""

    def __init__(
        self,
        entrances: Entrances,
        census: Census,
        facings: Mapping[tuple[str, str], Facing],
    ) -> None:
        self._entrances = entrances
        self._census = census
        self._groups: dict[tuple[Labels, Labels, str], Carried] = {}
        self._facings = facings
        self._gateways = _by_place(seen_or(entrances.gateways, ()))
        self._mesh = _by_place(seen_or(entrances.mesh_gateways, ()))

    def forwards(self) -> Iterator[Forward]:
        """Everything that forwards, with the backends that it has by delegation."""
        found = self._entrances
        for sight in (found.ingresses, found.routes, found.target_groups):
            yield from seen_or(sight, ())
        mesh = seen_or(found.mesh_routes, ())
        known = {(each.by.namespace, each.by.name): each for each in mesh}
        for each in mesh:
            yield _with_delegates(each, known)

    def of(self, forward: Forward) -> Iterator[Carried]:
        """Each way it is carried out; a route that hangs on no gateway is none."""
        match forward.entrance:
            case Entrance.ROUTE:
                for place in forward.gateways:
                    yield from self._by_gateway(forward, place)
            case Entrance.MESH:
                for place in forward.gateways:
                    yield self._by_mesh(place)
            case Entrance.INGRESS:
                yield self._by_controller(forward)
            case _:
                yield Carried(forward.facing, _outside(forward))

    def _by_controller(self, forward: Forward) -> Carried:
        if forward.direct or forward.class_name in _CLOUD_CLASSES:
            return Carried(forward.facing, _outside(forward))
        return self._by_pods(forward.facing, CONTROLLERS.get(forward.class_name, ()))

    def _by_gateway(self, forward: Forward, place: tuple[str, str]) -> Iterator[Carried]:
        """By the Gateway a route names, unless that takes no routes of other namespaces."""
        gateway = self._gateways.get(place)
        stranger = gateway is not None and place[0] != forward.by.namespace
        if gateway and stranger and gateway.guests == "Same":
            return
        doubt = GUESTS if gateway and stranger and gateway.guests == "Selector" else ""
        facing = gateway.facing if gateway else Facing.UNKNOWN
        if gateway and gateway.class_name.startswith(_GKE_GATEWAYS):
            yield Carried(facing, Arrival.PASSED_ON, doubt=doubt)
            return
        namespace, name = place
        ours = ((_GATEWAY_NAME, name),)
        envoys = ((f"{_ENVOY}-name", name), (f"{_ENVOY}-namespace", namespace))
        carried = self._by_pods(facing, envoys, ours, namespace)
        yield replace(carried, doubt=doubt)

    def _by_mesh(self, place: tuple[str, str]) -> Carried:
        gateway = self._mesh.get(place)
        return self._by_pods(Facing.UNKNOWN, (gateway and gateway.selector) or ())

    def _by_pods(
        self, facing: Facing, anywhere: Labels, here: Labels = (), home: str = ""
    ) -> Carried:
        """By the pods with these labels; by nobody knows whom where there are none."""
        carried = self._group(anywhere, here, home)
        return carried if facing is Facing.UNKNOWN else replace(carried, facing=facing)

    def _group(self, anywhere: Labels, here: Labels, home: str) -> Carried:
        """The same pods are one group, whoever asks."""
        key = (anywhere, here, home)
        if key not in self._groups:
            local = self._census.matching(here, home) if here else ()
            self._groups[key] = self._carried((*self._census.anywhere(anywhere), *local))
        return self._groups[key]

    def _carried(self, found: tuple[Pod, ...]) -> Carried:
        known = (self._facings.get((pod.namespace, pod.name)) for pod in found)
        told = (each for each in known if each is not None)
        facing = min(told, key=lambda each: each.openness, default=Facing.UNKNOWN)
        return Carried(facing, Arrival.PROXY if found else Arrival.ANYBODY, Proxies(found))


def _outside(forward: Forward) -> Arrival:
    return Arrival.PASSED_ON if forward.direct else Arrival.NODE


def _by_place(found: Iterable[Gateway]) -> dict[tuple[str, str], Gateway]:
    return {(each.namespace, each.name): each for each in found}


def _with_delegates(forward: Forward, known: Mapping[tuple[str, str], Forward]) -> Forward:
    """A VirtualService may leave its backends to others, which have no gateways of their own."""
    more = [
        each
        for place in forward.delegates
        if (found := known.get(place))
        for each in found.backends
    ]
    return replace(forward, backends=(*forward.backends, *more)) if more else forward
