"""`seawall plan`, `apply` and `rollback`: what would be changed, the change, and back."""

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.cli.chosen import chosen
from seawall.cli.exits import Exit
from seawall.cli.outputs import (
    Output,
    colour_option,
    deliver,
    output_option,
    print_lines,
    say,
)
from seawall.cli.state import Where, remembered, state_options, way_options
from seawall.model.errors import NoEntry, Trouble, TryLater
from seawall.model.messages import RunId
from seawall.report.text import for_terminal

if TYPE_CHECKING:
    from seawall.model.fleet import ClusterRecord
    from seawall.model.plan import PlanState
    from seawall.wiring import KnownFleet, Way

FEWEST_DIGITS = 6
"""Of an id: with fewer, a typing error may name another plan, and an empty variable any."""

_ID = re.compile(rf"[0-9a-f]{{{FEWEST_DIGITS},}}")


@click.command()
@click.argument("clusters", nargs=-1, metavar="[CLUSTER]...")
@click.option("-n", "--namespace", metavar="NAME", help="Only the plan of this namespace.")
@way_options
@state_options
@output_option("text", "json")
@colour_option
@click.pass_context
def plan(  # noqa: PLR0913, PLR0917  one parameter an option
    ctx: click.Context,
    clusters: tuple[str, ...],
    namespace: str | None,
    kubeconfig: str | None,
    allow_exec: tuple[str, ...],
    state: Where | None,
    fleet: str,
    outputs: tuple[Output, ...],
    color: str,
) -> None:
    """Read CLUSTERs (key, name or glob; all without one) and say what they lack and may be given.

    For each namespace that lacks isolation: the policy to add, every path it would cut, and what
    forbids it. Nothing is written. -o json=FILE makes the plan file that `seawall apply` takes.
    """
    from seawall.flow.offering import plan_cluster
    from seawall.report.plans import plan_lines, plans_document
    from seawall.report.text import as_json

    states: list[PlanState] = []
    unseen = 0
    with remembered(state, fleet, way=_way(kubeconfig, allow_exec)) as found:
        for record in chosen(found.inventory, clusters):
            try:
                states += plan_cluster(found.mend, record, now=_now())
            except NoEntry as error:
                unseen += 1
                say(f"UNSEEN {error}")
    shown = [each for each in states if namespace in {None, each.plan.namespace}]
    makers = {
        "text": lambda out: print_lines(out, plan_lines(shown)),
        "json": lambda out: print_lines(out, [as_json(plans_document(shown))]),
    }
    deliver(outputs, makers, color)
    ctx.exit(Exit.INCOMPLETE if unseen else Exit.OK)


@click.command()
@click.argument("plan", metavar="PLAN")
@way_options
@state_options
@click.pass_context
def apply(  # noqa: PLR0913, PLR0917  one parameter an option
    ctx: click.Context,
    plan: str,
    kubeconfig: str | None,
    allow_exec: tuple[str, ...],
    state: Where | None,
    fleet: str,
) -> None:
    """Apply PLAN (an id, the beginning of one, or a plan file): rehearse, write, verify, undo.

    The cluster is read again first; a plan that holds no longer is not applied. What does not turn
    out as planned is taken back.
    """
    from seawall.flow.applying import apply_plan

    with remembered(state, fleet, way=_way(kubeconfig, allow_exec)) as found:
        before = _meant(found, plan)
        with _doubt_told(found, before):
            record = _record(found, before)
            after = apply_plan(found.mend, record, before, by=_person(), now=_now())
    ctx.exit(_told(after, "done"))


@click.command()
@click.argument("plan", metavar="PLAN")
@way_options
@state_options
@click.pass_context
def rollback(  # noqa: PLR0913, PLR0917  one parameter an option
    ctx: click.Context,
    plan: str,
    kubeconfig: str | None,
    allow_exec: tuple[str, ...],
    state: Where | None,
    fleet: str,
) -> None:
    """Delete exactly the object that PLAN made, and nothing else."""
    from seawall.flow.applying import roll_back

    with remembered(state, fleet, way=_way(kubeconfig, allow_exec)) as found:
        before = _meant(found, plan)
        with _doubt_told(found, before):
            after = roll_back(found.mend, _record(found, before), before, by=_person(), now=_now())
    ctx.exit(_told(after, "rolled-back"))


@contextmanager
def _doubt_told(fleet: "KnownFleet", before: "PlanState") -> Iterator[None]:
    """Whoever is told "try later" in the middle of a change must know that it may have been made.

    Raises:
        TryLater: With what to do.
    """
    try:
        yield
    except TryLater as error:
        state = fleet.plans.plan(before.plan.id) or before
        if state.stage not in {"applying", "undoing"}:
            raise
        raise TryLater(
            f"{error}; the plan is {state.stage}, the change may have been made: run the same "
            "command again, it looks first"
        ) from error


def _told(state: "PlanState", wanted: str) -> Exit:
    """Say how it ended; anything but the wanted end is no success."""
    plan = state.plan
    place = f"{plan.cluster} {plan.namespace}/{plan.name}"
    click.echo(for_terminal(f"{state.stage} {plan.id} {place}: {state.note}"))
    return Exit.OK if state.stage == wanted else Exit.INCOMPLETE


def _meant(fleet: "KnownFleet", text: str) -> "PlanState":
    """The plan that a person names by file, id or the beginning of an id.

    Raises:
        UsageError: It is neither a file nor enough of an id.
        Trouble: There is none, there are several, or the file is not as it was written.
    """
    if Path(text).is_file():
        return _from_file(fleet, Path(text))
    if not _ID.fullmatch(text):
        raise click.UsageError(
            f"{text!r} is no plan file, and no plan's id: name at least {FEWEST_DIGITS} of its "
            "digits (0-9, a-f)"
        )
    found = [each for each in fleet.plans.plans() if each.plan.id.startswith(text)]
    if len(found) != 1:
        what = "no plan" if not found else f"{len(found)} plans"
        raise Trouble(f"{what} with the id {text!r}; `seawall plan` lists them")
    return found[0]


def _from_file(fleet: "KnownFleet", path: Path) -> "PlanState":
    """The one plan in a file, put into the memory if it is not there.

    The file is a hint as well: the plan is worked out again before it is applied, and must come
    out the same.
    """
    from seawall.model.plan import PlanState, Stage
    from seawall.remediate.files import plans_from

    try:
        found = plans_from(path.read_bytes(), str(path))
    except OSError as error:
        raise Trouble(f"{path}: cannot be read: {error.strerror}") from error
    if len(found) != 1:
        raise Trouble(f"{path} holds {len(found)} plans; name one by its id, or plan one namespace")
    state = fleet.plans.plan(found[0].id)
    if state is None:
        run, now = RunId(""), _now()
        stage = Stage.REFUSED if found[0].refusals else Stage.PROPOSED
        state = PlanState(found[0], stage, run, made_at=now, changed_at=now)
        fleet.plans.put(state, before=None)
    return state


def _record(fleet: "KnownFleet", state: "PlanState") -> "ClusterRecord":
    record = fleet.inventory.record(state.plan.cluster)
    if record is None:
        raise Trouble(f"the inventory does not know {state.plan.cluster}; `seawall run` discovers")
    return record


def _way(kubeconfig: str | None, allow_exec: tuple[str, ...]) -> "Way":
    from seawall import wiring

    return wiring.Way(kubeconfig, allow_exec)


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody"


def _now() -> datetime:
    return datetime.now(UTC)
