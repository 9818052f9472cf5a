"""One run of the fleet and its ledger: every cluster ends in exactly one entry."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.model.cluster import ClusterKey
from seawall.model.messages import RunId


class End(StrEnum):
    """How a cluster, or a scope of discovery, ends a run."""

    SCANNED = "scanned"
    UNSEEN = "unseen"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of one cluster in one run; `why` says it for the unseen and the skipped."""

    run: RunId
    cluster: ClusterKey
    end: End
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run; while `ended_at` is None it goes on, or waits to be taken up again.

    Attributes:
        scopes_unseen: Scopes of discovery that could not be looked at, each with the reason.
        only: The clusters whoever began it asked for, by key, name or glob; all without one.
    """

    id: RunId
    started_at: datetime
    ended_at: datetime | None = None
    scopes_unseen: tuple[tuple[str, str], ...] = ()
    only: tuple[str, ...] = ()
