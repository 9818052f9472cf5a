"""Istio's objects: what is read of them live and from files, and what a pod says of its proxy."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.collect.test_cluster import api_of, crd, obj, read

from seawall.collect import manifests, parse, saved, wire
from seawall.collect.istio import GROUP, mesh_read
from seawall.collect.istio_pods import pod_mesh_from
from seawall.collect.manifests import STDIN
from seawall.model.istio import (
    MESH_NOT_READ,
    NO_MESH,
    Action,
    AuthorizationPolicy,
    Mesh,
    PeerAuthentication,
    PodMesh,
    Proxy,
    Target,
)
from seawall.model.policies import BrokenObject
from seawall.model.sight import Seen, Unseen

POLICY, PEER = "AuthorizationPolicy", "PeerAuthentication"
POLICIES = f"/apis/{GROUP}/v1/authorizationpolicies"
DENY_ALL = obj(f"{GROUP}/v1", POLICY, "deny", "shop", spec={})
STRICT = obj(f"{GROUP}/v1", PEER, "strict", "shop", spec={"mtls": {"mode": "STRICT"}})
EVERYTHING = AuthorizationPolicy("shop", "deny")


def served(*versions: str) -> tuple[dict[str, Any], ...]:
    return (
        crd(GROUP, POLICY, *versions),
        crd(GROUP, PEER, *versions, plural="peerauthentications"),
    )


def mesh_in(sight: Seen[Mesh] | Unseen) -> Mesh:
    assert isinstance(sight, Seen), sight
    return sight.value


def test_a_cluster_without_istio_has_no_mesh() -> None:
    assert Seen(NO_MESH) == read(api_of()).mesh


def test_the_objects_of_a_live_cluster_are_read() -> None:
    found = mesh_in(read(api_of(*served("v1", "v1beta1"), DENY_ALL, STRICT)).mesh)

    assert (EVERYTHING,) == found.policies
    assert ["STRICT"] == [str(each.mode) for each in found.peers]
    assert [""] != [each.created for each in found.peers]


def test_the_older_version_is_read_where_it_alone_is_served() -> None:
    older = {**DENY_ALL, "apiVersion": f"{GROUP}/v1beta1"}

    assert (EVERYTHING,) == mesh_in(read(api_of(*served("v1beta1"), older)).mesh).policies


def test_a_version_that_is_not_known_alone_leaves_it_unseen() -> None:
    found = read(api_of(*served("v2")))

    assert Unseen(f"{GROUP} is not served as v1 or v1beta1") == found.mesh
    assert ("Istio's policies", f"{GROUP} is not served as v1 or v1beta1") in found.unseen


def test_one_list_that_is_broken_off_leaves_all_of_it_unseen_and_no_verdict() -> None:
    api = api_of(*served("v1"), DENY_ALL, STRICT)
    api.instead[POLICIES] = b"{}"
    found = read(api)

    assert isinstance(found.mesh, Unseen)
    assert Seen(()) == found.unmodelled
    assert isinstance(found.pods, Seen)


def test_what_is_broken_is_apart_from_what_makes_a_verdict_unknown() -> None:
    bad = {**DENY_ALL, "spec": {"rules": "none"}}
    found = read(api_of(*served("v1"), bad))

    assert () == found.broken
    [broken] = mesh_in(found.mesh).broken
    assert "spec.rules: Invalid type: must be a list" == broken.problems[0]
    assert frozenset() == broken.directions


def test_files_and_a_saved_snapshot_give_the_same_mesh() -> None:
    items = [obj("v1", "Namespace", "shop"), DENY_ALL, STRICT]
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()
    found = manifests.read([STDIN], now=read(api_of()).taken_at, stdin=content)

    assert 2 == len(mesh_in(found.mesh).policies) + len(mesh_in(found.mesh).peers)
    assert () == found.counted
    assert found == saved.load(saved.save(found), "kept")


def test_a_snapshot_that_was_saved_without_says_so() -> None:
    kept = replace(read(api_of()), mesh=MESH_NOT_READ)

    assert MESH_NOT_READ == saved.load(saved.save(kept), "kept").mesh
    assert "Istio's policies" not in dict(kept.unseen)


@pytest.mark.parametrize(
    "group, version, kind",
    [
        pytest.param(GROUP, "v1alpha1", POLICY, id="a version before"),
        pytest.param(GROUP, "v1", "RequestAuthentication", id="a kind that decides nothing here"),
        pytest.param("security.example", "v1", POLICY, id="somebody else's"),
    ],
)
def test_other_kinds_are_not_taken_for_istios(group: str, version: str, kind: str) -> None:
    assert mesh_read(group, version, kind) is None


def as_policy(spec: object) -> AuthorizationPolicy | PeerAuthentication | BrokenObject:
    change = mesh_read(GROUP, "v1", POLICY)
    assert change is not None
    return change(json.dumps({"metadata": {"name": "p", "namespace": "a"}, "spec": spec}).encode())


def test_an_action_and_targets_are_read() -> None:
    target = {"group": "g", "kind": "Gateway", "name": "front", "namespace": "a"}
    found = as_policy({"action": "AUDIT", "targetRefs": [target, target]})

    assert isinstance(found, AuthorizationPolicy)
    assert Action.AUDIT is found.action
    assert (Target("g", "Gateway", "front"),) * 2 == found.targets


@pytest.mark.parametrize(
    "spec, path",
    [
        pytest.param({"rules": [{"to": [{"operation": {"ports": ["080"]}}]}]}, "ports[0]", id="0"),
        pytest.param({"selector": {"matchLabels": {"a b": ""}}}, "spec.selector", id="label"),
        pytest.param({"action": "allow"}, "spec.action", id="lower case"),
        pytest.param({"rules": [{"when": [{"values": ["x"]}]}]}, "when[0].key", id="no key"),
        pytest.param(
            {"rules": [{"from": [{"source": {"namespaces": [""]}}]}]}, "namespaces[0]", id="empty"
        ),
    ],
)
def test_what_is_refused_says_where(spec: object, path: str) -> None:
    found = as_policy(spec)

    assert isinstance(found, BrokenObject)
    assert path in found.problems[0]


def test_a_port_of_a_mode_has_to_be_one() -> None:
    change = mesh_read(GROUP, "v1", PEER)
    assert change is not None
    found = change({"metadata": {"name": "p"}, "spec": {"portLevelMtls": {"0": {}, "80": {}}}})

    assert isinstance(found, BrokenObject)
    assert ("spec.portLevelMtls: Invalid key: must be a port number, 1 to 65535",) == found.problems


PROXY, APP = wire.ContainerName.MESH_PROXY, wire.ContainerName.OTHER


@pytest.mark.parametrize(
    "containers, first, expected",
    [
        pytest.param([APP], [], None, id="no proxy"),
        pytest.param([None], [PROXY], None, id="an init container that ends"),
        pytest.param([APP, PROXY], [], Proxy.SIDECAR, id="beside"),
        pytest.param([PROXY], [], Proxy.ALONE, id="alone"),
    ],
)
def test_the_proxy_of_a_pod(
    containers: list[wire.ContainerName | None],
    first: list[wire.ContainerName],
    expected: Proxy | None,
) -> None:
    spec = wire.PodSpec(
        containers=[wire.Container(name=each) for each in containers],
        init_containers=[wire.Container(name=each) for each in first],
    )
    found = pod_mesh_from(None, spec)

    assert expected == (found and found.proxy)


@pytest.mark.parametrize(
    "notes, expected",
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"include_in": "*"}, None, id="all ports are the default"),
        pytest.param({"include_in": ""}, PodMesh(included=()), id="no port"),
        pytest.param({"exclude_in": " 81, 80 ,80"}, PodMesh(excluded=(80, 81)), id="two ports"),
        pytest.param({"redirection": "pending"}, None, id="not captured yet"),
        pytest.param({"inject": "NO"}, PodMesh(inject=False), id="no"),
        pytest.param({"inject": "On"}, PodMesh(inject=True), id="yes in other words"),
        pytest.param({"bypass": "T"}, PodMesh(bypasses=True), id="bypass"),
        pytest.param({"interception": "none"}, PodMesh(intercepts=False), id="no interception"),
        pytest.param({"include_ranges": "*"}, None, id="all addresses"),
        pytest.param(
            {"exclude_ranges": "10.0.0.0/8"},
            PodMesh(doubts=("traffic.sidecar.istio.io/excludeOutboundIPRanges",)),
            id="addresses past the sidecar",
        ),
        pytest.param(
            {"exclude_out": "80,http"},
            PodMesh(unsent=(80,), doubts=("traffic.sidecar.istio.io/excludeOutboundPorts",)),
            id="no port",
        ),
    ],
)
def test_the_annotations_of_a_pod(notes: dict[str, str], expected: PodMesh | None) -> None:
    assert expected == pod_mesh_from(wire.MeshNotes(**notes), wire.PodSpec())


def test_pods_that_say_the_same_share_it() -> None:
    raw = wire.Pod(
        wire.Metadata(name="p", annotations=wire.MeshNotes(redirection="enabled")), wire.PodSpec()
    )
    interned = parse.Interned()
    one, two = (parse.pod_from(raw, interned) for _ in range(2))

    assert one.mesh is two.mesh
    assert PodMesh(redirected=True) == one.mesh
