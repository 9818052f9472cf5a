"""`seawall why`."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.cli.dataplane import dataplane_option
from seawall.cli.isolation import isolation_of
from seawall.cli.outputs import Output, colour_option, deliver, output_option, print_lines
from seawall.cli.targets import Targets, now_option, one_source, target_options
from seawall.model.errors import Trouble

if TYPE_CHECKING:
    from rich.console import Console

    from seawall.analyse.isolation import Isolation
    from seawall.flow.sources import Assumed
    from seawall.model.ports import PortSet

_PORT = re.compile(r"(?P<port>[0-9]+)(?:/(?P<protocol>[A-Za-z]+))?")
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Question:
    """FROM, TO, and the ports as written, if any."""

    source: str
    target: str
    port: str = ""


@click.command()
@click.argument("words", nargs=-1, metavar="FROM TO [PORT[/PROTOCOL]] [PATH]...")
@click.option(
    "--queries",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Answer every line of an NDJSON file: from, to, protocol, port. Then WORDS are PATHs.",
)
@target_options
@dataplane_option
@output_option("table", "json", "ndjson")
@colour_option
@now_option
def why(  # noqa: PLR0913, PLR0917  one parameter an option
    words: tuple[str, ...],
    queries: Path | None,
    kubeconfig: str | None,
    contexts: tuple[str, ...],
    allow_exec: tuple[str, ...],
    assumed: "Assumed",
    outputs: tuple[Output, ...],
    color: str,
    now: datetime,
) -> None:
    """Tell whether FROM can reach TO, who decides, and the smallest change that would flip it.

    FROM and TO are namespace/pod or an IP address; an address that one pod alone holds is that
    pod. Without PORT the whole set of open ports is shown; the protocol is TCP unless named.
    """
    targets = Targets(kubeconfig, contexts, allow_exec)
    if queries is not None:
        found = isolation_of(one_source(words, targets), now, assumed)
        deliver(outputs, _many(found, _lines(queries)), color)
        return
    question, paths = parsed(words)
    ports = asked(question.port)
    found = isolation_of(one_source(paths, targets), now, assumed)
    deliver(outputs, _one(found, question, ports), color)


def parsed(words: Sequence[str]) -> tuple[Question, tuple[str, ...]]:
    """The question, and the paths after it.

    Raises:
        UsageError: There is no question in it.
    """
    if len(words) < _FEWEST:
        raise click.UsageError("tell FROM and TO, or name a --queries file")
    source, target, *rest = words
    if rest and _PORT.fullmatch(rest[0]):
        return Question(source, target, rest[0]), tuple(rest[1:])
    return Question(source, target), tuple(rest)


def asked(port: str) -> "PortSet":
    """The ports meant by PORT[/PROTOCOL]; everything without it.

    Raises:
        UsageError: It is no port, or no protocol a NetworkPolicy can name.
    """
    from seawall.model.ports import Protocol
    from seawall.report.why import asked_ports

    match = _PORT.fullmatch(port)
    if match is None:
        return asked_ports(None, None)
    protocol = (match["protocol"] or "TCP").upper()
    try:
        return asked_ports(Protocol(protocol), int(match["port"]))
    except (ValueError, Trouble) as error:
        raise click.UsageError(f"{port}: {error}") from error


def _one(
    found: "Isolation", question: Question, ports: "PortSet"
) -> dict[str, Callable[["Console"], None]]:
    from seawall.analyse.why import answer
    from seawall.report.text import as_json, for_terminal
    from seawall.report.why import why_document, why_lines

    answered = answer(found, question.source, question.target, ports)

    def document(out: "Console", indent: int | None) -> None:
        print_lines(out, [as_json(why_document(answered, found), indent=indent)])

    return {
        "table": lambda out: print_lines(out, map(for_terminal, why_lines(answered, found))),
        "json": lambda out: document(out, 2),
        "ndjson": lambda out: document(out, None),
    }


def _many(found: "Isolation", lines: Sequence[bytes]) -> dict[str, Callable[["Console"], None]]:
    from seawall.report.text import as_json
    from seawall.report.why import answer_query

    def answers() -> Iterator[str]:
        return (as_json(answer_query(found, line), indent=None) for line in lines)

    def array(out: "Console") -> None:
        print_lines(out, [as_json([answer_query(found, line) for line in lines])])

    return {
        "table": lambda out: print_lines(out, answers()),
        "json": array,
        "ndjson": lambda out: print_lines(out, answers()),
    }


def _lines(path: Path) -> list[bytes]:
    """The questions; empty lines are none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Trouble(f"{path}: cannot be read: {error.strerror}") from error
    return [line for line in content.splitlines() if line.strip()]
