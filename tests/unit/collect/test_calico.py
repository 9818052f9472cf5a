"""Calico's objects from JSON: what is read, what is refused, and what a refusal concerns."""

import json
from typing import Any

import pytest

from seawall.collect.calico import CALICO_KINDS, calico_policy
from seawall.collect.calico_selector import DEEPEST, parsed, parsed_namespaces
from seawall.model.addresses import Family, cidr
from seawall.model.calico import (
    ALL,
    NETWORK_POLICY,
    AllOf,
    AnyOf,
    CalicoAction,
    CalicoNets,
    CalicoPolicy,
    CalicoPorts,
    CalicoStaged,
    CalicoTier,
    Compare,
    LabelTest,
    Not,
)
from seawall.model.ir import AtEnd
from seawall.model.policies import BOTH, BrokenObject, Direction, ObjectRef
from seawall.model.ports import Protocol

A, B = LabelTest("a", Compare.IN, ("x",)), LabelTest("b", Compare.HAS)
GLOBAL = "GlobalNetworkPolicy"


def read(kind: str, spec: object, **metadata: Any) -> object:  # noqa: ANN401  plain JSON
    document = {
        "apiVersion": "projectcalico.org/v3",
        "kind": kind,
        "metadata": {"name": "n", **metadata},
        "spec": spec,
    }
    return calico_policy(kind, json.dumps(document).encode(), "file.yaml:1")


def policy(**spec: object) -> CalicoPolicy:
    found = read(GLOBAL, spec)
    assert isinstance(found, CalicoPolicy), found
    return found


def problem(kind: str, spec: object, **metadata: Any) -> str:  # noqa: ANN401  plain JSON
    found = read(kind, spec, **metadata)
    assert isinstance(found, BrokenObject), found
    return found.problems[0]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", ALL),
        (" \t", ALL),
        ("all()", ALL),
        ("all( )", ALL),
        ("global()", ALL),
        ("a == 'x'", A),
        ('a=="x"', A),
        ("a != 'x'", Not(A)),
        ("has(b)", B),
        ("has( b )", B),
        ("!has(b)", Not(B)),
        ("! ! has(b)", B),
        ("!a != 'x'", Not(Not(A))),
        ("a in {'x'}", A),
        ("a in {'x',}", A),
        ("a not in {'x'}", Not(A)),
        ("a notin{'x'}", Not(A)),
        ("a in {}", LabelTest("a", Compare.IN)),
        ("a contains 'x'", LabelTest("a", Compare.CONTAINS, ("x",))),
        ("a starts with 'x'", LabelTest("a", Compare.STARTS_WITH, ("x",))),
        ("a startswith 'x'", LabelTest("a", Compare.STARTS_WITH, ("x",))),
        ("a ends  with 'x'", LabelTest("a", Compare.ENDS_WITH, ("x",))),
        ("a == 'x' && has(b)", AllOf((A, B))),
        ("a == 'x' || has(b)", AnyOf((A, B))),
        ("a=='x'&&has(b)||has(b)", AnyOf((AllOf((A, B)), B))),
        ("a == 'x' && (has(b) || has(b))", AllOf((A, AnyOf((B, B))))),
        ("((has(b)))", B),
        ("!(has(b))", Not(B)),
        ("in in {'in'}", LabelTest("in", Compare.IN, ("in",))),
        ("has == 'x'", LabelTest("has", Compare.IN, ("x",))),
        ("all == 'x'", LabelTest("all", Compare.IN, ("x",))),
        ("a.b/c_d-e == 'x'", LabelTest("a.b/c_d-e", Compare.IN, ("x",))),
        ('a == "it\'s"', LabelTest("a", Compare.IN, ("it's",))),
        ("a == '&& || )'", LabelTest("a", Compare.IN, ("&& || )",))),
        (f"{'(' * DEEPEST}has(b){')' * DEEPEST}", B),
        (" && ".join(["has(b)"] * 1000), AllOf((B,) * 1000)),
        ("!" * 100_000 + "has(b)", B),
    ],
)
def test_selectors_are_read(text: str, expected: object) -> None:
    assert expected == parsed(text)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "a ==",
        "a == x",
        "a = 'x'",
        "a == 'x",
        "== 'x'",
        "a in 'x'",
        "a in {x}",
        "a in {'x' 'y'}",
        "a in {'x'",
        "a not 'x'",
        "a not in",
        "a starts 'x'",
        "a like 'x'",
        "has()",
        "has(a",
        "has('a')",
        "all(",
        "all(a)",
        "a == 'x' &&",
        "a == 'x' & has(b)",
        "a == 'x' | has(b)",
        "a == 'x' has(b)",
        "|| has(b)",
        "(has(b)",
        "has(b))",
        "()",
        "!",
        "a\n== 'x'",
        "a == 'x'\n",
        "ä == 'x'",
        "a == 'x'; b",
        f"{'(' * (DEEPEST + 1)}has(b){')' * (DEEPEST + 1)}",
        "(" * 100_000,
    ],
)
def test_what_calico_would_refuse_is_no_selector(text: str) -> None:
    with pytest.raises(ValueError, match="selector, before character"):
        parsed(text)


def test_keys_get_a_prefix_and_all_means_any_namespace() -> None:
    anywhere = LabelTest("projectcalico.org/namespace", Compare.HAS)

    assert LabelTest("pcns.b", Compare.HAS) == parsed("has(b)", "pcns.")
    assert anywhere == parsed_namespaces("all()", "pcns.")
    assert Not(anywhere) == parsed_namespaces("global()", "pcns.")


def test_a_network_policy_is_told_from_kubernetes() -> None:
    found = read("NetworkPolicy", {"selector": "has(b)", "order": 7}, namespace="shop")

    assert isinstance(found, CalicoPolicy)
    assert ObjectRef(NETWORK_POLICY, "shop", "n") == found.ref
    assert (
        AllOf((LabelTest("projectcalico.org/namespace", Compare.IN, ("shop",)), B)) == found.subject
    )
    assert ("default", 7.0, "file.yaml:1") == (found.tier, found.order, found.origin)


def test_a_rule_is_read() -> None:
    found = policy(
        types=["Egress"],
        egress=[
            {
                "action": "Pass",
                "protocol": "UDP",
                "ipVersion": 6,
                "destination": {
                    "nets": ["fd00::1", "10.1.2.3/8"],
                    "notPorts": [5, "http", "7:9"],
                    "notSelector": "has(b)",
                },
            }
        ],
    )
    (rule,) = found.rules(Direction.EGRESS)

    assert (CalicoAction.PASS, Protocol.UDP, Family.V6) == (rule.action, rule.protocol, rule.family)
    assert cidr("fd00::1") | cidr("10.0.0.0/8") == rule.destination.nets
    assert CalicoPorts(((5, 5), (7, 9)), ("http",)) == rule.destination.not_ports
    assert B == rule.destination.excluded
    assert found.rules(Direction.INGRESS) == ()


@pytest.mark.parametrize(
    "spec, order, at_end",
    [
        ({}, None, AtEnd.DENY),
        (None, None, AtEnd.DENY),
        ({"order": 3.5}, 3.5, AtEnd.DENY),
        ({"defaultAction": "Deny"}, None, AtEnd.DENY),
        ({"defaultAction": "Pass", "order": None}, None, AtEnd.PASS),
    ],
)
def test_a_tier_is_read(spec: object, order: float | None, at_end: AtEnd) -> None:
    assert CalicoTier(ObjectRef("Tier", "", "n"), order, at_end, "file.yaml:1") == read(
        "Tier", spec
    )


@pytest.mark.parametrize("kind", ["NetworkSet", "GlobalNetworkSet"])
def test_a_set_is_read(kind: str) -> None:
    found = read(kind, {"nets": ["10.0.0.0/8", "1.2.3.4"]}, labels={"a": "x", "b": None})

    assert isinstance(found, CalicoNets)
    assert cidr("10.0.0.0/8") | cidr("1.2.3.4") == found.addresses
    assert (("a", "x"), ("b", "")) == found.labels
    assert ("default" if kind == "NetworkSet" else "") == found.ref.namespace


@pytest.mark.parametrize("kind", sorted(each for each in CALICO_KINDS if each.startswith("Staged")))
def test_what_is_staged_is_never_broken(kind: str) -> None:
    assert isinstance(read(kind, {"ingress": 7}), CalicoStaged)
    assert isinstance(calico_policy(kind, b"nonsense"), CalicoStaged)


ALLOW = {"action": "Allow"}
REFUSED = {
    "an action that is none": ({"ingress": [{"action": "Reject"}]}, "spec.ingress[0]: Invalid"),
    "no action": ({"egress": [ALLOW, {}]}, "spec.egress[1]: Object missing"),
    "null is no rule": ({"egress": [None]}, "spec.egress[0]: Object missing"),
    "a rule that is no object": ({"ingress": [7]}, "Expected `object | null`, got `int`"),
    "a selector": ({"selector": "a = 'x'"}, "selector, before character 2"),
    "a selector that is no text": ({"selector": 7}, "Expected `str | null`, got `int`"),
    "global() of a policy": ({"selector": "global()"}, "global() belongs"),
    "a selector of a rule": (
        {"ingress": [{**ALLOW, "source": {"selector": "("}}]},
        "spec.ingress[0]: selector, before character 2",
    ),
    "global() of a rule's selector": (
        {"ingress": [{**ALLOW, "source": {"selector": "global()"}}]},
        "global() belongs in a namespaceSelector",
    ),
    "types": ({"types": ["Both"]}, "Invalid enum value 'Both'"),
    "an order that is no number": ({"order": "1"}, "Expected `float | null`, got `str`"),
    "an order that is a truth value": ({"order": True}, "Expected `float | null`, got `bool`"),
    "ports without a protocol": (
        {"ingress": [{**ALLOW, "destination": {"ports": [80]}}]},
        "ports need the protocol",
    ),
    "ports of ICMP": (
        {"ingress": [{**ALLOW, "protocol": "ICMP", "source": {"notPorts": [80]}}]},
        "ports need the protocol",
    ),
    "a port that is too large": (
        {"ingress": [{**ALLOW, "protocol": "TCP", "destination": {"ports": [65536]}}]},
        "65536:65536 is no range within 0:65535",
    ),
    "a range that ends before it begins": (
        {"ingress": [{**ALLOW, "protocol": "TCP", "destination": {"ports": ["9:8"]}}]},
        "9:8 is no range",
    ),
    "a port with a blank": (
        {"ingress": [{**ALLOW, "protocol": "TCP", "destination": {"ports": ["8 0"]}}]},
        "neither a number, a range",
    ),
    "a protocol that is none": ({"ingress": [{**ALLOW, "protocol": "GRE"}]}, "protocol: neither"),
    "a protocol number that is none": (
        {"ingress": [{**ALLOW, "protocol": 256}]},
        "between 1 and 255",
    ),
    "an IP version that is none": (
        {"ingress": [{**ALLOW, "ipVersion": 5}]},
        "Invalid enum value 5",
    ),
    "a net that is none": (
        {"ingress": [{**ALLOW, "source": {"nets": ["10.0.0.0/33"]}}]},
        "spec.ingress[0]: '10.0.0.0/33' does not appear",
    ),
    "HTTP that is denied": (
        {"ingress": [{"action": "Deny", "http": {"methods": ["GET"]}}]},
        "http: only a rule that allows",
    ),
    "HTTP over UDP": (
        {"ingress": [{**ALLOW, "protocol": "UDP", "http": {}}]},
        "http: needs the protocol TCP",
    ),
    "services and a selector": (
        {"egress": [{**ALLOW, "destination": {"services": {"name": "s"}, "selector": "all()"}}]},
        "services: stand alone",
    ),
    "preDNAT without applyOnForward": ({"preDNAT": True}, "need applyOnForward"),
    "a spec that is no object": (7, "Expected `object | null`, got `int` - at `$.spec`"),
}


@pytest.mark.parametrize("spec, expected", REFUSED.values(), ids=REFUSED.keys())
def test_what_calico_would_refuse_is_broken(spec: object, expected: str) -> None:
    assert expected in problem(GLOBAL, spec)


@pytest.mark.parametrize(
    "kind, spec, expected",
    [
        ("Tier", {"defaultAction": "Allow"}, "Invalid enum value 'Allow'"),
        ("Tier", {"wat": 1}, "spec.wat: unknown field"),
        ("NetworkSet", {"nets": ["x"]}, "'x' does not appear"),
        ("GlobalNetworkSet", {"nets": "10.0.0.0/8"}, "Expected `array | null`"),
        ("HostEndpoint", {"expectedIPs": ["node-1"]}, "'node-1' does not appear"),
    ],
)
def test_other_kinds_may_be_broken_too(kind: str, spec: object, expected: str) -> None:
    assert expected in problem(kind, spec)


@pytest.mark.parametrize("kind", sorted(each for each in CALICO_KINDS if not each.startswith("St")))
@pytest.mark.parametrize(
    "raw",
    [b"", b"7", b"[]", b"{}", b"\xff", b'{"metadata":7}', b'{"metadata":{}', b"[" * 100_000],
    ids=["empty", "a number", "a list", "bare", "no text", "no metadata", "cut", "deep"],
)
def test_what_is_no_object_is_broken(kind: str, raw: bytes) -> None:
    assert isinstance(calico_policy(kind, raw), BrokenObject)


def test_a_broken_object_concerns_no_more_than_it_says() -> None:
    one = read("NetworkPolicy", {"types": ["Egress"], "selector": "("}, namespace="shop")
    other = read(GLOBAL, {"types": ["Nothing"]})

    assert isinstance(one, BrokenObject)
    assert (ObjectRef(NETWORK_POLICY, "shop", "n"), frozenset({Direction.EGRESS}), False) == (
        one.ref,
        one.directions,
        one.binds_hosts,
    )
    assert isinstance(other, BrokenObject)
    assert (ObjectRef(GLOBAL, "", "n"), BOTH, True) == (
        other.ref,
        other.directions,
        other.binds_hosts,
    )


def test_a_namespace_that_cannot_be_makes_it_broken() -> None:
    found = read("NetworkPolicy", {}, namespace="a/b")

    assert isinstance(found, BrokenObject)
    assert not found.ref.namespace


def test_what_is_not_judged_is_warned_about() -> None:
    found = policy(wat=1, ingress=[{**ALLOW, "source": {"domains": ["a.b"], "x": 1}}])

    assert (
        "spec.wat: unknown field",
        "spec.ingress[0].source.x: not judged",
        "spec.ingress[0].source.domains: not judged",
    ) == found.warnings


def test_a_thousand_rules_and_a_thousand_ports_are_read() -> None:
    ports = [f"{each}:{each + 1}" for each in range(1, 2000, 2)]
    rule = {**ALLOW, "protocol": "TCP", "destination": {"ports": ports}}

    found = policy(ingress=[ALLOW] * 999 + [rule])
    listed = found.ingress[-1].destination.ports

    assert listed is not None
    assert (1000, 1000) == (len(found.ingress), len(listed.ranges))
