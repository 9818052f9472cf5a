from collections.abc import Callable

import pytest

from seawall.judge.rules.default_open_egress import RULE
from seawall.judge.rules.dns_blocked import RULE as DNS_BLOCKED
from seawall.model.finding import Finding, Outcome, Verdict
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]
Mend = Callable[[Snapshot, Finding], Snapshot]

DENY_ALL = "{podSelector: {}, policyTypes: [Egress]}"
DENY_WEB = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}"


@pytest.mark.parametrize(
    "specs, verdict",
    [
        pytest.param((DENY_ALL,), PASS, id="deny-all"),
        pytest.param(("{policyTypes: [Ingress, Egress]}",), PASS, id="both directions"),
        pytest.param(
            ("{egress: [{to: [{podSelector: {}}]}]}",), PASS, id="types left out, with a rule"
        ),
        pytest.param(
            ("{policyTypes: [Egress], egress: [{}]}",), PASS, id="isolated, whatever a rule opens"
        ),
        pytest.param((), FAIL, id="no policy"),
        pytest.param(("{podSelector: {}}",), FAIL, id="isolated for ingress only"),
        pytest.param(("{egress: []}",), FAIL, id="types left out, and an empty list of rules"),
        pytest.param(
            ("{policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}",),
            FAIL,
            id="egress rules that policyTypes leaves dead",
        ),
        pytest.param((DENY_WEB,), FAIL, id="only some pods are covered"),
    ],
)
def test_isolated_for_egress_or_open(
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
    assert verdict is ask(blind(shop(DENY_ALL), how), RULE).verdict


def test_only_the_open_pods_are_named(shop: Shop, ask: Ask) -> None:
    [finding] = ask(shop(DENY_WEB), RULE).findings

    assert (("shop/db-0",), "egress", ()) == (finding.pods, finding.facet, finding.evidence)
    assert "no NetworkPolicy isolates shop/db-0 for egress: they reach everybody" == finding.summary


def test_the_fix_mends_it_and_leaves_dns_open(shop: Shop, ask: Ask, mend: Mend) -> None:
    snapshot = shop()
    [finding] = ask(snapshot, RULE).findings
    mended = mend(snapshot, finding)

    assert (PASS, PASS) == (ask(mended, RULE).verdict, ask(mended, DNS_BLOCKED).verdict)


def test_ingress_and_egress_of_a_namespace_are_two_findings(shop: Shop, ask: Ask) -> None:
    from seawall.judge.rules.default_open_ingress import RULE as INGRESS

    snapshot = shop()
    prints = {ask(snapshot, rule).findings[0].fingerprint for rule in (RULE, INGRESS)}

    assert 2 == len(prints)
