"""What the server adds to, and drops from, an object as it is stored."""

import pytest

from seawall.demo.resources import Json
from seawall.demo.store import Store

PEER: Json = {"podSelector": {}}


def stored(kind: str, spec: Json | None) -> Json:
    api_version = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
    metadata = {"name": "it", "namespace": "shop"} if kind != "Namespace" else {"name": "it"}
    obj = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
    store = Store([obj])
    (resource,) = (r for r in store.resources if r.kind == kind and r.api_version == api_version)
    (held,) = store.view(resource).items
    return held.obj


@pytest.mark.parametrize(
    "spec, wanted",
    [
        pytest.param({}, {"policyTypes": ["Ingress"]}, id="nothing said: ingress"),
        pytest.param({"egress": []}, {"policyTypes": ["Ingress"]}, id="an empty list is no rule"),
        pytest.param(
            {"egress": [{}]},
            {"policyTypes": ["Ingress", "Egress"], "egress": [{}]},
            id="a rule is, even an empty one",
        ),
        pytest.param(
            {"policyTypes": ["Egress"]}, {"policyTypes": ["Egress"]}, id="what is said stands"
        ),
        pytest.param(
            {"podSelector": {"matchLabels": {}}}, {"policyTypes": ["Ingress"]}, id="empty labels"
        ),
        pytest.param(
            {"podSelector": {"matchLabels": None}}, {"policyTypes": ["Ingress"]}, id="null labels"
        ),
        pytest.param(
            {"ingress": [{"from": [{**PEER, "namespaceSelector": None}]}]},
            {"policyTypes": ["Ingress"], "ingress": [{"from": [PEER]}]},
            id="a null namespace selector is none, not any",
        ),
        pytest.param(
            {"ingress": [{"from": [{**PEER, "namespaceSelector": {}}]}]},
            {
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [{**PEER, "namespaceSelector": {}}]}],
            },
            id="an empty namespace selector is any",
        ),
        pytest.param(
            {"ingress": [{"from": [], "ports": [{"port": 80}]}]},
            {
                "policyTypes": ["Ingress"],
                "ingress": [{"ports": [{"protocol": "TCP", "port": 80}]}],
            },
            id="no peers are dropped, a port is TCP",
        ),
    ],
)
def test_a_policy_is_stored_as_the_server_understands_it(spec: Json, wanted: Json) -> None:
    assert {"podSelector": {}, **wanted} == stored("NetworkPolicy", spec)["spec"]


def test_a_namespace_wears_its_own_name() -> None:
    labels = stored("Namespace", None)["metadata"]["labels"]

    assert labels == {"kubernetes.io/metadata.name": "it"}


def test_a_port_of_a_container_is_tcp_unless_said() -> None:
    ports = [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]

    pod = stored("Pod", {"containers": [{"name": "c", "ports": ports}]})

    (container,) = pod["spec"]["containers"]
    assert [port["protocol"] for port in container["ports"]] == ["TCP", "UDP"]


def test_an_object_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError, match="put its CustomResourceDefinition first"):
        Store([{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}}])
