"""How policy enforcement is switched on, by the row that says that it is off.

`CLUSTER`, `GROUP`, `NAME` and versions in the commands are for a person to fill in.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """A command that turns enforcement on; `first` is what to know before."""

    command: str
    source: str
    first: str = ""


_EKS_CONFIGURE = (
    "https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html"
)
_EKS_AUTO = "https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html"
_CILIUM = "https://docs.cilium.io/en/stable/helm-reference/"
_ADD_ON = (
    "aws eks update-addon --cluster-name CLUSTER --addon-name vpc-cni --resolve-conflicts PRESERVE "
    """--configuration-values '{"enableNetworkPolicy": "true"}'"""
)
_ONE_ENGINE = "take every other policy engine out first: two at once are not supported"
_HELM = "helm upgrade cilium cilium/cilium --namespace kube-system --reuse-values --set "

SWITCHES: Mapping[str, Switch] = {
    "vpc-cni-agent-off": Switch(_ADD_ON, _EKS_CONFIGURE, _ONE_ENGINE),
    "vpc-cni-controller-off": Switch(_ADD_ON, _EKS_CONFIGURE, _ONE_ENGINE),
    "vpc-cni-no-agent": Switch(_ADD_ON, _EKS_CONFIGURE, _ONE_ENGINE),
    "vpc-cni-too-old": Switch(
        f"{_ADD_ON} --addon-version VERSION",
        _EKS_CONFIGURE,
        "the VPC CNI must be 1.14 or newer; 1.21.1 or newer for ClusterNetworkPolicy",
    ),
    "eks-auto-controller-off": Switch(
        "kubectl create configmap amazon-vpc-cni --namespace kube-system "
        "--from-literal=enable-network-policy-controller=true --dry-run=client -o yaml | "
        "kubectl apply -f -",
        _EKS_AUTO,
        "each NodeClass must set spec.networkPolicy as well",
    ),
    "eks-auto-class-unset": Switch(
        "kubectl patch nodeclass NAME --type merge "
        """-p '{"spec":{"networkPolicy":"DefaultAllow"}}'""",
        _EKS_AUTO,
        "nodes of the class are replaced",
    ),
    "gke-none": Switch(
        "gcloud container clusters update CLUSTER --update-addons=NetworkPolicy=ENABLED && "
        "gcloud container clusters update CLUSTER --enable-network-policy",
        "https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy",
        "all node pools are made anew; Dataplane V2 can only be chosen for a new cluster",
    ),
    "aks-none": Switch(
        "az aks update --resource-group GROUP --name CLUSTER --network-dataplane cilium",
        "https://learn.microsoft.com/azure/aks/upgrade-azure-cni",
        "it needs Azure CNI Overlay or pod subnets, and all nodes are made anew",
    ),
    "cilium-never": Switch(f"{_HELM}policyEnforcementMode=default", _CILIUM),
    "cilium-audit": Switch(
        f"{_HELM}policyAuditMode=false",
        "https://docs.cilium.io/en/stable/security/policy-creation/",
        "what Cilium has logged meanwhile is what will be denied: read it first",
    ),
    "cilium-without-kubernetes": Switch(f"{_HELM}k8sNetworkPolicy.enabled=true", _CILIUM),
    "kube-router-off": Switch(
        "kubectl --namespace kube-system edit daemonset kube-router  # --run-firewall=true",
        "https://www.kube-router.io/docs/user-guide/",
    ),
    "kindnet-off": Switch(
        "kubectl --namespace kube-system edit daemonset kindnet  # --network-policy=true",
        "https://github.com/aojea/kindnet",
    ),
    "flannel": Switch(
        "helm upgrade flannel flannel/flannel --namespace kube-flannel --reuse-values "
        "--set netpol.enabled=true",
        "https://github.com/flannel-io/flannel/blob/master/Documentation/netpol.md",
        "flannel must be 0.25.5 or newer",
    ),
    "weave-without-npc": Switch(
        "kubectl --namespace kube-system set env daemonset/weave-net EXPECT_NPC=1",
        "https://github.com/weaveworks/weave/blob/master/site/kubernetes/kube-addon.md",
        "the container weave-npc must be put back as well; Weave Net is no longer maintained",
    ),
}
"""Rows that say NO and are not here have no switch: the pods must go to other nodes."""
