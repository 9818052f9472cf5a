"""Values to keep: small ones by default, each part to be chosen."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.contract.state.ports import NOW

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.digest import Digest, DigestId, Group, Notice, Summary
from seawall.model.finding import Severity
from seawall.model.fleet import ClusterRef, Sighting
from seawall.model.manifests import network_policy
from seawall.model.memory import Counts, FindingMemory, Memory, Status, Transition, Turn
from seawall.model.messages import RunId
from seawall.model.plan import Path, Plan, PlanId, PlanState, Stage
from seawall.model.run import End, Entry, Run
from seawall.model.sight import Seen
from seawall.model.telling import LEASE, Teller

RUN = RunId("20261124T181425Z-000001")
MONDAY, TUESDAY, WEDNESDAY = (NOW + timedelta(days=days) for days in range(3))
ADA, BOB = Teller("ada", MONDAY), Teller("bob", MONDAY)
LATER_BOB = replace(BOB, now=ADA.now + LEASE)
"""When what Ada was given is no longer hers alone."""
HOSTILE = "\x1b[31m'; DROP TABLE memories; -- \0 \u202e ü 🐙"
"""What a cluster may call itself."""


def key(name: str) -> ClusterKey:
    return ClusterKey(name)


def ref(name: str, server: str = "https://10.0.0.1", ca: bytes | None = None) -> ClusterRef:
    return ClusterRef(key(name), "kubeconfig", server, ca, (("context", name), ("region", "ü")))


def seen(scope: str, *names: str) -> Sighting:
    return Sighting(scope, Seen(tuple(ref(name) for name in names)))


def finding(number: int) -> FindingMemory:
    return FindingMemory(
        fingerprint=f"{number:032x}",
        rule="default-open-ingress",
        severity=Severity.HIGH,
        namespace=f"ns-{number}",
        facet="ingress",
        subject="",
        summary=f"any pod can reach every pod of ns-{number}",
        substance=f"{number:064x}",
        status=Status.OPEN,
        first_seen=MONDAY,
        last_seen=TUESDAY,
        opened_at=MONDAY,
    )


def memory(name: str = "prod", version: int = 1, run: RunId = RUN, findings: int = 0) -> Memory:
    return Memory(
        key=key(name),
        version=version,
        run=run,
        tried_at=MONDAY,
        findings=tuple(finding(number) for number in range(findings)),
    )


def full_memory(name: str) -> Memory:
    """Every field has something to lose."""
    resolved = replace(
        finding(7),
        status=Status.RESOLVED,
        resolved_at=WEDNESDAY,
        adopted=True,
        subject=HOSTILE,
        summary=HOSTILE,
    )
    return Memory(
        key=key(name),
        version=1,
        run=RUN,
        tried_at=WEDNESDAY,
        uid=ClusterUid("uid-1"),
        impostor=ClusterUid("uid-2"),
        scanned_at=TUESDAY,
        unseen=HOSTILE,
        complete_at=MONDAY,
        enforced="by nobody",
        counts=Counts(3, 2, 1, ("pods",)),
        changed=(finding(7).fingerprint,),
        findings=(finding(1), resolved),
        likeness="5" * 64,
    )


def turn(name: str = "prod", number: int = 0, run: RunId = RUN, why: str = "") -> Transition:
    return Transition(
        run=run,
        cluster=key(name),
        at=MONDAY,
        turn=Turn.OPENED,
        fingerprint=f"{number:032x}",
        rule="default-open-ingress",
        severity=Severity.HIGH,
        namespace=f"ns-{number}",
        summary="open",
        why=why,
    )


def notice(text: str, name: str = "prod", plan: str | None = None) -> Notice:
    return Notice(key(name), text, PlanId(plan) if plan else None)


def digest(name: str, *notices: Notice, run: RunId = RUN) -> Digest:
    return Digest(DigestId(name), run, MONDAY, notices=notices)


def full_digest(name: str) -> Digest:
    group = Group(
        Turn.REOPENED, "dns-blocked", Severity.LOW, ((key("prod"), "shop", "shop: blocked"),)
    )
    summary = Summary(key("prod"), 3, ((Severity.CRITICAL, 1), (Severity.LOW, 2)))
    return replace(digest(name, notice("seen again")), summaries=(summary,), groups=(group,))


def entry(name: str, end: End = End.SCANNED, run: RunId = RUN, at: datetime = MONDAY) -> Entry:
    return Entry(run, key(name), end, at, HOSTILE if end is not End.SCANNED else "")


def ended(run: Run, at: datetime = TUESDAY) -> Run:
    return replace(run, ended_at=at, scopes_unseen=(("aws/eu", "no answer"),))


def plan_state(
    name: str, cluster: str = "prod", stage: Stage = Stage.PROPOSED, made_at: datetime = MONDAY
) -> PlanState:
    plan = Plan(
        id=PlanId(name),
        cluster=key(cluster),
        uid=ClusterUid("uid-1"),
        namespace="shop",
        name="seawall-ingress",
        manifest=network_policy(
            "shop",
            "seawall-ingress",
            {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}], "n": 1, "on": True},
        ),
        fingerprints=("f" * 32,),
        cuts=(Path("any address", "shop/deployment/web", "TCP 80", live=True),),
        pods=2,
        workloads=("cronjob shop/nightly",),
        refusals=("behind a LoadBalancer",),
        basis="b" * 64,
    )
    return PlanState(plan, stage, RUN, made_at, made_at)


def moved(state: PlanState, stage: Stage) -> PlanState:
    return replace(state, stage=stage, changed_at=WEDNESDAY, by="ada", object_uid="o", note="so")
