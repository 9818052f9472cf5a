"""The cluster of `tests/cases/istio`, and what Istio adds to a question about it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.istio import Overlay, Row, overlay_of
from seawall.analyse.istio_coverage import coverage_of
from seawall.analyse.istio_tunnel import Tunnel, tunnel_of
from seawall.analyse.why import Answer, answer
from seawall.collect import manifests
from seawall.collect.manifests import STDIN
from seawall.model.istio import Mesh
from seawall.model.ports import PortSet, Protocol, ports
from seawall.model.sight import Seen
from seawall.model.snapshot import Snapshot

CASES = Path(__file__).parents[2] / "cases" / "istio"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Document = dict[str, Any]

_SHORT = {
    "auth": ("security.istio.io", "v1", "AuthorizationPolicy"),
    "peer": ("security.istio.io", "v1", "PeerAuthentication"),
    "net": ("networking.k8s.io", "v1", "NetworkPolicy"),
}


def whole(found: Document) -> Document:
    """An object of a case with what it leaves out."""
    for short, (group, version, kind) in _SHORT.items():
        if short in found:
            namespace, _, name = found[short].partition("/")
            metadata = {"namespace": namespace, "name": name}
            if "annotations" in found:
                metadata |= {"annotations": found["annotations"]}
            if "created" in found:
                metadata |= {"creationTimestamp": found["created"]}
            served = f"{group}/{found.get('version', version)}"
            rest = {"spec": found["spec"]} if "spec" in found else {}
            return {"apiVersion": served, "kind": kind, "metadata": metadata, **rest}
    return found


def cluster_with(objects: Iterable[Document]) -> Snapshot:
    """The cluster of the cases, where each object takes the place of its namesake."""
    base = list(yaml.safe_load_all((CASES / "cluster.yaml").read_text()))
    kept = {_key(each): each for each in (*base, *map(whole, objects))}
    text = yaml.safe_dump_all(kept.values())
    return manifests.read([STDIN], now=NOW, stdin=text.encode())


def _key(found: Document) -> tuple[str, str, str]:
    metadata = found["metadata"]
    return found["kind"], metadata.get("namespace", ""), metadata["name"]


class World:
    """The cluster with some objects more."""

    def __init__(self, objects: Iterable[Document]) -> None:
        self.snapshot = cluster_with(objects)

    @cached_property
    def isolation(self) -> Isolation:
        """What layers 3 and 4 make of it."""
        return analyse(self.snapshot)

    @property
    def mesh(self) -> Mesh:
        """What was read of Istio."""
        assert isinstance(self.snapshot.mesh, Seen)
        return self.snapshot.mesh.value

    def answer(self, question: str) -> Answer:
        """What layers 3 and 4 say to "source -> target port/protocol"."""
        source, _, rest = question.partition(" -> ")
        target, _, port = rest.partition(" ")
        return answer(self.isolation, source, target, _ports(port))

    def overlay(self, question: str) -> Overlay | None:
        """What Istio adds to it."""
        found = self.answer(question)
        return overlay_of(self.snapshot, found.source, found.target, found.ports)

    def row(self, question: str) -> Row:
        """The one row of a question about one port."""
        overlay = self.overlay(question)
        assert overlay is not None
        [row] = overlay.rows
        return row

    def tunnel(self, question: str) -> Tunnel | None:
        """The tunnel that it goes through."""
        found = self.answer(question)
        return tunnel_of(self.isolation, found.source, found.target, found.rulings)

    def proxy(self, pod: str) -> str:
        """Its proxy, and `planned` if it has it by its labels alone."""
        found = coverage_of(self.snapshot, self.isolation.pods_by_name[pod])
        return str(found.way) if found.certain else f"{found.way} planned"


def _ports(text: str) -> PortSet:
    number, _, protocol = text.partition("/")
    return ports(Protocol(protocol or "TCP"), int(number))
