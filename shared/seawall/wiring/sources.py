"""What a person names to be read: manifests, saved snapshots, contexts of a kubeconfig."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.model.cluster import ClusterKey
from seawall.model.sight import Seen, Sight
from seawall.model.snapshot import Snapshot
from seawall.wiring.environment import Settings

if TYPE_CHECKING:
    from seawall.connect.reader import Reader
    from seawall.discover.kubeconfig import ContextRef, Kubeconfig
    from seawall.discover.plugins import Allowed
    from seawall.flow.sources import Source
    from seawall.model.exposure import Exposure


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

    def exposed(self, *, now: datetime) -> "Sight[tuple[Snapshot, Exposure]]":
        """The same, and what leads into it from outside the pods' view: webhooks, other APIs."""
        from seawall.collect.cluster import read_cluster, sight
        from seawall.collect.exposure import with_exposure
        from seawall.connect.reader import open_reader

        return sight(
            lambda: open_reader(self.kubeconfig.door(self.ref, self.allowed)),
            lambda api: with_exposure(api, read_cluster(api, self.key, now=now)),
        )


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
    allowed = allowed_plugins(found, commands)
    return tuple(ClusterSource(config, ref, allowed) for ref in config.matching(contexts))


def allowed_plugins(found: Settings, commands: Sequence[str]) -> "Allowed":
    """The plug-ins that may be run, and where the known ones are looked for."""
    from seawall.discover.plugins import Allowed

    search = found.environment.get("PATH", os.defpath)
    return Allowed(search, found.environment, frozenset(commands))
