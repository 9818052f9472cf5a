"""Which clusters of the inventory a person means."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seawall.model.errors import Trouble

if TYPE_CHECKING:
    from seawall.flow.ports import Inventory
    from seawall.model.fleet import ClusterRecord

SHOWN = 10


def chosen(inventory: "Inventory", patterns: Sequence[str]) -> tuple["ClusterRecord", ...]:
    """The clusters whose key or name matches any pattern; all without one.

    Raises:
        Trouble: A pattern matches none: a change to nothing would look like one that was made.
    """
    from seawall.flow.discovering import named

    records = inventory.records()
    for pattern in patterns:
        if not any(named(record, [pattern]) for record in records):
            raise Trouble(f"no cluster matches {pattern!r}; {_known(records)}")
    return tuple(record for record in records if not patterns or named(record, patterns))


def only(inventory: "Inventory", pattern: str) -> "ClusterRecord":
    """The one cluster that is meant.

    Raises:
        Trouble: None is, or several are.
    """
    found = chosen(inventory, [pattern])
    if len(found) != 1:
        keys = ", ".join(record.key for record in found)
        raise Trouble(f"{pattern!r} names more than one cluster: {keys}")
    return found[0]


def _known(records: Sequence["ClusterRecord"]) -> str:
    if not records:
        return "none is known yet: `seawall run --once` discovers them"
    more = f" and {len(records) - SHOWN} more" if len(records) > SHOWN else ""
    return f"there are: {', '.join(record.key for record in records[:SHOWN])}{more}"
