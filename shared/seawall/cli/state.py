"""Where the memory of a fleet is: `--state` and `--fleet`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from seawall.model.errors import Trouble

if TYPE_CHECKING:
    from seawall.wiring import LocalFleet, Way

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


def way_options(command: F) -> F:
    """Add --kubeconfig and --allow-exec, for verbs that reach clusters."""
    for option in (
        click.option(
            "--allow-exec",
            multiple=True,
            metavar="PATH",
            help="Also run this credential plug-in when a kubeconfig asks for it. Repeatable.",
        ),
        click.option(
            "--kubeconfig",
            metavar="FILE",
            help="The kubeconfig; else KUBECONFIG, else ~/.kube/config.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def remembered(
    state: Path | None, fleet: str, *, way: "Way | None" = None
) -> "Iterator[LocalFleet]":
    """The fleet of a state that is there already; with a `way` its clusters can be reached too.

    Raises:
        Trouble: There is no such file: an empty memory would look like a fleet without findings.
    """
    from seawall import wiring

    settings = wiring.settings()
    path = state or wiring.state_path(settings)
    if not path.exists():
        raise Trouble(f"no memory at {path}; `seawall run --once` makes it, --state names another")
    with wiring.local_fleet(settings, path, fleet, now=datetime.now(UTC), way=way) as found:
        yield found
