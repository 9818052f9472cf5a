"""Where it is worst, what changed, and what waits for a person: the parts below the table."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from seawall.model.cluster import ClusterKey
from seawall.model.digest import Group
from seawall.model.finding import Severity
from seawall.model.memory import FindingMemory, Transition, Turn
from seawall.model.plan import PlanState, Stage
from seawall.report.digest import gravest_first
from seawall.report.fleet import ClusterLine, FleetView, Standing, severities

Cause = tuple[Turn, str, Severity]
"""What is told as one thing."""

_WAITING = (Stage.FAILED, Stage.PROPOSED, Stage.REFUSED, Stage.APPLYING, Stage.UNDOING)
"""Plans somebody should know of, those that need a person first."""
_ENDED = (Stage.DONE, Stage.ROLLED_BACK)
"""Told once: in the report of the run in which they came there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace (empty: the cluster as a whole) and its open findings, the gravest first."""

    cluster: ClusterKey
    namespace: str
    standing: Standing
    findings: tuple[FindingMemory, ...]

    @property
    def severities(self) -> tuple[int, ...]:
        """How many of each severity, the gravest first."""
        return severities(self.findings)


@dataclass(frozen=True, slots=True)
class Changes:
    """The turns of a run.

    Attributes:
        groups: What is news, by turn, rule and severity; the gravest first, what resolved last.
        first: Turns that came with the first complete scan of a cluster, by cluster.
        adopted: Turns of known debt.
    """

    groups: tuple[Group, ...]
    first: tuple[tuple[ClusterKey, int], ...]
    adopted: int


def worst_places(lines: Iterable[ClusterLine]) -> tuple[Place, ...]:
    """Every namespace with an open finding, the one with the most of the gravest first."""
    found: defaultdict[tuple[ClusterKey, str, Standing], list[FindingMemory]] = defaultdict(list)
    for line in lines:
        for finding in line.open:
            found[(line.key, finding.namespace, line.standing)].append(finding)
    places = [Place(*where, tuple(sorted(each, key=_gravity))) for where, each in found.items()]
    return tuple(sorted(places, key=_rank))


def changes(turns: Iterable[Transition]) -> Changes:
    """What became of findings, with one cause told once."""
    groups: defaultdict[Cause, list[tuple[ClusterKey, str, str]]] = defaultdict(list)
    first: Counter[ClusterKey] = Counter()
    adopted = 0
    for turn in turns:
        if turn.first:
            first[turn.cluster] += 1
        elif turn.adopted:
            adopted += 1
        else:
            where = (turn.cluster, turn.namespace, turn.summary)
            groups[(turn.turn, turn.rule, turn.severity)].append(where)
    made = (Group(*cause, tuple(sorted(places))) for cause, places in groups.items())
    return Changes(tuple(gravest_first(made)), tuple(sorted(first.items())), adopted)


def plans_to_tell(view: FleetView) -> tuple[PlanState, ...]:
    """Plans that wait, and what came of others since the last run began."""
    began = view.last_run.started_at if view.last_run else view.now
    ended = [s for s in view.plans if s.stage in _ENDED and s.changed_at >= began]
    waiting = [state for state in view.plans if state.stage in _WAITING]
    waiting.sort(key=lambda state: (_WAITING.index(state.stage), _where(state)))
    return (*waiting, *sorted(ended, key=_where))


def _gravity(finding: FindingMemory) -> tuple[object, ...]:
    return (-finding.severity.rank, finding.adopted, finding.rule, finding.fingerprint)


def _rank(place: Place) -> tuple[object, ...]:
    return ([-number for number in place.severities], place.cluster, place.namespace)


def _where(state: PlanState) -> tuple[str, ...]:
    return (state.plan.cluster, state.plan.namespace, state.plan.id)
