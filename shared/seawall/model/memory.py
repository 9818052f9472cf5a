"""What is remembered of a cluster from run to run."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.finding import Severity
from seawall.model.messages import RunId


class Status(StrEnum):
    """Whether a remembered finding holds."""

    OPEN = "open"
    RESOLVED = "resolved"


class Turn(StrEnum):
    """What became of a finding in a run."""

    OPENED = "opened"
    CHANGED = "changed"
    RESOLVED = "resolved"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class FindingMemory:
    """One finding (a FAIL; what is UNKNOWN is not remembered) over time; times are UTC.

    Attributes:
        subject: The object it is about as text, or empty.
        substance: Digest of what a reader would call the same state of it; a new one is a change.
        opened_at: When it opened last.
        resolved_at: When it was resolved, while it is.
        adopted: Known debt: counted, never alerted. Ends when it is resolved.
    """

    fingerprint: str
    rule: str
    severity: Severity
    namespace: str
    facet: str
    subject: str
    summary: str
    substance: str
    status: Status
    first_seen: datetime
    last_seen: datetime
    opened_at: datetime
    resolved_at: datetime | None = None
    adopted: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Outcomes of the last scan by verdict; `unseen` kinds or parts could not be read."""

    passed: int = 0
    failed: int = 0
    unknown: int = 0
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aside:
    """The history of the pinned cluster while another one answers under its key."""

    scanned_at: datetime | None
    complete_at: datetime | None
    findings: tuple[FindingMemory, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """One cluster's memory. It is written as a whole, against the version it was made from.

    Attributes:
        version: 1 for the first; each write adds one.
        run: The run that wrote it.
        uid: The pinned UID of kube-system, once it was seen.
        impostor: Another UID was seen under the same key; writes are blocked until a person
            confirms that the cluster was replaced.
        scanned_at: The last scan that read the cluster; None: never.
        tried_at: The last attempt.
        unseen: Why the last attempt read nothing; empty when it did.
        complete_at: The scan after which alerts begin: the first without anything unseen, or the
            very first, if the second lacked something too.
        enforced: What is known about enforcement, in a word or a sentence.
        changed: Fingerprints whose turn came in `run`.
        findings: Open ones and recently resolved ones, by fingerprint, sorted.
        aside: What goes on should the pinned cluster answer again; known debt is in it.
        likeness: A digest of what was judged, if whoever sees the same again would only find the
            same (`flow.unchanged`). Empty: the next scan judges.
    """

    key: ClusterKey
    version: int
    run: RunId
    tried_at: datetime
    uid: ClusterUid | None = None
    impostor: ClusterUid | None = None
    scanned_at: datetime | None = None
    unseen: str = ""
    complete_at: datetime | None = None
    enforced: str = ""
    counts: Counts = Counts()
    changed: tuple[str, ...] = ()
    findings: tuple[FindingMemory, ...] = ()
    aside: Aside | None = None
    likeness: str = ""

    @property
    def open(self) -> tuple[FindingMemory, ...]:
        """The findings that hold."""
        return tuple(each for each in self.findings if each.status is Status.OPEN)


@dataclass(frozen=True, slots=True)
class Transition:
    """One turn of one finding; the history is made of these, and nothing is ever taken out.

    Attributes:
        first: It came with the scans up to `Memory.complete_at`: part of the summary, not news.
        adopted: The finding was known debt at that time.
    """

    run: RunId
    cluster: ClusterKey
    at: datetime
    turn: Turn
    fingerprint: str
    rule: str
    severity: Severity
    namespace: str
    summary: str
    why: str = ""
    first: bool = False
    adopted: bool = False
