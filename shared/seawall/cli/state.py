"""Where the memory of a fleet is: `--state` and `--fleet`."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from seawall.model.errors import Trouble

if TYPE_CHECKING:
    from seawall.wiring import KnownFleet, LocalFleet, Way

F = TypeVar("F", bound=Callable[..., object])

IN_AWS = "aws:"

_STACK = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,127}")
"""CloudFormation API Reference, CreateStack, StackName."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack in AWS, whose table is the memory."""

    name: str

    def __str__(self) -> str:
        return f"{IN_AWS}{self.name}"


Where = Path | Stack
"""A file on this machine, or a stack."""


class _Where(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks alone
    """`aws:` and the name of a stack; anything else is a file, `./aws:x` as well."""

    name = "state"
    _file = click.Path(path_type=Path, dir_okay=False)

    def convert(
        self,
        value: str | Where,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Where:
        if isinstance(value, Stack):
            return value
        text = str(value)
        if not text.startswith(IN_AWS):
            return Path(self._file.convert(text, param, ctx))
        name = text.removeprefix(IN_AWS)
        if not _STACK.fullmatch(name):
            self.fail(f"{text!r} names no stack; it should look like aws:seawall", param, ctx)
        return Stack(name)


def state_options(command: F) -> F:
    """Add --state and --fleet; the command gets `state: Where | None` and `fleet: str`."""
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
            type=_Where(),
            envvar="SEAWALL_STATE",
            show_envvar=True,
            metavar="FILE|aws:STACK",
            help="The memory: a file, or that of a stack in AWS; else seawall/seawall.db in "
            "XDG_STATE_HOME or ~/.local/state.",
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
    state: Where | None, fleet: str, *, way: "Way | None" = None
) -> "Iterator[KnownFleet]":
    """The fleet of a state that is there already; with a `way` its clusters can be reached too.

    Raises:
        Trouble: There is no such file or stack: an empty memory would look like a fleet without
            findings.
    """
    if isinstance(state, Stack):
        yield _in_aws(state, fleet, way)
        return
    with on_this_machine(state, fleet, way=way) as found:
        yield found


def _in_aws(stack: Stack, fleet: str, way: "Way | None") -> "KnownFleet":
    from seawall import wiring
    from seawall.wiring.aws_stack import stack_fleet

    if way is not None and (way.kubeconfig or way.commands):
        raise click.UsageError(
            f"--kubeconfig and --allow-exec do not go with {stack}: its clusters are where its "
            "inventory says, and are entered with your logins of AWS, Google Cloud and Azure"
        )
    return stack_fleet(wiring.settings(), stack.name, fleet if _said("fleet") else None)


def _said(option: str) -> bool:
    """Whether the person chose it; a default is nobody's choice."""
    source = click.get_current_context().get_parameter_source(option)
    return source is not click.core.ParameterSource.DEFAULT


def file_of(state: Where | None, instead: str) -> Path | None:
    """The file, for verbs that work on this machine alone.

    Raises:
        Trouble: It is a stack; `instead` says what to do there.
    """
    if isinstance(state, Stack):
        raise Trouble(f"{state}: this verb does not work on a stack; {instead}")
    return state


@contextmanager
def on_this_machine(
    state: Path | None, fleet: str, *, way: "Way | None" = None
) -> "Iterator[LocalFleet]":
    """The same, of a file.

    Raises:
        Trouble: There is none.
    """
    from seawall import wiring

    settings = wiring.settings()
    path = state or wiring.state_path(settings)
    if not path.exists():
        raise Trouble(f"no memory at {path}; `seawall run --once` makes it, --state names another")
    with wiring.local_fleet(settings, path, fleet, now=datetime.now(UTC), way=way) as found:
        yield found
