"""policy-not-enforced: policies select pods, and no network plug-in carries them out.

Sources: "Creating a NetworkPolicy resource without a controller that implements it will have no
effect" (Kubernetes "Network Policies", prerequisites); for each plug-in the source in the table of
`analyse/dataplane`. CIS Kubernetes 5.3.1.
"""

from collections.abc import Iterator

from seawall.analyse.dataplane.switches import SWITCHES
from seawall.judge.directions import counted
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NEW_POD, NamespaceView
from seawall.model.bits import all_of
from seawall.model.enforcement import Enforced, Ruling
from seawall.model.finding import Fix, Severity, Verdict
from seawall.model.ir import Action, Policy
from seawall.model.policies import Direction


def _check(view: NamespaceView) -> Iterator[Flaw]:
    by_verdict = _rulings(view)
    not_all = {**by_verdict.get(Enforced.NO, {}), **by_verdict.get(Enforced.PARTLY, {})}
    if not_all:
        yield _flaw(Verdict.FAIL, "policies select {pods} and nothing enforces them", not_all)
    elif unknown := by_verdict.get(Enforced.UNKNOWN):
        summary = "cannot tell whether anything enforces the policies that select {pods}"
        yield _flaw(Verdict.UNKNOWN, summary, unknown)


def _rulings(view: NamespaceView) -> dict[Enforced, dict[str, Ruling]]:
    """The pods that policies select by the verdict on them; the one to come where there is none."""
    selected = [
        bound.classes
        for direction in Direction
        for bound in view.bound(direction)
        if any(map(_decides, (p for tier in bound.side.applying for p in tier.policies)))
    ]
    enforced, pods = view.isolation.enforced, view.isolation.table.pods(all_of(selected))
    found: dict[Enforced, dict[str, Ruling]] = {}
    for pod in pods:
        ruling = enforced.of(pod)
        found.setdefault(ruling.enforced, {})[str(pod)] = ruling
    if selected and not pods:
        found[enforced.whole.enforced] = {NEW_POD: enforced.whole}
    return found


def _decides(policy: Policy) -> bool:
    """Whether it is one that was read: what was not read may select nobody."""
    return policy.isolates or any(rule.action is not Action.UNKNOWN for rule in policy.rules)


def _flaw(verdict: Verdict, summary: str, found: dict[str, Ruling]) -> Flaw:
    pods = tuple(sorted(found))
    reasons = {ruling.why: ruling for ruling in found.values()}
    first = reasons[min(reasons)]
    more = f"; and {len(reasons) - 1} more reasons" if len(reasons) > 1 else ""
    text = f"{summary.format(pods=counted(pods))}: {first.why}{more}"
    fix = _LOOK if verdict is Verdict.UNKNOWN else _fix(first)
    return Flaw(verdict, text, fix, pods, first.evidence)


def _fix(ruling: Ruling) -> Fix:
    switch = SWITCHES.get(ruling.row)
    if switch is None:
        return Fix("Move the pods to nodes where a network plug-in enforces policies.")
    first = f" Before: {switch.first}." if switch.first else ""
    return Fix(
        "Switch policy enforcement on, after reading what that would cut (`seawall isolation "
        f"--assume-enforced`).{first} Then: {switch.command}"
    )


_LOOK = Fix("Let the scanner read what it could not (see the reason), then scan again.")

RULE = Rule(
    id="policy-not-enforced",
    severity=Severity.CRITICAL,
    title="Policies select these pods, and nothing enforces them.",
    controls=("CIS Kubernetes 5.3.1", "NIST 800-53 SC-7"),
    needs=frozenset({Kind.NAMESPACES, Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
    live_only=True,
)
