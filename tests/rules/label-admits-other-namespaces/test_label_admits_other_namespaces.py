from collections.abc import Callable

import pytest

from seawall.judge.rules.label_admits_other_namespaces import RULE
from seawall.model.finding import Outcome, Verdict
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Read = Callable[[str], Snapshot]
Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]

NAME = "kubernetes.io/metadata.name"

# As printed in "Kubernetes network isolation and NetworkPolicy at fleet scale" (April 2026).
ARTICLE = """
apiVersion: v1
kind: Namespace
metadata:
  name: production
  labels:
    role: production
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: no-inbound-traffic
  namespace: production
spec:
  podSelector:
    matchLabels: {}
  policyTypes:
  - Ingress
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-same-namespace-traffic
  namespace: production
spec:
  podSelector:
    matchLabels: {}
  policyTypes:
  - Ingress
  ingress:
  - from:
    - namespaceSelector:
        matchLabels:
          role: production
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-port-8000
  namespace: production
spec:
  podSelector:
    matchLabels:
      app: web-server
  policyTypes:
  - Ingress
  ingress:
  - ports:
    - port: 8000
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: disable-aws-metadata
  namespace: production
spec:
  podSelector:
    matchLabels: {}
  policyTypes:
  - Egress
  egress:
  - to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except:
        - 169.254.169.254/32
"""
PARTNER = """
---
{apiVersion: v1, kind: Namespace, metadata: {name: partner, labels: {role: production}}}
"""


def labels(text: str, pods: str = "") -> str:
    """A spec that lets in namespaces by matchLabels."""
    return f"{{ingress: [{{from: [{{namespaceSelector: {{matchLabels: {{{text}}}}}{pods}}}]}}]}}"


def spaces(expression: str) -> str:
    """A spec that lets in the namespaces that one expression matches."""
    return (
        "{ingress: [{from: [{namespaceSelector: "
        f"{{matchExpressions: [{{{expression}}}]}}}}]}}]}}"
    )


def test_the_article_admits_whoever_carries_the_label(read: Read, ask: Ask) -> None:
    outcome = ask(read(ARTICLE + PARTNER), RULE, "production")
    [finding] = outcome.findings

    assert FAIL is outcome.verdict
    assert (
        "NetworkPolicy production/allow-same-namespace-traffic admits every namespace with "
        "role=production: today also partner; whoever may label a namespace can join"
    ) == finding.summary
    assert ["spec.ingress[0].from[0].namespaceSelector"] == [e.where.path for e in finding.evidence]
    assert "NetworkPolicy production/allow-same-namespace-traffic" == str(finding.subject)


def test_the_article_passes_while_nobody_else_carries_the_label(read: Read, ask: Ask) -> None:
    assert PASS is ask(read(ARTICLE), RULE, "production").verdict


@pytest.mark.parametrize(
    "spec, verdict",
    [
        pytest.param(labels("role: bank"), FAIL, id="a label of another namespace"),
        pytest.param(
            labels("role: bank", ", podSelector: {matchLabels: {app: nobody}}"),
            FAIL,
            id="with a podSelector that matches nobody there yet",
        ),
        pytest.param(
            spaces("key: role, operator: NotIn, values: [production]"), FAIL, id="all but one label"
        ),
        pytest.param(spaces("key: role, operator: Exists"), FAIL, id="whatever has the label"),
        pytest.param(spaces("key: role, operator: DoesNotExist"), FAIL, id="whatever has it not"),
        pytest.param(
            spaces(f"key: {NAME}, operator: NotIn, values: [bank]"), FAIL, id="all names but some"
        ),
        pytest.param(labels("role: production"), PASS, id="a label that only this one carries"),
        pytest.param(labels("role: nobody"), PASS, id="a label that nobody carries today"),
        pytest.param(labels(f"{NAME}: bank"), PASS, id="another namespace by its name"),
        pytest.param(labels(f"{NAME}: bank, role: bank"), PASS, id="by its name and a label"),
        pytest.param("{ingress: [{from: [{podSelector: {}}]}]}", PASS, id="the own namespace"),
        pytest.param(
            "{ingress: [{from: [{namespaceSelector: {}}]}]}",
            PASS,
            id="all: another rule's business",
        ),
        pytest.param("{ingress: [{}]}", PASS, id="everybody: another rule's business"),
        pytest.param(
            "{policyTypes: [Egress], egress: "
            "[{to: [{namespaceSelector: {matchLabels: {role: bank}}}]}]}",
            PASS,
            id="egress: who is reached, not who gets in",
        ),
        pytest.param(
            "{policyTypes: [Egress], ingress: "
            "[{from: [{namespaceSelector: {matchLabels: {role: bank}}}]}]}",
            PASS,
            id="a rule that policyTypes leaves dead",
        ),
    ],
)
def test_a_label_decides_or_not(shop: Shop, ask: Ask, spec: str, verdict: Verdict) -> None:
    assert verdict is ask(shop(spec), RULE).verdict


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("namespaces cannot be listed", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("a policy here is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("pods cannot be listed", PASS),
        ("a policy elsewhere is broken", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(labels("role: production")), how), RULE).verdict


def test_a_flaw_cannot_be_told_without_the_namespaces(shop: Shop, ask: Ask, blind: Blind) -> None:
    outcome = ask(blind(shop(labels("role: bank")), "namespaces cannot be listed"), RULE)
    [finding] = outcome.findings

    assert UNKNOWN is outcome.verdict
    assert "NetworkPolicy shop/p0" == str(finding.subject)
    assert "cannot tell which namespaces it admits" == finding.summary


def test_each_policy_is_a_finding_of_its_own(shop: Shop, ask: Ask) -> None:
    findings = ask(shop(labels("role: bank"), labels("role: bank")), RULE).findings

    assert ["NetworkPolicy shop/p0", "NetworkPolicy shop/p1"] == [str(f.subject) for f in findings]
    assert 2 == len({finding.fingerprint for finding in findings})


def test_two_peers_of_a_policy_are_one_finding(shop: Shop, ask: Ask) -> None:
    both = (
        "{ingress: [{from: [{namespaceSelector: {matchLabels: {role: bank}}}]}, "
        "{from: [{podSelector: {}}, {namespaceSelector: {matchExpressions: "
        "[{key: role, operator: DoesNotExist}]}}]}]}"
    )
    [finding] = ask(shop(both), RULE).findings

    assert [
        "spec.ingress[0].from[0].namespaceSelector",
        "spec.ingress[1].from[1].namespaceSelector",
    ] == [each.where.path for each in finding.evidence]
    assert "!role or role=bank: today also bank, kube-system;" in finding.summary
