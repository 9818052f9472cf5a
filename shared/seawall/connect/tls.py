"""What the server must prove, and what we show it."""

import re
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from seawall.model.door import Door
from seawall.model.errors import NoEntry

HTTPS_PORT = 443
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens; `prefix` comes before every path (Rancher and other gateways)."""

    host: str
    port: int
    prefix: str

    def __str__(self) -> str:
        return f"https://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def address(server: str) -> Address:
    """The address in a kubeconfig's `server`.

    Raises:
        NoEntry: It is no plain https URL.
    """
    try:
        parts = urlsplit(server)
        host, port = parts.hostname or "", parts.port or HTTPS_PORT
    except ValueError as error:
        raise NoEntry("the server address is no URL; it should look like https://host:6443") from (
            error
        )
    prefix = parts.path.rstrip("/")
    if parts.scheme != "https" or not host:
        raise NoEntry(
            "the server address is not an https:// URL; credentials are sent over TLS only"
        )
    if parts.username or parts.query or parts.fragment or not _PREFIX.fullmatch(prefix):
        raise NoEntry("the server address holds more than a host, a port and a plain path")
    return Address(host, port, prefix)


def context(door: Door) -> ssl.SSLContext:
    """TLS 1.2 or later, the server verified by name and by the cluster's own authorities only.

    `ssl.create_default_context` is not used: from Python 3.13 on it adds VERIFY_X509_STRICT, which
    refuses the authorities of many clusters for want of a key identifier.

    Raises:
        NoEntry: A certificate or key in the door cannot be read.
    """
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    if door.ca is None:
        found.load_default_certs()
    else:
        _trust(found, door.ca)
    if door.certificate is not None or door.key is not None:
        _show(found, door.certificate or b"", door.key or b"")
    return found


def _trust(found: ssl.SSLContext, ca: bytes) -> None:
    try:
        found.load_verify_locations(cadata=ca.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise NoEntry("the certificate authority of the cluster is not PEM") from error
    if not found.cert_store_stats()["x509"]:
        raise NoEntry("the certificate authority of the cluster holds no certificate")


def _show(found: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load the client certificate; `ssl` takes it from files only, so for a moment there is one.

    The file is readable by its owner alone (`mkdtemp`: mode 0700). An encrypted key meets an empty
    password instead of a prompt on the terminal.
    """
    with tempfile.TemporaryDirectory(prefix="seawall-") as folder:
        pem = Path(folder) / "client.pem"
        pem.write_bytes(certificate + b"\n" + key)
        try:
            found.load_cert_chain(pem, password="")
        except (ssl.SSLError, ValueError) as error:
            raise NoEntry(
                "the client certificate and its key cannot be read as an unencrypted PEM pair"
            ) from error
