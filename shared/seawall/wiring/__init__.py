"""The one place that builds real things: sources, the fleet on this machine, and the demo fleet.

The environment is read here, once, into a frozen Settings value.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.model.cluster import ClusterKey
from seawall.model.errors import Trouble
from seawall.model.sight import Seen, Sight
from seawall.model.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from seawall.connect.reader import Reader
    from seawall.demo.fleet import DemoFleet
    from seawall.discover.kubeconfig import ContextRef, Kubeconfig
    from seawall.discover.plugins import Allowed
    from seawall.flow.desks import AlertDesk, DiscoverDesk, MendDesk, ScanDesk
    from seawall.flow.ports import Alerts, Discovery, Inventory, Modes, Plans, Runs
    from seawall.flow.sources import Source
    from seawall.model.door import Door
    from seawall.model.exposure import Exposure
    from seawall.model.fleet import ClusterRecord
    from seawall.publish.queue import SqliteQueue
    from seawall.state.memories import SqliteMemories


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    home: Path
    environment: dict[str, str] = field(repr=False)

    @property
    def colour(self) -> bool:
        """Whether colour is welcome (https://no-color.org)."""
        return not self.environment.get("NO_COLOR")


def settings() -> Settings:
    """Read the environment, once."""
    return Settings(Path.home(), dict(os.environ))


@dataclass(frozen=True, slots=True)
class ManifestSource:
    """Files, folders or standard input, or one saved snapshot."""

    paths: tuple[Path, ...]
    stdin: bytes = field(default=b"", repr=False)

    @property
    def key(self) -> ClusterKey:
        """The paths as they were written; the snapshot knows its own key."""
        return ClusterKey("+".join(map(str, self.paths)))

    def read(self, *, now: datetime) -> Sight[Snapshot]:
        """Everything in the paths.

        Raises:
            Trouble: Something there cannot be read.
        """
        from seawall.collect.manifests import read

        return Seen(read(self.paths, now=now, stdin=self.stdin))


@dataclass(frozen=True, slots=True)
class ClusterSource:
    """A live cluster behind a context of a kubeconfig."""

    kubeconfig: "Kubeconfig"
    ref: "ContextRef"
    allowed: "Allowed"

    @property
    def key(self) -> ClusterKey:
        """Names the cluster before it is seen."""
        return self.ref.key

    def read(self, *, now: datetime) -> Sight[Snapshot]:
        """The cluster as it is now, or why it could not be read."""
        from seawall.collect.cluster import sight_of_cluster
        from seawall.connect.reader import open_reader

        def opened() -> "Reader":
            return open_reader(self.kubeconfig.door(self.ref, self.allowed))

        return sight_of_cluster(opened, self.key, now=now)


def context_sources(
    found: Settings, kubeconfig: str | None, contexts: Sequence[str], commands: Sequence[str] = ()
) -> tuple["Source", ...]:
    """A source for each context that matches; without a pattern, for the current one.

    Args:
        found: The environment.
        kubeconfig: A file, or None for KUBECONFIG and ~/.kube/config.
        contexts: Names or globs.
        commands: Absolute paths of credential plug-ins that may be run besides the known ones.

    Raises:
        Trouble: No kubeconfig, no context, or the `kube` extra is not installed.
    """
    from seawall.discover.files import paths_from
    from seawall.discover.kubeconfig import load

    config = load(paths_from(kubeconfig, found.environment, found.home))
    allowed = _allowed(found, commands)
    return tuple(ClusterSource(config, ref, allowed) for ref in config.matching(contexts))


def _allowed(found: Settings, commands: Sequence[str]) -> "Allowed":
    """The plug-ins that may be run, and where the known ones are looked for."""
    from seawall.discover.plugins import Allowed

    search = found.environment.get("PATH", os.defpath)
    return Allowed(search, found.environment, frozenset(commands))


@dataclass(frozen=True, slots=True)
class LiveClusters:
    """Reads the clusters of the inventory; `doors` opens the way to each."""

    doors: "Callable[[ClusterRecord], Door]" = field(repr=False)

    def snapshot(self, record: "ClusterRecord", *, now: datetime) -> Sight[Snapshot]:
        """What is judged, or why it could not be read."""
        from seawall.collect.cluster import sight_of_cluster

        return sight_of_cluster(lambda: self._reader(record), record.key, now=now)

    def exposed(
        self, record: "ClusterRecord", *, now: datetime
    ) -> "Sight[tuple[Snapshot, Exposure]]":
        """The same, and what leads to its pods from outside."""
        from seawall.collect.cluster import read_cluster, sight
        from seawall.collect.exposure import read_exposure

        return sight(
            lambda: self._reader(record),
            lambda api: (read_cluster(api, record.key, now=now), read_exposure(api)),
        )

    def _reader(self, record: "ClusterRecord") -> "Reader":
        from seawall.connect.reader import open_reader

        return open_reader(self.doors(record))


@dataclass(frozen=True, slots=True)
class Way:
    """The options that lead to clusters: a kubeconfig, and further plug-ins that may be run."""

    kubeconfig: str | None = None
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalFleet:
    """Everything that runs on this machine: one state file, one kubeconfig.

    Attributes:
        name: Of the fleet.
        owner: Names this process to the queue.
    """

    name: str
    owner: str
    inventory: "Inventory"
    queue: "SqliteQueue"
    runs: "Runs"
    memories: "SqliteMemories"
    modes: "Modes"
    plans: "Plans"
    discover: "DiscoverDesk"
    scan: "ScanDesk"
    mend: "MendDesk"
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
            owner=this_owner(),
            inventory=inventory,
            queue=queue,
            runs=runs,
            memories=memories,
            modes=modes,
            plans=plans,
            discover=DiscoverDesk(discoveries, inventory, queue),
            scan=ScanDesk(inventory, clusters, memories, runs, news, queue),
            mend=MendDesk(inventory, clusters, memories, modes, plans, Applier(doors), news),
            alert=AlertDesk(news, memories, channels),
        )


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
    config, allowed = load(paths), _allowed(found, way.commands)
    scope = f"kubeconfig:{os.pathsep.join(str(path.absolute()) for path in paths)}"
    return (ContextDiscovery(config, scope),), lambda record: context_door(config, record, allowed)


@contextmanager
def demo_fleet(folder: Path, *, writable: bool = False) -> Iterator["DemoFleet"]:
    """The demo fleet, running until the block ends; `writable`: its user may also mend it.

    Raises:
        Trouble: The `demo` extra is not installed.
    """
    try:
        from seawall.demo.fleet import DemoFleet
    except ModuleNotFoundError as error:
        raise Trouble(f"the demo fleet needs {error.name}; pip install 'seawall[demo]'") from error
    with DemoFleet(folder, writable=writable) as fleet:
        yield fleet
