"""Peers and ports as JSON values, with pod classes turned back into the names people know."""

from collections.abc import Iterator

from seawall.analyse.classes import Standing
from seawall.analyse.table import ClassTable
from seawall.model.bits import Bits, all_of
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
    whole = _whole(peers.pods, table)
    told = all_of(table.spans[number] for number in whole) - table.hosts
    if Mark.NODES in peers.marks:
        told |= table.hosts
    rest = peers.pods - told
    return {
        "pods": sorted(_names(rest, table)),
        "namespaces": _namespaces(whole, table),
        "cidrs": list(peers.addresses.cidrs()),
        "marks": sorted(peers.marks),
        "future": bool(peers.pods & table.standing[Standing.NEW_NAMESPACE]),
    }


def _whole(classes: Bits, table: ClassTable) -> list[int]:
    """Numbers of the namespaces of which every pod is in, the one still to come first of all."""
    fresh = classes & table.standing[Standing.NEW_POD]
    numbers = (table.classes[number].namespace for number in fresh)
    return [n for n in numbers if table.spans[n] - table.hosts <= classes]


def _namespaces(whole: list[int], table: ClassTable) -> list[str]:
    names = [table.namespaces[number].name for number in whole if number < len(table.judged)]
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
