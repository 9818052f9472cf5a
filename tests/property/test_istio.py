"""Laws of Istio's overlay: it changes no answer of layers 3 and 4, and only ever takes away."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.clusters import snapshots
from tests.unit.analyse.istio_world import cluster_with

from seawall.analyse.connection import End, rulings
from seawall.analyse.isolation import analyse
from seawall.analyse.istio import Control, Row, overlay_of
from seawall.collect.istio import GROUP, mesh_read
from seawall.model.addresses import ip
from seawall.model.istio import (
    NO_MESH,
    Action,
    AuthorizationPolicy,
    Mesh,
    MeshRule,
    PeerAuthentication,
    PodMesh,
    Proxy,
)
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.ports import ALL_PORTS, PortSet, Protocol, ports
from seawall.model.sight import Seen, Unseen, seen_or
from seawall.model.snapshot import Snapshot

KINDS = ("AuthorizationPolicy", "PeerAuthentication")
HOMES = ("shop", "amb", "edge", "istio-system", "plain")
PEOPLE = ("cluster.local/ns/shop/sa/cli", "*", "*/sa/cli", "corp/ns/amb/sa/cli", "cluster.local/*")

_labels = st.sampled_from(({}, {"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "cli"}}))


def _some(*words: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=2)


sources = st.one_of(
    st.fixed_dictionaries({"principals": _some(*PEOPLE)}),
    st.fixed_dictionaries({"notPrincipals": _some(*PEOPLE)}),
    st.fixed_dictionaries({"namespaces": _some("shop", "am*", "*", "a*b")}),
    st.fixed_dictionaries({"serviceAccounts": _some("cli", "amb/cli")}),
    st.fixed_dictionaries({"ipBlocks": _some("10.0.0.0/16", "8.8.8.8")}),
    st.fixed_dictionaries({"notIpBlocks": _some("10.0.1.1"), "notNamespaces": _some("shop")}),
    st.fixed_dictionaries({"requestPrincipals": _some("*")}),
)
operations = st.one_of(
    st.fixed_dictionaries({"ports": _some("80", "8080")}),
    st.fixed_dictionaries({"notPorts": _some("80"), "methods": _some("GET")}),
    st.fixed_dictionaries({"paths": _some("/a*")}),
)
conditions = st.one_of(
    st.fixed_dictionaries({"key": st.just("destination.port"), "notValues": _some("443")}),
    st.fixed_dictionaries({"key": st.just("request.headers[x]"), "values": _some("y")}),
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "from": st.lists(st.fixed_dictionaries({"source": sources}), min_size=1, max_size=2),
        "to": st.lists(st.fixed_dictionaries({"operation": operations}), min_size=1, max_size=2),
        "when": st.lists(conditions, max_size=1),
    },
)
names = st.sampled_from(("a", "b", "c"))
specs_of_policies = st.fixed_dictionaries(
    {"action": st.sampled_from(tuple(map(str, Action))), "rules": st.lists(rules, max_size=3)},
    optional={"selector": _labels},
)
modes = st.fixed_dictionaries(
    {"mode": st.sampled_from(("STRICT", "PERMISSIVE", "DISABLE", "UNSET"))}
)
specs_of_peers = st.fixed_dictionaries(
    {},
    optional={
        "mtls": modes,
        "selector": _labels,
        "portLevelMtls": st.dictionaries(st.sampled_from(("80", "443")), modes, max_size=2),
    },
)


def _read(kind: str, namespace: str, name: str, spec: object) -> Any:  # noqa: ANN401  either kind
    change = mesh_read(GROUP, "v1", kind)
    assert change is not None
    metadata = {"namespace": namespace, "name": name}
    return change(json.dumps({"metadata": metadata, "spec": spec}).encode())


policies = st.builds(
    _read, st.just(KINDS[0]), st.sampled_from(HOMES), names, specs_of_policies
).filter(lambda each: isinstance(each, AuthorizationPolicy))
peers = st.builds(_read, st.just(KINDS[1]), st.sampled_from(HOMES), names, specs_of_peers)
broken = st.builds(
    BrokenObject,
    st.builds(ObjectRef, st.sampled_from(KINDS), st.sampled_from(("", *HOMES)), names),
    st.just(("odd",)),
)
meshes = st.builds(
    Mesh,
    st.lists(peers, max_size=3).map(tuple),
    st.lists(policies, max_size=4).map(tuple),
    st.lists(broken, max_size=1).map(tuple),
)

CLUSTER = cluster_with(())
ENDS: tuple[End, ...] = (*seen_or(CLUSTER.pods, ()), ip("8.8.8.8"), ip("10.0.1.1"))
ends = st.sampled_from(ENDS)
called = st.sampled_from(seen_or(CLUSTER.pods, ()))


PORTS = (80, 443, 8080, 9999)
"""Each TCP port that anything here tells apart, and one more."""


def rows(mesh: Mesh, source: End, target: End) -> tuple[Row, ...]:
    """What Istio adds; where there is nothing of it, no control on anything."""
    found = overlay_of(replace(CLUSTER, mesh=Seen(mesh)), source, target, ALL_PORTS)
    return found.rows if found else (Row(ALL_PORTS, Control.NONE),)


def controls(mesh: Mesh, source: End, target: End) -> dict[int, Control]:
    """What becomes of each of PORTS."""
    return {
        port: row.control
        for row in rows(mesh, source, target)
        for port in PORTS
        if ports(Protocol.TCP, port) & row.ports
    }


pod_meshes = st.none() | st.builds(PodMesh, st.sampled_from(Proxy), st.booleans())


@given(snapshots(), meshes, pod_meshes)
def test_nothing_of_istio_changes_an_answer_of_layers_3_and_4(
    snapshot: Snapshot, mesh: Mesh, said: PodMesh | None
) -> None:
    pods = tuple(replace(pod, mesh=said) for pod in seen_or(snapshot.pods, ()))
    seen = snapshot if isinstance(snapshot.pods, Unseen) else replace(snapshot, pods=Seen(pods))
    without, with_it = analyse(snapshot), analyse(replace(seen, mesh=Seen(mesh)))

    for pod in without.table.pods(without.table.live):
        twin = with_it.pods_by_name[str(pod)]
        assert rulings(without, ip("8.8.8.8"), pod) == rulings(with_it, ip("8.8.8.8"), twin)
        for other in without.table.pods(without.table.live):
            twin_of_other = with_it.pods_by_name[str(other)]
            assert rulings(without, other, pod) == rulings(with_it, twin_of_other, twin)


@given(meshes, ends, called)
def test_every_port_is_told_once(mesh: Mesh, source: End, target: End) -> None:
    told = PortSet()
    for row in rows(mesh, source, target):
        assert not told & row.ports
        told |= row.ports

    assert ALL_PORTS == told


@given(meshes, ends, called, st.sampled_from(HOMES))
def test_a_deny_of_everything_beats_every_allow(
    mesh: Mesh, source: End, target: End, home: str
) -> None:
    deny = AuthorizationPolicy(home, "z", Action.DENY, (MeshRule("spec.rules[0]"),))
    before = controls(mesh, source, target)
    after = controls(replace(mesh, policies=(*mesh.policies, deny)), source, target)
    bound = home in {"istio-system", getattr(target, "namespace", "")}

    for port, control in after.items():
        expected = Control.DENIES if bound and before[port] is not Control.NONE else before[port]
        assert expected is control


@given(meshes, policies, ends, called)
def test_one_more_deny_never_opens_anything(
    mesh: Mesh, more: AuthorizationPolicy, source: End, target: End
) -> None:
    deny = AuthorizationPolicy(more.namespace, "z", Action.DENY, more.rules, more.selector)
    before = controls(mesh, source, target)
    after = controls(replace(mesh, policies=(*mesh.policies, deny)), source, target)

    for port, control in after.items():
        assert control is before[port] or control is not Control.ALLOWS
        assert before[port] is not Control.DENIES or control is Control.DENIES


@given(st.sampled_from(PEOPLE), called)
def test_a_name_proves_nothing_where_plaintext_is_taken(name: str, target: End) -> None:
    """An ALLOW by name lets nobody through for certain while PERMISSIVE."""
    spec = {"rules": [{"from": [{"source": {"principals": [name]}}]}]}
    mesh = Mesh(policies=(_read(KINDS[0], "istio-system", "p", spec),))
    for source in ENDS:
        if source != target:
            assert Control.ALLOWS not in controls(mesh, source, target).values()


@given(ends, called)
def test_without_objects_nothing_is_denied(source: End, target: End) -> None:
    assert Control.DENIES not in controls(NO_MESH, source, target).values()


plain = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8),
        st.sampled_from(["ALLOW", "STRICT", "80", "10.0.0.0/8", "*", "source.ip", "Gateway"]),
    ),
    lambda part: st.one_of(
        st.lists(part, max_size=3), st.dictionaries(st.text(max_size=5), part, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


def some(*fields: str, **known: "st.SearchStrategy[Any]") -> "st.SearchStrategy[Any]":
    """An object with some of these fields, most of them wrong; or no object."""
    return st.one_of(
        st.fixed_dictionaries({}, optional={**dict.fromkeys(fields, plain), **known}), plain
    )


odd_sources = st.one_of(sources, some("principals", "ipBlocks", "namespaces", "wat"))
odd_rules = some(
    "to", "when", **{"from": st.lists(st.one_of(some(source=odd_sources), plain), max_size=2)}
)
odd_specs = st.one_of(
    specs_of_policies,
    specs_of_peers,
    some(
        *("selector", "mtls", "portLevelMtls", "action", "targetRef", "targetRefs", "provider"),
        rules=st.one_of(st.lists(odd_rules, max_size=3), plain),
    ),
)
odd_metadata = some("labels", "annotations", "creationTimestamp", "namespace", name=names)
documents = some("status", metadata=odd_metadata, spec=odd_specs)


@given(st.sampled_from(KINDS), documents, ends, called)
def test_any_object_is_read_or_broken_and_what_is_read_is_judged(
    kind: str,
    document: Any,  # noqa: ANN401  plain JSON
    source: End,
    target: End,
) -> None:
    change = mesh_read(GROUP, "v1", kind)
    assert change is not None
    found = change(json.dumps(document).encode())
    assert isinstance(found, AuthorizationPolicy | PeerAuthentication | BrokenObject)
    mesh = Mesh(
        tuple(each for each in (found,) if isinstance(each, PeerAuthentication)),
        tuple(each for each in (found,) if isinstance(each, AuthorizationPolicy)),
        tuple(each for each in (found,) if isinstance(each, BrokenObject)),
    )

    assert set(PORTS) == controls(mesh, source, target).keys()


@given(st.sampled_from(KINDS), st.binary(max_size=60))
def test_any_bytes_are_read_or_broken(kind: str, raw: bytes) -> None:
    change = mesh_read(GROUP, "v1", kind)
    assert change is not None

    assert isinstance(change(raw), AuthorizationPolicy | PeerAuthentication | BrokenObject)
