"""Writes docs/cli.md from the program's own help."""

from collections.abc import Iterator

import click

from seawall.cli.main import seawall

WIDTH = 90
HEAD = """# Every verb and option

What `seawall VERB --help` prints. Written by `python -m tests.journeys.options`; a test holds it to
the program.
"""


def options_page() -> str:
    """The page."""
    return "\n".join([HEAD, *_sections(seawall, "seawall", None)])


def _sections(command: click.Command, name: str, above: click.Context | None) -> Iterator[str]:
    with click.Context(
        command, above, name, terminal_width=WIDTH, **command.context_settings
    ) as context:
        yield f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n"
        if isinstance(command, click.Group):
            for verb, below in sorted(command.commands.items()):
                yield from _sections(below, verb, context)


if __name__ == "__main__":
    print(options_page(), end="")  # noqa: T201  the page is its output
