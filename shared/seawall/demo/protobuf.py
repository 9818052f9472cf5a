"""Just enough protobuf to read what kubectl sends in no other form.

That is a posted review, and the namespace or config map of `kubectl create namespace|configmap`.
https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding-idl gives the
envelope; the field numbers are those of the `generated.proto` files in k8s.io/api and apimachinery.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from seawall.demo.resources import Json

_MAGIC: Final = b"k8s\x00"
_RAW: Final = 2  # runtime.Unknown.raw: the object itself
_SPEC: Final = 2

_RESOURCE: Final = ("namespace", "verb", "group", "version", "resource", "subresource", "name")
_PATH: Final = ("path", "verb")

_METADATA: Final = 1
_METADATA_TEXTS: Final[Mapping[int, str]] = MappingProxyType(
    {1: "name", 2: "generateName", 3: "namespace"}
)
_METADATA_MAPS: Final[Mapping[int, str]] = MappingProxyType({11: "labels", 12: "annotations"})
_OBJECT_MAPS: Final[Mapping[str, Mapping[int, str]]] = MappingProxyType(
    {"Namespace": MappingProxyType({}), "ConfigMap": MappingProxyType({2: "data"})}
)
_DROPPED: Final = frozenset({("Namespace", 3)})
"""Fields that the server drops from what is created: a namespace's status."""


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


def has_form(kind: str) -> bool:
    """True for the kinds that `object_from` reads."""
    return kind in _OBJECT_MAPS


def object_from(body: bytes, kind: str) -> Json:
    """The posted object, as if it had come as JSON.

    Raises:
        BadProtobufError: It is none, or it says more than is understood: nothing gets lost.
    """
    message = dict(_fields(body[len(_MAGIC) :])).get(_RAW, b"")
    found: Json = {"metadata": {}}
    for number, value in _fields(message):
        if number == _METADATA:
            found["metadata"] = _named(value, _METADATA_TEXTS, _METADATA_MAPS)
        elif (kind, number) not in _DROPPED:
            _add(found, number, value, _OBJECT_MAPS[kind])
    return found


def _named(message: bytes, texts: Mapping[int, str], maps: Mapping[int, str]) -> Json:
    found: Json = {}
    for number, value in _fields(message):
        if number in texts and value:
            found[texts[number]] = value.decode()
        elif number not in texts:
            _add(found, number, value, maps)
    return found


def _add(found: Json, number: int, value: bytes, maps: Mapping[int, str]) -> None:
    """Add an entry of a map; Go also writes messages that are there and empty."""
    if number in maps:
        entry = dict(_fields(value))
        found.setdefault(maps[number], {})[entry.get(1, b"").decode()] = entry.get(2, b"").decode()
    elif value:
        raise BadProtobufError(f"field {number} is not read here; send JSON")


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
