"""The facts of a data plane as a saved snapshot holds them, and back."""

from typing import TypeVar

from msgspec import Struct

from seawall.model.enforcement import DaemonSet, NodeClass, PlaneFacts, Settings
from seawall.model.sight import Seen, Sight, Unseen, seen_or

T = TypeVar("T")


class StoredPlane(Struct, frozen=True, omit_defaults=True):
    """PlaneFacts; what was not seen is None, and `unseen` says why, by field."""

    daemon_sets: tuple[DaemonSet, ...]
    cilium: Settings | None = None
    vpc_cni: Settings | None = None
    node_classes: tuple[NodeClass, ...] | None = None
    version: str | None = None
    unseen: dict[str, str] = {}


def stored_plane(facts: PlaneFacts) -> StoredPlane:
    """The shape of the facts."""
    sights: dict[str, Sight[object]] = {
        "cilium": facts.cilium,
        "vpc_cni": facts.vpc_cni,
        "node_classes": facts.node_classes,
        "version": facts.version,
    }
    return StoredPlane(
        daemon_sets=facts.daemon_sets,
        cilium=seen_or(facts.cilium, None),
        vpc_cni=seen_or(facts.vpc_cni, None),
        node_classes=seen_or(facts.node_classes, None),
        version=seen_or(facts.version, None),
        unseen={name: each.why for name, each in sights.items() if isinstance(each, Unseen)},
    )


def restored_plane(stored: StoredPlane) -> PlaneFacts:
    """The facts of a shape."""

    def sight(name: str, value: T | None) -> Sight[T]:
        return Unseen(stored.unseen.get(name, "it was not saved")) if value is None else Seen(value)

    return PlaneFacts(
        daemon_sets=stored.daemon_sets,
        cilium=sight("cilium", stored.cilium),
        vpc_cni=sight("vpc_cni", stored.vpc_cni),
        node_classes=sight("node_classes", stored.node_classes),
        version=sight("version", stored.version),
    )
