"""Just enough protobuf to read a posted review: kubectl sends these in no other form.

https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding-idl gives the
envelope; the field numbers are those of k8s.io/api/authorization/v1/generated.proto.
"""

from collections.abc import Iterator
from typing import Final

from seawall.demo.resources import Json

_MAGIC: Final = b"k8s\x00"
_RAW: Final = 2  # runtime.Unknown.raw: the object itself
_SPEC: Final = 2

_RESOURCE: Final = ("namespace", "verb", "group", "version", "resource", "subresource", "name")
_PATH: Final = ("path", "verb")


class BadProtobufError(ValueError):
    """The bytes are no protobuf, or end too early."""


def is_protobuf(body: bytes) -> bool:
    """True if the body begins with the envelope, which no JSON does."""
    return body.startswith(_MAGIC)


def review_from(body: bytes, plural: str) -> Json:
    """The posted review, as if it had come as JSON."""
    review = dict(_fields(dict(_fields(body[len(_MAGIC) :])).get(_RAW, b"")))
    spec = dict(_fields(review.get(_SPEC, b"")))
    if plural == "selfsubjectrulesreviews":
        return {"spec": _texts(review.get(_SPEC, b""), ("namespace",))}
    found: Json = {}
    if 1 in spec:
        found["resourceAttributes"] = _texts(spec[1], _RESOURCE)
    if 2 in spec:  # noqa: PLR2004  the field's number
        found["nonResourceAttributes"] = _texts(spec[2], _PATH)
    return {"spec": found}


def _texts(message: bytes, names: tuple[str, ...]) -> Json:
    """The text fields of a message, named in the order of their numbers."""
    numbered = dict(_fields(message))
    return {n: numbered[i].decode() for i, n in enumerate(names, start=1) if numbered.get(i)}


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the length-delimited fields; numbers are passed over, other wire types refused."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        size, at = _varint(message, at)
        if wire_type == 0:
            continue
        if wire_type != 2 or at + size > len(message):  # noqa: PLR2004  2 = length-delimited
            raise BadProtobufError(f"field {number} cannot be read")
        yield number, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 64:  # noqa: PLR2004  a varint has at most 64 bits
        value |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if message[at - 1] < 0x80:  # noqa: PLR2004  the highest bit says that more follows
            return value, at
    raise BadProtobufError("a number ends too early")
