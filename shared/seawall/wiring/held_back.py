"""What stands where a function must not write: it says no, twice."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from seawall.model.errors import NoEntry
from seawall.model.plan import Mode

if TYPE_CHECKING:
    from seawall.flow.ports import Modes
    from seawall.model.cluster import ClusterKey
    from seawall.model.fleet import ClusterRecord
    from seawall.model.plan import Plan, Undo

WHY = "this deployment may not write to clusters; deploy it with AllowWrites=true to let it"


@dataclass(frozen=True, slots=True)
class OnlyPropose:
    """The modes as they are set, but none above `propose`: plans are offered, none is begun."""

    modes: "Modes"

    def mode(self, key: "ClusterKey") -> Mode:
        """The lower of what is set and `propose`."""
        return min(self.modes.mode(key), Mode.PROPOSE, key=lambda mode: mode.rank)

    def set_mode(self, key: "ClusterKey | None", mode: Mode) -> None:
        """Set it; a later deployment may be allowed more."""
        self.modes.set_mode(key, mode)


class NoWriting:
    """The port `Writing`, without a way to any cluster."""

    def look(self, record: "ClusterRecord", plan: "Plan") -> NoReturn:  # noqa: ARG002  a port's parameters
        """Refuse: whoever may write looks."""
        self._refuse()

    def rehearse(self, record: "ClusterRecord", plan: "Plan") -> None:  # noqa: ARG002  a port's parameters
        """Refuse."""
        self._refuse()

    def apply(self, record: "ClusterRecord", plan: "Plan") -> NoReturn:  # noqa: ARG002  a port's parameters
        """Refuse."""
        self._refuse()

    def undo(self, record: "ClusterRecord", undo: "Undo") -> None:  # noqa: ARG002  a port's parameters
        """Refuse."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise NoEntry(WHY)
