"""Connections in words that a person knows: workloads, namespaces, addresses, nodes.

No pod's name or number is in them, so that the same thing is said before and after a rollout.
"""

from collections.abc import Iterable, Iterator, Sequence

from seawall.analyse.classes import FRESH_NAMESPACE, Standing
from seawall.analyse.differences import Connections
from seawall.analyse.table import ClassTable
from seawall.model.addresses import EVERY_ADDRESS, EVERY_V4, EVERY_V6, NO_ADDRESSES, IpSet
from seawall.model.bits import NO_BITS, Bits, bits_of
from seawall.model.peers import Mark
from seawall.model.plan import Path
from seawall.model.policies import ObjectRef
from seawall.model.ports import NO_PORTS, PortSet

ANY_ADDRESS = "any address"
EVERY_OTHER_NAMESPACE = "any pod of every other namespace"
LATER_NAMESPACE = "any pod of a namespace made later"
OTHER_NODES = "any other node"
MOST_SOURCES = 100
MANY = f"pods of more than {MOST_SOURCES} namespaces and workloads"
"""What is said once where each would be told on its own otherwise: nobody reads, or stores, the
ten thousands of paths of a cluster with a thousand namespaces."""

_MARKS = {Mark.NODES: OTHER_NODES, Mark.API_SERVER: "the API server"}
_ADDRESSES = {
    EVERY_ADDRESS: ANY_ADDRESS,
    EVERY_V4: "any IPv4 address",
    EVERY_V6: "any IPv6 address",
}
_STANDS_FOR = {
    Standing.NEW_POD: "a new pod of namespace",
    Standing.DNS: "the cluster's DNS in namespace",
}

_Source = tuple[str, PortSet, bool]
"""Who, on what, and whether anybody is there today."""


def workload(ref: ObjectRef) -> str:
    """A workload in words.

    >>> workload(ObjectRef("Deployment", "shop", "web"))
    'shop/deployment/web'
    """
    return f"{ref.namespace}/{ref.kind.lower()}/{ref.name}"


def in_essence(path: Path) -> tuple[str, str, str]:
    """What of a path does not change with the pods that come and go.

    Neither who is there today, nor that the pods of today have addresses of one family only.
    """
    source = ANY_ADDRESS if path.source in _ADDRESSES.values() else path.source
    return source, path.destination, path.ports


def paths(table: ClassTable, found: Sequence[Connections], namespace: str) -> tuple[Path, ...]:
    """The connections to pods of `namespace`, each source and destination once, sorted."""
    merged: dict[tuple[str, str, bool], PortSet] = {}
    for into, targets in _by_connections(table, found):
        chosen = [found[number] for number in into]
        for source, ports, live in _sources(table, chosen, namespace):
            for target in targets:
                key = (source, target, live)
                merged[key] = merged.get(key, NO_PORTS) | ports
    return tuple(sorted(Path(a, b, str(ports), live) for (a, b, live), ports in merged.items()))


def _by_connections(
    table: ClassTable, found: Sequence[Connections]
) -> Iterator[tuple[tuple[int, ...], list[str]]]:
    """The destinations in words, together where the same connections lead to them."""
    leading: dict[str, list[int]] = {}
    for number, each in enumerate(found):
        for target in sorted(set(_destinations(table, each.targets))):
            leading.setdefault(target, []).append(number)
    alike: dict[tuple[int, ...], list[str]] = {}
    for target, numbers in leading.items():
        alike.setdefault(tuple(numbers), []).append(target)
    yield from alike.items()


def _destinations(table: ClassTable, targets: Bits) -> Iterator[str]:
    for number in targets:
        members = table.members[number]
        if members:
            yield from {workload(pod.owner) for pod in members}
        else:
            yield _virtual(table, number)


def _virtual(table: ClassTable, number: int) -> str:
    found = table.classes[number]
    return f"{_STANDS_FOR[found.standing]} {table.namespaces[found.namespace].name}"


def _sources(table: ClassTable, found: Iterable[Connections], namespace: str) -> Iterator[_Source]:
    """Who they come from; host-network pods are told as the nodes whose addresses they have.

    Other nodes: "traffic source is the pod's local node" is always let in, whatever a policy says
    (`NetworkPolicySpec.ingress`).
    """
    by_class: dict[int, PortSet] = {}
    by_mark: dict[Mark, PortSet] = {}
    by_ports: dict[PortSet, IpSet] = {}
    for each in found:
        for number in each.sources.pods - table.hosts:
            by_class[number] = by_class.get(number, NO_PORTS) | each.ports
        hosts = {Mark.NODES} if each.sources.pods & table.hosts else set()
        for mark in each.sources.marks | hosts:
            by_mark[mark] = by_mark.get(mark, NO_PORTS) | each.ports
        if each.sources.addresses:
            known = by_ports.get(each.ports, NO_ADDRESSES)
            by_ports[each.ports] = known | each.sources.addresses
    yield from _few(
        [
            (word, ports, live)
            for ports, classes in _inverted(by_class)
            for word, live in _pods(table, classes, namespace)
        ]
    )
    yield from ((_MARKS[mark], ports, True) for mark, ports in by_mark.items())
    for ports, addresses in by_ports.items():
        yield _ADDRESSES.get(addresses) or ", ".join(addresses.cidrs()), ports, True


def _few(found: Sequence[_Source]) -> Iterator[_Source]:
    """The same; all at once where they are too many, on every port that one of them may use."""
    if len(found) <= MOST_SOURCES:
        yield from found
        return
    whole = NO_PORTS
    for _, ports, _ in found:
        whole |= ports
    yield MANY, whole, any(live for *_, live in found)


def _inverted(by_class: dict[int, PortSet]) -> Iterator[tuple[PortSet, Bits]]:
    numbers: dict[PortSet, list[int]] = {}
    for number, ports in by_class.items():
        numbers.setdefault(ports, []).append(number)
    return ((ports, bits_of(found)) for ports, found in numbers.items())


def _pods(table: ClassTable, classes: Bits, namespace: str) -> Iterator[tuple[str, bool]]:
    """Whole namespaces by their names, or all at once; the rest by workload."""
    if classes & table.standing[Standing.NEW_NAMESPACE]:
        yield LATER_NAMESPACE, False
    spans = {
        found.name: table.spans[number] - table.hosts
        for number, found in enumerate(table.namespaces)
        if found.name != FRESH_NAMESPACE
    }
    others = [span for name, span in spans.items() if name != namespace]
    if len(others) > 1 and all(span <= classes for span in others):
        yield EVERY_OTHER_NAMESPACE, any(span & table.live for span in others)
        spans = {namespace: spans.get(namespace, NO_BITS)}
    for name, span in spans.items():
        here = span & classes
        if here and here == span:
            yield f"any pod of namespace {name}", bool(span & table.live)
        else:
            yield from _single(table, here)


def _single(table: ClassTable, classes: Bits) -> Iterator[tuple[str, bool]]:
    for number in classes - table.live:
        yield _virtual(table, number), False
    for word in {workload(pod.owner) for pod in table.pods(classes)}:
        yield word, True
