"""A throw-away certificate authority: made at start, kept in memory, gone at stop."""

import ssl
from typing import Final

import trustme

LOOPBACK: Final = "127.0.0.1"


class Certificates:
    """The CA of a demo fleet, the server certificates it issues, and those of clients."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="Seawall demo")

    @property
    def ca_pem(self) -> bytes:
        """What a client must trust, and nothing else."""
        return self._ca.cert_pem.bytes()

    def server_context(self) -> ssl.SSLContext:
        """TLS for one server; client certificates of this CA are welcome, not demanded."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._ca.issue_cert(LOOPBACK, "localhost").configure_cert(context)
        self._ca.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client_pem(self, name: str) -> tuple[bytes, bytes]:
        """A client certificate chain and key; the common name is the user's name."""
        leaf = self._ca.issue_cert(f"{name}.users.demo", common_name=name)
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return chain, leaf.private_key_pem.bytes()


def common_name(peer: object) -> str:
    """The common name in what `getpeercert` gives, or nothing without a client certificate."""
    subject = peer.get("subject", ()) if isinstance(peer, dict) else ()
    return next((v for part in subject for key, v in part if key == "commonName"), "")
