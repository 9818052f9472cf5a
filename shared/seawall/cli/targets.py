"""What to read: paths, contexts, or the current context."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from seawall.cli.state import way_options
from seawall.model.errors import Trouble

if TYPE_CHECKING:
    from seawall.flow.sources import Source

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Targets:
    """The options that say what to read."""

    kubeconfig: str | None
    contexts: tuple[str, ...]
    allow_exec: tuple[str, ...]


def target_options(command: F) -> F:
    """Add --kubeconfig, --allow-exec and --context."""
    context = click.option(
        "--context",
        "contexts",
        multiple=True,
        metavar="NAME",
        help="A context, or a glob such as 'prod-*'. Repeatable.",
    )
    return way_options(context(command))


class _Moment(click.ParamType[datetime]):
    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is no ISO 8601 time, such as 2026-11-24T12:00:00Z", param, ctx)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


MOMENT = _Moment()


def now_option(command: F) -> F:
    """Add --now."""
    return click.option(
        "--now",
        type=MOMENT,
        default=lambda: datetime.now(UTC),
        metavar="TIME",
        help="Take this for the time (ISO 8601), for output that can be compared.",
    )(command)


def sources(paths: Sequence[str], targets: Targets) -> tuple["Source", ...]:
    """What to read, in order: the manifests, or the contexts.

    Several paths together are one set of manifests.

    Raises:
        UsageError: Both kinds at once, or nothing to read.
        Trouble: The kubeconfig does not say where the clusters are.
    """
    from seawall import wiring
    from seawall.collect.files import MOST_BYTES

    named = bool(targets.kubeconfig or targets.contexts)
    if paths and named:
        raise click.UsageError("name either manifests or contexts, not both")
    if paths:
        stdin = sys.stdin.buffer.read(MOST_BYTES + 1) if "-" in paths else b""
        return (wiring.ManifestSource(tuple(map(Path, paths)), stdin),)
    found = wiring.settings()
    try:
        return wiring.context_sources(
            found, targets.kubeconfig, targets.contexts, targets.allow_exec
        )
    except Trouble as error:
        if named:
            raise
        raise click.UsageError(
            f"nothing to read: name manifests, a saved snapshot, or a --context ({error})"
        ) from error


def one_source(paths: Sequence[str], targets: Targets) -> "Source":
    """The one thing to read.

    Raises:
        UsageError: The options name none, or several.
        Trouble: See `sources`.
    """
    found = sources(paths, targets)
    if len(found) != 1:
        keys = ", ".join(source.key for source in found)
        raise click.UsageError(f"this answers for one cluster at a time; these match: {keys}")
    return found[0]
