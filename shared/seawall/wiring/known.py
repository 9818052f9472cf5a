"""A fleet that is remembered, wherever: what a person sees, decides and has carried out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from seawall.flow.ports import Fleet, Memories

if TYPE_CHECKING:
    from seawall.flow.desks import MendDesk
    from seawall.flow.ports import Inventory, Modes, Plans, Runs


class Remembering(Memories, Fleet, Protocol):
    """Memories one by one, and all at once."""


@dataclass(frozen=True, slots=True)
class KnownFleet:
    """The memory of a fleet, and the desk for its plans; `name` is the fleet's."""

    name: str
    inventory: "Inventory"
    runs: "Runs"
    memories: Remembering
    modes: "Modes"
    plans: "Plans"
    mend: "MendDesk"
