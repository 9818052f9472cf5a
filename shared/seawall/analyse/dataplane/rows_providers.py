"""The rows of what AWS, Google and Azure run, and of what is installed beside it there."""

from datetime import date

from seawall.analyse.dataplane.row import Row
from seawall.model.enforcement import Enforced, Plane

YES, NO, UNKNOWN = Enforced.YES, Enforced.NO, Enforced.UNKNOWN

_EKS = "https://docs.aws.amazon.com/eks/latest/userguide"
_EKS_NP = f"{_EKS}/cni-network-policy.html"
_EKS_CONFIGURE = f"{_EKS}/cni-network-policy-configure.html"
_EKS_AUTO = f"{_EKS}/auto-net-pol.html"
_CALICO_EKS = (
    "https://docs.tigera.io/calico/latest/getting-started/kubernetes/managed-public-cloud/eks"
)
_GKE_V2 = "https://cloud.google.com/kubernetes-engine/docs/concepts/dataplane-v2"
_GKE_NP = "https://cloud.google.com/kubernetes-engine/docs/how-to/network-policy"
_AKS = "https://learn.microsoft.com/azure/aks"
_AKS_NP = f"{_AKS}/use-network-policies"
_AKS_CILIUM = f"{_AKS}/azure-cni-powered-by-cilium"
_CILIUM = "https://docs.cilium.io/en/stable/security/policy/intro/"
_CILIUM_AWS = "https://docs.cilium.io/en/stable/installation/cni-chaining-aws-cni/"
_CALICO = "https://docs.tigera.io/calico/latest/network-policy/get-started/kubernetes-policy/kubernetes-network-policy"

EKS_ROWS = (
    Row(
        "vpc-cni-on",
        Plane.VPC_CNI,
        YES,
        "the network policy agent {version} of the VPC CNI is switched on, and its controller too",
        _EKS_CONFIGURE,
        since=(1, 0),
    ),
    Row(
        "vpc-cni-agent-off",
        Plane.VPC_CNI,
        NO,
        "the network policy agent of the VPC CNI runs, and is switched off: "
        "--enable-network-policy is not true",
        _EKS_CONFIGURE,
    ),
    Row(
        "vpc-cni-controller-off",
        Plane.VPC_CNI,
        NO,
        "the network policy controller of the VPC CNI is off: enable-network-policy-controller is "
        'not "true" in ConfigMap kube-system/amazon-vpc-cni, so the agents are told nothing',
        _EKS_CONFIGURE,
    ),
    Row(
        "vpc-cni-no-agent",
        Plane.VPC_CNI,
        NO,
        "the VPC CNI runs without its network policy agent",
        _EKS_NP,
    ),
    Row(
        "vpc-cni-too-old",
        Plane.VPC_CNI,
        NO,
        "the VPC CNI {version} is older than 1.14, the first that can enforce policies",
        _EKS_NP,
        since=(0,),
        before=(1, 14),
    ),
    Row(
        "vpc-cni-bare-pod",
        Plane.VPC_CNI,
        UNKNOWN,
        "the pod has no owner (metadata.ownerReferences), and the VPC CNI does not promise to "
        "apply policies to such pods",
        "https://github.com/aws/aws-network-policy-agent/issues/327",
    ),
    Row(
        "vpc-cni-windows",
        Plane.VPC_CNI,
        NO,
        "the VPC CNI applies policies on Linux nodes only, and this one runs Windows",
        _EKS_NP,
    ),
    Row(
        "eks-fargate",
        Plane.FARGATE,
        NO,
        "the pods run on Fargate, where the VPC CNI applies no policy and no other plug-in can",
        _EKS_NP,
    ),
    Row(
        "eks-auto-on",
        Plane.EKS_AUTO,
        YES,
        "EKS Auto Mode enforces policies: its controller is on, and the node class has them on",
        _EKS_AUTO,
    ),
    Row(
        "eks-auto-controller-off",
        Plane.EKS_AUTO,
        NO,
        "EKS Auto Mode enforces nothing until ConfigMap kube-system/amazon-vpc-cni sets "
        'enable-network-policy-controller: "true"',
        _EKS_AUTO,
    ),
    Row(
        "eks-auto-class-unset",
        Plane.EKS_AUTO,
        UNKNOWN,
        "the node class of this EKS Auto Mode node does not set spec.networkPolicy, which AWS asks "
        "for before policies are enforced",
        _EKS_AUTO,
    ),
    Row(
        "calico-on-vpc-cni",
        Plane.CALICO,
        YES,
        "Calico {version} enforces policies for pods that the VPC CNI connects",
        _CALICO_EKS,
        since=(3,),
        caveats=("pods with security groups of their own are outside Calico's policies",),
    ),
    Row(
        "cilium-on-vpc-cni",
        Plane.CILIUM,
        YES,
        "Cilium {version} is chained to the VPC CNI and enforces policies",
        _CILIUM_AWS,
        since=(1, 9),
        caveats=("pods that were started before Cilium must be restarted to be covered",),
    ),
    Row(
        "two-on-vpc-cni",
        Plane.VPC_CNI,
        UNKNOWN,
        "the policy agent of the VPC CNI and another policy engine are on at once, which AWS says "
        "must not be",
        _EKS_NP,
    ),
)

GKE_ROWS = (
    Row(
        "gke-dpv2",
        Plane.GKE_DPV2,
        YES,
        "GKE Dataplane V2 enforces policies, always",
        _GKE_V2,
    ),
    Row(
        "gke-calico",
        Plane.GKE_CALICO,
        YES,
        "GKE's network policy add-on (Calico {version}) is on",
        _GKE_NP,
        since=(3,),
    ),
    Row(
        "gke-none",
        Plane.GKE,
        NO,
        "this GKE cluster has neither Dataplane V2 nor the network policy add-on",
        _GKE_NP,
    ),
    Row(
        "gke-windows",
        Plane.GKE_DPV2,
        UNKNOWN,
        "whether GKE enforces policies on Windows nodes is not documented",
        _GKE_NP,
    ),
)

AKS_ROWS = (
    Row(
        "aks-cilium",
        Plane.AZURE_CILIUM,
        YES,
        "Azure CNI powered by Cilium {version} enforces policies",
        _AKS_CILIUM,
        since=(1, 12),
    ),
    Row(
        "aks-cilium-windows",
        Plane.AZURE_CILIUM,
        NO,
        "Azure CNI powered by Cilium is for Linux nodes only, and this one runs Windows",
        _AKS_CILIUM,
    ),
    Row(
        "aks-npm",
        Plane.AZURE_NPM,
        YES,
        "Azure Network Policy Manager {version} enforces policies",
        _AKS_NP,
        since=(1,),
        caveats=(
            "Azure has announced its end: copies of the page say 2026-09-30 and 2028-09-30",
            "traffic to the pod's own node is not filtered (Azure/azure-container-networking#2786)",
        ),
        good_until=date(2027, 3, 31),
    ),
    Row(
        "aks-npm-windows",
        Plane.AZURE_NPM,
        UNKNOWN,
        "Azure ended its Network Policy Manager on Windows nodes on 2026-09-30",
        _AKS_NP,
    ),
    Row(
        "aks-calico",
        Plane.AKS_CALICO,
        YES,
        "AKS's managed Calico {version} enforces policies",
        _AKS_NP,
        since=(3,),
        caveats=("Azure supports NetworkPolicy only; Calico's own kinds and tiers are not",),
    ),
    Row(
        "aks-none",
        Plane.AZURE,
        NO,
        "this AKS cluster was made without a network policy engine (networkPolicy: none)",
        _AKS_NP,
    ),
    Row(
        "aks-virtual",
        Plane.VIRTUAL,
        NO,
        "the pods run on a virtual node, which applies no network policy",
        f"{_AKS}/virtual-nodes",
    ),
)
