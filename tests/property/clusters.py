"""Strategies for small clusters in which selectors, ports and blocks really meet."""

from datetime import UTC, datetime

from hypothesis import strategies as st
from tests.planes import ENFORCING

from seawall.model.addresses import Ip, cidr, ip
from seawall.model.cluster import ClusterKey
from seawall.model.policies import (
    BlockPeer,
    Direction,
    NetworkPolicy,
    ObjectRef,
    Peer,
    PodPeer,
    PolicyRule,
    PortName,
    PortRange,
)
from seawall.model.ports import FIRST_PORT, LAST_PORT, Protocol
from seawall.model.selector import (
    NAMESPACE_NAME_LABEL,
    Labels,
    Operator,
    Requirement,
    Selector,
    selector,
)
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import ContainerPort, Namespace, Origin, Phase, Pod, Snapshot

NAMESPACES = ("a", "b")
KEYS = ("app", "tier")
VALUES = ("x", "y")
PORTS = (1, 53, 80, 443, 65535)
BLOCKS = (
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/8",
    "10.0.0.0/30",
    "10.0.0.1/32",
    "169.254.169.254/32",
    "::/0",
    "fd00::/64",
)
OUTSIDE = tuple(map(ip, ("8.8.8.8", "169.254.169.254", "10.0.0.2", "2001:db8::1", "fd00::2")))

labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES)).map(
    lambda found: tuple(sorted(found.items()))
)


def _requirements(keys: tuple[str, ...], values: tuple[str, ...]) -> st.SearchStrategy[Requirement]:
    some = st.sets(st.sampled_from(values), min_size=1).map(lambda found: tuple(sorted(found)))
    return st.one_of(
        st.builds(
            Requirement,
            st.sampled_from(keys),
            st.sampled_from((Operator.IN, Operator.NOT_IN)),
            some,
        ),
        st.builds(
            Requirement,
            st.sampled_from(keys),
            st.sampled_from((Operator.EXISTS, Operator.DOES_NOT_EXIST)),
        ),
    )


def _selectors(keys: tuple[str, ...], values: tuple[str, ...]) -> st.SearchStrategy[Selector]:
    return st.lists(_requirements(keys, values), max_size=2).map(lambda found: selector(*found))


pod_selectors = _selectors(KEYS, VALUES)
namespace_selectors = st.one_of(
    _selectors(KEYS, VALUES), _selectors((NAMESPACE_NAME_LABEL,), NAMESPACES)
)


@st.composite
def blocks(draw: st.DrawFn) -> BlockPeer:
    """A CIDR with up to two excepts (which may lie outside it: they then cut nothing)."""
    text = draw(st.sampled_from(BLOCKS))
    addresses = cidr(text)
    for each in draw(st.lists(st.sampled_from(BLOCKS[3:]), max_size=2)):
        addresses -= cidr(each)
    return BlockPeer(addresses, text)


peers: st.SearchStrategy[Peer] = st.one_of(
    st.builds(PodPeer, st.none() | namespace_selectors, pod_selectors), blocks()
)


@st.composite
def port_ranges(draw: st.DrawFn) -> PortRange:
    """One port, a range, or all ports of a protocol."""
    protocol = draw(st.sampled_from(Protocol))
    first, last = sorted(draw(st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS))))
    return draw(
        st.sampled_from(
            (
                PortRange(protocol, first, last),
                PortRange(protocol, first, first),
                PortRange(protocol, FIRST_PORT, LAST_PORT),
            )
        )
    )


port_names = st.builds(PortName, st.sampled_from(Protocol), st.sampled_from(("http", "dns")))
rules = st.builds(
    PolicyRule,
    st.none() | st.lists(peers, min_size=1, max_size=2).map(tuple),
    st.none() | st.lists(port_ranges() | port_names, min_size=1, max_size=2).map(tuple),
)
some_rules = st.lists(rules, min_size=1, max_size=2).map(tuple) | st.just(())
policies = st.builds(
    NetworkPolicy,
    st.sampled_from(NAMESPACES),
    st.uuids().map(lambda found: f"p-{found.hex[:8]}"),
    pod_selectors,
    st.sets(st.sampled_from(Direction), min_size=1).map(frozenset),
    some_rules,
    some_rules,
)
container_ports = st.sets(
    st.builds(
        ContainerPort,
        st.sampled_from(("http", "dns")),
        st.sampled_from(Protocol),
        st.sampled_from(PORTS),
    ),
    max_size=2,
).map(lambda found: tuple(sorted(found)))


@st.composite
def pods(draw: st.DrawFn, number: int) -> Pod:
    """One pod; single or dual stack, or without an address where it only comes from a template."""
    namespace = draw(st.sampled_from(NAMESPACES))
    host = draw(st.sampled_from((False, False, False, False, True)))
    stacks: tuple[tuple[Ip, ...], ...] = (
        (ip(f"10.0.0.{number + 1}"),),
        (ip(f"10.0.0.{number + 1}"), ip(f"fd00::{number + 1:x}")),
        (ip(f"fd00::{number + 1:x}"),),
    )
    return Pod(
        namespace=namespace,
        name=f"pod-{number}",
        labels=draw(labels),
        owner=ObjectRef("Pod", namespace, f"pod-{number}"),
        addresses=draw(st.sampled_from(stacks)),
        ports=draw(container_ports),
        host_network=host,
        node=draw(st.sampled_from(("", "node-1", "node-2"))),
        phase=draw(st.sampled_from((Phase.RUNNING, Phase.RUNNING, Phase.SUCCEEDED))),
    )


def _named(name: str, found: Labels) -> Namespace:
    return Namespace(name, tuple(sorted((*found, (NAMESPACE_NAME_LABEL, name)))))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """A cluster of two namespaces, three to six pods and two to five policies."""
    namespaces = tuple(_named(name, draw(labels)) for name in NAMESPACES)
    number_of_pods = draw(st.integers(3, 6))
    return Snapshot(
        key=ClusterKey("drawn"),
        uid=Unseen("drawn"),
        taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        tool_version="test",
        origin=Origin.CLUSTER,
        namespaces=Seen(namespaces),
        pods=Seen(tuple(draw(pods(number)) for number in range(number_of_pods))),
        nodes=Seen(()),
        network_policies=Seen(tuple(draw(st.lists(policies, min_size=2, max_size=5)))),
        unmodelled=Seen(()),
        data_plane=ENFORCING,
    )
