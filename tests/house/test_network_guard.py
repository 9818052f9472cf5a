import socket

import pytest
from pytest_socket import SocketConnectBlockedError


def test_a_name_from_outside_is_not_even_looked_up() -> None:
    with pytest.raises(RuntimeError, match=r"tried to look up 'kubernetes\.example\.com'"):
        socket.getaddrinfo("kubernetes.example.com", 443)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("127.0.0.1", id="IPv4 loopback"),
        pytest.param("::1", id="IPv6 loopback"),
        pytest.param("localhost", id="localhost"),
        pytest.param(None, id="the wildcard a server binds"),
    ],
)
def test_loopback_is_looked_up(host: str | None) -> None:
    assert socket.getaddrinfo(host, 443)


def test_a_name_under_invalid_does_not_exist() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("api.cluster.invalid", 443)


def test_an_address_outside_is_not_connected_to() -> None:
    # 192.0.2.0/24 is for documentation (RFC 5737): even an unguarded run would reach nobody.
    with (
        pytest.warns(UserWarning, match="tried to use"),
        socket.socket() as door,
        pytest.raises(SocketConnectBlockedError),
    ):
        door.connect(("192.0.2.1", 443))
