"""The demo fleet: three clusters of three clouds, one good, one open, one that only looks good.

What is in them is written in `clusters/*.yaml`; the first document of each file names the cluster.
"""

import base64
import ipaddress
import os
import secrets
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import yaml

from seawall.demo.access import READER_GRANTS, WRITER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.certificates import Certificates
from seawall.demo.controllers import Cluster, expanded
from seawall.demo.resources import Json
from seawall.demo.store import Store

NAMES: Final = ("eks-payments-prod", "gke-ledger-prod", "aks-analytics-dev")
READER: Final = "seawall-reader"
OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class Definition:
    """One cluster as written down, before anything runs."""

    name: str
    provider: str
    git_version: str
    story: str
    objects: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class DemoCluster:
    """One running cluster of the fleet."""

    name: str
    provider: str
    story: str
    token: str
    server: ApiServer


def definition(name: str) -> Definition:
    """Read one cluster of `NAMES` and let its controllers do their work."""
    source = resources.files(__package__) / "clusters" / f"{name}.yaml"
    head, *manifests = yaml.safe_load_all(source.read_text())
    nodes = tuple(manifest for manifest in manifests if manifest["kind"] == "Node")
    cluster = Cluster(name, nodes, ipaddress.IPv4Network(head["podRange"]))
    objects = tuple(expanded(manifests, cluster))
    return Definition(name, head["provider"], head["gitVersion"], head["story"].strip(), objects)


class DemoFleet:
    """The whole fleet between entering and leaving a `with` block, with a kubeconfig in `folder`.

    Each cluster has one user, who may read what a scanner needs, and write what a plan needs where
    the fleet is `writable`; nothing else.
    """

    def __init__(
        self,
        folder: Path,
        *,
        names: Iterable[str] = NAMES,
        latency_s: float = 0.0,
        writable: bool = False,
    ) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self.clusters: tuple[DemoCluster, ...] = ()
        self._names = tuple(names)
        self._latency_s = latency_s
        self._grants = (*READER_GRANTS, *(WRITER_GRANTS if writable else ()))
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        certificates = Certificates()
        with ExitStack() as stack:  # whatever has started is stopped if a later one fails
            self.clusters = tuple(
                self._started(definition(name), certificates, stack) for name in self._names
            )
            _write_private(self.kubeconfig, kubeconfig_of(self.clusters))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        self.kubeconfig.unlink(missing_ok=True)  # its tokens open nothing any more

    def _started(
        self, made: Definition, certificates: Certificates, stack: ExitStack
    ) -> DemoCluster:
        token = f"demo-{secrets.token_urlsafe(24)}"
        server = ApiServer(
            Store(made.objects),
            [User(READER, self._grants, token)],
            certificates=certificates,
            git_version=made.git_version,
            latency_s=self._latency_s,
        )
        stack.enter_context(server)
        return DemoCluster(made.name, made.provider, made.story, token, server)


def kubeconfig_of(clusters: Iterable[DemoCluster]) -> str:
    """The kubeconfig for running clusters: a context each, named after it; the first is current."""
    running = tuple(clusters)
    entries = {
        "clusters": [{"name": c.name, "cluster": _endpoint(c)} for c in running],
        "users": [{"name": c.name, "user": {"token": c.token}} for c in running],
        "contexts": [
            {"name": c.name, "context": {"cluster": c.name, "user": c.name}} for c in running
        ],
    }
    current = running[0].name if running else ""
    head: Json = {"apiVersion": "v1", "kind": "Config", "current-context": current}
    return yaml.safe_dump(head | entries, sort_keys=False)


def _endpoint(cluster: DemoCluster) -> Json:
    authority = base64.b64encode(cluster.server.certificates.ca_pem).decode()
    return {"server": cluster.server.url, "certificate-authority-data": authority}


def _write_private(path: Path, text: str) -> None:
    """Write a file that was never readable by others, not even for a moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
