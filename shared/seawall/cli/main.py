"""The `seawall` command: verbs, and what becomes of their errors."""

import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from seawall import __version__
from seawall.cli.decisions import adopt, confirm, mode
from seawall.cli.demo import demo
from seawall.cli.exits import Exit
from seawall.cli.explain import explain
from seawall.cli.isolation import isolation
from seawall.cli.plans import apply, plan, rollback
from seawall.cli.queue import queue
from seawall.cli.run import run as run_fleet
from seawall.cli.scan import scan
from seawall.cli.status import history, report, status
from seawall.cli.version import version
from seawall.cli.why import why
from seawall.model.errors import NoEntry, SeawallError, TryLater
from seawall.report.text import for_terminal


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="seawall %(version)s")
def seawall() -> None:
    """Know what can really reach what in your Kubernetes clusters.

    Exit codes: 0 ok; 1 incomplete (something could not be seen); 2 findings; 3 bad settings or
    input; 5 usage.
    """


VERBS = (
    *(demo, scan, isolation, why, explain),
    *(run_fleet, status, history, report, adopt, confirm, mode),
    *(plan, apply, rollback, queue, version),
)
for verb in VERBS:
    seawall.add_command(verb)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack a name's letters
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        return _run(arguments)
    except Exception as error:  # noqa: BLE001  # edge: a traceback may quote what a cluster said
        _complain(f"a bug in Seawall ended this at {_place(error)}; please report it")
        return Exit.INCOMPLETE


def _place(error: Exception) -> str:
    """The error's type and line of our code, and none of its text."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}"


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = seawall.main(arguments, prog_name="seawall", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        if isinstance(error, click.UsageError) and error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
        _complain(error.format_message())
        return Exit.USAGE if isinstance(error, click.UsageError) else Exit.TROUBLE
    except SeawallError as error:
        _complain(str(error))
        return Exit.INCOMPLETE if isinstance(error, NoEntry | TryLater) else Exit.TROUBLE
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever reads stdout has left (`| head`) and has not seen all: no gate may take it for ok.
        # Python would complain once more at exit (its docs: "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.INCOMPLETE
    return code if isinstance(code, int) else Exit.OK


def _complain(message: str) -> None:
    """The lines of an error are ours, the text in them may come from a cluster."""
    first, *rest = message.splitlines() or [""]
    click.echo(f"seawall: {for_terminal(first)}", err=True)
    for line in rest:
        click.echo(f"  {for_terminal(line.strip())}", err=True)
