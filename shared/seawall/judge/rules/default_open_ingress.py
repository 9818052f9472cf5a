"""default-open-ingress: pods that no policy isolates for ingress, so everybody reaches them.

Source: "By default, a pod is non-isolated for ingress; all inbound connections are allowed"
(Kubernetes "Network Policies"). CIS Kubernetes 5.3.2.
"""

from collections.abc import Iterator

from seawall.judge.directions import open_by_default
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NamespaceView
from seawall.model.finding import Severity
from seawall.model.policies import Direction


def _check(view: NamespaceView) -> Iterator[Flaw]:
    return open_by_default(view, Direction.INGRESS)


RULE = Rule(
    id="default-open-ingress",
    severity=Severity.HIGH,
    title="Everybody reaches these pods: no policy isolates them for ingress.",
    controls=("CIS Kubernetes 5.3.2", "NSA/CISA Network separation", "NIST 800-53 SC-7(5)"),
    needs=frozenset({Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
