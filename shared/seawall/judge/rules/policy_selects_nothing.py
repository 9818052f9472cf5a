"""policy-selects-nothing: a NetworkPolicy whose podSelector matches no pod that it could bind.

Often a typing error: the policy looks like protection and protects nothing. A selector that a new
pod without labels meets, like the empty one, is left alone: it binds the pods still to come.
"""

from collections.abc import Iterator

from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NamespaceView
from seawall.model.finding import Evidence, Fix, Severity, Verdict
from seawall.model.policies import NetworkPolicy, Where


def _check(view: NamespaceView) -> Iterator[Flaw]:
    # One of the pods that could not be read may carry the labels.
    verdict = Verdict.UNKNOWN if view.has_unread() else Verdict.FAIL
    for facts in view.facts():
        if not facts.subjects and not facts.policy.subject.matches({}):
            yield _flaw(facts.policy, verdict)


def _flaw(policy: NetworkPolicy, verdict: Verdict) -> Flaw:
    where = Where(policy.ref, "spec.podSelector")
    return Flaw(
        verdict,
        f"{policy.ref} selects no pod that was read: none carries {policy.subject}",
        Fix("Correct the podSelector, or delete the policy if its pods are gone."),
        evidence=(Evidence(where, str(policy.subject)),),
        subject=policy.ref,
    )


RULE = Rule(
    id="policy-selects-nothing",
    severity=Severity.LOW,
    title="A policy selects no pod, so it protects nothing.",
    controls=("NIST 800-53 CM-6",),
    needs=frozenset({Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
