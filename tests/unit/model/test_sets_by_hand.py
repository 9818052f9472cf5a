"""Ports and addresses by hand: how they are read and written."""

import pytest

from seawall.model.addresses import (
    EVERY_ADDRESS,
    EVERY_V4,
    EVERY_V6,
    Family,
    Ip,
    IpSet,
    cidr,
    ip,
    just,
)
from seawall.model.bits import NO_BITS, Bits, span
from seawall.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol, ports


@pytest.mark.parametrize(
    "text, canonical",
    [
        pytest.param("10.1.2.3/16", "10.1.0.0/16", id="host bits are dropped"),
        pytest.param("10.1.2.3/32", "10.1.2.3/32", id="one address"),
        pytest.param("10.1.2.3", "10.1.2.3/32", id="an address without a length"),
        pytest.param("1.2.3.4/0", "0.0.0.0/0", id="everything"),
        pytest.param("fd00::1/64", "fd00::/64", id="host bits of IPv6"),
        pytest.param("::1/0", "::/0", id="everything of IPv6"),
        pytest.param("FD00:0:0::/48", "fd00::/48", id="another spelling"),
    ],
)
def test_a_cidr_is_its_block(text: str, canonical: str) -> None:
    assert [canonical] == list(cidr(text).cidrs())


@pytest.mark.parametrize(
    "text", ["", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "example.com", "10.0.0.0/-1", "010.0.0.1"]
)
def test_what_is_no_block_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        cidr(text)


@pytest.mark.parametrize("text", ["10.0.0.1", "255.255.255.255", "::1", "fd00::1:0:0"])
def test_an_address_is_written_as_it_was_read(text: str) -> None:
    assert text == str(ip(text))


@pytest.mark.parametrize("text", ["", "10.0.0.1/32", "10.0.0.256", "shop/web", "fd00::%eth0/"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        ip(text)


def test_families_never_mix() -> None:
    one_of_each = just(ip("0.0.0.1")) | just(ip("::1"))

    assert [Ip(Family.V4, 1), Ip(Family.V6, 1)] == sorted([ip("::1"), ip("0.0.0.1")])
    assert not EVERY_V4 & EVERY_V6
    assert just(ip("::1")) == one_of_each - EVERY_V4
    assert EVERY_ADDRESS == EVERY_V4 | EVERY_V6


@pytest.mark.parametrize(
    "found, cidrs",
    [
        pytest.param(IpSet(), [], id="none"),
        pytest.param(EVERY_ADDRESS, ["0.0.0.0/0", "::/0"], id="all, IPv4 first"),
        pytest.param(cidr("10.0.0.0/9") | cidr("10.128.0.0/9"), ["10.0.0.0/8"], id="two halves"),
        pytest.param(
            cidr("10.0.0.0/30") - cidr("10.0.0.1/32"), ["10.0.0.0/32", "10.0.0.2/31"], id="a hole"
        ),
    ],
)
def test_a_set_is_written_in_the_fewest_blocks(found: IpSet, cidrs: list[str]) -> None:
    assert cidrs == list(found.cidrs())


@pytest.mark.parametrize(
    "found, text",
    [
        pytest.param(NO_PORTS, "no port", id="none"),
        pytest.param(ALL_PORTS, "all ports", id="all"),
        pytest.param(ports(Protocol.TCP, 80), "TCP 80", id="one"),
        pytest.param(ports(Protocol.UDP, 53, 54), "UDP 53-54", id="a range"),
        pytest.param(ports(Protocol.SCTP, 1, 65535), "SCTP", id="a whole protocol"),
        pytest.param(
            PortSet(tcp=((1, 65535),), udp=((1, 65535),), sctp=((1, 65535),)),
            "TCP, UDP, SCTP",
            id="every port there is a number for is not everything",
        ),
        pytest.param(
            PortSet(tcp=((22, 22), (80, 90)), udp=((53, 53),), other=True),
            "TCP 22, TCP 80-90, UDP 53, other protocols",
            id="a mixture",
        ),
        pytest.param(PortSet(other=True), "other protocols", id="what has no port"),
    ],
)
def test_ports_are_written_for_people(found: PortSet, text: str) -> None:
    assert text == str(found)


@pytest.mark.parametrize(
    "found, text",
    [
        pytest.param(NO_BITS, "Bits({})", id="empty"),
        pytest.param(span(3, 5), "Bits({3, 4})", id="some"),
        pytest.param(Bits(1, 0), "Bits({})", id="an empty window somewhere"),
    ],
)
def test_bits_show_their_numbers(found: Bits, text: str) -> None:
    assert text == repr(found)
