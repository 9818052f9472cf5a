"""Laws of Cilium policies on small random clusters, and input that must never raise."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.analyse.cilium_world import World, world

from seawall.analyse.sides import Row
from seawall.collect.cilium import KINDS, cilium_policy
from seawall.model.cilium import CiliumPolicy
from seawall.model.ir import Decision
from seawall.model.peers import everybody
from seawall.model.policies import BrokenObject, Direction

Rule = dict[str, Any]

ENTITIES = ("all", "world", "cluster", "host", "remote-node", "kube-apiserver", "none", "unmanaged")
KEYS = (
    "app",
    "k8s:env",
    "any:app",
    "io.kubernetes.pod.namespace",
    "io.cilium.k8s.namespace.labels.team",
    "io.cilium.k8s.policy.serviceaccount",
    "io.cilium.k8s.policy.cluster",
    "pod-template-hash",
    "reserved:world",
)
VALUES = ("web", "cli", "prod", "a", "b", "red", "luke", "east", "")

_labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2)
_expressions = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "key": st.sampled_from(KEYS),
                "operator": st.sampled_from(("In", "NotIn")),
                "values": st.lists(st.sampled_from(VALUES), min_size=1, max_size=2),
            }
        ),
        st.fixed_dictionaries(
            {
                "key": st.sampled_from(KEYS),
                "operator": st.sampled_from(("Exists", "DoesNotExist")),
            }
        ),
    ),
    max_size=1,
)
selectors = st.fixed_dictionaries({"matchLabels": _labels, "matchExpressions": _expressions})

_ports = st.one_of(
    st.fixed_dictionaries({"port": st.sampled_from(("0", "80", "8080", "http", "metrics"))}),
    st.fixed_dictionaries({"port": st.just("79"), "endPort": st.just(90)}),
    st.fixed_dictionaries({"port": st.just("80"), "protocol": st.sampled_from(("TCP", "ICMP"))}),
)
_to_ports = st.lists(
    st.fixed_dictionaries({"ports": st.lists(_ports, max_size=2)}), min_size=1, max_size=2
)


def _peers(side: str) -> st.SearchStrategy[Rule]:
    blocks = st.lists(st.sampled_from(("10.0.0.0/8", "192.168.0.0/16", "8.8.8.8/32")), max_size=2)
    return st.one_of(
        st.just({}),
        st.fixed_dictionaries({f"{side}Endpoints": st.lists(selectors, max_size=2)}),
        st.fixed_dictionaries({f"{side}Entities": st.lists(st.sampled_from(ENTITIES), max_size=2)}),
        st.fixed_dictionaries({f"{side}CIDR": blocks}),
        st.just({f"{side}CIDRSet": [{"cidrGroupRef": "vendors"}]}),
        st.just({"toFQDNs": [{"matchPattern": "*"}]} if side == "to" else {}),
    )


@st.composite
def rules(draw: st.DrawFn, direction: Direction) -> Rule:
    rule = dict(draw(_peers("from" if direction is Direction.INGRESS else "to")))
    if draw(st.booleans()):
        rule["toPorts"] = draw(_to_ports)
    return rule


@st.composite
def specs(draw: st.DrawFn, direction: Direction, *, deny: bool | None = None) -> Rule:
    """A spec with rules of one direction; `deny` picks the one kind of them."""
    kinds = {None: (False, True), False: (False,), True: (True,)}[deny]
    spec: Rule = {"endpointSelector": draw(selectors)}
    for denies in kinds:
        found = draw(st.lists(rules(direction), max_size=2, min_size=deny is not None))
        if denies:
            found = [{k: v for k, v in rule.items() if k != "toFQDNs"} for rule in found]
        spec[f"{direction}Deny" if denies else str(direction)] = found
    return spec


directions = st.sampled_from(tuple(Direction))
agents = st.fixed_dictionaries(
    {},
    optional={
        "version": st.sampled_from(("1.14", "1.15", "1.16", "1.17", "1.18", "1.19")),
        "cidr_matches_nodes": st.booleans(),
        "cluster_name": st.just("east"),
        "nodes_seen": st.booleans(),
        "api_server": st.just("203.0.113.7/32"),
    },
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[Direction, list[Rule], Rule]:
    """A direction, some policies of it, and settings."""
    direction = draw(directions)
    names = st.sampled_from(("a/p", "b/p", "p"))
    found = draw(st.lists(st.tuples(names, specs(direction)), max_size=3))
    return direction, [{name: spec} for name, spec in found], draw(agents)


def _rows(found: World, direction: Direction) -> Iterator[tuple[str, list[Row]]]:
    """What decides about everybody, by pod."""
    everyone = everybody(found.table.everything)
    for number, pods in enumerate(found.table.members):
        side = next(s for s in found.sides[direction] if number in s.subjects)
        for pod in pods:
            yield str(pod), list(side.rows(everyone))


def _decided(found: World, direction: Direction) -> dict[str, set[Decision]]:
    return {pod: {row.decision for row in rows} for pod, rows in _rows(found, direction)}


def _questions(direction: Direction) -> Iterator[str]:
    for pod in ("a/web", "a/dev", "b/cli"):
        for peer in ("a/cli", "b/web", "kube-system/agent", "8.8.8.8", "192.168.0.2"):
            for service in ("TCP/80", "TCP/8080", "other"):
                yield f"{direction} {pod} {peer} {service}"


def _answers(found: World, direction: Direction) -> dict[str, set[Decision]]:
    return {question: found.decisions(question) for question in _questions(direction)}


@given(situations(), st.data())
def test_a_deny_beats_every_allow(
    found: tuple[Direction, list[Rule], Rule], data: st.DataObject
) -> None:
    direction, policies, told = found
    deny = data.draw(specs(direction, deny=True))
    before = _answers(world([*policies, {"p": deny}], told), direction)
    wide = {"endpointSelector": {}, str(direction): [_everybody(direction)]}
    after = _answers(world([*policies, {"p": deny}, {"wide": wide}], told), direction)
    alone = {"endpointSelector": deny["endpointSelector"], "enableDefaultDeny": {}}
    alone |= {f"{direction}Deny": deny[f"{direction}Deny"]}
    alone["enableDefaultDeny"] = {str(direction): False}
    denied = _answers(world([{"p": alone}], told), direction)

    cut = {question for question, answer in denied.items() if answer == {Decision.DENY}}
    assert {question for question in cut if before[question] != {Decision.DENY}} == set()
    assert {question for question in cut if after[question] != {Decision.DENY}} == set()


def _everybody(direction: Direction) -> Rule:
    return {"fromEntities" if direction is Direction.INGRESS else "toEntities": ["all"]}


@given(situations(), st.data())
def test_an_allow_more_never_closes_what_is_in_default_deny(
    found: tuple[Direction, list[Rule], Rule], data: st.DataObject
) -> None:
    direction, policies, told = found
    side = "fromEntities" if direction is Direction.INGRESS else "toEntities"
    closed = {"closed": {"endpointSelector": {}, str(direction): [{side: ["none"]}]}}
    extra = {"extra": data.draw(specs(direction, deny=False))}
    before = _answers(world([closed, *policies], told), direction)
    after = _answers(world([closed, *policies, extra], told), direction)

    openness = {Decision.DENY: 0, Decision.UNKNOWN: 1, Decision.ALLOW: 2}
    worse = [
        question
        for question, answer in after.items()
        if min(map(openness.__getitem__, answer)) < min(map(openness.__getitem__, before[question]))
    ]
    assert worse == []


@given(situations())
def test_without_default_deny_nothing_but_a_deny_closes(
    found: tuple[Direction, list[Rule], Rule],
) -> None:
    direction, policies, told = found
    opened = []
    for document in policies:
        [(name, spec)] = document.items()
        kept = {key: rules for key, rules in spec.items() if key != f"{direction}Deny"}
        opened.append({name: {**kept, "enableDefaultDeny": {str(direction): False}}})

    assert all(
        Decision.DENY not in decisions
        for decisions in _decided(world(opened, told), direction).values()
    )


@given(situations())
def test_a_direction_without_rules_stays_as_it_is(
    found: tuple[Direction, list[Rule], Rule],
) -> None:
    direction, policies, told = found
    other = next(each for each in Direction if each is not direction)
    answers = _decided(world(policies, told), other)

    assert all(decisions == {Decision.ALLOW} for decisions in answers.values())


@given(situations())
def test_the_order_of_policies_does_not_matter(
    found: tuple[Direction, list[Rule], Rule],
) -> None:
    direction, policies, told = found

    assert _answers(world(policies, told), direction) == _answers(
        world(policies[::-1], told), direction
    )


@given(situations())
def test_knowing_more_of_the_agents_only_settles_what_was_unknown(
    found: tuple[Direction, list[Rule], Rule],
) -> None:
    direction, policies, told = found
    less = {key: told[key] for key in told.keys() - {"version"}}
    before = _answers(world(policies, less), direction)
    after = _answers(world(policies, told), direction)

    assert {q: a for q, a in before.items() if a <= {Decision.ALLOW, Decision.DENY}} == {
        q: after[q] for q, a in before.items() if a <= {Decision.ALLOW, Decision.DENY}
    }


# ---- input that must never raise

_scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()
_names = st.sampled_from(
    [
        *("spec", "specs", "status", "conditions", "metadata", "endpointSelector", "nodeSelector"),
        *("ingress", "egress", "ingressDeny", "egressDeny", "enableDefaultDeny"),
        *("fromEndpoints", "toEndpoints", "fromEntities", "toCIDR", "fromCIDRSet", "toFQDNs"),
        *("toServices", "k8sService", "k8sServiceSelector", "selector", "namespace"),
        *("toPorts", "ports", "port", "endPort", "protocol", "rules", "http", "dns", "listener"),
        *("icmps", "fields", "type", "family", "authentication", "mode", "serverNames"),
        *("matchLabels", "matchExpressions", "key", "operator", "values"),
        *("cidr", "except", "cidrGroupRef"),
    ]
)
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=25,
)


@st.composite
def mutated(draw: st.DrawFn) -> object:
    """A good policy in which some values are something else."""
    direction, policies, _ = draw(situations())
    spec = next(iter(policies[0].values())) if policies else draw(specs(direction))
    whole = {"metadata": {"name": "p", "namespace": "a"}, "spec": spec, "status": draw(_json)}
    return _mutate(draw, whole)


def _mutate(draw: st.DrawFn, value: Any) -> Any:  # noqa: ANN401  JSON is any
    if draw(st.integers(0, 12)) == 0:
        return draw(_json)
    if isinstance(value, dict):
        return {key: _mutate(draw, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_mutate(draw, each) for each in value]
    return value


def _is_read(kind: str, raw: bytes) -> bool:
    return isinstance(cilium_policy(kind, raw), CiliumPolicy | BrokenObject)


@given(st.sampled_from(KINDS), _json | mutated())
def test_whatever_json_comes_is_read_or_told_to_be_broken(kind: str, value: object) -> None:
    assert _is_read(kind, json.dumps(value).encode())


@given(st.sampled_from(KINDS), mutated())
def test_whatever_is_read_compiles(kind: str, value: object) -> None:
    found = cilium_policy(kind, json.dumps(value).encode())
    if isinstance(found, CiliumPolicy):
        one = World((found,), (), world([]).around)

        assert set(one.sides) == set(Direction)


@given(st.sampled_from(KINDS), st.binary(max_size=60))
def test_whatever_bytes_come_are_told_to_be_broken(kind: str, raw: bytes) -> None:
    assert _is_read(kind, raw)


def test_what_is_nested_too_deeply_is_told_to_be_broken() -> None:
    deep = b'{"spec":' * 100_000 + b"0" + b"}" * 100_000

    assert isinstance(cilium_policy(KINDS[0], deep), BrokenObject)
