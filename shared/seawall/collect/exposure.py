"""What leads to the pods of a cluster from outside, and what may start pods in it.

Read: Services, Ingresses, routes of the Gateway API, host ports, webhooks, aggregated APIs, AWS
target groups. Where a cluster serves another kind of entrance (a Route of OpenShift, an
IngressRoute of Traefik, a VirtualService of Istio, ...), `other entrances` is Unseen: what such
objects lead to is not read, so nothing may be closed. Not looked at: EndpointSlices written by
hand, which may send what comes to a Service on to pods of another namespace.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from seawall.collect import entrances, parse, wire
from seawall.collect.discovery import (
    GROUPS,
    MOST_VERSIONS,
    Group,
    Resource,
    served_groups,
    served_resources,
)
from seawall.collect.lists import KubeApi, objects_read, read_list
from seawall.model.exposure import Exposure, Way
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.sight import Seen, Sight, Unseen, mapped

GATEWAY_API = "gateway.networking.k8s.io"
AWS_LOAD_BALANCERS = "elbv2.k8s.aws"
OTHER_ENTRANCES: dict[str, str] = {
    "route.openshift.io": "Route of OpenShift",
    "traefik.io": "IngressRoute of Traefik",
    "traefik.containo.us": "IngressRoute of Traefik",
    "networking.istio.io": "VirtualService of Istio",
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

_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_WEBHOOKS = {
    "ValidatingWebhookConfiguration": f"{_ADMISSION}/validatingwebhookconfigurations",
    "MutatingWebhookConfiguration": f"{_ADMISSION}/mutatingwebhookconfigurations",
}
_WORKLOADS = {
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "DaemonSet": "/apis/apps/v1/daemonsets",
    "ReplicaSet": "/apis/apps/v1/replicasets",
    "ReplicationController": "/api/v1/replicationcontrollers",
    "CronJob": "/apis/batch/v1/cronjobs",
    "Job": "/apis/batch/v1/jobs",
}
_FINISHED = frozenset({"Complete", "Failed"})
"""The conditions after which a Job starts no pod (`JobStatus.conditions`)."""

W = TypeVar("W")
V = TypeVar("V")
Ways = Sight[tuple[Way, ...]]


def read_exposure(api: KubeApi) -> Exposure:
    """The entrances and workloads of a cluster; a list that is refused is Unseen, the others go on.

    Each list is read once.
    """
    groups = served_groups(api)
    return Exposure(
        ways=(
            ("services", _ways(api, "/api/v1/services", "Service")),
            ("ingresses", _ways(api, "/apis/networking.k8s.io/v1/ingresses", "Ingress")),
            ("routes", _of_group(api, groups, GATEWAY_API, _is_route)),
            ("pods", _ways(api, "/api/v1/pods", "Pod")),
            ("webhooks", _joined(_ways(api, path, kind) for kind, path in _WEBHOOKS.items())),
            ("conversion webhooks", _ways(api, _DEFINITIONS, "CustomResourceDefinition")),
            ("aggregated APIs", _ways(api, _API_SERVICES, "APIService")),
            ("AWS target groups", _of_group(api, groups, AWS_LOAD_BALANCERS, _is_binding)),
            ("other entrances", _others(groups)),
        ),
        workloads=_joined(_workloads(api, path, kind) for kind, path in _WORKLOADS.items()),
    )


_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_SHAPES: dict[str, tuple[type[Struct], Callable[[Any], tuple[Way, ...]]]] = {
    "Service": (entrances.Service, entrances.of_service),
    "Ingress": (entrances.Ingress, entrances.of_ingress),
    "Pod": (entrances.Pod, entrances.of_pod),
    "CustomResourceDefinition": (entrances.Definition, entrances.of_definition),
    "APIService": (entrances.ApiService, entrances.of_api_service),
    "TargetGroupBinding": (entrances.Binding, entrances.of_binding),
    **{
        kind: (entrances.WebhookConfiguration, partial(entrances.of_webhooks, kind))
        for kind in _WEBHOOKS
    },
}


def _ways(api: KubeApi, path: str, kind: str) -> Ways:
    """The ways that the objects of one kind make, each once."""
    shape, change = _SHAPES.get(kind) or (entrances.Route, partial(entrances.of_route, kind))
    return mapped(_read(api, path, kind, shape, change), _flat)


def _read(
    api: KubeApi, path: str, kind: str, shape: type[W], change: Callable[[W], V]
) -> Sight[tuple[V, ...]]:
    """The whole list; one object that cannot be understood may be the one that counts."""
    listed = read_list(api, path, objects_read(kind, shape, change))
    if isinstance(listed, Unseen):
        return listed
    whole: list[V] = []
    for each in listed.value:
        if isinstance(each, BrokenObject):
            return Unseen(f"{each.ref} cannot be read: {each.problems[0]}")
        whole.append(each)
    return Seen(tuple(whole))


def _flat(found: Iterable[tuple[V, ...]]) -> tuple[V, ...]:
    return tuple(dict.fromkeys(each for part in found for each in part))


def _joined(sights: Iterable[Sight[tuple[V, ...]]]) -> Sight[tuple[V, ...]]:
    """All together; if one was not seen, nobody knows the whole."""
    found: list[tuple[V, ...]] = []
    for sight in sights:
        if isinstance(sight, Unseen):
            return sight
        found.append(sight.value)
    return Seen(_flat(found))


def _is_route(resource: Resource) -> bool:
    return resource.kind.endswith("Route")


def _is_binding(resource: Resource) -> bool:
    return resource.kind == "TargetGroupBinding"


def _of_group(
    api: KubeApi,
    groups: Sight[tuple[Group, ...]],
    name: str,
    wanted: Callable[[Resource], bool],
) -> Ways:
    """The ways that some kinds of one group make; Seen and empty where it is not served."""
    if isinstance(groups, Unseen):
        return groups
    served = (group for group in groups.value if group.name == name)
    return _joined(ways for group in served for ways in _of_kinds(api, group, wanted))


def _of_kinds(api: KubeApi, group: Group, wanted: Callable[[Resource], bool]) -> Iterator[Ways]:
    """Each kind in the first version that serves it, the preferred one first."""
    versions = group.served()
    if not 0 < len(versions) <= MOST_VERSIONS:
        yield Unseen(f"{group.name} serves {len(versions)} versions")
        return
    paths: dict[str, str] = {}
    for version in versions:
        resources = served_resources(api, group.name, version)
        if isinstance(resources, Unseen):
            yield resources
            return
        for each in filter(wanted, resources.value):
            paths.setdefault(each.kind, f"{GROUPS}/{group.name}/{version}/{each.name}")
    for kind, path in paths.items():
        yield _ways(api, path, kind)


def _others(groups: Sight[tuple[Group, ...]]) -> Ways:
    if isinstance(groups, Unseen):
        return groups
    served = sorted(each.name for each in groups.value if each.name in OTHER_ENTRANCES)
    if served:
        kinds = ", ".join(f"{name} ({OTHER_ENTRANCES[name]})" for name in served)
        return Unseen(f"{kinds} is served and not read")
    return Seen(())


class _Condition(wire.Wire, frozen=True, gc=False):
    type: str
    status: str


class _Status(wire.Wire, frozen=True, gc=False):
    conditions: list[_Condition] | None = None


class _Workload(wire.Wire, frozen=True, gc=False):
    metadata: wire.Metadata
    status: _Status | None = None


def _workloads(api: KubeApi, path: str, kind: str) -> Sight[tuple[ObjectRef, ...]]:
    return mapped(_read(api, path, kind, _Workload, partial(_still_working, kind)), _flat)


def _still_working(kind: str, raw: _Workload) -> tuple[ObjectRef, ...]:
    """The workload itself, unless another one read here stands for it, or it is done."""
    owners = (owner.kind for owner in raw.metadata.owner_references or () if owner.controller)
    conditions = (raw.status and raw.status.conditions) or ()
    done = kind == "Job" and any(c.type in _FINISHED and c.status == "True" for c in conditions)
    if done or not _WORKLOADS.keys().isdisjoint(owners):
        return ()
    home = raw.metadata.namespace or parse.DEFAULT_NAMESPACE
    return (ObjectRef(kind, home, parse.name_of(raw.metadata)),)
