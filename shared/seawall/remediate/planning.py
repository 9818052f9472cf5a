"""The plan that closes one namespace: what to add, what that cuts, what forbids it."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from seawall.analyse.differences import closed, opened
from seawall.analyse.isolation import with_policy
from seawall.analyse.paths import paths, workload
from seawall.judge.fixes import isolate, meaning
from seawall.judge.judging import Judged
from seawall.judge.rules import default_open_ingress
from seawall.judge.view import NamespaceView
from seawall.model.exposure import Exposure
from seawall.model.finding import Finding, Verdict
from seawall.model.manifests import Manifest
from seawall.model.plan import Path, Plan, PlanId
from seawall.model.policies import Direction, NetworkPolicy
from seawall.model.sight import Unseen, seen_or
from seawall.model.snapshot import Pod
from seawall.remediate.guard import Change, refusals, ways_into

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
    cuts, pods = paths(before.table, change.closed, namespace), _pods(judged, namespace)
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
        workloads=_waiting(exposure, namespace, pods),
        refusals=refusals(judged, exposure, namespace, change),
        basis=_basis(judged, exposure, namespace, cuts),
    )
    return replace(plan, id=plan_id(plan))


def plan_id(plan: Plan) -> PlanId:
    """The digest of all that a plan says but its id.

    Of `pods` only whether there are any: a plan need not be made anew whenever something scales.
    """
    said = msgspec.to_builtins(plan)
    del said["id"]
    return PlanId(_digest(said | {"pods": plan.pods > 0}))


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


def _pods(judged: Judged, namespace: str) -> tuple[Pod, ...]:
    """What runs there or is about to; host-network pods count, though no policy binds them."""
    pods = seen_or(judged.snapshot.pods, ())
    return tuple(pod for pod in pods if pod.namespace == namespace and pod.is_endpoint)


def _waiting(exposure: Exposure, namespace: str, pods: Iterable[Pod]) -> tuple[str, ...]:
    """The workloads without a pod. Where they were not seen, the guard refuses the plan."""
    running = {pod.owner for pod in pods}
    known = seen_or(exposure.workloads, ())
    waiting = {each for each in known if each.namespace == namespace and each not in running}
    return tuple(sorted(map(workload, waiting)))


def _basis(judged: Judged, exposure: Exposure, namespace: str, cuts: tuple[Path, ...]) -> str:
    policies = seen_or(judged.snapshot.network_policies, ())
    return _digest(
        {
            "policies": sorted(_said(each) for each in policies if each.namespace == namespace),
            "cuts": msgspec.to_builtins(cuts),
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
