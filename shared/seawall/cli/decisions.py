"""`seawall mode`, `adopt` and `confirm`: what a person decides about clusters."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from seawall.cli.chosen import chosen, only
from seawall.cli.state import Where, remembered, state_options
from seawall.model.errors import Trouble, TryLater
from seawall.report.text import for_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from seawall.model.cluster import ClusterKey
    from seawall.model.memory import Memory
    from seawall.wiring import KnownFleet

MODES = ("observe", "propose", "approve", "auto")
MOST_ROUNDS = 5


@click.command()
@click.argument("mode", type=click.Choice(MODES), required=False)
@click.argument("clusters", nargs=-1, metavar="[CLUSTER]...")
@click.option("--ceiling", is_flag=True, help="Of the whole fleet: no cluster goes further.")
@state_options
def mode(
    mode: str | None,
    clusters: tuple[str, ...],
    ceiling: bool,  # noqa: FBT001  click passes it by name
    state: Where | None,
    fleet: str,
) -> None:
    """Show or set how far Seawall may go at a CLUSTER (key, name or glob).

    observe (default): writes nothing. propose: makes plans for a person to apply. approve: as
    propose, until approvals exist. auto: also applies by itself what can cut nothing. The lower of
    the fleet's ceiling and the cluster's mode counts; `seawall mode observe --ceiling` stops every
    write at once, but for taking back what was begun.
    """
    from seawall.model.plan import Mode

    if ceiling == bool(clusters) and mode is not None:
        raise click.UsageError("name clusters, or the whole fleet by --ceiling")
    with remembered(state, fleet) as found:
        if mode is not None:
            keys = [record.key for record in chosen(found.inventory, clusters)] if clusters else []
            for key in keys or (None,):
                found.modes.set_mode(key, Mode(mode))
        for record in chosen(found.inventory, clusters):
            click.echo(for_terminal(f"{found.modes.mode(record.key)} {record.key}"))


@click.command()
@click.argument("clusters", nargs=-1, metavar="[CLUSTER]...")
@state_options
def adopt(clusters: tuple[str, ...], state: Where | None, fleet: str) -> None:
    """Take what is open now for known debt: counted and shown, never alerted.

    From then on `seawall run --new-only` fails on what is new alone. Debt that is resolved and
    comes back is new.
    """
    from seawall.flow.remembering import adopted

    with remembered(state, fleet) as found:
        for record in chosen(found.inventory, clusters):
            memory = found.memories.recall(record.key)
            if memory is None:
                click.echo(for_terminal(f"{record.key}: never scanned, nothing to adopt"), err=True)
                continue
            after = rewrite(found, record.key, lambda each: adopted(each, run=each.run))
            click.echo(
                for_terminal(f"{record.key}: {len(after.open)} open findings are known debt")
            )


@click.command()
@click.argument("cluster", metavar="CLUSTER")
@state_options
def confirm(cluster: str, state: Where | None, fleet: str) -> None:
    """Say that a CLUSTER whose identity changed was replaced on purpose.

    Until then nothing is written to it.
    """
    from seawall.flow.remembering import confirmed

    with remembered(state, fleet) as found:
        record = only(found.inventory, cluster)
        memory = found.memories.recall(record.key)
        if memory is None or memory.impostor is None:
            raise Trouble(
                f"{record.key}: its identity has not changed, there is nothing to confirm"
            )
        after = rewrite(found, record.key, lambda each: confirmed(each, run=each.run))
        click.echo(for_terminal(f"{record.key}: is {after.uid} from now on"))


def rewrite(
    fleet: "KnownFleet", key: "ClusterKey", change: "Callable[[Memory], Memory]"
) -> "Memory":
    """The memory, changed and written, whatever a run writes meanwhile."""
    import uuid

    for _ in range(MOST_ROUNDS):
        memory = fleet.memories.recall(key)
        if memory is None:
            break
        after = change(memory)
        if fleet.memories.keep(after, (), attempt=uuid.uuid4().hex):
            return after
    raise TryLater(f"{key}: its memory is being written by a run; try again")


def _now() -> datetime:
    return datetime.now(UTC)
