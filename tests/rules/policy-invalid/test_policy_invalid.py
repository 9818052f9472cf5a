from collections.abc import Callable
from dataclasses import replace

import pytest

from seawall.judge.rules.policy_invalid import RULE
from seawall.model.finding import Outcome, Verdict
from seawall.model.istio import Mesh
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.sight import Seen
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]

GOOD = "{podSelector: {}}"


@pytest.mark.parametrize(
    "spec, verdict, told",
    [
        pytest.param(GOOD, PASS, "", id="valid"),
        pytest.param(
            "{ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/16}}]}]}", PASS, "", id="host bits"
        ),
        pytest.param(
            "{ingress: [{from: [{}]}]}", FAIL, "must specify a peer", id="a peer that says nothing"
        ),
        pytest.param(
            "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}",
            FAIL,
            "strict subset",
            id="an except as large as its block",
        ),
        pytest.param(
            "{ingress: [{ports: [{port: 80, endPort: 79}]}]}", FAIL, "endPort", id="ports backwards"
        ),
        pytest.param(
            "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}]}]}",
            FAIL,
            "ipBlock",
            id="a block and a selector in one peer",
        ),
        pytest.param(
            "{policyTypes: [ingress]}", FAIL, "Unsupported value", id="a type in lower case"
        ),
        pytest.param(
            "{podSelector: {}, ingres: []}", FAIL, "spec.ingres", id="a field that does not exist"
        ),
        pytest.param(
            "{ingress: [{form: [{podSelector: {}}]}]}",
            FAIL,
            "spec.ingress[0].form",
            id="a slip that opens everything",
        ),
    ],
)
def test_an_object_is_valid_or_not(
    shop: Shop, ask: Ask, spec: str, verdict: Verdict, told: str
) -> None:
    outcome = ask(shop(spec), RULE)

    assert verdict is outcome.verdict
    assert all(told in finding.summary for finding in outcome.findings)


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("an object of nowhere is broken", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("pods cannot be listed", UNKNOWN),
        ("namespaces cannot be listed", UNKNOWN),
        ("a pod here is broken", FAIL),
        ("a policy elsewhere is broken", PASS),
        ("nodes cannot be listed", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(GOOD), how), RULE).verdict


def test_an_object_of_no_known_namespace_fails_the_cluster(
    shop: Shop, ask: Ask, blind: Blind
) -> None:
    assert FAIL is ask(blind(shop(GOOD), "an object of nowhere is broken"), RULE, "").verdict


def test_every_problem_is_evidence_with_the_place_it_was_read_from(shop: Shop, ask: Ask) -> None:
    [finding] = ask(shop("{ingress: [{from: [{}], ports: [{port: 0}]}]}"), RULE).findings

    assert 2 == len(finding.evidence)
    assert finding.evidence[0].where.path.startswith("stdin:")
    assert "NetworkPolicy shop/p0" == str(finding.subject)
    assert finding.summary.startswith("NetworkPolicy shop/p0 is invalid: spec.ingress[0]")


def test_a_broken_and_a_cut_down_policy_are_two_findings(shop: Shop, ask: Ask) -> None:
    findings = ask(shop("{ingress: [{from: [{}]}]}", "{ingres: []}"), RULE).findings

    assert ["NetworkPolicy shop/p0", "NetworkPolicy shop/p1"] == [str(f.subject) for f in findings]
    assert 2 == len({finding.fingerprint for finding in findings})


def test_an_object_of_istio_is_named_and_leaves_the_namespace_judged(shop: Shop, ask: Ask) -> None:
    broken = BrokenObject(ObjectRef("AuthorizationPolicy", "shop", "p"), ("spec: odd",))
    snapshot = replace(shop(GOOD), mesh=Seen(Mesh(broken=(broken,))))
    [finding] = ask(snapshot, RULE).findings

    assert "AuthorizationPolicy shop/p is invalid: spec: odd" == finding.summary
    assert PASS is ask(snapshot, RULE, "bank").verdict
