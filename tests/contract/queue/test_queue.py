"""What every queue does."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.contract.queue.adapters import (
    ME,
    NOW,
    RUN,
    VISIBILITY_S,
    OpenQueue,
    after,
    ids,
    letter,
    order,
    received,
    taken_in_vain,
)

from seawall.model.cluster import ClusterKey
from seawall.model.errors import Trouble
from seawall.model.messages import FindingsChanged, Message, RunId
from seawall.publish.events import FINDINGS, SCANS, Letter, Malformed, decode
from seawall.publish.queue import MOST_TRIES, Queue, QueueCounts

if TYPE_CHECKING:
    from seawall.flow.ports import Outbox


def counted(queue: Queue, seconds: float = 0) -> tuple[int, int, int]:
    scans, _ = queue.counts(now=after(seconds))
    return scans.waiting, scans.in_flight, scans.dead


def test_what_is_sent_is_received_by_whoever_asks_for_its_kind(queue: Queue) -> None:
    outbox: Outbox = queue
    changed = FindingsChanged(RUN, ClusterKey("a"), 3, ("f1",))

    outbox.send([order("a"), changed], now=NOW)
    (scan,) = received(queue)
    (found,) = queue.receive(FINDINGS, now=NOW, most=10, visibility_s=1, owner=ME)

    assert order("a") == decode(scan.body, fleet="east", now=NOW)
    assert ("a", SCANS, 1) == (scan.group, scan.queue, scan.tries)
    assert changed == decode(found.body, fleet="east", now=NOW)
    assert ("a", FINDINGS, 1) == (found.group, found.queue, found.tries)


def test_letters_come_in_the_order_in_which_they_were_sent(queue: Queue) -> None:
    queue.post(map(letter, "dacb"), now=NOW)
    queue.post([letter("_")], now=after(-5))

    assert ["d", "a"] == ids(received(queue, most=2))
    assert ["c", "b", "_"] == ids(received(queue))


@pytest.mark.parametrize("state", ["waiting", "in flight", "delayed", "dead"])
def test_a_second_copy_is_dropped_while_the_first_is_anywhere(queue: Queue, state: str) -> None:
    queue.send([order("a"), order("a")], now=NOW)
    if state != "waiting":
        (taken,) = received(queue)
        if state == "delayed":
            queue.retry(taken.receipt, now=NOW, delay_s=50, why="busy")
    if state == "dead":
        taken_in_vain(queue, MOST_TRIES, start=after(VISIBILITY_S))

    queue.send([order("a")], now=after(1))

    assert 1 == sum(counted(queue))


def test_what_is_done_may_be_sent_again(queue: Queue) -> None:
    queue.send([order("a")], now=NOW)
    (taken,) = received(queue)

    assert queue.done(taken.receipt)
    assert (0, 0, 0) == counted(queue)

    queue.send([order("a")], now=NOW)

    assert (1, 0, 0) == counted(queue)


def test_all_or_none_is_sent(queue: Queue) -> None:
    def messages() -> Iterator[Message]:
        yield order("a")
        yield order("b")
        raise Trouble("the third cannot be made")

    with pytest.raises(Trouble, match="the third"):
        queue.send(messages(), now=NOW)
    with pytest.raises(Malformed):
        queue.send([order("a"), order("")], now=NOW)

    assert (0, 0, 0) == counted(queue)
    assert not queue.busy()


def test_nothing_to_send_is_nothing(queue: Queue) -> None:
    queue.send([], now=NOW)

    assert () == received(queue)


def test_nobody_else_gets_a_letter_until_its_time_has_run_out(queue: Queue) -> None:
    queue.send([order("a")], now=NOW)
    (first,) = received(queue)

    assert () == received(queue, now=after(VISIBILITY_S - 0.001))

    (second,) = received(queue, now=after(VISIBILITY_S))

    assert (first.id, 2) == (second.id, second.tries)
    assert first.receipt != second.receipt


def test_the_receipt_of_a_letter_that_was_taken_over_is_void(queue: Queue) -> None:
    queue.send([order("a")], now=NOW)
    (first,) = received(queue)
    (second,) = received(queue, now=after(VISIBILITY_S))

    assert not queue.done(first.receipt)
    assert not queue.retry(first.receipt, now=after(301), delay_s=0, why="late")
    assert not queue.extend(first.receipt, now=after(301), visibility_s=1)
    assert (0, 1, 0) == counted(queue, 302)
    assert queue.done(second.receipt)
    assert not queue.done(second.receipt)


def test_a_late_receipt_holds_while_nobody_took_the_letter_over(queue: Queue) -> None:
    queue.send([order("a")], now=NOW)
    (taken,) = received(queue)

    assert (1, 0, 0) == counted(queue, VISIBILITY_S)
    assert queue.done(taken.receipt)


@pytest.mark.parametrize("receipt", ["", "made-up"])
def test_a_made_up_receipt_is_void(queue: Queue, receipt: str) -> None:
    queue.send([order("a")], now=NOW)

    assert not queue.done(receipt)
    assert not queue.retry(receipt, now=NOW, delay_s=0, why="")
    assert not queue.extend(receipt, now=NOW, visibility_s=1)


def test_whoever_needs_longer_says_so(queue: Queue) -> None:
    queue.send([order("a")], now=NOW)
    (taken,) = received(queue)

    assert queue.extend(taken.receipt, now=after(200), visibility_s=VISIBILITY_S)
    assert () == received(queue, now=after(499))
    assert ["a"] == [each.group for each in received(queue, now=after(500))]


def test_a_letter_that_is_tried_again_waits_for_its_delay(queue: Queue) -> None:
    queue.send([order("a")], now=NOW)
    (taken,) = received(queue)

    assert queue.retry(taken.receipt, now=NOW, delay_s=8, why="throttled")
    assert not queue.done(taken.receipt)
    assert (1, 0, 0) == counted(queue)
    assert () == received(queue, now=after(7.9))
    assert [2] == [each.tries for each in received(queue, now=after(8))]


def test_one_letter_of_a_group_is_in_flight_and_the_next_one_follows_it(queue: Queue) -> None:
    queue.post([letter("1", "g"), letter("2", "g"), letter("x"), letter("3", "g")], now=NOW)

    first, other = received(queue)

    assert ["1", "x"] == ids((first, other))
    assert () == received(queue)
    assert queue.retry(first.receipt, now=NOW, delay_s=9, why="not yet")
    assert () == received(queue, now=after(8))  # in order: the second does not overtake

    (again,) = received(queue, now=after(9))

    assert "1" == again.id
    assert queue.done(again.receipt)
    assert ["2"] == ids(received(queue, now=after(9)))


def test_the_kinds_have_groups_of_their_own(queue: Queue) -> None:
    queue.post([letter("1", "g"), Letter("2", FINDINGS, "g", RUN, b"")], now=NOW)
    received(queue)

    assert 1 == len(queue.receive(FINDINGS, now=NOW, most=1, visibility_s=1, owner=ME))


def test_a_letter_taken_five_times_in_vain_is_dead_and_its_group_goes_on(queue: Queue) -> None:
    queue.post([letter("1", "g"), letter("2", "g")], now=NOW)
    end = taken_in_vain(queue, MOST_TRIES)

    assert ["2"] == ids(received(queue, now=end))

    (dead,) = queue.dead_letters()

    assert ("1", SCANS, "g", 5, end) == (dead.id, dead.queue, dead.group, dead.tries, dead.died_at)
    assert "taken 5 times and never finished, the last time by this-host:17" in dead.why
    assert (0, 1, 1) == counted(queue, VISIBILITY_S * MOST_TRIES)


def test_the_last_try_has_its_whole_time(queue: Queue) -> None:
    queue.post([letter("1")], now=NOW)
    last = taken_in_vain(queue, MOST_TRIES - 1)
    (taken,) = received(queue, now=last)

    assert () == received(queue, now=last)
    assert () == queue.dead_letters()
    assert queue.done(taken.receipt)


def test_a_letter_that_fails_five_times_is_dead_at_once_with_its_last_error(queue: Queue) -> None:
    queue.post([letter("1")], now=NOW)
    for number in range(MOST_TRIES):
        (taken,) = received(queue)
        assert queue.retry(taken.receipt, now=NOW, delay_s=0, why=f"failed: {number}")

    assert ["failed: 4"] == [each.why for each in queue.dead_letters()]
    assert not queue.busy()


def test_an_error_is_kept_short_and_as_text(queue: Queue) -> None:
    queue.post([letter("1")], now=NOW)
    for _ in range(MOST_TRIES):
        (taken,) = received(queue)
        queue.retry(taken.receipt, now=NOW, delay_s=0, why="\ud800\x00" + "x" * 5_000)

    (dead,) = queue.dead_letters()

    assert "\\ud800\x00" + "x" * 998 == dead.why


def test_nine_pass_and_the_poisoned_tenth_is_dead_with_the_reason(queue: Queue) -> None:
    queue.send([order(f"c{number}") for number in range(9)], now=NOW)
    queue.post([letter("poison", body=b'{"specversion":"1.0"')], now=NOW)
    passed, now = [], NOW
    for seconds in range(20):
        now = after(seconds)
        for taken in received(queue, now=now):
            try:
                passed.append(decode(taken.body, fleet="east", now=now).cluster)
            except Malformed as error:
                queue.retry(taken.receipt, now=now, delay_s=1, why=str(error))
            else:
                queue.done(taken.receipt)

    assert [f"c{number}" for number in range(9)] == passed
    assert (0, 0, 1) == counted(queue)

    (dead,) = queue.dead_letters()

    assert ("poison", 5) == (dead.id, dead.tries)
    assert "truncated" in dead.why
    assert {"poison"} == queue.redrive(["poison"], now=now)
    assert [("poison", 1)] == [(each.id, each.tries) for each in received(queue, now=now)]


def dead(queue: Queue, *letters: Letter) -> None:
    queue.post(letters, now=NOW)
    taken_in_vain(queue, MOST_TRIES)
    received(queue, now=after(9_000))


def test_dead_letters_are_redriven_by_id_or_all_and_have_five_tries_again(queue: Queue) -> None:
    dead(queue, *map(letter, "abc"))

    assert {"b"} == queue.redrive(["b", "unknown"], now=NOW)
    assert ["a", "c"] == [each.id for each in queue.dead_letters()]
    assert {"a", "c"} == queue.redrive(None, now=NOW)
    assert frozenset() == queue.redrive(None, now=NOW)
    assert (3, 0, 0) == counted(queue)

    taken_in_vain(queue, MOST_TRIES)

    assert (0, 0, 0) == (*counted(queue, 9_000)[1:], len(queue.dead_letters()))
    assert () == received(queue, now=after(9_000))
    assert 3 == len(queue.dead_letters())


def test_a_redriven_letter_does_not_overtake_the_one_in_flight(queue: Queue) -> None:
    dead(queue, letter("1", "g"))
    queue.post([letter("2", "g"), letter("3", "g")], now=NOW)
    (second,) = received(queue)
    queue.redrive(None, now=NOW)

    assert () == received(queue)

    order_of_rest = []
    queue.done(second.receipt)
    while taken := received(queue):
        order_of_rest += ids(taken)
        queue.done(taken[0].receipt)

    assert ["3", "1"] == order_of_rest


def test_what_a_dead_process_took_comes_back_at_once(queue: Queue) -> None:
    queue.post(map(letter, "abc"), now=NOW)
    (killed,) = received(queue, most=1, owner="this-host:666")
    received(queue, most=1, owner=ME)

    assert 0 == queue.release(lambda _: False, now=NOW)
    assert 1 == queue.release(lambda owner: owner == "this-host:666", now=NOW)
    assert not queue.done(killed.receipt)
    assert [("a", 2), ("c", 1)] == [(each.id, each.tries) for each in received(queue)]


def test_the_letter_that_kills_whoever_takes_it_is_dead_in_the_end(queue: Queue) -> None:
    queue.post([letter("a")], now=NOW)
    for _ in range(MOST_TRIES):
        received(queue, owner="this-host:666")
        queue.release(lambda _: True, now=NOW)

    (found,) = queue.dead_letters()

    assert "never finished, the last time by this-host:666" in found.why
    assert not queue.busy()


@pytest.mark.parametrize("back_s", [61, 3_600, 86_400 * 365], ids=["minute", "hour", "year"])
def test_a_clock_that_goes_back_holds_no_letter_longer_than_its_time(
    queue: Queue, back_s: int
) -> None:
    queue.post(map(letter, "abc"), now=NOW)
    (flying,) = received(queue, most=1)
    (failed,) = received(queue, most=1)
    queue.retry(failed.receipt, now=NOW, delay_s=8, why="busy")

    assert ["c"] == ids(received(queue, now=after(-back_s)))  # it is noticed here
    assert ["b"] == ids(received(queue, now=after(8 - back_s)))
    assert () == received(queue, now=after(299 - back_s))
    assert ["a", "c"] == ids(received(queue, now=after(VISIBILITY_S - back_s)))
    assert not queue.done(flying.receipt)


def test_a_clock_that_goes_back_takes_no_letter_from_who_works_at_it(queue: Queue) -> None:
    queue.post([letter("a")], now=NOW)
    (flying,) = received(queue)

    assert () == received(queue, now=after(-7_200))
    assert queue.done(flying.receipt)


def test_a_thread_with_an_older_time_changes_no_hold(queue: Queue) -> None:
    queue.post([letter("a")], now=NOW)
    received(queue)
    received(queue, now=after(-59))

    assert () == received(queue, now=after(299))


def test_the_counts_tell_the_kinds_and_the_age_of_the_oldest(queue: Queue) -> None:
    dead(queue, letter("d"))
    queue.post(map(letter, "ab"), now=NOW)
    queue.post([letter("c")], now=after(5))
    (first,) = received(queue, most=1)

    assert (
        QueueCounts(SCANS, waiting=2, in_flight=1, dead=1, oldest_s=7.5),
        QueueCounts(FINDINGS),
    ) == queue.counts(now=after(7.5))

    queue.done(first.receipt)

    assert [0.0] == [each.oldest_s for each in queue.counts(now=after(-5)) if each.waiting]


def test_letters_of_a_run_are_counted_until_they_are_done_or_dead(queue: Queue) -> None:
    queue.send([order("a"), order("b"), order("c"), order("a", "run-2")], now=NOW)
    (first,) = received(queue, most=1)

    assert 3 == queue.waiting(SCANS, RUN)
    assert 0 == queue.waiting(FINDINGS, RUN)

    queue.done(first.receipt)

    assert (2, 1) == (queue.waiting(SCANS, RUN), queue.waiting(SCANS, RunId("run-2")))

    received(queue, now=taken_in_vain(queue, MOST_TRIES))

    assert (0, 3) == (queue.waiting(SCANS, RUN), counted(queue)[2])
    assert not queue.busy()


def test_fleets_know_nothing_of_each_other(open_queue: OpenQueue) -> None:
    east, west = open_queue("east"), open_queue("west")
    east.post([letter("a")], now=NOW)
    (taken,) = received(east)

    assert () == received(west, now=after(9_000))
    assert not west.done(taken.receipt)
    assert 0 == west.release(lambda _: True, now=NOW)
    assert not west.busy()
    assert (0, 0, 0) == counted(west)

    west.post([letter("a")], now=NOW)
    taken_in_vain(east, MOST_TRIES, start=after(VISIBILITY_S))

    assert 1 == len(received(west))
    assert () == west.dead_letters()
    assert frozenset() == west.redrive(None, now=NOW)
    assert 1 == counted(east)[2]
