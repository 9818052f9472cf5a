"""cluster-open-ingress: isolated pods that a pod of a namespace nobody has made yet could reach.

`namespaceSelector: {}`, a rule with ports and no `from`, or a block that covers the pod addresses:
whoever may create any namespace gets in ("deny from other namespaces" is not what these say).
"""

from collections.abc import Iterator, Sequence

from seawall.analyse.classes import Standing
from seawall.analyse.sides import Row
from seawall.judge.directions import Question, gathered
from seawall.judge.openness import ports_where
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import Bound, NamespaceView
from seawall.model import ir
from seawall.model.finding import Fix, Severity, Verdict
from seawall.model.policies import Direction

_FIX = Fix(
    "Name the namespaces that need access, by kubernetes.io/metadata.name, in the rules named in "
    "the evidence; for traffic from outside the cluster allow the load balancer's addresses."
)


def _check(view: NamespaceView) -> Iterator[Flaw]:
    def test(bound: Bound) -> Verdict:
        if bound.side.selected and _admits(view, bound.certain):
            return Verdict.FAIL
        return Verdict.UNKNOWN if _may_admit(view, bound) else Verdict.PASS

    def telling(bound: Bound) -> list[ir.Rule]:
        rules = [rule for rule in bound.allowing() if rule.ports]
        alone = [rule for rule in rules if _admits(view, [rule])]
        return alone or [rule for rule in rules if rule.peers.addresses]

    summary = "a pod of any namespace, even one not made yet, reaches {pods}"
    return gathered(view, Question(Direction.INGRESS, test, telling, summary, lambda: _FIX))


def _may_admit(view: NamespaceView, bound: Bound) -> bool:
    """Where a pod anywhere could not be read, nobody knows which addresses pods have here."""
    if _admits(view, bound.unsure):
        return True
    unread = any(broken.ref.kind == "Pod" for broken in view.isolation.snapshot.broken)
    return unread and any(row.peers.addresses for row in bound.certain)


def _admits(view: NamespaceView, rows: Sequence[Row | ir.Rule]) -> bool:
    """By what they select, or because their blocks together have most pod addresses on a port."""
    table = view.isolation.table
    strangers = table.standing[Standing.NEW_NAMESPACE]
    if any(row.peers.pods & strangers and row.ports for row in rows):
        return True
    by_address = view.isolation.plane.ipblock_matches_pods
    return by_address and bool(ports_where(rows, table.likely_inside))


RULE = Rule(
    id="cluster-open-ingress",
    severity=Severity.MEDIUM,
    title="Any namespace of the cluster, now or later, reaches these pods on some port.",
    controls=("CIS Kubernetes 5.3.2", "NIST 800-53 AC-4", "PCI DSS 1.3.1"),
    needs=frozenset({Kind.NAMESPACES, Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
