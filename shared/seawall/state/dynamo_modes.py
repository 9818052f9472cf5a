"""How far Seawall may go, in DynamoDB; what cannot be read or understood allows nothing.

MODES  CEILING     of the fleet
MODES  #<cluster>  of a cluster
"""

from seawall.model.cluster import ClusterKey
from seawall.model.errors import Trouble
from seawall.model.plan import Mode
from seawall.state.dynamo import DynamoTable, Item, Place, Put
from seawall.state.modes import CEILING, OF_A_CLUSTER


class DynamoModes:
    """The port `Modes` over one table."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def mode(self, key: ClusterKey) -> Mode:
        """The lower of the fleet's ceiling (auto unless set) and the cluster's (observe).

        Both are read at one moment: a mode that never was is never answered.

        Raises:
            TryLater: They cannot be read now: nothing may be written.
            Trouble: They cannot be read at all, or what is stored is no mode.
        """
        ceiling, own = self._table.read_at_once([self._place(None), self._place(key)])
        return min(
            self._mode(ceiling, CEILING), self._mode(own, OF_A_CLUSTER), key=lambda m: m.rank
        )

    def set_mode(self, key: ClusterKey | None, mode: Mode) -> None:
        """Set it for a cluster, or the ceiling of the fleet (None)."""
        pk, sk = self._place(key)
        self._table.put(Put({"pk": pk, "sk": sk, "mode": mode}))

    def _mode(self, item: Item | None, unset: Mode) -> Mode:
        if item is None:
            return unset
        try:
            return Mode(str(item.get("mode", "")))
        except ValueError as error:
            raise Trouble(
                f"DynamoDB table {self._table.name}: {item.get('mode')!r} is stored as a mode and "
                f"is none of {', '.join(Mode)}; nothing is written to any cluster until "
                "`seawall mode` sets one of them"
            ) from error

    def _place(self, key: ClusterKey | None) -> Place:
        return self._table.place("MODES"), "CEILING" if key is None else f"#{key}"
