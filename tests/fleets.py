"""Fleets to report on, made by hand: small pieces, and one that has something in every place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.digest import Digest, DigestId, Group, Notice, Summary
from seawall.model.finding import Severity, fingerprint
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence
from seawall.model.memory import Counts, FindingMemory, Memory, Status, Transition, Turn
from seawall.model.messages import RunId
from seawall.model.plan import Mode, Path, Plan, PlanId, PlanState, Stage
from seawall.model.run import End, Entry, Run
from seawall.report.fleet import FleetView

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=5)
LAST_WEEK = NOW - timedelta(days=7)
RUN = RunId("20260102T115500Z-1")
OLD_RUN = RunId("20251226T120000Z-1")
RULE = "default-open-ingress"

NOBODY = FleetView(
    now=NOW,
    fleet="prod",
    records=(),
    memories=(),
    plans=(),
    last_run=None,
    ledger=(),
    turns=(),
    modes={},
)
"""A fleet of which nothing is known."""

THE_RUN = Run(RUN, BEFORE, NOW - timedelta(minutes=1))


def record(
    key: str, presence: Presence = Presence.PRESENT, scope: str = "a scope"
) -> ClusterRecord:
    ref = ClusterRef(ClusterKey(key), "eks", "https://api.invalid", facts=(("region", "here"),))
    return ClusterRecord(ref, scope, presence, LAST_WEEK, NOW)


def finding(  # noqa: PLR0913  what a test may want to differ in
    summary: str = "anybody can come in",
    *,
    severity: Severity = Severity.HIGH,
    namespace: str = "shop",
    rule: str = RULE,
    subject: str = "",
    adopted: bool = False,
    status: Status = Status.OPEN,
) -> FindingMemory:
    return FindingMemory(
        fingerprint=fingerprint(*map(ascii, (rule, namespace, subject, summary))),
        rule=rule,
        severity=severity,
        namespace=namespace,
        facet="",
        subject=subject,
        summary=summary,
        substance="1",
        status=status,
        first_seen=LAST_WEEK,
        last_seen=BEFORE,
        opened_at=LAST_WEEK,
        resolved_at=None if status is Status.OPEN else BEFORE,
        adopted=adopted,
    )


def memory(key: str, *findings: FindingMemory, **changes: Any) -> Memory:  # noqa: ANN401  its fields
    """A cluster that the last run read whole; `changes` say what is otherwise."""
    whole = Memory(
        key=ClusterKey(key),
        version=1,
        run=RUN,
        tried_at=BEFORE,
        uid=ClusterUid("11111111-2222-3333-4444-555555555555"),
        scanned_at=BEFORE,
        complete_at=LAST_WEEK,
        enforced="yes",
        counts=Counts(passed=8, failed=len(findings), unknown=0),
        findings=findings,
    )
    return replace(whole, **changes)


def plan(
    key: str,
    stage: Stage = Stage.PROPOSED,
    *,
    namespace: str = "shop",
    text: str = "",
    refusals: tuple[str, ...] = (),
) -> PlanState:
    cut = Path(f"{text}web", f"{text}db", f"{text}TCP 80", live=True)
    made = Plan(
        id=PlanId(f"{text}{stage}"),
        cluster=ClusterKey(key),
        uid=ClusterUid("1"),
        namespace=namespace,
        name=f"{text}seawall-isolate",
        manifest={},
        fingerprints=(),
        cuts=(cut, replace(cut, live=False)),
        pods=3,
        workloads=(f"{text}cron",),
        refusals=refusals,
        basis="1",
    )
    return PlanState(made, stage, RUN, BEFORE, BEFORE, by=f"{text}ann", note=f"{text}a note")


def turn(
    key: str,
    turned: Turn = Turn.OPENED,
    **changes: Any,  # noqa: ANN401  its fields
) -> Transition:
    plain = Transition(
        run=RUN,
        cluster=ClusterKey(key),
        at=BEFORE,
        turn=turned,
        fingerprint=fingerprint(ascii(key)),
        rule=RULE,
        severity=Severity.HIGH,
        namespace="shop",
        summary="anybody can come in",
    )
    return replace(plain, **changes)


def everything(text: str = "") -> FleetView:
    """Each standing, each stage, each turn; `text` stands before every word not ours."""
    seen, part, stale, unseen, skipped, gone = (
        f"{text}{word}" for word in ("seen", "part", "stale", "unseen", "skipped", "gone")
    )
    open_ones = tuple(
        finding(
            f"{text}{severity} is open",
            severity=severity,
            namespace=f"{text}shop",
            subject=f"{text}NetworkPolicy",
            adopted=severity is Severity.LOW,
        )
        for severity in Severity
    )
    return FleetView(
        now=NOW,
        fleet=f"{text}prod",
        records=tuple(
            record(key, presence, f"{text}scope")
            for key, presence in (
                (seen, Presence.PRESENT),
                (part, Presence.STALE),
                (stale, Presence.PRESENT),
                (unseen, Presence.PRESENT),
                (skipped, Presence.PRESENT),
                (gone, Presence.GONE),
            )
        ),
        memories=(
            memory(seen, *open_ones),
            memory(
                part,
                finding(f"{text}of a cluster", namespace="", rule=f"{text}rule"),
                counts=Counts(3, 1, 2, (f"{text}nodes",)),
                enforced=f"{text}no evidence",
                impostor=ClusterUid(f"{text}uid"),
            ),
            memory(
                stale,
                finding(f"{text}long open", status=Status.RESOLVED),
                finding(f"{text}still open", namespace=f"{text}bank"),
                run=OLD_RUN,
                scanned_at=LAST_WEEK,
                unseen=f"{text}timed out",
                counts=Counts(5, 1, 0),
            ),
            memory(
                unseen, scanned_at=None, unseen=f"{text}403", counts=Counts(), enforced="", uid=None
            ),
            memory(gone, finding(f"{text}was open"), run=OLD_RUN),
        ),
        plans=tuple(
            plan(
                seen,
                stage,
                namespace=f"{text}shop",
                text=text,
                refusals=(f"{text}behind a LoadBalancer",) if stage is Stage.REFUSED else (),
            )
            for stage in Stage
        ),
        last_run=replace(THE_RUN, scopes_unseen=((f"{text}eu-west-1", f"{text}AccessDenied"),)),
        ledger=(
            Entry(RUN, ClusterKey(seen), End.SCANNED, BEFORE),
            Entry(RUN, ClusterKey(unseen), End.UNSEEN, BEFORE, f"{text}403"),
            Entry(RUN, ClusterKey(skipped), End.SKIPPED, BEFORE, f"{text}the same as another"),
        ),
        turns=(
            *(turn(seen, t, namespace=f"{text}shop", summary=f"{text}{t} it") for t in Turn),
            turn(seen, rule=f"{text}rule", why=f"{text}because"),
            turn(seen, first=True),
            turn(seen, adopted=True),
        ),
        modes={ClusterKey(seen): Mode.AUTO, ClusterKey(part): Mode.OBSERVE},
    )


def digest_of(text: str = "", places: int = 2) -> Digest:
    """A digest with something of everything in it."""
    named = tuple(
        (ClusterKey(f"{text}cluster{n:03}"), f"{text}shop", f"{text}open") for n in range(places)
    )
    return Digest(
        id=DigestId("d1"),
        run=RUN,
        at=NOW,
        summaries=(Summary(ClusterKey(f"{text}new"), 3, ((Severity.HIGH, 1), (Severity.LOW, 2))),),
        groups=(
            Group(Turn.RESOLVED, RULE, Severity.CRITICAL, named),
            Group(Turn.OPENED, f"{text}rule", Severity.LOW, named),
            Group(Turn.OPENED, RULE, Severity.HIGH, named),
            Group(Turn.REOPENED, RULE, Severity.HIGH, named),
        ),
        notices=(
            Notice(ClusterKey(f"{text}gone"), f"{text}could not be read", PlanId(f"{text}p")),
        ),
    )
