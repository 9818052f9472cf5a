"""Fields of an object that its wire shape does not know: of a newer API, or misspelt.

msgspec skips them. Where half of what an object says could turn its meaning round, who reads it
must know that there was more.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from msgspec import Struct, structs

from seawall.collect import validate


def strangers(value: object, shape: type[Struct], path: str) -> Iterator[str]:
    """The path of every field that is there and not in the shape; a null field is not there."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from strangers(item, shape, f"{path}[{number}]")
    elif isinstance(value, dict):
        yield from unknown_names(value, shape, path)
        for name, inner in fields(shape).items():
            if inner is not None:
                yield from strangers(value.get(name), inner, f"{path}.{name}")


def unknown_names(value: dict[str, Any], shape: type[Struct], path: str) -> Iterator[str]:
    """The same for the object alone, without what is in its fields."""
    for name in sorted(value.keys() - fields(shape).keys()):
        if value[name] is not None:
            yield f"{path}.{validate.shown(name)[1:-1]}"


@cache
def fields(shape: type[Struct]) -> dict[str, type[Struct] | None]:
    """The names a shape knows, each with the shape of what is in it, if that is one."""
    return {field.encode_name: _inner(field.type) for field in structs.fields(shape)}


def _inner(hint: object) -> type[Struct] | None:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return hint
    return next(filter(None, map(_inner, get_args(hint))), None)
