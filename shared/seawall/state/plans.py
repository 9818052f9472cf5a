"""Plans and how far they came, each step a conditional write from the one before."""

import sqlite3
from typing import Final

from seawall.model.cluster import ClusterKey
from seawall.model.errors import Trouble
from seawall.model.plan import NEXT, PlanId, PlanState, Stage
from seawall.state.database import Database, stored
from seawall.state.shapes import Shape

PLAN: Final = Shape(PlanState, "a plan")


class SqlitePlans:
    """The port `Plans` over one file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, plan: PlanId) -> PlanState | None:
        """One plan."""
        found = self._selected("fleet = ? AND id = ?", (self._database.fleet, plan))
        return found[0] if found else None

    def plans(self, cluster: ClusterKey | None = None) -> tuple[PlanState, ...]:
        """All plans of a cluster, or of the fleet, the oldest first."""
        if cluster is None:
            return self._selected("fleet = ?", (self._database.fleet,))
        return self._selected("fleet = ? AND cluster = ?", (self._database.fleet, cluster))

    def put(self, state: PlanState, *, before: Stage | None, holder: str = "") -> bool:
        """Write where a plan is, if it was at `before` (None: not known yet), held by `holder`.

        False: it was not.

        Raises:
            Trouble: No plan goes from `before` to there; a bug.
        """
        if before is None:
            return self._inserted(state)
        if state.stage not in NEXT[before]:
            raise Trouble(
                f"plan {state.plan.id}: no plan goes from {before} to {state.stage}; "
                "this is a bug in Seawall"
            )
        with self._database.writing() as connection:
            if not self._is_held_by(connection, state.plan.id, holder):
                return False
            done = connection.execute(
                "UPDATE plans SET stage = ?, made_at = ?, document = ?"
                " WHERE fleet = ? AND id = ? AND stage = ?",
                (
                    state.stage,
                    stored(state.made_at),
                    PLAN.stored(state),
                    self._database.fleet,
                    state.plan.id,
                    before,
                ),
            )
            return done.rowcount == 1

    def _inserted(self, state: PlanState) -> bool:
        row = (self._database.fleet, state.plan.id, state.plan.cluster, state.stage)
        with self._database.writing() as connection:
            done = connection.execute(
                "INSERT INTO plans (fleet, id, cluster, stage, made_at, document)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (*row, stored(state.made_at), PLAN.stored(state)),
            )
            return done.rowcount == 1

    def _is_held_by(self, connection: sqlite3.Connection, plan: PlanId, holder: str) -> bool:
        row = connection.execute(
            "SELECT document FROM plans WHERE fleet = ? AND id = ?", (self._database.fleet, plan)
        ).fetchone()
        return row is not None and PLAN.read(row[0], self._database.path).holder == holder

    def _selected(self, where: str, values: tuple[str, ...]) -> tuple[PlanState, ...]:
        sql = f"SELECT document FROM plans WHERE {where} ORDER BY made_at, seq"  # noqa: S608  our own words
        with self._database.reading() as connection:
            rows = connection.execute(sql, values).fetchall()
        return tuple(PLAN.read(row, self._database.path) for (row,) in rows)
