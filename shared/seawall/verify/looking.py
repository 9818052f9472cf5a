"""What became of a change: as planned, to be undone, or no longer ours to undo."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seawall.analyse.differences import closed
from seawall.analyse.isolation import analyse
from seawall.analyse.paths import in_essence, paths
from seawall.judge.fixes import means
from seawall.judge.judging import Judged
from seawall.judge.rules import default_open_ingress
from seawall.model.finding import Verdict
from seawall.model.plan import Applied, Plan, Undo
from seawall.model.policies import NetworkPolicy
from seawall.model.sight import Seen, Sight, Unseen, seen_or
from seawall.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The object in the cluster is not the one this plan made, or not that alone: hands off."""

    why: str


def look_again(
    plan: Plan, applied: Applied, after: Sight[Judged], *, unattended: bool
) -> Undo | NotOurs | None:
    """None where the cluster is now as planned.

    An Undo only ever names an object that this plan made and nobody else has touched; of any other
    one a person must decide.
    """
    if not applied.ours:
        return NotOurs(
            f"NetworkPolicy {plan.namespace}/{plan.name} was not made by this plan, or somebody "
            "else has changed it: it is left alone"
        )
    why = next(_wrong(plan, after, unattended=unattended), "")
    return undo_of(plan, applied.uid, why) if why else None


def undo_of(plan: Plan, uid: str, why: str) -> Undo:
    """How to take back the object that a plan made."""
    return Undo(plan.cluster, plan.uid, plan.id, plan.namespace, plan.name, uid, why)


def _wrong(plan: Plan, after: Sight[Judged], *, unattended: bool) -> Iterator[str]:
    """Yield what is not as planned, the gravest first; nothing can be told after the first."""
    if isinstance(after, Unseen):
        yield f"the cluster could not be read again: {after.why}"
        return
    snapshot = after.value.snapshot
    yield from _unseen(plan, snapshot)
    yield from _stored(plan, snapshot)
    yield from _judged(plan, after.value)
    if unattended and _pods(plan, snapshot):
        yield "a pod appeared while the namespace was being closed"
    yield from _cut(plan, after.value)


def _unseen(plan: Plan, snapshot: Snapshot) -> Iterator[str]:
    if snapshot.uid != Seen(plan.uid):
        yield "this is not the cluster that was planned for: the UID of its kube-system differs"
    kinds: tuple[tuple[str, Sight[object]], ...] = (
        ("policies", snapshot.network_policies),
        ("pods", snapshot.pods),
        ("namespaces", snapshot.namespaces),
    )
    for kind, sight in kinds:
        if isinstance(sight, Unseen):
            yield f"the {kind} could not be read again: {sight.why}"
    if all(each.name != plan.namespace for each in seen_or(snapshot.namespaces, ())):
        yield "the namespace is gone"


def _pods(plan: Plan, snapshot: Snapshot) -> bool:
    pods = seen_or(snapshot.pods, ())
    return any(pod.namespace == plan.namespace and pod.is_endpoint for pod in pods)


def _stored(plan: Plan, snapshot: Snapshot) -> Iterator[str]:
    found = [each for each in seen_or(snapshot.network_policies, ()) if _is_ours(plan, each)]
    if not found:
        yield "the policy is not there"
    elif not means(found[0], plan.manifest):
        yield "the policy that is there means something else than the plan"


def _is_ours(plan: Plan, policy: NetworkPolicy) -> bool:
    return (policy.namespace, policy.name) == (plan.namespace, plan.name)


def _judged(plan: Plan, judged: Judged) -> Iterator[str]:
    rule = default_open_ingress.RULE.id
    verdicts = [
        outcome.verdict
        for outcome in judged.outcomes
        if (outcome.rule, outcome.namespace) == (rule, plan.namespace)
    ]
    if verdicts != [Verdict.PASS]:
        found = ", ".join(verdicts) or "nothing"
        yield f"{rule} is not PASS in the namespace, but {found}"


def _cut(plan: Plan, judged: Judged) -> Iterator[str]:
    """What our policy cuts in the cluster as it is now, beyond the plan."""
    snapshot = judged.snapshot
    others = tuple(
        each for each in seen_or(snapshot.network_policies, ()) if not _is_ours(plan, each)
    )
    before = analyse(replace(snapshot, network_policies=Seen(others)), judged.isolation.plane)
    cut = closed(before, judged.isolation, plan.namespace)
    planned = set(map(in_essence, plan.cuts))
    found = paths(before.table, cut, plan.namespace)
    more = [each for each in found if in_essence(each) not in planned]
    if more:
        yield (
            f"it cuts more than was planned: {more[0].source} -> {more[0].destination} on "
            f"{more[0].ports}"
        )
