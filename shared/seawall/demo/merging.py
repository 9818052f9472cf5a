"""How a patch changes an object: server-side apply, JSON merge patch, strategic merge patch.

None of these changes what it is given. Where a patch has a null the field goes.
"""

from collections.abc import Iterable
from typing import Any, Final

from seawall.demo.ownership import Fields, Path, item_key, parts, whole
from seawall.demo.resources import Json
from seawall.demo.schemas import ANY, Form, Shape

DIRECTIVE: Final = "$patch"


class BadPatchError(ValueError):
    """A patch that says what cannot be done."""


def applied(live: Any, config: Any, shape: Shape) -> Any:  # noqa: ANN401  JSON is any
    """`live` with the fields of `config` put over it, piece by piece where that is the rule."""
    actual = shape.of(config)
    if whole(config, actual) or not isinstance(live, type(config)):
        return config
    if isinstance(config, dict):
        merged = {
            name: applied(live.get(name), value, actual.below(name) or ANY)
            for name, value in config.items()
        }
        return {**live, **merged}
    return _applied_items(live, config, actual)


def _applied_items(live: list[Any], config: list[Any], shape: Shape) -> list[Any]:
    old = {item_key(item, shape): item for item in live}
    new = {item_key(item, shape): item for item in config}
    kept = [applied(value, new.pop(key, value), shape.item or ANY) for key, value in old.items()]
    return [*kept, *new.values()]


def without(value: Any, paths: Fields, shape: Shape) -> Any:  # noqa: ANN401  JSON is any
    """A copy without these fields, and without the containers that this has left empty."""
    actual = shape.of(value)
    if whole(value, actual):
        return value
    kept: list[tuple[str, Any]] = []
    for key, inner, item in parts(value, actual):
        below = _under(paths, key)
        left = without(inner, below, item) if below else inner
        if (key,) not in paths and (left or not below):
            kept.append((key, left))
    if isinstance(value, dict):
        return {key[2:]: inner for key, inner in kept}
    return [inner for _key, inner in kept]


def _under(paths: Iterable[Path], key: str) -> Fields:
    return frozenset(path[1:] for path in paths if len(path) > 1 and path[0] == key)


def merge_patched(value: Any, patch: Any) -> Any:  # noqa: ANN401  JSON is any
    """RFC 7386: maps are merged, everything else is replaced."""
    if not isinstance(patch, dict):
        return patch
    base = dict(value) if isinstance(value, dict) else {}
    for name, inner in patch.items():
        if inner is None:
            base.pop(name, None)
        else:
            base[name] = merge_patched(base.get(name), inner)
    return base


def strategic_patched(value: Any, patch: Any, shape: Shape) -> Any:  # noqa: ANN401  JSON is any
    """A merge patch that merges keyed lists by their keys and obeys `$patch` directives.

    https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
    """
    actual = shape.of(patch)
    if isinstance(patch, dict):
        return _strategic_map(value if isinstance(value, dict) else {}, patch, actual)
    if isinstance(patch, list) and not actual.atomic:
        return _strategic_list(value if isinstance(value, list) else [], patch, actual)
    return patch


def _strategic_map(value: Json, patch: Json, shape: Shape) -> Json:
    rest = {name: inner for name, inner in patch.items() if name != DIRECTIVE}
    match patch.get(DIRECTIVE):
        case "replace":
            return rest
        case "delete":
            return {}
        case None | "merge":
            base = dict(value)
        case other:
            raise BadPatchError(f"unknown patch type found: {other}")
    for name, inner in rest.items():
        if name.startswith(("$retainKeys", "$setElementOrder/")):
            continue  # they only give an order or name what is there anyway
        if inner is None:
            base.pop(name, None)
        else:
            base[name] = strategic_patched(base.get(name), inner, shape.below(name) or ANY)
    return base


def _strategic_list(value: list[Any], patch: list[Any], shape: Shape) -> list[Any]:
    if {DIRECTIVE: "replace"} in patch:
        return [item for item in patch if item != {DIRECTIVE: "replace"}]
    kept = {_merge_key(item, shape): item for item in value}
    for item in patch:
        key = _merge_key(item, shape)
        if isinstance(item, dict) and item.get(DIRECTIVE) == "delete":
            kept.pop(key, None)
        else:
            kept[key] = strategic_patched(kept.get(key), item, shape.item or ANY)
    return list(kept.values())


def _merge_key(item: Any, shape: Shape) -> str:  # noqa: ANN401  JSON is any
    """What tells items apart here: the first key alone, as in patchMergeKey of the API types."""
    if shape.form is Form.LIST and shape.keys and isinstance(item, dict):
        name, _default = shape.keys[0]
        return str(item.get(name))
    return str(item)
