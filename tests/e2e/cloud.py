"""ministack as a process of its own, on loopback, in an environment that holds nothing of ours."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from tests.e2e.waiting import until

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-ministack"
HOST = "127.0.0.1"
REGION = "eu-west-1"
ACCOUNT = "000000000000"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
}
READY_WITHIN_S = 30
ENDED_WITHIN_S = 5
"""It waits for those of its threads that wait for a queue; its workers end with it."""


@dataclass(frozen=True, slots=True)
class Ministack:
    """A running one; whoever has its credentials is the root of the account."""

    port: int
    process: "subprocess.Popen[bytes]"
    folder: Path

    @property
    def url(self) -> str:
        """The endpoint of every service."""
        return f"https://{HOST}:{self.port}"

    @property
    def authority(self) -> Path:
        """Who vouches for it, PEM."""
        return self.folder / "authority.pem"

    @property
    def log(self) -> Path:
        """What it says, and what functions say that it does not keep."""
        return self.folder / "ministack.log"

    def client(self, service: str) -> Any:  # noqa: ANN401  each service has a type of its own
        """A client of boto3, as root."""
        from boto3 import Session
        from botocore.config import Config

        session = Session(
            CREDENTIALS["AWS_ACCESS_KEY_ID"],
            CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        connect: Any = session.client  # its overloads want the name of a service as a literal
        patient = Config(read_timeout=330, retries={"mode": "standard", "total_max_attempts": 3})
        trust = str(self.authority)
        return connect(service, endpoint_url=self.url, verify=trust, config=patient)

    def workers(self) -> Iterator[int]:
        """The processes in which functions run."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _parent(entry) == self.process.pid:
                yield int(entry.name)


@contextmanager
def ministack(folder: Path, leaked: Mapping[str, str]) -> Iterator[Ministack]:
    """Run it until the block ends; `leaked` is in the environment of each function too."""
    port, work = _free_port(), folder / "tmp"
    work.mkdir()
    _certify(folder)
    environment = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(work),
        "BIND_HOST": HOST,  # it is 0.0.0.0 else
        "MINISTACK_HOST": HOST,
        "IOT_MTLS_ENABLED": "0",  # its MQTT listener knows nothing of BIND_HOST
        "GATEWAY_PORT": str(port),
        "AUTH": "true",
        "USE_SSL": "1",  # the template's policies refuse what does not come over TLS
        "MINISTACK_SSL_CERT": str(folder / "server.pem"),
        "MINISTACK_SSL_KEY": str(folder / "server.pem"),
        "LOG_LEVEL": "INFO",
        **CREDENTIALS,
        **leaked,
    }
    command = [
        str(ENVIRONMENT / "bin" / "python"),
        "-I",
        str(ROOT / "tests/e2e/ministack_server.py"),
    ]
    with (
        (folder / "ministack.log").open("wb") as output,
        subprocess.Popen(  # noqa: S603  our own script
            command, env=environment, stdout=output, stderr=output, cwd=folder
        ) as process,
    ):
        running = Ministack(port, process, folder)
        try:
            until(lambda: _ready(running), f"ministack is ready; see {running.log}", READY_WITHIN_S)
            yield running
        finally:
            _end(process)


def _ready(running: Ministack) -> bool:
    if running.process.poll() is not None:
        raise RuntimeError(f"ministack ended: {running.log.read_text()[-2000:]}")
    trust = ssl.create_default_context(cafile=running.authority)
    line = http.client.HTTPSConnection(HOST, running.port, timeout=2, context=trust)
    try:
        line.request("GET", "/_ministack/health")
        return line.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        line.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(ENDED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _certify(folder: Path) -> None:
    """An authority of its own; with the certificate goes the whole chain, for the functions."""
    authority = trustme.CA()
    leaf = authority.issue_cert(HOST, "localhost")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    for blob in (leaf.private_key_pem, *leaf.cert_chain_pems, authority.cert_pem):
        blob.write_to_path(folder / "server.pem", append=True)


def _free_port() -> int:
    with socket.socket() as line:
        line.bind((HOST, 0))
        return int(line.getsockname()[1])


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended
        return 0
