"""The rows of network plug-ins that anybody can install anywhere."""

from seawall.analyse.dataplane.row import Row
from seawall.model.enforcement import Enforced, Plane

YES, NO, UNKNOWN = Enforced.YES, Enforced.NO, Enforced.UNKNOWN

_CILIUM = "https://docs.cilium.io/en/stable/security/policy/intro/"
_CILIUM_AUDIT = "https://docs.cilium.io/en/stable/security/policy-creation/"
_CILIUM_HELM = "https://docs.cilium.io/en/stable/helm-reference/"
_CALICO = "https://docs.tigera.io/calico/latest/network-policy/get-started/kubernetes-policy/kubernetes-network-policy"
_CANAL = (
    "https://docs.tigera.io/calico/latest/getting-started/kubernetes/flannel/install-for-flannel"
)
_CALICO_WINDOWS = (
    "https://docs.tigera.io/calico/latest/getting-started/kubernetes/windows-calico/limitations"
)
_K8S = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
_KIND = "https://github.com/kubernetes-sigs/kind/releases/tag/v0.24.0"
_FLANNEL_NP = "https://github.com/flannel-io/flannel/blob/master/Documentation/netpol.md"

CILIUM_ROWS = (
    Row(
        "cilium-default",
        Plane.CILIUM,
        YES,
        "Cilium {version} enforces policies (enable-policy: default)",
        _CILIUM,
        since=(1, 9),
    ),
    Row(
        "cilium-always",
        Plane.CILIUM,
        YES,
        "Cilium {version} enforces policies, and denies where there is none (enable-policy: "
        "always)",
        _CILIUM,
        since=(1, 9),
        caveats=("pods that no policy selects are closed, too",),
    ),
    Row(
        "cilium-never",
        Plane.CILIUM,
        NO,
        "Cilium enforces nothing: enable-policy is never",
        _CILIUM,
    ),
    Row(
        "cilium-audit",
        Plane.CILIUM,
        NO,
        "Cilium only logs what policies would deny: policy-audit-mode is true",
        _CILIUM_AUDIT,
    ),
    Row(
        "cilium-without-kubernetes",
        Plane.CILIUM,
        NO,
        "Cilium ignores NetworkPolicy: enable-k8s-networkpolicy is false",
        _CILIUM_HELM,
    ),
    Row(
        "cilium-odd-mode",
        Plane.CILIUM,
        UNKNOWN,
        "Cilium's enable-policy is neither default, always nor never",
        _CILIUM,
    ),
    Row(
        "cilium-unconfigured",
        Plane.CILIUM,
        UNKNOWN,
        "Cilium runs, and its ConfigMap kube-system/cilium-config is not there",
        _CILIUM,
    ),
    Row(
        "cilium-windows",
        Plane.CILIUM,
        NO,
        "Cilium is for Linux nodes only, and this one runs Windows",
        "https://docs.cilium.io/en/stable/operations/system_requirements/",
    ),
)

OTHER_ROWS = (
    Row(
        "calico",
        Plane.CALICO,
        YES,
        "Calico {version} enforces policies",
        _CALICO,
        since=(3,),
    ),
    Row(
        "canal",
        Plane.CALICO,
        YES,
        "Calico {version} enforces policies for pods that flannel connects",
        _CANAL,
        since=(3,),
    ),
    Row(
        "calico-windows",
        Plane.CALICO,
        YES,
        "Calico for Windows {version} enforces policies",
        _CALICO_WINDOWS,
        since=(3,),
    ),
    Row(
        "ovn-kubernetes",
        Plane.OVN_KUBERNETES,
        YES,
        "OVN-Kubernetes enforces policies",
        "https://ovn-kubernetes.io/features/network-security-controls/network-policy/",
    ),
    Row(
        "openshift-sdn",
        Plane.OPENSHIFT_SDN,
        UNKNOWN,
        "OpenShift SDN enforces policies in one of its three modes, and the mode was not read",
        "https://docs.redhat.com/en/documentation/openshift_container_platform/4.14/html/networking/openshift-sdn-network-plugin",
    ),
    Row(
        "antrea",
        Plane.ANTREA,
        YES,
        "Antrea {version} enforces policies",
        "https://antrea.io/docs/main/docs/antrea-network-policy/",
        since=(1,),
    ),
    Row(
        "kube-router-on",
        Plane.KUBE_ROUTER,
        YES,
        "kube-router {version} enforces policies (--run-firewall)",
        "https://www.kube-router.io/docs/user-guide/",
        since=(1,),
    ),
    Row(
        "kube-router-off",
        Plane.KUBE_ROUTER,
        NO,
        "kube-router runs with --run-firewall=false, so it enforces nothing",
        "https://www.kube-router.io/docs/user-guide/",
    ),
    Row(
        "kube-ovn",
        Plane.KUBE_OVN,
        UNKNOWN,
        "Kube-OVN enforces policies unless its controller runs with --enable-np=false, which was "
        "not read",
        "https://kubeovn.github.io/docs/stable/en/reference/setup-options/",
    ),
    Row(
        "kube-network-policies",
        Plane.KUBE_NETWORK_POLICIES,
        YES,
        "kube-network-policies {version} enforces policies",
        "https://github.com/kubernetes-sigs/kube-network-policies",
        since=(0, 2),
    ),
    Row(
        "kindnet-on",
        Plane.KINDNET,
        YES,
        "kindnet {version} enforces policies",
        _KIND,
        since=(20240813,),
    ),
    Row(
        "kindnet-on-numbered",
        Plane.KINDNET,
        YES,
        "kindnet {version} enforces policies",
        "https://github.com/kubernetes/minikube/issues/19871",
        since=(1, 3),
        before=(20000000,),
    ),
    Row(
        "kindnet-old",
        Plane.KINDNET,
        NO,
        "kindnet {version} came before kind 0.24, the first that enforces policies",
        _KIND,
        since=(20180101,),
        before=(20240514,),
    ),
    Row(
        "kindnet-off",
        Plane.KINDNET,
        NO,
        "kindnet runs with --network-policy=false",
        "https://github.com/aojea/kindnet",
    ),
    Row(
        "flannel",
        Plane.FLANNEL,
        NO,
        "flannel connects pods and enforces no policy",
        "https://github.com/flannel-io/flannel#networking-details",
    ),
    Row(
        "flannel-netpol",
        Plane.KUBE_NETWORK_POLICIES,
        YES,
        "flannel runs with kube-network-policies {version}, which enforces policies",
        _FLANNEL_NP,
        since=(0, 2),
    ),
    Row(
        "weave-npc",
        Plane.WEAVE,
        YES,
        "Weave Net's policy controller {version} enforces policies",
        "https://github.com/weaveworks/weave/blob/master/site/kubernetes/kube-addon.md",
        since=(2,),
        caveats=("Weave Net has had no release since 2021",),
    ),
    Row(
        "weave-without-npc",
        Plane.WEAVE,
        NO,
        "Weave Net runs without its policy controller",
        "https://github.com/weaveworks/weave/blob/master/site/kubernetes/kube-addon.md",
    ),
    Row(
        "k3s",
        Plane.K3S,
        UNKNOWN,
        "k3s enforces policies from inside its own process unless it runs with "
        "--disable-network-policy, which cannot be read from the cluster",
        "https://docs.k3s.io/networking/networking-services",
    ),
    Row(
        "virtual-node",
        Plane.VIRTUAL,
        UNKNOWN,
        "the pods run on a virtual node, where no network plug-in of the cluster runs",
        "https://virtual-kubelet.io/docs/architecture/",
    ),
    Row(
        "other-windows",
        Plane.VIRTUAL,
        UNKNOWN,
        "the node runs Windows, and no policy engine for Windows was found on it",
        _K8S,
    ),
)
