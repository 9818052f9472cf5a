"""The server on the wire: who may ask, in which form, what the journal says, how it stops."""

import gzip
import json
import socket
import ssl
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest

from seawall.demo.apiserver import ApiServer
from seawall.demo.asking import Asker
from seawall.demo.journal import Entry
from seawall.demo.store import Store

PODS = "/api/v1/pods"
SHOP_PODS = "/api/v1/namespaces/shop/pods"
PARTIAL = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    "token, path, status",
    [
        pytest.param("admin", PODS, 200, id="an administrator reads all"),
        pytest.param("reader", SHOP_PODS, 200, id="a reader reads the bound namespace"),
        pytest.param("reader", PODS, 403, id="a reader reads not the cluster"),
        pytest.param("reader", "/api/v1/namespaces/pay/pods", 403, id="nor another namespace"),
        pytest.param("reader", SHOP_PODS + "/web", 403, id="nor by another verb"),
        pytest.param("reader", "/apis", 200, id="everyone known may discover"),
        pytest.param("stranger", "/version", 401, id="a wrong token opens nothing"),
        pytest.param("", "/version", 200, id="nobody may ask for the version"),
        pytest.param("", "/readyz", 200, id="nobody may ask for health"),
        pytest.param("", "/apis", 403, id="nobody may not discover"),
        pytest.param("", PODS, 403, id="nobody may not read"),
        pytest.param(
            "reader", "/apis/none.example.com/v1/things", 403, id="permission comes first"
        ),
        pytest.param("admin", "/apis/none.example.com/v1/things", 404, id="a group not served"),
        pytest.param("admin", "/apis/apps/v1/things", 404, id="a resource not served"),
        pytest.param("admin", SHOP_PODS + "/web", 404, id="an object that is not there"),
        pytest.param(
            "admin", "/api/v1/namespaces/none/pods", 200, id="an unknown namespace is empty"
        ),
        pytest.param("admin", "/nonsense", 404, id="a path that nothing answers"),
        pytest.param("admin", PODS + "?watch=1", 405, id="watching is not served"),
    ],
)
def test_a_request_gets_its_status(server: ApiServer, token: str, path: str, status: int) -> None:
    assert status == Asker(server, token).get(path).status


@pytest.mark.parametrize(
    "token, method, path, status",
    [
        pytest.param("reader", "POST", SHOP_PODS, 403, id="who may not create"),
        pytest.param("reader", "PUT", f"{SHOP_PODS}/web", 403, id="who may not update"),
        pytest.param("reader", "PATCH", f"{SHOP_PODS}/web", 403, id="who may not patch"),
        pytest.param("reader", "DELETE", f"{SHOP_PODS}/web", 403, id="who may not delete"),
        pytest.param("", "DELETE", "/api/v1/namespaces/shop", 403, id="nobody"),
        pytest.param("stranger", "DELETE", "/api/v1/namespaces/shop", 401, id="a stranger"),
        pytest.param("admin", "POST", f"{SHOP_PODS}/web", 405, id="a name to create under"),
        pytest.param("admin", "PUT", SHOP_PODS, 405, id="no name to update"),
        pytest.param("admin", "DELETE", SHOP_PODS, 405, id="a collection is not deleted as one"),
        pytest.param("admin", "POST", PODS, 405, id="no namespace to create in"),
        pytest.param("admin", "PUT", f"{SHOP_PODS}/web/status", 405, id="a status"),
        pytest.param("admin", "POST", f"{SHOP_PODS}/web/eviction", 405, id="another subresource"),
    ],
)
def test_a_refused_write_changes_nothing(
    server: ApiServer, token: str, method: str, path: str, status: int
) -> None:
    before = server.store.version

    answer = Asker(server, token).send(method, path, {"metadata": {"name": "web"}})

    assert status == answer.status
    assert before == server.store.version


@pytest.mark.parametrize(
    "accept, status, kind",
    [
        pytest.param("application/json", 200, "NamespaceList", id="JSON"),
        pytest.param("*/*", 200, "NamespaceList", id="anything"),
        pytest.param("", 200, "NamespaceList", id="nothing asked"),
        pytest.param(f"{TABLE},application/json", 200, "NamespaceList", id="Table, else JSON"),
        pytest.param(f"{PARTIAL},application/json", 200, "PartialObjectMetadataList", id="partial"),
        pytest.param(TABLE, 406, "Status", id="Table alone"),
        pytest.param("application/yaml", 406, "Status", id="YAML"),
    ],
)
def test_a_list_comes_in_the_form_asked_for(
    admin: Asker, accept: str, status: int, kind: str
) -> None:
    answer = admin.get("/api/v1/namespaces", Accept=accept)

    assert (status, kind) == (answer.status, answer.json["kind"])


def test_partial_metadata_leaves_the_rest_out(admin: Asker) -> None:
    (item,) = admin.get("/api/v1/namespaces", Accept=PARTIAL).json["items"]

    assert {"kind", "apiVersion", "metadata"} == set(item)
    assert item["metadata"]["name"] == "shop"


@pytest.mark.parametrize(
    "size, encoding, compressed",
    [
        pytest.param(200_000, "gzip, deflate", True, id="large and welcome"),
        pytest.param(200_000, "identity", False, id="large and not welcome"),
        pytest.param(1_000, "gzip", False, id="too small"),
    ],
)
def test_large_answers_are_compressed(
    server: ApiServer,
    admin: Asker,
    size: int,
    encoding: str,
    compressed: bool,  # noqa: FBT001  the case's expectation
) -> None:
    noise = {"name": "pay", "annotations": {"note": "x" * size}}
    server.store.put({"apiVersion": "v1", "kind": "Namespace", "metadata": noise})

    answer = admin.get("/api/v1/namespaces", Accept_Encoding=encoding)

    assert compressed is (answer.headers.get("Content-Encoding") == "gzip")
    body = gzip.decompress(answer.body) if compressed else answer.body
    assert body.count(b"x") >= size


def test_what_stays_large_when_compressed_is_compressed_once(
    server: ApiServer, admin: Asker
) -> None:
    note = Random(1).randbytes(200_000).hex()  # noqa: S311  it must only be hard to compress
    noise = {"name": "pay", "annotations": {"note": note}}
    server.store.put({"apiVersion": "v1", "kind": "Namespace", "metadata": noise})

    # Twice, because the second answer comes from the pages that are kept ready.
    answers = [admin.get("/api/v1/namespaces", Accept_Encoding="gzip") for _turn in range(2)]

    for answer in answers:
        assert len(answer.body) > 128 * 1024
        assert json.loads(gzip.decompress(answer.body))["kind"] == "NamespaceList"


def test_a_client_certificate_is_as_good_as_a_token(server: ApiServer, tmp_path: Path) -> None:
    chain, key = server.certificates.client_pem("reader")
    pem = tmp_path / "client.pem"
    pem.write_bytes(key + chain)
    context = ssl.create_default_context(cadata=server.certificates.ca_pem.decode())
    context.load_cert_chain(pem)
    connection = HTTPSConnection(urlsplit(server.url).netloc, context=context, timeout=5)

    connection.request("GET", SHOP_PODS)
    status = connection.getresponse().status
    connection.close()

    assert status == 200
    assert [Entry("GET", SHOP_PODS, "", "reader", 200)] == list(server.journal.entries)


def test_the_journal_tells_who_asked_what_and_what_came_of_it(server: ApiServer) -> None:
    Asker(server, "reader").get(f"{SHOP_PODS}?limit=3")
    Asker(server, "reader").get(PODS)
    Asker(server, "stranger").get(PODS)

    assert (
        Entry("GET", SHOP_PODS, "limit=3", "reader", 200),
        Entry("GET", PODS, "", "reader", 403),
        Entry("GET", PODS, "", "", 401),
    ) == server.journal.entries
    assert server.journal.count(PODS) == 2


def test_the_journal_knows_how_many_were_in_flight(server: ApiServer, admin: Asker) -> None:
    for _turn in range(2):
        admin.get(PODS)
    alone = server.journal.high_water
    server.journal.forget()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(admin.get, [PODS] * 4))

    assert alone == 1
    assert 2 <= server.journal.high_water <= 4
    assert server.journal.in_flight == 0


def test_a_stopped_server_leaves_nothing_behind() -> None:
    threads = threading.active_count()
    with warnings.catch_warnings(), ApiServer(Store(), []) as server:
        warnings.simplefilter("error")
        Asker(server).get("/version")
        host, port = urlsplit(server.url).hostname, urlsplit(server.url).port

    assert threads == threading.active_count()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host or "", port or 0), timeout=1)


def test_a_server_can_be_stopped_twice_and_started_again() -> None:
    server = ApiServer(Store(), [])
    server.start()
    server.stop()
    server.stop()
    server.start()

    status = Asker(server).get("/version").status
    server.stop()

    assert status == 200


def test_a_server_with_an_idle_connection_stops(server: ApiServer) -> None:
    context = ssl.create_default_context(cadata=server.certificates.ca_pem.decode())
    connection = HTTPSConnection(urlsplit(server.url).netloc, context=context, timeout=5)
    connection.request("GET", "/version")
    connection.getresponse().read()

    server.stop()

    assert threading.active_count() >= 1
    connection.close()
