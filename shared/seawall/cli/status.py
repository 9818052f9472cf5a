"""`seawall status`, `history` and `report`: what is remembered, shown; no cluster is asked."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from seawall.cli.chosen import only
from seawall.cli.outputs import (
    Output,
    colour_option,
    deliver,
    output_option,
    print_lines,
    print_text,
)
from seawall.cli.state import Where, remembered, state_options
from seawall.cli.targets import now_option

if TYPE_CHECKING:
    from rich.console import Console

    from seawall.report.fleet import FleetView
    from seawall.wiring import KnownFleet

MOST_TURNS = 50_000
"""The last ones that are searched for those of the last run."""


@click.command()
@state_options
@output_option("table", "json")
@colour_option
@now_option
def status(
    state: Where | None, fleet: str, outputs: tuple[Output, ...], color: str, now: datetime
) -> None:
    """Show the fleet as it is remembered: a line for each cluster, and what was not seen."""
    from seawall.report.fleet_document import fleet_document
    from seawall.report.text import as_json

    with remembered(state, fleet) as found:
        view = view_of(found, now)
    makers = {
        "table": lambda out: _table(out, view),
        "json": lambda out: print_lines(out, [as_json(fleet_document(view))]),
    }
    deliver(outputs, makers, color)


@click.command()
@click.argument("cluster", metavar="[CLUSTER]", required=False)
@click.option(
    "--most", type=click.IntRange(min=1), default=100, show_default=True, help="The last ones."
)
@state_options
@output_option("table", "ndjson")
@colour_option
def history(  # noqa: PLR0913, PLR0917  one parameter an option
    cluster: str | None,
    most: int,
    state: Where | None,
    fleet: str,
    outputs: tuple[Output, ...],
    color: str,
) -> None:
    """Show what opened, changed, was resolved and came back, at CLUSTER or everywhere."""
    from seawall.report.history import history_records, history_table
    from seawall.report.text import as_json

    with remembered(state, fleet) as found:
        key = only(found.inventory, cluster).key if cluster else None
        turns = found.memories.history(key, most)
    makers = {
        "table": lambda out: out.print(history_table(turns)),
        "ndjson": lambda out: print_lines(
            out, (as_json(record, indent=None) for record in history_records(turns))
        ),
    }
    deliver(outputs, makers, color)


@click.command()
@state_options
@output_option("html", "csv", "markdown")
@now_option
def report(state: Where | None, fleet: str, outputs: tuple[Output, ...], now: datetime) -> None:
    """Write page one about the fleet: what isolates, what was not seen, what changed, the worst.

    html is one file that needs no network. Everything comes from the memory; run first.
    """
    from seawall.report.csv_lines import csv_text
    from seawall.report.markdown import markdown
    from seawall.report.page import html

    with remembered(state, fleet) as found:
        view = view_of(found, now)
    makers = {
        "html": lambda out: print_text(out, html(view)),
        "csv": lambda out: print_text(out, csv_text(view)),
        "markdown": lambda out: print_text(out, markdown(view)),
    }
    deliver(outputs, makers, "never")


def view_of(fleet: "KnownFleet", now: datetime) -> "FleetView":
    """Everything that is remembered of a fleet, for a report."""
    from seawall.report.fleet import FleetView

    last = fleet.runs.last()
    turns = fleet.memories.history(None, MOST_TURNS) if last else ()
    records = fleet.inventory.records()
    return FleetView(
        now=now,
        fleet=fleet.name,
        records=records,
        memories=fleet.memories.memories(),
        plans=fleet.plans.plans(),
        last_run=last,
        ledger=fleet.runs.entries(last.id) if last else (),
        turns=tuple(turn for turn in turns if last and turn.run == last.id),
        modes={record.key: fleet.modes.mode(record.key) for record in records},
    )


def _table(out: "Console", view: "FleetView") -> None:
    from seawall.report.fleet_table import fleet_table, totals_lines

    out.print(fleet_table(view))
    print_lines(out, totals_lines(view))
