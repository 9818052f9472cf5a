"""`seawall queue`: what waits, what nobody could deal with, and another chance for that."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from seawall.cli.outputs import Output, colour_option, deliver, output_option, print_lines
from seawall.cli.state import Where, file_of, on_this_machine, state_options
from seawall.cli.targets import now_option
from seawall.model.errors import Trouble
from seawall.report.text import as_json, for_terminal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from seawall.publish.queue import DeadLetter, QueueCounts

SCHEMA_VERSION = 1
NOTHING = "-"
INSTEAD = "its queues are those of SQS: docs/deploy/aws.md says how to send dead letters again"


@click.group()
def queue() -> None:
    """Show the queues between the steps of a run, and their dead letters.

    A letter that was taken five times in vain is dead: it stops nobody, and waits for a person.
    """


@queue.command("list")
@state_options
@output_option("table", "json")
@colour_option
@now_option
def list_letters(
    state: Where | None, fleet: str, outputs: tuple[Output, ...], color: str, now: datetime
) -> None:
    """Count the letters; name the dead ones and their last errors."""
    with on_this_machine(file_of(state, INSTEAD), fleet) as found:
        counts, dead = found.queue.counts(now=now), found.queue.dead_letters()
    makers = {
        "table": lambda out: _tables(out, counts, dead),
        "json": lambda out: print_lines(out, [as_json(_document(fleet, counts, dead))]),
    }
    deliver(outputs, makers, color)


@queue.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="Every dead letter of the fleet.")
@state_options
@now_option
def redrive(
    ids: tuple[str, ...],
    every: bool,  # noqa: FBT001  click passes it by name
    state: Where | None,
    fleet: str,
    now: datetime,
) -> None:
    """Send dead letters again, with five new tries.

    The next run takes them. It drops orders older than a day and findings older than two weeks:
    those have expired.
    """
    if every == bool(ids):
        raise click.UsageError("name dead letters by ID, or --all")
    with on_this_machine(file_of(state, INSTEAD), fleet) as found:
        if ids:
            _refuse_unknown(ids, found.queue.dead_letters())
        again = found.queue.redrive(ids or None, now=now)
    click.echo(f"{len(again)} {'letter waits' if len(again) == 1 else 'letters wait'} again")


def _refuse_unknown(ids: Collection[str], dead: Iterable["DeadLetter"]) -> None:
    """A letter that is not sent again must not look like one that was."""
    unknown = sorted(set(ids) - {letter.id for letter in dead})
    if unknown:
        raise Trouble(
            f"no dead letter {', '.join(unknown)}; `seawall queue list` names them; "
            "nothing was changed"
        )


def _tables(out: "Console", counts: Sequence["QueueCounts"], dead: Sequence["DeadLetter"]) -> None:
    out.print(_counts_table(counts))
    if dead:
        out.print()
        out.print(_dead_table(dead))


def _counts_table(counts: Iterable["QueueCounts"]) -> "Table":
    table = _table("QUEUE", "WAITING", "IN FLIGHT", "DEAD", "OLDEST")
    for each in counts:
        oldest = NOTHING if each.oldest_s is None else f"{each.oldest_s:.0f} s"
        table.add_row(each.queue, str(each.waiting), str(each.in_flight), str(each.dead), oldest)
    return table


def _dead_table(dead: Iterable["DeadLetter"]) -> "Table":
    """Who sent them, and what was in them, is not known: every word may be anybody's."""
    from seawall.report.fleet_text import moment

    table = _table("DEAD LETTER", "QUEUE", "CLUSTER", "TRIES", "SINCE", "LAST ERROR")
    for each in dead:
        words = (each.id, each.queue, each.group, str(each.tries), moment(each.died_at), each.why)
        table.add_row(*map(for_terminal, words))
    return table


def _table(*headers: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _document(
    fleet: str, counts: Iterable["QueueCounts"], dead: Iterable["DeadLetter"]
) -> dict[str, object]:
    from seawall.report.fleet_text import moment

    return {
        "schemaVersion": SCHEMA_VERSION,
        "fleet": fleet,
        "queues": [
            {
                "queue": each.queue,
                "waiting": each.waiting,
                "inFlight": each.in_flight,
                "dead": each.dead,
                "oldestSeconds": each.oldest_s,
            }
            for each in counts
        ],
        "deadLetters": [
            {
                "id": each.id,
                "queue": each.queue,
                "cluster": each.group,
                "tries": each.tries,
                "since": moment(each.died_at),
                "lastError": each.why,
            }
            for each in dead
        ],
    }
