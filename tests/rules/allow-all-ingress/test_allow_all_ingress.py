from collections.abc import Callable

import pytest

from seawall.judge.rules.allow_all_ingress import RULE
from seawall.model.finding import Outcome, Verdict
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]

DENY_ALL = "{podSelector: {}}"


def block(cidr: str, ports: str = "", excepts: str = "") -> str:
    """A spec that lets one block in to every pod."""
    left_out = f", except: [{excepts}]" if excepts else ""
    return (
        f"{{ingress: [{{from: [{{ipBlock: {{cidr: '{cidr}'{left_out}}}}}]"
        f"{f', ports: [{ports}]' if ports else ''}}}]}}"
    )


@pytest.mark.parametrize(
    "specs, verdict",
    [
        pytest.param(("{ingress: [{}]}",), FAIL, id="a rule that names nobody"),
        pytest.param(("{ingress: [{from: [], ports: []}]}",), FAIL, id="a rule of empty lists"),
        pytest.param((DENY_ALL, "{ingress: [{}]}"), FAIL, id="beside a default deny"),
        pytest.param(("{ingress: [{ports: [{protocol: TCP}]}]}",), FAIL, id="every port of TCP"),
        pytest.param(
            ("{ingress: [{ports: [{port: 1, endPort: 65535}]}]}",), FAIL, id="TCP 1 to 65535"
        ),
        pytest.param((block("0.0.0.0/0"),), FAIL, id="all of IPv4"),
        pytest.param((block("::/0"),), FAIL, id="all of IPv6 alone"),
        pytest.param((block("10.1.2.3/0"),), FAIL, id="host bits in a block of everything"),
        pytest.param(
            (block("0.0.0.0/1"), block("128.0.0.0/1")), FAIL, id="two halves in two policies"
        ),
        pytest.param(
            (block("0.0.0.0/0", excepts="10.0.0.0/8"), block("10.0.0.0/8")),
            FAIL,
            id="an except that another policy opens again",
        ),
        pytest.param(
            (
                block("0.0.0.0/0", "{port: 1, endPort: 30000}"),
                block("0.0.0.0/0", "{port: 30001, endPort: 65535}"),
            ),
            FAIL,
            id="two halves of the ports",
        ),
        pytest.param(
            (block("0.0.0.0/1"), block("128.0.0.0/1", "{port: 80}")),
            PASS,
            id="halves that meet on one port only",
        ),
        pytest.param(
            (
                block("0.0.0.0/1", "{port: 1, endPort: 30000}"),
                block("128.0.0.0/1", "{port: 30001, endPort: 65535}"),
            ),
            PASS,
            id="halves of addresses on different halves of ports",
        ),
        pytest.param((block("0.0.0.0/1"), block("::/1")), PASS, id="halves of two families"),
        pytest.param(
            (block("0.0.0.0/0", excepts="198.51.100.7/32"),), PASS, id="all but one address"
        ),
        pytest.param((block("0.0.0.0/0", "{port: 443}"),), PASS, id="everybody on one port"),
        pytest.param(
            ("{ingress: [{ports: [{port: http}]}]}",), PASS, id="everybody on a named port"
        ),
        pytest.param(
            ("{ingress: [{from: [{namespaceSelector: {}}]}]}",), PASS, id="every pod, no address"
        ),
        pytest.param((DENY_ALL,), PASS, id="deny-all"),
        pytest.param((), PASS, id="no policy: another rule's business"),
        pytest.param(
            ("{policyTypes: [Egress], ingress: [{}]}",), PASS, id="the open rule is dead text"
        ),
    ],
)
def test_the_world_is_let_in_or_not(
    shop: Shop, ask: Ask, specs: tuple[str, ...], verdict: Verdict
) -> None:
    assert verdict is ask(shop(*specs), RULE).verdict


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("pods cannot be listed", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("served groups cannot be read", UNKNOWN),
        ("a policy here is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("an admin policy for ingress is there", UNKNOWN),
        ("a Cilium policy is here", UNKNOWN),
        ("an admin policy for egress is there", PASS),
        ("a policy elsewhere is broken", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(DENY_ALL), how), RULE).verdict


def test_an_admin_policy_may_close_what_is_open(shop: Shop, ask: Ask, blind: Blind) -> None:
    outcome = ask(blind(shop("{ingress: [{}]}"), "an admin policy is there"), RULE)

    assert UNKNOWN is outcome.verdict


def test_a_baseline_policy_has_no_say_over_a_rule(shop: Shop, ask: Ask, blind: Blind) -> None:
    outcome = ask(blind(shop("{ingress: [{}]}"), "a baseline policy is there"), RULE)

    assert FAIL is outcome.verdict


def test_the_rules_that_open_are_the_evidence(shop: Shop, ask: Ask) -> None:
    halves = (block("0.0.0.0/1"), DENY_ALL, block("128.0.0.0/1"))
    [finding] = ask(shop(*halves), RULE).findings

    assert ["NetworkPolicy shop/p0 spec.ingress[0]", "NetworkPolicy shop/p2 spec.ingress[0]"] == [
        str(each.where) for each in finding.evidence
    ]
    assert ("shop/db-0", "shop/web-0") == finding.pods
    assert "policies isolate 2 pods for ingress and open everything again" == finding.summary


def test_rules_that_open_the_ports_by_halves_are_the_evidence(shop: Shop, ask: Ask) -> None:
    halves = (
        block("0.0.0.0/0", "{port: 1, endPort: 30000}"),
        block("0.0.0.0/0", "{port: 30001, endPort: 65535}"),
    )
    [finding] = ask(shop(*halves), RULE).findings

    assert 2 == len(finding.evidence)


def test_an_innocent_rule_is_no_evidence(shop: Shop, ask: Ask) -> None:
    [finding] = ask(shop("{ingress: [{from: [{podSelector: {}}]}, {}]}"), RULE).findings

    assert ["spec.ingress[1]"] == [each.where.path for each in finding.evidence]


def test_only_the_pods_that_are_open_are_named(shop: Shop, ask: Ask) -> None:
    web = "{podSelector: {matchLabels: {app: web}}, ingress: [{}]}"
    [finding] = ask(shop(DENY_ALL, web), RULE).findings

    assert ("shop/web-0",) == finding.pods
