"""Draws documents that no honest cluster holds, each near enough to a valid one to be read far.

Three ways: a valid object with some of its fields damaged; an object made of fields that the API
has, in an order of their own and with values that belong elsewhere; the JSON of either, damaged as
bytes. The same random numbers, the same document.
"""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

Document = dict[str, Any]

VALID: tuple[Document, ...] = tuple(
    yaml.safe_load(Path(__file__).with_name("valid.yaml").read_text())
)
DEEP = 5_000
"""Levels: more than Python's stack or msgspec's limit take."""
MANY_RULES, MANY_PORTS = 10_000, 1_000
_HUGE_ONE_IN = 4_000
_DEEP_ONE_IN = 100
_BYTES_ONE_IN = 5
_MADE_ONE_IN = 4
_MOST_DAMAGES = 4
_DAMAGES_EACH = (0, 1, 1, 1, 1, 2, 2, 3, 4)
_DEEPEST_MADE = 5
_DEEPEST_WRITTEN = 200


def nested(levels: int) -> object:
    """Lists and objects within each other."""
    found: object = {}
    for level in range(levels):
        found = [found] if level % 2 else {"matchLabels": found}
    return found


def _walk(value: object) -> Iterator[tuple[Any, Any]]:
    """Every place of a document: what holds it, and under which key or number."""
    left = [value]
    while left:
        holder: Any = left.pop()
        for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
            yield holder, key
            if isinstance(holder[key], dict | list):
                left.append(holder[key])


_PLACES = [(holder, key) for each in VALID for holder, key in _walk(each)]
_KEYS = sorted({key for _, key in _PLACES if isinstance(key, str)})
_SCALARS = [h[k] for h, k in _PLACES if not isinstance(h[k], dict | list)]
_PARTS = [h[k] for h, k in _PLACES if isinstance(h[k], dict | list)]
_ODD: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1, 65535, 65536, 2**31, 2**63, -(2**63), 2**64, 10**40),
    *(0.5, -0.0, 1e308, float("inf"), float("nan")),
    *("", " ", "0", "*", "-", "/", "a/b/c", "http", "80", "0:0", "9:1", "1:99999", "a" * 70_000),
    *("0.0.0.0/0", "::/0", "10.0.0.0/33", "010.0.0.1/8", "::ffff:1.2.3.4/96", "fe80::1%eth0/64"),
    *("\x00", "\u202e", "é" * 300, "In", "Exists", "all()", "global()", "has(", "!" * 5_000),
    *("(" * 5_000, "a == 'b' && " * 500 + "a == 'b'", "a in {" + "'x'," * 3_000 + "}", "!!!has(a)"),
    *([], {}, [None], [[]], [{}], {"": None}, {"a": {"b": {}}}),
)
"""Values that are wrong nearly everywhere, and right at some odd place."""


def input_of(random: Random) -> tuple[Document, object]:
    """Which kind it is read as (a valid object of it), and what is read: a document or bytes."""
    start = random.choice(VALID)
    if random.randrange(_MADE_ONE_IN):
        found = copy.deepcopy(start)
        for _ in range(random.choice(_DAMAGES_EACH)):
            random.choice(_DAMAGES)(random, found)
    else:
        found = _made(random, start)
    if not random.randrange(_HUGE_ONE_IN):
        _grow(random, found)
    if not random.randrange(_DEEP_ONE_IN):
        return start, _buried(random, found)
    if not random.randrange(_BYTES_ONE_IN):
        return start, _damaged_bytes(random, found)
    return start, found if random.randrange(2) else _encoded(found)


def _encoded(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _damaged_bytes(random: Random, document: Document) -> bytes:
    found = bytearray(_encoded(document))
    for _ in range(random.randint(1, _MOST_DAMAGES)):
        at = random.randrange(len(found) or 1)
        match random.randrange(4):
            case 0:
                found[at : at + 1] = bytes([random.randrange(256)])
            case 1:
                del found[at : at + random.randint(1, 40)]
            case 2:
                found[at:at] = found[at : at + random.randint(1, 40)]
            case _:
                found[at:at] = random.choice(
                    (b"{", b"[", b'"', b",", b"null", b"\\ud800", b"\xff", b"[" * DEEP)
                )
    return bytes(found)


def _place(random: Random, document: Document) -> tuple[Any, Any]:
    places = list(_walk(document))
    return random.choice(places) if places else (document, "spec")


def _value(random: Random) -> object:
    return copy.deepcopy(random.choice(random.choice((_ODD, _SCALARS, _PARTS))))


def _replace(random: Random, document: Document) -> None:
    holder, key = _place(random, document)
    holder[key] = _value(random)


def _drop(random: Random, document: Document) -> None:
    holder, key = _place(random, document)
    holder.pop(key, None) if isinstance(holder, dict) else holder.pop(key)


def _add(random: Random, document: Document) -> None:
    """A field more: one that some API has, or nobody knows."""
    objects = [document, *(h[k] for h, k in _walk(document) if isinstance(h[k], dict))]
    key = random.choice(_KEYS) if random.randrange(3) else random.choice(("", "zz", "From", "\x07"))
    random.choice(objects)[key] = _value(random)


def _repeat(random: Random, document: Document) -> None:
    lists = [h[k] for h, k in _walk(document) if isinstance(h[k], list) and h[k]]
    if lists:
        found = random.choice(lists)
        found += copy.deepcopy(found) * random.randint(1, 8)


def _wrap(random: Random, document: Document) -> None:
    holder, key = _place(random, document)
    holder[key] = random.choice(([holder[key]], {"x": holder[key]}, str(holder[key])))


def _spoil_text(random: Random, document: Document) -> None:
    texts = [(h, k) for h, k in _walk(document) if isinstance(h[k], str)]
    if texts:
        holder, key = random.choice(texts)
        text: str = holder[key]
        at = random.randrange(len(text) + 1)
        holder[key] = (
            text[:at]
            + random.choice(("", "'", "!", "(", "&&", "/", ":", "\x00", " "))
            + (text[at + random.randrange(3) :])
        )


def _move(random: Random, document: Document) -> None:
    """What stands at one place also stands at another."""
    (from_holder, from_key), (holder, key) = _place(random, document), _place(random, document)
    holder[key] = copy.deepcopy(from_holder[from_key]) if from_key != "spec" else None


def _version(random: Random, document: Document) -> None:
    document["apiVersion"] = random.choice(("v1", "cilium.io/v3", "x/y/z", 3, None, ""))


def _buried(random: Random, document: Document) -> object:
    """Something deep in it; as bytes only where the writer of the JSON can write it."""
    holder, key = _place(random, document)
    levels = random.choice((30, 70, _DEEPEST_WRITTEN, DEEP))
    holder[key] = nested(levels)
    return document if levels > _DEEPEST_WRITTEN or random.randrange(2) else _encoded(document)


_DAMAGES: tuple[Callable[[Random, Document], None], ...] = (
    *(_replace, _replace, _replace, _drop, _add, _add, _repeat, _wrap, _spoil_text, _spoil_text),
    *(_move, _version),
)


def _made(random: Random, start: Document) -> Document:
    """The kind's name, and a spec of fields of any API."""
    metadata = start["metadata"] if random.randrange(4) else _object(random, 2)
    spec = {key: _field(random, key, 0) for key in start.get("spec", {}) if random.randrange(4)}
    return {**copy.deepcopy(start), "metadata": copy.deepcopy(metadata), "spec": spec}


def _field(random: Random, key: str, depth: int) -> object:
    """A value that some valid object has in a field of that name, or something made."""
    known = [holder[k] for holder, k in _PLACES if k == key]
    if known and random.randrange(3):
        return copy.deepcopy(random.choice(known))
    if depth < _DEEPEST_MADE and random.randrange(3):
        if random.randrange(2):
            return [_object(random, depth + 1) for _ in range(random.randrange(3))]
        return _object(random, depth + 1)
    return _value(random)


def _object(random: Random, depth: int) -> Document:
    keys = random.sample(_KEYS, random.randrange(4))
    return {key: _field(random, key, depth) for key in keys}


def _grow(random: Random, document: Document) -> None:
    """Ten thousand of what there was one of, or a thousand."""
    lists = [h[k] for h, k in _walk(document) if isinstance(h[k], list) and h[k]]
    if lists:
        found = random.choice(lists)
        found[:] = [found[0]] * random.choice((MANY_PORTS, MANY_RULES))
