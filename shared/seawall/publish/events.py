"""Messages as CloudEvents 1.0 in structured JSON mode, and back.

What is read back comes from a file or a queue that others can write to, so all of it is checked,
and what is wrong with it is said. What it names is still only a hint where to look.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, formats/json-format.md, and
the documented extension `expirytime`. The type ends in the version of its data: what is added to
it later must be optional, anything else is a new type. Golden files hold us to that.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, TypeVar, assert_never
from urllib.parse import quote

import msgspec

from seawall.model.cluster import ClusterKey
from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.model.messages import FindingsChanged, Message, RunId, ScanOrder, ScanScope

SCANS: Final = "scans"
FINDINGS: Final = "findings"

MOST_BYTES: Final = 256 * 1024
"""Nothing larger is read: no queue we know carries more."""
ROOM_BYTES: Final = 200_000
"""Nothing larger is made."""
MOST_FINGERPRINTS: Final = 2_000
"""More are left out: a message is a hint, and whoever receives it reads the memory anyway."""

ORDERED: Final = "dev.seawall.scan.ordered.v1"
CHANGED: Final = "dev.seawall.findings.changed.v1"
LIFETIMES: Final = {ORDERED: timedelta(hours=24), CHANGED: timedelta(days=14)}

OURS: Final = re.compile(r"dev\.seawall\.[a-z.]+\.v[0-9]{1,4}")
"""What the types of all versions look like."""

QUOTED: Final = 80
"""Characters of somebody else's text that an error repeats."""

# CloudEvents 1.0.2, "Type System": no control characters and no noncharacters (Unicode 23.7).
_NONCHARACTERS: Final = "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_FORBIDDEN: Final = re.compile(f"[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef{_NONCHARACTERS}]")

Text = Annotated[str, msgspec.Meta(min_length=1)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Malformed(Trouble):
    """No message of ours; its text says what is wrong with it and where."""


class Newer(TryLater):
    """A message that a newer Seawall sent: this one understands it once it was updated."""


class Expired(SeawallError):  # noqa: N818  named by what became of it: nobody need act on it
    """A sound message that came too late: to be dropped."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message, ready for a queue.

    Attributes:
        id: Made of what the message says: two letters with one id are the same letter.
        group: Its letters are delivered one at a time, in the order they were sent.
        run: The run it belongs to.
    """

    id: str
    queue: str
    group: str
    run: str
    body: bytes


class _Event(msgspec.Struct):
    """The envelope. Attributes that are not named here are somebody's extensions: ignored."""

    specversion: Literal["1.0"]
    id: Text
    source: Text
    type: Text
    subject: Text
    time: Time
    datacontenttype: Literal["application/json"]
    expirytime: Time
    data: msgspec.Raw


class _Spoken(msgspec.Struct):
    """What is asked first, so that a newer envelope is called newer and not broken."""

    specversion: Text
    type: Text


class _Ordered(msgspec.Struct):
    """The data of a scan order."""

    run: Text
    cluster: Text
    scope: ScanScope


class _Changed(msgspec.Struct):
    """The data of a findings message."""

    run: Text
    cluster: Text
    version: Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
    fingerprints: tuple[Text, ...]


T = TypeVar("T")


def encode(message: Message, *, fleet: str, now: datetime) -> Letter:
    """The letter of a message. Its id does not depend on `now`, its expiry time does.

    Of many fingerprints only the first of them, sorted, travel.

    Raises:
        Malformed: It would be refused when it is read: no cluster, or a key beyond all bounds.
    """
    try:
        return _encoded(message, fleet, now)
    except UnicodeEncodeError as error:
        raise Malformed(f"no message can be made: {error.object[:QUOTED]!r} is no text") from error


def _encoded(message: Message, fleet: str, now: datetime) -> Letter:
    if not message.cluster or not message.run:
        raise Malformed("no message can be made without a cluster and a run")
    match message:
        case ScanOrder():
            order = _Ordered(message.run, message.cluster, message.scope)
            return _letter(order, ORDERED, SCANS, fleet, now)
        case FindingsChanged():
            return _bounded(message, fleet, now)
        case _:
            assert_never(message)


def _bounded(message: FindingsChanged, fleet: str, now: datetime) -> Letter:
    most = MOST_FINGERPRINTS
    every = tuple(sorted(message.fingerprints))
    while True:
        changed = _Changed(message.run, message.cluster, message.version, every[:most])
        letter = _letter(changed, CHANGED, FINDINGS, fleet, now, strict=not most)
        if len(letter.body) <= ROOM_BYTES:
            return letter
        most //= 2


def _letter(  # noqa: PLR0913  what an envelope says
    content: _Ordered | _Changed,
    type_: str,
    queue: str,
    fleet: str,
    now: datetime,
    *,
    strict: bool = True,
) -> Letter:
    data = msgspec.json.encode(content)
    source = _source(fleet)
    name = _name(type_, source, data)
    event = _Event(
        specversion="1.0",
        id=name,
        source=source,
        type=type_,
        subject=_subject(content.cluster),
        time=now,
        datacontenttype="application/json",
        expirytime=now + LIFETIMES[type_],
        data=msgspec.Raw(data),
    )
    body = msgspec.json.encode(event)
    if strict and len(body) > ROOM_BYTES:
        raise Malformed(
            f"no message can be made: with cluster {content.cluster[:QUOTED]!r}... it has "
            f"{len(body)} bytes; give that cluster a shorter name"
        )
    return Letter(name, queue, content.cluster, content.run, body)


def _name(*said: str | bytes) -> str:
    """128 bits in hex; neither part before the last can hold the separator."""
    parts = (part.encode() if isinstance(part, str) else part for part in said)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _source(fleet: str) -> str:
    """An absolute path, which is a URI reference whatever the fleet is called (RFC 3986 4.2)."""
    return f"/seawall/{quote(fleet, safe='')}"


def _subject(cluster: str) -> str:
    """The key for people and filters, with %-codes where the type String forbids a character.

    `data` has the key as it is.
    """
    return _FORBIDDEN.sub(lambda found: quote(found[0]), cluster)


def decode(body: bytes, *, fleet: str, now: datetime) -> Message:
    """The message of a body.

    Raises:
        Malformed: It is none, it is too large, or it is another fleet's.
        Newer: It is one that only a later version knows.
        Expired: It is one, and came too late.
    """
    if len(body) > MOST_BYTES:
        raise Malformed(f"a message of {len(body)} bytes; {MOST_BYTES} are the most")
    _refuse_foreign(_read(body, _Spoken, "$"))
    event = _read(body, _Event, "$")
    if event.source != _source(fleet):
        raise Malformed(
            f"a message of another fleet: source is {event.source[:QUOTED]!r}, "
            f"this one's is {_source(fleet)!r}"
        )
    message = _message(event)
    if event.subject != _subject(message.cluster):
        raise Malformed(
            f"$.subject is {event.subject[:QUOTED]!r}, "
            f"but $.data.cluster is {message.cluster[:QUOTED]!r}"
        )
    # expirytime.md: may be discarded at that very time
    if event.expirytime <= now:
        raise Expired(f"a message for {message.cluster[:QUOTED]!r} expired at {event.expirytime}")
    return message


def _refuse_foreign(spoken: _Spoken) -> None:
    version, type_ = spoken.specversion[:QUOTED], spoken.type[:QUOTED]
    if not OURS.fullmatch(spoken.type):
        raise Malformed(f"$.type is {type_!r}, which is none of ours")
    newer = "a newer Seawall may have sent it: upgrade this one"
    if spoken.specversion != "1.0":
        raise Newer(f"$.specversion is {version!r}, not '1.0'; {newer}")
    if spoken.type not in LIFETIMES:
        raise Newer(f"$.type is {type_!r}, which is not known; {newer}")


def _message(event: _Event) -> Message:
    if event.type == ORDERED:
        order = _read(event.data, _Ordered, "$.data")
        return ScanOrder(RunId(order.run), ClusterKey(order.cluster), order.scope)
    changed = _read(event.data, _Changed, "$.data")
    return FindingsChanged(
        RunId(changed.run), ClusterKey(changed.cluster), changed.version, changed.fingerprints
    )


def _read(body: bytes | msgspec.Raw, kind: type[T], where: str) -> T:
    """Typed and checked JSON; `where` it is in the whole."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        said = str(error).replace("`$", f"`{where}")
        raise Malformed(f"no message ({where}): {said[: 2 * QUOTED]}") from error
    except UnicodeDecodeError as error:
        raise Malformed(f"no message ({where}): no UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise Malformed(f"no message ({where}): JSON within JSON, too deep") from error
