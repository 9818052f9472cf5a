"""Runs the rules over every namespace and makes findings of what they yield."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seawall.analyse.exposure import ExposureOfCluster
from seawall.analyse.isolation import Isolation
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.rules import RULES
from seawall.judge.view import NamespaceView
from seawall.model.finding import Finding, Fix, Outcome, Severity, Verdict, fingerprint
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Origin, Snapshot

WHOLE_CLUSTER = ""
"""The namespace of outcomes about what no namespace can be named for."""

LOOK_AGAIN = Fix("Let the scanner read what it could not (see the reason), then scan again.")


_RANKS = {severity: severity.rank for severity in Severity}


@dataclass(frozen=True, slots=True)
class Judged:
    """One cluster as it was read, analysed and judged."""

    isolation: Isolation
    outcomes: tuple[Outcome, ...]

    @property
    def snapshot(self) -> Snapshot:
        """What was read."""
        return self.isolation.snapshot

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is not a PASS, the gravest first, then by rule and namespace."""
        found = (finding for outcome in self.outcomes for finding in outcome.findings)
        return tuple(sorted(found, key=_gravest_first))

    def count(self, verdict: Verdict) -> int:
        """How many outcomes have a verdict."""
        return sum(outcome.verdict is verdict for outcome in self.outcomes)


def judge(
    isolation: Isolation, rules: Iterable[Rule] = RULES, *, identity: str | None = None
) -> tuple[Outcome, ...]:
    """One outcome for each rule and namespace, in that order, sorted.

    Where namespaces could not be listed, one more for the namespaces nobody saw, and always one of
    a rule that judges what is in no namespace. `identity` is
    whom fingerprints name; without it the cluster's UID, or its key while that is unseen. What only
    a live cluster can tell is not asked of manifests, and no outcome says that it is well.
    """
    who = _identity(isolation.snapshot) if identity is None else identity
    cluster, views = _views(isolation)  # the same for all rules
    live = isolation.snapshot.origin is Origin.CLUSTER
    rules = (rule for rule in rules if live or not rule.live_only)
    whole = _is_more_than_its_namespaces(isolation.snapshot)
    found: list[Outcome] = []
    for rule in rules:
        unseen = _unseen(isolation.snapshot, rule)
        judged = (cluster, *views) if whole or rule.clusterwide else views
        found += (_outcome(view, rule, unseen, who) for view in judged)
    return tuple(found)


def _identity(snapshot: Snapshot) -> str:
    return snapshot.uid.value if isinstance(snapshot.uid, Seen) else snapshot.key


def _gravest_first(finding: Finding) -> tuple[int, int, str, str, str]:
    unsure = finding.verdict is not Verdict.FAIL
    place = (finding.rule, finding.namespace, finding.fingerprint)
    return (unsure, -_RANKS[finding.severity], *place)


def _outcome(view: NamespaceView, rule: Rule, unseen: str, identity: str) -> Outcome:
    flaws = _flaws(view, rule, unseen)
    findings = tuple([_finding(view, rule, flaw, identity) for flaw in flaws])
    return Outcome(rule.id, view.namespace, _worst(flaws), findings)


def _is_more_than_its_namespaces(snapshot: Snapshot) -> bool:
    """Whether there are namespaces that nobody saw, or something that may be of any namespace."""
    homeless = any(not broken.ref.namespace for broken in snapshot.broken)
    return homeless or isinstance(snapshot.namespaces, Unseen)


def _views(isolation: Isolation) -> tuple[NamespaceView, tuple[NamespaceView, ...]]:
    """The cluster as if it were a namespace, and its namespaces."""
    exposure = ExposureOfCluster(isolation)
    names = (WHOLE_CLUSTER, *(namespace.name for namespace in isolation.table.judged))
    cluster, *views = (NamespaceView(isolation, name, exposure) for name in names)
    return cluster, tuple(views)


def _unseen(snapshot: Snapshot, rule: Rule) -> str:
    """What of all that a PASS of the rule rests on was not seen, and why; nothing if all was."""
    for kind in sorted(rule.needs):
        sight = sight_of(snapshot, kind)
        if isinstance(sight, Unseen):
            return f"the {_plural(kind)} were not seen: {sight.why}"
    return ""


def _flaws(view: NamespaceView, rule: Rule, unseen: str) -> tuple[Flaw, ...]:
    """What the check yields; where it yields nothing, what stands in the way of a PASS."""
    snapshot = view.isolation.snapshot
    if isinstance(snapshot.pods, Unseen) and Kind.PODS in rule.needs:
        return (unknown(f"the pods were not seen: {snapshot.pods.why}"),)
    return tuple(rule.check(view)) or tuple(_holes(view, unseen))


def _holes(view: NamespaceView, unseen: str) -> Iterator[Flaw]:
    snapshot = view.isolation.snapshot
    if view.namespace == WHOLE_CLUSTER and isinstance(snapshot.namespaces, Unseen):
        yield unknown(f"there may be more namespaces: {snapshot.namespaces.why}")
    elif unseen:
        yield unknown(unseen)
    elif view.has_unread():
        yield unknown("some object that may belong here could not be read")


def sight_of(snapshot: Snapshot, kind: Kind) -> Sight[object]:
    """What was seen of a kind that rules rest on."""
    match kind:
        case Kind.NAMESPACES:
            return snapshot.namespaces
        case Kind.PODS:
            return snapshot.pods
        case Kind.NODES:
            return snapshot.nodes
        case Kind.NETWORK_POLICIES:
            return snapshot.network_policies
        case Kind.OTHER_POLICIES:
            return _other_policies(snapshot)


def _other_policies(snapshot: Snapshot) -> Sight[object]:
    kinds = snapshot.unmodelled
    if isinstance(kinds, Seen):
        unseen = (each.objects for each in kinds.value if isinstance(each.objects, Unseen))
        return next(unseen, kinds)
    return kinds


def _plural(kind: Kind) -> str:
    return kind.replace("_", " ")


def unknown(why: str) -> Flaw:
    """A flaw that says only that, and why, nothing can be told."""
    return Flaw(Verdict.UNKNOWN, why, LOOK_AGAIN)


def _worst(flaws: tuple[Flaw, ...]) -> Verdict:
    if not flaws:
        return Verdict.PASS
    found = {flaw.verdict for flaw in flaws}
    if Verdict.FAIL in found:
        return Verdict.FAIL
    return Verdict.UNKNOWN


def _finding(view: NamespaceView, rule: Rule, flaw: Flaw, identity: str) -> Finding:
    snapshot = view.isolation.snapshot
    subject = str(flaw.subject) if flaw.subject else ""
    return Finding(
        rule=rule.id,
        severity=rule.severity.graver if flaw.graver else rule.severity,
        verdict=flaw.verdict,
        cluster=snapshot.key,
        uid=snapshot.uid,
        namespace=view.namespace,
        facet=flaw.facet,
        subject=flaw.subject,
        summary=flaw.summary,
        pods=flaw.pods,
        evidence=flaw.evidence,
        fix=flaw.fix,
        controls=rule.controls,
        fingerprint=fingerprint(rule.id, identity, view.namespace, subject, flaw.facet),
    )
