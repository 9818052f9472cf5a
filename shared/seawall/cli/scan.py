"""`seawall scan`."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.cli.dataplane import dataplane_option
from seawall.cli.outputs import Output, colour_option, deliver, output_option, print_lines
from seawall.cli.scanning import exit_code, scanned, summarize
from seawall.cli.targets import Targets, now_option, sources, target_options
from seawall.model.finding import Severity
from seawall.model.sight import Seen

if TYPE_CHECKING:
    from rich.console import Console

    from seawall.flow.sources import Assumed
    from seawall.report.findings import Results


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@target_options
@dataplane_option
@output_option("table", "json", "ndjson")
@click.option("--save", type=click.Path(path_type=Path), metavar="FILE", help="Save the snapshot.")
@click.option(
    "--fail-on",
    type=click.Choice(["low", "medium", "high", "critical", "never"]),
    default="high",
    show_default=True,
    help="Exit with 2 for a FAIL at or above this severity.",
)
@click.option(
    "--max-unknown",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Exit with 1 if more than this could not be judged or seen.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary on stderr.")
@colour_option
@now_option
@click.pass_context
def scan(  # noqa: PLR0913, PLR0917  one parameter an option
    ctx: click.Context,
    paths: tuple[str, ...],
    kubeconfig: str | None,
    contexts: tuple[str, ...],
    allow_exec: tuple[str, ...],
    assumed: "Assumed",
    outputs: tuple[Output, ...],
    save: Path | None,
    fail_on: str,
    max_unknown: int,
    quiet: bool,  # noqa: FBT001  click passes it by name
    color: str,
    now: datetime,
) -> None:
    """Read and judge clusters, manifests (several PATHs are one set), or a saved snapshot.

    PATH is a file, a folder, or - for standard input. Without PATH and without --context the
    current context is read.
    """
    found = sources(paths, Targets(kubeconfig, contexts, allow_exec))
    if save is not None and len(found) != 1:
        raise click.UsageError("--save keeps one cluster; name one")
    results = scanned(found, now, quiet=quiet, assumed=assumed)
    if save is not None:
        _save(save, results)
    deliver(outputs, makers(results), color)
    if not quiet:
        summarize(results)
    ctx.exit(exit_code(results, fail_on, max_unknown))


def makers(
    results: "Results", least: Severity = Severity.LOW
) -> dict[str, Callable[["Console"], None]]:
    """How each format of a scan is made, all from the same results.

    `least` leaves findings of lower severity out of the table, which then says how many.
    """
    from seawall.report.findings import scan_document, scan_records
    from seawall.report.text import as_json

    return {
        "table": lambda out: _tables(out, results, least),
        "json": lambda out: print_lines(out, [as_json(scan_document(results))]),
        "ndjson": lambda out: print_lines(
            out, (as_json(record, indent=None) for record in scan_records(results))
        ),
    }


def _tables(out: "Console", results: "Results", least: Severity) -> None:
    """The clusters, then the findings of each."""
    from seawall.report.tables import cell, clusters_table, findings_table

    out.print(clusters_table(results))
    for key, result in results:
        if isinstance(result, Seen) and result.value.findings:
            enforced = result.value.isolation.enforced.whole
            out.print()
            out.print(cell(f"{key} (enforced: {enforced})", "bold"))
            table = findings_table(result.value, least)
            if table.row_count:
                out.print(table)
            if more := len(result.value.findings) - table.row_count:
                out.print(f"and {more} more below {least}; -o json has them all")


def _save(path: Path, results: "Results") -> None:
    """Keep the one snapshot; what was not read is not there to keep, and the exit code says so."""
    from seawall.collect.saved import write_snapshot

    for _, result in results:
        if isinstance(result, Seen):
            write_snapshot(path, result.value.snapshot)
