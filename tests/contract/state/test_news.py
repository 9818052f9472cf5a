"""News: told once, in the order it came; a digest waits until it was sent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.contract.state.ports import Ports
from tests.contract.state.values import (
    ADA,
    BOB,
    HOSTILE,
    LATER_BOB,
    MONDAY,
    RUN,
    TUESDAY,
    digest,
    full_digest,
    memory,
    notice,
    turn,
)

from seawall.model.digest import DigestId
from seawall.model.errors import TryLater
from seawall.model.fleet import AHEAD
from seawall.model.messages import RunId
from seawall.model.telling import Teller

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def told_of(ports: Ports) -> Ports:
    """Two turns and two notices that nobody was told of."""
    ports.memories.keep(memory("prod"), [turn("prod", 1)], attempt="a")
    ports.news.note(RUN, notice("could not be read"), now=TUESDAY)
    ports.memories.keep(memory("dev"), [turn("dev", 2)], attempt="b")
    ports.news.note(RUN, notice("closed", plan="p"), now=MONDAY)
    return ports


def test_there_is_no_news_at_first(ports: Ports) -> None:
    untold = ports.news.untold()

    assert ((), ()) == (untold.turns, untold.notices)


def test_what_nobody_was_told_comes_the_oldest_first(told_of: Ports, others: Ports) -> None:
    untold = others.news.untold()

    assert (turn("prod", 1), turn("dev", 2)) == untold.turns
    assert (notice("could not be read"), notice("closed", plan="p")) == untold.notices
    assert untold == told_of.news.untold()


def test_the_same_words_of_a_run_are_kept_once(ports: Ports, others: Ports) -> None:
    ports.news.note(RUN, notice(HOSTILE), now=MONDAY)
    others.news.note(RUN, notice(HOSTILE), now=TUESDAY)

    assert (notice(HOSTILE),) == ports.news.untold().notices


def test_the_same_words_of_a_run_are_kept_once_after_they_were_told(told_of: Ports) -> None:
    told_of.news.draft(digest("d", notice("x")), told_of.news.untold(), ADA)
    told_of.news.note(RUN, notice("could not be read"), now=TUESDAY)

    assert () == told_of.news.untold().notices


def test_what_differs_in_anything_is_another_notice(ports: Ports) -> None:
    for run in (RUN, RunId("later")):
        for each in (notice("x"), notice("y"), notice("x", name="dev"), notice("x", plan="p")):
            ports.news.note(run, each, now=MONDAY)

    assert 8 == len(ports.news.untold().notices)


def test_a_digest_takes_up_what_it_was_made_of(told_of: Ports, others: Ports) -> None:
    made = full_digest("d")

    assert made == told_of.news.draft(made, told_of.news.untold(), ADA)
    assert ((), ()) == (others.news.untold().turns, others.news.untold().notices)


def test_what_came_meanwhile_is_left_for_the_next_digest(told_of: Ports) -> None:
    untold = told_of.news.untold()
    told_of.memories.keep(memory("prod", version=2), [turn("prod", 3)], attempt="c")
    told_of.news.note(RUN, notice("can be read again"), now=MONDAY)
    told_of.news.draft(full_digest("d"), untold, ADA)

    left = told_of.news.untold()
    assert ((turn("prod", 3),), (notice("can be read again"),)) == (left.turns, left.notices)


def test_the_history_keeps_what_was_told(told_of: Ports) -> None:
    told_of.news.draft(full_digest("d"), told_of.news.untold(), ADA)

    assert (turn("prod", 1), turn("dev", 2)) == told_of.fleet.history(None, 10)


def test_a_digest_that_waits_comes_first_as_it_was(told_of: Ports, others: Ports) -> None:
    waiting = full_digest("d")
    told_of.news.draft(waiting, told_of.news.untold(), ADA)
    told_of.news.note(RUN, notice("new"), now=MONDAY)
    untold = others.news.untold()

    assert waiting == others.news.draft(digest("e", notice("new")), untold, LATER_BOB)
    assert waiting == others.news.draft(digest("nothing to tell"), untold, LATER_BOB)
    assert untold == others.news.untold()


def test_after_it_was_sent_the_next_digest_has_its_turn(told_of: Ports) -> None:
    told_of.news.draft(full_digest("d"), told_of.news.untold(), ADA)
    told_of.news.note(RUN, notice("new"), now=MONDAY)
    told_of.news.sent(DigestId("d"))
    made = digest("e", notice("new"))

    assert made == told_of.news.draft(made, told_of.news.untold(), ADA)
    assert () == told_of.news.untold().notices


def test_what_was_sent_is_not_sent_again(told_of: Ports) -> None:
    told_of.news.draft(full_digest("d"), told_of.news.untold(), ADA)
    told_of.news.sent(DigestId("d"))
    told_of.news.sent(DigestId("d"))

    assert None is told_of.news.draft(digest("nothing to tell"), told_of.news.untold(), ADA)


def test_another_digest_sent_does_not_release_the_one_that_waits(told_of: Ports) -> None:
    waiting = full_digest("d")
    told_of.news.draft(waiting, told_of.news.untold(), ADA)
    told_of.news.sent(DigestId("another"))

    assert waiting == told_of.news.draft(digest("nothing to tell"), told_of.news.untold(), ADA)


def test_an_empty_digest_takes_up_what_nobody_need_be_told(told_of: Ports) -> None:
    assert None is told_of.news.draft(digest("nothing to tell"), told_of.news.untold(), ADA)
    assert ((), ()) == (told_of.news.untold().turns, told_of.news.untold().notices)


def test_of_two_that_make_the_same_digest_at_once_one_tells_it(
    told_of: Ports, others: Ports
) -> None:
    made = full_digest("d")
    mine, theirs = told_of.news.untold(), others.news.untold()

    assert made == told_of.news.draft(made, mine, ADA)
    assert None is others.news.draft(made, theirs, BOB)


@pytest.mark.parametrize(
    "second, given",
    [
        pytest.param(BOB, False, id="another one, at the same time"),
        pytest.param(replace(BOB, now=ADA.until - MOMENT), False, id="another one, too early"),
        pytest.param(replace(BOB, now=ADA.until), True, id="another one, when its time is over"),
        pytest.param(replace(BOB, now=MONDAY - AHEAD), False, id="another one, with a slow clock"),
        pytest.param(
            replace(BOB, now=MONDAY - AHEAD - MOMENT), True, id="its clock was wrong, far ahead"
        ),
        pytest.param(replace(BOB, is_dead=lambda name: name == "ada"), True, id="the first died"),
        pytest.param(replace(BOB, is_dead=lambda name: name == "bob"), False, id="it lives"),
        pytest.param(replace(ADA, now=MONDAY + MOMENT), True, id="itself"),
    ],
)
def test_a_digest_is_given_to_one_teller_at_a_time(
    second: Teller,
    given: bool,  # noqa: FBT001  a column of the table
    told_of: Ports,
    others: Ports,
) -> None:
    waiting = full_digest("d")
    told_of.news.draft(waiting, told_of.news.untold(), ADA)
    told_of.news.note(RUN, notice("new"), now=MONDAY)
    untold = others.news.untold()

    expected = waiting if given else None
    assert expected == others.news.draft(digest("e", notice("new")), untold, second)
    assert (notice("new"),) == told_of.news.untold().notices


def test_who_is_given_it_next_has_as_much_time(told_of: Ports, others: Ports) -> None:
    waiting = full_digest("d")
    told_of.news.draft(waiting, told_of.news.untold(), ADA)
    others.news.draft(waiting, others.news.untold(), LATER_BOB)
    too_early = replace(ADA, now=LATER_BOB.until - MOMENT)

    assert None is told_of.news.draft(waiting, told_of.news.untold(), too_early)
    again = replace(ADA, now=LATER_BOB.until)
    assert waiting == told_of.news.draft(waiting, told_of.news.untold(), again)


def test_a_digest_that_was_sent_leaves_nobody_waiting_for_the_next(
    told_of: Ports, others: Ports
) -> None:
    told_of.news.draft(full_digest("d"), told_of.news.untold(), ADA)
    told_of.news.sent(DigestId("d"))
    told_of.news.note(RUN, notice("new"), now=MONDAY)
    made = digest("e", notice("new"))

    assert made == others.news.draft(made, others.news.untold(), BOB)


def test_something_waits_from_when_it_is_news_until_it_was_sent(
    ports: Ports, others: Ports
) -> None:
    waits = [others.news.waits()]
    ports.news.note(RUN, notice("new"), now=MONDAY)
    waits += [others.news.waits()]
    made = digest("d", notice("new"))
    ports.news.draft(made, ports.news.untold(), ADA)
    waits += [others.news.waits()]
    ports.news.sent(made.id)
    waits += [others.news.waits()]
    ports.memories.keep(memory("prod"), [turn("prod", 1)], attempt="a")
    waits += [others.news.waits()]
    ports.news.draft(digest("nothing to tell"), ports.news.untold(), ADA)
    waits += [others.news.waits()]

    assert [False, True, True, False, True, False] == waits


def test_to_ask_if_something_waits_takes_nothing_from_anybody(
    told_of: Ports, others: Ports
) -> None:
    made = full_digest("d")
    told_of.news.draft(made, told_of.news.untold(), ADA)

    assert others.news.waits()
    assert made == told_of.news.draft(made, told_of.news.untold(), ADA)


def test_what_another_has_told_is_not_told_again(told_of: Ports, others: Ports) -> None:
    made = full_digest("d")
    theirs = others.news.untold()
    told_of.news.draft(made, told_of.news.untold(), ADA)
    told_of.news.sent(made.id)

    assert None is others.news.draft(made, theirs, BOB)


def test_a_digest_of_which_a_part_was_told_is_made_anew(told_of: Ports, others: Ports) -> None:
    mine = told_of.news.untold()
    told_of.news.note(RUN, notice("new"), now=MONDAY)
    theirs = others.news.untold()
    told_of.news.draft(full_digest("d"), mine, ADA)
    told_of.news.sent(DigestId("d"))

    with pytest.raises(TryLater):
        others.news.draft(digest("e", *theirs.notices), theirs, BOB)

    assert (notice("new"),) == others.news.untold().notices


def test_a_digest_may_say_what_one_said_long_ago(told_of: Ports) -> None:
    made = digest("d", notice("x"))
    told_of.news.draft(made, told_of.news.untold(), ADA)
    told_of.news.sent(made.id)
    told_of.news.note(RunId("later"), notice("x"), now=TUESDAY)

    assert made == told_of.news.draft(made, told_of.news.untold(), ADA)


def test_a_digest_of_nothing_that_is_untold_waits_as_well(ports: Ports) -> None:
    made = full_digest("d")

    assert made == ports.news.draft(made, ports.news.untold(), ADA)
    assert made == ports.news.draft(digest("nothing to tell"), ports.news.untold(), ADA)


def test_two_fleets_do_not_meet(told_of: Ports, west: Ports) -> None:
    west.news.note(RUN, notice("west"), now=MONDAY)
    waiting = digest("w", notice("west"))
    west.news.draft(waiting, west.news.untold(), ADA)

    made = full_digest("d")
    assert made == told_of.news.draft(made, told_of.news.untold(), ADA)
    told_of.news.sent(made.id)
    assert waiting == west.news.draft(digest("nothing to tell"), west.news.untold(), ADA)
