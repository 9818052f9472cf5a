"""Where the memory of a fleet is: `--state` and `--fleet`."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

F = TypeVar("F", bound=Callable[..., object])


def state_options(command: F) -> F:
    """Add --state and --fleet; the command gets `state: Path | None` and `fleet: str`."""
    for option in (
        click.option(
            "--fleet",
            envvar="SEAWALL_FLEET",
            show_envvar=True,
            default="default",
            show_default=True,
            metavar="NAME",
            help="Which fleet in it; each has a memory of its own.",
        ),
        click.option(
            "--state",
            type=click.Path(path_type=Path, dir_okay=False),
            envvar="SEAWALL_STATE",
            show_envvar=True,
            metavar="FILE",
            help="The memory; else seawall/seawall.db in XDG_STATE_HOME or ~/.local/state.",
        ),
    ):
        command = option(command)
    return command
