"""allow-all-ingress: isolated pods whose policies, taken together, admit the whole world again.

Computed from the union of all rules: `ingress: [{}]`, 0.0.0.0/0, or its two halves in two
policies are the same thing. Policies are additive, so one such rule undoes every default deny
(`NetworkPolicySpec.ingress`, networking.k8s.io/v1).
"""

from collections.abc import Iterator

from seawall.judge.directions import open_to_all
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NamespaceView
from seawall.model.finding import Severity
from seawall.model.policies import Direction


def _check(view: NamespaceView) -> Iterator[Flaw]:
    return open_to_all(view, Direction.INGRESS)


RULE = Rule(
    id="allow-all-ingress",
    severity=Severity.HIGH,
    title="Policies isolate these pods for ingress and admit every address on every port again.",
    controls=("CIS Kubernetes 5.3.2", "NIST 800-53 SC-7(5)", "PCI DSS 1.3.1"),
    needs=frozenset({Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
