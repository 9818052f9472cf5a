"""What an answer's status means for the caller: the one translation from HTTP to our errors."""

from collections.abc import Mapping

import msgspec

from seawall.model.errors import NoEntry, Refused, SeawallError, TryLater

SHOWN_CHARACTERS = 300
PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})
_DONE_STATUSES = frozenset({200, 201})
_REDIRECTS = range(300, 400)
_CLIENT_ERRORS = range(400, 500)
_GRANTS = {"GET": "get and list", "POST": "create", "PATCH": "create and patch", "DELETE": "delete"}
"""The verbs of RBAC that a method needs; an apply creates what is not there ("API access control:
Determine the Request Verb")."""
_WRITES = frozenset({"PATCH", "DELETE"})


class Passing(Exception):  # noqa: N818  like our errors, named by what to do next
    """The answer may be another one soon; `verdict` is what to raise when it is not."""

    def __init__(self, verdict: SeawallError, after_s: float | None = None) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict
        self.after_s = after_s


class _Status(msgspec.Struct):
    """`metav1.Status`, the body of every refusal of a real API server."""

    kind: str
    reason: str | None = None
    message: str | None = None


def shown(text: str, secret: str = "") -> str:
    """Text of a stranger, fit for one line: no control or bidi characters, not too long.

    `secret` is what we showed them: a server that says it back is not repeated.
    """
    told = text.replace(secret, "(our credential)") if secret else text
    clean = "".join(char if char.isprintable() else " " for char in told)
    return clean if len(clean) <= SHOWN_CHARACTERS else f"{clean[: SHOWN_CHARACTERS - 1]}…"


def check(
    what: str, status: int, headers: Mapping[str, str], body: bytes, secret: str = ""
) -> None:
    """Return if the answer to `what` is JSON and a yes; no error repeats `secret`.

    Raises:
        Refused: The API server said no.
        NoEntry: This is not how an API server answers; nor may a write be refused in any words but
            a Status, which no proxy makes.
        Passing: The same request may soon be answered.
    """
    if status in _DONE_STATUSES:
        _check_type(what, headers.get("content-type", ""), secret)
    elif status in PASSING_STATUSES:
        verdict = TryLater(f"{what}: {_said(status, body, secret)}; try again later")
        raise Passing(verdict, retry_after_s(headers.get("retry-after", "")))
    else:
        raise _refusal(what, status, _said(status, body, secret))


def _check_type(what: str, content_type: str, secret: str) -> None:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise NoEntry(
            f"{what}: the endpoint misbehaves: it answered with "
            f"{shown(content_type, secret) or 'no type'} where an API server "
            "sends JSON; is a proxy or a login page in between?"
        )


def _refusal(what: str, status: int, said: str) -> NoEntry:
    method = what.partition(" ")[0]
    if method in _WRITES and status in _CLIENT_ERRORS and said == str(status):
        return NoEntry(
            f"{what}: the endpoint misbehaves: it answered {status} in no API server's words; is a "
            "proxy in between?"
        )
    match status:
        case 401:
            return Refused(status, f"{what}: the credentials were refused ({said}); log in again")
        case 403:
            verbs = _GRANTS.get(method, method.lower())
            return Refused(status, f"{what}: not allowed ({said}); grant {verbs} on it")
        case _ if status in _CLIENT_ERRORS:
            return Refused(status, f"{what}: {said}")
        case _ if status in _REDIRECTS:
            return NoEntry(
                f"{what}: the endpoint misbehaves: it answered with a redirect ({status}), which "
                "is never followed; point the server address at the API server itself"
            )
        case _:
            return NoEntry(f"{what}: the endpoint misbehaves: it answered with {said}")


def _said(status: int, body: bytes, secret: str) -> str:
    """The status and, only of a true Status body, what it says."""
    try:
        told = msgspec.json.decode(body, type=_Status)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return str(status)
    if told.kind != "Status":
        return str(status)
    words = [str(status), told.reason or "", f": {told.message}" if told.message else ""]
    return shown(" ".join(filter(None, words[:2])) + words[2], secret)


def retry_after_s(value: str) -> float | None:
    """Seconds of a Retry-After header; RFC 9110 also allows a date, which no API server sends."""
    return float(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None  # noqa: PLR2004  longer than any life
