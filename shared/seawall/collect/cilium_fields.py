"""Plain JSON values read field by field: what is of the wrong type or unknown is noted, not raised.

A field that we do not know may narrow or widen the rule it is in, and the API server stores no
field that the CRD does not have: so it makes the whole object unreadable.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from seawall.collect import syntax
from seawall.collect.validate import shown
from seawall.model.addresses import NO_ADDRESSES, IpSet, cidr

T = TypeVar("T")

_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a whole number",
}


@dataclass(slots=True)
class Reader:
    """Reads one object; `problems` and `warnings` are what it met on its way."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def wrong(self, path: str, fault: str) -> None:
        """Notes a fault that makes the object unreadable."""
        self.problems.append(f"{path}: {fault}" if path else fault)

    def invalid(self, path: str, value: object, complaint: str | None) -> None:
        """Notes the complaint about a value, if there is one."""
        if complaint:
            self.wrong(path, f"Invalid value: {shown(value)}: {complaint}")

    def typed(self, value: object, wanted: type[T], path: str) -> T | None:
        """`value` if it is of the type; null is as good as absent, anything else is a fault."""
        if value is None:
            return None
        if type(value) is wanted:
            return value
        self.wrong(path, f"Invalid type: must be {_NAMES[wanted]}")
        return None

    def fields(self, value: object, path: str, known: Iterable[str]) -> dict[str, Any]:
        """The fields of an object; one that is not known is a fault."""
        found = self.typed(value, dict, path) or {}
        for name in sorted(map(str, found.keys() - set(known))):
            self.wrong(f"{path}.{shown(name)[1:-1]}", "unknown field: what it means is not known")
        return found

    def items(self, value: object, path: str) -> list[Any]:
        """The entries of a list; absent and null are no entries."""
        return self.typed(value, list, path) or []

    def text(self, value: object, path: str) -> str:
        """A string; absent and null are the empty one."""
        return self.typed(value, str, path) or ""

    def one_of(self, value: object, allowed: tuple[str, ...], path: str) -> str | None:
        """A string out of a few; absent and null are None."""
        text = self.typed(value, str, path)
        if text is not None and text not in allowed:
            self.invalid(path, text, f"supported values: {', '.join(allowed)}")
            return None
        return text

    def block(self, value: object, path: str) -> IpSet:
        """The addresses of a CIDR."""
        text = self.text(value, path)
        found = syntax.network(text)
        if isinstance(found, str):
            self.invalid(path, text, found)
            return NO_ADDRESSES
        return cidr(text)
