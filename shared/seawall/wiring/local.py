"""The fleet on this machine: one SQLite file, the clusters of a kubeconfig."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.model.errors import Trouble
from seawall.wiring.clusters import LiveClusters
from seawall.wiring.environment import Settings
from seawall.wiring.known import KnownFleet
from seawall.wiring.sources import allowed_plugins

if TYPE_CHECKING:
    from collections.abc import Callable

    from seawall.flow.desks import AlertDesk, DiscoverDesk, Process, ScanDesk
    from seawall.flow.ports import Alerts, Discovery
    from seawall.model.door import Door
    from seawall.model.fleet import ClusterRecord
    from seawall.publish.queue import SqliteQueue


@dataclass(frozen=True, slots=True)
class Way:
    """The options that lead to clusters: a kubeconfig, and further plug-ins that may be run."""

    kubeconfig: str | None = None
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalFleet(KnownFleet):
    """Everything that runs on this machine: one state file, one kubeconfig.

    Attributes:
        owner: Names this process to the queue.
    """

    owner: str
    queue: "SqliteQueue"
    discover: "DiscoverDesk"
    scan: "ScanDesk"
    alert: "AlertDesk"


def state_path(found: Settings) -> Path:
    """Where the memory is when nobody says otherwise (XDG Base Directory Specification 0.8)."""
    root = found.environment.get("XDG_STATE_HOME", "")
    base = Path(root) if root.startswith("/") else found.home / ".local" / "state"
    return base / "seawall" / "seawall.db"


@contextmanager
def local_fleet(  # noqa: PLR0913  each is one thing to be chosen
    found: Settings,
    state: Path | None,
    name: str,
    *,
    now: datetime,
    way: Way | None = None,
    channels: "tuple[Alerts, ...]" = (),
) -> Iterator[LocalFleet]:
    """The fleet whose memory is in one file on this machine.

    Args:
        found: The environment.
        state: The file; None: where `state_path` says.
        name: Of the fleet in it.
        now: UTC.
        way: How its clusters are reached; None: they are not, and nothing is discovered.
        channels: Who is told.

    Raises:
        TryLater: Somebody has the file locked.
        Trouble: The file or the kubeconfig cannot be used.
    """
    from seawall.flow.desks import AlertDesk, DiscoverDesk, MendDesk, ScanDesk
    from seawall.publish.owners import this_owner
    from seawall.publish.queue import SqliteQueue
    from seawall.remediate.apply import Applier
    from seawall.state.database import open_database
    from seawall.state.inventory import SqliteInventory
    from seawall.state.memories import SqliteMemories
    from seawall.state.modes import SqliteModes
    from seawall.state.news import SqliteNews
    from seawall.state.plans import SqlitePlans
    from seawall.state.runs import SqliteRuns

    discoveries, doors = ((), _no_door) if way is None else _contexts(found, way)
    clusters = LiveClusters(doors)
    with open_database(state or state_path(found), fleet=name, now=now) as database:
        inventory, memories = SqliteInventory(database), SqliteMemories(database)
        queue, runs = SqliteQueue(database), SqliteRuns(database)
        news, modes, plans = SqliteNews(database), SqliteModes(database), SqlitePlans(database)
        yield LocalFleet(
            name=name,
            inventory=inventory,
            runs=runs,
            memories=memories,
            modes=modes,
            plans=plans,
            owner=this_owner(),
            queue=queue,
            discover=DiscoverDesk(discoveries, inventory, news, queue),
            scan=ScanDesk(inventory, clusters, memories, runs, news, queue),
            mend=MendDesk(
                inventory, clusters, memories, modes, plans, Applier(doors), news, _process()
            ),
            alert=AlertDesk(news, memories, channels, _process()),
        )


def _process() -> "Process":
    """This one, and how it tells that another one of this machine is gone."""
    from seawall.flow.desks import Process
    from seawall.publish.owners import owner_is_dead, this_owner

    return Process(this_owner(), owner_is_dead, lambda: datetime.now(UTC))


def _no_door(record: "ClusterRecord") -> "Door":
    raise Trouble(f"{record.key}: this verb reaches no cluster; this is a bug in Seawall")


def _contexts(
    found: Settings, way: Way
) -> "tuple[tuple[Discovery, ...], Callable[[ClusterRecord], Door]]":
    """Discovery of a kubeconfig's contexts, and the doors to what it finds.

    Raises:
        Trouble: There is no kubeconfig, or the `kube` extra is not installed.
    """
    from seawall.discover.contexts import ContextDiscovery, context_door
    from seawall.discover.files import paths_from
    from seawall.discover.kubeconfig import load

    paths = paths_from(way.kubeconfig, found.environment, found.home)
    config, allowed = load(paths), allowed_plugins(found, way.commands)
    scope = f"kubeconfig:{os.pathsep.join(str(path.absolute()) for path in paths)}"
    return (ContextDiscovery(config, scope),), lambda record: context_door(config, record, allowed)
