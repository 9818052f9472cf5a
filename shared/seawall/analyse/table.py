"""The table of endpoint classes, and every question about "which classes" answered as a set."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from seawall.analyse.classes import (
    DNS_LABELS,
    DNS_NAMESPACE,
    DNS_SELECTOR,
    FRESH_NAMESPACE,
    SERVICE_ACCOUNT_KEY,
    EndpointClass,
    Mentioned,
    Standing,
)
from seawall.analyse.labels import LabelIndex
from seawall.analyse.regions import ROUTABLE, AddressRegions, plausible_addresses
from seawall.model.addresses import Family, Ip, IpSet
from seawall.model.bits import NO_BITS, Bits, all_of, bits_of, span
from seawall.model.intervals import size
from seawall.model.ports import Protocol
from seawall.model.selector import Labels, Selector
from seawall.model.snapshot import ContainerPort, Namespace, Pod, assumed_namespace

DNS_PORTS = (
    ContainerPort("dns", Protocol.UDP, 53),
    ContainerPort("dns-tcp", Protocol.TCP, 53),
)

FRESH_STANDING = {False: Standing.NEW_POD, True: Standing.NEW_NAMESPACE}


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
        self.standing = _by_standing(self.classes)
        self.live = self.standing[Standing.LIVE]
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

    @cached_property
    def speaking(self) -> Mapping[Family, Bits]:
        """The classes that have an address of a family, or may get one."""
        return {
            family: bits_of(n for n, c in enumerate(self.classes) if c.family in {None, family})
            for family in Family
        }

    @cached_property
    def dns_servers(self) -> Bits:
        """The cluster's DNS pods, or the one that is assumed where none was read."""
        return self.pods_matching(DNS_SELECTOR, self.span_of(DNS_NAMESPACE))

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

    def pod_values(self, key: str) -> dict[str, Bits]:
        """The classes that carry each value of a pod label that is looked at."""
        return self._pod_index.values(key)

    def namespace_values(self, key: str) -> dict[str, Bits]:
        """The numbers of the namespaces that carry each value of a label that is looked at."""
        return self._namespace_index.values(key)

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

    def likely_inside(self, addresses: IpSet) -> bool:
        """Whether a pod whose address nobody knows yet will most likely get one of these."""
        return _covers_most(addresses, self._plausible)

    def _expected_inside(self, block: IpSet) -> Iterable[Bits]:
        if self.likely_inside(block):
            yield self._unplaced - self.hosts
        if _covers_most(block, ROUTABLE):
            yield self._unplaced & self.hosts

    def by_port_names(
        self, classes: Bits, names: frozenset[str]
    ) -> Iterator[tuple[Bits, tuple[ContainerPort, ...]]]:
        """Splits classes by the numbers they give the names of ports that matter.

        At least one part, if only an empty one: a policy that selects nobody is a policy.
        """
        if not names:
            yield classes, ()
            return
        groups: dict[tuple[ContainerPort, ...], list[int]] = {}
        for number in classes:
            own = tuple(p for p in self.classes[number].ports if p.name in names)
            groups.setdefault(own, []).append(number)
        for own, numbers in groups.items():
            yield bits_of(numbers), own
        if not groups:
            yield NO_BITS, ()

    def pods(self, classes: Bits) -> tuple[Pod, ...]:
        """The live pods of some classes, each once, in order of namespace and name."""
        found = {(p.namespace, p.name): p for number in classes for p in self.members[number]}
        return tuple(found[key] for key in sorted(found))


def _by_standing(classes: tuple[EndpointClass, ...]) -> Mapping[Standing, Bits]:
    numbers: dict[Standing, list[int]] = {standing: [] for standing in Standing}
    for number, found in enumerate(classes):
        numbers[found.standing].append(number)
    return {standing: bits_of(found) for standing, found in numbers.items()}


def _covers_most(block: IpSet, wanted: IpSet) -> bool:
    """Whether a block has more than half of the wanted addresses of some family."""
    overlap = block & wanted
    return any(2 * size(overlap.of(each)) > size(wanted.of(each)) for each in Family)


def _named(namespaces: tuple[Namespace, ...], pods: tuple[Pod, ...]) -> tuple[Namespace, ...]:
    found = {namespace.name: namespace for namespace in namespaces}
    for pod in pods:
        if pod.namespace not in found:
            found[pod.namespace] = assumed_namespace(pod.namespace)
    return tuple(found[name] for name in sorted(found))


def _with_virtual(namespaces: tuple[Namespace, ...]) -> tuple[Namespace, ...]:
    known = any(namespace.name == DNS_NAMESPACE for namespace in namespaces)
    dns = () if known else (assumed_namespace(DNS_NAMESPACE),)
    return (*namespaces, *dns, assumed_namespace(FRESH_NAMESPACE))


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
        classes += (_live(number, key, regions) for key in grouped[number])
        members += map(tuple, grouped[number].values())
        for virtual in _virtual(number, namespace, looked_at, dns_seen=dns_seen):
            classes.append(virtual)
            members.append(())
        spans.append(span(first, len(classes)))
    return Roll(tuple(classes), tuple(members), tuple(spans))


def _account(name: str) -> tuple[str, str]:
    """As the label that selectors know it by; the API server writes `default` where none is."""
    return (SERVICE_ACCOUNT_KEY, name or "default")


def _live(number: int, key: "Key", regions: AddressRegions) -> EndpointClass:
    labels, ports, host_network, region = key
    family = None if region is None else regions.family_of[region]
    return EndpointClass(number, labels, ports, host_network, region, family)


def _virtual(
    number: int, namespace: Namespace, looked_at: Mentioned, *, dns_seen: bool
) -> Iterable[EndpointClass]:
    fresh = namespace.name == FRESH_NAMESPACE
    account = (_account(""),) if SERVICE_ACCOUNT_KEY in looked_at.pod_keys else ()
    yield EndpointClass(number, account, standing=FRESH_STANDING[fresh])
    if namespace.name == DNS_NAMESPACE and not dns_seen:
        ports = tuple(port for port in DNS_PORTS if port.name in looked_at.port_names)
        yield EndpointClass(number, DNS_LABELS, ports, standing=Standing.DNS)


Key = tuple[Labels, tuple[ContainerPort, ...], bool, int | None]
"""What tells two live classes of one namespace apart."""


def _grouped(
    namespaces: tuple[Namespace, ...],
    pods: tuple[Pod, ...],
    looked_at: Mentioned,
    regions: AddressRegions,
) -> list[dict[Key, list[Pod]]]:
    """The live classes of each namespace and their pods; one a family for dual-stack pods."""
    found: dict[str, dict[Key, list[Pod]]] = {namespace.name: {} for namespace in namespaces}
    reduced: dict[Labels, Labels] = {}
    keys, names = looked_at.pod_keys, looked_at.port_names
    accounts = SERVICE_ACCOUNT_KEY in keys
    for pod in pods:
        labels = reduced.get(pod.labels)
        if labels is None:
            labels = tuple(pair for pair in pod.labels if pair[0] in keys)
            labels = reduced[pod.labels] = reduced.setdefault(labels, labels)
        if accounts:
            labels = (_account(pod.service_account), *labels)
        ports = tuple(p for p in pod.ports if p.name in names) if names else ()
        for region in _places(pod, regions):
            key = (labels, ports, pod.host_network, region)
            found[pod.namespace].setdefault(key, []).append(pod)
    return list(found.values())


def _places(pod: Pod, regions: AddressRegions) -> Iterable[int | None]:
    """The region of each address; `PodStatus.podIPs` holds at most one a family."""
    if not pod.addresses:
        return (None,)
    return [regions.region_of(address) for address in pod.addresses]


def _placed(
    classes: tuple[EndpointClass, ...], members: tuple[tuple[Pod, ...], ...]
) -> Mapping[Ip, Bits]:
    """One example address for each region that any pod lies in, and the classes there."""
    numbers: dict[int, list[int]] = {}
    for number, found in enumerate(classes):
        if found.region is not None:
            numbers.setdefault(found.region, []).append(number)
    return {
        _example(classes[alike[0]], members[alike[0]][0]): bits_of(alike)
        for alike in numbers.values()
    }


def _example(found: EndpointClass, pod: Pod) -> Ip:
    return next(address for address in pod.addresses if address.family is found.family)
