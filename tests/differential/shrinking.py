"""The smallest cluster that a question is still answered about in the same two ways.

Whatever can be left out is: objects, rules, fields, entries of lists. Pods and nodes go whole or
lose labels and ports only; no list and no entry of one is left empty, as that has a meaning of
its own in every dialect.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Path = tuple[str | int, ...]
Json = Any
Fails = Callable[[Json], bool]

MEANING = {
    "kind",
    "apiVersion",
    "metadata",
    "name",
    "namespace",
    "types",
    "tier",
    "subject",
    "status",
    "protocol",
}
"""An object without one of these is another, or none."""

OF_PODS = ("labels", "ports")


def smallest(objects: list[Json], fails: Fails) -> list[Json]:
    """What is left of the objects when nothing more can go and it `fails` all the same."""
    found = objects
    shrunk = True
    while shrunk:
        shrunk = False
        for path in list(_paths(found)):
            smaller = _without(found, path)
            if smaller and fails(smaller):
                found, shrunk = smaller, True
    return found


def _paths(objects: list[Json]) -> Iterator[Path]:
    """Where something could be left out: whole objects, then parts, from the end."""
    numbers = range(len(objects) - 1, -1, -1)
    yield from ((number,) for number in numbers)
    for number in numbers:
        is_policy = objects[number]["kind"] not in {"Pod", "Node", "Namespace"}
        for path in _within(objects[number], (number,)):
            if is_policy or any(each in path for each in OF_PODS):
                yield path


def _within(value: Json, at: Path) -> Iterator[Path]:
    keys: list[str | int] = []
    if isinstance(value, dict):
        keys = [key for key in value if key not in MEANING or key == "metadata"]
    if isinstance(value, list) and len(value) > 1:
        keys = list(reversed(range(len(value))))
    yield from ((*at, key) for key in keys if key not in MEANING)
    inner = range(len(value)) if isinstance(value, list) else keys
    for key in inner:
        yield from _within(value[key], (*at, key))


def _without(objects: list[Json], path: Path) -> list[Json] | None:
    """A copy without what is there; None if that went already, or nothing would be left."""
    copy = deepcopy(objects)
    place: Json = copy
    try:
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
    except (KeyError, IndexError, TypeError):
        return None
    is_entry = len(path) > 2 and isinstance(path[-2], int)
    return None if is_entry and not place else copy
