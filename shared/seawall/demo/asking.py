"""One plain request to a demo server: no retries, no redirects, no pool, no opinion.

For tests and experiments, which must see exactly what the server sent; scans use `connect`.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPSConnection
from urllib.parse import urlsplit

import msgspec

from seawall.demo.apiserver import ApiServer
from seawall.demo.resources import Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, byte for byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        """The body as an object."""
        return msgspec.json.decode(self.body, type=Json)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody with a token (or none) who asks one server."""

    server: ApiServer
    token: str = ""
    timeout_s: float = 5.0

    def get(self, path: str, **headers: str) -> Answer:
        """GET a path; header names are written with underscores: `Accept_Encoding="gzip"`."""
        return self.send("GET", path, None, **headers)

    def send(self, method: str, path: str, body: Json | None, **headers: str) -> Answer:
        """Send any request; the body goes out as JSON."""
        authority = self.server.certificates.ca_pem.decode()
        context = ssl.create_default_context(cadata=authority)
        where = urlsplit(self.server.url).netloc
        connection = HTTPSConnection(where, context=context, timeout=self.timeout_s)
        try:
            connection.request(method, path, self._encoded(body), self._headers(headers))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def _encoded(self, body: Json | None) -> bytes | None:
        return None if body is None else msgspec.json.encode(body)

    def _headers(self, given: Mapping[str, str]) -> dict[str, str]:
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return own | {name.replace("_", "-"): value for name, value in given.items()}
