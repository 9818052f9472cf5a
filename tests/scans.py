"""Scans made by hand: what a judge found, without a cluster to find it in."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.planes import ENFORCING

from seawall.analyse.isolation import analyse
from seawall.flow.remembering import Remembered, remember
from seawall.judge.judging import WHOLE_CLUSTER, Judged
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.finding import (
    Evidence,
    Finding,
    Fix,
    Outcome,
    Severity,
    Verdict,
    fingerprint,
)
from seawall.model.memory import Memory, Transition
from seawall.model.messages import RunId
from seawall.model.policies import ObjectRef
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Namespace, Origin, Snapshot

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
KEY = ClusterKey("prod")
UID, OTHER, THIRD = (ClusterUid(uid) for uid in ("u-1", "u-2", "u-3"))
WHY = Unseen("403 Forbidden")

OPEN, LOOSE, IDLE = (
    "default-open-ingress",
    "label-admits-other-namespaces",
    "policy-selects-nothing",
)
RULES = (OPEN, LOOSE, IDLE)
"""One rule about the pods of a namespace, two about its policies."""
NAMESPACES = ("kiosk", "shop")


def snapshot(
    uid: ClusterUid | None = UID,
    namespaces: Iterable[str] = NAMESPACES,
    **changes: Any,  # noqa: ANN401  its fields
) -> Snapshot:
    """A cluster with empty namespaces, of which everything was read; `changes` say what was not."""
    fields: dict[str, Any] = {
        "key": KEY,
        "uid": WHY if uid is None else Seen(uid),
        "taken_at": NOW,
        "tool_version": "0",
        "origin": Origin.CLUSTER,
        "namespaces": Seen(tuple(Namespace(name, ()) for name in namespaces)),
        "pods": Seen(()),
        "nodes": Seen(()),
        "network_policies": Seen(()),
        "unmodelled": Seen(()),
        "data_plane": ENFORCING,
    }
    return Snapshot(**fields | changes)


def found(  # noqa: PLR0913  what a test may want to differ in
    rule: str = OPEN,
    namespace: str = "shop",
    summary: str = "anybody can come in",
    *,
    verdict: Verdict = Verdict.FAIL,
    severity: Severity = Severity.HIGH,
    policy: str = "",
    facet: str = "",
    pods: tuple[str, ...] = (),
    evidence: tuple[Evidence, ...] = (),
    identity: str = UID,
) -> Finding:
    """A finding; `policy` names the NetworkPolicy it is about, if it is about one."""
    subject = ObjectRef("NetworkPolicy", namespace, policy) if policy else None
    told = str(subject) if subject else ""
    return Finding(
        rule=rule,
        severity=severity,
        verdict=verdict,
        cluster=KEY,
        uid=Seen(ClusterUid(identity)),
        namespace=namespace,
        facet=facet,
        subject=subject,
        summary=summary,
        pods=pods,
        evidence=evidence,
        fix=Fix("Mend it."),
        controls=(),
        fingerprint=fingerprint(rule, identity, namespace, told, facet),
    )


def judged(
    *findings: Finding, of: Snapshot | None = None, rules: Iterable[str] = RULES
) -> Seen[Judged]:
    """A scan: what was not found passes, in every namespace that was listed or is named."""
    seen = snapshot() if of is None else of
    named = {finding.namespace for finding in findings}
    if isinstance(seen.namespaces, Seen):
        named |= {namespace.name for namespace in seen.namespaces.value}
    else:
        named |= {WHOLE_CLUSTER}
    outcomes = tuple(
        _outcome(rule, name, findings, seen.namespaces) for rule in rules for name in sorted(named)
    )
    return Seen(Judged(analyse(seen), outcomes))


def _outcome(
    rule: str, namespace: str, findings: tuple[Finding, ...], namespaces: Sight[object]
) -> Outcome:
    here = tuple(each for each in findings if (each.rule, each.namespace) == (rule, namespace))
    verdicts = {each.verdict for each in here}
    if namespace == WHOLE_CLUSTER and isinstance(namespaces, Unseen):
        verdicts.add(Verdict.UNKNOWN)
    worst = next((each for each in (Verdict.FAIL, Verdict.UNKNOWN) if each in verdicts), None)
    return Outcome(rule, namespace, worst or Verdict.PASS, here)


def run(number: int) -> RunId:
    return RunId(f"run-{number:03}")


def remembered(
    *scans: Sight[Judged], memory: Memory | None = None, now: datetime = NOW
) -> Remembered:
    """The memory after some scans, each in a run of its own, and the turns of all of them."""
    turns: list[Transition] = []
    before = memory.version if memory else 0
    for number, scan in enumerate(scans, start=before + 1):
        after = remember(memory, KEY, scan, run=run(number), now=now)
        memory = after.memory
        turns += after.turns
    assert memory is not None, "no scan, no memory"
    return Remembered(memory, tuple(turns))
