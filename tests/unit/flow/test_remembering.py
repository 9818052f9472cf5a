"""What becomes of a finding from scan to scan, and of a cluster's identity."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.planes import ENFORCING, daemon_set, facts
from tests.scans import (
    IDLE,
    KEY,
    LOOSE,
    NOW,
    OPEN,
    OTHER,
    RULES,
    THIRD,
    UID,
    WHY,
    found,
    judged,
    remembered,
    run,
    snapshot,
)

from seawall.flow.comparing import KEPT, REPLACED_RULE
from seawall.flow.remembering import adopted, confirmed, identity_of, remember
from seawall.flow.resolving import MENDED
from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterUid
from seawall.model.enforcement import PlaneFacts
from seawall.model.errors import Trouble
from seawall.model.finding import Finding, Severity, Verdict
from seawall.model.memory import Counts, FindingMemory, Memory, Status, Transition, Turn
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot

OPENED, CHANGED, RESOLVED, REOPENED = Turn
LATER = NOW + timedelta(hours=1)
MUCH_LATER = NOW + timedelta(hours=2)

FAILS = found()
WORSE = found(summary="the whole world can come in")
UNSURE = found(verdict=Verdict.UNKNOWN)
LESS = replace(snapshot(), nodes=WHY)
NOT_READ = Unseen("the server is away")
CALM = judged(of=snapshot())


def fails(*findings: Finding, of: Snapshot | None = None) -> Seen[Judged]:
    return judged(*findings, of=of)


def turns(*scans: Sight[Judged], memory: Memory | None = None) -> list[Turn]:
    return [turn.turn for turn in remembered(*scans, memory=memory).turns]


def only(memory: Memory) -> FindingMemory:
    (finding,) = memory.findings
    return finding


def step(memory: Memory | None, scan: Sight[Judged], now: datetime) -> Memory:
    """One more scan in a run of its own."""
    return remembered(scan, memory=memory, now=now).memory


@pytest.mark.parametrize(
    "scans, expected",
    [
        pytest.param([CALM], [], id="nothing fails"),
        pytest.param([fails(UNSURE)], [], id="unknown does not open"),
        pytest.param([fails(FAILS)], [OPENED], id="it fails"),
        pytest.param([fails(FAILS), fails(FAILS)], [OPENED], id="it still fails"),
        pytest.param([fails(FAILS), fails(WORSE)], [OPENED, CHANGED], id="it is worse"),
        pytest.param([fails(FAILS), fails(UNSURE)], [OPENED], id="unknown does not resolve"),
        pytest.param([fails(FAILS), NOT_READ], [OPENED], id="what was not read does not resolve"),
        pytest.param([fails(FAILS), CALM], [OPENED, RESOLVED], id="it passes"),
        pytest.param([fails(FAILS), CALM, CALM], [OPENED, RESOLVED], id="it still passes"),
        pytest.param(
            [fails(FAILS), CALM, fails(UNSURE)], [OPENED, RESOLVED], id="unknown does not reopen"
        ),
        pytest.param(
            [fails(FAILS), CALM, fails(FAILS)], [OPENED, RESOLVED, REOPENED], id="it is back"
        ),
        pytest.param(
            [fails(FAILS), CALM, fails(WORSE)],
            [OPENED, RESOLVED, REOPENED, CHANGED],
            id="it is back and worse",
        ),
        pytest.param(
            [fails(FAILS), fails(UNSURE), CALM], [OPENED, RESOLVED], id="unknown, then it passes"
        ),
        pytest.param(
            [fails(FAILS), NOT_READ, fails(FAILS)], [OPENED], id="away in between, still there"
        ),
        pytest.param([NOT_READ, fails(FAILS)], [OPENED], id="not read at first"),
    ],
)
def test_a_finding_takes_its_turns(scans: list[Sight[Judged]], expected: list[Turn]) -> None:
    assert expected == turns(*scans)


def test_a_turn_says_what_the_finding_is() -> None:
    (turn,) = remembered(fails(FAILS)).turns

    assert turn == Transition(
        run=run(1),
        cluster=KEY,
        at=NOW,
        turn=OPENED,
        fingerprint=FAILS.fingerprint,
        rule=OPEN,
        severity=Severity.HIGH,
        namespace="shop",
        summary="anybody can come in",
        first=True,
    )


def test_a_resolution_says_why() -> None:
    (turn,) = remembered(CALM, memory=remembered(fails(FAILS)).memory).turns

    assert (RESOLVED, MENDED) == (turn.turn, turn.why)


def test_turns_come_by_fingerprint_whatever_the_rules_order() -> None:
    findings = [found(rule, facet=facet, policy="p") for rule in RULES for facet in "ab"]
    names = [turn.fingerprint for turn in remembered(fails(*findings)).turns]

    assert sorted(names) == names


def test_of_two_findings_with_one_identity_the_same_is_kept_in_any_order() -> None:
    one, other = (replace(FAILS, summary=text) for text in ("a", "b"))

    assert remembered(fails(one, other)) == remembered(fails(other, one))


def test_a_finding_keeps_its_times() -> None:
    opened = step(None, fails(FAILS), NOW)
    still = step(opened, fails(FAILS), LATER)
    gone = step(still, CALM, MUCH_LATER)

    assert (NOW, NOW, NOW) == _times(only(opened))
    assert (NOW, LATER, NOW) == _times(only(still))
    assert (NOW, LATER, NOW) == _times(only(gone))
    assert (Status.RESOLVED, MUCH_LATER) == (only(gone).status, only(gone).resolved_at)


def test_a_finding_that_is_back_opened_anew_and_was_known_before() -> None:
    back = step(step(step(None, fails(FAILS), NOW), CALM, LATER), fails(FAILS), MUCH_LATER)

    assert (NOW, MUCH_LATER, MUCH_LATER) == _times(only(back))
    assert (Status.OPEN, None) == (only(back).status, only(back).resolved_at)


def test_what_is_unknown_was_not_seen_again() -> None:
    opened = step(None, fails(FAILS), NOW)

    assert only(opened) == only(step(opened, fails(UNSURE), LATER))


def test_a_finding_says_what_it_says_today_and_that_alone_is_no_turn() -> None:
    """A rollout gives its one pod another name."""
    one = found(summary="shop/web-1 is open", pods=("shop/web-1",))
    other = found(summary="shop/web-2 is open", pods=("shop/web-2",))
    after = remembered(fails(one), fails(other))

    assert [OPENED] == [turn.turn for turn in after.turns]
    assert "shop/web-2 is open" == only(after.memory).summary


def _times(finding: FindingMemory) -> tuple[datetime, datetime, datetime]:
    return finding.first_seen, finding.last_seen, finding.opened_at


@pytest.mark.parametrize(
    "waited, known",
    [
        pytest.param(timedelta(), True, id="at once"),
        pytest.param(KEPT, True, id="for ninety days"),
        pytest.param(KEPT + timedelta(seconds=1), False, id="and no longer"),
    ],
)
def test_what_is_resolved_is_known_for_a_while(waited: timedelta, *, known: bool) -> None:
    gone = step(step(None, fails(FAILS), NOW), CALM, LATER)

    assert known is bool(step(gone, CALM, LATER + waited).findings)


def test_a_memory_says_what_the_scan_saw() -> None:
    scan = fails(FAILS, found(LOOSE, verdict=Verdict.UNKNOWN), of=LESS)
    memory = step(None, scan, NOW)

    assert (1, run(1), NOW, NOW, "") == (
        memory.version,
        memory.run,
        memory.tried_at,
        memory.scanned_at,
        memory.unseen,
    )
    assert Counts(passed=4, failed=1, unknown=1, unseen=("nodes",)) == memory.counts
    assert "unknown: the nodes were not seen: 403 Forbidden" == memory.enforced
    assert (FAILS.fingerprint,) == memory.changed


@pytest.mark.parametrize(
    "plane, said",
    [
        pytest.param(ENFORCING, "yes", id="it is"),
        pytest.param(
            Seen(facts(daemon_set("kube-system/kube-flannel-ds", "kube-flannel=flannel:v0.27"))),
            "no: flannel connects pods and enforces no policy",
            id="it is not",
        ),
        pytest.param(WHY, f"unknown: {WHY.why}", id="nobody knows"),
    ],
)
def test_a_memory_says_whether_policies_are_enforced(plane: Sight[PlaneFacts], said: str) -> None:
    assert said == step(None, judged(of=snapshot(data_plane=plane)), NOW).enforced


@pytest.mark.parametrize("why", ["the server is away", ""])
def test_an_attempt_that_read_nothing_leaves_everything_else_as_it_was(why: str) -> None:
    before = step(None, fails(FAILS), NOW)
    after = remember(before, KEY, Unseen(why), run=run(2), now=LATER)

    assert () == after.turns
    assert after.memory == replace(
        before,
        version=2,
        run=run(2),
        tried_at=LATER,
        unseen=why or "no reason was given",
        changed=(),
    )


def test_a_cluster_never_read_is_remembered_as_such() -> None:
    memory = step(None, NOT_READ, NOW)

    assert Memory(KEY, 1, run(1), NOW, unseen=NOT_READ.why) == memory


def test_a_clock_that_went_back_takes_no_time_back() -> None:
    before = step(None, fails(FAILS), LATER)
    after = remember(before, KEY, fails(FAILS, found(LOOSE)), run=run(2), now=NOW)

    assert (LATER, LATER) == (after.memory.tried_at, after.memory.scanned_at)
    assert {LATER} == {each.last_seen for each in after.memory.findings}
    assert [LATER] == [turn.at for turn in after.turns]


def test_a_second_delivery_in_a_run_is_quiet_and_still_tells_what_changed() -> None:
    before = step(None, fails(FAILS), NOW)
    again = remember(before, KEY, fails(FAILS), run=before.run, now=LATER)

    assert () == again.turns
    assert (FAILS.fingerprint,) == again.memory.changed


def test_a_second_scan_in_a_run_adds_to_what_changed() -> None:
    other = found(LOOSE)
    before = step(None, fails(FAILS), NOW)
    again = remember(before, KEY, fails(FAILS, other), run=before.run, now=LATER)

    assert tuple(sorted((FAILS.fingerprint, other.fingerprint))) == again.memory.changed


def test_the_next_run_begins_with_nothing_changed() -> None:
    assert () == remembered(fails(FAILS), fails(FAILS)).memory.changed


LOOSE_TOO = found(LOOSE)


@pytest.mark.parametrize(
    "scans, firsts",
    [
        pytest.param([fails(FAILS)], [True], id="the first scan"),
        pytest.param([fails(FAILS), CALM], [True, False], id="the second scan is news"),
        pytest.param(
            [fails(FAILS, of=LESS), fails(FAILS, LOOSE_TOO)],
            [True, True],
            id="the first complete scan, after one that lacked something",
        ),
        pytest.param(
            [fails(FAILS, of=LESS), fails(FAILS, LOOSE_TOO, of=LESS)],
            [True, False],
            id="a second scan that lacks something is news",
        ),
        pytest.param(
            [fails(FAILS, of=LESS), fails(FAILS, of=LESS), fails(FAILS, LOOSE_TOO)],
            [True, False],
            id="a start that is over does not come back with a complete scan",
        ),
        pytest.param(
            [NOT_READ, NOT_READ, fails(FAILS)], [True], id="attempts that read nothing do not count"
        ),
        pytest.param(
            [fails(FAILS), fails(FAILS, of=LESS), fails(FAILS, LOOSE_TOO)],
            [True, False],
            id="a later scan that lacks something starts nothing anew",
        ),
    ],
)
def test_a_history_starts_quietly(scans: list[Sight[Judged]], firsts: list[bool]) -> None:
    assert firsts == [turn.first for turn in remembered(*scans).turns]


@pytest.mark.parametrize(
    "scans, complete_at",
    [
        pytest.param([CALM], NOW, id="complete at once"),
        pytest.param([judged(of=LESS)], None, id="not yet"),
        pytest.param([judged(of=LESS), CALM], LATER, id="with the second scan"),
        pytest.param([judged(of=LESS), judged(of=LESS)], NOW, id="never: the first one has to do"),
    ],
)
def test_alerts_begin_after_the_start(
    scans: list[Sight[Judged]], complete_at: datetime | None
) -> None:
    memory = None
    for scan, now in zip(scans, (NOW, LATER), strict=False):
        memory = step(memory, scan, now)

    assert memory is not None
    assert complete_at == memory.complete_at


def test_known_debt_is_all_that_is_open() -> None:
    before = remembered(fails(FAILS, found(LOOSE)), fails(FAILS)).memory
    after = adopted(before, run=before.run)

    assert {OPEN: True, LOOSE: False} == {each.rule: each.adopted for each in after.findings}
    assert (before.version + 1, before.run, before.changed) == (
        after.version,
        after.run,
        after.changed,
    )


def test_known_debt_stays_so_until_it_is_resolved_and_its_turns_say_so() -> None:
    before = remembered(fails(FAILS)).memory
    debt = adopted(before, run=before.run)
    after = remembered(fails(WORSE), CALM, fails(WORSE), memory=debt)

    assert [(CHANGED, True), (RESOLVED, True), (REOPENED, False)] == [
        (turn.turn, turn.adopted) for turn in after.turns
    ]
    assert [] == [each for each in after.memory.findings if each.adopted]


def test_debt_that_was_paid_is_debt_no_longer() -> None:
    before = remembered(fails(FAILS)).memory

    assert not only(remembered(CALM, memory=adopted(before, run=before.run)).memory).adopted


PINNED = Memory(KEY, 1, run(1), NOW, uid=UID)
REPLACED = replace(PINNED, impostor=OTHER)


@pytest.mark.parametrize(
    "memory, uid, identity",
    [
        pytest.param(None, None, KEY, id="never met, not seen"),
        pytest.param(None, UID, UID, id="never met, seen"),
        pytest.param(replace(PINNED, uid=None), None, KEY, id="never seen"),
        pytest.param(replace(PINNED, uid=None), UID, UID, id="seen for the first time"),
        pytest.param(PINNED, UID, UID, id="seen again"),
        pytest.param(PINNED, None, UID, id="pinned and not seen now"),
        pytest.param(PINNED, OTHER, OTHER, id="another one"),
        pytest.param(REPLACED, None, OTHER, id="another one, not seen now"),
        pytest.param(REPLACED, OTHER, OTHER, id="another one again"),
        pytest.param(REPLACED, UID, UID, id="the pinned one is back"),
    ],
)
def test_whom_a_scan_is_about(memory: Memory | None, uid: ClusterUid | None, identity: str) -> None:
    assert identity == identity_of(memory, snapshot(uid))


def seen_as(uid: ClusterUid | None, *rules: str, identity: str = "") -> Seen[Judged]:
    """A scan of a cluster that shows this UID, in which some rules fail."""
    findings = (found(rule, identity=identity or uid or KEY, policy="p") for rule in rules)
    return judged(*findings, of=snapshot(uid))


def test_a_uid_that_cannot_be_seen_now_changes_nothing() -> None:
    after = remembered(seen_as(UID, OPEN), seen_as(None, OPEN, identity=UID))

    assert UID == after.memory.uid
    assert [OPENED] == [turn.turn for turn in after.turns]


def test_what_was_found_under_the_key_alone_goes_on_under_the_uid() -> None:
    unnamed = remembered(seen_as(None, OPEN, IDLE)).memory
    named = remembered(seen_as(UID, OPEN, IDLE), memory=unnamed)
    expected = sorted(found(rule, policy="p").fingerprint for rule in (OPEN, IDLE))

    assert (UID, ()) == (named.memory.uid, named.turns)
    assert expected == [each.fingerprint for each in named.memory.findings]


def replacement(*scans: Seen[Judged]) -> list[tuple[Turn, str]]:
    """The turns of what is found about a replacement."""
    found_turns = remembered(*scans).turns
    return [(turn.turn, turn.why) for turn in found_turns if turn.rule == REPLACED_RULE]


BACK, AGAIN = "the pinned cluster is back", "another cluster answers now"


@pytest.mark.parametrize(
    "scans, expected",
    [
        pytest.param([seen_as(UID), seen_as(UID)], [], id="the same one"),
        pytest.param([seen_as(None), seen_as(UID)], [], id="seen late"),
        pytest.param([seen_as(UID), seen_as(OTHER)], [(OPENED, "")], id="another one"),
        pytest.param(
            [seen_as(UID), seen_as(OTHER), seen_as(OTHER)], [(OPENED, "")], id="it stays another"
        ),
        pytest.param(
            [seen_as(UID), seen_as(OTHER), seen_as(UID)],
            [(OPENED, ""), (RESOLVED, BACK)],
            id="and is back",
        ),
        pytest.param(
            [seen_as(UID), seen_as(OTHER), seen_as(UID), seen_as(OTHER)],
            [(OPENED, ""), (RESOLVED, BACK), (REOPENED, "")],
            id="to and fro",
        ),
    ],
)
def test_a_replacement_is_a_finding(
    scans: list[Seen[Judged]], expected: list[tuple[Turn, str]]
) -> None:
    assert expected == replacement(*scans)


def test_a_third_cluster_takes_the_place_of_the_second() -> None:
    told = replacement(seen_as(UID), seen_as(OTHER), seen_as(THIRD))

    assert [(OPENED, ""), (OPENED, ""), (RESOLVED, AGAIN)] == sorted(told)


def test_a_replacement_names_both_and_keeps_the_pinned_uid() -> None:
    memory = remembered(seen_as(UID), seen_as(OTHER)).memory
    (finding,) = memory.open

    assert (UID, OTHER) == (memory.uid, memory.impostor)
    assert UID in finding.summary
    assert OTHER in finding.summary
    assert (REPLACED_RULE, "", Severity.HIGH) == (
        finding.rule,
        finding.namespace,
        finding.severity,
    )


def test_another_cluster_starts_a_history_of_its_own() -> None:
    """The old one's findings are forgotten, not resolved; the replacement alone is news."""
    before = remembered(seen_as(UID, OPEN)).memory
    after = remembered(seen_as(OTHER, OPEN, IDLE), memory=before)
    expected = {found(rule, policy="p", identity=OTHER).fingerprint for rule in (OPEN, IDLE)}

    assert (REPLACED_RULE, False) == (after.turns[0].rule, after.turns[0].first)
    assert [(OPENED, True)] * 2 == [(turn.turn, turn.first) for turn in after.turns[1:]]
    assert expected == {
        each.fingerprint for each in after.memory.open if each.rule != REPLACED_RULE
    }


def test_the_pinned_cluster_that_is_back_goes_on_where_it_was_known_debt_and_all() -> None:
    first = remembered(seen_as(UID, OPEN)).memory
    known = adopted(first, run=first.run)
    before = remembered(seen_as(OTHER, IDLE), memory=known).memory
    after = remembered(seen_as(UID, OPEN), memory=before)

    assert [(REPLACED_RULE, RESOLVED)] == [(turn.rule, turn.turn) for turn in after.turns]
    assert [(OPEN, True)] == [(each.rule, each.adopted) for each in after.memory.open]
    assert (UID, None, None) == (after.memory.uid, after.memory.impostor, after.memory.aside)
    assert known.complete_at == after.memory.complete_at


def test_a_start_that_was_not_complete_starts_anew_with_another_cluster() -> None:
    before = remembered(judged(of=LESS), judged(of=LESS)).memory
    first = remembered(judged(of=replace(LESS, uid=Seen(OTHER))), memory=before).memory

    assert NOW == before.complete_at
    assert None is first.complete_at


def test_a_replacement_that_a_person_confirms_is_resolved_by_the_next_scan() -> None:
    before = remembered(seen_as(UID), seen_as(OTHER, OPEN)).memory
    named = confirmed(before, run=before.run)
    after = remembered(seen_as(OTHER, OPEN), memory=named)

    assert (OTHER, None, before.version + 1) == (named.uid, named.impostor, named.version)
    assert [(REPLACED_RULE, RESOLVED, "the replacement was confirmed")] == [
        (turn.rule, turn.turn, turn.why) for turn in after.turns
    ]
    assert [OPEN] == [each.rule for each in after.memory.open]


def test_a_replacement_is_confirmed_even_where_the_uid_cannot_be_seen_now() -> None:
    before = remembered(seen_as(UID), seen_as(OTHER)).memory
    after = remembered(seen_as(None), memory=confirmed(before, run=before.run))

    assert [RESOLVED] == [turn.turn for turn in after.turns]


@pytest.mark.parametrize(
    "memory",
    [
        pytest.param(PINNED, id="the pinned one answers"),
        pytest.param(replace(PINNED, uid=None), id="none was seen"),
    ],
)
def test_where_nothing_was_replaced_there_is_nothing_to_confirm(memory: Memory) -> None:
    with pytest.raises(Trouble, match="nothing to confirm"):
        confirmed(memory, run=run(2))
