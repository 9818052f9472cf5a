"""Close a run: once every cluster has its entry, or once waiting for one is in vain."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from seawall.flow.ports import Runs
from seawall.model.cluster import ClusterKey
from seawall.model.run import End, Entry, Run

TOO_OLD = timedelta(hours=12)
"""Half of what a scan order lives."""
SKEW = timedelta(hours=1)
LOST = "its scan did not end; the queue's dead letters may say why"


def missing(runs: Runs, run: Run, expected: Iterable[ClusterKey]) -> tuple[ClusterKey, ...]:
    """The clusters that have no entry in the run yet."""
    entered = {entry.cluster for entry in runs.entries(run.id)}
    return tuple(key for key in expected if key not in entered)


def close_run(runs: Runs, run: Run, expected: Iterable[ClusterKey], *, now: datetime) -> Run | None:
    """End a run; a cluster without an entry ends it unseen. None: somebody else ended it.

    `run` says already which scopes were unseen.
    """
    for key in missing(runs, run, expected):
        runs.enter(Entry(run.id, key, End.UNSEEN, now, LOST))
    ended = replace(run, ended_at=now)
    return ended if runs.end(ended) else None


def overdue(run: Run, now: datetime) -> bool:
    """Whether a run is too old to be taken up: its orders have expired, or soon will have.

    So is one that began in the future: the clock has gone back by more than a clock may.
    """
    return not -SKEW < now - run.started_at < TOO_OLD
