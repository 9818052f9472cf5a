"""Close a run: once every cluster has its entry, or once waiting for one is in vain.

What was seen no more in it is news: a scope that could not be looked at, a cluster whose scan was
lost. Each is told once, when it begins, and a scope once more when it is over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from seawall.flow.ports import News, Runs
from seawall.model.cluster import ClusterKey
from seawall.model.digest import NO_CLUSTER, Notice
from seawall.model.fleet import AHEAD, within
from seawall.model.messages import RunId
from seawall.model.run import End, Entry, Run

TOO_OLD = timedelta(hours=12)
"""Half of what a scan order lives."""
LOST = "its scan did not end; the queue's dead letters may say why"
BACK: Final = "is no longer unseen: it was looked at, or is no longer in the settings"
"""An account that was refused until somebody took it out was never seen, and has no clusters here
that would tell."""
EVERYWHERE: Final = "the fleet"
"""The scope that is unseen where nobody knows how far a look came."""


def missing(runs: Runs, run: Run, expected: Iterable[ClusterKey]) -> tuple[ClusterKey, ...]:
    """The clusters that have no entry in the run yet."""
    entered = {entry.cluster for entry in runs.entries(run.id)}
    return tuple(key for key in expected if key not in entered)


def close_run(
    runs: Runs, news: News, run: Run, expected: Iterable[ClusterKey], *, now: datetime
) -> Run | None:
    """End a run; a cluster without an entry ends it unseen. None: somebody else ended it.

    `run` says already which scopes were unseen. What is news of that is noted before the run is
    ended: after a crash in between the same words are noted again, and are kept once.
    """
    for key in missing(runs, run, expected):
        runs.enter(Entry(run.id, key, End.UNSEEN, now, LOST))
    for notice in _unseen_since(runs, run):
        news.note(run.id, notice, now=now)
    ended = replace(run, ended_at=now)
    return ended if runs.end(ended) else None


def unlooked(runs: Runs, run: Run, why: str) -> Run:
    """A run whose look for clusters did not end: what was unseen before it is unseen still."""
    last = runs.last()
    before = last.scopes_unseen if last else ()
    kept = (pair for pair in before if pair[0] != EVERYWHERE)
    return replace(run, scopes_unseen=((EVERYWHERE, why), *kept))


def overdue(run: Run, now: datetime) -> bool:
    """Whether a run is too old to be taken up: its orders have expired, or soon will have.

    So is one that began in the future: the clock has gone back by more than a clock may.
    """
    return not -AHEAD < now - run.started_at < TOO_OLD


def _unseen_since(runs: Runs, run: Run) -> Iterator[Notice]:
    """What the last run saw and this one did not, and the scopes of which it is the other way."""
    last = runs.last()
    if last is None or last.id != run.id:  # else somebody else has just ended it, and noted this
        yield from _scopes(dict(last.scopes_unseen) if last else {}, dict(run.scopes_unseen))
        yield from _lost(runs, last, run)


def _scopes(before: dict[str, str], after: dict[str, str]) -> Iterator[Notice]:
    for scope, why in sorted(after.items()):
        if scope not in before:
            yield Notice(NO_CLUSTER, f"{scope} could not be looked at: {why}")
    for scope in sorted(before.keys() - after.keys()):
        # An account that lets us in again, while a region of it is unseen, is no good news yet.
        if not any(within(scope, other) or within(other, scope) for other in after):
            yield Notice(NO_CLUSTER, f"{scope} {BACK}")


def _lost(runs: Runs, last: Run | None, run: Run) -> Iterator[Notice]:
    if lost := _lost_in(runs, run.id):
        before = _lost_in(runs, last.id) if last else frozenset()
        yield from (Notice(key, LOST) for key in sorted(lost - before))


def _lost_in(runs: Runs, run: RunId) -> frozenset[ClusterKey]:
    entries = runs.entries(run)
    return frozenset(each.cluster for each in entries if (each.end, each.why) == (End.UNSEEN, LOST))
