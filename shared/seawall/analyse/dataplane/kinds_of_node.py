"""What a node is: its operating system, its pool, and whether agents can run on it at all.

Labels: https://kubernetes.io/docs/reference/labels-annotations-taints/ and those of each provider.
"""

from seawall.model.cluster import Provider
from seawall.model.snapshot import Node

COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
NODE_CLASS = "eks.amazonaws.com/nodeclass"
AKS_POLICY = "kubernetes.azure.com/network-policy"
GKE_POOL = "cloud.google.com/gke-nodepool"

_AKS_MARKS = ("kubernetes.azure.com/cluster", "kubernetes.azure.com/agentpool", AKS_POLICY)
OS_LABELS = ("kubernetes.io/os", "beta.kubernetes.io/os")
_POOLS = (
    "eks.amazonaws.com/nodegroup",
    "alpha.eksctl.io/nodegroup-name",
    GKE_POOL,
    "kubernetes.azure.com/agentpool",
    "agentpool",
    "karpenter.sh/nodepool",
)

NO_POOL = "(no pool)"


def is_linux(node: Node) -> bool:
    """Whether it runs Linux; without a label every node does."""
    labels = dict(node.labels)
    return all(labels.get(key, "linux") == "linux" for key in OS_LABELS)


def is_fargate(node: Node) -> bool:
    """Whether it is the node that EKS shows for one Fargate pod."""
    return dict(node.labels).get(COMPUTE_TYPE) == "fargate"


def is_auto(node: Node) -> bool:
    """Whether EKS Auto Mode runs it, network plug-in included."""
    return dict(node.labels).get(COMPUTE_TYPE) == "auto"


def is_virtual(node: Node) -> bool:
    """Whether a virtual kubelet pretends it: its pods run somewhere else."""
    return dict(node.labels).get("type") == "virtual-kubelet"


def is_aks(node: Node) -> bool:
    """Whether AKS made it."""
    return node.provider is Provider.AZURE and any(key in dict(node.labels) for key in _AKS_MARKS)


def is_gke(node: Node) -> bool:
    """Whether GKE made it."""
    return node.provider is Provider.GCP and GKE_POOL in dict(node.labels)


def takes_agents(node: Node) -> bool:
    """Whether DaemonSets can put a pod there."""
    return not (is_fargate(node) or is_auto(node) or is_virtual(node))


def pool_of(node: Node) -> str:
    """Its pool, as its provider names it, and what sets it apart."""
    labels = dict(node.labels)
    if is_fargate(node):
        return "fargate"
    if is_virtual(node):
        return "virtual"
    name = next((labels[key] for key in _POOLS if labels.get(key)), NO_POOL)
    return name if is_linux(node) else f"{name} (windows)"
