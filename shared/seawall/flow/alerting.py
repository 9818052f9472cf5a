"""Alert: one digest of what nobody was told yet, to every channel; nothing when nothing changed."""

from datetime import datetime

from seawall.flow.desks import AlertDesk
from seawall.flow.digesting import digest
from seawall.model.digest import Digest
from seawall.model.messages import RunId


def alert_changes(run: RunId, desk: AlertDesk, *, now: datetime) -> tuple[Digest, ...]:
    """Tell what changed; a digest that could not be delivered before comes first.

    A crash between delivering and writing that down delivers the same digest, with the same id,
    once more.

    Returns:
        The digests that were delivered, none where nothing changed.

    Raises:
        TryLater: A channel is busy; the digest is kept and comes first next time.
    """
    delivered: list[Digest] = []
    while True:
        untold = desk.news.untold()
        known = {memory.key: memory for memory in desk.fleet.memories()}
        made = digest(untold, known, run=run, now=now)
        kept = desk.news.draft(made, untold)
        if kept is None:
            return tuple(delivered)
        for channel in desk.channels:
            channel.send(kept)
        desk.news.sent(kept.id)
        delivered.append(kept)
        if kept.id == made.id:
            return tuple(delivered)
