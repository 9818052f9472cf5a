"""The fleet as JSON: what `seawall status` shows, for machines."""

from datetime import datetime

from seawall.model.plan import PlanState
from seawall.model.run import Entry
from seawall.report.fleet import ClusterLine, FleetView, Totals
from seawall.report.fleet_lines import cluster_lines, fleet_totals
from seawall.report.fleet_text import moment
from seawall.report.fleet_unseen import Blind, not_seen

SCHEMA_VERSION = 1

Document = dict[str, object]


def fleet_document(view: FleetView) -> Document:
    """Everything `seawall status` knows, clusters by key; what was not seen is its own list."""
    lines = cluster_lines(view)
    return {
        "schemaVersion": SCHEMA_VERSION,
        "fleet": view.fleet,
        "at": moment(view.now),
        "lastRun": _run(view),
        "totals": totals_document(fleet_totals(lines)),
        "notSeen": [_blind(each) for each in not_seen(view, lines)],
        "clusters": [_cluster(line) for line in lines],
        "plans": [_plan(state) for state in view.plans],
    }


def totals_document(totals: Totals) -> Document:
    """The sums; `passedBefore` is of earlier scans and in no other number."""
    return {
        "clusters": totals.clusters,
        "byStanding": {str(each): number for each, number in totals.by_standing.items()},
        "checks": {
            "pass": totals.passed,
            "passedBefore": totals.passed_before,
            "fail": totals.failed,
            "unknown": totals.unknown,
        },
        "openFindings": totals.open,
        "knownDebt": totals.adopted,
        "bySeverity": {str(each): number for each, number in totals.by_severity.items()},
        "enforced": {str(each): number for each, number in totals.enforced.items()},
    }


def _run(view: FleetView) -> Document | None:
    if view.last_run is None:
        return None
    return {
        "id": view.last_run.id,
        "startedAt": moment(view.last_run.started_at),
        "endedAt": _moment(view.last_run.ended_at),
        "ledger": [_entry(entry) for entry in view.ledger],
    }


def _entry(entry: Entry) -> Document:
    return {"cluster": entry.cluster, "end": str(entry.end), "why": entry.why}


def _blind(blind: Blind) -> Document:
    return {
        "what": blind.what,
        "where": blind.where,
        "why": blind.why,
        "asOf": _moment(blind.as_of),
    }


def _cluster(line: ClusterLine) -> Document:
    counts = line.counts
    return {
        "key": line.key,
        "presence": _word(line.presence),
        "mode": _word(line.mode),
        "standing": str(line.standing),
        "why": line.why,
        "scannedAt": _moment(line.scanned_at),
        "checks": None
        if counts is None
        else {"pass": counts.passed, "fail": counts.failed, "unknown": counts.unknown},
        "unseen": list(counts.unseen) if counts else None,
        "openFindings": None if counts is None else len(line.open),
        "knownDebt": None if counts is None else line.adopted,
        "enforced": str(line.enforced),
        "enforcedSays": line.enforced_says,
        "notes": list(line.notes),
    }


def _plan(state: PlanState) -> Document:
    return {
        "id": state.plan.id,
        "cluster": state.plan.cluster,
        "namespace": state.plan.namespace,
        "stage": str(state.stage),
        "note": state.note,
        "cuts": len(state.plan.cuts),
        "refusals": list(state.plan.refusals),
        "held": list(state.plan.held),
    }


def _moment(time: datetime | None) -> str | None:
    return moment(time) if time else None


def _word(word: str | None) -> str | None:
    return str(word) if word is not None else None
