"""What is told of many turns: the net of what is news, once, by cause."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.scans import KEY, LOOSE, NOW, OPEN, found, judged, remembered, run

from seawall.flow.digesting import digest
from seawall.flow.remembering import adopted
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Digest, Group, Notice, Summary, Untold
from seawall.model.finding import Severity
from seawall.model.memory import Memory, Transition, Turn
from seawall.model.plan import PlanId

OPENED, CHANGED, RESOLVED, REOPENED = Turn
LOW, HIGH, CRITICAL = Severity.LOW, Severity.HIGH, Severity.CRITICAL

NOBODY: dict[ClusterKey, Memory] = {}


def turn(  # noqa: PLR0913  what a test may want to differ in
    what: Turn = OPENED,
    name: str = "a",
    *,
    cluster: ClusterKey = KEY,
    rule: str = OPEN,
    severity: Severity = HIGH,
    summary: str = "",
    first: bool = False,
    adopted: bool = False,
) -> Transition:
    return Transition(
        run=run(1),
        cluster=cluster,
        at=NOW,
        turn=what,
        fingerprint=name,
        rule=rule,
        severity=severity,
        namespace="shop",
        summary=summary or name,
        first=first,
        adopted=adopted,
    )


def told(
    *turns: Transition,
    notices: tuple[Notice, ...] = (),
    memories: Mapping[ClusterKey, Memory] = NOBODY,
) -> Digest:
    return digest(Untold(turns, notices, "9/9"), memories, run=run(1), now=NOW)


def nets(*turns: Transition) -> list[Turn]:
    return [group.turn for group in told(*turns).groups]


@pytest.mark.parametrize(
    "turns, net",
    [
        pytest.param([OPENED], [OPENED], id="it opened"),
        pytest.param([OPENED, CHANGED], [OPENED], id="it opened and changed"),
        pytest.param([OPENED, RESOLVED], [], id="it came and went"),
        pytest.param([OPENED, RESOLVED, REOPENED], [OPENED], id="it opened, in the end"),
        pytest.param([OPENED, RESOLVED, REOPENED, RESOLVED], [], id="it came and went, twice"),
        pytest.param([CHANGED], [CHANGED], id="it changed"),
        pytest.param([CHANGED, CHANGED], [CHANGED], id="it changed twice"),
        pytest.param([CHANGED, RESOLVED], [RESOLVED], id="it changed and went"),
        pytest.param([RESOLVED], [RESOLVED], id="it went"),
        pytest.param([RESOLVED, REOPENED], [], id="it was away for a while"),
        pytest.param([RESOLVED, REOPENED, CHANGED], [CHANGED], id="it is back and changed"),
        pytest.param([CHANGED, RESOLVED, REOPENED], [CHANGED], id="it changed and was away"),
        pytest.param([RESOLVED, REOPENED, RESOLVED], [RESOLVED], id="it went, in the end"),
        pytest.param([REOPENED], [REOPENED], id="it is back"),
        pytest.param([REOPENED, CHANGED], [REOPENED], id="it is back as another"),
        pytest.param([REOPENED, RESOLVED], [], id="it was back for a while"),
    ],
)
def test_the_turns_of_a_finding_are_told_as_their_net(turns: list[Turn], net: list[Turn]) -> None:
    assert net == nets(*(turn(each) for each in turns))


def test_a_finding_is_told_as_it_is_in_the_end() -> None:
    before = turn(summary="open to some", severity=LOW)
    after = turn(CHANGED, summary="open to all", severity=CRITICAL)

    assert told(before, after).groups == (
        Group(OPENED, OPEN, CRITICAL, ((KEY, "shop", "open to all"),)),
    )


def test_findings_of_one_name_in_two_clusters_are_two() -> None:
    away = ClusterKey("test")

    assert [OPENED, RESOLVED] == nets(turn(), turn(RESOLVED, cluster=away))


@pytest.mark.parametrize(
    "turns, net",
    [
        pytest.param([turn(first=True)], [], id="the start of a history"),
        pytest.param([turn(RESOLVED, adopted=True)], [], id="known debt that was paid"),
        pytest.param([turn(CHANGED, adopted=True)], [], id="known debt that changed"),
        pytest.param(
            [turn(first=True), turn(RESOLVED)], [RESOLVED], id="what a history started with went"
        ),
        pytest.param(
            [turn(RESOLVED, adopted=True), turn(REOPENED)], [REOPENED], id="paid debt is back"
        ),
        pytest.param(
            [turn(), turn(RESOLVED, adopted=True)], [], id="it opened, was adopted and went"
        ),
        pytest.param(
            [turn(CHANGED), turn(first=True)], [], id="a new history counts it in its summary"
        ),
    ],
)
def test_the_start_of_a_history_and_known_debt_are_no_news(
    turns: list[Transition], net: list[Turn]
) -> None:
    assert net == nets(*turns)


def test_what_was_adopted_before_anybody_was_told_is_not_told() -> None:
    before = remembered(judged())
    opened = remembered(judged(found(), found(LOOSE)), memory=before.memory)
    debt = adopted(opened.memory, run=opened.memory.run)

    assert 2 == len(told(*opened.turns, memories={KEY: opened.memory}).groups)
    assert not told(*opened.turns, memories={KEY: debt})


def test_places_with_one_cause_are_one_group_however_many_clusters_they_are_in() -> None:
    test = ClusterKey("test")
    groups = told(
        turn(name="b"), turn(name="c", cluster=test), turn(name="a"), turn(name="d", severity=LOW)
    ).groups

    assert groups == (
        Group(OPENED, OPEN, HIGH, ((KEY, "shop", "a"), (KEY, "shop", "b"), (test, "shop", "c"))),
        Group(OPENED, OPEN, LOW, ((KEY, "shop", "d"),)),
    )


def test_the_gravest_comes_first_then_what_opened() -> None:
    groups = told(
        turn(RESOLVED, "a", severity=CRITICAL),
        turn(OPENED, "b", severity=LOW),
        turn(OPENED, "c", rule=LOOSE),
        turn(OPENED, "d"),
        turn(REOPENED, "e"),
        turn(OPENED, "f", severity=CRITICAL),
    ).groups

    assert [
        (OPENED, OPEN, CRITICAL),
        (RESOLVED, OPEN, CRITICAL),
        (OPENED, OPEN, HIGH),
        (OPENED, LOOSE, HIGH),
        (REOPENED, OPEN, HIGH),
        (OPENED, OPEN, LOW),
    ] == [(group.turn, group.rule, group.severity) for group in groups]


def test_a_history_that_starts_is_one_line() -> None:
    scan = judged(found(), found(namespace="kiosk"), found(LOOSE, severity=LOW))
    start = remembered(scan)

    assert told(*start.turns, memories={KEY: start.memory}).summaries == (
        Summary(KEY, 3, ((HIGH, 2), (LOW, 1))),
    )


def test_a_history_that_starts_with_nothing_open_is_no_line() -> None:
    start = remembered(judged())

    assert not told(*start.turns, memories={KEY: start.memory})


def test_summaries_come_by_cluster_and_tell_of_today() -> None:
    start = remembered(judged(found())).memory
    clusters = [ClusterKey(name) for name in ("b", "a")]
    turns = [turn(cluster=key, first=True) for key in clusters]
    memories = {key: replace(start, key=key, findings=()) for key in clusters}

    assert (Summary(clusters[1], 0, ()), Summary(clusters[0], 0, ())) == told(
        *turns, memories=memories
    ).summaries


def test_a_cluster_that_is_not_remembered_any_more_has_no_summary() -> None:
    assert not told(turn(first=True))


def test_notices_are_told_in_their_order() -> None:
    notices = (Notice(KEY, "b"), Notice(KEY, "a", PlanId("p")), Notice(KEY, "b"))

    assert notices == told(notices=notices).notices


def test_nothing_new_is_nothing_told() -> None:
    assert not told()


SOME = told(turn(), notices=(Notice(KEY, "can be read again"),))


def test_a_digest_is_known_by_what_it_tells_and_not_by_when() -> None:
    turns, notices = (turn(),), SOME.notices
    later = digest(Untold(turns, notices, "17/4"), NOBODY, run=run(1), now=NOW + timedelta(hours=1))

    assert SOME.id == later.id
    assert (run(1), NOW) == (SOME.run, SOME.at)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(told(turn()), id="less"),
        pytest.param(told(turn(RESOLVED), notices=SOME.notices), id="another turn"),
        pytest.param(told(turn(), notices=(Notice(KEY, "gone"),)), id="another notice"),
        pytest.param(
            digest(Untold((turn(),), SOME.notices, ""), NOBODY, run=run(2), now=NOW),
            id="the same again, in another run",
        ),
    ],
)
def test_digests_that_tell_something_else_are_told_apart(other: Digest) -> None:
    assert SOME.id != other.id
