"""Who an EKS token belongs to: the question that is signed in it is asked, as EKS does itself.

What is checked before follows github.com/kubernetes-sigs/aws-iam-authenticator, pkg/token. Whether
the signature is good only STS can say, or what stands in for it; the answer is kept for as long as
the token is good.
"""

import re
from base64 import urlsafe_b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ssl import SSLContext
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from seawall.demo.access import User

PREFIX: Final = "k8s-aws-v1."
CLUSTER_HEADER: Final = "x-k8s-aws-id"
GOOD_FOR: Final = timedelta(minutes=15)
ASKED_WITHIN_S: Final = 5.0
ROLE: Final = re.compile(r"<Arn>arn:aws:sts::\d{12}:assumed-role/([^/<]+)/[^<]+</Arn>")


def _now() -> datetime:
    return datetime.now(UTC)


class EksTokens:
    """The tokens of one cluster.

    Args:
        cluster: Its name, which is signed with each token.
        sts: URL of what answers for STS; tokens that name another are not asked about.
        entries: Who may come in: a pattern of the role's name, and the user it is here.
        trust: Whom to believe that it is STS, if the URL is one of HTTPS.
        clock: What time it is.
    """

    def __init__(
        self,
        cluster: str,
        sts: str,
        entries: Mapping[str, User],
        *,
        trust: SSLContext | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._cluster, self._sts, self._entries = cluster, sts, entries
        self._trust, self._clock = trust, clock
        self._known: dict[str, User] = {}

    def who(self, token: str) -> User | None:
        """The user; None: it is no token for this cluster, or too old, or of a stranger."""
        asked = _question(token, self._sts)
        if asked is None or not self._in_time(asked):
            return None
        if token not in self._known and (user := self._entry(_role(self._answer(asked)))):
            self._known[token] = user
        return self._known.get(token)

    def _in_time(self, asked: SplitResult) -> bool:
        try:
            signed_at = datetime.strptime(
                dict(parse_qsl(asked.query)).get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ"
            ).replace(tzinfo=UTC)
        except ValueError:
            return False
        return abs(self._clock() - signed_at) < GOOD_FOR

    def _answer(self, asked: SplitResult) -> str:
        """What STS says; nothing, if it refuses or is away."""
        line = self._line(asked)
        try:
            line.request("GET", f"/?{asked.query}", headers={CLUSTER_HEADER: self._cluster})
            said = line.getresponse()
            return said.read().decode() if said.status == 200 else ""  # noqa: PLR2004  HTTP's own
        except (OSError, HTTPException):
            return ""
        finally:
            line.close()

    def _line(self, asked: SplitResult) -> HTTPConnection:
        if asked.scheme == "https":
            return HTTPSConnection(asked.netloc, timeout=ASKED_WITHIN_S, context=self._trust)
        return HTTPConnection(asked.netloc, timeout=ASKED_WITHIN_S)

    def _entry(self, role: str) -> User | None:
        found = (user for pattern, user in self._entries.items() if fnmatchcase(role, pattern))
        return next(found, None) if role else None


def _question(token: str, sts: str) -> SplitResult | None:
    """The URL in a token, if it is one that may be asked."""
    if not token.startswith(PREFIX):
        return None
    text = token.removeprefix(PREFIX)
    try:
        url = urlsplit(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    except (NoBase64, ValueError):
        return None
    pairs = parse_qsl(url.query)
    said = dict(pairs)
    signed = said.get("X-Amz-SignedHeaders", "").split(";")
    fits = (
        f"{url.scheme}://{url.netloc}" == sts
        and url.path in {"", "/"}
        and len(pairs) == len(said)
        and said.get("Action") == "GetCallerIdentity"
        and CLUSTER_HEADER in signed
    )
    return url if fits else None


def _role(answer: str) -> str:
    found = ROLE.search(answer)
    return found[1] if found else ""
