"""What controllers, scheduler and kubelets would have made of a folder of manifests.

A demo cluster is written as a person would write it (Deployments, DaemonSets, Jobs); this makes the
ReplicaSets and the running pods of it, with the owners, nodes, addresses and states that real ones
have. The same manifests always give the same objects.
"""

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from seawall.demo import kubelet
from seawall.demo.defaults import BORN
from seawall.demo.kubelet import digest
from seawall.demo.resources import Json

# The alphabet of generated names: no vowels, nothing that looks like something else
# (k8s.io/apimachinery/pkg/util/rand).
_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
_PER_NODE: Final = 256
_FIRST: Final = 10


@dataclass(slots=True)
class Cluster:
    """The machine room of one cluster: its seed for identities, its nodes, its pod addresses."""

    seed: str
    nodes: tuple[Json, ...]
    pod_range: ipaddress.IPv4Network
    _placed: dict[str, int] = field(default_factory=dict)

    def identified(self, obj: Json) -> Json:
        """The object with the identity that this cluster gave it."""
        metadata = obj["metadata"]
        place = f"{obj['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"
        uid = str(uuid5(NAMESPACE_URL, f"{self.seed}/{place}"))
        return {**obj, "metadata": {"uid": uid} | metadata}

    def running(self, pod: Json, node: Json, *, phase: str = "Running") -> Json:
        """The pod as a kubelet reports it from that node."""
        host_ip = node["status"]["addresses"][0]["address"]
        host_network = pod["spec"].get("hostNetwork", False)
        ip = host_ip if host_network else self._next_ip(node["metadata"]["name"])
        placed = {**pod["spec"], "nodeName": node["metadata"]["name"]} | kubelet.injected(pod)
        status = kubelet.pod_status(pod, host_ip, ip, phase)
        managed = [
            kubelet.managed(
                "kube-controller-manager", {"metadata": pod["metadata"], "spec": pod["spec"]}
            ),
            kubelet.managed("kubelet", {"status": status}),
        ]
        metadata = {**pod["metadata"], "managedFields": managed}
        return self.identified({**pod, "metadata": metadata, "spec": placed, "status": status})

    def _next_ip(self, node: str) -> str:
        index = [known["metadata"]["name"] for known in self.nodes].index(node)
        taken = self._placed.get(node, 0)
        self._placed[node] = taken + 1
        return str(self.pod_range[index * _PER_NODE + _FIRST + taken])


def expanded(manifests: Iterable[Json], cluster: Cluster) -> Iterator[Json]:
    """Yield every manifest with its identity, and all that the controllers would make of it."""
    for index, manifest in enumerate(manifests):
        obj = cluster.identified(manifest)
        make = _MAKERS.get(obj["kind"])
        if obj["kind"] == "Node":
            yield kubelet.reported(obj)
        elif obj["kind"] == "Pod":
            yield cluster.running(obj, cluster.nodes[index % len(cluster.nodes)])
        elif make is None:
            yield obj
        else:
            yield {**obj, "status": _workload_status(obj, len(cluster.nodes))}
            yield from make(obj, cluster)


def _workload_status(obj: Json, nodes: int) -> Json:
    """What the workload's own controller reports once all is well."""
    replicas = obj["spec"].get("replicas", 1)
    match obj["kind"]:
        case "DaemonSet":
            counted = ("currentNumberScheduled", "desiredNumberScheduled", "numberReady")
            return dict.fromkeys(counted, nodes) | {"numberMisscheduled": 0}
        case "Job":
            return {"succeeded": 1, "completionTime": BORN, "startTime": BORN}
    return {"observedGeneration": 1, "replicas": replicas, "readyReplicas": replicas}


def _deployment(obj: Json, cluster: Cluster) -> Iterator[Json]:
    digest = _word(f"{cluster.seed}/{obj['metadata']['name']}/template", 10)
    template = _labelled(obj["spec"]["template"], {"pod-template-hash": digest})
    metadata = {
        "name": f"{obj['metadata']['name']}-{digest}",
        "namespace": obj["metadata"]["namespace"],
        "labels": template["metadata"]["labels"],
        "ownerReferences": [_owner(obj)],
    }
    selector = {"matchLabels": template["metadata"]["labels"]}
    replicas = obj["spec"].get("replicas", 1)
    replica_set = cluster.identified(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": metadata,
            "spec": {"replicas": replicas, "selector": selector, "template": template},
            "status": {"replicas": replicas, "readyReplicas": replicas},
        }
    )
    yield replica_set
    for index, node in _spread(replica_set, replicas, cluster):
        suffix = _word(f"{cluster.seed}/{metadata['name']}/{index}", 5)
        yield cluster.running(_pod(replica_set, template, suffix), node)


def _stateful_set(obj: Json, cluster: Cluster) -> Iterator[Json]:
    for index, node in _spread(obj, obj["spec"].get("replicas", 1), cluster):
        labels = {
            "apps.kubernetes.io/pod-index": str(index),
            "statefulset.kubernetes.io/pod-name": f"{obj['metadata']['name']}-{index}",
        }
        template = _labelled(obj["spec"]["template"], labels)
        yield cluster.running(_pod(obj, template, str(index)), node)


def _daemon_set(obj: Json, cluster: Cluster) -> Iterator[Json]:
    template = _labelled(obj["spec"]["template"], {"pod-template-generation": "1"})
    for node in cluster.nodes:
        suffix = _word(f"{cluster.seed}/{obj['metadata']['name']}/{node['metadata']['name']}", 5)
        yield cluster.running(_pod(obj, template, suffix), node)


def _job(obj: Json, cluster: Cluster) -> Iterator[Json]:
    name = obj["metadata"]["name"]
    labels = {"batch.kubernetes.io/job-name": name, "job-name": name}
    template = _labelled(obj["spec"]["template"], labels)
    pod = _pod(obj, template, _word(f"{cluster.seed}/{name}", 5))
    ((_, node),) = _spread(obj, 1, cluster)
    yield cluster.running(pod, node, phase="Succeeded")


_MAKERS: Final[Mapping[str, Callable[[Json, Cluster], Iterator[Json]]]] = MappingProxyType(
    {
        "Deployment": _deployment,
        "StatefulSet": _stateful_set,
        "DaemonSet": _daemon_set,
        "Job": _job,
    }
)


def _spread(obj: Json, count: int, cluster: Cluster) -> Iterator[tuple[int, Json]]:
    """Yield the replicas with their nodes, each workload starting on another one."""
    start = sum(obj["metadata"]["name"].encode())
    for index in range(count):
        yield index, cluster.nodes[(start + index) % len(cluster.nodes)]


def _pod(owner: Json, template: Json, suffix: str) -> Json:
    metadata = {
        "name": f"{owner['metadata']['name']}-{suffix}",
        "namespace": owner["metadata"]["namespace"],
        "ownerReferences": [_owner(owner)],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": template["metadata"] | metadata,
        "spec": template["spec"],
    }


def _owner(obj: Json) -> Json:
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": obj["metadata"]["name"],
        "uid": obj["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _labelled(template: Json, labels: Mapping[str, str]) -> Json:
    metadata = template["metadata"]
    return {**template, "metadata": {**metadata, "labels": metadata["labels"] | dict(labels)}}


def _word(source: str, length: int) -> str:
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in bytes.fromhex(digest(source)))[
        :length
    ]
