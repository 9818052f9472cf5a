"""Tokens of EKS at a demo server; tests/e2e has real ones, whose signature is checked."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from seawall.demo.access import READER_GRANTS, User
from seawall.demo.eks_tokens import EksTokens

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
READER = User("reader", READER_GRANTS)
ENTRIES = {"seawall-Scan*": READER}


class Sts(ThreadingHTTPServer):
    """Knows one session, and takes the words `good` and `shop` for its signature and cluster."""

    role = "seawall-ScanEksRole-1"
    asked = 0


class Answers(BaseHTTPRequestHandler):
    """Who asks, for a good question."""

    server: Sts

    def do_GET(self) -> None:
        """GetCallerIdentity."""
        self.server.asked += 1
        good = "Signature=good" in self.path and self.headers["x-k8s-aws-id"] == "shop"
        arn = f"<Arn>arn:aws:sts::000000000000:assumed-role/{self.server.role}/fn</Arn>"
        self.send_response(200 if good else 403)
        self.end_headers()
        self.wfile.write(arn.encode())

    def log_message(self, *_: object) -> None:
        """Not said."""


@pytest.fixture
def sts() -> Iterator[Sts]:
    with Sts(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def where(sts: Sts) -> str:
    return f"http://127.0.0.1:{sts.server_port}"


def token(sts: Sts, **changed: str) -> str:
    said = {
        "Action": "GetCallerIdentity",
        "X-Amz-Date": f"{NOW:%Y%m%dT%H%M%SZ}",
        "X-Amz-SignedHeaders": "host;x-k8s-aws-id",
        "X-Amz-Signature": "good",
    }
    said |= {name.replace("_", "-"): value for name, value in changed.items()}
    host = said.pop("host", where(sts))
    url = f"{host}/?" + "&".join(f"{name}={value}" for name, value in said.items())
    return "k8s-aws-v1." + urlsafe_b64encode(url.encode()).decode().rstrip("=")


def tokens(sts: Sts, cluster: str = "shop", *, late: timedelta = timedelta()) -> EksTokens:
    return EksTokens(cluster, where(sts), ENTRIES, clock=lambda: NOW + late)


def test_a_session_of_a_role_that_has_an_entry_comes_in_and_is_asked_about_once(sts: Sts) -> None:
    desk = tokens(sts)

    assert [READER, READER] == [desk.who(token(sts)), desk.who(token(sts))]
    assert 1 == sts.asked


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"X_Amz_Signature": "forged"}, id="STS does not know the signature"),
        pytest.param({"Action": "AssumeRole"}, id="another question"),
        pytest.param({"X_Amz_SignedHeaders": "host"}, id="the cluster is not signed"),
        pytest.param({"host": "http://127.0.0.1:1"}, id="another host is to be asked"),
        pytest.param({"X_Amz_Date": "yesterday"}, id="no date"),
    ],
)
def test_what_is_no_good_token_is_nobodys(sts: Sts, changed: dict[str, str]) -> None:
    assert tokens(sts).who(token(sts, **changed)) is None


@pytest.mark.parametrize("text", ["", "demo-abc", "k8s-aws-v1.", "k8s-aws-v1.%%%", "k8s-aws-v1._w"])
def test_what_is_no_token_is_nobodys(sts: Sts, text: str) -> None:
    assert tokens(sts).who(text) is None
    assert 0 == sts.asked


def test_a_token_for_one_cluster_opens_no_other(sts: Sts) -> None:
    assert tokens(sts, "bank").who(token(sts)) is None


def test_a_token_is_good_for_fifteen_minutes_even_if_it_was_taken_before(sts: Sts) -> None:
    late = [timedelta(minutes=14), timedelta(minutes=16), timedelta(minutes=-16)]

    assert [READER, None, None] == [tokens(sts, late=each).who(token(sts)) for each in late]


def test_a_role_without_an_entry_stays_outside(sts: Sts) -> None:
    sts.role = "somebody"

    assert tokens(sts).who(token(sts)) is None


def test_nobody_comes_in_while_sts_is_away(sts: Sts) -> None:
    text, desk = token(sts), tokens(sts)
    sts.shutdown()
    sts.server_close()

    assert desk.who(text) is None
