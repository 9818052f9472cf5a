"""Alert: one digest of what nobody was told yet, to every channel; nothing when nothing changed."""

from datetime import datetime

from seawall.flow.desks import AlertDesk
from seawall.flow.digesting import digest
from seawall.model.digest import Digest
from seawall.model.messages import RunId
from seawall.model.telling import Teller


def alert_changes(run: RunId, desk: AlertDesk, *, now: datetime) -> tuple[Digest, ...]:
    """Tell what changed; a digest that could not be delivered before comes first.

    Of two that alert at once one tells, and the other one tells nothing: what it came with is told
    by the first, which goes on until nothing is left. A crash between delivering and writing that
    down delivers the same digest, with the same id, once more; on this machine as soon as somebody
    alerts, elsewhere when the lease is over (`model.telling`).

    Returns:
        The digests that were delivered, none where nothing changed.

    Raises:
        TryLater: A channel is busy; the digest is kept and comes first next time.
    """
    delivered: list[Digest] = []
    while (kept := _next(run, desk, now)) is not None:
        for channel in desk.channels:
            channel.send(kept)
        desk.news.sent(kept.id)
        delivered.append(kept)
    return tuple(delivered)


def _next(run: RunId, desk: AlertDesk, now: datetime) -> Digest | None:
    """What is to be told next, by this process alone; None: nothing, or another one is at it."""
    untold = desk.news.untold()
    # All memories are a lot to read: not for nothing.
    memories = desk.fleet.memories() if untold.turns or untold.notices else ()
    made = digest(untold, {memory.key: memory for memory in memories}, run=run, now=now)
    at = desk.process.clock() if desk.process.clock else now
    return desk.news.draft(made, untold, Teller(desk.process.owner, at, desk.process.is_dead))
