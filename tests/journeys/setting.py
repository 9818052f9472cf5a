"""What journeys share: what a command said, and kubeconfigs with entries of any kind."""

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from seawall.demo.apiserver import ApiServer
from seawall.demo.fleet import DemoFleet

NOW = "2026-01-02T03:04:05Z"


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:  # noqa: ANN401  JSON of any shape
        """Its standard output as JSON."""
        return json.loads(self.out)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its standard output as NDJSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    def shows(self, text: str) -> bool:
        """Whether a person sees the text anywhere, also where a cell of a table was folded."""
        return text in self.out or text in self.err


Seawall = Callable[..., Done]


def environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """A home of its own, and nothing of the developer's kubeconfig."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL") if key in os.environ}
    package = Path(__file__).parents[2] / "shared"
    return {**kept, "HOME": str(home), "PYTHONPATH": str(package), **extra}


@dataclass(frozen=True)
class Entry:
    """One context, with a cluster and a user of its own."""

    server: str
    ca: bytes | None = None
    user: Mapping[str, object] | None = None


def write_kubeconfig(path: Path, **entries: Entry) -> Path:
    """A kubeconfig with these contexts; the first is current."""

    def cluster(entry: Entry) -> dict[str, object]:
        ca = {"certificate-authority-data": base64.b64encode(entry.ca).decode()} if entry.ca else {}
        return {"server": entry.server, **ca}

    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": next(iter(entries)),
        "clusters": [{"name": n, "cluster": cluster(e)} for n, e in entries.items()],
        "users": [{"name": n, "user": dict(e.user or {})} for n, e in entries.items()],
        "contexts": [{"name": n, "context": {"cluster": n, "user": n}} for n in entries],
    }
    path.write_text(yaml.safe_dump(content))
    return path


def entry_of(fleet: DemoFleet, name: str) -> Entry:
    """The honest entry of one cluster of the fleet."""
    cluster = next(each for each in fleet.clusters if each.name == name)
    return entry_to(cluster.server, cluster.token)


def entry_to(server: ApiServer, token: str) -> Entry:
    """An entry that trusts the server's own authority."""
    return Entry(server.url, server.certificates.ca_pem, {"token": token})


Connect = Callable[..., Path]
