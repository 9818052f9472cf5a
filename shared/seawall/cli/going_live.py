"""`seawall isolation --assume-enforced`: what the day of the switch would look like."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from seawall.cli.exits import Exit
from seawall.cli.outputs import Output, deliver, print_lines
from seawall.cli.scanning import tell_unseen
from seawall.model.errors import NoEntry
from seawall.model.sight import Seen, Sight, Unseen

if TYPE_CHECKING:
    from rich.console import Console

    from seawall.analyse.isolation import Isolation
    from seawall.flow.sources import Source
    from seawall.judge.going_live import GoingLive
    from seawall.model.exposure import Exposure
    from seawall.model.snapshot import Snapshot

NO_WEBHOOKS = Unseen("only a live cluster tells them (--context)")


def tell_going_live(
    source: "Source", pool: str, outputs: tuple[Output, ...], color: str, now: datetime
) -> Exit:
    """Read one source and tell what would be cut; the exit code is that of `isolation`.

    Raises:
        NoEntry: It could not be read.
        UsageError: It has no such pool.
    """
    from seawall.analyse.isolation import analyse
    from seawall.judge.going_live import going_live
    from seawall.report.going_live import going_live_document
    from seawall.report.text import as_json

    snapshot, exposure = _read(source, now)
    isolation = analyse(snapshot)
    _insist_on(isolation, pool)
    found = going_live(isolation, exposure, pool)
    deliver(
        outputs,
        {
            "table": lambda out: _print(out, found),
            "json": lambda out: print_lines(
                out, [as_json(going_live_document(snapshot.key, found))]
            ),
        },
        color,
    )
    tell_unseen(snapshot)
    return Exit.INCOMPLETE if isinstance(snapshot.pods, Unseen) else Exit.OK


def _print(out: "Console", found: "GoingLive") -> None:
    from seawall.report.going_live import going_live_lines
    from seawall.report.tables import cell

    for line in going_live_lines(found):
        out.print(cell(line))


def _read(source: "Source", now: datetime) -> tuple["Snapshot", "Sight[Exposure]"]:
    """The snapshot, and who else calls in where that can be asked."""
    from seawall import wiring

    if isinstance(source, wiring.ClusterSource):
        both = source.exposed(now=now)
        if isinstance(both, Unseen):
            raise NoEntry(f"{source.key} is unseen: {both.why}")
        return both.value[0], Seen(both.value[1])
    snapshot = source.read(now=now)
    if isinstance(snapshot, Unseen):
        raise NoEntry(f"{source.key} is unseen: {snapshot.why}")
    return snapshot.value, NO_WEBHOOKS


def _insist_on(isolation: "Isolation", pool: str) -> None:
    known = [each.name for each in isolation.enforced.pools]
    if pool and pool not in known:
        raise click.UsageError(f"no pool {pool!r}; there are: {', '.join(known) or 'none'}")
