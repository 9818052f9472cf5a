"""What is seen less well never looks better, nor worse: it becomes UNKNOWN, or stays."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.clusters import NAMESPACES, snapshots

from seawall.analyse.isolation import analyse
from seawall.judge.judging import WHOLE_CLUSTER, judge
from seawall.model.cluster import Provider
from seawall.model.finding import Outcome, Verdict
from seawall.model.policies import (
    BOTH,
    BrokenObject,
    Direction,
    ObjectRef,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.sight import Seen, Sight, Unseen, seen_or
from seawall.model.snapshot import Node, Snapshot

T = TypeVar("T")
Verdicts = dict[tuple[str, str], Verdict]
Change = Callable[[Snapshot], Snapshot]

WHY = Unseen("403 Forbidden")
INVALID = "policy-invalid"

nodes = st.sampled_from(
    (Seen(()), *(Seen((Node("n", provider),)) for provider in Provider), Unseen("no nodes"))
)
clusters = st.builds(lambda found, seen: replace(found, nodes=seen), snapshots(), nodes)
homes = st.sampled_from((*NAMESPACES, WHOLE_CLUSTER, "kube-system"))


BLINDFOLDS: dict[str, Change] = {
    "namespaces": lambda snapshot: replace(snapshot, namespaces=WHY),
    "pods": lambda snapshot: replace(snapshot, pods=WHY),
    "nodes": lambda snapshot: replace(snapshot, nodes=WHY),
    "policies": lambda snapshot: replace(snapshot, network_policies=WHY),
    "the served kinds": lambda snapshot: replace(snapshot, unmodelled=WHY),
    "the UID": lambda snapshot: replace(snapshot, uid=WHY),
}


@pytest.mark.parametrize("kind", BLINDFOLDS)
@given(snapshot=clusters)
def test_a_kind_that_is_not_seen_makes_unknown_at_most(kind: str, snapshot: Snapshot) -> None:
    assert _unsettled(snapshot, BLINDFOLDS[kind](snapshot)) == {}


@given(clusters)
def test_without_the_namespaces_every_rule_is_unknown_for_those_nobody_saw(
    snapshot: Snapshot,
) -> None:
    found = _verdicts(replace(snapshot, namespaces=WHY))
    unseen = {rule: verdict for (rule, home), verdict in found.items() if home == WHOLE_CLUSTER}

    assert {Verdict.UNKNOWN} == set(unseen.values())


@given(clusters, homes, st.sampled_from(("NetworkPolicy", "Pod", "Namespace")))
def test_an_object_that_cannot_be_read_makes_unknown_at_most(
    snapshot: Snapshot, home: str, kind: str
) -> None:
    """But for the rule that says so."""
    unsettled = _unsettled(snapshot, replace(snapshot, broken=(_broken(kind, home, "odd"),)))

    assert {(INVALID, home)} >= unsettled.keys()


@given(clusters, st.data())
def test_a_policy_that_turns_unreadable_makes_unknown_at_most(
    snapshot: Snapshot, data: st.DataObject
) -> None:
    policies = seen_or(snapshot.network_policies, ())
    lost = data.draw(st.sampled_from(policies))
    rest = Seen(tuple(each for each in policies if each is not lost))
    broken = _broken("NetworkPolicy", lost.namespace, lost.name)
    unsettled = _unsettled(snapshot, replace(snapshot, network_policies=rest, broken=(broken,)))

    assert {(INVALID, lost.namespace)} >= unsettled.keys()


@given(clusters, st.data())
def test_a_pod_that_turns_unreadable_makes_its_namespace_unknown_at_most(
    snapshot: Snapshot, data: st.DataObject
) -> None:
    pods = seen_or(snapshot.pods, ())
    lost = data.draw(st.sampled_from(pods))
    rest = Seen(tuple(each for each in pods if each is not lost))
    broken = _broken("Pod", lost.namespace, lost.name)
    unsettled = _unsettled(snapshot, replace(snapshot, pods=rest, broken=(broken,)))

    assert {(INVALID, lost.namespace)} >= {key for key in unsettled if key[1] == lost.namespace}


@given(clusters, homes, st.sets(st.sampled_from(Direction)), st.sampled_from(Stage), st.booleans())
def test_a_policy_that_is_not_modelled_makes_unknown_at_most(
    snapshot: Snapshot,
    home: str,
    directions: set[Direction],
    stage: Stage,
    listed: bool,  # noqa: FBT001  drawn, not passed by anybody
) -> None:
    touched = frozenset(directions) or BOTH
    one = UnmodelledObject(ObjectRef("Wall", home, "odd"), touched, stage)
    found: Sight[tuple[UnmodelledObject, ...]] = Seen((one,)) if listed else WHY
    kind = UnmodelledKind("example.io", "walls", found, touched, stage, binds_hosts=False)

    assert _unsettled(snapshot, replace(snapshot, unmodelled=Seen((kind,)))) == {}


@given(clusters, st.randoms(use_true_random=False))
def test_the_order_in_which_things_were_read_changes_nothing(
    snapshot: Snapshot, random: Random
) -> None:
    shuffled = replace(
        snapshot,
        namespaces=_shuffled(snapshot.namespaces, random),
        pods=_shuffled(snapshot.pods, random),
        network_policies=_shuffled(snapshot.network_policies, random),
    )

    assert _outcomes(snapshot) == _outcomes(shuffled)


@given(clusters)
def test_the_same_policy_under_another_name_changes_no_verdict(snapshot: Snapshot) -> None:
    policies = seen_or(snapshot.network_policies, ())
    twins = (replace(policy, name=f"{policy.name}-twin") for policy in policies)
    doubled = replace(snapshot, network_policies=Seen((*policies, *twins)))

    assert _verdicts(snapshot) == _verdicts(doubled)


@given(clusters)
def test_a_pod_restarted_under_another_name_is_the_same_finding(snapshot: Snapshot) -> None:
    pods = seen_or(snapshot.pods, ())
    restarted = tuple(replace(pod, name=f"{pod.name}-2") for pod in pods)

    assert _prints(snapshot) == _prints(replace(snapshot, pods=Seen(restarted)))


@given(clusters)
def test_findings_are_told_apart_by_their_fingerprints(snapshot: Snapshot) -> None:
    prints = [each.fingerprint for found in judge(analyse(snapshot)) for each in found.findings]

    assert sorted(set(prints)) == sorted(prints)


def _outcomes(snapshot: Snapshot) -> list[Outcome]:
    """All outcomes; the findings of one rule about several policies have no order of their own."""
    return [
        replace(found, findings=tuple(sorted(found.findings, key=lambda each: each.fingerprint)))
        for found in judge(analyse(snapshot))
    ]


def _verdicts(snapshot: Snapshot) -> Verdicts:
    return {(found.rule, found.namespace): found.verdict for found in judge(analyse(snapshot))}


def _unsettled(
    snapshot: Snapshot, less: Snapshot
) -> dict[tuple[str, str], tuple[Verdict, Verdict]]:
    """Where the verdict over what was seen less well is neither the same nor UNKNOWN.

    A namespace that is not seen any more is judged by the verdict for those that nobody saw.
    """
    before, after = _verdicts(snapshot), _verdicts(less)
    now = {key: after.get(key) or after[key[0], WHOLE_CLUSTER] for key in before}
    return {
        key: (verdict, now[key])
        for key, verdict in before.items()
        if now[key] not in {verdict, Verdict.UNKNOWN}
    }


def _broken(kind: str, namespace: str, name: str) -> BrokenObject:
    return BrokenObject(ObjectRef(kind, namespace, name), ("not to be read",))


def _shuffled(sight: Sight[tuple[T, ...]], random: Random) -> Sight[tuple[T, ...]]:
    found = list(seen_or(sight, ()))
    random.shuffle(found)
    return Seen(tuple(found))


def _prints(snapshot: Snapshot) -> list[tuple[str, Verdict]]:
    return [
        (each.fingerprint, each.verdict)
        for found in judge(analyse(snapshot))
        for each in found.findings
    ]
