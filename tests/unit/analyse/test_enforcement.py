"""One case for each row of the table of data planes, and for what is not in it.

The source of each expectation is that of the row it names (`analyse/dataplane/rows_*.py`); cases
without a row are UNKNOWN, and say why.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.planes import daemon_set, facts, node, settings
from tests.unit.analyse.hand_made import cluster, host, pod

from seawall.analyse.dataplane.row import Row, version_of
from seawall.analyse.dataplane.rows import ROWS
from seawall.analyse.enforcement import Enforcement, enforcement_of
from seawall.model.cluster import Provider
from seawall.model.enforcement import (
    DaemonSet,
    Enforced,
    Plane,
    PlaneFacts,
    Ruling,
    together,
)
from seawall.model.policies import ObjectRef
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Node, Pod

TODAY = datetime(2026, 11, 24, tzinfo=UTC)
YES, PARTLY, NO, UNKNOWN = Enforced

AWS, GCP, AZURE = Provider.AWS, Provider.GCP, Provider.AZURE
EC2 = node("n1", "kubernetes.io/os=linux eks.amazonaws.com/nodegroup=blue", AWS)
EC2_WINDOWS = node("w1", "kubernetes.io/os=windows", AWS)
FARGATE = node("f1", "eks.amazonaws.com/compute-type=fargate", AWS)
AUTO = node("a1", "eks.amazonaws.com/compute-type=auto eks.amazonaws.com/nodeclass=default", AWS)
HYBRID = node("h1", "eks.amazonaws.com/compute-type=hybrid", Provider.OTHER)
GKE = node("n1", "cloud.google.com/gke-nodepool=main", GCP)
GKE_WINDOWS = node("w1", "cloud.google.com/gke-nodepool=win kubernetes.io/os=windows", GCP)
AKS = node("n1", "kubernetes.azure.com/agentpool=default", AZURE)
AKS_NONE = node(
    "n1", "kubernetes.azure.com/cluster=c kubernetes.azure.com/network-policy=none", AZURE
)
AKS_WINDOWS = node("w1", "kubernetes.azure.com/agentpool=win kubernetes.io/os=windows", AZURE)
AKS_VIRTUAL = node("v1", "kubernetes.azure.com/cluster=c type=virtual-kubelet", AZURE)
PLAIN = node("n1", "kubernetes.io/os=linux")
PLAIN_WINDOWS = node("w1", "kubernetes.io/os=windows")

MCR = "mcr.microsoft.com"
AGENT = "aws-eks-nodeagent=ecr/amazon/aws-network-policy-agent:v1.3.1-eksbuild.1"
CNI = "aws-node=ecr/amazon-k8s-cni:v1.21.1-eksbuild.1"
ON = f"{AGENT} --enable-network-policy=true"
VPC_ON = daemon_set("kube-system/aws-node", CNI, ON)
VPC_OFF = daemon_set("kube-system/aws-node", CNI, f"{AGENT} --enable-network-policy=false")
SWITCHED = "enable-network-policy-controller=true"
ANETD = daemon_set("kube-system/anetd", "cilium-agent=gke.gcr.io/cilium/cilium:v1.17.7-gke.31")
GKE_CALICO = daemon_set("kube-system/calico-node", "calico-node=gke.gcr.io/calico/node:v3.28.5")
CNS = daemon_set("kube-system/azure-cns", f"cns-container={MCR}/containernetworking/azure-cns:v1.7")
AZURE_CILIUM = daemon_set("kube-system/cilium", f"cilium-agent={MCR}/oss/cilium/cilium:v1.17.4")
NPM = daemon_set("kube-system/azure-npm", f"azure-npm={MCR}/containernetworking/azure-npm:v1.5.5")
AKS_CALICO = daemon_set("calico-system/calico-node", f"calico-node={MCR}/oss/calico/node:v3.28.2")
CILIUM = daemon_set("kube-system/cilium", "cilium-agent=quay.io/cilium/cilium:v1.18.4")
CALICO = daemon_set("calico-system/calico-node", "calico-node=quay.io/calico/node:v3.31.2")
POLICY_ONLY = daemon_set(
    "calico-system/calico-node",
    "calico-node=quay.io/calico/node:v3.31.2 CALICO_NETWORKING_BACKEND=none",
)
CALICO_WINDOWS = daemon_set(
    "calico-system/calico-node-windows",
    "node=quay.io/calico/node-windows:v3.31.2",
    on="kubernetes.io/os=windows",
)
FLANNEL = daemon_set(
    "kube-flannel/kube-flannel-ds", "kube-flannel=ghcr.io/flannel-io/flannel:v0.27.4"
)
KNP = "kube-network-policies=registry.k8s.io/networking/kube-network-policies:v1.0.0"


def one(name: str, image: str) -> DaemonSet:
    return daemon_set(name, image)


def judged(
    plane: Sight[PlaneFacts], *nodes: Node, pods: tuple[Pod, ...] = (), on: datetime = TODAY
) -> Enforcement:
    snapshot = cluster(*pods, nodes=Seen(nodes), data_plane=plane, taken_at=on)
    return enforcement_of(snapshot)


CASES = [
    # EKS
    ("vpc-cni-on", YES, facts(VPC_ON, vpc_cni=SWITCHED), EC2),
    ("vpc-cni-agent-off", NO, facts(VPC_OFF, vpc_cni=SWITCHED), EC2),
    (
        "vpc-cni-agent-off",
        NO,
        facts(daemon_set("kube-system/aws-node", CNI, AGENT), vpc_cni=SWITCHED),
        EC2,
    ),
    ("vpc-cni-controller-off", NO, facts(VPC_ON, vpc_cni=""), EC2),
    ("vpc-cni-controller-off", NO, facts(VPC_ON, vpc_cni=settings("amazon-vpc-cni", None)), EC2),
    (
        "vpc-cni-no-agent",
        NO,
        facts(daemon_set("kube-system/aws-node", CNI), vpc_cni=SWITCHED),
        EC2,
    ),
    (
        "vpc-cni-too-old",
        NO,
        facts(one("kube-system/aws-node", "aws-node=ecr/amazon-k8s-cni:v1.13.4"), vpc_cni=""),
        EC2,
    ),
    ("vpc-cni-windows", NO, facts(VPC_ON, vpc_cni=SWITCHED), EC2_WINDOWS),
    ("eks-fargate", NO, facts(VPC_ON, vpc_cni=SWITCHED), FARGATE),
    ("eks-auto-on", YES, facts(vpc_cni=SWITCHED, node_classes="default=DefaultAllow"), AUTO),
    ("eks-auto-on", YES, facts(vpc_cni=SWITCHED, node_classes="default=DefaultDeny"), AUTO),
    ("eks-auto-controller-off", NO, facts(vpc_cni="", node_classes="default=DefaultDeny"), AUTO),
    ("eks-auto-class-unset", UNKNOWN, facts(vpc_cni=SWITCHED, node_classes="default="), AUTO),
    ("calico-on-vpc-cni", YES, facts(VPC_OFF, POLICY_ONLY, vpc_cni=""), EC2),
    (
        "cilium-on-vpc-cni",
        YES,
        facts(VPC_OFF, CILIUM, vpc_cni="", cilium="cni-chaining-mode=aws-cni"),
        EC2,
    ),
    ("two-on-vpc-cni", UNKNOWN, facts(VPC_ON, POLICY_ONLY, vpc_cni=SWITCHED), EC2),
    ("cilium-default", YES, facts(CILIUM, cilium="enable-policy=default"), HYBRID),
    # GKE
    ("gke-dpv2", YES, facts(ANETD), GKE),
    ("gke-calico", YES, facts(GKE_CALICO), GKE),
    ("gke-none", NO, facts(), GKE),
    ("gke-windows", UNKNOWN, facts(ANETD), GKE_WINDOWS),
    # AKS
    ("aks-cilium", YES, facts(CNS, AZURE_CILIUM, cilium="enable-policy=default"), AKS),
    ("aks-cilium-windows", NO, facts(CNS, AZURE_CILIUM, cilium=""), AKS_WINDOWS),
    ("aks-npm", YES, facts(CNS, NPM), AKS),
    ("aks-npm-windows", UNKNOWN, facts(CNS, NPM), AKS_WINDOWS),
    ("aks-calico", YES, facts(CNS, AKS_CALICO), AKS),
    ("calico-windows", YES, facts(CNS, AKS_CALICO, CALICO_WINDOWS), AKS_WINDOWS),
    ("aks-none", NO, facts(CNS), AKS),
    ("aks-none", NO, facts(), AKS_NONE),  # kubenet has no agent at all
    ("aks-none", NO, facts(), replace(AKS_NONE, labels=(*AKS_NONE.labels, *AKS_WINDOWS.labels))),
    ("aks-virtual", NO, facts(CNS, NPM), AKS_VIRTUAL),
    ("calico", YES, facts(CALICO), AKS),  # brought along: network plug-in "none"
    # Cilium
    ("cilium-default", YES, facts(CILIUM, cilium=""), PLAIN),
    ("cilium-always", YES, facts(CILIUM, cilium="enable-policy=always"), PLAIN),
    ("cilium-never", NO, facts(CILIUM, cilium="enable-policy=never"), PLAIN),
    ("cilium-audit", NO, facts(CILIUM, cilium="policy-audit-mode=true"), PLAIN),
    (
        "cilium-without-kubernetes",
        NO,
        facts(CILIUM, cilium="enable-k8s-networkpolicy=false"),
        PLAIN,
    ),
    ("cilium-odd-mode", UNKNOWN, facts(CILIUM, cilium="enable-policy=sometimes"), PLAIN),
    ("cilium-unconfigured", UNKNOWN, facts(CILIUM, cilium=settings("cilium-config", None)), PLAIN),
    (
        "cilium-unconfigured",
        UNKNOWN,
        facts(replace(CILIUM, namespace="cilium"), cilium="enable-policy=default"),
        PLAIN,
    ),
    ("cilium-windows", NO, facts(CILIUM, cilium=""), PLAIN_WINDOWS),
    (
        "cilium-never",
        NO,
        facts(
            one(
                "kube-system/cilium",
                "cilium-agent=quay.io/cilium/cilium:v1.18.4 --enable-policy=never",
            ),
            cilium="enable-policy=default",
        ),
        PLAIN,
    ),
    # Others
    ("calico", YES, facts(CALICO), PLAIN),
    ("calico-windows", YES, facts(CALICO, CALICO_WINDOWS), PLAIN_WINDOWS),
    ("other-windows", UNKNOWN, facts(CALICO), PLAIN_WINDOWS),
    (
        "canal",
        YES,
        facts(
            daemon_set(
                "kube-system/canal",
                "calico-node=docker.io/rancher/hardened-calico:v3.30.3",
                "kube-flannel=docker.io/rancher/hardened-flannel:v0.27.3",
            )
        ),
        PLAIN,
    ),
    (
        "ovn-kubernetes",
        YES,
        facts(
            one("openshift-ovn-kubernetes/ovnkube-node", "ovnkube-controller=quay.io/ocp@sha256")
        ),
        PLAIN,
    ),
    ("openshift-sdn", UNKNOWN, facts(one("openshift-sdn/sdn", "sdn=quay.io/ocp")), PLAIN),
    ("antrea", YES, facts(one("kube-system/antrea-agent", "antrea-agent=antrea:v2.4.3")), PLAIN),
    (
        "kube-router-on",
        YES,
        facts(one("kube-system/kube-router", "kube-router=cloudnativelabs/kube-router:v2.6.1")),
        PLAIN,
    ),
    (
        "kube-router-off",
        NO,
        facts(
            one("kube-system/kube-router", "kube-router=kube-router:v2.6.1 --run-firewall=false")
        ),
        PLAIN,
    ),
    (
        "kube-ovn",
        UNKNOWN,
        facts(one("kube-system/kube-ovn-cni", "cni-server=kube-ovn:v1.14")),
        PLAIN,
    ),
    ("kube-network-policies", YES, facts(one("kube-system/kube-network-policies", KNP)), PLAIN),
    (
        "kindnet-on",
        YES,
        facts(
            one("kube-system/kindnet", "kindnet-cni=docker.io/kindest/kindnetd:v20250512-df8de77b")
        ),
        PLAIN,
    ),
    (
        "kindnet-on-numbered",
        YES,
        facts(one("kube-system/kindnet", "kindnet-cni=ghcr.io/aojea/kindnetd:v1.8.0")),
        PLAIN,
    ),
    (
        "kindnet-old",
        NO,
        facts(one("kube-system/kindnet", "kindnet-cni=kindest/kindnetd:v20240513-cd2ac642")),
        PLAIN,
    ),
    (
        "kindnet-off",
        NO,
        facts(one("kube-system/kindnet", "kindnet-cni=kindnetd:v1.8.0 --network-policy=false")),
        PLAIN,
    ),
    ("flannel", NO, facts(FLANNEL), PLAIN),
    (
        "flannel-netpol",
        YES,
        facts(daemon_set("kube-flannel/kube-flannel-ds", "kube-flannel=flannel:v0.27.4", KNP)),
        PLAIN,
    ),
    (
        "kube-network-policies",
        YES,
        facts(FLANNEL, one("kube-system/kube-network-policies", KNP)),
        PLAIN,
    ),
    (
        "weave-npc",
        YES,
        facts(
            daemon_set("kube-system/weave-net", "weave=weave:2.8.1", "weave-npc=weave-npc:2.8.1")
        ),
        PLAIN,
    ),
    ("weave-without-npc", NO, facts(one("kube-system/weave-net", "weave=weave:2.8.1")), PLAIN),
    ("k3s", UNKNOWN, facts(version=Seen("v1.36.2+k3s1")), PLAIN),
    ("virtual-node", UNKNOWN, facts(CALICO), node("v1", "type=virtual-kubelet")),
]


@pytest.mark.parametrize(
    "row, verdict, plane, on", CASES, ids=[f"{n} {case[0]}" for n, case in enumerate(CASES)]
)
def test_each_state_of_a_data_plane_has_its_row(
    row: str, verdict: Enforced, plane: PlaneFacts, on: Node
) -> None:
    ruling = judged(Seen(plane), on).whole

    assert (row, verdict) == (ruling.row, ruling.enforced), ruling.why
    assert ROWS[row].source == ruling.source


def test_every_row_has_a_case() -> None:
    cased = {case[0] for case in CASES} | {"vpc-cni-bare-pod"}

    assert set(ROWS) == cased


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.id)
def test_a_row_says_where_it_is_from_and_until_when_it_holds(row: Row) -> None:
    assert row.source.startswith("https://")
    assert row.reviewed < row.good_until
    assert (row.good_until - row.reviewed).days <= 400


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.id)
def test_past_its_date_no_row_is_believed(row: Row) -> None:
    cases = [case for case in CASES if case[0] == row.id]
    late = datetime(2027, 12, 1, tzinfo=UTC)

    for _, _, plane, on in cases:
        ruling = judged(Seen(plane), on, on=late).whole

        assert UNKNOWN is ruling.enforced
        assert f"was last reviewed on {row.reviewed}" in ruling.why


def test_on_its_last_day_a_row_is_believed() -> None:
    last = datetime(2027, 11, 30, 23, 59, tzinfo=UTC)

    assert YES is judged(Seen(facts(CALICO)), PLAIN, on=last).whole.enforced


@pytest.mark.parametrize(
    "plane, on, why",
    [
        pytest.param(facts(), PLAIN, "no network plug-in that Seawall knows was found", id="none"),
        pytest.param(
            facts(), EC2, "no network plug-in that Seawall knows was found", id="none, AWS"
        ),
        pytest.param(
            facts(), AKS, "no network plug-in that Seawall knows was found", id="none, AKS"
        ),
        pytest.param(
            facts(CALICO, CILIUM, cilium=""), PLAIN, "two network plug-ins at once", id="two"
        ),
        pytest.param(
            facts(FLANNEL, CILIUM, cilium=""),
            PLAIN,
            "two network plug-ins at once",
            id="Cilium beside flannel, not chained",
        ),
        pytest.param(
            facts(VPC_OFF, CALICO, vpc_cni=""),
            EC2,
            "two network plug-ins at once",
            id="Calico with its own network beside the VPC CNI",
        ),
        pytest.param(
            facts(VPC_ON, vpc_cni=Unseen("403")),
            EC2,
            "ConfigMap kube-system/amazon-vpc-cni was not seen: 403",
            id="the switch of the VPC CNI",
        ),
        pytest.param(
            facts(CILIUM, cilium=Unseen("403")),
            PLAIN,
            "ConfigMap kube-system/cilium-config was not seen: 403",
            id="the switches of Cilium",
        ),
        pytest.param(
            facts(vpc_cni=Unseen("403")),
            AUTO,
            "ConfigMap kube-system/amazon-vpc-cni was not seen: 403",
            id="the switch of Auto Mode",
        ),
        pytest.param(
            facts(vpc_cni=SWITCHED, node_classes=Unseen("403")),
            AUTO,
            "the node classes were not seen: 403",
            id="node classes",
        ),
        pytest.param(
            facts(one("kube-system/calico-node", "calico-node=quay.io/calico/node")),
            PLAIN,
            "what calico does is not known of its version (untold)",
            id="an image without a tag",
        ),
        pytest.param(
            facts(one("kube-system/kindnet", "kindnet-cni=kindnetd:v20240601-abc")),
            PLAIN,
            "what kindnet does is not known of its version v20240601-abc",
            id="a kindnet between the two",
        ),
        pytest.param(
            facts(replace(CALICO, ready=2, desired=3)),
            PLAIN,
            "calico (DaemonSet calico-system/calico-node): only 2 of 3 of its pods are ready",
            id="agents that are not ready",
        ),
        pytest.param(
            facts(FLANNEL, replace(CILIUM, namespace="team-a"), cilium=""),
            PLAIN,
            "cilium (DaemonSet team-a/cilium) looks like an agent, and team-a is no place",
            id="a look-alike in a namespace of a team",
        ),
        pytest.param(
            facts(CNS),
            replace(AKS, labels=(*AKS.labels, ("kubernetes.azure.com/network-policy", "azure"))),
            "AKS says that the node's policies are the affair of azure, which was not found",
            id="the label speaks of an engine that is not there",
        ),
        pytest.param(
            facts(replace(GKE_CALICO, node_selector=(("projectcalico.org/ds-ready", "true"),))),
            GKE,
            "no pod of calico (DaemonSet kube-system/calico-node) is on the node",
            id="the add-on is not on this node",
        ),
    ],
)
def test_what_is_not_known_is_unknown_and_says_why(plane: PlaneFacts, on: Node, why: str) -> None:
    ruling = judged(Seen(plane), on).whole

    assert UNKNOWN is ruling.enforced
    assert ruling.why.startswith(why)


@pytest.mark.parametrize(
    "changes, why",
    [
        pytest.param({"data_plane": Unseen("403")}, "403", id="the agents"),
        pytest.param({"nodes": Unseen("403")}, "the nodes were not seen: 403", id="the nodes"),
    ],
)
def test_a_read_that_failed_is_no_verdict(changes: dict[str, Unseen], why: str) -> None:
    whole = {"data_plane": Seen(facts(CALICO)), "nodes": Seen((PLAIN,))}
    found = enforcement_of(cluster(**{**whole, **changes}, taken_at=TODAY))

    assert Ruling(UNKNOWN, why) == found.whole
    assert Ruling(UNKNOWN, why) == found.of(pod("shop/web", node="n1"))


def test_a_cluster_is_enforced_in_part_where_some_of_its_nodes_are_not_covered() -> None:
    found = judged(Seen(facts(VPC_ON, vpc_cni=SWITCHED)), EC2, FARGATE, EC2_WINDOWS)

    assert PARTLY is found.whole.enforced
    assert {"(no pool) (windows)": NO, "blue": YES, "fargate": NO} == {
        pool.name: pool.ruling.enforced for pool in found.pools
    }
    assert found.whole.why.endswith("; and 1 more reasons")


def test_nodes_are_told_by_the_pods_of_an_agent_that_is_not_on_all_of_them() -> None:
    agent = ObjectRef("DaemonSet", "calico-system", "calico-node")
    there = replace(host("calico-system/calico-node-1", "10.0.0.1", "n1"), owner=agent)
    plane = Seen(facts(replace(CALICO, ready=1, desired=1)))
    found = judged(plane, PLAIN, node("n2"), pods=(there,))

    assert YES is found.by_node["n1"].enforced
    assert UNKNOWN is found.by_node["n2"].enforced
    assert UNKNOWN is found.whole.enforced


def test_the_verdict_on_a_pod_is_that_on_its_node() -> None:
    found = judged(Seen(facts(VPC_ON, vpc_cni=SWITCHED)), EC2, FARGATE)
    owned = replace(pod("shop/web", node="n1"), owner=ObjectRef("Deployment", "shop", "web"))

    assert YES is found.of(owned).enforced
    assert "eks-fargate" == found.of(replace(owned, node="f1")).row
    assert PARTLY is found.of(replace(owned, node="")).enforced
    assert UNKNOWN is found.of(replace(owned, node="gone")).enforced
    assert NO is found.of(replace(owned, host_network=True)).enforced


def test_a_bare_pod_is_a_case_of_its_own_on_the_vpc_cni_alone() -> None:
    bare = pod("shop/debug", node="n1")

    assert "vpc-cni-bare-pod" == judged(Seen(facts(VPC_ON, vpc_cni=SWITCHED)), EC2).of(bare).row
    assert YES is judged(Seen(facts(CALICO)), EC2).of(bare).enforced
    assert NO is judged(Seen(facts(VPC_OFF, vpc_cni="")), EC2).of(bare).enforced


def test_several_pods_together_are_judged_by_all_of_them() -> None:
    found = judged(Seen(facts(VPC_ON, vpc_cni=SWITCHED)), EC2)
    owned = replace(pod("shop/web", node="n1"), owner=ObjectRef("Deployment", "shop", "web"))

    assert YES is found.over([owned, owned]).enforced
    assert UNKNOWN is found.over([owned, pod("shop/debug", node="n1")]).enforced
    assert found.whole is found.over([])


def test_a_window_at_the_start_of_a_pod_is_said() -> None:
    strict = daemon_set("kube-system/aws-node", f"{CNI} NETWORK_POLICY_ENFORCING_MODE=strict", ON)
    standard = judged(Seen(facts(VPC_ON, vpc_cni=SWITCHED)), EC2).whole.caveats

    assert ["in standard mode"] == [each[:16] for each in standard]
    assert () == judged(Seen(facts(strict, vpc_cni=SWITCHED)), EC2).whole.caveats


def test_where_there_is_no_node_the_next_one_is_judged() -> None:
    found = judged(Seen(facts(CALICO)))

    assert YES is found.whole.enforced
    assert () == found.pools


@pytest.mark.parametrize(
    "parts, whole",
    [
        pytest.param([], UNKNOWN, id="nothing"),
        pytest.param([YES, YES], YES, id="all"),
        pytest.param([NO, NO], NO, id="none"),
        pytest.param([YES, NO], PARTLY, id="some"),
        pytest.param([YES, NO, UNKNOWN], PARTLY, id="some, and some not known"),
        pytest.param([YES, UNKNOWN], UNKNOWN, id="perhaps all"),
        pytest.param([NO, UNKNOWN], UNKNOWN, id="perhaps none"),
        pytest.param([PARTLY, UNKNOWN], PARTLY, id="a part of a part"),
    ],
)
def test_parts_make_a_whole(parts: list[Enforced], whole: Enforced) -> None:
    assert whole is together(Ruling(part, "") for part in parts)


@pytest.mark.parametrize(
    "tag, version",
    [
        ("v1.18.2-eksbuild.1", (1, 18, 2)),
        ("2.8.1", (2, 8, 1)),
        ("v20250512-df8de77b", (20250512,)),
        ("latest", None),
        ("", None),
    ],
)
def test_a_version_is_what_a_tag_begins_with(tag: str, version: tuple[int, ...] | None) -> None:
    assert version == version_of(tag)


def test_the_planes_are_told_with_their_versions() -> None:
    found = judged(Seen(facts(VPC_ON, vpc_cni=SWITCHED)), EC2, AUTO)

    assert {Plane.VPC_CNI: "v1.21.1-eksbuild.1", Plane.EKS_AUTO: ""} == dict(found.planes)
