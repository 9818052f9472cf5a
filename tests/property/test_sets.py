"""Laws of the sets everything rests on: intervals, bits, ports, addresses and peers.

Each kind is held to the algebra of sets, and to Python's frozenset of the members it should have.
"""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model import intervals
from seawall.model.addresses import LAST_ADDRESS, NO_ADDRESSES, Family, Ip, IpSet, cidr
from seawall.model.bits import NO_BITS, Bits, all_of, bits_of, span
from seawall.model.intervals import Intervals, joined
from seawall.model.peers import NO_PEERS, Mark, PeerSet, everybody
from seawall.model.ports import ALL_PORTS, LAST_PORT, NO_PORTS, PortSet, Protocol, port_set

Members = frozenset[Any]


@dataclass(frozen=True)
class Ints:
    """Intervals with the operators of a set, so that they can be held to the same laws."""

    found: Intervals

    def __or__(self, that: "Ints") -> "Ints":
        return Ints(intervals.union(self.found, that.found))

    def __and__(self, that: "Ints") -> "Ints":
        return Ints(intervals.intersection(self.found, that.found))

    def __sub__(self, that: "Ints") -> "Ints":
        return Ints(intervals.difference(self.found, that.found))

    def __le__(self, that: "Ints") -> bool:
        return intervals.covers(that.found, self.found)

    def __bool__(self) -> bool:
        return bool(self.found)


def numbers_of(found: Intervals) -> frozenset[int]:
    return frozenset(number for first, last in found for number in range(first, last + 1))


def some_intervals(first: int, last: int) -> st.SearchStrategy[Intervals]:
    """Up to four intervals anywhere between two numbers, so that they touch and overlap."""
    number = st.integers(first, last)
    return st.lists(st.tuples(number, number), max_size=4).map(joined)


def both_ends(first: int, last: int) -> st.SearchStrategy[Intervals]:
    """Intervals at both ends of a long range, where an overflow by one would show."""
    parts = (some_intervals(first, first + 12), some_intervals(last - 4, last))
    return st.tuples(*parts).map(lambda found: joined((*found[0], *found[1])))


bits = st.builds(
    lambda base, numbers, slack: Bits(base, reduce(or_, (1 << n + slack for n in numbers), 0)),
    st.integers(0, 70),
    st.frozensets(st.integers(0, 70), max_size=6),
    st.integers(0, 9),
)
port_sets = st.builds(PortSet, *[both_ends(1, LAST_PORT) for _ in Protocol], other=st.booleans())
ip_sets = st.builds(IpSet, *[both_ends(0, LAST_ADDRESS[family]) for family in Family])
peer_sets = st.builds(PeerSet, bits, ip_sets, st.frozensets(st.sampled_from(Mark)))


def members_of_ports(found: PortSet) -> Members:
    pairs = {(p, number) for p in Protocol for number in numbers_of(found.of(p))}
    return frozenset(pairs | ({"other"} if found.other else set()))


def members_of_ips(found: IpSet) -> Members:
    return frozenset(Ip(f, number) for f in Family for number in numbers_of(found.of(f)))


def members_of_peers(found: PeerSet) -> Members:
    return frozenset(found.pods) | members_of_ips(found.addresses) | found.marks


@dataclass(frozen=True)
class Kind:
    """One kind of set: how to draw it, its empty set, and what its members should be."""

    drawn: st.SearchStrategy[Any]
    empty: Any
    members: Callable[[Any], Members]


KINDS = [
    pytest.param(
        Kind(some_intervals(0, 30).map(Ints), Ints(()), lambda s: numbers_of(s.found)),
        id="intervals",
    ),
    pytest.param(Kind(bits, NO_BITS, frozenset), id="bits"),
    pytest.param(Kind(port_sets, NO_PORTS, members_of_ports), id="ports"),
    pytest.param(Kind(ip_sets, NO_ADDRESSES, members_of_ips), id="addresses"),
    pytest.param(Kind(peer_sets, NO_PEERS, members_of_peers), id="peers"),
]

Law = Callable[[Any, Any, Any], tuple[Any, Any]]

LAWS: dict[str, Law] = {
    "a union with itself is itself": lambda a, _b, _c: (a | a, a),
    "an intersection with itself is itself": lambda a, _b, _c: (a & a, a),
    "unions commute": lambda a, b, _c: (a | b, b | a),
    "intersections commute": lambda a, b, _c: (a & b, b & a),
    "unions associate": lambda a, b, c: (a | (b | c), (a | b) | c),
    "intersections associate": lambda a, b, c: (a & (b & c), (a & b) & c),
    "and distributes over or": lambda a, b, c: (a & (b | c), (a & b) | (a & c)),
    "or distributes over and": lambda a, b, c: (a | (b & c), (a | b) & (a | c)),
    "De Morgan, of a union": lambda a, b, c: (a - (b | c), (a - b) & (a - c)),
    "De Morgan, of an intersection": lambda a, b, c: (a - (b & c), (a - b) | (a - c)),
    "absorption": lambda a, b, _c: (a | (a & b), a),
    "a difference and its rest": lambda a, b, _c: ((a - b) | (a & b), a),
    "a difference is disjoint": lambda a, b, _c: ((a - b) & b, a - a),
    "differences in a row": lambda a, b, c: ((a - b) - c, a - (b | c)),
    "what a difference took": lambda a, b, _c: (a - (a - b), a & b),
}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_the_algebra_of_sets_holds(kind: Kind, data: st.DataObject) -> None:
    a, b, c = (data.draw(kind.drawn) for _ in range(3))
    for name, law in LAWS.items():
        expected, found = law(a, b, c)

        assert expected == found, name


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_operations_do_to_members_what_they_do_to_a_frozenset(
    kind: Kind, data: st.DataObject
) -> None:
    a, b = data.draw(kind.drawn), data.draw(kind.drawn)
    in_a, in_b = kind.members(a), kind.members(b)

    assert in_a | in_b == kind.members(a | b)
    assert in_a & in_b == kind.members(a & b)
    assert in_a - in_b == kind.members(a - b)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_sets_are_equal_if_their_members_are(kind: Kind, data: st.DataObject) -> None:
    a, b = data.draw(kind.drawn), data.draw(kind.drawn)
    again = (a - b) | (b & a)

    assert (kind.members(a) == kind.members(b)) == (a == b)
    assert (a, hash(a)) == (again, hash(again))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_set_is_within_another_if_nothing_is_left_without_it(
    kind: Kind, data: st.DataObject
) -> None:
    a, b = data.draw(kind.drawn), data.draw(kind.drawn)

    assert (kind.members(a) <= kind.members(b)) == (a <= b) == (not a - b)
    assert (a & b) <= a <= (a | b)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_only_the_empty_set_is_false_and_it_is_neutral(kind: Kind, data: st.DataObject) -> None:
    a = data.draw(kind.drawn)

    assert bool(kind.members(a)) == bool(a)
    assert (a, a, kind.empty, a) == (a | kind.empty, kind.empty | a, a & kind.empty, a - kind.empty)
    assert kind.empty == a - a


# Intervals


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30))))
def test_joined_intervals_are_ascending_and_never_touch(pairs: list[tuple[int, int]]) -> None:
    found = joined(pairs)

    assert all(first <= last for first, last in found)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(found))
    assert numbers_of(tuple(pairs)) == numbers_of(found)


@given(some_intervals(0, 30), some_intervals(0, 30), st.integers(-1, 31))
def test_an_intersection_contains_what_both_contain(a: Intervals, b: Intervals, n: int) -> None:
    both = intervals.contains(a, n) and intervals.contains(b, n)

    assert (n in numbers_of(a)) == intervals.contains(a, n)
    assert both == intervals.contains(intervals.intersection(a, b), n)


# Bits


@given(bits, st.integers(0, 64))
def test_bits_do_not_care_where_their_window_begins(found: Bits, shift: int) -> None:
    base = max(0, found.base - shift)
    moved = Bits(base, found.bits << found.base - base)

    assert (found, hash(found)) == (moved, hash(moved))
    assert found | moved == found & moved == found
    assert NO_BITS == found - moved


@given(bits)
def test_bits_list_their_numbers_ascending(found: Bits) -> None:
    numbers = list(found)

    assert sorted(set(numbers)) == numbers
    assert len(numbers) == len(found)
    if numbers:
        assert (min(numbers), max(numbers)) == (found.lowest, found.highest)


@given(bits, bits, st.integers(0, 160))
def test_bits_of_an_intersection_contain_what_both_contain(a: Bits, b: Bits, number: int) -> None:
    assert (number in set(a)) == (number in a)
    assert (number in a and number in b) == (number in a & b)
    assert (number in a and number not in b) == (number in a - b)


@given(st.lists(st.integers(0, 300)))
def test_bits_of_numbers_are_these_numbers(numbers: list[int]) -> None:
    assert set(numbers) == set(bits_of(numbers))
    assert bits_of(numbers) == all_of(span(number, number + 1) for number in numbers)


@given(st.integers(0, 100), st.integers(0, 100))
def test_a_span_is_a_range(first: int, end: int) -> None:
    assert list(range(first, end)) == list(span(first, end))


@given(st.lists(bits))
def test_all_of_many_is_their_union(parts: list[Bits]) -> None:
    assert frozenset().union(*map(frozenset, parts)) == frozenset(all_of(parts))


@given(bits)
def test_bits_equal_nothing_but_bits(found: Bits) -> None:
    others: tuple[object, ...] = (set(found), found.bits, (found.base, found.bits))

    assert [False] * 3 == [found == other for other in others]


@given(bits)
def test_equal_bits_are_not_unequal(found: Bits) -> None:
    again = Bits(found.base, found.bits)

    assert [found == again] == [not found != again]  # noqa: SIM202  both operators are asked


# Ports


@given(port_sets)
def test_a_port_set_is_the_union_of_its_ranges(found: PortSet) -> None:
    parts = (port_set(protocol, ((first, last),)) for protocol, first, last in found.ranges())

    assert found == reduce(or_, parts, PortSet(other=found.other))
    assert found <= ALL_PORTS


# Addresses


@given(ip_sets)
def test_cidrs_make_up_the_set_again(found: IpSet) -> None:
    assert found == reduce(or_, map(cidr, found.cidrs()), NO_ADDRESSES)


def _collapsed(texts: Iterable[str], version: int) -> list[str]:
    networks: Any = [n for n in map(ipaddress.ip_network, texts) if n.version == version]
    return list(map(str, ipaddress.collapse_addresses(networks)))


@given(
    st.lists(
        st.one_of(
            st.builds("10.0.{}.{}/{}".format, st.integers(0, 3), st.just(0), st.integers(22, 24)),
            st.builds("10.0.1.{}/{}".format, st.integers(0, 255), st.integers(24, 32)),
            st.builds("fd00::{:x}/{}".format, st.integers(0, 64), st.integers(120, 128)),
            st.sampled_from(("0.0.0.0/0", "128.0.0.0/1", "::/0", "255.255.255.255/32")),
        ),
        max_size=6,
    )
)
def test_a_union_of_blocks_is_what_python_collapses_them_to(texts: list[str]) -> None:
    whole = [str(ipaddress.ip_network(text, strict=False)) for text in texts]
    expected = [text for version in (4, 6) for text in _collapsed(whole, version)]

    assert expected == list(reduce(or_, map(cidr, texts), NO_ADDRESSES).cidrs())


@given(ip_sets, ip_sets, st.sampled_from(Family), st.integers(-2, 14))
def test_an_address_is_in_both_sets_if_it_is_in_their_intersection(
    a: IpSet, b: IpSet, family: Family, number: int
) -> None:
    address = Ip(family, number % (LAST_ADDRESS[family] + 1))

    assert (address in members_of_ips(a)) == a.contains(address)
    assert (a.contains(address) and b.contains(address)) == (a & b).contains(address)


# Peers


@given(peer_sets)
def test_everybody_holds_every_set_of_peers(found: PeerSet) -> None:
    whole = everybody(found.pods)

    assert found <= whole
    assert whole == whole | found
