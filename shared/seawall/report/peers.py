"""Peers and ports as JSON values, with pod classes turned back into the names people know."""

from collections.abc import Iterator

from seawall.analyse.classes import Standing
from seawall.analyse.table import ClassTable
from seawall.model.bits import Bits
from seawall.model.peers import Mark, PeerSet
from seawall.model.policies import Where
from seawall.model.ports import PortSet

EVERY_NAMESPACE = "*"

_STANDS_FOR = {Standing.NEW_POD: "(any new pod)", Standing.DNS: "(cluster DNS)"}


def peers_document(peers: PeerSet, table: ClassTable) -> dict[str, object]:
    """Who is in a set of peers.

    `namespaces` are those of which every pod is in, also pods still to come ("*": all there are),
    `pods` the others one by one. `future`: is a pod of a namespace not made yet in. Host-network
    pods are named unless `marks` has all nodes.
    """
    whole = [span for span in table.spans if span and span - table.hosts <= peers.pods]
    rest = peers.pods - table.hosts if Mark.NODES in peers.marks else peers.pods
    for span in whole:
        rest -= span - table.hosts
    return {
        "pods": sorted(_names(rest, table)),
        "namespaces": _namespaces(whole, table),
        "cidrs": list(peers.addresses.cidrs()),
        "marks": sorted(peers.marks),
        "future": bool(peers.pods & table.standing[Standing.NEW_NAMESPACE]),
    }


def _namespaces(whole: list[Bits], table: ClassTable) -> list[str]:
    numbers = (table.classes[span.lowest].namespace for span in whole)
    names = [table.namespaces[n].name for n in numbers if n < len(table.judged)]
    return [EVERY_NAMESPACE] if len(names) == len(table.judged) > 0 else names


def _names(classes: Bits, table: ClassTable) -> Iterator[str]:
    yield from map(str, table.pods(classes))
    for number in classes - table.live - table.standing[Standing.NEW_NAMESPACE]:
        found = table.classes[number]
        yield f"{table.namespaces[found.namespace].name}/{_STANDS_FOR[found.standing]}"


def ports_document(ports: PortSet) -> list[dict[str, object]]:
    """Port ranges by protocol; `other` stands for all protocols NetworkPolicy cannot name."""
    found: list[dict[str, object]] = [
        {"protocol": str(protocol), "from": first, "to": last}
        for protocol, first, last in ports.ranges()
    ]
    return [*found, {"protocol": "other", "from": None, "to": None}] if ports.other else found


def where_document(where: Where) -> dict[str, str]:
    """The object and field that decided."""
    ref = where.ref
    found = {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name, "path": where.path}
    return {key: value for key, value in found.items() if value}
