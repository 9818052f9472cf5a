"""Nothing enforces it, or only part of it, or nobody knows; and when it is not asked."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.planes import ENFORCING, daemon_set, facts, node
from tests.unit.analyse.hand_made import EMPTY, cluster, host, namespace, pod, policy

from seawall.analyse.isolation import analyse
from seawall.judge.judging import judge
from seawall.judge.rules import RULES
from seawall.judge.rules.policy_not_enforced import RULE
from seawall.model.cluster import Provider
from seawall.model.enforcement import PlaneFacts
from seawall.model.finding import Outcome, Severity, Verdict
from seawall.model.policies import ObjectRef
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict
FLANNEL = Seen(facts(daemon_set("kube-system/kube-flannel-ds", "kube-flannel=flannel:v0.27")))
OFF = Seen(
    facts(
        daemon_set(
            "kube-system/aws-node",
            "aws-node=amazon-k8s-cni:v1.21.1",
            "aws-eks-nodeagent=agent:v1.3.1 --enable-network-policy=false",
        ),
        vpc_cni="",
    )
)
WEB = pod("shop/web", "10.0.0.1", "app=web", node="n1")
DB = pod("shop/db", "10.0.0.2", "app=db", node="f1")
SHUT = policy("shop/shut", "{podSelector: {}}")
SPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"
NODES = Seen((node("n1"), node("f1", "eks.amazonaws.com/compute-type=fargate", Provider.AWS)))


def of(snapshot: Snapshot, home: str = "shop") -> Outcome:
    [found] = (each for each in judge(analyse(snapshot), (RULE,)) if each.namespace == home)
    return found


@pytest.mark.parametrize(
    "plane, verdict, says",
    [
        pytest.param(ENFORCING, PASS, [], id="enforced"),
        pytest.param(
            FLANNEL,
            FAIL,
            [
                (
                    "policies select 2 pods and nothing enforces them: "
                    "flannel connects pods and enforces no policy"
                )
            ],
            id="nothing can",
        ),
        pytest.param(
            Unseen("403"),
            UNKNOWN,
            ["cannot tell whether anything enforces the policies that select 2 pods: 403"],
            id="not read",
        ),
    ],
)
def test_policies_are_worth_what_enforces_them(
    plane: Sight[PlaneFacts], verdict: Verdict, says: list[str]
) -> None:
    outcome = of(cluster(WEB, DB, SHUT, data_plane=plane))

    assert verdict is outcome.verdict
    assert says == [finding.summary for finding in outcome.findings]


def test_the_evidence_is_the_switch_that_is_off() -> None:
    [finding] = of(cluster(WEB, SHUT, nodes=Seen((node("n1"),)), data_plane=OFF)).findings
    [evidence] = finding.evidence

    assert ObjectRef("DaemonSet", "kube-system", "aws-node") == evidence.where.ref
    assert "--enable-network-policy=false" == evidence.says
    assert Severity.CRITICAL is finding.severity
    assert "seawall isolation --assume-enforced" in finding.fix.text
    assert "aws eks update-addon" in finding.fix.text


def test_only_the_pods_on_nodes_that_are_not_covered_are_named() -> None:
    outcome = of(cluster(WEB, DB, SHUT, nodes=NODES))

    assert FAIL is outcome.verdict
    assert [("shop/db",)] == [finding.pods for finding in outcome.findings]
    assert "Move the pods to nodes" in outcome.findings[0].fix.text


def test_what_certainly_fails_is_told_before_what_is_not_known() -> None:
    snapshot = cluster(replace(WEB, node="gone"), DB, SHUT, nodes=NODES)

    assert [(FAIL, ("shop/db",))] == [(each.verdict, each.pods) for each in of(snapshot).findings]


@pytest.mark.parametrize(
    "snapshot",
    [
        pytest.param(cluster(WEB, data_plane=FLANNEL), id="no policy at all"),
        pytest.param(
            cluster(WEB, policy("shop/p", "{podSelector: {matchLabels: {app: x}}}")),
            id="none that selects a pod",
        ),
        pytest.param(cluster(host("shop/h", "10.9.0.1"), WEB, data_plane=FLANNEL), id="host pods"),
        pytest.param(
            cluster(WEB, policy("bank/p", "{podSelector: {}}"), data_plane=FLANNEL),
            id="one of another namespace",
        ),
    ],
)
def test_where_no_policy_selects_anything_there_is_nothing_to_enforce(snapshot: Snapshot) -> None:
    assert PASS is of(snapshot).verdict


def test_an_empty_namespace_is_judged_by_the_pod_to_come() -> None:
    [finding] = of(cluster(namespace("shop"), SHUT, data_plane=FLANNEL)).findings

    assert ("(any new pod)",) == finding.pods


def test_manifests_are_not_asked(read: Callable[[str], Snapshot]) -> None:
    asked = {outcome.rule for outcome in judge(analyse(read(SPACE)))}

    assert RULE.live_only
    assert RULE.id not in asked
    assert {each.id for each in RULES if not each.live_only} >= asked


@pytest.mark.parametrize(
    "less, why",
    [
        pytest.param({"pods": Unseen("403")}, "the pods were not seen: 403", id="pods"),
        pytest.param(
            {"network_policies": Unseen("403")},
            "the network policies were not seen: 403",
            id="policies",
        ),
    ],
)
def test_what_was_not_seen_is_unknown(less: dict[str, Unseen], why: str) -> None:
    [finding] = of(cluster(WEB, data_plane=FLANNEL, **less)).findings

    assert (UNKNOWN, why) == (finding.verdict, finding.summary)


def test_a_cluster_whose_data_plane_nobody_read_says_so() -> None:
    assert [("data plane", "the data plane was not read")] == [
        each
        for each in replace(EMPTY, data_plane=Unseen("the data plane was not read")).unseen
        if each[0] == "data plane"
    ]
