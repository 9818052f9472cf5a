"""The plan that closes one namespace: what to add, what that cuts, what forbids it."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from seawall.analyse.differences import closed, closed_to_new, opened
from seawall.analyse.isolation import with_policy
from seawall.analyse.paths import in_essence, paths, workload
from seawall.judge.fixes import isolate, meaning
from seawall.judge.judging import Judged
from seawall.judge.rules import default_open_ingress
from seawall.judge.view import NamespaceView
from seawall.model.exposure import Exposure
from seawall.model.finding import Finding, Verdict
from seawall.model.manifests import Manifest
from seawall.model.plan import Path, Plan, PlanId
from seawall.model.policies import Direction, NetworkPolicy, ObjectRef
from seawall.model.sight import Unseen, seen_or
from seawall.model.snapshot import Pod
from seawall.remediate.guard import Change, held_back, refusals, ways_into

MENDED_RULE = default_open_ingress.RULE.id
"""The rule whose findings a plan mends."""

LABELS = {"app.kubernetes.io/managed-by": "seawall"}
_ID_DIGITS = 32


def plan_ingress(judged: Judged, exposure: Exposure, namespace: str) -> Plan | None:
    """Deny ingress by default in a namespace and allow its own pods, as a plan.

    None where nothing there is open by default, or where nobody knows which cluster this is.
    """
    uid, fingerprints = judged.snapshot.uid, _mended(judged.findings, namespace)
    if isinstance(uid, Unseen) or not fingerprints:
        return None
    manifest = _manifest(judged, namespace)
    policy = meaning(manifest)
    before, after = judged.isolation, with_policy(judged.isolation, policy)
    change = Change(closed(before, after, namespace), opened(before, after, namespace))
    pods, working = _pods(judged, namespace), _working(exposure, namespace)
    coming = paths(before.table, closed_to_new(before, after, namespace), namespace)
    cuts = _with_waiting(paths(before.table, change.closed, namespace), coming, working, pods)
    plan = Plan(
        id=PlanId(""),
        cluster=judged.snapshot.key,
        uid=uid.value,
        namespace=namespace,
        name=policy.name,
        manifest=manifest,
        fingerprints=fingerprints,
        cuts=cuts,
        pods=len(pods),
        workloads=tuple(map(workload, working)),
        refusals=refusals(judged, exposure, namespace, change),
        basis=_basis(judged, exposure, namespace, cuts),
        namespace_life=_life(judged, namespace),
        held=held_back(judged, namespace),
    )
    return replace(plan, id=plan_id(plan))


def plan_id(plan: Plan) -> PlanId:
    """The digest of all that a plan says but its id.

    Of `pods` only whether there are any, or will be, and of cuts what does not change with them: a
    plan need not be made anew whenever something scales, or a cron job starts. What holds a plan
    back is said where there is something: plans of before it was asked keep their ids.
    """
    said = msgspec.to_builtins(plan)
    del said["id"]
    if not plan.held:
        del said["held"]
    used = bool(plan.pods or plan.workloads)
    return PlanId(_digest(said | {"pods": used, "cuts": _essence(plan.cuts)}))


def _essence(cuts: Iterable[Path]) -> list[tuple[str, str, str]]:
    return sorted(set(map(in_essence, cuts)))


def _mended(findings: Iterable[Finding], namespace: str) -> tuple[str, ...]:
    return tuple(
        sorted(
            each.fingerprint
            for each in findings
            if (each.rule, each.namespace, each.verdict) == (MENDED_RULE, namespace, Verdict.FAIL)
        )
    )


def _manifest(judged: Judged, namespace: str) -> Manifest:
    """The fix that the finding offers, under a name that nobody has, marked as ours."""
    taken = NamespaceView(judged.isolation, namespace).policy_names()
    found = isolate(namespace, Direction.INGRESS, taken).manifest or {}
    name = meaning(found).name
    return {**found, "metadata": {"name": name, "namespace": namespace, "labels": LABELS}}


def _life(judged: Judged, namespace: str) -> str:
    known = seen_or(judged.snapshot.namespaces, ())
    return next((each.life for each in known if each.name == namespace), "")


def _pods(judged: Judged, namespace: str) -> tuple[Pod, ...]:
    """What runs there or is about to; host-network pods count, though no policy binds them."""
    pods = seen_or(judged.snapshot.pods, ())
    return tuple(pod for pod in pods if pod.namespace == namespace and pod.is_endpoint)


def _working(exposure: Exposure, namespace: str) -> tuple[ObjectRef, ...]:
    """The workloads of the namespace. Where they were not seen, the guard refuses the plan."""
    known = seen_or(exposure.workloads, ())
    return tuple(sorted({each for each in known if each.namespace == namespace}, key=workload))


def _with_waiting(
    cuts: tuple[Path, ...],
    coming: tuple[Path, ...],
    working: Iterable[ObjectRef],
    pods: Iterable[Pod],
) -> tuple[Path, ...]:
    """And what would be cut off from workloads without a pod now, once they have one.

    Nobody knows the labels of such a pod: it is taken for one that is like no other.
    """
    running = {pod.owner for pod in pods}
    waiting = [workload(each) for each in working if each not in running]
    more = {replace(path, destination=name, live=False) for name in waiting for path in coming}
    return tuple(sorted({*cuts, *more}))


def _basis(judged: Judged, exposure: Exposure, namespace: str, cuts: tuple[Path, ...]) -> str:
    policies = seen_or(judged.snapshot.network_policies, ())
    return _digest(
        {
            "policies": sorted(_said(each) for each in policies if each.namespace == namespace),
            "cuts": _essence(cuts),
            "ways": msgspec.to_builtins(sorted(ways_into(exposure, namespace))),
        }
    )


def _said(policy: NetworkPolicy) -> list[str]:
    """All that a policy means; two texts of it are one."""
    words = (policy.subject, policy.ingress, policy.egress)
    return [policy.name, *sorted(policy.directions), *map(repr, words)]


def _digest(said: object) -> str:
    text = msgspec.json.encode(said, order="sorted")
    return hashlib.sha256(text).hexdigest()[:_ID_DIGITS]
