"""The runs of a fleet that nobody has to store, and its plans."""

import threading
from datetime import UTC, datetime

from seawall.model.cluster import ClusterKey
from seawall.model.errors import Trouble
from seawall.model.messages import RunId
from seawall.model.plan import NEXT, PlanId, PlanState, Stage
from seawall.model.run import Entry, Run


class DemoRuns:
    """The port `Runs`, held in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: list[Run] = []
        self._entries: dict[tuple[RunId, ClusterKey], Entry] = {}

    def begin(self, now: datetime, only: tuple[str, ...] = ()) -> Run:
        """The run that has not ended yet, or a new one; two that begin at once get the same."""
        with self._lock:
            if not self._runs or self._runs[-1].ended_at is not None:
                name = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{len(self._runs):06x}"
                self._runs.append(Run(RunId(name), now, only=only))
            return self._runs[-1]

    def enter(self, entry: Entry) -> None:
        """Write a cluster's end in a run; the first one stands, later ones change nothing."""
        with self._lock:
            self._entries.setdefault((entry.run, entry.cluster), entry)

    def entries(self, run: RunId) -> tuple[Entry, ...]:
        """The ledger of a run, by cluster."""
        with self._lock:
            found = [entry for entry in self._entries.values() if entry.run == run]
        return tuple(sorted(found, key=lambda entry: entry.cluster))

    def end(self, run: Run) -> bool:
        """End it (`run.ended_at` is set); False: somebody else did already.

        Raises:
            Trouble: It has no end; a bug.
        """
        if run.ended_at is None:
            raise Trouble(f"run {run.id} was to be ended without a time; this is a bug in Seawall")
        with self._lock:
            going_on = [each.id for each in self._runs[-1:] if each.ended_at is None]
            if run.id not in going_on:
                return False
            self._runs[-1] = run
            return True

    def open(self) -> Run | None:
        """The run that has not ended yet."""
        with self._lock:
            return next((run for run in self._runs[-1:] if run.ended_at is None), None)

    def last(self) -> Run | None:
        """The run that ended last."""
        with self._lock:
            return next((run for run in reversed(self._runs) if run.ended_at is not None), None)


class DemoPlans:
    """The port `Plans`, held in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: dict[PlanId, PlanState] = {}

    def plan(self, plan: PlanId) -> PlanState | None:
        """One plan."""
        with self._lock:
            return self._plans.get(plan)

    def plans(self, cluster: ClusterKey | None = None) -> tuple[PlanState, ...]:
        """All plans of a cluster, or of the fleet, the oldest first."""
        with self._lock:
            found = [each for each in self._plans.values() if cluster in {None, each.plan.cluster}]
        return tuple(sorted(found, key=lambda state: state.made_at))

    def put(self, state: PlanState, *, before: Stage | None, holder: str = "") -> bool:
        """Write where a plan is, if it was at `before` (None: not known yet), held by `holder`.

        False: it was not.

        Raises:
            Trouble: No plan goes from `before` to there; a bug.
        """
        if before is not None and state.stage not in NEXT[before]:
            raise Trouble(f"no plan goes from {before} to {state.stage}; this is a bug in Seawall")
        with self._lock:
            known = self._plans.get(state.plan.id)
            if (known.stage if known else None) is not before:
                return False
            if known is not None and known.holder != holder:
                return False
            self._plans[state.plan.id] = state
            return True
