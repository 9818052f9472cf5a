"""`seawall isolation`."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from seawall.cli.dataplane import dataplane_option
from seawall.cli.exits import Exit
from seawall.cli.outputs import Output, colour_option, deliver, output_option, print_lines
from seawall.cli.scanning import tell_unseen
from seawall.cli.targets import Targets, now_option, one_source, target_options
from seawall.model.errors import NoEntry
from seawall.model.sight import Unseen

if TYPE_CHECKING:
    from rich.console import Console

    from seawall.analyse.isolation import Isolation
    from seawall.flow.sources import Assumed, Source


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@target_options
@dataplane_option
@click.option(
    "--assume-enforced",
    is_flag=True,
    help="Show instead what would be cut on the day policies are enforced, and how that is done.",
)
@click.option(
    "--pool",
    default="",
    metavar="NAME",
    help="With --assume-enforced: only what runs on this pool of nodes.",
)
@output_option("table", "json")
@colour_option
@now_option
@click.pass_context
def isolation(  # noqa: PLR0913, PLR0917  one parameter an option
    ctx: click.Context,
    paths: tuple[str, ...],
    kubeconfig: str | None,
    contexts: tuple[str, ...],
    allow_exec: tuple[str, ...],
    assumed: "Assumed",
    assume_enforced: bool,  # noqa: FBT001  click passes it by name
    pool: str,
    outputs: tuple[Output, ...],
    color: str,
    now: datetime,
) -> None:
    """Show, for every pod and direction, which policy is there, what is open, and is it enforced.

    Then how far the pods of each namespace reach, and from where they are reached.

    PATH is a file, a folder, a saved snapshot, or - for standard input.
    """
    from seawall.report.isolation import isolation_document
    from seawall.report.text import as_json

    source = one_source(paths, Targets(kubeconfig, contexts, allow_exec))
    if pool and not assume_enforced:
        raise click.UsageError("--pool goes with --assume-enforced")
    if assume_enforced and assumed is not None:
        raise click.UsageError(
            "--assume-enforced is about the plug-in that is there: no --dataplane"
        )
    if assume_enforced:
        from seawall.cli.going_live import tell_going_live

        ctx.exit(tell_going_live(source, pool, outputs, color, now))
    found = isolation_of(source, now, assumed)
    deliver(
        outputs,
        {
            "table": lambda out: _table(out, found),
            "json": lambda out: print_lines(out, [as_json(isolation_document(found))]),
        },
        color,
    )
    tell_unseen(found.snapshot)
    if isinstance(found.snapshot.pods, Unseen):
        ctx.exit(Exit.INCOMPLETE)


def _table(out: "Console", found: "Isolation") -> None:
    """What is open, whether anything enforces it and why, and how far all of it reaches."""
    from seawall.report.tables import cell, isolation_table

    out.print(isolation_table(found))
    out.print()
    for line in _lines(found):
        out.print(cell(line))


def _lines(found: "Isolation") -> Iterator[str]:
    from seawall.report.assumed import assumed_lines
    from seawall.report.blast import BlastOfCluster
    from seawall.report.enforcement import enforcement_lines

    yield from enforcement_lines(found.enforced)
    yield from assumed_lines(found)
    yield from BlastOfCluster(found).lines()


def isolation_of(source: "Source", now: datetime, assumed: "Assumed") -> "Isolation":
    """One source, read and analysed.

    Raises:
        NoEntry: It could not be read, so there is nothing to show.
    """
    from seawall.analyse.isolation import analyse

    snapshot = source.read(now=now)
    if isinstance(snapshot, Unseen):
        raise NoEntry(f"{source.key} is unseen: {snapshot.why}")
    return analyse(snapshot.value, assumed)
