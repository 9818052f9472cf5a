from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analyse.sides import Row
from seawall.judge.openness import to_the_world, whole_protocols
from seawall.model.addresses import EVERY_V4, IpSet, cidr
from seawall.model.intervals import joined
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.ports import (
    ALL_PORTS,
    LAST_PORT,
    NO_PORTS,
    PortSet,
    Protocol,
    port_set,
    ports,
)

TCP, UDP, SCTP = Protocol.TCP, Protocol.UDP, Protocol.SCTP
NO_ADDRESS = IpSet()


def row(addresses: IpSet, found: PortSet = ALL_PORTS) -> Row:
    return Row(PeerSet(addresses=addresses), found, Decision.ALLOW, ())


@pytest.mark.parametrize(
    "rows, expected",
    [
        pytest.param([], NO_PORTS, id="nothing open"),
        pytest.param([row(EVERY_V4, ports(TCP, 443))], ports(TCP, 443), id="one port"),
        pytest.param([row(cidr("::/0"), ports(UDP, 53))], ports(UDP, 53), id="IPv6"),
        pytest.param(
            [row(cidr("0.0.0.0/1")), row(cidr("128.0.0.0/1"), ports(TCP, 80, 90))],
            ports(TCP, 80, 90),
            id="two halves where their ports meet",
        ),
        pytest.param(
            [row(cidr("0.0.0.0/1"), ports(TCP, 1, 80)), row(cidr("128.0.0.0/1"), ports(TCP, 81))],
            NO_PORTS,
            id="two halves that do not meet",
        ),
        pytest.param([row(cidr("0.0.0.0/1")), row(cidr("::/1"))], NO_PORTS, id="two families"),
        pytest.param(
            [row(EVERY_V4 - cidr("255.255.255.255/32"))], NO_PORTS, id="all but the last address"
        ),
        pytest.param(
            [row(EVERY_V4, ports(TCP, 1)), row(EVERY_V4, ports(TCP, LAST_PORT))],
            ports(TCP, 1) | ports(TCP, LAST_PORT),
            id="the first and the last port",
        ),
        pytest.param([row(NO_ADDRESS)], NO_PORTS, id="pods only"),
    ],
)
def test_the_ports_that_the_world_is_let_in_on(rows: Sequence[Row], expected: PortSet) -> None:
    assert expected == to_the_world(rows)


@pytest.mark.parametrize(
    "found, expected",
    [
        pytest.param(ALL_PORTS, (TCP, UDP, SCTP), id="everything"),
        pytest.param(ports(UDP, 1, LAST_PORT), (UDP,), id="one protocol"),
        pytest.param(ports(TCP, 1, LAST_PORT - 1), (), id="all ports but one"),
        pytest.param(ports(TCP, 2, LAST_PORT), (), id="all ports but the first"),
        pytest.param(NO_PORTS, (), id="none"),
    ],
)
def test_the_protocols_that_are_whole(found: PortSet, expected: tuple[Protocol, ...]) -> None:
    assert expected == whole_protocols(found)


EIGHTHS = tuple(cidr(f"{first}.0.0.0/3") for first in range(0, 256, 32))
"""The eight parts of IPv4: small enough a world to be counted through."""

BORDERS = (1, 2, 79, 80, 81, LAST_PORT - 1, LAST_PORT)

parts = st.frozensets(st.integers(0, 7), min_size=3)
spans = st.tuples(st.sampled_from(BORDERS), st.sampled_from(BORDERS)).map(sorted)
port_sets = st.builds(
    lambda protocol, pairs: port_set(protocol, joined((first, last) for first, last in pairs)),
    st.sampled_from((TCP, UDP)),
    st.lists(spans, min_size=1, max_size=2),
)
drawn = st.lists(st.tuples(parts, port_sets), max_size=5)


@given(drawn)
def test_agrees_with_counting_through_the_parts(
    found: list[tuple[frozenset[int], PortSet]],
) -> None:
    rows = [row(_union(numbers), open_ports) for numbers, open_ports in found]
    world = to_the_world(rows)
    for protocol in Protocol:
        for port in BORDERS:
            asked = ports(protocol, port)
            let_in = {n for numbers, open_ports in found if open_ports & asked for n in numbers}

            assert (len(let_in) == len(EIGHTHS)) is bool(world & asked)


@given(drawn, drawn)
def test_more_rows_never_close_the_world(
    some: list[tuple[frozenset[int], PortSet]], more: list[tuple[frozenset[int], PortSet]]
) -> None:
    few = [row(_union(numbers), open_ports) for numbers, open_ports in some]
    many = few + [row(_union(numbers), open_ports) for numbers, open_ports in more]

    assert to_the_world(few) <= to_the_world(many)


@given(drawn, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    found: list[tuple[frozenset[int], PortSet]], random: Random
) -> None:
    rows = [row(_union(numbers), open_ports) for numbers, open_ports in found]
    shuffled = random.sample(rows, len(rows))

    assert to_the_world(rows) == to_the_world(shuffled)


def _union(numbers: frozenset[int]) -> IpSet:
    whole = IpSet()
    for number in numbers:
        whole |= EIGHTHS[number]
    return whole
