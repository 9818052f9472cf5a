"""The data plane as it is read: what is kept of it, and what a refusal leaves open."""

from datetime import UTC, datetime
from typing import Any

import pytest

from seawall.collect.cluster import read_cluster
from seawall.collect.plane import CONFIG_MAPS, DAEMON_SETS, KEPT_KEYS, NODE_CLASSES, VERSION
from seawall.collect.saved import load, save
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.memory_api import MemoryApi
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey
from seawall.model.enforcement import Container, NodeClass, PlaneFacts, Settings
from seawall.model.errors import Refused
from seawall.model.sight import Seen, Sight, Unseen

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCANNER = User("scanner", READER_GRANTS, "t")
CILIUM_CONFIG = f"{CONFIG_MAPS}/cilium-config"
VPC_CNI_CONFIG = f"{CONFIG_MAPS}/amazon-vpc-cni"

Json = dict[str, Any]


def obj(kind: str, name: str, home: str = "", version: str = "v1", **members: object) -> Json:
    metadata = {"name": name, **({"namespace": home} if home else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **members}


def daemon(name: str, *containers: Json, home: str = "kube-system", **spec: object) -> Json:
    template = {"spec": {"containers": list(containers), **spec}}
    status = {"desiredNumberScheduled": 3, "numberReady": 2}
    return obj("DaemonSet", name, home, "apps/v1", spec={"template": template}, status=status)


AWS_NODE = daemon(
    "aws-node",
    {
        "name": "aws-node",
        "image": "602.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.21.1@sha256:abc",
        "env": [
            {"name": "NETWORK_POLICY_ENFORCING_MODE", "value": "strict"},
            {"name": "AWS_SECRET_ACCESS_KEY", "value": "hunter2"},
            {"name": "CALICO_NETWORKING_BACKEND", "valueFrom": {"secretKeyRef": {"key": "k"}}},
        ],
    },
    {
        "name": "aws-eks-nodeagent",
        "image": "registry:5000/agent",
        "args": ["--enable-network-policy=true", "--token=hunter2", "-v=2"],
    },
    nodeSelector={"kubernetes.io/os": "linux"},
)
CILIUM = daemon("cilium", {"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.18.4"})
NODE = obj("Node", "n1", spec={})
AUTO = obj("Node", "n1", spec={})
AUTO["metadata"]["labels"] = {"eks.amazonaws.com/compute-type": "auto"}
BASE = (obj("Namespace", "kube-system"), obj("Namespace", "calico-system"))


def config_map(name: str, **data: str) -> Json:
    return obj("ConfigMap", name, "kube-system", data=data)


ALWAYS = config_map("cilium-config", **{"enable-policy": "always"})


def api_of(*more: Json) -> MemoryApi:
    return MemoryApi(Store([*BASE, *more]), SCANNER)


def sight(api: MemoryApi) -> Sight[PlaneFacts]:
    return read_cluster(api, ClusterKey("k"), now=NOW).data_plane


def plane(api: MemoryApi) -> PlaneFacts:
    found = sight(api)
    assert isinstance(found, Seen)
    return found.value


def test_of_an_agent_only_what_decides_is_kept() -> None:
    [found] = plane(api_of(AWS_NODE)).daemon_sets

    assert ("kube-system", "aws-node", 3, 2) == (
        found.namespace,
        found.name,
        found.desired,
        found.ready,
    )
    assert (("kubernetes.io/os", "linux"),) == found.node_selector
    assert (
        Container(
            "aws-node",
            "602.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni",
            "v1.21.1",
            env=(("NETWORK_POLICY_ENFORCING_MODE", "strict"),),
        ),
        Container(
            "aws-eks-nodeagent", "registry:5000/agent", "", (("enable-network-policy", "true"),)
        ),
    ) == found.containers
    assert "hunter2" not in repr(found)


def test_daemon_sets_that_are_no_agents_are_not_kept() -> None:
    other = daemon("fluent-bit", {"name": "fluent-bit", "image": "fluent-bit:1"})

    assert () == plane(api_of(other)).daemon_sets


def test_an_agent_is_kept_wherever_it_is() -> None:
    calico = daemon("calico-node", {"name": "calico-node"}, home="calico-system")

    assert ["calico-system"] == [each.namespace for each in plane(api_of(calico)).daemon_sets]


@pytest.mark.parametrize(
    "words, value",
    [
        pytest.param(["--run-firewall=false"], "false", id="two dashes"),
        pytest.param(["-run-firewall=false"], "false", id="one dash"),
        pytest.param(["--run-firewall"], "true", id="a switch alone"),
        pytest.param(["--run-firewall=true", "--run-firewall=false"], "false", id="the last wins"),
        pytest.param(["run-firewall=false"], None, id="no flag at all"),
        pytest.param([f"--run-firewall={'x' * 1025}"], None, id="a value nobody needs"),
    ],
)
@pytest.mark.parametrize("member", ["args", "command"])
def test_flags_are_read_as_go_reads_them(words: list[str], value: str | None, member: str) -> None:
    router = daemon("kube-router", {"name": "kube-router", member: words})
    [found] = plane(api_of(router)).daemon_sets

    assert value == found.containers[0].arg("run-firewall")


def test_of_a_config_map_only_named_keys_are_kept() -> None:
    config = config_map("cilium-config", **{"enable-policy": "never", "kvstore-opt": "hunter2"})
    found = plane(api_of(CILIUM, config)).cilium

    assert (
        Seen(Settings("cilium-config", there=True, values=(("enable-policy", "never"),))) == found
    )


def test_a_config_map_that_is_not_there_is_not_one_that_may_not_be_read() -> None:
    assert Seen(Settings("cilium-config", there=False)) == plane(api_of(CILIUM)).cilium

    api = api_of(CILIUM)
    api.instead[CILIUM_CONFIG] = Refused(403, "not allowed")

    assert Unseen("not allowed") == plane(api).cilium


def test_a_config_map_is_asked_for_only_where_an_agent_looks_at_it() -> None:
    plain, cilium, aws = api_of(), api_of(CILIUM), api_of(AWS_NODE)
    for api in (plain, cilium, aws):
        sight(api)

    assert not any(path.startswith(CONFIG_MAPS) for path in plain.asked)
    assert [CILIUM_CONFIG] == [p for p in cilium.asked if p.startswith(CONFIG_MAPS)]
    assert [VPC_CNI_CONFIG] == [p for p in aws.asked if p.startswith(CONFIG_MAPS)]


def test_node_classes_are_read_where_auto_mode_runs_nodes() -> None:
    definition = obj(
        "CustomResourceDefinition",
        "nodeclasses.eks.amazonaws.com",
        version="apiextensions.k8s.io/v1",
        spec={
            "group": "eks.amazonaws.com",
            "scope": "Cluster",
            "names": {"plural": "nodeclasses", "singular": "nodeclass", "kind": "NodeClass"},
            "versions": [{"name": "v1", "served": True, "storage": True}],
        },
    )
    kind = ("NodeClass", "default", "", "eks.amazonaws.com/v1")
    classes = (
        obj(*kind, spec={"networkPolicy": "DefaultAllow", "role": "hunter2"}),
        obj("NodeClass", "bare", "", "eks.amazonaws.com/v1"),
    )
    found = plane(api_of(AUTO, definition, *classes)).node_classes
    plain = api_of(NODE, definition, *classes)

    assert Seen((NodeClass("bare"), NodeClass("default", "DefaultAllow"))) == found
    assert isinstance(plane(plain).node_classes, Unseen)
    assert NODE_CLASSES not in plain.asked


def test_the_version_is_asked_for_where_no_agent_was_found() -> None:
    bare, with_agent = api_of(), api_of(CILIUM)

    assert Seen("v1.36.2") == plane(bare).version
    assert isinstance(plane(with_agent).version, Unseen)
    assert VERSION not in with_agent.asked


@pytest.mark.parametrize(
    "answer, why",
    [
        pytest.param(Refused(403, "not allowed"), "not allowed", id="refused"),
        pytest.param(b"[]", "malformed list at", id="no list"),
        pytest.param(
            b'{"kind":"DaemonSetList","metadata":{},"items":[{"metadata":7}]}',
            "a DaemonSet in the list at",
            id="an object that is none",
        ),
    ],
)
def test_agents_that_were_not_read_are_not_taken_for_none(
    answer: Refused | bytes, why: str
) -> None:
    api = api_of(CILIUM)
    api.instead[DAEMON_SETS] = answer
    found = sight(api)

    assert isinstance(found, Unseen)
    assert found.why.startswith(why)


@pytest.mark.parametrize(
    "path, answer",
    [
        pytest.param(VERSION, b"{}", id="no version"),
        pytest.param(VERSION, Refused(403, "not allowed"), id="version refused"),
    ],
)
def test_a_version_that_was_not_read_is_unseen(path: str, answer: Refused | bytes) -> None:
    api = api_of()
    api.instead[path] = answer

    assert isinstance(plane(api).version, Unseen)


def test_the_reader_may_get_these_config_maps_and_no_other() -> None:
    others = api_of(config_map("passwords", admin="hunter2"))

    with pytest.raises(Refused):
        others.get(f"{CONFIG_MAPS}/passwords")
    with pytest.raises(Refused):
        others.get(CONFIG_MAPS)
    for name in KEPT_KEYS:
        assert b"data" in api_of(config_map(name, key="value")).get(f"{CONFIG_MAPS}/{name}")


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param((), id="nothing"),
        pytest.param((CILIUM, ALWAYS), id="one"),
        pytest.param((AWS_NODE, AUTO), id="what could not be read"),
    ],
)
def test_a_saved_snapshot_keeps_the_facts(objects: tuple[Json, ...]) -> None:
    snapshot = read_cluster(api_of(*objects), ClusterKey("k"), now=NOW)

    assert snapshot == load(save(snapshot), "a file")
