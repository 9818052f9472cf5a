"""How far Seawall may go; a word that is not understood allows nothing."""

from pathlib import Path
from typing import Final

from seawall.model.cluster import ClusterKey
from seawall.model.errors import Trouble
from seawall.model.plan import Mode
from seawall.state.database import Database

CEILING: Final = Mode.AUTO
OF_A_CLUSTER: Final = Mode.OBSERVE


class SqliteModes:
    """The port `Modes` over one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mode(self, key: ClusterKey) -> Mode:
        """The lower of the fleet's ceiling (auto unless set) and the cluster's (observe).

        Raises:
            Trouble: What is stored is no mode.
        """
        fleet = self._database.fleet
        with self._database.reading() as connection:
            ceiling = connection.execute(
                "SELECT mode FROM ceilings WHERE fleet = ?", (fleet,)
            ).fetchone()
            own = connection.execute(
                "SELECT mode FROM modes WHERE fleet = ? AND cluster = ?", (fleet, key)
            ).fetchone()
        path = self._database.path
        return min(
            _mode(ceiling, CEILING, path), _mode(own, OF_A_CLUSTER, path), key=lambda m: m.rank
        )

    def set_mode(self, key: ClusterKey | None, mode: Mode) -> None:
        """Set it for a cluster, or the ceiling of the fleet (None)."""
        fleet = self._database.fleet
        with self._database.writing() as connection:
            if key is None:
                connection.execute(
                    "INSERT INTO ceilings (fleet, mode) VALUES (?, ?)"
                    " ON CONFLICT (fleet) DO UPDATE SET mode = excluded.mode",
                    (fleet, mode),
                )
            else:
                connection.execute(
                    "INSERT INTO modes (fleet, cluster, mode) VALUES (?, ?, ?)"
                    " ON CONFLICT (fleet, cluster) DO UPDATE SET mode = excluded.mode",
                    (fleet, key, mode),
                )


def _mode(row: tuple[str] | None, unset: Mode, path: Path) -> Mode:
    if row is None:
        return unset
    try:
        return Mode(row[0])
    except ValueError as error:
        raise Trouble(
            f"{path}: {row[0]!r} is stored as a mode and is none of {', '.join(Mode)}; nothing is "
            "written to any cluster until `seawall mode` sets one of them"
        ) from error
