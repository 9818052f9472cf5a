import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import trustme

from seawall.connect import Limits, Reader, open_reader, tls
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.certificates import Certificates
from seawall.demo.store import Store
from seawall.model.door import Door
from seawall.model.errors import NoEntry, SeawallError, TryLater

PODS = "/api/v1/pods"
HURRY = Limits(connect_s=0.3, read_s=0.3, cluster_s=2.0, pauses_s=(0.01, 0.02))

Talk = Callable[[socket.socket], None]


def failure(door: Door, limits: Limits = HURRY) -> SeawallError:
    with open_reader(door, limits) as reader, pytest.raises(SeawallError) as caught:
        reader.get(PODS)
    return caught.value


@contextmanager
def listening(talk: Talk) -> Iterator[str]:
    """A server that says to each connection whatever `talk` says."""
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    talk(connection)
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def over_tls(authority: trustme.CA, name: str, talk: Talk) -> Talk:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)

    def talk_inside(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inside:
            talk(inside)

    return talk_inside


def answer(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_a_server_of_another_authority_is_not_trusted(server: ApiServer) -> None:
    error = failure(Door(server.url, ca=Certificates().ca_pem))

    assert isinstance(error, NoEntry)
    assert "certificate-authority" in str(error)


def test_without_a_cluster_authority_the_system_decides(server: ApiServer) -> None:
    assert isinstance(failure(Door(server.url)), NoEntry)


def test_a_server_of_another_name_is_not_trusted(authority: trustme.CA) -> None:
    with listening(over_tls(authority, "other.invalid", answer)) as url:
        error = failure(Door(url, ca=authority.cert_pem.bytes()))

    assert isinstance(error, NoEntry)
    assert "mismatch" in str(error)


def test_a_server_may_prove_the_name_that_it_should_have(authority: trustme.CA) -> None:
    ca = authority.cert_pem.bytes()
    with listening(over_tls(authority, "kube.invalid", answer)) as url:
        door = Door(url, ca=ca, tls_server_name="kube.invalid")
        with open_reader(door, HURRY) as reader:
            assert b"{}" == reader.get(PODS)


def test_a_certificate_opens_without_a_token() -> None:
    certificates = Certificates()
    chain, key = certificates.client_pem("scanner")
    users = [User("scanner", READER_GRANTS)]
    with ApiServer(Store(), users, certificates=certificates) as server:
        door = Door(server.url, ca=certificates.ca_pem, certificate=chain, key=key)
        with open_reader(door, HURRY) as reader:
            assert b"PodList" in reader.get(PODS)


def test_a_server_without_tls_is_no_server_of_ours() -> None:
    def plain(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(plain) as url:
        assert isinstance(failure(Door(url)), NoEntry | TryLater)


def _drip_handshake(connection: socket.socket) -> None:
    # The header of a TLS record of 16 KiB, which never gets there.
    for byte in b"\x16\x03\x03\x40\x00" + b"\x02" * 200:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _drip_headers(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def _drip_chunk_size(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n1;"
    )
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(_drip_headers, id="headers"),
        pytest.param(_drip_chunk_size, id="the size of a chunk"),
    ],
)
def test_no_part_of_an_answer_outlasts_the_deadline(talk: Talk, authority: trustme.CA) -> None:
    limits = Limits(read_s=5.0, cluster_s=0.6)
    start = time.monotonic()
    with listening(over_tls(authority, "127.0.0.1", talk)) as url:
        error = failure(Door(url, ca=authority.cert_pem.bytes()), limits)
        took_s = time.monotonic() - start

    assert "deadline of 0.6 s" in str(error)
    assert took_s < 1.5


def test_a_handshake_does_not_outlast_the_deadline() -> None:
    start = time.monotonic()
    with listening(_drip_handshake) as url:
        error = failure(Door(url), Limits(connect_s=5.0, cluster_s=0.6))
        took_s = time.monotonic() - start

    assert "deadline of 0.6 s" in str(error)
    assert took_s < 1.5


def test_a_server_that_never_says_a_word_is_given_up() -> None:
    with listening(lambda _: time.sleep(0.5)) as url:
        assert isinstance(failure(Door(url)), TryLater)


def test_where_nobody_listens_there_is_no_entry() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    error = failure(Door(f"https://127.0.0.1:{port}"))

    assert isinstance(error, NoEntry)
    assert "nobody answers" in str(error)


def test_an_unknown_name_is_no_entry() -> None:
    error = failure(Door("https://no-such-cluster.invalid:6443"))

    assert isinstance(error, NoEntry)
    assert "name of the server is not known" in str(error)


@pytest.mark.parametrize(
    "server, address",
    [
        pytest.param("https://k.example", tls.Address("k.example", 443, ""), id="host"),
        pytest.param("https://10.0.0.1:6443/", tls.Address("10.0.0.1", 6443, ""), id="IPv4"),
        pytest.param("https://[fd00::1]:6443", tls.Address("fd00::1", 6443, ""), id="IPv6"),
        pytest.param(
            "https://r.example/k8s/clusters/c-1",
            tls.Address("r.example", 443, "/k8s/clusters/c-1"),
            id="behind a gateway",
        ),
    ],
)
def test_an_address_is_read(server: str, address: tls.Address) -> None:
    assert address == tls.address(server)


@pytest.mark.parametrize(
    "server",
    [
        pytest.param("", id="nothing"),
        pytest.param("http://10.0.0.1:8080", id="without TLS"),
        pytest.param("k.example:6443", id="no scheme"),
        pytest.param("https://", id="no host"),
        pytest.param("https://k.example:port", id="no port"),
        pytest.param("https://k.example:99999", id="too high a port"),
        pytest.param("https://me:secret@k.example", id="a password"),
        pytest.param("https://k.example/?x=1", id="a query"),
        pytest.param("https://k.example/a//b", id="an empty segment"),
        pytest.param("https://k.example/a b\r\nHost: x", id="a header"),
        pytest.param("https://[k.example", id="half a bracket"),
    ],
)
def test_a_strange_address_is_refused_without_repeating_it(server: str) -> None:
    with pytest.raises(NoEntry) as caught:
        tls.address(server)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"ca": b"not PEM"}, id="authority"),
        pytest.param({"ca": b""}, id="empty authority"),
        pytest.param({"ca": b"\xff"}, id="binary authority"),
        pytest.param({"certificate": b"x", "key": b"y"}, id="client certificate"),
        pytest.param({"certificate": b"x"}, id="certificate without a key"),
        pytest.param({"token": "two\r\nlines"}, id="token with a line break"),
        pytest.param({"token": "päßword"}, id="token beyond ASCII"),
    ],
)
def test_what_cannot_be_shown_is_refused(changes: dict[str, bytes]) -> None:
    door = Door("https://127.0.0.1:1", **changes)  # type: ignore[arg-type]

    with pytest.raises(NoEntry):
        open_reader(door)


def test_a_door_shows_no_secret() -> None:
    door = Door("https://k.example", certificate=b"CERT", key=b"KEY", token="TOKEN")

    assert "Door('https://k.example', shows certificate and token)" == repr(door)
    assert "Door('https://k.example', shows nothing)" == repr(Door("https://k.example"))


def test_leaving_hangs_up(server: ApiServer) -> None:
    with open_reader(Door(server.url, ca=server.certificates.ca_pem), HURRY) as reader:
        assert isinstance(reader, Reader)
