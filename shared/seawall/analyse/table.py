"""The table of endpoint classes, and every question about "which classes" answered as a set."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seawall.analyse.classes import (
    DNS_NAMESPACE,
    DNS_SELECTOR,
    FRESH_NAMESPACE,
    EndpointClass,
    Mentioned,
    Standing,
)
from seawall.analyse.labels import LabelIndex
from seawall.analyse.regions import ROUTABLE, AddressRegions, plausible_addresses
from seawall.model.addresses import Family, Ip, IpSet
from seawall.model.bits import NO_BITS, Bits, all_of, bits_of, span
from seawall.model.ports import Protocol
from seawall.model.selector import NAMESPACE_NAME_LABEL, Labels, Selector
from seawall.model.snapshot import ContainerPort, Namespace, Pod

DNS_PORTS = (
    ContainerPort("dns", Protocol.UDP, 53),
    ContainerPort("dns-tcp", Protocol.TCP, 53),
)


@dataclass(frozen=True, slots=True)
class Roll:
    """The classes in order, the pods of each, and where each namespace begins and ends."""

    classes: tuple[EndpointClass, ...]
    members: tuple[tuple[Pod, ...], ...]
    spans: tuple[Bits, ...]


class ClassTable:
    """Endpoint classes numbered namespace by namespace, with the sets that selectors name."""

    def __init__(
        self, namespaces: tuple[Namespace, ...], pods: Iterable[Pod], looked_at: Mentioned
    ) -> None:
        endpoints = tuple(pod for pod in pods if pod.is_endpoint)
        self.judged = _named(namespaces, endpoints)
        self.namespaces = _with_virtual(self.judged)
        self._number = {found.name: number for number, found in enumerate(self.namespaces)}
        self._regions = AddressRegions(looked_at.blocks)
        roll = _roll(self.namespaces, endpoints, looked_at, self._regions)
        self.classes, self.members, self.spans = roll.classes, roll.members, roll.spans
        self.everything = span(0, len(self.classes))
        self.hosts = bits_of(n for n, found in enumerate(self.classes) if found.host_network)
        self.live = bits_of(n for n, c in enumerate(self.classes) if c.standing is Standing.LIVE)
        self._pod_index = LabelIndex([c.labels for c in self.classes], looked_at.pod_keys)
        self._namespace_index = LabelIndex(
            [found.labels for found in self.namespaces], looked_at.namespace_keys
        )
        self._plausible = plausible_addresses(
            address for pod in endpoints if not pod.host_network for address in pod.addresses
        )
        self._placed = _placed(self.classes, self.members)
        self._unplaced = bits_of(n for n, found in enumerate(self.classes) if found.family is None)
        self._of_namespaces: dict[Selector, Bits] = {}
        self._of_blocks: dict[IpSet, Bits] = {}

    def number_of(self, namespace: str) -> int | None:
        """A namespace's place in the table, or None where it has neither pods nor an object."""
        return self._number.get(namespace)

    def span_of(self, namespace: str) -> Bits:
        """All classes of a namespace, its fresh pod and its host-network pods included."""
        number = self._number.get(namespace)
        return NO_BITS if number is None else self.spans[number]

    def bound_in(self, namespace: str) -> Bits:
        """The classes of a namespace that NetworkPolicy can bind: all but host-network pods."""
        return self.span_of(namespace) - self.hosts

    def pods_matching(self, selector: Selector, within: Bits) -> Bits:
        """The classes of `within` whose pod labels match."""
        return self._pod_index.matching(selector, within)

    def namespaces_matching(self, selector: Selector) -> Bits:
        """Numbers of the namespaces whose labels match, the one yet to be made among them."""
        return self._namespace_index.matching(selector, span(0, len(self.namespaces)))

    def in_namespaces(self, selector: Selector) -> Bits:
        """The classes, host-network pods left out, of the namespaces whose labels match."""
        found = self._of_namespaces.get(selector)
        if found is None:
            spans = (self.spans[number] for number in self.namespaces_matching(selector))
            found = (self.everything if selector.matches_all else all_of(spans)) - self.hosts
            self._of_namespaces[selector] = found
        return found

    def inside(self, block: IpSet) -> Bits:
        """The classes whose address, known or to be expected, lies in a block."""
        found = self._of_blocks.get(block)
        if found is None:
            placed = (b for example, b in self._placed.items() if block.contains(example))
            found = all_of((*placed, *self._expected_inside(block)))
            self._of_blocks[block] = found
        return found

    def _expected_inside(self, block: IpSet) -> Iterable[Bits]:
        if _covers_a_family(block, self._plausible):
            yield self._unplaced - self.hosts
        if _covers_a_family(block, ROUTABLE):
            yield self._unplaced & self.hosts

    def pods(self, classes: Bits) -> tuple[Pod, ...]:
        """The live pods of some classes, each once, in order of namespace and name."""
        found = {(p.namespace, p.name): p for number in classes for p in self.members[number]}
        return tuple(found[key] for key in sorted(found))


def _covers_a_family(block: IpSet, wanted: IpSet) -> bool:
    overlap = block & wanted
    return bool(
        (overlap.v4 and overlap.v4 == wanted.v4) or (overlap.v6 and overlap.v6 == wanted.v6)
    )


def _named(namespaces: tuple[Namespace, ...], pods: tuple[Pod, ...]) -> tuple[Namespace, ...]:
    found = {namespace.name: namespace for namespace in namespaces}
    for pod in pods:
        if pod.namespace not in found:
            found[pod.namespace] = _bare(pod.namespace)
    return tuple(found[name] for name in sorted(found))


def _with_virtual(namespaces: tuple[Namespace, ...]) -> tuple[Namespace, ...]:
    known = any(namespace.name == DNS_NAMESPACE for namespace in namespaces)
    dns = () if known else (_bare(DNS_NAMESPACE),)
    return (*namespaces, *dns, _bare(FRESH_NAMESPACE))


def _bare(name: str) -> Namespace:
    return Namespace(name, ((NAMESPACE_NAME_LABEL, name),), assumed=True)


def _roll(
    namespaces: tuple[Namespace, ...],
    pods: tuple[Pod, ...],
    looked_at: Mentioned,
    regions: AddressRegions,
) -> Roll:
    grouped = _grouped(namespaces, pods, looked_at, regions)
    dns_seen = any(
        pod.namespace == DNS_NAMESPACE and DNS_SELECTOR.matches(dict(pod.labels)) for pod in pods
    )
    classes: list[EndpointClass] = []
    members: list[tuple[Pod, ...]] = []
    spans = []
    for number, namespace in enumerate(namespaces):
        first = len(classes)
        classes += grouped[number]
        members += map(tuple, grouped[number].values())
        for virtual in _virtual(number, namespace, dns_seen=dns_seen, names=looked_at.port_names):
            classes.append(virtual)
            members.append(())
        spans.append(span(first, len(classes)))
    return Roll(tuple(classes), tuple(members), tuple(spans))


def _virtual(
    number: int, namespace: Namespace, *, dns_seen: bool, names: frozenset[str]
) -> Iterable[EndpointClass]:
    fresh = namespace.name == FRESH_NAMESPACE
    standing = Standing.NEW_NAMESPACE if fresh else Standing.NEW_POD
    yield EndpointClass(number, (), (), False, None, 0, standing)  # noqa: FBT003  by position
    if namespace.name == DNS_NAMESPACE and not dns_seen:
        labels = (("k8s-app", "kube-dns"),)
        ports = tuple(port for port in DNS_PORTS if port.name in names)
        yield EndpointClass(number, labels, ports, False, None, 0, Standing.DNS)  # noqa: FBT003


def _grouped(
    namespaces: tuple[Namespace, ...],
    pods: tuple[Pod, ...],
    looked_at: Mentioned,
    regions: AddressRegions,
) -> list[dict[EndpointClass, list[Pod]]]:
    """The live classes of each namespace and their pods; one entry a family for dual stack."""
    numbers = {namespace.name: number for number, namespace in enumerate(namespaces)}
    found: list[dict[tuple[object, ...], list[Pod]]] = [{} for _ in namespaces]
    seen_labels: dict[Labels, Labels] = {}
    keys, names = looked_at.pod_keys, looked_at.port_names
    for pod in pods:
        labels = seen_labels.get(pod.labels)
        if labels is None:
            labels = tuple(pair for pair in pod.labels if pair[0] in keys)
            seen_labels[pod.labels] = labels
        ports = tuple(p for p in pod.ports if p.name in names) if names else ()
        group = found[numbers[pod.namespace]]
        for family, region in _places(pod, regions):
            key = (labels, ports, pod.host_network, family, region)
            group.setdefault(key, []).append(pod)
    return [
        {EndpointClass(number, *key): members for key, members in group.items()}  # type: ignore[arg-type]
        for number, group in enumerate(found)
    ]


def _places(pod: Pod, regions: AddressRegions) -> Iterable[tuple[Family | None, int]]:
    """One (family, region) an address; `PodStatus.podIPs` holds at most one a family."""
    if not pod.addresses:
        return ((None, 0),)
    return {a.family: regions.region_of(a) for a in reversed(pod.addresses)}.items()


def _placed(
    classes: tuple[EndpointClass, ...], members: tuple[tuple[Pod, ...], ...]
) -> Mapping[Ip, Bits]:
    """One example address for each region that any pod lies in, and the classes there."""
    numbers: dict[tuple[Family, int], list[int]] = {}
    for number, found in enumerate(classes):
        if found.family is not None:
            numbers.setdefault((found.family, found.region), []).append(number)
    return {
        _address(
            members[found[0]][0],
            family,
        ): bits_of(found)
        for (family, _), found in numbers.items()
    }


def _address(pod: Pod, family: Family) -> Ip:
    return next(address for address in pod.addresses if address.family is family)
