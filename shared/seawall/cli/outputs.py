"""Where results go: one format to stdout, any number to files."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import click

from seawall.model.errors import Trouble
from seawall.report.text import for_terminal

if TYPE_CHECKING:
    from rich.console import Console

F = TypeVar("F", bound=Callable[..., object])

PIPE_WIDTH = 200
"""Columns of a table that goes to no terminal: wide enough to be searched line by line."""


@dataclass(frozen=True, slots=True)
class Output:
    """One `-o`: a format, and a file or stdout."""

    form: str
    path: Path | None


def output_option(*forms: str) -> Callable[[F], F]:
    """Add -o for these formats; the first is the default."""
    return click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT[=PATH]",
        callback=lambda _ctx, _param, value: parsed(value, forms),
        help=f"{', '.join(forms)}; with =PATH into a file. Repeatable.",
    )


def parsed(words: Sequence[str], forms: Sequence[str]) -> tuple[Output, ...]:
    """What the -o options say.

    Raises:
        BadParameter: A format that this verb does not have, or two for stdout.
    """
    found = tuple(_output(word, forms) for word in words) or (Output(forms[0], None),)
    if sum(output.path is None for output in found) > 1:
        raise click.BadParameter("only one format can go to stdout; give the others a =PATH")
    paths = [output.path for output in found if output.path is not None]
    if twice := {str(path) for path in paths if paths.count(path) > 1}:
        raise click.BadParameter(f"only one format can go to {', '.join(sorted(twice))}")
    return found


def _output(word: str, forms: Sequence[str]) -> Output:
    form, equals, path = word.partition("=")
    if form not in forms or (equals and not path):
        raise click.BadParameter(f"{word!r} is none of {', '.join(forms)} (each also with =PATH)")
    return Output(form, Path(path) if equals else None)


def colour_option(command: F) -> F:
    """Add --color."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour; auto means on a terminal and without NO_COLOR.",
    )(command)


def deliver(
    outputs: Sequence[Output], makers: Mapping[str, Callable[["Console"], None]], color: str
) -> None:
    """Make each output by its maker, files whole or not at all."""
    for output in outputs:
        if output.path is None:
            makers[output.form](console(sys.stdout, color))
        else:
            with _whole(output.path) as file:
                makers[output.form](console(file, "never"))


def console(stream: IO[str], color: str) -> "Console":
    """A console that takes text as it is: no markup, no emoji, no links, no highlighting."""
    from rich.console import Console

    from seawall import wiring

    terminal = stream.isatty()
    colourful = color == "always" or (color == "auto" and terminal and wiring.settings().colour)
    return Console(
        file=stream,
        width=None if terminal else PIPE_WIDTH,
        force_terminal=True if colourful else None,
        no_color=not colourful,
        markup=False,
        emoji=False,
        highlight=False,
    )


def say(text: str) -> None:
    """A line on stderr; whatever a cluster put into it is made harmless."""
    click.echo(for_terminal(text), err=True)


def print_lines(out: "Console", lines: Iterable[str]) -> None:
    """Lines that are safe already; never folded, so that they can be searched and parsed."""
    for line in lines:
        out.file.write(f"{line}\n")


def print_text(out: "Console", text: str) -> None:
    """A whole document that is safe already, with the line ends it has."""
    out.file.write(text)


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    """A file that appears under its name only once it is complete; only its owner may read it."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                yield file
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise Trouble(f"{path}: cannot be written: {error.strerror}") from error
