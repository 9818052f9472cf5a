"""What a kubelet and admission add to a node and a pod: the bulk of it, and mostly of no use."""

import hashlib
from uuid import NAMESPACE_URL, uuid5

from seawall.demo.defaults import BORN
from seawall.demo.resources import Json


def reported(node: Json) -> Json:
    """The node with what its kubelet found out about the machine."""
    found = {
        "architecture": "amd64",
        "bootID": str(uuid5(NAMESPACE_URL, f"boot/{node['metadata']['uid']}")),
        "kernelVersion": "6.12.48",
        "kubeProxyVersion": "",
        "machineID": digest(node["metadata"]["name"])[:32],
        "operatingSystem": "linux",
        "systemUUID": str(uuid5(NAMESPACE_URL, f"system/{node['metadata']['uid']}")),
    }
    status = node["status"]
    return {**node, "status": {**status, "nodeInfo": status["nodeInfo"] | found}}


def injected(pod: Json) -> Json:
    """What admission adds to every pod: the bulk of a real pod that nobody judges."""
    token = {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}
    access = {"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [token]}}
    return {
        "volumes": [*pod["spec"].get("volumes", ()), access],
        "restartPolicy": pod["spec"].get("restartPolicy", "Always"),
        "dnsPolicy": pod["spec"].get("dnsPolicy", "ClusterFirst"),
        "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30,
        "tolerations": [
            {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute"}
            for key in ("not-ready", "unreachable")
        ],
    }


def managed(manager: str, part: Json) -> Json:
    """Who set which fields: over half of a real pod's bytes, and of no use to a reader."""
    return {
        "manager": manager,
        "operation": "Update",
        "apiVersion": "v1",
        "time": BORN,
        "fieldsType": "FieldsV1",
        "fieldsV1": _field_set(part),
    }


def _field_set(value: object) -> Json:
    match value:
        case dict():
            return {f"f:{key}": _field_set(inner) for key, inner in value.items()}
        case list():
            named = [item for item in value if isinstance(item, dict) and "name" in item]
            return {f'k:{{"name":"{item["name"]}"}}': _field_set(item) for item in named}
    return {}


def pod_status(pod: Json, host_ip: str, ip: str, phase: str) -> Json:
    """The pod's status in a settled cluster: running and ready, or done."""
    done = phase == "Succeeded"
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": BORN}}
    state = ended if done else {"running": {"startedAt": BORN}}
    return {
        "phase": phase,
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": BORN,
        "qosClass": "BestEffort",
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": BORN},
            {"type": "Ready", "status": str(not done), "lastTransitionTime": BORN},
        ],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": f"{container['image']}@sha256:{digest(container['image'])}",
                "ready": not done,
                "restartCount": 0,
                "state": state,
            }
            for container in pod["spec"]["containers"]
        ],
    }


def digest(source: str) -> str:
    """The hex digest that stands in for image and machine ids."""
    return hashlib.sha256(source.encode()).hexdigest()
