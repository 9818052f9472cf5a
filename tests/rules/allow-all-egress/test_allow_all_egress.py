from collections.abc import Callable

import pytest

from seawall.judge.rules.allow_all_egress import RULE
from seawall.model.finding import Outcome, Verdict
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]


def egress(*rules: str) -> str:
    """A spec that isolates every pod for egress and opens some rules."""
    return f"{{policyTypes: [Egress], egress: [{', '.join(rules)}]}}"


def to(*blocks: str, ports: str = "") -> str:
    """A rule to some blocks."""
    peers = ", ".join(f"{{ipBlock: {{{block}}}}}" for block in blocks)
    return f"{{to: [{peers}]{f', ports: [{ports}]' if ports else ''}}}"


@pytest.mark.parametrize(
    "specs, verdict",
    [
        pytest.param((egress("{}"),), FAIL, id="a rule that names nobody"),
        pytest.param((egress(), egress("{}")), FAIL, id="beside a default deny"),
        pytest.param((egress(to("cidr: 0.0.0.0/0")),), FAIL, id="all of IPv4"),
        pytest.param((egress(to("cidr: '::/0'")),), FAIL, id="all of IPv6 alone"),
        pytest.param(
            (egress(to("cidr: 0.0.0.0/1", "cidr: 128.0.0.0/1")),),
            FAIL,
            id="both halves in one rule",
        ),
        pytest.param(
            (egress(to("cidr: 0.0.0.0/0", ports="{protocol: UDP}")),), FAIL, id="every port of UDP"
        ),
        pytest.param(
            (
                egress(to("cidr: 0.0.0.0/0, except: [169.254.169.254/32]")),
                egress(to("cidr: 169.254.0.0/16")),
            ),
            FAIL,
            id="an except that another policy opens again",
        ),
        pytest.param(
            (egress(to("cidr: 0.0.0.0/0, except: [169.254.169.254/32]")),),
            PASS,
            id="everything but the metadata address",
        ),
        pytest.param(
            (egress(to("cidr: 0.0.0.0/0", ports="{port: 443}")),), PASS, id="the world on one port"
        ),
        pytest.param(
            (egress("{ports: [{port: web}]}"),), PASS, id="a named port reaches no address"
        ),
        pytest.param(
            (egress("{to: [{namespaceSelector: {}}]}"),), PASS, id="every pod, no address"
        ),
        pytest.param((egress(),), PASS, id="deny-all"),
        pytest.param((), PASS, id="no policy: another rule's business"),
        pytest.param(("{policyTypes: [Ingress], egress: [{}]}",), PASS, id="the rule is dead text"),
    ],
)
def test_the_world_is_reached_or_not(
    shop: Shop, ask: Ask, specs: tuple[str, ...], verdict: Verdict
) -> None:
    assert verdict is ask(shop(*specs), RULE).verdict


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("pods cannot be listed", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("served groups cannot be read", UNKNOWN),
        ("a policy kind cannot be listed", UNKNOWN),
        ("a policy here is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("an admin policy for egress is there", UNKNOWN),
        ("a Cilium policy is here", UNKNOWN),
        ("an admin policy for ingress is there", PASS),
        ("a baseline policy is there", PASS),
        ("a policy elsewhere is broken", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(egress()), how), RULE).verdict


def test_the_rule_that_opens_is_the_evidence(shop: Shop, ask: Ask) -> None:
    db = to("cidr: 10.0.0.0/8", ports="{port: 5432}")
    [finding] = ask(shop(egress(db, to("cidr: 0.0.0.0/0"))), RULE).findings

    assert ["NetworkPolicy shop/p0 spec.egress[1]"] == [str(e.where) for e in finding.evidence]
    assert ("egress", None) == (finding.facet, finding.subject)
    assert finding.fix.manifest is None
    assert "goes to" in finding.fix.text
