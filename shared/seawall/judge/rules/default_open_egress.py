"""default-open-egress: pods that no policy isolates for egress, so they reach everybody.

Source: "By default, a pod is non-isolated for egress; all outbound connections are allowed"
(Kubernetes "Network Policies"). CIS Kubernetes 5.3.2.
"""

from collections.abc import Iterator

from seawall.judge.directions import open_by_default
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NamespaceView
from seawall.model.finding import Severity
from seawall.model.policies import Direction


def _check(view: NamespaceView) -> Iterator[Flaw]:
    return open_by_default(view, Direction.EGRESS)


RULE = Rule(
    id="default-open-egress",
    severity=Severity.MEDIUM,
    title="These pods reach everybody: no policy isolates them for egress.",
    controls=("CIS Kubernetes 5.3.2", "NSA/CISA Network separation", "NIST 800-53 SC-7(5)"),
    needs=frozenset({Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
