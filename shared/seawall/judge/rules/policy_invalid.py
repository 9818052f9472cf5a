"""policy-invalid: an object that the API server would refuse, or would quietly cut down.

Sources: ValidateNetworkPolicy (`pkg/apis/networking/validation`); unknown fields are dropped with
a warning, and only clients that ask for strict field validation are told.
"""

from collections.abc import Iterator

from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NamespaceView
from seawall.model.finding import Evidence, Fix, Severity, Verdict
from seawall.model.istio import NO_MESH
from seawall.model.policies import BrokenObject, NetworkPolicy, Where
from seawall.model.sight import seen_or

_OF_POLICY = Fix("Correct the object; until then its namespace cannot be judged.")
_OF_MESH = Fix("Correct the object; until then nobody knows what Istio lets through to its pods.")


def _check(view: NamespaceView) -> Iterator[Flaw]:
    for broken in view.broken():
        yield _refused(broken)
    for broken in seen_or(view.isolation.snapshot.mesh, NO_MESH).broken:
        if broken.ref.namespace == view.namespace:
            yield _refused(broken, _OF_MESH)
    for facts in view.facts():
        if facts.policy.warnings:
            yield _cut_down(facts.policy)


def _refused(broken: BrokenObject, fix: Fix = _OF_POLICY) -> Flaw:
    where = Where(broken.ref, broken.origin)
    return Flaw(
        Verdict.FAIL,
        f"{broken.ref} is invalid: {broken.problems[0]}",
        fix,
        evidence=tuple(Evidence(where, problem) for problem in broken.problems),
        subject=broken.ref,
        facet="" if broken.ref.name else broken.origin,  # all that tells two without names apart
    )


def _cut_down(policy: NetworkPolicy) -> Flaw:
    where = Where(policy.ref, policy.origin)
    return Flaw(
        Verdict.FAIL,
        f"{policy.ref} has a field that does not exist: {policy.warnings[0]}",
        Fix("Correct or remove the field: the API server drops it, and the rest applies."),
        evidence=tuple(Evidence(where, warning) for warning in policy.warnings),
        subject=policy.ref,
    )


RULE = Rule(
    id="policy-invalid",
    severity=Severity.MEDIUM,
    title="An object is not valid, so it does not do what it says.",
    controls=("NIST 800-53 CM-6",),
    needs=frozenset({Kind.NAMESPACES, Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
