from collections.abc import Callable
from dataclasses import replace

import pytest

from seawall.judge.rules.default_open_ingress import RULE
from seawall.model.cluster import ClusterUid
from seawall.model.finding import Finding, Outcome, Verdict
from seawall.model.sight import Seen
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]
Mend = Callable[[Snapshot, Finding], Snapshot]

DENY_ALL = "{podSelector: {}}"

ELSEWHERE = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: bank, name: deny-all}
spec: {podSelector: {}}
"""
COMPLETED = """
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: migrate-0, labels: {app: migrate}}
spec: {containers: [{name: c}]}
status: {phase: Succeeded, podIP: 10.0.1.12}
"""
ON_THE_NODE = """
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: agent-0, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: c}]}
status: {phase: Running, podIP: 192.168.7.1}
"""
PENDING = """
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: late-0, labels: {app: late}}
spec: {containers: [{name: c}]}
status: {phase: Pending}
"""
WEB_AND_DB = (
    "{podSelector: {matchLabels: {app: web}}}",
    "{podSelector: {matchExpressions: [{key: app, operator: In, values: [db]}]}}",
)


@pytest.mark.parametrize(
    "specs, also, verdict",
    [
        pytest.param((DENY_ALL,), "", PASS, id="deny-all"),
        pytest.param(("{policyTypes: [Ingress]}",), "", PASS, id="no podSelector is every pod"),
        pytest.param(("{podSelector: {matchLabels: null}}",), "", PASS, id="matchLabels is null"),
        pytest.param(("{egress: [{}]}",), "", PASS, id="types left out mean ingress too"),
        pytest.param(("{ingress: [{}]}",), "", PASS, id="isolated, whatever a rule opens again"),
        pytest.param(WEB_AND_DB, "", PASS, id="two policies cover the pods together"),
        pytest.param(WEB_AND_DB, COMPLETED, PASS, id="a completed pod needs no policy"),
        pytest.param(WEB_AND_DB, ON_THE_NODE, PASS, id="a host-network pod is not counted"),
        pytest.param((), "", FAIL, id="no policy"),
        pytest.param((), ELSEWHERE, FAIL, id="a policy of another namespace"),
        pytest.param(("{policyTypes: [Egress]}",), "", FAIL, id="a policy for egress only"),
        pytest.param(
            ("{policyTypes: [Egress], ingress: [{from: [{podSelector: {}}]}]}",),
            "",
            FAIL,
            id="ingress rules that policyTypes leaves dead",
        ),
        pytest.param(WEB_AND_DB[:1], "", FAIL, id="only some pods are covered"),
        pytest.param(WEB_AND_DB, PENDING, FAIL, id="a pod that is still to start is not covered"),
        pytest.param(
            ("{podSelector: {matchLabels: {app: wbe}}}",), "", FAIL, id="a slip in the selector"
        ),
    ],
)
def test_isolated_for_ingress_or_open(
    shop: Shop, ask: Ask, specs: tuple[str, ...], also: str, verdict: Verdict
) -> None:
    assert verdict is ask(shop(*specs, also=also), RULE).verdict


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("pods cannot be listed", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("served groups cannot be read", UNKNOWN),
        ("a policy kind cannot be listed", UNKNOWN),
        ("a policy here is broken", UNKNOWN),
        ("a pod here is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("an admin policy is there", UNKNOWN),
        ("an admin policy for ingress is there", UNKNOWN),
        ("a Cilium policy is here", UNKNOWN),
        ("an admin policy for egress is there", PASS),
        ("a baseline policy is there", PASS),  # NetworkPolicy isolates, so it is never asked
        ("a policy elsewhere is broken", PASS),
        ("a Cilium policy is elsewhere", PASS),
        ("nodes cannot be listed", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(DENY_ALL), how), RULE).verdict


def test_a_baseline_policy_may_close_what_no_policy_isolates(
    shop: Shop, ask: Ask, blind: Blind
) -> None:
    outcome = ask(blind(shop(), "a baseline policy is there"), RULE)

    assert UNKNOWN is outcome.verdict
    assert ["Baseline odd"] == [str(each.where) for each in outcome.findings[0].evidence]
    assert outcome.findings[0].summary.startswith("cannot tell whether no NetworkPolicy isolates")


def test_only_the_open_pods_are_named(shop: Shop, ask: Ask) -> None:
    [finding] = ask(shop(WEB_AND_DB[0]), RULE).findings

    assert ("shop/db-0",) == finding.pods
    assert (
        "no NetworkPolicy isolates shop/db-0 for ingress: everybody reaches them" == finding.summary
    )
    assert ("ingress", None, ()) == (finding.facet, finding.subject, finding.evidence)


def test_a_namespace_without_pods_is_judged_by_the_next_one(shop: Shop, ask: Ask) -> None:
    empty = "{apiVersion: v1, kind: Namespace, metadata: {name: empty}}"
    outcome = ask(shop(also=empty), RULE, "empty")

    assert (FAIL, ("(any new pod)",)) == (outcome.verdict, outcome.findings[0].pods)


def test_a_namespace_of_host_network_pods_is_judged_by_the_next_one(shop: Shop, ask: Ask) -> None:
    only_agents = ON_THE_NODE.replace("namespace: shop", "namespace: agents")

    assert FAIL is ask(shop(also=only_agents), RULE, "agents").verdict


def test_an_empty_namespace_with_deny_all_passes(shop: Shop, ask: Ask) -> None:
    isolated = ELSEWHERE.replace("namespace: bank", "namespace: empty")

    assert PASS is ask(shop(also=isolated), RULE, "empty").verdict


def test_the_fix_mends_it(shop: Shop, ask: Ask, mend: Mend) -> None:
    snapshot = shop()
    [finding] = ask(snapshot, RULE).findings

    assert PASS is ask(mend(snapshot, finding), RULE).verdict


def test_beside_isolated_pods_no_manifest_is_offered(shop: Shop, ask: Ask) -> None:
    """It would let the namespace's other pods in to those that are closed."""
    [finding] = ask(shop(WEB_AND_DB[1]), RULE).findings

    assert finding.fix.manifest is None
    assert finding.fix.text.startswith("Isolate the pods listed for ingress too")


def test_a_finding_is_the_same_whatever_becomes_of_its_pods(shop: Shop, ask: Ask) -> None:
    before, after = shop(), shop(also=PENDING)
    assert isinstance(after.pods, Seen)
    shuffled = replace(after, pods=Seen(tuple(reversed(after.pods.value[1:]))))

    assert _print(ask(before, RULE)) == _print(ask(shuffled, RULE))


def test_findings_of_two_namespaces_or_clusters_are_two(shop: Shop, ask: Ask) -> None:
    snapshot = shop()
    other = replace(snapshot, uid=Seen(ClusterUid("another")))
    found = [ask(snapshot, RULE), ask(snapshot, RULE, "bank"), ask(other, RULE)]

    assert 3 == len({_print(outcome) for outcome in found})


def _print(outcome: Outcome) -> str:
    return outcome.findings[0].fingerprint
