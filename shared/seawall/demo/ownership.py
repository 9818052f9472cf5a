"""Which fields an object has, which differ between two, and how `metadata.managedFields` writes it.

A path is a tuple of the keys of `fieldsV1`: `f:name` for a field, `k:{...}` for an item of a keyed
list, `v:...` for an item of a set. What counts as a field follows structured-merge-diff, the
library of the API server (its `tofieldset.go` and `compare.go`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from seawall.demo.resources import Json
from seawall.demo.schemas import ANY, Form, Shape

Path = tuple[str, ...]
Fields = frozenset[Path]
NOTHING: Final[Fields] = frozenset()
_SELF: Final = "."

# Fields that nobody owns (apimachinery, managedfields/internal/stripmeta.go).
UNOWNED: Final[Fields] = frozenset(
    [
        ("f:apiVersion",),
        ("f:kind",),
        ("f:metadata",),
        *(
            ("f:metadata", f"f:{name}")
            for name in (
                *("name", "namespace", "creationTimestamp", "selfLink", "uid", "generation"),
                *("managedFields", "resourceVersion"),
            )
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Difference:
    """What has come, changed and gone between two objects."""

    added: Fields
    modified: Fields
    removed: Fields

    @property
    def set_anew(self) -> Fields:
        """What has another value than before."""
        return self.added | self.modified


class KeyMissingError(ValueError):
    """An item of a keyed list does not say which one it is."""


def parts(value: Any, shape: Shape) -> Iterator[tuple[str, Any, Shape]]:  # noqa: ANN401  JSON is any
    """Yield what is in a map or list that is merged piece by piece."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"f:{name}", inner, shape.below(name) or ANY
    elif isinstance(value, list):
        for item in value:
            yield item_key(item, shape), item, shape.item or ANY


def item_key(item: Any, shape: Shape) -> str:  # noqa: ANN401  JSON is any
    """What tells an item of a keyed list or a set from its neighbours."""
    if not shape.keys:
        return f"v:{_text(item)}"
    if not isinstance(item, dict):
        raise KeyMissingError("an item of a keyed list is no map")
    found = {name: item.get(name, default) for name, default in shape.keys}
    missing = [name for name, value in found.items() if value is None]
    if missing:
        raise KeyMissingError(
            "associative list with keys has an element that omits key field "
            f'"{missing[0]}" (and doesn\'t have default value)'
        )
    return f"k:{_text(found)}"


def whole(value: object, shape: Shape) -> bool:
    """True if the value is owned and replaced as one."""
    return shape.atomic or not isinstance(value, dict | list)


def fields_of(value: object, shape: Shape) -> Fields:
    """The fields that somebody who sends this object means to own."""
    return frozenset(_fields(value, shape.of(value), ())) - UNOWNED


def _fields(value: object, shape: Shape, path: Path) -> Iterator[Path]:
    if whole(value, shape):
        yield path
        return
    for key, inner, below in parts(value, shape):
        here = (*path, key)
        yield from _fields(inner, below.of(inner), here)
        declared = key[2:] in shape.fields if shape.form is Form.MAP else False
        if not declared or inner == {}:
            yield here


def difference(before: object, after: object, shape: Shape) -> Difference:
    """What has changed; a container that comes or goes is named beside all that is in it."""
    found = _Compared(set(), set(), set())
    found.compare(before, after, shape, ())
    return Difference(
        frozenset(found.added) - UNOWNED,
        frozenset(found.modified) - UNOWNED,
        frozenset(found.removed) - UNOWNED,
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """Collects paths; None stands for what is absent, since stored objects hold no nulls."""

    added: set[Path]
    modified: set[Path]
    removed: set[Path]

    def compare(self, before: object, after: object, shape: Shape, path: Path) -> None:
        if before is None:
            self.added.add(path)
        elif after is None:
            self.removed.add(path)
        actual = shape.of(before if after is None else after)
        either = [value for value in (before, after) if value is not None]
        if any(whole(value, actual) for value in either) or not any(either):
            if len(either) > 1 and before != after:
                self.modified.add(path)
            return
        old = {key: (value, below) for key, value, below in parts(before, actual)}
        new = {key: (value, below) for key, value, below in parts(after, actual)}
        for key in old | new:
            below = (new.get(key) or old[key])[1]
            self.compare(_first(old.get(key)), _first(new.get(key)), below, (*path, key))


def _first(found: tuple[object, Shape] | None) -> object:
    return found[0] if found else None


def as_fields_v1(fields: Iterable[Path]) -> Json:
    """The tree that `managedFields` holds."""
    tree: Json = {}
    for path in sorted(fields):
        node = tree
        for key in path:
            node = node.setdefault(key, {})
        node[_SELF] = {}
    return {key: _without_lone_self(inner) for key, inner in tree.items()}


def _without_lone_self(tree: Json) -> Json:
    if set(tree) == {_SELF}:
        return {}
    return {key: _without_lone_self(inner) for key, inner in tree.items()}


def fields_from(tree: Mapping[str, Any]) -> Fields:
    """The fields of a `fieldsV1` tree."""
    return frozenset(_from_tree(tree, ()))


def _from_tree(tree: Mapping[str, Any], path: Path) -> Iterator[Path]:
    if path and (not tree or _SELF in tree):
        yield path
    for key, inner in tree.items():
        if key != _SELF:
            yield from _from_tree(inner, (*path, key))


def shown(path: Path) -> str:
    """The path as messages write it: `.spec.ports[port=80,protocol="TCP"].name`."""
    return "".join(map(_shown_key, path))


def _shown_key(key: str) -> str:
    kind, text = key[:2], key[2:]
    if kind == "f:":
        return f".{text}"
    if kind == "v:":
        return f"[={text}]"
    keys: Json = msgspec.json.decode(text, type=dict[str, Any])
    return f"[{','.join(f'{name}={_text(value)}' for name, value in keys.items())}]"


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
