"""By what the agents of network plug-ins are known: the DaemonSets and containers they run as.

The names are those of the official manifests and charts, which mirrors of images leave alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from seawall.model.enforcement import DaemonSet, Plane


@dataclass(frozen=True, slots=True)
class Mark:
    """A DaemonSet of one of these names, or with one of these containers, is part of a plane."""

    plane: Plane
    daemon_sets: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()

    def fits(self, name: str, containers: Iterable[str]) -> bool:
        """Whether a DaemonSet is one of these."""
        return name in self.daemon_sets or not self.containers.isdisjoint(containers)


def _mark(plane: Plane, names: str = "", containers: str = "") -> Mark:
    return Mark(plane, frozenset(names.split()), frozenset(containers.split()))


MARKS = (
    _mark(Plane.VPC_CNI, "aws-node", "aws-node"),
    _mark(Plane.GKE_DPV2, "anetd"),
    _mark(Plane.CILIUM, "cilium rke2-cilium", "cilium-agent"),
    # Windows has a DaemonSet of its own, whose containers are called `node` and `felix`.
    _mark(Plane.CALICO, "calico-node calico-node-windows", "calico-node"),
    _mark(Plane.FLANNEL, "kube-flannel-ds", "kube-flannel"),
    _mark(Plane.KUBE_NETWORK_POLICIES, "kube-network-policies", "kube-network-policies"),
    _mark(Plane.KINDNET, "kindnet kindnetd", "kindnet-cni"),
    _mark(Plane.ANTREA, "antrea-agent antrea-agent-windows", "antrea-agent"),
    _mark(Plane.KUBE_ROUTER, "kube-router", "kube-router"),
    _mark(Plane.KUBE_OVN, "kube-ovn-cni", "cni-server"),
    _mark(Plane.OVN_KUBERNETES, "ovnkube-node", "ovnkube-controller ovnkube-node"),
    _mark(Plane.OPENSHIFT_SDN, "sdn", "openshift-sdn"),
    _mark(Plane.AZURE_NPM, "azure-npm azure-npm-win", "azure-npm"),
    _mark(Plane.AZURE, "azure-cns azure-cns-win", "cns-container"),
    _mark(Plane.WEAVE, "weave-net", "weave weave-npc"),
)

PLACES = frozenset(
    {
        "kube-system",
        "calico-system",
        "cilium",
        "cilium-system",
        "kube-flannel",
        "kube-router",
        "openshift-ovn-kubernetes",
        "openshift-sdn",
        "ovn-kubernetes",
        "weave",
    }
)
"""Where plug-ins live. Whoever may make a DaemonSet elsewhere could make one that looks like an
agent: such a one proves nothing."""


def planes_of(name: str, containers: Iterable[str]) -> tuple[Plane, ...]:
    """The planes that a DaemonSet is part of; canal is two. Dataplane V2 runs Cilium's agent."""
    listed = tuple(containers)
    found = tuple(mark.plane for mark in MARKS if mark.fits(name, listed))
    return (Plane.GKE_DPV2,) if Plane.GKE_DPV2 in found else found


def planes_in(daemon_set: DaemonSet) -> tuple[Plane, ...]:
    """The planes that a DaemonSet is part of."""
    return planes_of(daemon_set.name, (each.name for each in daemon_set.containers))
