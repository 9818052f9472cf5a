"""How one cluster is reached: where it listens, what it must prove, what we show it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Door:
    """Where an API server is, and the credentials for it; its text shows none of them.

    Attributes:
        server: `https://host[:port][/prefix]`.
        ca: PEM of the only authorities that may vouch for the server; None: those of the system.
        certificate: PEM chain of a client certificate.
        key: PEM of its private key.
        token: A bearer token.
        tls_server_name: The name the server must prove, where it is not the host's.
    """

    server: str
    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None
    token: str = ""
    tls_server_name: str = ""

    def __repr__(self) -> str:
        shown = [
            word
            for word, there in (("certificate", self.certificate), ("token", self.token))
            if there
        ]
        return f"Door({self.server!r}, shows {' and '.join(shown) or 'nothing'})"
