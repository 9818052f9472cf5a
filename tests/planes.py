"""Data planes written by hand, a DaemonSet in a line."""

from typing import Any

from seawall.model.cluster import Provider
from seawall.model.enforcement import (
    NOT_NEEDED,
    Container,
    DaemonSet,
    NodeClass,
    PlaneFacts,
    Settings,
)
from seawall.model.sight import Seen, Sight
from seawall.model.snapshot import Node

MANY = 1_000
"""Agents on every node, however many a test has."""


def container(text: str) -> Container:
    """`name=repository:tag --flag=value VARIABLE=value`."""
    head, *rest = text.split()
    name, _, image = head.partition("=")
    repository, _, tag = image.partition(":")
    args = [word.removeprefix("--").partition("=")[::2] for word in rest if word.startswith("--")]
    env = [word.partition("=")[::2] for word in rest if not word.startswith("--")]
    return Container(name, repository, tag, tuple(args), tuple(env))


def daemon_set(name: str, *containers: str, on: str = "", counted: str = "") -> DaemonSet:
    """By `namespace/name`; `on` is its node selector, `counted` "ready/desired"."""
    home, _, short = name.partition("/")
    ready, _, desired = (counted or f"{MANY}/{MANY}").partition("/")
    chosen = tuple(sorted(pair.partition("=")[::2] for pair in on.split()))
    made = tuple(map(container, containers))
    return DaemonSet(home, short, made, chosen, int(desired), int(ready))


def settings(name: str, values: str | None) -> Sight[Settings]:
    """A ConfigMap in kube-system by "key=value key=value"; None: it is not there."""
    pairs = tuple(sorted(pair.partition("=")[::2] for pair in (values or "").split()))
    return Seen(Settings(name, there=values is not None, values=pairs))


def facts(*found: DaemonSet, **changes: Any) -> PlaneFacts:  # noqa: ANN401  fields of PlaneFacts
    """A plane of these agents; `cilium` and `vpc_cni` as texts for `settings`."""
    for field, name in (("cilium", "cilium-config"), ("vpc_cni", "amazon-vpc-cni")):
        if isinstance(changes.get(field), str):
            changes[field] = settings(name, changes[field])
    if isinstance(changes.get("node_classes"), str):
        pairs = (pair.partition("=")[::2] for pair in changes["node_classes"].split())
        changes["node_classes"] = Seen(tuple(NodeClass(*pair) for pair in pairs))
    asked: dict[str, Any] = dict.fromkeys(
        ("cilium", "vpc_cni", "node_classes", "version"), NOT_NEEDED
    )
    return PlaneFacts(found, **asked | changes)


def node(name: str, labels: str = "", provider: Provider = Provider.OTHER) -> Node:
    """A node by its labels."""
    pairs = (pair.partition("=")[::2] for pair in labels.split())
    return Node(name, provider, tuple(sorted(pairs)))


ENFORCING = Seen(
    facts(
        daemon_set(
            "kube-system/kube-network-policies",
            "kube-network-policies=registry.k8s.io/networking/kube-network-policies:v1.0.0",
        )
    )
)
"""Enforces, and reads everything as the upstream API does."""
