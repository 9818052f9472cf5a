"""Runs are closed by a clock: once every cluster has its entry, or once it is too late."""

from dataclasses import dataclass, replace
from datetime import datetime

from seawall.flow.alerting import alert_changes
from seawall.flow.closing import close_run, missing
from seawall.flow.ports import News
from seawall.invoke.benches import RunsBench
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Digest, DigestId, Untold
from seawall.model.errors import SeawallError
from seawall.model.fleet import Presence
from seawall.model.messages import RunId
from seawall.model.run import Run


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
    scopes_unseen = bench.looks.look(run.id)
    expected = _expected(bench)
    complete = scopes_unseen is not None and not missing(bench.runs, run, expected)
    overdue = now - run.started_at >= bench.most
    if not (complete or overdue):
        return None
    if scopes_unseen is None:
        scopes_unseen = (("discovery", "it did not end; the log of Discover may say why"),)
    return close_run(bench.runs, replace(run, scopes_unseen=scopes_unseen), expected, now=now)


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
    """Close the run that is due, and tell what nobody was told yet, unless a run is going on.

    What a fix did may become known after its run was closed, and a topic may have been down.

    Raises:
        TryLater: A store or a channel is busy; what was to be told is kept for the next tick.
        Trouble: The settings are wrong.
    """
    ended = close_if_due(bench, now=now)
    if ended is not None:
        return Closed(ended.id, alert_changes(ended.id, bench.alert, now=now))
    last = bench.runs.last()
    if last is None or bench.runs.open() is not None or not _waits(bench.alert.news, last, now):
        return Closed()
    return Closed(told=alert_changes(last.id, bench.alert, now=now))


def _waits(news: News, run: Run, now: datetime) -> bool:
    """Whether anything is to be told; to find out costs two small reads, telling reads them all."""
    untold = news.untold()
    if untold.turns or untold.notices:
        return True
    nothing = Digest(DigestId(""), run.id, now)
    return news.draft(nothing, Untold((), (), "")) is not None


def _expected(bench: RunsBench) -> tuple[ClusterKey, ...]:
    """Who must end the run: all that are there, or may be."""
    records = bench.inventory.records()
    return tuple(record.key for record in records if record.presence is not Presence.GONE)
