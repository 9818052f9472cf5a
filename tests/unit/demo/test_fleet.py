"""The fleet as it is told: one good cluster, one wide open, one that only looks protected."""

import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from seawall.demo.asking import Asker
from seawall.demo.fleet import NAMES, Definition, DemoFleet, definition
from seawall.demo.resources import Json
from seawall.demo.store import Store

GOOD, OPEN, ILLUSORY = "gke-ledger-prod", "aks-analytics-dev", "eks-payments-prod"


@pytest.fixture(scope="module")
def clusters() -> dict[str, Definition]:
    return {name: definition(name) for name in NAMES}


def of_kind(cluster: Definition, kind: str) -> list[Json]:
    """The objects of a kind, as the server gives them."""
    store = Store(cluster.objects)
    return [
        held.obj
        for resource in store.resources
        if resource.kind == kind
        for held in store.view(resource).items
    ]


def namespaces(cluster: Definition) -> set[str]:
    return {obj["metadata"]["name"] for obj in of_kind(cluster, "Namespace")}


@pytest.mark.parametrize("name", NAMES)
def test_a_cluster_is_the_same_whenever_it_is_made(name: str) -> None:
    assert definition(name) == definition(name)


@pytest.mark.parametrize(
    "name, provider_id, agent",
    [
        pytest.param(ILLUSORY, "aws:///eu-west-1", "aws-node", id="EKS"),
        pytest.param(GOOD, "gce://ledger-prod-4471/", "anetd", id="GKE"),
        pytest.param(OPEN, "azure:///subscriptions/", "azure-cns", id="AKS"),
    ],
)
def test_a_cluster_is_true_to_its_cloud(
    clusters: dict[str, Definition], name: str, provider_id: str, agent: str
) -> None:
    nodes = of_kind(clusters[name], "Node")
    daemons = {obj["metadata"]["name"] for obj in of_kind(clusters[name], "DaemonSet")}

    assert all(node["spec"]["providerID"].startswith(provider_id) for node in nodes)
    assert agent in daemons


@pytest.mark.parametrize("name", NAMES)
def test_pods_are_those_of_a_settled_cluster(clusters: dict[str, Definition], name: str) -> None:
    pods = of_kind(clusters[name], "Pod")
    own = Counter(p["status"]["podIP"] for p in pods if not p["spec"].get("hostNetwork"))
    shared = [p for p in pods if p["spec"].get("hostNetwork")]

    assert 30 <= len(pods) <= 60
    assert own.most_common(1)[0][1] == 1
    assert shared
    assert all(p["status"]["podIP"] == p["status"]["hostIP"] for p in shared)
    assert Counter(p["status"]["phase"] for p in pods)["Succeeded"] == 1
    assert {p["metadata"]["namespace"] for p in pods} <= namespaces(clusters[name])


@pytest.mark.parametrize("name", NAMES)
def test_every_owner_is_there(clusters: dict[str, Definition], name: str) -> None:
    there = {obj["metadata"]["uid"] for obj in clusters[name].objects}

    owners = [
        owner["uid"]
        for pod in of_kind(clusters[name], "Pod")
        for owner in pod["metadata"].get("ownerReferences", ())
    ]

    assert owners
    assert set(owners) <= there


def test_no_object_of_one_cluster_has_the_identity_of_another(
    clusters: dict[str, Definition],
) -> None:
    uids = Counter(obj["metadata"]["uid"] for made in clusters.values() for obj in made.objects)

    assert [uid for uid, count in uids.items() if count > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_name_service_has_its_label_and_its_named_ports(
    clusters: dict[str, Definition], name: str
) -> None:
    servers = [
        pod
        for pod in of_kind(clusters[name], "Pod")
        if pod["metadata"]["labels"].get("k8s-app") == "kube-dns"
    ]

    assert len(servers) == 2
    for pod in servers:
        ports = [port for c in pod["spec"]["containers"] for port in c["ports"]]
        named = {port["name"]: (port["containerPort"], port["protocol"]) for port in ports}
        assert named["dns"] == (53, "UDP")
        assert named["dns-tcp"] == (53, "TCP")


def test_the_good_cluster_denies_both_directions_everywhere(
    clusters: dict[str, Definition],
) -> None:
    denying = {
        obj["metadata"]["namespace"]
        for obj in of_kind(clusters[GOOD], "NetworkPolicy")
        if obj["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }

    assert namespaces(clusters[GOOD]) == denying


def test_the_open_cluster_has_no_policy(clusters: dict[str, Definition]) -> None:
    assert of_kind(clusters[OPEN], "NetworkPolicy") == []


def test_the_illusory_cluster_has_a_policy_in_every_namespace(
    clusters: dict[str, Definition],
) -> None:
    policies = of_kind(clusters[ILLUSORY], "NetworkPolicy")

    assert namespaces(clusters[ILLUSORY]) == {obj["metadata"]["namespace"] for obj in policies}


def test_the_article_label_is_worn_by_a_partner_too(clusters: dict[str, Definition]) -> None:
    wearing = {
        obj["metadata"]["name"]
        for obj in of_kind(clusters[ILLUSORY], "Namespace")
        if obj["metadata"]["labels"].get("role") == "production"
    }

    assert {"production", "partner-integrations"} == wearing


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[DemoFleet]:
    with DemoFleet(tmp_path) as running:
        yield running


def test_the_kubeconfig_leads_to_every_cluster(fleet: DemoFleet) -> None:
    written = yaml.safe_load(fleet.kubeconfig.read_text())

    assert list(NAMES) == [context["name"] for context in written["contexts"]]
    assert [c.server.url for c in fleet.clusters] == [
        entry["cluster"]["server"] for entry in written["clusters"]
    ]


def test_the_kubeconfig_is_for_its_owner_only(fleet: DemoFleet) -> None:
    assert stat.S_IMODE(fleet.kubeconfig.stat().st_mode) == 0o600


def test_a_token_opens_its_own_cluster_only(fleet: DemoFleet) -> None:
    eks, gke, _ = fleet.clusters

    own = Asker(eks.server, eks.token).get("/api/v1/nodes").status
    other = Asker(gke.server, eks.token).get("/api/v1/nodes").status

    assert (200, 401) == (own, other)


def test_nothing_is_left_when_the_fleet_has_stopped(tmp_path: Path) -> None:
    with DemoFleet(tmp_path) as fleet:
        servers = [cluster.server for cluster in fleet.clusters]

    assert list(tmp_path.iterdir()) == []
    for server in servers:
        with pytest.raises(ConnectionRefusedError):
            Asker(server).get("/version")
