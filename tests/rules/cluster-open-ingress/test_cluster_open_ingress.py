from collections.abc import Callable

import pytest

from seawall.judge.rules.cluster_open_ingress import RULE
from seawall.model.finding import Outcome, Verdict
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]


def peer(text: str) -> str:
    """A spec that lets one peer in to every pod."""
    return f"{{ingress: [{{from: [{text}]}}]}}"


def spaces(expression: str) -> str:
    """A spec that lets in the namespaces that one expression matches."""
    return peer(f"{{namespaceSelector: {{matchExpressions: [{{{expression}}}]}}}}")


NAME = "kubernetes.io/metadata.name"


@pytest.mark.parametrize(
    "spec, verdict",
    [
        pytest.param(peer("{namespaceSelector: {}}"), FAIL, id="every namespace"),
        pytest.param(
            peer("{namespaceSelector: {}, podSelector: {}}"),
            FAIL,
            id="every pod of every namespace",
        ),
        pytest.param(
            spaces("key: role, operator: NotIn, values: [bank]"), FAIL, id="all but some by label"
        ),
        pytest.param(
            spaces(f"key: {NAME}, operator: NotIn, values: [bank]"), FAIL, id="all but some by name"
        ),
        pytest.param(spaces("key: role, operator: DoesNotExist"), FAIL, id="all without a label"),
        pytest.param(spaces(f"key: {NAME}, operator: Exists"), FAIL, id="all that have a name"),
        pytest.param("{ingress: [{ports: [{port: 8000}]}]}", FAIL, id="a rule with ports, no from"),
        pytest.param("{ingress: [{}]}", FAIL, id="allow-all"),
        pytest.param(
            peer("{ipBlock: {cidr: 10.0.0.0/8}}"), FAIL, id="a block of the pod addresses"
        ),
        pytest.param(
            peer("{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}"),
            FAIL,
            id="the world but for link-local",
        ),
        pytest.param(
            "{ingress: [{ports: [{port: gone}]}]}", PASS, id="a named port that no pod has"
        ),
        pytest.param(
            peer("{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}"),
            PASS,
            id="the world but for the pods",
        ),
        pytest.param(peer("{ipBlock: {cidr: 203.0.113.0/24}}"), PASS, id="a block far away"),
        pytest.param(peer("{podSelector: {}}"), PASS, id="the own namespace"),
        pytest.param(
            peer(f"{{namespaceSelector: {{matchLabels: {{{NAME}: bank}}}}}}"),
            PASS,
            id="a namespace by name",
        ),
        pytest.param(
            peer("{namespaceSelector: {matchLabels: {role: bank}}}"), PASS, id="by a label"
        ),
        pytest.param(
            peer("{namespaceSelector: {}, podSelector: {matchLabels: {app: teller}}}"),
            PASS,
            id="every namespace's pods of one label",
        ),
        pytest.param("{podSelector: {}}", PASS, id="deny-all"),
    ],
)
def test_a_stranger_gets_in_or_not(shop: Shop, ask: Ask, spec: str, verdict: Verdict) -> None:
    assert verdict is ask(shop(spec), RULE).verdict


def test_a_pod_without_any_policy_is_another_rules_business(shop: Shop, ask: Ask) -> None:
    assert PASS is ask(shop(), RULE).verdict


def test_a_hole_of_one_pod_address_does_not_keep_strangers_out(shop: Shop, ask: Ask) -> None:
    almost = peer("{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.2.77/32]}}")

    assert PASS is not ask(shop(almost), RULE).verdict


def test_two_halves_of_the_pod_addresses_let_strangers_in(shop: Shop, ask: Ask) -> None:
    halves = (peer("{ipBlock: {cidr: 10.0.0.0/23}}"), peer("{ipBlock: {cidr: 10.0.2.0/23}}"))

    assert PASS is not ask(shop(*halves), RULE).verdict


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("namespaces cannot be listed", UNKNOWN),
        ("pods cannot be listed", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("served groups cannot be read", UNKNOWN),
        ("a policy here is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("an admin policy for ingress is there", UNKNOWN),
        ("a Cilium policy is here", UNKNOWN),
        ("an admin policy for egress is there", PASS),
        ("a baseline policy is there", PASS),
        ("a policy elsewhere is broken", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop("{podSelector: {}}"), how), RULE).verdict


def test_everybody_gets_in_even_where_no_namespace_was_seen(
    shop: Shop, ask: Ask, blind: Blind
) -> None:
    open_port = shop("{ingress: [{ports: [{port: 8000}]}]}")

    assert FAIL is ask(blind(open_port, "namespaces cannot be listed"), RULE).verdict


def test_the_finding_names_the_pods_and_the_rule(shop: Shop, ask: Ask) -> None:
    web = "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8000}]}]}"
    [finding] = ask(shop("{podSelector: {}}", web), RULE).findings

    assert (("shop/web-0",), "ingress") == (finding.pods, finding.facet)
    assert ["NetworkPolicy shop/p1 spec.ingress[0]"] == [str(e.where) for e in finding.evidence]
    assert "a pod of any namespace, even one not made yet, reaches shop/web-0" == finding.summary


def test_an_innocent_rule_is_no_evidence(shop: Shop, ask: Ask) -> None:
    own_and_all = "{ingress: [{from: [{podSelector: {}}]}, {from: [{namespaceSelector: {}}]}]}"
    [finding] = ask(shop(own_and_all), RULE).findings

    assert ["spec.ingress[1]"] == [each.where.path for each in finding.evidence]
