"""The one place that builds real things: sources from kubeconfigs, manifests and the demo fleet.

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
    from seawall.connect.reader import Reader
    from seawall.demo.fleet import DemoFleet
    from seawall.discover.kubeconfig import ContextRef, Kubeconfig
    from seawall.discover.plugins import Allowed
    from seawall.flow.sources import Source


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
    from seawall.discover.plugins import Allowed

    config = load(paths_from(kubeconfig, found.environment, found.home))
    search = found.environment.get("PATH", os.defpath)
    allowed = Allowed(search, found.environment, frozenset(commands))
    return tuple(ClusterSource(config, ref, allowed) for ref in config.matching(contexts))


@contextmanager
def demo_fleet(folder: Path) -> Iterator["DemoFleet"]:
    """The demo fleet, running until the block ends.

    Raises:
        Trouble: The `demo` extra is not installed.
    """
    try:
        from seawall.demo.fleet import DemoFleet
    except ModuleNotFoundError as error:
        raise Trouble(f"the demo fleet needs {error.name}; pip install 'seawall[demo]'") from error
    with DemoFleet(folder) as fleet:
        yield fleet
