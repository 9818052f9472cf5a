"""Admin policies from JSON: what the API server refuses, what it would drop, and garbage.

Source of each limit: the CRDs of kubernetes-sigs/network-policy-api, v0.1.7 and v0.2.0.
"""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.collect.admin import admin_policy
from seawall.model.addresses import cidr
from seawall.model.admin import (
    ADMIN,
    ADMIN_KINDS,
    BASELINE,
    CLUSTER,
    AdminDomains,
    AdminNetworks,
    AdminNodes,
    AdminPods,
    AdminPolicy,
    AdminPortName,
    AdminPorts,
    AdminRule,
    AdminUnknownPeer,
)
from seawall.model.ir import Action
from seawall.model.policies import BOTH, BrokenObject, Direction, ObjectRef, Stage
from seawall.model.ports import Protocol
from seawall.model.selector import EVERYTHING, with_labels

ALL: dict[str, Any] = {"namespaces": {}}
IN: dict[str, Any] = {"action": "Deny", "from": [ALL]}
OUT: dict[str, Any] = {"action": "Deny", "to": [ALL]}
EVERYWHERE = AdminPods(EVERYTHING, EVERYTHING)


def document(kind: str, **spec: object) -> dict[str, Any]:
    """One that is valid but for what `spec` changes; None takes a field away."""
    base: dict[str, Any] = {"subject": ALL}
    if kind != BASELINE:
        base["priority"] = 1
    if kind == CLUSTER:
        base["tier"] = "Admin"
    return {"metadata": {"name": "default"}, "spec": base | spec}


def read(kind: str, **spec: object) -> AdminPolicy:
    found = admin_policy(kind, json.dumps(document(kind, **spec)).encode())
    assert isinstance(found, AdminPolicy), found
    return found


def refused(kind: str, **spec: object) -> BrokenObject:
    found = admin_policy(kind, document(kind, **spec), "a.yaml:1")
    assert isinstance(found, BrokenObject), found
    return found


@pytest.mark.parametrize(
    "kind, spec, stage, priority",
    [
        pytest.param(ADMIN, {"priority": 0}, Stage.BEFORE, 0, id="admin"),
        pytest.param(ADMIN, {"priority": 1000}, Stage.BEFORE, 1000, id="the last admin"),
        pytest.param(BASELINE, {}, Stage.AFTER, None, id="baseline"),
        pytest.param(CLUSTER, {"tier": "Admin"}, Stage.BEFORE, 1, id="cluster, admin"),
        pytest.param(CLUSTER, {"tier": "Baseline"}, Stage.AFTER, 1, id="cluster, baseline"),
    ],
)
def test_kind_and_tier_say_when_it_is_asked(
    kind: str, spec: dict[str, object], stage: Stage, priority: int | None
) -> None:
    found = read(kind, **spec)

    assert (stage, priority, EVERYWHERE) == (found.stage, found.priority, found.subject)
    assert (ObjectRef(kind, "", "default"), ()) == (found.ref, found.warnings)


def test_everything_there_is_in_a_cluster_network_policy() -> None:
    selector = {"matchLabels": {"a": "x"}}
    peers = [
        {"pods": {"namespaceSelector": selector, "podSelector": {}}},
        {"networks": ["10.1.2.3/8", "fd00::/8"]},
        {"nodes": selector},
        {"domainNames": ["*.a.example", "b.example."]},
        {"realms": ["r"]},
    ]
    protocols = [
        {"tcp": {"destinationPort": {"number": 80}}},
        {"udp": {"destinationPort": {"range": {"start": 5, "end": 7}}}},
    ]
    found = read(
        CLUSTER,
        egress=[{"name": "n", "action": "Accept", "to": peers, "protocols": protocols}],
        ingress=[{**IN, "protocols": [{"destinationNamedPort": "http"}]}],
    )

    assert (
        AdminRule(
            Action.ALLOW,
            (
                AdminPods(with_labels({"a": "x"}), EVERYTHING),
                AdminNetworks(cidr("10.0.0.0/8") | cidr("fd00::/8")),
                AdminNodes(with_labels({"a": "x"})),
                AdminDomains(("*.a.example", "b.example.")),
                AdminUnknownPeer(("spec.egress[0].to[4].realms",)),
            ),
            (AdminPorts(Protocol.TCP, 80, 80), AdminPorts(Protocol.UDP, 5, 7)),
        ),
    ) == found.egress
    assert (AdminRule(Action.DENY, (EVERYWHERE,), (AdminPortName("http"),)),) == found.ingress
    (told,) = found.warnings
    assert told.startswith("spec.egress[0].to[4].realms: unknown peer")


def test_ports_of_the_old_api() -> None:
    ports = [
        {"portNumber": {"port": 80}},
        {"portNumber": {"protocol": "SCTP", "port": 1}},
        {"portRange": {"protocol": "UDP", "start": 5, "end": 7}},
        {"namedPort": "http"},
    ]

    assert (
        AdminPorts(Protocol.TCP, 80, 80),
        AdminPorts(Protocol.SCTP, 1, 1),
        AdminPorts(Protocol.UDP, 5, 7),
        AdminPortName("http"),
    ) == read(ADMIN, ingress=[{**IN, "action": "Pass", "ports": ports}]).ingress[0].ports


def _port(**port: object) -> dict[str, object]:
    return {"ingress": [{**IN, "protocols": [{"tcp": {"destinationPort": port}}]}]}


def _old_port(**port: object) -> dict[str, object]:
    return {"ingress": [{**IN, "ports": [port]}]}


def _to(*peers: object) -> dict[str, object]:
    return {"egress": [{"action": "Deny", "to": list(peers)}]}


REFUSED: dict[str, tuple[str, dict[str, object], str]] = {
    "priority below 0": (ADMIN, {"priority": -1}, "$.spec.priority"),
    "priority above 1000": (CLUSTER, {"priority": 1001}, "$.spec.priority"),
    "no priority": (CLUSTER, {"priority": None}, "$.spec.priority"),
    "priority of the wrong type": (ADMIN, {"priority": "1"}, "$.spec.priority"),
    "no subject": (ADMIN, {"subject": None}, "$.spec.subject"),
    "an empty subject": (ADMIN, {"subject": {}}, "spec.subject: "),
    "two subjects": (
        ADMIN,
        {"subject": {"namespaces": {}, "pods": {"podSelector": {}}}},
        "spec.subject: ",
    ),
    "a tier there is not": (CLUSTER, {"tier": "Top"}, "$.spec.tier"),
    "101 rules": (ADMIN, {"ingress": [IN] * 101}, "$.spec.ingress"),
    "26 rules of a cluster policy": (CLUSTER, {"egress": [OUT] * 26}, "$.spec.egress"),
    "rules that are no list": (ADMIN, {"ingress": {"a": 1}}, "$.spec.ingress"),
    "a null rule": (ADMIN, {"ingress": [None]}, "$.spec.ingress[0]"),
    "no peers": (ADMIN, {"ingress": [{"action": "Deny", "from": []}]}, "$.spec.ingress[0].from"),
    "peers left out": (CLUSTER, {"ingress": [{"action": "Deny"}]}, "$.spec.ingress[0]"),
    "26 peers": (CLUSTER, _to(*[ALL] * 26), "$.spec.egress[0].to"),
    "an empty peer": (CLUSTER, _to({}), "spec.egress[0].to[0]: "),
    "a null peer field": (CLUSTER, _to({"namespaces": None}), "spec.egress[0].to[0]: "),
    "two peers in one": (CLUSTER, _to({**ALL, "nodes": {}}), "spec.egress[0].to[0]: "),
    "an action of the other API": (CLUSTER, {"ingress": [{**IN, "action": "Allow"}]}, "action"),
    "a Pass in the baseline": (BASELINE, {"ingress": [{**IN, "action": "Pass"}]}, "action"),
    "a long rule name": (CLUSTER, {"ingress": [{**IN, "name": "n" * 101}]}, "name"),
    "no networks": (CLUSTER, _to({"networks": []}), "networks"),
    "26 networks": (CLUSTER, _to({"networks": [f"10.{n}.0.0/16" for n in range(26)]}), "networks"),
    "no CIDR": (CLUSTER, _to({"networks": ["10.0.0.1"]}), "networks[0]: "),
    "a mapped CIDR": (CLUSTER, _to({"networks": ["::ffff:10.0.0.0/104"]}), "networks[0]: "),
    "one network twice": (CLUSTER, _to({"networks": ["10.0.0.0/8"] * 2}), "Duplicate"),
    "no domain name": (CLUSTER, _to({"domainNames": ["localhost"]}), "domainNames[0]: "),
    "a star inside": (CLUSTER, _to({"domainNames": ["a.*.example"]}), "domainNames[0]: "),
    "a bad label key": (CLUSTER, _to({"nodes": {"matchLabels": {"/x": "y"}}}), "nodes"),
    "a null label": (CLUSTER, _to({"nodes": {"matchLabels": {"x": None}}}), "nodes"),
    "a bad operator": (
        CLUSTER,
        _to({"namespaces": {"matchExpressions": [{"key": "a", "operator": "Like"}]}}),
        "namespaces.matchExpressions[0].operator",
    ),
    "port 0": (CLUSTER, _port(number=0), "number"),
    "a port above the last": (CLUSTER, _port(number=65536), "number"),
    "an empty port": (CLUSTER, _port(), "destinationPort: "),
    "a number and a range": (CLUSTER, _port(number=1, range={"start": 1, "end": 2}), "one field"),
    "a range of one": (CLUSTER, _port(range={"start": 5, "end": 5}), "less than End"),
    "a protocol without a port": (
        CLUSTER,
        {"ingress": [{**IN, "protocols": [{"tcp": {}}]}]},
        "protocols[0].tcp",
    ),
    "no protocols": (CLUSTER, {"ingress": [{**IN, "protocols": []}]}, "protocols"),
    "an empty protocol": (CLUSTER, {"ingress": [{**IN, "protocols": [{}]}]}, "protocols[0]"),
    "a nameless port": (
        CLUSTER,
        {"ingress": [{**IN, "protocols": [{"destinationNamedPort": ""}]}]},
        "destinationNamedPort",
    ),
    "an old port of two kinds": (ADMIN, _old_port(namedPort="a", portNumber={"port": 1}), "one"),
    "an old port of a strange protocol": (
        ADMIN,
        _old_port(portNumber={"port": 1, "protocol": "ICMP"}),
        "protocol",
    ),
    "an old range upside down": (ADMIN, _old_port(portRange={"start": 2, "end": 1}), "less than"),
    "101 old ports": (ADMIN, {"ingress": [{**IN, "ports": [{"namedPort": "a"}] * 101}]}, "ports"),
    "no old ports": (ADMIN, {"ingress": [{**IN, "ports": []}]}, "ports"),
}


@pytest.mark.parametrize(
    "kind, spec, told", [pytest.param(*case, id=name) for name, case in REFUSED.items()]
)
def test_what_the_api_server_refuses_is_broken(
    kind: str, spec: dict[str, object], told: str
) -> None:
    found = refused(kind, **spec)

    assert (ObjectRef(kind, "", "default"), "a.yaml:1") == (found.ref, found.origin)
    assert told in " ".join(found.problems)


@pytest.mark.parametrize(
    "kind, spec, directions, stage",
    [
        pytest.param(ADMIN, {"priority": -1, "ingress": [IN]}, {"ingress"}, "before", id="in"),
        pytest.param(ADMIN, {"priority": -1, "egress": [OUT]}, {"egress"}, "before", id="out"),
        pytest.param(ADMIN, {"priority": -1}, set(), "before", id="without rules"),
        pytest.param(BASELINE, {"ingress": 7}, {"ingress"}, "after", id="unreadable rules"),
        pytest.param(CLUSTER, {"tier": "Baseline", "priority": 9999}, set(), "after", id="tier"),
        pytest.param(CLUSTER, {"tier": "?", "ingress": [IN]}, {"ingress"}, "before", id="no tier"),
        pytest.param(ADMIN, {"priority": -1, "both": [IN]}, set(BOTH), "before", id="unknown"),
    ],
)
def test_a_broken_one_touches_no_more_than_it_could(
    kind: str, spec: dict[str, object], directions: set[str], stage: str
) -> None:
    found = refused(kind, **spec)

    assert directions == set(map(str, found.directions))
    assert stage == str(found.stage)
    assert not found.binds_hosts


@pytest.mark.parametrize("name", ["other", "default-2", None])
def test_the_baseline_has_one_name(name: str | None) -> None:
    wrong = {**document(BASELINE), "metadata": {"name": name, "generateName": "default"}}
    found = admin_policy(BASELINE, wrong)

    assert isinstance(found, BrokenObject)
    assert 'metadata.name="default"' in found.problems[0]


def test_one_without_a_name_is_refused_and_one_with_a_strange_name_is_told_of() -> None:
    nameless = admin_policy(ADMIN, {**document(ADMIN), "metadata": {}})
    strange = admin_policy(ADMIN, {**document(ADMIN), "metadata": {"name": "It's"}})

    assert isinstance(nameless, BrokenObject)
    assert isinstance(strange, AdminPolicy)
    assert ["metadata.name"] == [each.partition(":")[0] for each in strange.warnings]


@pytest.mark.parametrize(
    "spec, path",
    [
        pytest.param(
            {"ingress": [{**IN, "ports": [{"namedPort": "a"}]}]}, "spec.ingress[0].ports", id="rule"
        ),
        pytest.param(
            {"ingress": [{**IN, "protocols": [{"icmp": {}}]}]},
            "spec.ingress[0].protocols[0].icmp",
            id="protocol",
        ),
        pytest.param(
            {"ingress": [{**IN, "from": [{**ALL, "zone": "z"}]}]},
            "spec.ingress[0].from[0].zone",
            id="beside a peer",
        ),
        pytest.param(
            {"ingress": [{**IN, "from": [{"namespaces": {"matchNames": ["n"]}}]}]},
            "spec.ingress[0].from[0].namespaces.matchNames",
            id="selector",
        ),
    ],
)
def test_a_field_nobody_knows_makes_its_rule_unread(spec: dict[str, object], path: str) -> None:
    found = read(CLUSTER, **spec)

    assert (path,) == found.ingress[0].unread
    assert [path] == [each.partition(":")[0] for each in found.warnings]


def test_a_field_nobody_knows_outside_the_rules_makes_all_unread() -> None:
    assert ("spec.when",) == read(CLUSTER, when="now").unread
    assert ("spec.subject.accounts",) == read(ADMIN, subject={"accounts": ["a"]}).unread
    assert ("spec.priority",) == read(BASELINE, priority=3).unread


def test_what_older_releases_take_is_read_and_told() -> None:
    peer: dict[str, Any] = {"pods": {"namespaceSelector": {}}}
    named = {"action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}], "ports": [{"namedPort": "a"}]}
    found = read(ADMIN, egress=[{**OUT, "to": [peer]}, named])

    assert (EVERYWHERE,) == found.egress[0].peers
    assert [
        "spec.egress[0].to[0].pods.podSelector: Required value; read as everything",
        "spec.egress[1]: Invalid value: networks, nodes and domainNames have no named ports",
    ] == list(found.warnings)


def test_what_a_word_says_is_not_repeated_at_length() -> None:
    (problem,) = refused(CLUSTER, tier="x" * 100_000).problems

    assert len(problem) <= 500


@pytest.mark.parametrize("kind", ADMIN_KINDS)
@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000],
    ids=["nothing", "null", "list", "number", "text", "cut", "bytes", "deep lists", "deep objects"],
)
def test_what_is_no_object_is_broken_everywhere(kind: str, raw: bytes) -> None:
    found = admin_policy(kind, raw)

    assert isinstance(found, BrokenObject)
    assert (BOTH, ObjectRef(kind, "", "")) == (found.directions, found.ref)


# Anything at all

KEYS = (
    "action from to ports protocols namespaces pods namespaceSelector podSelector networks nodes",
    "domainNames matchLabels matchExpressions key operator values tcp udp destinationPort number",
    "range start end destinationNamedPort portNumber namedPort portRange protocol port name x",
)
WORDS = ("Allow", "Accept", "Deny", "Pass", "TCP", "10.0.0.0/8", "a.example", "In", "a", "", "\x00")
keys = st.sampled_from([key for line in KEYS for key in line.split(" ")])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.text(max_size=5),
)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(keys | st.text(max_size=3), inner, max_size=4),
    ),
    max_leaves=12,
)
RANGE = {"destinationPort": {"range": {"start": 1, "end": 2}}}
LABELLED = {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
RICH = document(
    CLUSTER,
    subject={"pods": {"namespaceSelector": {"matchLabels": {"a": "x"}}, "podSelector": {}}},
    ingress=[{**IN, "protocols": [{"tcp": RANGE}]}],
    egress=[
        {**OUT, "to": [{"networks": ["10.0.0.0/8"]}, {"nodes": {}}, {"domainNames": ["a.b"]}]},
        {
            **OUT,
            "to": [
                {
                    "pods": {
                        "podSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}
                    }
                }
            ],
            "protocols": [
                {"destinationNamedPort": "http"},
                {"udp": {"destinationPort": {"number": 5}}},
            ],
        },
    ],
)
OLD = document(
    ADMIN,
    ingress=[{**IN, "ports": [{"portNumber": {"port": 1}}, {"namedPort": "a"}]}],
    egress=[{**OUT, "ports": [{"portRange": {"start": 1, "end": 2, "protocol": "UDP"}}]}],
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A good one, in which some places hold something else, or nothing, or one thing more."""
    found: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from((RICH, OLD)))))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = found
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys)) if keys else None
            if key is None or not isinstance(place[key], dict | list) or draw(st.booleans()):
                break
            place = place[key]
        if isinstance(place, dict):
            place[key if key and draw(st.booleans()) else draw(st.sampled_from(KEYS))] = draw(
                values
            )
        else:
            place.append(draw(values))
    return found


def _stays_itself(kind: str, found: AdminPolicy | BrokenObject) -> None:
    assert kind == (found.kind if isinstance(found, AdminPolicy) else found.ref.kind)
    if isinstance(found, AdminPolicy):
        assert found == msgspec.json.decode(msgspec.json.encode(found), type=AdminPolicy)
        assert all(rule.peers for each in Direction for rule in found.rules(each))


@given(st.sampled_from(ADMIN_KINDS), mutated())
def test_a_mutated_object_never_raises(kind: str, raw: dict[str, Any]) -> None:
    _stays_itself(kind, admin_policy(kind, raw))
    _stays_itself(kind, admin_policy(kind, json.dumps(raw).encode()))


@given(st.sampled_from(ADMIN_KINDS), values, values)
def test_no_object_ever_raises(kind: str, metadata: object, spec: object) -> None:
    _stays_itself(kind, admin_policy(kind, {"metadata": metadata, "spec": spec}))


@given(st.sampled_from(ADMIN_KINDS), st.integers(0, 2000), st.binary(max_size=4))
def test_no_bytes_ever_raise(kind: str, place: int, other: bytes) -> None:
    good = json.dumps(RICH).encode()
    _stays_itself(kind, admin_policy(kind, good[:place] + other + good[place + len(other) :]))
