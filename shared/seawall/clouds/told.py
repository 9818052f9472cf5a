"""What every cloud tells of a cluster, in one form: facts, authorities, and why there is no way in.

A cluster that was listed is never left out: one that cannot be described or reached has no server,
and the fact `unreachable` says why. Its door repeats that, so that it ends as unseen.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Final, TypeVar

from seawall.model.errors import NoEntry, SeawallError, Trouble
from seawall.model.fleet import ClusterRecord
from seawall.model.sight import Seen, Sight, Unseen

T = TypeVar("T")

UNREACHABLE: Final = "unreachable"
SHOWN_CHARACTERS: Final = 300

Scopes = Callable[[], Iterable[str]]
"""The scopes that the inventory has clusters of which are not gone. A discovery speaks of each that
is its own: one that is no longer offered (a region turned off) must not stay as it was for good."""


def sight(read: Callable[[], T]) -> Sight[T]:
    """What a scope holds, or why that cannot be said: one scope never ends the others' discovery.

    Raises:
        Trouble: The settings are wrong, for this scope and all others.
    """
    try:
        return Seen(read())
    except Trouble:
        raise
    except SeawallError as error:
        return Unseen(str(error))
    except Exception as error:  # noqa: BLE001  # edge: a bug in one scope must not hide others
        return Unseen(f"a bug in Seawall ended the look ({type(error).__name__}); please report")


def facts(told: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """What is there of it, sorted, as text."""
    texts = {name: _text(value) for name, value in told.items() if value not in {None, ""}}
    return tuple(sorted(texts.items()))


def _text(value: object) -> str:
    return shown(str(value.value if isinstance(value, Enum) else value))


def shown(text: str) -> str:
    """What a cloud said, fit for one line; a sink encodes it for its own format."""
    words = "".join(c if c.isprintable() else " " for c in text).split()
    line = " ".join(words)
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[: SHOWN_CHARACTERS - 1]}…"


def authority(encoded: str) -> bytes:
    """The PEM in a base64 text.

    Raises:
        NoEntry: There is none; whoever vouches for the server is not known.
    """
    try:
        pem = b64decode(encoded, validate=True)
    except ValueError:  # binascii's own error is one
        pem = b""
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        raise NoEntry("the cloud does not tell its certificate authority (yet)")
    return pem


def server(record: ClusterRecord, service: str) -> str:
    """Where a recorded cluster listens; the inventory alone says so, never a message.

    Raises:
        NoEntry: Discovery found no way in, and said why; or another service found the cluster.
    """
    if record.ref.service != service:
        raise NoEntry(f"the inventory says {record.ref.service!r} runs it, and not {service}")
    if not record.ref.server:
        raise NoEntry(record.ref.fact(UNREACHABLE) or "it has no endpoint yet")
    return record.ref.server


def own_authority(record: ClusterRecord) -> bytes:
    """Who vouches for a cluster at an address of its own: its own authority, and nobody else.

    Raises:
        NoEntry: None is recorded; the system's authorities never stand in for it.
    """
    if not record.ref.ca:
        raise NoEntry("the inventory has no certificate authority of it; wait for a discovery")
    return record.ref.ca


def below(scopes: Iterable[str], top: str) -> list[str]:
    """The scopes inside another one."""
    return sorted({scope for scope in scopes if scope.startswith(f"{top}/")})


def lacking(error: ModuleNotFoundError, extra: str) -> Trouble:
    """The SDK of a cloud is not installed."""
    return Trouble(f"{error.name} is not installed; pip install 'seawall[{extra}]'")
