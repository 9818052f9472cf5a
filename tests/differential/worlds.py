"""Random clusters: namespaces, nodes, pods, and the policies of one engine."""

from random import Random

from tests.differential import (
    admin_policies,
    calico_policies,
    cilium_policies,
    kubernetes_policies,
)
from tests.differential.drawing import (
    NAMESPACES,
    NODES,
    PORT_NAMES,
    PORTS,
    PROTOCOLS,
    Dice,
    Obj,
    labels,
)

ENGINES = ("plain", "admin", "cilium", "calico", "admin+calico")
FREE = range(1, 30)
"""The last part of a pod's addresses."""


def cluster(random: Random, engine: str) -> list[Obj]:
    """All objects of a cluster that `engine` would police."""
    dice = Dice(random)
    namespaces = NAMESPACES[: dice.number(4, 2)]
    nodes = [_node(dice, *each) for each in NODES]
    pods = [_pod(dice, namespaces, number) for number in FREE[: dice.number(8, 2)]]
    made = [_namespace(dice, name) for name in namespaces]
    return [*made, *nodes, *pods, *policies(dice, engine, namespaces)]


def policies(dice: Dice, engine: str, namespaces: tuple[str, ...]) -> list[Obj]:
    """NetworkPolicies, and what else the engine knows."""
    found = kubernetes_policies.drawn(dice, namespaces)
    if engine.startswith("admin"):
        found += admin_policies.drawn(dice, only_newest=engine == "admin+calico")
    if engine == "cilium":
        found += cilium_policies.drawn(dice, namespaces)
    if engine.endswith("calico"):
        found += calico_policies.drawn(dice, namespaces)
    return found


def _namespace(dice: Dice, name: str) -> Obj:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": _metadata(dice, name)}


def _metadata(dice: Dice, name: str, namespace: str = "") -> Obj:
    found: Obj = {"name": name, "labels": labels(dice)}
    return {**found, "namespace": namespace} if namespace else found


def _node(dice: Dice, name: str, *addresses: str) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": _metadata(dice, name),
        "status": {"addresses": [{"type": "InternalIP", "address": each} for each in addresses]},
    }


def _pod(dice: Dice, namespaces: tuple[str, ...], number: int) -> Obj:
    """Dual stack or of one family, at times on its node's network, at times completed."""
    node, *hosts = dice.one(NODES)
    on_host = dice.happens(12)
    own = hosts if on_host else [f"10.0.0.{number}", f"fd00::{number:x}"]
    addresses = dice.one([own, own[:1], own[1:], own])
    spec: Obj = {
        "nodeName": node,
        "containers": [{"name": "c", "image": "i", "ports": _ports(dice)}],
    }
    if on_host:
        spec["hostNetwork"] = True
    if dice.happens(40):
        spec["serviceAccountName"] = dice.one(("robot", "clerk"))
    phase = "Running" if not dice.happens(8) else dice.one(("Succeeded", "Failed"))
    ips = [{"ip": each} for each in addresses]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(dice, f"p{number}", dice.one(namespaces)),
        "spec": spec,
        "status": {"phase": phase, "hostIP": hosts[0], "podIP": addresses[0], "podIPs": ips},
    }


def _ports(dice: Dice) -> list[Obj]:
    """Names are unique in a pod; their numbers and protocols differ from pod to pod."""
    return [
        {"name": name, "containerPort": dice.one(PORTS), "protocol": dice.one(PROTOCOLS)}
        for name in PORT_NAMES
        if dice.happens(60)
    ]
