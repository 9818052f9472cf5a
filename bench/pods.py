"""Pods as a cluster really holds them: 9 to 10 KB of JSON each, some 300 bytes of it judged.

What they are made of follows a pod of a Deployment behind a v1.36 API server: the token volume that
admission mounts, defaulted probes and tolerations, managed fields of two managers, five conditions.
Names, hashes and UIDs are drawn from a seed, so that they compress as badly as real ones do.
"""

from collections.abc import Iterator
from random import Random
from typing import Any, Final
from uuid import UUID

from seawall.demo.kubelet import managed

Json = dict[str, Any]

PODS_A_NAMESPACE: Final = 10
BORN: Final = "2026-11-02T06:00:00Z"
_SUFFIX: Final = "bcdfghjklmnpqrstvwxz2456789"
_SETTINGS: Final = (
    *("DATABASE_URL", "CACHE_URL", "LOG_LEVEL", "REGION", "TRACE_ENDPOINT", "FEATURE_FLAGS"),
    *("SESSION_SECONDS", "WORKER_THREADS"),
)
_PORTS: Final = (("http", 8080), ("metrics", 9090))


def pods(count: int, seed: int) -> Iterator[Json]:
    """Yield `count` pods, `PODS_A_NAMESPACE` in each namespace; the same seed, the same bytes."""
    chance = Random(seed)
    for number in range(count):
        yield _pod(chance, number)


def _pod(chance: Random, number: int) -> Json:
    pod: Json = {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(chance, number)}
    pod["spec"] = _spec(chance, pod["metadata"]["labels"]["app"])
    status = _status(chance, pod["spec"], number)
    pod["metadata"]["managedFields"] = [
        managed("kube-controller-manager", {"metadata": pod["metadata"], "spec": pod["spec"]}),
        managed("kubelet", {"status": status}),
    ]
    return {**pod, "status": status}


def _metadata(chance: Random, number: int) -> Json:
    app = f"service-{number % 5}"
    template_hash = f"{chance.getrandbits(36):x}"
    replica_set = f"{app}-{template_hash}"
    return {
        "name": f"{replica_set}-{''.join(chance.choices(_SUFFIX, k=5))}",
        "generateName": f"{replica_set}-",
        "namespace": f"team-{number // PODS_A_NAMESPACE:05}",
        "uid": _uid(chance),
        "labels": {
            "app": app,
            "app.kubernetes.io/managed-by": "Helm",
            "app.kubernetes.io/part-of": "shop",
            "app.kubernetes.io/version": f"1.{number % 40}.0",
            "pod-template-hash": template_hash,
        },
        "annotations": {
            "checksum/config": f"{chance.getrandbits(256):064x}",
            "prometheus.io/port": "9090",
            "prometheus.io/scrape": "true",
        },
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": replica_set,
                "uid": _uid(chance),
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }


def _spec(chance: Random, app: str) -> Json:
    return {
        "volumes": [
            {"name": "config", "configMap": {"name": f"{app}-config", "defaultMode": 420}},
            {"name": "scratch", "emptyDir": {}},
            {"name": "kube-api-access-x7k2p", "projected": _api_access()},
        ],
        "initContainers": [_container(chance, "migrate", settings=_SETTINGS[:2])],
        "containers": [
            _container(chance, app, settings=_SETTINGS, ports=_PORTS),
        ],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": app,
        "serviceAccount": app,
        "nodeName": f"ip-10-0-{chance.randrange(256)}-{chance.randrange(256)}.internal",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "schedulerName": "default-scheduler",
        "tolerations": [
            {
                "key": f"node.kubernetes.io/{key}",
                "operator": "Exists",
                "effect": "NoExecute",
                "tolerationSeconds": 300,
            }
            for key in ("not-ready", "unreachable")
        ],
        "priority": 0,
        "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
    }


def _api_access() -> Json:
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    return {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {
                "configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }
            },
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
        ],
    }


def _container(
    chance: Random,
    name: str,
    *,
    settings: tuple[str, ...],
    ports: tuple[tuple[str, int], ...] = (),
) -> Json:
    probe = {"path": "/healthz", "port": 8080, "scheme": "HTTP"}
    timing = {
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    probes = {
        f"{kind}Probe": {"httpGet": probe, **timing} for kind in ("liveness", "readiness") if ports
    }
    return {
        "name": name,
        "image": f"registry.example/shop/{name}:1.{chance.randrange(40)}.0",
        "ports": [
            {"name": name, "containerPort": number, "protocol": "TCP"} for name, number in ports
        ],
        "env": [
            {"name": setting, "value": f"{chance.getrandbits(64):016x}"} for setting in settings
        ],
        "resources": {
            "limits": {"cpu": "500m", "memory": "256Mi"},
            "requests": {"cpu": "100m", "memory": "128Mi"},
        },
        "volumeMounts": [
            {"name": "config", "readOnly": True, "mountPath": "/etc/shop"},
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108  a path in a pod
            {
                "name": "kube-api-access-x7k2p",
                "readOnly": True,
                "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            },
        ],
        **probes,
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def _status(chance: Random, spec: Json, number: int) -> Json:
    # Addresses count up within 10.64.0.0/10, so that no two pods share one.
    address = f"10.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "conditions": [
            {"type": kind, "status": "True", "lastProbeTime": None, "lastTransitionTime": BORN}
            for kind in kinds
        ],
        "hostIP": "10.0.7.9",
        "hostIPs": [{"ip": "10.0.7.9"}],
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": BORN,
        "initContainerStatuses": [_ran(chance, each) for each in spec["initContainers"]],
        "containerStatuses": [_ran(chance, each) for each in spec["containers"]],
        "qosClass": "Burstable",
    }


def _ran(chance: Random, container: Json) -> Json:
    repository = container["image"].partition(":")[0]
    return {
        "name": container["name"],
        "state": {"running": {"startedAt": BORN}},
        "lastState": {},
        "ready": True,
        "restartCount": 0,
        "image": container["image"],
        "imageID": f"{repository}@sha256:{chance.getrandbits(256):064x}",
        "containerID": f"containerd://{chance.getrandbits(256):064x}",
        "started": True,
    }


def _uid(chance: Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))
