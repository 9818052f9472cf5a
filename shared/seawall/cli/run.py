"""`seawall run`."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.cli.every import PERIOD
from seawall.cli.exits import Exit
from seawall.cli.outputs import (
    Output,
    colour_option,
    deliver,
    output_option,
    print_lines,
    say,
)
from seawall.cli.state import Where, file_of, state_options, way_options
from seawall.model.errors import TryLater
from seawall.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from seawall.cli.running import Ran
    from seawall.flow.ports import Alerts
    from seawall.model.memory import Memory
    from seawall.wiring import LocalFleet

WORKERS = 4
INSTEAD = (
    "it runs by its schedule, or when you invoke its function Discover with {}; see "
    "docs/deploy/aws.md"
)
"""Reading waits for networks, judging for the one interpreter."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What a run must not find, or it ends with another code than 0."""

    fail_on: str
    new_only: bool
    max_unknown: int


@click.command()
@click.option("--once", is_flag=True, help="One run, then end; also without --every.")
@click.option("--every", type=PERIOD, metavar="PERIOD", help="Again and again: 30s, 15m, 6h.")
@click.option("--only", multiple=True, metavar="CLUSTER", help="Key, name or glob. Repeatable.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=WORKERS, show_default=True, help="Threads."
)
@way_options
@click.option(
    "--alerts",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Also write each digest there, one JSON file.",
)
@state_options
@output_option("table", "json")
@click.option(
    "--fail-on",
    type=click.Choice(["low", "medium", "high", "critical", "never"]),
    default="high",
    show_default=True,
    help="Exit with 2 for an open finding at or above this severity.",
)
@click.option("--new-only", is_flag=True, help="Known debt (`seawall adopt`) does not count there.")
@click.option(
    "--max-unknown",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Exit with 1 if more than this could not be judged or seen.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress, ledger and digest on stderr.")
@colour_option
@click.pass_context
def run(  # noqa: PLR0913, PLR0917  one parameter an option
    ctx: click.Context,
    once: bool,  # noqa: FBT001  click passes it by name
    every: timedelta | None,
    only: tuple[str, ...],
    workers: int,
    kubeconfig: str | None,
    allow_exec: tuple[str, ...],
    alerts: Path | None,
    state: Where | None,
    fleet: str,
    outputs: tuple[Output, ...],
    fail_on: str,
    new_only: bool,  # noqa: FBT001  click passes it by name
    max_unknown: int,
    quiet: bool,  # noqa: FBT001  click passes it by name
    color: str,
) -> None:
    """Discover, scan, remember, mend and tell: the whole fleet, and only what changed is told.

    Nothing is written to any cluster unless `seawall mode` allows it. A run that was interrupted
    is taken up where it was.
    """
    if once and every is not None:
        raise click.UsageError("either --once or --every")
    from seawall import wiring

    gate = Gate(fail_on, new_only, max_unknown)
    opened = partial(
        wiring.local_fleet,
        wiring.settings(),
        file_of(state, INSTEAD),
        fleet,
        way=wiring.Way(kubeconfig, allow_exec),
        channels=_channels(alerts, quiet=quiet),
    )
    while True:
        # Opened anew each time: contexts, tokens and authorities come and go.
        try:
            with opened(now=_now()) as found:
                ran = _run(found, only, workers, quiet=quiet)
                deliver(outputs, _makers(found, ran), color)
                code = _exit_code(found, ran, gate)
        except TryLater as error:
            if every is None:
                raise
            say(f"this run did not end, the next one takes it up: {error}")
            code = Exit.INCOMPLETE
        if every is None:
            ctx.exit(code)
        _wait_for_next(every)


def _now() -> datetime:
    return datetime.now(UTC)


def _channels(alerts: Path | None, *, quiet: bool) -> "tuple[Alerts, ...]":
    from seawall.cli.alerts import TerminalAlerts
    from seawall.publish.files import JsonFileAlerts
    from seawall.report.digest import digest_json

    files = () if alerts is None else (JsonFileAlerts(alerts, digest_json),)
    return files if quiet else (*files, TerminalAlerts())


def _run(fleet: "LocalFleet", only: tuple[str, ...], workers: int, *, quiet: bool) -> "Ran":
    from seawall.cli.running import run_once

    ran = run_once(fleet, only=only, workers=workers, clock=_now)
    if not quiet:
        _say_ledger(ran)
    return ran


def _say_ledger(ran: "Ran") -> None:
    """On stderr: who was not seen and why, then the sum in one line."""
    from seawall.model.run import End

    for scope, why in ran.run.scopes_unseen:
        say(f"UNSEEN {scope}: {why}")
    for entry in ran.ledger:
        if entry.end is not End.SCANNED:
            say(f"{entry.end.upper()} {entry.cluster}: {entry.why}")
    counts = Counter(entry.end for entry in ran.ledger)
    say(f"run {ran.run.id}: " + ", ".join(f"{counts[end]} {end}" for end in End))
    if ran.dead:
        say(f"{ran.dead} messages failed for good; `seawall queue list` shows why")
    for why, number in ran.dropped:
        say(f"{number} messages dropped: {why}")
    if ran.untold:
        say(f"the digest could not be delivered and comes with the next run: {ran.untold}")


def _makers(fleet: "LocalFleet", ran: "Ran") -> "dict[str, Callable[[Console], None]]":
    from seawall.cli.status import view_of
    from seawall.report.fleet_document import fleet_document
    from seawall.report.fleet_table import fleet_table, totals_lines
    from seawall.report.text import as_json

    now = ran.run.ended_at or _now()
    view = view_of(fleet, now)

    def table(out: "Console") -> None:
        out.print(fleet_table(view))
        print_lines(out, totals_lines(view))

    return {
        "table": table,
        "json": lambda out: print_lines(out, [as_json(fleet_document(view))]),
    }


def _exit_code(fleet: "LocalFleet", ran: "Ran", gate: Gate) -> Exit:
    """Incomplete beats findings, findings beat clean; what was skipped on purpose is neither."""
    from seawall.model.run import End

    ended = Counter(entry.end for entry in ran.ledger)
    scanned = {entry.cluster for entry in ran.ledger if entry.end is End.SCANNED}
    memories = [each for each in fleet.memories.memories() if each.key in scanned]
    unknown = sum(memory.counts.unknown for memory in memories)
    unseen = ended[End.UNSEEN] + len(ran.run.scopes_unseen)
    if unknown + unseen > gate.max_unknown or not scanned or ran.untold or ran.dead:
        return Exit.INCOMPLETE
    grave = any(_grave(memory, gate) for memory in memories)
    return Exit.FINDINGS if grave else Exit.OK


def _grave(memory: "Memory", gate: Gate) -> bool:
    if gate.fail_on == "never":
        return False
    least = Severity(gate.fail_on).rank
    return any(
        finding.severity.rank >= least and not (gate.new_only and finding.adopted)
        for finding in memory.open
    )


def _wait_for_next(every: timedelta) -> None:
    """Sleep until the next multiple of the period; a run that took longer is followed at once."""
    period = every.total_seconds()
    time.sleep(period - _now().timestamp() % period)
