"""The findings of a scan as JSON and NDJSON; the same ones that the table shows."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterKey
from seawall.model.finding import Evidence, Finding, Verdict
from seawall.model.policies import ObjectRef
from seawall.model.sight import Seen, Sight, Skipped, Unseen
from seawall.report.assumed import assumed_document
from seawall.report.enforcement import enforcement_document
from seawall.report.exposure import exposures_document
from seawall.report.isolation import SCHEMA_VERSION, Document
from seawall.report.peers import where_document
from seawall.report.unseen import unseen_document

Results = Sequence[tuple[ClusterKey, Sight[Judged] | Skipped]]
"""What came of each source, none left out: two may have one key, and each has its own entry."""


def scan_document(results: Results) -> Document:
    """Everything about a scan, clusters in the order given, the gravest findings first."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "totals": totals(results),
        "clusters": [_cluster(key, result, findings=True) for key, result in results],
    }


def scan_records(results: Results) -> Iterator[Document]:
    """One record a cluster (`kind` cluster) and one a finding (`kind` finding)."""
    for key, result in results:
        yield {"kind": "cluster", **_cluster(key, result, findings=False)}
        if isinstance(result, Seen):
            for finding in result.value.findings:
                yield {"kind": "finding", "cluster": key, **_finding(finding)}


def totals(results: Results) -> dict[str, int]:
    """How many clusters were scanned, unseen and skipped, and the verdicts of all outcomes."""
    judged = [result.value for _, result in results if isinstance(result, Seen)]
    found = {
        "scanned": len(judged),
        "unseen": sum(isinstance(result, Unseen) for _, result in results),
        "skipped": sum(isinstance(result, Skipped) for _, result in results),
    }
    return found | {str(v): sum(each.count(v) for each in judged) for v in Verdict}


def _cluster(key: ClusterKey, result: Sight[Judged] | Skipped, *, findings: bool) -> Document:
    match result:
        case Unseen(why):
            return {"key": key, "status": "unseen", "why": why}
        case Skipped(why):
            return {"key": key, "status": "skipped", "why": why}
        case Seen(judged):
            found = [_finding(finding) for finding in judged.findings]
            return _scanned(judged) | ({"findings": found} if findings else {})


def _scanned(judged: Judged) -> Document:
    snapshot = judged.snapshot
    return {
        "key": snapshot.key,
        "status": "scanned",
        "uid": snapshot.uid.value if isinstance(snapshot.uid, Seen) else None,
        "origin": str(snapshot.origin),
        "takenAt": _time(snapshot.taken_at),
        "toolVersion": snapshot.tool_version,
        "enforced": enforcement_document(judged.isolation.enforced),
        "assumed": assumed_document(judged.isolation),
        "exposed": exposures_document(judged.isolation),
        "verdicts": {str(verdict): judged.count(verdict) for verdict in Verdict},
        "unseen": unseen_document(snapshot),
        "notJudged": dict(snapshot.counted),
        "notes": list(snapshot.notes),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _finding(finding: Finding) -> Document:
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "severity": str(finding.severity),
        "verdict": str(finding.verdict),
        "namespace": finding.namespace,
        "subject": _ref(finding.subject),
        "facet": finding.facet,
        "summary": finding.summary,
        "pods": list(finding.pods),
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "fix": {"text": finding.fix.text, "manifest": finding.fix.manifest},
        "controls": list(finding.controls),
    }


def _evidence(evidence: Evidence) -> Document:
    return {"where": where_document(evidence.where), "says": evidence.says}


def _ref(ref: ObjectRef | None) -> Document | None:
    if ref is None:
        return None
    return {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
