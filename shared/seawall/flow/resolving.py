"""Resolve: whether a scan that lacks a finding saw enough to say that it is gone.

A FAIL can hide what was not seen: a rule that found one bad policy says nothing of another one
that could not be read this time. So it is not enough that no finding of an outcome is UNKNOWN: all
that the rule rests on must have been read, and every object of the namespace.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.judge.judging import WHOLE_CLUSTER, Judged, sight_of
from seawall.judge.rule import Kind
from seawall.judge.rules import RULES, policy_invalid
from seawall.model.finding import Outcome, Verdict
from seawall.model.memory import FindingMemory
from seawall.model.policies import BrokenObject
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Snapshot

MENDED = "it does not fail any more"
GONE = "the namespace is gone"
RETIRED = "the rule was retired"

_EVERY_KIND = frozenset(Kind)
_NEEDS = {rule.id: rule.needs for rule in RULES}


@dataclass(frozen=True, slots=True)
class Scopes:
    """What one scan looked at, by (rule, namespace), and what it could not read."""

    snapshot: Snapshot
    outcomes: Mapping[tuple[str, str], Outcome]
    rules: frozenset[str]
    known: bool
    """Whether it is known whose namespaces these are."""

    def resolution(self, missing: FindingMemory) -> str:
        """Why a finding that this scan lacks is resolved; nothing while that is not known."""
        if not self.known:
            return ""
        rule, namespace = missing.rule, missing.namespace
        if self._is_gone(namespace) and (rule, namespace) not in self.outcomes:
            return GONE
        if self.rules and rule not in self.rules:
            return RETIRED
        return (
            MENDED if self._was_judged(rule, namespace) and self._was_read(rule, namespace) else ""
        )

    def _is_gone(self, namespace: str) -> bool:
        """An object of no known namespace may be the namespace itself."""
        match self.snapshot.namespaces:
            case Unseen():
                return False
            case Seen(listed):
                homeless = any(not broken.ref.namespace for broken in self.snapshot.broken)
                named = namespace == WHOLE_CLUSTER or any(n.name == namespace for n in listed)
                return not (homeless or named)

    def _was_judged(self, rule: str, namespace: str) -> bool:
        """The rule answered here, and neither here nor for those nobody saw is it UNKNOWN.

        Of most rules there is an outcome for the whole cluster only where something stands in the
        way of one for each namespace.
        """
        here = self.outcomes.get((rule, namespace))
        whole = self.outcomes.get((rule, WHOLE_CLUSTER))
        answered = here is not None or namespace == WHOLE_CLUSTER
        return answered and not (_unsure(here) or _unsure(whole))

    def _was_read(self, rule: str, namespace: str) -> bool:
        needs = _NEEDS.get(rule, _EVERY_KIND)
        if any(isinstance(sight_of(self.snapshot, kind), Unseen) for kind in needs):
            return False
        return not any(_hides(each, rule, namespace) for each in self.snapshot.broken)


def scopes(judged: Judged, *, pinned: bool) -> Scopes:
    """What a scan looked at; where an identity is `pinned`, one that is unseen resolves nothing."""
    outcomes = {(each.rule, each.namespace): each for each in judged.outcomes}
    known = isinstance(judged.snapshot.uid, Seen) or not pinned
    return Scopes(judged.snapshot, outcomes, frozenset(rule for rule, _ in outcomes), known)


def _unsure(outcome: Outcome | None) -> bool:
    if outcome is None:
        return False
    found = {outcome.verdict, *(finding.verdict for finding in outcome.findings)}
    return Verdict.UNKNOWN in found


def _hides(broken: BrokenObject, rule: str, namespace: str) -> bool:
    """An unreadable object that is, or may be, of this namespace.

    It hides nothing from the rule that is about unreadable objects, unless it has no name: then it
    may be the very one that is missing.
    """
    named = rule == policy_invalid.RULE.id and broken.ref.name
    return broken.ref.namespace in {namespace, WHOLE_CLUSTER} and not named
