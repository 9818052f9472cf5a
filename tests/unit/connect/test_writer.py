import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
import trustme

from seawall.connect.limits import Limits
from seawall.connect.writer import Writer, open_writer
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused, Trouble, TryLater

POLICY = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/deny-all"

Call = Callable[[Writer], bytes]


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    content_type: str
    body: bytes


@dataclass
class Desk:
    """What the server answers, and what it was asked."""

    url: str = ""
    ca: bytes = b""
    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"
    encoding: str = ""
    asked: list[Asked] = field(default_factory=list)


@pytest.fixture
def desk() -> Iterator[Desk]:
    told = Desk()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            parts = urlsplit(self.path)
            kind = self.headers["Content-Type"]
            query = dict(parse_qsl(parts.query))
            told.asked.append(Asked(self.command, parts.path, query, kind, body))
            self.send_response(told.status)
            self.send_header("Content-Type", told.content_type)
            if told.encoding:
                self.send_header("Content-Encoding", told.encoding)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        do_PATCH = do_DELETE = answer  # noqa: N815  the names are the library's

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        told.url = f"https://127.0.0.1:{server.server_port}"
        told.ca = authority.cert_pem.bytes()
        yield told
        server.shutdown()


@pytest.fixture
def writer(desk: Desk) -> Iterator[Writer]:
    with open_writer(Door(desk.url, ca=desk.ca), Limits(read_s=1.0, cluster_s=5.0)) as opened:
        yield opened


@pytest.mark.parametrize(
    "dry_run, more",
    [
        pytest.param(False, {}, id="for real"),
        pytest.param(True, {"dryRun": "All"}, id="rehearsed"),
    ],
)
def test_an_apply_is_strict_and_takes_nothing_by_force(
    dry_run: bool,  # noqa: FBT001  a column of the table
    more: dict[str, str],
    writer: Writer,
    desk: Desk,
) -> None:
    writer.apply(POLICY, b'{"kind":"NetworkPolicy"}', dry_run=dry_run)

    query = {"fieldManager": "seawall", "force": "false", "fieldValidation": "Strict", **more}
    kind = "application/apply-patch+yaml"
    assert [Asked("PATCH", POLICY, query, kind, b'{"kind":"NetworkPolicy"}')] == desk.asked


@pytest.mark.parametrize(
    "dry_run, more",
    [
        pytest.param(False, {}, id="for real"),
        pytest.param(True, {"dryRun": ["All"]}, id="rehearsed"),
    ],
)
def test_a_deletion_names_the_object_by_uid_and_version(
    dry_run: bool,  # noqa: FBT001  a column of the table
    more: dict[str, object],
    writer: Writer,
    desk: Desk,
) -> None:
    writer.delete(POLICY, "uid-1", "7", dry_run=dry_run)

    (asked,) = desk.asked
    options = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "uid-1", "resourceVersion": "7"},
        "propagationPolicy": "Background",
        **more,
    }
    assert ("DELETE", POLICY, {}) == (asked.method, asked.path, asked.query)
    assert options == json.loads(asked.body)


def _apply(writer: Writer) -> bytes:
    return writer.apply(POLICY, b"{}", dry_run=False)


def _delete(writer: Writer) -> bytes:
    return writer.delete(POLICY, "uid-1", "7", dry_run=False)


CALLS = pytest.mark.parametrize(
    "call", [pytest.param(_apply, id="apply"), pytest.param(_delete, id="delete")]
)
NO = b'{"kind":"Status","reason":"No","message":"a clear no"}'


@CALLS
@pytest.mark.parametrize(
    "status, error",
    [
        pytest.param(409, Refused, id="conflict"),
        pytest.param(403, Refused, id="forbidden"),
        pytest.param(422, Refused, id="invalid"),
        pytest.param(429, TryLater, id="busy"),
        pytest.param(503, TryLater, id="unavailable"),
        pytest.param(307, TryLater, id="redirect"),
        pytest.param(501, TryLater, id="an unusual status"),
    ],
)
def test_a_write_is_never_asked_twice(
    call: Call, status: int, error: type[Exception], writer: Writer, desk: Desk
) -> None:
    desk.status, desk.body = status, NO

    with pytest.raises(error):
        call(writer)

    assert 1 == len(desk.asked)


@CALLS
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"content_type": "text/html"}, id="a login page"),
        pytest.param({"encoding": "gzip"}, id="no gzip"),
        pytest.param({"encoding": "br"}, id="packed in another way"),
        pytest.param({"body": b" " * 2_000_000}, id="too long"),
        pytest.param({"status": 403, "body": b"blocked"}, id="a refusal of a proxy"),
        pytest.param({"status": 404, "body": b"{}"}, id="a refusal that says nothing"),
    ],
)
def test_once_it_was_sent_only_a_status_says_that_nothing_was_changed(
    call: Call, answer: dict[str, object], desk: Desk
) -> None:
    for name, value in answer.items():
        setattr(desk, name, value)
    limits = Limits(read_s=1.0, cluster_s=5.0, answer_bytes=1_000_000)

    unknown = pytest.raises(TryLater, match="not known whether the change was made")
    with open_writer(Door(desk.url, ca=desk.ca), limits) as writer, unknown:
        call(writer)

    assert 1 == len(desk.asked)


@CALLS
@pytest.mark.parametrize(
    "door",
    [
        pytest.param(lambda desk: Door("https://127.0.0.1:1", ca=desk.ca), id="nobody there"),
        pytest.param(lambda desk: Door("https://no.invalid", ca=desk.ca), id="no such name"),
        pytest.param(
            lambda desk: Door(desk.url, ca=trustme.CA().cert_pem.bytes()), id="somebody else"
        ),
    ],
)
def test_what_was_never_sent_changed_nothing(
    call: Call, door: Callable[[Desk], Door], desk: Desk
) -> None:
    limits = Limits(read_s=1.0, cluster_s=5.0)
    with open_writer(door(desk), limits) as writer, pytest.raises(NoEntry):
        call(writer)

    assert [] == desk.asked


@pytest.mark.parametrize(
    "call, verbs",
    [
        pytest.param(_apply, "create and patch", id="apply"),
        pytest.param(_delete, "delete", id="delete"),
    ],
)
def test_what_is_not_allowed_says_what_to_grant(
    call: Call, verbs: str, writer: Writer, desk: Desk
) -> None:
    desk.status, desk.body = 403, NO

    with pytest.raises(Refused, match=f"grant {verbs} on it"):
        call(writer)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/v1/namespaces/shop", id="a namespace"),
        pytest.param(
            "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies", id="all of them"
        ),
        pytest.param("/apis/networking.k8s.io/v1/namespaces/shop/ingresses/x", id="another kind"),
        pytest.param(f"{POLICY}/status", id="a subresource"),
        pytest.param(f"/x{POLICY}", id="below another path"),
    ],
)
def test_only_network_policies_are_written(path: str, writer: Writer, desk: Desk) -> None:
    with pytest.raises(Trouble, match="only NetworkPolicies"):
        writer.delete(path, "uid-1", "7", dry_run=True)

    assert [] == desk.asked


@pytest.mark.parametrize("uid, version", [("", "7"), ("uid-1", "")])
def test_a_deletion_that_names_no_object_is_a_bug(
    uid: str, version: str, writer: Writer, desk: Desk
) -> None:
    with pytest.raises(Trouble, match="UID and the version"):
        writer.delete(POLICY, uid, version, dry_run=True)

    assert [] == desk.asked
