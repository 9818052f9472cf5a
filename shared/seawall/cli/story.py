"""What `seawall demo` tells: a fleet is run four times, mended twice, and falls silent."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.cli.decisions import rewrite
from seawall.cli.running import Ran, run_once
from seawall.flow.applying import apply_plan
from seawall.flow.offering import offers
from seawall.flow.remembering import adopted
from seawall.model.errors import Trouble
from seawall.model.memory import Status
from seawall.model.plan import Mode, PlanState, Stage
from seawall.model.run import End
from seawall.report.plans import plan_lines
from seawall.report.text import for_terminal

if TYPE_CHECKING:
    from seawall.demo.fleet import DemoCluster, DemoFleet
    from seawall.model.fleet import ClusterRecord
    from seawall.wiring import LocalFleet

MENDED = "aks-analytics-dev"
"""The wide-open cluster: the one whose owner lets Seawall act."""
NEW_NAMESPACE = "reporting"
PROPOSED_NAMESPACE = "notebooks"
WORKERS = 3


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the steps one by one; `pace_s` is the pause after each, for people."""

    demo: "DemoFleet"
    fleet: "LocalFleet"
    pace_s: float

    def tell(self, page: Path) -> None:
        """The whole story; the report is written to `page`.

        Raises:
            Trouble: A step did not end as the story says: the demo is a test as well.
        """
        self._first_run()
        self._adopt()
        self._close_by_itself()
        self._apply_as_a_person()
        self._report(page)
        self._quiet_run()

    def _first_run(self) -> None:
        self._step("Discover, scan, remember. Day one is one summary, not a flood of alerts.")
        _insist(all(entry.end is End.SCANNED for entry in self._run().ledger), "a scan failed")

    def _adopt(self) -> None:
        self._step(
            "`seawall adopt`: what is open today is known debt; only changes alert from now."
        )
        for record in self.fleet.inventory.records():
            memory = self.fleet.memories.recall(record.key)
            if memory is not None:
                after = rewrite(self.fleet, record.key, lambda m: adopted(m, run=m.run))
                self._say(f"{_name(record)}: {len(after.open)} findings are known debt")

    def _close_by_itself(self) -> None:
        self._step(
            f"`seawall mode auto {MENDED}`, and a team makes an empty namespace there: "
            "Seawall may act where nothing can be cut."
        )
        record = self._record()
        self.fleet.modes.set_mode(record.key, Mode.AUTO)
        self._cluster().server.store.put(_namespace(NEW_NAMESPACE))
        self._run()
        states = self.fleet.plans.plans(record.key)
        done = [state for state in states if state.stage is Stage.DONE]
        _insist(NEW_NAMESPACE in {state.plan.namespace for state in done}, "nothing was closed")
        for state in done:
            self._say(f"CLOSED {state.plan.namespace}: {state.note}, by {state.by}")
        for state in states:
            if state.stage is Stage.REFUSED:
                self._say(f"REFUSED {state.plan.namespace}: {state.plan.refusals[0]}")
        for state in offers(self.fleet.mend, record.key):
            if state.stage is Stage.PROPOSED:
                self._say(f"PROPOSED {state.plan.namespace}: cuts {len(state.plan.cuts)} paths")

    def _apply_as_a_person(self) -> None:
        state = self._proposed()
        self._step(f"`seawall apply {state.plan.id[:12]}`: a person reads the plan and applies it.")
        for line in plan_lines([state]):
            click.echo(line)
        after = apply_plan(self.fleet.mend, self._record(), state, by="you", now=_now())
        _insist(after.stage is Stage.DONE, f"the plan is {after.stage}: {after.note}")
        self._say(f"APPLIED {after.plan.namespace}: {after.note}, by {after.by}")
        self._run()
        memory = self.fleet.memories.recall(self._record().key)
        held = memory.findings if memory else ()
        _insist(any(each.status is Status.RESOLVED for each in held), "nothing was resolved")

    def _report(self, page: Path) -> None:
        from seawall.cli.status import view_of
        from seawall.report.page import html

        self._step("`seawall report -o html=FILE`: page one, for whoever asks.")
        page.write_text(html(view_of(self.fleet, _now())), encoding="utf-8")
        self._say(f"written: {page} ({page.stat().st_size // 1024} kB, no network needed)")

    def _quiet_run(self) -> None:
        self._step("One more run. Nothing changed, so nothing is written and nobody is told.")
        writes = self._writes()
        ran = self._run()
        _insist(not ran.digests, "a quiet run told something")
        _insist(self._writes() == writes, "a quiet run wrote to a cluster")
        self._say("no digest, no write")

    def _run(self) -> Ran:
        ran = run_once(self.fleet, workers=WORKERS, clock=_now)
        ends = ", ".join(f"{_name_of(e.cluster)} {e.end}" for e in ran.ledger)
        self._say(f"run {ran.run.id}: {ends}; {ran.taken} messages went over the queue")
        return ran

    def _proposed(self) -> PlanState:
        for state in offers(self.fleet.mend, self._record().key):
            if state.stage is Stage.PROPOSED and state.plan.namespace == PROPOSED_NAMESPACE:
                return state
        raise Trouble(f"the demo: no plan was proposed for {PROPOSED_NAMESPACE}")

    def _writes(self) -> int:
        """Everything but reading that any cluster was asked for."""
        servers = (cluster.server for cluster in self.demo.clusters)
        entries = (entry for server in servers for entry in server.journal.entries)
        return sum(entry.method in {"PATCH", "PUT", "DELETE"} for entry in entries)

    def _record(self) -> "ClusterRecord":
        records = self.fleet.inventory.records()
        return next(record for record in records if _name(record) == MENDED)

    def _cluster(self) -> "DemoCluster":
        return next(cluster for cluster in self.demo.clusters if cluster.name == MENDED)

    def _step(self, text: str) -> None:
        click.echo(f"\n== {text}")
        time.sleep(self.pace_s)

    def _say(self, text: str) -> None:
        click.echo(f"   {for_terminal(text)}")


def _namespace(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _name(record: "ClusterRecord") -> str:
    return record.ref.fact("context")


def _name_of(key: str) -> str:
    return key.rpartition("#")[2]


def _insist(held: bool, otherwise: str) -> None:  # noqa: FBT001  reads as a sentence
    if not held:
        raise Trouble(f"the demo did not go as it should: {otherwise}")


def _now() -> datetime:
    return datetime.now(UTC)
