"""Scanning: one order, one cluster, one entry; again, late or at once changes nothing twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.unit.analyse.hand_made import namespace
from tests.unit.flow.posts import (
    AWAY,
    NOW,
    ONE,
    THREE,
    TWO,
    A,
    B,
    Killed,
    Places,
    Post,
    closed_town,
    open_town,
)
from tests.unit.remediate.planned import UID

from seawall.demo.memories import DemoMemories
from seawall.flow.remembering import adopted
from seawall.flow.scanning import MOST_ROUNDS
from seawall.model.cluster import ClusterKey
from seawall.model.errors import TryLater
from seawall.model.fleet import ClusterRecord, Sighting
from seawall.model.memory import Memory, Transition, Turn
from seawall.model.messages import FindingsChanged, RunId
from seawall.model.run import End, Entry
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot


class Raced(DemoMemories):
    """Memories that somebody else writes just before us, so many times."""

    def __init__(self, races: int) -> None:
        super().__init__()
        self.races = races
        self.attempts: list[str] = []

    def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:
        """Lose the race, or write it."""
        self.attempts.append(attempt)
        before = self.recall(memory.key)
        if self.races and before is not None:
            self.races -= 1
            super().keep(adopted(before, run=before.run), (), attempt="a person")
        return super().keep(memory, turns, attempt=attempt)


def test_a_cluster_is_read_remembered_entered_and_told_on() -> None:
    post = Post()
    entry = post.scan()
    memory = post.memory()

    assert Entry(ONE, A, End.SCANNED, NOW) == entry
    assert (entry,) == post.runs.entries(ONE)
    assert (1, ONE, UID) == (memory.version, memory.run, memory.uid)
    assert memory.open
    assert [FindingsChanged(ONE, A, 1, tuple(f.fingerprint for f in memory.open))] == (
        post.outbox.messages
    )
    assert {Turn.OPENED} == {turn.turn for turn in post.memories.turns()}


def test_an_order_for_a_cluster_that_nobody_found_is_refused_and_leaves_no_trace() -> None:
    post = Post()
    forged = ClusterKey("https://evil.invalid")
    entry = post.scan(forged)

    assert (End.SKIPPED, "the inventory does not know it") == (entry.end, entry.why)
    assert ((), [], []) == (post.runs.entries(ONE), post.places.looked, post.outbox.messages)
    assert None is post.memories.recall(forged)


def test_a_cluster_that_is_gone_is_skipped_and_not_asked() -> None:
    post = Post()
    post.found(B)
    entry = post.scan(A)

    assert (End.SKIPPED, "gone from aws:1/eu-west-1") == (entry.end, entry.why)
    assert ((entry,), []) == (post.runs.entries(ONE), post.places.looked)


def test_one_whose_scope_could_not_be_looked_at_is_scanned() -> None:
    post = Post()
    post.inventory.observe(Sighting("aws:1/eu-west-1", Unseen("AccessDenied")), now=NOW)

    assert End.SCANNED is post.scan().end


def test_the_same_cluster_under_a_second_key_is_skipped() -> None:
    post = Post()
    post.places.sights[B] = Seen(open_town(B))
    post.scan(A)
    entry = post.scan(B)

    assert (End.SKIPPED, "the same cluster as a, judged there") == (entry.end, entry.why)
    assert (None, 1) == (post.memories.recall(B), len(post.outbox.messages))
    assert {A: End.SCANNED, B: End.SKIPPED} == {e.cluster: e.end for e in post.runs.entries(ONE)}


def test_where_the_first_key_is_gone_it_is_judged_under_the_second() -> None:
    post = Post()
    post.places.sights[B] = Seen(open_town(B))
    post.scan(A)
    post.found(B)

    assert End.SCANNED is post.scan(B, TWO).end
    assert post.memory(B).open


def test_where_the_first_key_leads_nowhere_any_more_it_is_judged_under_the_second() -> None:
    post = Post()
    post.places.sights[B] = Seen(open_town(B))
    post.scan(A)
    post.places.sights[A] = AWAY
    post.scan(A, TWO)

    assert End.SCANNED is post.scan(B, TWO).end


def test_a_cluster_that_suddenly_shows_the_uid_of_another_is_judged_and_says_so() -> None:
    post = Post()
    post.scan(A)
    post.scan(B)
    post.places.sights[B] = Seen(open_town(B))
    entry = post.scan(B, TWO)

    assert End.SCANNED is entry.end
    assert UID == post.memory(B).impostor
    assert "cluster-replaced" in {finding.rule for finding in post.memory(B).open}


def test_a_cluster_whose_uid_is_not_seen_is_nobodys_namesake() -> None:
    post = Post()
    for key in (A, B):
        post.places.sights[key] = Seen(replace(open_town(key), uid=Unseen("403 Forbidden")))

    assert [End.SCANNED] * 2 == [post.scan(A).end, post.scan(B).end]


def test_a_cluster_that_cannot_be_read_is_unseen_with_the_reason_and_keeps_what_was_known() -> None:
    post = Post()
    post.scan()
    known = post.memory().findings
    post.places.sights[A] = AWAY
    entry = post.scan(run=TWO)

    assert (End.UNSEEN, AWAY.why) == (entry.end, entry.why)
    assert (known, AWAY.why) == (post.memory().findings, post.memory().unseen)
    assert FindingsChanged(TWO, A, 2) == post.outbox.messages[-1]


@pytest.mark.parametrize("sight", [Seen(open_town(A)), AWAY], ids=["seen", "unseen"])
def test_an_order_that_comes_twice_reads_once_and_says_the_same(sight: Sight[Snapshot]) -> None:
    post = Post()
    post.places.sights[A] = sight
    first = post.scan(attempt="1")
    memory = post.memory()
    second = post.scan(attempt="2", now=NOW + timedelta(minutes=1))

    assert replace(first, at=second.at) == second
    assert ((first,), [A], memory) == (
        post.runs.entries(ONE),
        post.places.looked,
        post.memory(),
    )
    first_message, second_message = post.outbox.messages
    assert first_message == second_message


def test_killed_between_memory_and_message_the_message_is_sent_by_the_next_delivery() -> None:
    post = Post()
    post.outbox.dies = True
    with pytest.raises(Killed):
        post.scan(attempt="1")
    between = post.runs.entries(ONE)
    post.scan(attempt="2")

    assert () == between
    assert [End.SCANNED] == [entry.end for entry in post.runs.entries(ONE)]
    changed = tuple(finding.fingerprint for finding in post.memory().open)
    assert [FindingsChanged(ONE, A, 1, changed)] == post.outbox.messages


def test_each_run_reads_anew() -> None:
    post = Post()
    post.scan()
    post.places.sights[A] = Seen(closed_town())
    post.scan(run=TWO)

    assert [A, A] == post.places.looked
    assert 2 == post.memory().version
    assert [Turn.RESOLVED] == [turn.turn for turn in post.memories.turns() if turn.run == TWO]
    assert post.outbox.messages[-1] == FindingsChanged(
        TWO, A, 2, tuple(turn.fingerprint for turn in post.memories.turns() if turn.run == TWO)
    )


def test_a_quiet_run_sends_its_message_all_the_same() -> None:
    post = Post()
    post.scan()
    post.scan(run=TWO)

    assert FindingsChanged(TWO, A, 2) == post.outbox.messages[-1]


def test_who_loses_a_race_begins_again_with_what_the_other_wrote() -> None:
    memories = Raced(races=0)
    post = Post(memories)
    post.scan()
    memories.races = 1
    memories.attempts.clear()
    post.scan(run=TWO, attempt="mine")

    assert ["mine/0", "mine/1"] == memories.attempts
    assert {True} == {finding.adopted for finding in post.memory().open}
    assert (3, TWO) == (post.memory().version, post.memory().run)
    assert [A, A] == post.places.looked


def test_findings_are_named_anew_when_somebody_else_pinned_the_uid_first() -> None:
    class Pinned(DemoMemories):
        pins = False

        def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:
            if self.pins:
                self.pins = False
                post.places.sights[A] = Seen(open_town(A))
                post.scan(run=THREE, attempt="theirs")
            return super().keep(memory, turns, attempt=attempt)

    memories = Pinned()
    post = Post(memories)
    post.places.sights[A] = Seen(replace(open_town(A), uid=Unseen("403 Forbidden")))
    post.scan()
    memories.pins = True
    post.scan(run=TWO)

    assert (3, TWO, UID) == (post.memory().version, post.memory().run, post.memory().uid)
    assert {Turn.OPENED} == {turn.turn for turn in post.memories.turns()}
    assert {ONE} == {turn.run for turn in post.memories.turns()}


@pytest.mark.parametrize(
    "races, wins", [(MOST_ROUNDS - 1, True), (MOST_ROUNDS, False)], ids=["in time", "for too long"]
)
def test_a_race_is_run_a_few_times_and_then_later(races: int, *, wins: bool) -> None:
    memories = Raced(races=0)
    post = Post(memories)
    post.scan()
    memories.races = races

    if wins:
        assert End.SCANNED is post.scan(run=TWO).end
    else:
        with pytest.raises(TryLater, match="a: its memory is written by others all the time"):
            post.scan(run=TWO)
        assert () == post.runs.entries(TWO)


def test_of_two_copies_of_an_order_at_once_one_writes_and_both_say_the_same() -> None:
    post = Post()

    class Slow(Places):
        def snapshot(self, record: ClusterRecord, *, now: datetime) -> Sight[Snapshot]:
            found = super().snapshot(record, now=now)
            if len(self.looked) == 1:
                post.scan(attempt="the quicker one")
            return found

    post.places = Slow(post.places.sights)
    entry = post.scan(attempt="the slower one")

    assert (1, [A, A]) == (post.memory().version, post.places.looked)
    assert (entry,) == post.runs.entries(ONE)
    first, second = post.outbox.messages
    assert first == second


def test_a_copy_that_could_not_read_what_the_quicker_one_read_tells_of_no_loss() -> None:
    post = Post()

    class Slow(Places):
        def snapshot(self, record: ClusterRecord, *, now: datetime) -> Sight[Snapshot]:
            if not self.looked:
                super().snapshot(record, now=now)
                post.scan(attempt="the quicker one")
                return AWAY
            return super().snapshot(record, now=now)

    post.places = Slow(post.places.sights)
    entry = post.scan(attempt="the slower one")

    assert (End.SCANNED, []) == (entry.end, post.told())


def test_a_cluster_that_is_lost_from_sight_is_told_once_and_once_that_it_is_back() -> None:
    post = Post()
    post.scan()
    for run in (TWO, THREE):
        post.places.sights[A] = AWAY
        post.scan(run=run)
    lost = post.told()
    for run in (RunId("4"), RunId("5")):
        post.places.sights[A] = Seen(open_town(A))
        post.scan(run=run)

    assert [f"could not be read: {AWAY.why}"] == lost
    assert [*lost, "can be read again"] == post.told()


def test_a_cluster_that_was_never_seen_is_told_too() -> None:
    post = Post()
    post.places.sights[A] = AWAY
    post.scan()

    assert [f"could not be read: {AWAY.why}"] == post.told()


def test_a_part_that_is_unseen_is_no_cluster_that_is_lost() -> None:
    post = Post()
    post.places.sights[A] = Seen(replace(open_town(A), nodes=Unseen("403 Forbidden")))
    entry = post.scan()

    assert (End.SCANNED, "", []) == (entry.end, entry.why, post.told())
    assert ("nodes",) == post.memory().counts.unseen


def test_a_notice_is_kept_once_though_the_process_is_killed_behind_it() -> None:
    class Dying(DemoMemories):
        dies = True

        def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:
            if self.dies:
                self.dies = False
                raise Killed
            return super().keep(memory, turns, attempt=attempt)

    post = Post(Dying())
    post.places.sights[A] = AWAY
    with pytest.raises(Killed):
        post.scan(attempt="1")
    post.scan(attempt="2")

    assert [f"could not be read: {AWAY.why}"] == post.told()


def test_findings_are_named_by_the_uid_and_by_the_key_while_it_was_never_seen() -> None:
    post = Post()
    blind = replace(
        open_town(A), uid=Unseen("403 Forbidden"), namespaces=Seen((namespace("shop"),))
    )
    post.places.sights[A] = Seen(blind)
    post.scan()
    by_key = {finding.fingerprint for finding in post.memory().findings}
    turns = len(post.memories.turns())
    post.places.sights[A] = Seen(replace(blind, uid=Seen(UID)))
    post.scan(run=TWO)
    by_uid = {finding.fingerprint for finding in post.memory().findings}
    post.places.sights[A] = Seen(blind)
    post.scan(run=THREE)

    assert (UID, turns) == (post.memory().uid, len(post.memories.turns()))
    assert by_key.isdisjoint(by_uid)
    assert by_uid == {finding.fingerprint for finding in post.memory().findings}
