"""Which plug-in carries out which kind of policy: one that it does not is inert."""

from datetime import date

import pytest

from seawall.analyse.dataplane.kinds import KIND_ROWS, implements
from seawall.analyse.dataplane.readings import reading_of, readings_of
from seawall.model.enforcement import Enforced, Plane
from seawall.model.ir import UPSTREAM

TODAY = date(2026, 11, 24)
YES, _, NO, UNKNOWN = Enforced
ADMIN, CILIUM, CALICO = "policy.networking.k8s.io", "cilium.io", "projectcalico.org"
AWS = "networking.k8s.aws"
ANP, CNP = "AdminNetworkPolicy", "ClusterNetworkPolicy"


@pytest.mark.parametrize(
    "planes, group, kind, answer",
    [
        ({Plane.CILIUM: "v1.18.4"}, CILIUM, "CiliumNetworkPolicy", YES),
        ({Plane.CALICO: "v3.31.0"}, CILIUM, "CiliumNetworkPolicy", NO),
        ({Plane.VPC_CNI: "v1.21.1"}, CILIUM, "CiliumClusterwideNetworkPolicy", NO),
        ({Plane.AZURE_CILIUM: "v1.17.4"}, CILIUM, "CiliumNetworkPolicy", UNKNOWN),
        ({Plane.GKE_DPV2: "v1.17.7"}, CILIUM, "CiliumClusterwideNetworkPolicy", UNKNOWN),
        ({Plane.CALICO: "v3.31.0"}, CALICO, "GlobalNetworkPolicy", YES),
        ({Plane.AKS_CALICO: "v3.28.2"}, CALICO, "GlobalNetworkPolicy", UNKNOWN),
        ({Plane.GKE_CALICO: "v3.28.2"}, f"crd.{CALICO}", "NetworkPolicy", UNKNOWN),
        ({Plane.CILIUM: "v1.18.4"}, CALICO, "GlobalNetworkPolicy", NO),
        ({Plane.CALICO: "v3.28.0"}, ADMIN, ANP, NO),
        ({Plane.CALICO: "v3.29.0"}, ADMIN, ANP, YES),
        ({Plane.CALICO: "v3.31.9"}, ADMIN, ANP, YES),
        ({Plane.CALICO: "v3.32.0"}, ADMIN, ANP, NO),
        ({Plane.CALICO: "v3.31.9"}, ADMIN, CNP, NO),
        ({Plane.CALICO: "v3.32.0"}, ADMIN, CNP, YES),
        ({Plane.CALICO: "latest"}, ADMIN, ANP, UNKNOWN),
        ({Plane.OVN_KUBERNETES: ""}, ADMIN, "BaselineAdminNetworkPolicy", YES),
        ({Plane.OVN_KUBERNETES: ""}, "k8s.ovn.org", "EgressFirewall", YES),
        ({Plane.ANTREA: "v2.4.0"}, ADMIN, ANP, YES),
        ({Plane.CILIUM: "v1.18.4"}, ADMIN, ANP, NO),
        ({Plane.CILIUM: "v1.20.0"}, ADMIN, CNP, UNKNOWN),
        ({Plane.KUBE_NETWORK_POLICIES: "v1.0.0"}, ADMIN, ANP, UNKNOWN),
        ({Plane.VPC_CNI: "v1.20.4"}, AWS, CNP, NO),
        ({Plane.VPC_CNI: "v1.21.1"}, AWS, CNP, YES),
        ({Plane.VPC_CNI: "v1.21.1"}, AWS, "ApplicationNetworkPolicy", UNKNOWN),
        ({Plane.EKS_AUTO: ""}, AWS, "ApplicationNetworkPolicy", YES),
        ({Plane.VPC_CNI: "v1.21.1"}, ADMIN, ANP, NO),
        ({Plane.GKE_DPV2: ""}, "networking.gke.io", "FQDNNetworkPolicy", UNKNOWN),
        ({Plane.FLANNEL: "v0.27"}, CALICO, "NetworkPolicy", NO),
        ({Plane.FLANNEL: "v0.27", Plane.CALICO: "v3.31.0"}, CALICO, "NetworkPolicy", YES),
        ({Plane.VPC_CNI: "v1.21.1", Plane.CALICO: "v3.31.0"}, CALICO, "NetworkPolicy", UNKNOWN),
        ({}, CILIUM, "CiliumNetworkPolicy", UNKNOWN),
        ({Plane.CILIUM: "v1.18.4"}, "example.io", "Wall", UNKNOWN),
    ],
)
def test_a_kind_is_carried_out_or_inert(
    planes: dict[Plane, str], group: str, kind: str, answer: Enforced
) -> None:
    ruling = implements(planes, group, kind, TODAY)

    assert answer is ruling.enforced, ruling.why
    assert ruling.why


def test_past_its_date_the_table_is_not_believed() -> None:
    found = implements({Plane.CILIUM: "v1.18.4"}, CILIUM, "CiliumNetworkPolicy", date(2027, 12, 1))

    assert UNKNOWN is found.enforced


def test_each_row_says_where_it_is_from() -> None:
    assert all(row.source.startswith("https://") for row in KIND_ROWS)


@pytest.mark.parametrize("plane", [Plane.CILIUM, Plane.GKE_DPV2, Plane.AZURE_CILIUM])
def test_on_cilium_an_ipblock_means_no_pod(plane: Plane) -> None:
    assert not reading_of(plane).ipblock_matches_pods
    assert reading_of(plane) == readings_of([plane, Plane.AZURE, Plane.VPC_CNI])


@pytest.mark.parametrize(
    "planes",
    [
        pytest.param([], id="none found"),
        pytest.param([Plane.CALICO], id="Calico"),
        pytest.param([Plane.VPC_CNI], id="the VPC CNI alone"),
        pytest.param([Plane.CALICO, Plane.CILIUM], id="two that differ"),
    ],
)
def test_elsewhere_and_in_doubt_it_is_read_as_upstream(planes: list[Plane]) -> None:
    assert UPSTREAM == readings_of(planes)
