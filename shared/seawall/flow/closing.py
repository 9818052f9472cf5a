"""Close a run: once every cluster has its entry, or once waiting for one is in vain."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from seawall.flow.ports import Runs
from seawall.model.cluster import ClusterKey
from seawall.model.run import End, Entry, Run

LOST = "its scan did not end; the queue's dead letters may say why"


def missing(runs: Runs, run: Run, expected: Iterable[ClusterKey]) -> tuple[ClusterKey, ...]:
    """The clusters that have no entry in the run yet."""
    entered = {entry.cluster for entry in runs.entries(run.id)}
    return tuple(key for key in expected if key not in entered)


def close_run(
    runs: Runs,
    run: Run,
    expected: Iterable[ClusterKey],
    *,
    scopes_unseen: tuple[tuple[str, str], ...],
    now: datetime,
) -> Run | None:
    """End a run; a cluster without an entry ends it unseen. None: somebody else ended it."""
    for key in missing(runs, run, expected):
        runs.enter(Entry(run.id, key, End.UNSEEN, now, LOST))
    ended = replace(run, ended_at=now, scopes_unseen=scopes_unseen)
    return ended if runs.end(ended) else None
