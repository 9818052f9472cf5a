"""What leads to pods from outside, read whole: each kind on its own, or why it could not be.

Read: Services, Ingresses, the Gateway API, Istio's gateways, AWS target groups. Where a cluster
serves another kind of entrance (a Route of OpenShift, an IngressRoute of Traefik, ...), `others` is
Unseen: what such objects lead to is not read. Not looked at: EndpointSlices written by hand, which
may send what comes to a Service on to pods of another namespace.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

from seawall.collect import gateways, istio_gateways, services
from seawall.collect.discovery import GROUPS, MOST_VERSIONS, Group, served_resources
from seawall.collect.lists import KubeApi, objects_read, read_list
from seawall.model.entrances import Entrances
from seawall.model.policies import BrokenObject
from seawall.model.sight import Seen, Sight, Unseen

GATEWAY_API = "gateway.networking.k8s.io"
ISTIO = "networking.istio.io"
AWS_LOAD_BALANCERS = "elbv2.k8s.aws"
OTHER_ENTRANCES: dict[str, str] = {
    "route.openshift.io": "Route of OpenShift",
    "traefik.io": "IngressRoute of Traefik",
    "traefik.containo.us": "IngressRoute of Traefik",
    "projectcontour.io": "HTTPProxy of Contour",
    "serving.knative.dev": "Service of Knative",
    "getambassador.io": "Mapping of Emissary",
    "x.getambassador.io": "Mapping of Emissary",
    "configuration.konghq.com": "TCPIngress of Kong",
    "k8s.nginx.org": "VirtualServer of NGINX",
    "apisix.apache.org": "ApisixRoute of APISIX",
    "gateway.solo.io": "VirtualService of Gloo",
    "ingress.v1.haproxy.org": "TCP of HAProxy",
    "voyager.appscode.com": "Ingress of Voyager",
    "multicluster.x-k8s.io": "ServiceExport to other clusters",
    "net.gke.io": "ServiceExport to other clusters",
}
"""Groups of kinds that lead to pods and are not read, and the best known of these kinds."""

W = TypeVar("W")
V = TypeVar("V")


class Kind(NamedTuple):
    """A kind that leads in: where `Entrances` has it, its wire shape, and what to make of that."""

    member: str
    shape: type[Struct]
    change: Callable[[Any], Any]


_SERVICE = Kind("services", services.ServiceIn, services.service_from)
_INGRESS = Kind("ingresses", gateways.IngressIn, gateways.ingress_from)
_KINDS: dict[tuple[str, str], Kind] = {
    ("", "Service"): _SERVICE,
    ("networking.k8s.io", "Ingress"): _INGRESS,
    (GATEWAY_API, "Gateway"): Kind("gateways", gateways.GatewayIn, gateways.gateway_from),
    (ISTIO, "VirtualService"): Kind(
        "mesh_routes", istio_gateways.VirtualServiceIn, istio_gateways.virtual_service_from
    ),
    (ISTIO, "Gateway"): Kind(
        "mesh_gateways", istio_gateways.MeshGatewayIn, istio_gateways.mesh_gateway_from
    ),
    (AWS_LOAD_BALANCERS, "TargetGroupBinding"): Kind(
        "target_groups", gateways.TargetGroupIn, gateways.target_group_from
    ),
}
_SERVED = {
    GATEWAY_API: ("routes", "gateways"),
    ISTIO: ("mesh_routes", "mesh_gateways"),
    AWS_LOAD_BALANCERS: ("target_groups",),
}
"""The groups that a cluster may serve or not, and what of `Entrances` is in them."""

MEMBERS = ("services", "ingresses", *(each for found in _SERVED.values() for each in found))
"""What of `Entrances` has objects."""


def known_entrance(group: str, kind: str) -> Kind | None:
    """How to read a kind that leads in; None: it does not, or nobody told us."""
    if group == GATEWAY_API and kind.endswith("Route"):
        return Kind("routes", gateways.RouteIn, partial(gateways.route_from, kind))
    return _KINDS.get((group, kind))


def read_entrances(api: KubeApi, groups: Sight[tuple[Group, ...]]) -> Entrances:
    """The entrances of a cluster; a list that is refused is Unseen, the others go on."""
    return Entrances(
        services=read_whole(api, "/api/v1/services", "Service", *_SERVICE[1:]),
        ingresses=read_whole(api, "/apis/networking.k8s.io/v1/ingresses", "Ingress", *_INGRESS[1:]),
        **_of_groups(api, groups),
        others=_others(groups),
    )


def others_among(names: Iterable[str]) -> Sight[tuple[()]]:
    """Unseen where one of these groups has kinds that lead in and are not read."""
    served = sorted(set(names) & OTHER_ENTRANCES.keys())
    if served:
        kinds = ", ".join(f"{name} ({OTHER_ENTRANCES[name]})" for name in served)
        return Unseen(f"{kinds} is served and not read")
    return Seen(())


def read_whole(
    api: KubeApi, path: str, kind: str, shape: type[W], change: Callable[[W], V]
) -> Sight[tuple[V, ...]]:
    """The whole list; one object that cannot be understood may be the one that counts."""
    listed = read_list(api, path, objects_read(kind, shape, change))
    return listed if isinstance(listed, Unseen) else whole(listed.value)


def whole(found: Iterable[V | BrokenObject]) -> Sight[tuple[V, ...]]:
    """All of them, unless one is broken."""
    kept: list[V] = []
    for each in found:
        if isinstance(each, BrokenObject):
            return Unseen(f"{each.ref} cannot be read: {each.problems[0]}")
        kept.append(each)
    return Seen(tuple(kept))


def joined(sights: Iterable[Sight[tuple[V, ...]]]) -> Sight[tuple[V, ...]]:
    """All together; if one was not seen, nobody knows the whole."""
    found: list[V] = []
    for sight in sights:
        if isinstance(sight, Unseen):
            return sight
        found += sight.value
    return Seen(tuple(found))


def _others(groups: Sight[tuple[Group, ...]]) -> Sight[tuple[()]]:
    return (
        groups if isinstance(groups, Unseen) else others_among(each.name for each in groups.value)
    )


def _of_groups(api: KubeApi, groups: Sight[tuple[Group, ...]]) -> dict[str, Sight[Any]]:
    """What is in the groups of `_SERVED`; Seen and empty where one is not served."""
    found: dict[str, Sight[Any]] = {}
    for name, members in _SERVED.items():
        if isinstance(groups, Unseen):
            found |= dict.fromkeys(members, groups)
            continue
        served = [group for group in groups.value if group.name == name]
        lists = [each for group in served for each in _of_kinds(api, group, members)]
        for member in members:
            found[member] = joined(sight for of, sight in lists if of == member)
    return found


def _of_kinds(
    api: KubeApi, group: Group, members: tuple[str, ...]
) -> Iterator[tuple[str, Sight[tuple[Any, ...]]]]:
    """Each kind in the first version that serves it, the preferred one first."""
    paths = _paths(api, group)
    if isinstance(paths, Unseen):
        yield from ((member, paths) for member in members)
        return
    for name, path in paths.value.items():
        kind = known_entrance(group.name, name)
        if kind is not None:
            yield kind.member, read_whole(api, path, name, kind.shape, kind.change)


def _paths(api: KubeApi, group: Group) -> Sight[dict[str, str]]:
    """Where the objects of each kind are listed."""
    versions = group.served()
    if not 0 < len(versions) <= MOST_VERSIONS:
        return Unseen(f"{group.name} serves {len(versions)} versions")
    paths: dict[str, str] = {}
    for version in versions:
        resources = served_resources(api, group.name, version)
        if isinstance(resources, Unseen):
            return resources
        for each in resources.value:
            paths.setdefault(each.kind, f"{GROUPS}/{group.name}/{version}/{each.name}")
    return Seen(paths)
