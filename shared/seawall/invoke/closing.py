"""Runs are closed by a clock: once every cluster has its entry, or once it is too late."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from seawall.flow.alerting import alert_changes
from seawall.flow.closing import close_run, missing, unlooked
from seawall.invoke.benches import RunsBench
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Digest
from seawall.model.errors import SeawallError
from seawall.model.fleet import Presence
from seawall.model.messages import RunId
from seawall.model.run import Run

UNENDED: Final = "discovery did not end; the log of Discover may say why"
PATIENCE: Final = timedelta(minutes=15)
"""A run that is older holds back no news: what is known of it by then is told while it goes on."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What became of the run that was open.

    Attributes:
        run: The run that was closed just now; None: none was.
        told: The digests that were delivered.
        untold: Why one could not be; it is kept.
    """

    run: RunId | None = None
    told: tuple[Digest, ...] = ()
    untold: str = ""


def close_if_due(bench: RunsBench, *, now: datetime) -> Run | None:
    """End the open run, if it is complete or overdue; None: it goes on, or there is none."""
    run = bench.runs.open()
    if run is None:
        return None
    unseen = bench.looks.look(run.id)
    expected = _expected(bench)
    complete = unseen is not None and not missing(bench.runs, run, expected)
    overdue = now - run.started_at >= bench.most
    if not (complete or overdue):
        return None
    if unseen is None:
        looked = unlooked(bench.runs, run, UNENDED)
    else:
        looked = replace(run, scopes_unseen=unseen)
    return close_run(bench.runs, bench.alert.news, looked, expected, now=now)


def close_and_tell(bench: RunsBench, *, now: datetime) -> Closed:
    """The same, and tell what changed; whoever cannot be told now ends nothing."""
    ended = close_if_due(bench, now=now)
    if ended is None:
        return Closed()
    try:
        return Closed(ended.id, alert_changes(ended.id, bench.alert, now=now))
    except SeawallError as error:
        return Closed(ended.id, untold=str(error))


def tick(bench: RunsBench, *, now: datetime) -> Closed:
    """Close the run that is due, and tell what nobody was told yet, unless a run has just begun.

    What a fix did may become known after its run was closed, and a topic may have been down. A run
    gives one digest where it can; one lost cluster must not keep the news of all others for long.

    Raises:
        TryLater: A store or a channel is busy; what was to be told is kept for the next tick.
        Trouble: The settings are wrong.
    """
    ended = close_if_due(bench, now=now)
    if ended is not None:
        return Closed(ended.id, alert_changes(ended.id, bench.alert, now=now))
    run = _whose_news(bench, now)
    if run is None or not bench.alert.news.waits():
        return Closed()
    return Closed(told=alert_changes(run.id, bench.alert, now=now))


def _whose_news(bench: RunsBench, now: datetime) -> Run | None:
    """Whose digest would be told now; None: that of a run that will soon be closed, or nobody's."""
    going_on = bench.runs.open()
    if going_on is None:
        return bench.runs.last()
    return going_on if now - going_on.started_at >= PATIENCE else None


def _expected(bench: RunsBench) -> tuple[ClusterKey, ...]:
    """Who must end the run: all that are there, or may be."""
    records = bench.inventory.records()
    return tuple(record.key for record in records if record.presence is not Presence.GONE)
