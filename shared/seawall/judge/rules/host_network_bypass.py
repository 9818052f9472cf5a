"""host-network-bypass: pods on the host network, which no NetworkPolicy binds.

Sources: "NetworkPolicy for hostNetwork pods" (Kubernetes "Network Policies"): in most plug-ins
their traffic is the node's. CIS Kubernetes 5.2.5.
"""

from collections.abc import Iterator

from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NamespaceView
from seawall.model.finding import Fix, Severity, Verdict


def _check(view: NamespaceView) -> Iterator[Flaw]:
    pods = view.host_pods()
    if pods:
        what = pods[0] if len(pods) == 1 else f"{len(pods)} pods"
        summary = f"NetworkPolicy does not bind {what} on the host network"
        yield Flaw(Verdict.FAIL, summary, _FIX, pods)


_FIX = Fix(
    "Take the pods off the host network; where that cannot be (network plug-ins, node agents), "
    "keep them few, in a namespace of their own, and waive this with the reason."
)

RULE = Rule(
    id="host-network-bypass",
    severity=Severity.MEDIUM,
    title="Pods on the host network are bound by no NetworkPolicy.",
    controls=("CIS Kubernetes 5.2.5", "NIST 800-53 SC-7"),
    needs=frozenset({Kind.PODS}),
    check=_check,
)
