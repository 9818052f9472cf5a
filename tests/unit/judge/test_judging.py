from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seawall.analyse.isolation import analyse
from seawall.collect.manifests import STDIN, read_manifests
from seawall.judge.judging import WHOLE_CLUSTER, judge
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.rules import RULES
from seawall.judge.view import NamespaceView
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.finding import Fix, Outcome, Severity, Verdict
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WHY = Unseen("403 Forbidden")

CLUSTER = """
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: web}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: kiosk, labels: {team: web}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: empty}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web, labels: {app: web}}
spec: {containers: [{name: c}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: kiosk, name: agent}
spec: {hostNetwork: true, containers: [{name: c}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: team}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{namespaceSelector: {matchLabels: {team: web}}}]}]
  egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]
"""


def read(text: str = CLUSTER) -> Snapshot:
    return read_manifests([STDIN], now=NOW, stdin=text.encode())


def of(outcomes: tuple[Outcome, ...], namespace: str) -> Outcome:
    [found] = (outcome for outcome in outcomes if outcome.namespace == namespace)
    return found


def rule(*flaws: Flaw, needs: frozenset[Kind] = frozenset()) -> Rule:
    """A rule that finds the same everywhere."""

    def check(_: NamespaceView) -> Iterator[Flaw]:
        yield from flaws

    return Rule("made-up", Severity.LOW, "Made up.", ("X 1",), needs, check)


SEEN = replace(read(), nodes=Seen(()))
FAILING = Flaw(FAIL, "bad", Fix("Mend it."), facet="left")
UNSURE = Flaw(UNKNOWN, "who knows", Fix("Look."), facet="right")


def test_each_rule_gives_one_outcome_a_namespace_in_order() -> None:
    asked = [each.id for each in RULES if not each.live_only]
    expected = [(rule, name) for rule in asked for name in ("empty", "kiosk", "shop")]

    assert expected == [(found.rule, found.namespace) for found in judge(analyse(read()))]


@pytest.mark.parametrize(
    "flaws, verdict",
    [
        pytest.param((), PASS, id="nothing found"),
        pytest.param((UNSURE,), UNKNOWN, id="something that cannot be told"),
        pytest.param((FAILING,), FAIL, id="something that fails"),
        pytest.param((UNSURE, FAILING), FAIL, id="both: what fails is certain"),
    ],
)
def test_the_worst_flaw_is_the_verdict_and_each_is_a_finding(
    flaws: tuple[Flaw, ...], verdict: Verdict
) -> None:
    outcome = of(judge(analyse(read()), (rule(*flaws),)), "shop")

    assert verdict is outcome.verdict
    assert [each.summary for each in flaws] == [each.summary for each in outcome.findings]


@pytest.mark.parametrize(
    "less, kind",
    [
        pytest.param(replace(SEEN, namespaces=WHY), Kind.NAMESPACES, id="namespaces"),
        pytest.param(replace(SEEN, pods=WHY), Kind.PODS, id="pods"),
        pytest.param(replace(SEEN, nodes=WHY), Kind.NODES, id="nodes"),
        pytest.param(replace(SEEN, network_policies=WHY), Kind.NETWORK_POLICIES, id="policies"),
    ],
)
def test_no_pass_survives_a_need_that_was_not_seen(less: Snapshot, kind: Kind) -> None:
    needing = judge(analyse(less), (rule(needs=frozenset({kind})),))
    others = judge(analyse(less), (rule(needs=frozenset(Kind) - {kind}),))

    assert {UNKNOWN} == {outcome.verdict for outcome in needing}
    assert WHY.why in of(needing, "shop").findings[0].summary
    assert PASS is of(others, "shop").verdict


def test_no_pass_survives_an_object_that_could_not_be_read() -> None:
    broken = BrokenObject(ObjectRef("Pod", "shop", "odd"), ("status.podIP: no address",))
    outcomes = judge(analyse(replace(read(), broken=(broken,))), (rule(),))

    assert {"empty": PASS, "kiosk": PASS, "shop": UNKNOWN} == {
        outcome.namespace: outcome.verdict for outcome in outcomes
    }


def test_an_object_of_no_known_namespace_may_be_of_any() -> None:
    broken = BrokenObject(ObjectRef("NetworkPolicy", "", ""), ("metadata: no object",))
    outcomes = judge(analyse(replace(read(), broken=(broken,))), (rule(),))

    assert {WHOLE_CLUSTER, "empty", "kiosk", "shop"} == {each.namespace for each in outcomes}
    assert {UNKNOWN} == {outcome.verdict for outcome in outcomes}


def test_namespaces_that_nobody_saw_are_unknown_to_every_rule() -> None:
    outcomes = judge(analyse(replace(read(), namespaces=WHY)))
    unseen = [outcome for outcome in outcomes if outcome.namespace == WHOLE_CLUSTER]

    asked = [each.id for each in RULES if not each.live_only]
    assert asked == [outcome.rule for outcome in unseen]
    assert {UNKNOWN} == {outcome.verdict for outcome in unseen}
    assert {"there may be more namespaces: 403 Forbidden"} == {
        each.findings[0].summary for each in unseen
    }


def test_what_certainly_fails_still_fails_without_the_namespaces() -> None:
    outcomes = judge(analyse(replace(read(), namespaces=WHY)))
    failing = {(each.rule, each.namespace) for each in outcomes if each.verdict is FAIL}

    assert ("host-network-bypass", "kiosk") in failing


def test_a_finding_says_what_the_rule_and_the_snapshot_say() -> None:
    snapshot = replace(read(), uid=Seen(ClusterUid("u-1")), key=ClusterKey("c-1"))
    [finding] = of(judge(analyse(snapshot), (rule(FAILING),)), "shop").findings

    assert ("made-up", Severity.LOW, ("X 1",)) == (
        finding.rule,
        finding.severity,
        finding.controls,
    )
    assert ("c-1", Seen("u-1"), "shop") == (finding.cluster, finding.uid, finding.namespace)
    assert (FAIL, "left", "bad", "Mend it.") == (
        finding.verdict,
        finding.facet,
        finding.summary,
        finding.fix.text,
    )


def test_a_fingerprint_tells_findings_apart_by_who_they_are_about() -> None:
    first = ObjectRef("NetworkPolicy", "shop", "a")
    flaws = (
        FAILING,
        UNSURE,
        replace(FAILING, subject=first),
        replace(FAILING, subject=ObjectRef("NetworkPolicy", "shop", "b")),
        replace(FAILING, subject=ObjectRef("Pod", "shop", "a")),
    )
    prints = [
        finding.fingerprint
        for outcome in judge(analyse(read()), (rule(*flaws),))
        for finding in outcome.findings
    ]

    assert 3 * len(flaws) == len(set(prints))
    assert {32} == {len(each) for each in prints}


def test_a_fingerprint_looks_at_nothing_else() -> None:
    told_otherwise = replace(
        FAILING, summary="worse", pods=("shop/web",), fix=Fix("?"), verdict=UNKNOWN
    )
    one, other = (
        of(judge(analyse(read()), (rule(flaw),)), "shop").findings[0].fingerprint
        for flaw in (FAILING, told_otherwise)
    )

    assert one == other


def test_a_cluster_is_known_by_its_uid_under_any_key() -> None:
    snapshot = replace(read(), uid=Seen(ClusterUid("u-1")))
    renamed = replace(snapshot, key=ClusterKey("another context"))
    one, other = (
        of(judge(analyse(each), (rule(FAILING),)), "shop").findings[0].fingerprint
        for each in (snapshot, renamed)
    )

    assert one == other


def test_renaming_a_namespace_consistently_renames_its_outcomes() -> None:
    expected = [
        (found.rule, found.namespace.replace("shop", "store"), found.verdict)
        for found in judge(analyse(read()))
    ]
    renamed = judge(analyse(read(CLUSTER.replace("shop", "store"))))

    assert expected == [(found.rule, found.namespace, found.verdict) for found in renamed]
