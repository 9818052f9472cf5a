from collections.abc import Callable
from dataclasses import replace

import pytest

from seawall.judge.rules.policy_selects_nothing import RULE
from seawall.model.finding import Outcome, Verdict
from seawall.model.sight import Seen
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]

BATCH = "{podSelector: {matchLabels: {app: batch}}}"
WEB = "{podSelector: {matchLabels: {app: web}}}"


def pod(status: str = "phase: Running", spec: str = "") -> str:
    """A pod with the label app=batch."""
    return (
        "{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: b-0, labels: {app: batch}}, "
        f"spec: {{{spec}containers: [{{name: c}}]}}, status: {{{status}}}}}"
    )


@pytest.mark.parametrize(
    "spec, also, verdict",
    [
        pytest.param(WEB, "", PASS, id="a label that a pod has"),
        pytest.param(BATCH, pod(), PASS, id="a running pod"),
        pytest.param(BATCH, pod("phase: Pending"), PASS, id="a pod that is still to start"),
        pytest.param("{podSelector: {}}", "", PASS, id="every pod"),
        pytest.param(
            "{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [db]}]}}",
            "",
            PASS,
            id="all but one label",
        ),
        pytest.param(BATCH, "", FAIL, id="a label that no pod has"),
        pytest.param(
            "{podSelector: {matchLabels: {app: teller}}}", "", FAIL, id="a label of pods elsewhere"
        ),
        pytest.param(
            "{podSelector: {matchLabels: {app: web, tier: front}}}", "", FAIL, id="only one of two"
        ),
        pytest.param(BATCH, pod("phase: Succeeded"), FAIL, id="only a completed pod"),
        pytest.param(BATCH, pod(spec="hostNetwork: true, "), FAIL, id="only a host-network pod"),
    ],
)
def test_a_policy_selects_pods_or_nothing(
    shop: Shop, ask: Ask, spec: str, also: str, verdict: Verdict
) -> None:
    assert verdict is ask(shop(spec, also=also), RULE).verdict


def test_an_empty_selector_in_an_empty_namespace_binds_the_pods_to_come(
    shop: Shop, ask: Ask
) -> None:
    policy = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: empty, name: deny-all}
spec: {podSelector: {}}
"""

    assert PASS is ask(shop(also=policy), RULE, "empty").verdict


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("pods cannot be listed", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("a policy here is broken", UNKNOWN),
        ("a pod here is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("namespaces cannot be listed", PASS),
        ("a policy elsewhere is broken", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(WEB), how), RULE).verdict


def test_the_pod_that_cannot_be_read_may_be_the_one_selected(
    shop: Shop, ask: Ask, blind: Blind
) -> None:
    snapshot = blind(shop(WEB), "a pod here is broken")
    assert isinstance(snapshot.pods, Seen)
    others = tuple(each for each in snapshot.pods.value if each.name != "web-0")

    assert UNKNOWN is ask(replace(snapshot, pods=Seen(others)), RULE).verdict


def test_the_finding_names_the_policy_and_its_selector(shop: Shop, ask: Ask) -> None:
    first, second = ask(shop(BATCH, WEB, BATCH), RULE).findings

    assert (
        "NetworkPolicy shop/p0 selects no pod that was read: none carries app=batch"
        == first.summary
    )
    assert ["NetworkPolicy shop/p0 spec.podSelector"] == [str(e.where) for e in first.evidence]
    assert ("NetworkPolicy shop/p0", "NetworkPolicy shop/p2") == (
        str(first.subject),
        str(second.subject),
    )
    assert first.fingerprint != second.fingerprint
