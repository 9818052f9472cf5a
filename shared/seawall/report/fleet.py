"""What is known of a fleet now: the one set of lines and counts that every format shows.

A number is of the scan that made it. Where the last run did not read a cluster, its good news
counts for nothing any more, while its bad news stands until somebody sees it gone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.model.cluster import ClusterKey
from seawall.model.finding import Severity
from seawall.model.fleet import ClusterRecord, Presence
from seawall.model.memory import Counts, FindingMemory, Memory, Transition
from seawall.model.plan import Mode, PlanState
from seawall.model.run import Entry, Run


@dataclass(frozen=True, slots=True)
class FleetView:
    """Everything a report about a fleet is made of, as it was read; nothing is left to default.

    Attributes:
        now: The time of the report, UTC.
        fleet: The fleet's name.
        last_run: The run that ended last; None: none has.
        ledger: The entries of that run.
        turns: The turns of that run.
        modes: A cluster that is missing has no mode that could be read.
    """

    now: datetime
    fleet: str
    records: tuple[ClusterRecord, ...]
    memories: tuple[Memory, ...]
    plans: tuple[PlanState, ...]
    last_run: Run | None
    ledger: tuple[Entry, ...]
    turns: tuple[Transition, ...]
    modes: Mapping[ClusterKey, Mode]


class Standing(StrEnum):
    """What a cluster's numbers are worth, the least first."""

    UNSEEN = "unseen"
    """It was never read."""
    STALE = "stale"
    """It was read once; its numbers are not of the last run."""
    PARTLY = "seen in part"
    SEEN = "seen"
    SKIPPED = "skipped"
    """Left out on purpose, and never read."""
    GONE = "gone"
    """No longer in its scope: nothing of it is counted."""

    @property
    def current(self) -> bool:
        """Its numbers are of the last run."""
        return self in {Standing.SEEN, Standing.PARTLY}


class Enforced(StrEnum):
    """Whether something enforces a cluster's policies."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class ClusterLine:
    """One cluster as every format shows it; texts are as they were read, not yet made harmless.

    Attributes:
        presence: None: the inventory does not know it.
        counts: None: there are no numbers, which is not zero.
        open: Its open findings; those of a cluster that is gone are not among them.
        enforced_says: The words behind `enforced`, or nothing.
        why: Why its standing is no better, or nothing.
        notes: Whatever else a person should know of it, the gravest first.
    """

    key: ClusterKey
    presence: Presence | None
    mode: Mode | None
    standing: Standing
    scanned_at: datetime | None
    counts: Counts | None
    open: tuple[FindingMemory, ...]
    enforced: Enforced
    enforced_says: str
    why: str
    notes: tuple[str, ...]

    @property
    def adopted(self) -> int:
        """How many of its open findings are known debt."""
        return sum(finding.adopted for finding in self.open)

    @property
    def severities(self) -> tuple[int, ...]:
        """Open findings by severity, the gravest first: what orders clusters by what is wrong."""
        return severities(self.open)


@dataclass(frozen=True, slots=True)
class Totals:
    """The fleet in numbers.

    Attributes:
        passed: Checks that pass in what the last run read.
        passed_before: Those of earlier scans; they are told, and count for nothing.
        failed: Checks that fail, also those of earlier scans.
        unknown: Checks that could not be judged, also those of earlier scans.
        open: Open findings.
        adopted: Those of them that are known debt.
        by_severity: The open findings.
        enforced: Clusters, those that are gone or skipped left out.
    """

    clusters: int
    by_standing: Mapping[Standing, int]
    passed: int
    passed_before: int
    failed: int
    unknown: int
    open: int
    adopted: int
    by_severity: Mapping[Severity, int]
    enforced: Mapping[Enforced, int]


def severities(findings: Iterable[FindingMemory]) -> tuple[int, ...]:
    """How many of each severity, the gravest first."""
    found = Counter(finding.severity for finding in findings)
    return tuple(found[severity] for severity in reversed(Severity))
