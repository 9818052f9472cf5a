"""What leads to the pods of a cluster from outside, and what may start pods in it.

Read beside the snapshot, which has the entrances: webhooks, aggregated APIs, workloads.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from seawall.collect import callers, parse, wire
from seawall.collect.entrances import joined, read_whole
from seawall.collect.lists import KubeApi
from seawall.model.exposure import Exposure, Way, ways_of
from seawall.model.policies import ObjectRef
from seawall.model.sight import Sight, mapped
from seawall.model.snapshot import Snapshot

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

V = TypeVar("V")
Ways = Sight[tuple[Way, ...]]


def with_exposure(api: KubeApi, snapshot: Snapshot) -> tuple[Snapshot, Exposure]:
    """What a plan is made of: the cluster as it was read, and what else leads into it."""
    return snapshot, read_exposure(api, snapshot)


def read_exposure(api: KubeApi, snapshot: Snapshot) -> Exposure:
    """The ways and workloads of a cluster; a list that is refused is Unseen, the others go on."""
    return Exposure(
        ways=(
            *ways_of(snapshot),
            ("webhooks", _joined(_ways(api, path, kind) for kind, path in _WEBHOOKS.items())),
            ("conversion webhooks", _ways(api, _DEFINITIONS, "CustomResourceDefinition")),
            ("aggregated APIs", _ways(api, _API_SERVICES, "APIService")),
        ),
        workloads=_joined(_workloads(api, path, kind) for kind, path in _WORKLOADS.items()),
    )


_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_SHAPES: dict[str, tuple[type[Struct], Callable[[Any], tuple[Way, ...]]]] = {
    "CustomResourceDefinition": (callers.Definition, callers.of_definition),
    "APIService": (callers.ApiService, callers.of_api_service),
    **{
        kind: (callers.WebhookConfiguration, partial(callers.of_webhooks, kind))
        for kind in _WEBHOOKS
    },
}


def _ways(api: KubeApi, path: str, kind: str) -> Ways:
    """The ways that the objects of one kind make, each once."""
    return mapped(read_whole(api, path, kind, *_SHAPES[kind]), _flat)


def _flat(found: Iterable[tuple[V, ...]]) -> tuple[V, ...]:
    return tuple(dict.fromkeys(each for part in found for each in part))


def _joined(sights: Iterable[Sight[tuple[V, ...]]]) -> Sight[tuple[V, ...]]:
    return mapped(joined(sights), lambda found: tuple(dict.fromkeys(found)))


class _Condition(wire.Wire, frozen=True, gc=False):
    type: str
    status: str


class _Status(wire.Wire, frozen=True, gc=False):
    conditions: list[_Condition] | None = None


class _Workload(wire.Wire, frozen=True, gc=False):
    metadata: wire.Metadata
    status: _Status | None = None


def _workloads(api: KubeApi, path: str, kind: str) -> Sight[tuple[ObjectRef, ...]]:
    return mapped(read_whole(api, path, kind, _Workload, partial(_still_working, kind)), _flat)


def _still_working(kind: str, raw: _Workload) -> tuple[ObjectRef, ...]:
    """The workload itself, unless another one read here stands for it, or it is done."""
    owners = (owner.kind for owner in raw.metadata.owner_references or () if owner.controller)
    conditions = (raw.status and raw.status.conditions) or ()
    done = kind == "Job" and any(c.type in _FINISHED and c.status == "True" for c in conditions)
    if done or not _WORKLOADS.keys().isdisjoint(owners):
        return ()
    home = raw.metadata.namespace or parse.DEFAULT_NAMESPACE
    return (ObjectRef(kind, home, parse.name_of(raw.metadata)),)
