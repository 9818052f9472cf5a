"""policy-inert: a policy of a kind that the cluster's network plug-in does not carry out.

Sources: that a cluster serves a kind says nothing of who implements it (network-policy-api,
"Implementations"); for each plug-in the source in the table of `analyse/dataplane/kinds.py`.
Cilium says in `status.conditions` that it did not accept a policy.
"""

from collections.abc import Iterator

from seawall.analyse.force import Idle
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NamespaceView
from seawall.model.finding import Evidence, Fix, Severity, Verdict
from seawall.model.policies import Where


def _check(view: NamespaceView) -> Iterator[Flaw]:
    force = view.isolation.force
    cilium = force.snapshot.dialects.cilium
    refused = [Idle(policy.ref, policy.inert) for policy in cilium if policy.inert]
    for idle in (*force.inert, *refused):
        if idle.ref.namespace == view.namespace:
            yield _flaw(Verdict.FAIL, f"{idle.ref} does nothing here: {idle.why}", _REMOVE, idle)
    for idle in force.doubtful:
        if idle.ref.namespace == view.namespace:
            summary = f"cannot tell whether {idle.ref} does anything here: {idle.why}"
            yield _flaw(Verdict.UNKNOWN, summary, _ASK, idle)


def _flaw(verdict: Verdict, summary: str, fix: Fix, idle: Idle) -> Flaw:
    evidence = (Evidence(Where(idle.ref), idle.why),)
    return Flaw(verdict, summary, fix, evidence=evidence, subject=idle.ref)


_REMOVE = Fix("Write it as a kind that the network plug-in carries out, then remove it.")
_ASK = Fix("Let the scanner read the data plane, or write it as a NetworkPolicy.")

RULE = Rule(
    id="policy-inert",
    severity=Severity.HIGH,
    title="A policy is of a kind that nothing here carries out.",
    controls=("CIS Kubernetes 5.3.1", "NIST 800-53 CM-6"),
    needs=frozenset({Kind.NAMESPACES, Kind.OTHER_POLICIES}),
    check=_check,
    live_only=True,
    clusterwide=True,
)
