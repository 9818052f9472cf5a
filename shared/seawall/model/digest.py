"""One digest a run: what changed in the fleet, grouped by root cause."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType

from seawall.model.cluster import ClusterKey
from seawall.model.finding import Severity
from seawall.model.memory import Transition, Turn
from seawall.model.messages import RunId
from seawall.model.plan import PlanId

DigestId = NewType("DigestId", str)
"""Depends on what the digest tells alone: a digest that is delivered twice is told apart by it."""


NO_CLUSTER: Final = ClusterKey("")
"""Whose a notice is that is about a scope."""


@dataclass(frozen=True, slots=True)
class Group:
    """Turns with one cause: the same rule, turn and severity in one cluster, or in many.

    Attributes:
        places: `cluster namespace: summary` of each, sorted; `places` are never cut short here.
    """

    turn: Turn
    rule: str
    severity: Severity
    places: tuple[tuple[ClusterKey, str, str], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The first complete scan of a cluster in one line: not news, a starting point."""

    cluster: ClusterKey
    open: int
    by_severity: tuple[tuple[Severity, int], ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something else that changed once: who is unseen or seen again, a fix applied or undone.

    Attributes:
        cluster: `NO_CLUSTER` where it is about a scope of discovery; `text` then names the scope.
    """

    cluster: ClusterKey
    text: str
    plan: PlanId | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything worth telling since the last one; an empty one is never sent."""

    id: DigestId
    run: RunId
    at: datetime
    summaries: tuple[Summary, ...] = ()
    groups: tuple[Group, ...] = ()
    notices: tuple[Notice, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.summaries or self.groups or self.notices)


@dataclass(frozen=True, slots=True)
class Untold:
    """What no digest has taken up yet, oldest first; `mark` says up to where this goes."""

    turns: tuple[Transition, ...]
    notices: tuple[Notice, ...]
    mark: str
