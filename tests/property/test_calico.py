"""Laws of Calico's selectors, orders and tiers, and a parser that nothing makes stumble."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.analyse.calico_world import World, gnp, tier
from tests.unit.analyse.hand_made import namespace, pod

from seawall.analyse.calico_labels import Endpoints, Sure
from seawall.analyse.sides import sides
from seawall.collect.calico import CALICO_KINDS, calico_policy
from seawall.collect.calico_selector import parsed
from seawall.model.bits import bits_of
from seawall.model.calico import (
    ALL,
    AllOf,
    AnyOf,
    CalicoAction,
    CalicoNets,
    CalicoObject,
    CalicoPolicy,
    CalicoStaged,
    CalicoTier,
    Compare,
    Expression,
    LabelTest,
    Not,
)
from seawall.model.ir import Decision
from seawall.model.peers import everybody
from seawall.model.policies import BrokenObject, Direction
from seawall.model.snapshot import Pod

KEYS = ("app", "tier", "pcns.team", "projectcalico.org/namespace", "pcsa.projectcalico.org/name")
VALUES = ("", "a", "ab", "ba", "shop", "bank", "default")
SPACES = (namespace("shop", "team=a"), namespace("bank", "team=ab"), namespace("idle"))

tests = st.one_of(
    st.builds(LabelTest, st.sampled_from(KEYS), st.just(Compare.HAS)),
    st.builds(
        LabelTest,
        st.sampled_from(KEYS),
        st.just(Compare.IN),
        st.lists(st.sampled_from(VALUES), max_size=3).map(tuple),
    ),
    st.builds(
        LabelTest,
        st.sampled_from(KEYS),
        st.sampled_from([Compare.CONTAINS, Compare.STARTS_WITH, Compare.ENDS_WITH]),
        st.sampled_from(VALUES).map(lambda value: (value,)),
    ),
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(tests, st.just(ALL)),
    lambda part: st.one_of(
        st.builds(Not, part),
        st.builds(AllOf, st.lists(part, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(part, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)
labels: st.SearchStrategy[dict[str, str]] = st.dictionaries(
    st.sampled_from(("app", "tier", "pcns.team")), st.sampled_from(VALUES)
)


def written(expression: Expression) -> str:
    """As Calico itself would write it."""
    match expression:
        case LabelTest(key, Compare.HAS):
            return f"has({key})"
        case LabelTest(key, Compare.IN, values):
            return f"{key} in {{{', '.join(map(repr, values))}}}"
        case LabelTest(key, test, values):
            return f"{key} {test} {values[0]!r}"
        case Not(of):
            return f"!({written(of)})"
        case AllOf(of):
            return f"({' && '.join(map(written, of))})" if of else "all()"
        case AnyOf(of):
            return f"({' || '.join(map(written, of))})"


def literally(expression: Expression, found: Mapping[str, str]) -> bool:
    """`Evaluate` of `libcalico-go/lib/selector/parser/ast.go`, on one set of labels."""
    match expression:
        case LabelTest(key, test, values):
            return key in found and test.holds(found[key], values)
        case Not(of):
            return not literally(of, found)
        case AllOf(of):
            return all(literally(part, found) for part in of)
        case AnyOf(of):
            return any(literally(part, found) for part in of)


def known(home: str, own: Mapping[str, str]) -> dict[str, str]:
    """All labels of a pod of the service account `default`, the inherited ones first."""
    team = {"shop": {"pcns.team": "a"}, "bank": {"pcns.team": "ab"}}.get(home, {})
    return {
        **team,
        "pcsa.projectcalico.org/name": "default",
        **own,
        "projectcalico.org/namespace": home,
    }


@given(expressions)
def test_a_selector_is_read_as_it_is_written(expression: Expression) -> None:
    assert expression == parsed(written(expression))


@given(
    expressions, st.lists(st.tuples(st.sampled_from(["shop", "bank", "idle"]), labels), max_size=6)
)
def test_sets_answer_as_every_pod_would_by_itself(
    expression: Expression, found: list[tuple[str, dict[str, str]]]
) -> None:
    pods = tuple(_pod(home, number, own) for number, (home, own) in enumerate(found))
    world = World((gnp(selector=written(expression)),), spaces=SPACES, pods=pods)

    sure = Endpoints(world.table, namespaces_seen=True).matching(expression)

    assert sure.certain == sure.perhaps
    assert {str(member) for n in sure.certain for member in world.table.members[n]} == {
        str(pods[number])
        for number, (home, own) in enumerate(found)
        if literally(expression, known(home, own))
    }


def _pod(home: str, number: int, own: dict[str, str]) -> Pod:
    made = pod(f"{home}/p{number}", f"10.0.0.{number + 1}", service_account="default")
    return replace(made, labels=tuple(sorted(own.items())))


@given(expressions)
def test_what_is_certain_is_possible_and_unread_labels_only_add_doubt(
    expression: Expression,
) -> None:
    world = World((gnp(selector=written(expression)),), spaces=SPACES)
    read = Endpoints(world.table, namespaces_seen=True).matching(expression)
    unread = Endpoints(world.table, namespaces_seen=False).matching(expression)

    assert unread.certain <= read.certain <= read.perhaps <= unread.perhaps


bits = st.sets(st.integers(0, 7)).map(bits_of)
sure = st.builds(lambda a, b: Sure(a, a | b), bits, bits)


@given(sure, sure)
def test_what_is_sure_obeys_the_laws_of_sets(a: "Sure[Any]", b: "Sure[Any]") -> None:
    whole = Sure(bits_of(range(8)), bits_of(range(8)))

    assert whole - (a & b) == (whole - a) | (whole - b)
    assert whole - (a | b) == (whole - a) & (whole - b)
    assert whole - (whole - a) == a
    assert a - b == a & (whole - b)
    assert (a - b).certain <= (a - b).perhaps


rules = st.fixed_dictionaries(
    {"action": st.sampled_from(["Allow", "Deny", "Pass", "Log"])},
    optional={
        "protocol": st.sampled_from(["TCP", "UDP", "ICMP"]),
        "source": st.fixed_dictionaries(
            {},
            optional={
                "selector": expressions.map(written),
                "notSelector": expressions.map(written),
                "nets": st.sampled_from([["10.0.0.0/31"], ["8.8.8.0/24", "10.1.0.0/16"]]),
            },
        ),
    },
)
orders = st.one_of(st.none(), st.sampled_from([1.0, 2.5, 1000.0]))


def in_tier(
    name: str, number: int, order: float | None, found: list[dict[str, Any]]
) -> CalicoObject:
    spec = {"tier": name, "ingress": found, "types": ["Ingress"]}
    return gnp(f"{name}.p{number}", **spec, **({} if order is None else {"order": order}))


def policies(name: str) -> st.SearchStrategy[tuple[CalicoObject, ...]]:
    one = st.tuples(orders, st.lists(rules, max_size=3))
    return st.lists(one, max_size=3).map(
        lambda found: tuple(in_tier(name, n, order, each) for n, (order, each) in enumerate(found))
    )


TIERS = (tier("early", 1), tier("late", 2, "Pass"))


def decisions(objects: tuple[CalicoObject, ...], all_: tuple[CalicoObject, ...]) -> Any:  # noqa: ANN401  rows by class
    """Each class's rows with these objects, in a table that is split by all of them."""
    world = World(all_)
    whole = everybody(world.table.everything)
    found = World(objects)
    found.__dict__["table"] = world.table
    return {
        number: [(r.peers, r.ports, r.decision, r.because) for r in side.rows(whole)]
        for group in sides(
            Direction.INGRESS, found.tiers(Direction.INGRESS), world.table.spans, whole
        )
        for side in group
        for number in side.subjects
    }


@given(policies("early"))
def test_the_order_in_which_policies_are_given_does_not_matter(
    early: tuple[CalicoObject, ...],
) -> None:
    found = (*TIERS, *early)

    assert decisions(found, found) == decisions(found[::-1], found)
    assert decisions(found, found) == decisions((*found, *found), found)


@given(policies("early"), policies("late"))
def test_a_later_tier_never_changes_what_an_earlier_one_decides(
    early: tuple[CalicoObject, ...], late: tuple[CalicoObject, ...]
) -> None:
    whole = (*TIERS, *early, *late)
    before, after = decisions((*TIERS, *early), whole), decisions(whole, whole)

    for number, rows in before.items():
        told = [row for row in rows if row[3]]
        later = [row for row in after[number] if row[3] and row[3][0].ref.name.startswith("early")]
        assert told == later


@given(policies("early"))
def test_what_no_rule_decides_is_dropped_where_any_policy_applies(
    early: tuple[CalicoObject, ...],
) -> None:
    found = (*TIERS, *early)
    world = World(found)

    undecided = {
        number
        for number, rows in decisions(found, found).items()
        for _, _, decision, because in rows
        if not because and decision is Decision.ALLOW
    }

    assert undecided <= set(world.table.hosts) or not early or _passes(early)


def _passes(found: Iterable[CalicoObject]) -> bool:
    rules_ = (rule for each in found if isinstance(each, CalicoPolicy) for rule in each.ingress)
    return any(rule.action is CalicoAction.PASS for rule in rules_)


words = st.sampled_from(
    ["a", "b-c", "has(a)", "has(", "all()", "global()", "(", ")", "!", "&&", "||", "==", "!=", "in",
     "not in", "contains", "starts with", "ends with", "{", "}", ",", "'x'", '"y"', "'", " ", "\t",
     "\n", "\0", "ü"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(words, max_size=25).map("".join)))
def test_a_selector_is_read_or_refused(text: str) -> None:
    try:
        found = parsed(text)
    except ValueError:
        return
    assert parsed(written(found)) == found


plain = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8),
        st.sampled_from(["Allow", "Pass", "Ingress", "TCP", "has(a)", "10.0.0.0/8", "1:2"]),
    ),
    lambda part: st.one_of(
        st.lists(part, max_size=3), st.dictionaries(st.text(max_size=5), part, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip
FIELDS = {
    "source": ("nets", "selector", "notSelector", "namespaceSelector", "serviceAccounts", "ports"),
    "rule": ("protocol", "notProtocol", "icmp", "http", "ipVersion", "wat"),
    "spec": ("tier", "order", "types", "selector", "applyOnForward", "preDNAT", "nets", "profiles",
             "expectedIPs", "defaultAction", "namespaceSelector", "serviceAccountSelector"),
}  # fmt: skip


def some(names: tuple[str, ...], **given_: "st.SearchStrategy[Any]") -> "st.SearchStrategy[Any]":
    """An object with some of these fields, most of them wrong; or no object."""
    return st.one_of(
        st.fixed_dictionaries({}, optional={**dict.fromkeys(names, plain), **given_}), plain
    )


entities = some(FIELDS["source"], selector=expressions.map(written))
any_rules = st.lists(
    some(
        FIELDS["rule"],
        action=st.sampled_from(["Allow", "Deny", "Pass", "Log", "Wat"]),
        source=entities,
        destination=entities,
    ),
    max_size=3,
)
specs = some(
    FIELDS["spec"], ingress=st.one_of(any_rules, rules.map(lambda r: [r])), egress=any_rules
)
documents = some(
    (),
    apiVersion=st.sampled_from(["projectcalico.org/v3", "crd.projectcalico.org/v1", "v9"]),
    metadata=some(("labels", "annotations", "name", "namespace"), name=st.just("n")),
    spec=specs,
)


@given(st.sampled_from(sorted(CALICO_KINDS)), documents)
def test_any_object_is_read_or_broken_and_what_is_read_compiles(kind: str, document: Any) -> None:  # noqa: ANN401  plain JSON
    found = calico_policy(kind, json.dumps(document).encode())

    assert isinstance(found, CalicoPolicy | CalicoTier | CalicoNets | CalicoStaged | BrokenObject)
    if not isinstance(found, BrokenObject):
        world = World((found, *TIERS))
        assert isinstance(world.decided("shop/web -> shop/db TCP/80"), Decision)


@given(st.sampled_from(sorted(CALICO_KINDS)), st.binary(max_size=60))
def test_any_bytes_are_read_or_broken(kind: str, raw: bytes) -> None:
    assert isinstance(calico_policy(kind, raw), CalicoStaged | BrokenObject)
