"""Workloads to the pods they would make, so that a folder without pods can be judged.

A workload of which a live pod was found is judged by that pod. Replicas are not looked at: what is
scaled to none may be scaled up at any time.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seawall.collect import parse, validate, wire
from seawall.collect.istio_pods import pod_mesh_from
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.snapshot import Pod

GROUPS: dict[str, frozenset[str]] = {
    # extensions/v1beta1 is long gone, and old dumps still hold it.
    "Deployment": frozenset({"apps", "extensions"}),
    "StatefulSet": frozenset({"apps"}),
    "DaemonSet": frozenset({"apps", "extensions"}),
    "ReplicaSet": frozenset({"apps", "extensions"}),
    "ReplicationController": frozenset({""}),
    "Job": frozenset({"batch"}),
    "CronJob": frozenset({"batch"}),
}
"""The kinds whose pods are judged, and the API groups they are served from."""


@dataclass(frozen=True, slots=True)
class Planned:
    """The pod that one workload would make; `pod.owner` is the workload a person knows."""

    ref: ObjectRef
    pod: Pod


def planned_from(kind: str, raw: dict[str, Any], origin: str) -> Planned | BrokenObject:
    """The pod of one workload object."""
    if kind == "CronJob":
        return parse.one_from(kind, raw, wire.CronJob, _of_cron_job, origin)
    return parse.one_from(
        kind, raw, wire.Workload, lambda found: _planned(kind, found.metadata, found.spec), origin
    )


def _of_cron_job(raw: wire.CronJob) -> Planned:
    job = raw.spec.job_template if raw.spec else None
    return _planned("CronJob", raw.metadata, job.spec if job else None)


def _planned(kind: str, metadata: wire.Metadata, spec: wire.WorkloadSpec | None) -> Planned:
    template = spec.template if spec else None
    if template is None or template.spec is None or not template.spec.containers:
        raise ValueError("Required value: the template of its pod, with a container")
    name = parse.name_of(metadata)
    ref = ObjectRef(kind, metadata.namespace or parse.DEFAULT_NAMESPACE, name)
    labels = parse.labels_from(template.metadata.labels if template.metadata else None)
    if problems := validate.labels("spec.template.metadata.labels", labels):
        raise ValueError("; ".join(problems))
    pod = Pod(
        namespace=ref.namespace,
        name=name,
        labels=labels,
        owner=parse.owner_of(metadata, ref, parse.Interned()),
        ports=parse.ports_from(template.spec),
        host_network=bool(template.spec.host_network),
        from_template=True,
        service_account=template.spec.service_account_name or "",
        host_ports=parse.host_ports_from(template.spec),
        mesh=pod_mesh_from(
            template.metadata.annotations if template.metadata else None, template.spec
        ),
    )
    return Planned(ref, pod)


def without_live_pods(planned: Sequence[Planned], pods: Collection[Pod]) -> tuple[Pod, ...]:
    """The planned pods that nothing else stands for, each under a name of its own.

    A pod stands for its owner while it is no completed one; for a Job, even then, as a Job does not
    run twice. A workload stands for the ReplicaSets and Jobs that it controls.
    """
    known = {each.ref for each in planned}
    live = {pod.owner for pod in pods if pod.is_endpoint}
    ever = {pod.owner for pod in pods}
    left = [
        each
        for each in planned
        if not {each.ref, each.pod.owner} & (ever if each.ref.kind == "Job" else live)
        and (each.pod.owner == each.ref or each.pod.owner not in known)
    ]
    return _told_apart(left, {(pod.namespace, pod.name) for pod in pods})


def _told_apart(planned: Sequence[Planned], taken: Collection[tuple[str, str]]) -> tuple[Pod, ...]:
    """A Deployment and a StatefulSet may share a name; their pods must not."""
    names = Counter((each.ref.namespace, each.ref.name) for each in planned)
    names.update(taken)
    return tuple(
        each.pod
        if names[each.ref.namespace, each.ref.name] == 1
        else replace(each.pod, name=f"{each.pod.name}.{each.ref.kind.lower()}")
        for each in planned
    )
