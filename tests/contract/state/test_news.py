"""News: told once, in the order it came; a digest waits until it was sent."""

import pytest
from tests.contract.state.ports import Ports
from tests.contract.state.values import (
    HOSTILE,
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
from seawall.model.messages import RunId


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
    told_of.news.draft(digest("d", notice("x")), told_of.news.untold())
    told_of.news.note(RUN, notice("could not be read"), now=TUESDAY)

    assert () == told_of.news.untold().notices


def test_what_differs_in_anything_is_another_notice(ports: Ports) -> None:
    for run in (RUN, RunId("later")):
        for each in (notice("x"), notice("y"), notice("x", name="dev"), notice("x", plan="p")):
            ports.news.note(run, each, now=MONDAY)

    assert 8 == len(ports.news.untold().notices)


def test_a_digest_takes_up_what_it_was_made_of(told_of: Ports, others: Ports) -> None:
    made = full_digest("d")

    assert made == told_of.news.draft(made, told_of.news.untold())
    assert ((), ()) == (others.news.untold().turns, others.news.untold().notices)


def test_what_came_meanwhile_is_left_for_the_next_digest(told_of: Ports) -> None:
    untold = told_of.news.untold()
    told_of.memories.keep(memory("prod", version=2), [turn("prod", 3)], attempt="c")
    told_of.news.note(RUN, notice("can be read again"), now=MONDAY)
    told_of.news.draft(full_digest("d"), untold)

    left = told_of.news.untold()
    assert ((turn("prod", 3),), (notice("can be read again"),)) == (left.turns, left.notices)


def test_the_history_keeps_what_was_told(told_of: Ports) -> None:
    told_of.news.draft(full_digest("d"), told_of.news.untold())

    assert (turn("prod", 1), turn("dev", 2)) == told_of.fleet.history(None, 10)


def test_a_digest_that_waits_comes_first_as_it_was(told_of: Ports, others: Ports) -> None:
    waiting = full_digest("d")
    told_of.news.draft(waiting, told_of.news.untold())
    told_of.news.note(RUN, notice("new"), now=MONDAY)
    untold = others.news.untold()

    assert waiting == others.news.draft(digest("e", notice("new")), untold)
    assert waiting == others.news.draft(digest("nothing to tell"), untold)
    assert untold == others.news.untold()


def test_after_it_was_sent_the_next_digest_has_its_turn(told_of: Ports) -> None:
    told_of.news.draft(full_digest("d"), told_of.news.untold())
    told_of.news.note(RUN, notice("new"), now=MONDAY)
    told_of.news.sent(DigestId("d"))
    made = digest("e", notice("new"))

    assert made == told_of.news.draft(made, told_of.news.untold())
    assert () == told_of.news.untold().notices


def test_what_was_sent_is_not_sent_again(told_of: Ports) -> None:
    told_of.news.draft(full_digest("d"), told_of.news.untold())
    told_of.news.sent(DigestId("d"))
    told_of.news.sent(DigestId("d"))

    assert None is told_of.news.draft(digest("nothing to tell"), told_of.news.untold())


def test_another_digest_sent_does_not_release_the_one_that_waits(told_of: Ports) -> None:
    waiting = full_digest("d")
    told_of.news.draft(waiting, told_of.news.untold())
    told_of.news.sent(DigestId("another"))

    assert waiting == told_of.news.draft(digest("nothing to tell"), told_of.news.untold())


def test_an_empty_digest_takes_up_what_nobody_need_be_told(told_of: Ports) -> None:
    assert None is told_of.news.draft(digest("nothing to tell"), told_of.news.untold())
    assert ((), ()) == (told_of.news.untold().turns, told_of.news.untold().notices)


def test_two_that_make_the_same_digest_at_once_share_it(told_of: Ports, others: Ports) -> None:
    made = full_digest("d")
    mine, theirs = told_of.news.untold(), others.news.untold()

    assert made == told_of.news.draft(made, mine)
    assert made == others.news.draft(made, theirs)


def test_what_another_has_told_is_not_told_again(told_of: Ports, others: Ports) -> None:
    made = full_digest("d")
    theirs = others.news.untold()
    told_of.news.draft(made, told_of.news.untold())
    told_of.news.sent(made.id)

    assert None is others.news.draft(made, theirs)


def test_a_digest_of_which_a_part_was_told_is_made_anew(told_of: Ports, others: Ports) -> None:
    mine = told_of.news.untold()
    told_of.news.note(RUN, notice("new"), now=MONDAY)
    theirs = others.news.untold()
    told_of.news.draft(full_digest("d"), mine)
    told_of.news.sent(DigestId("d"))

    with pytest.raises(TryLater):
        others.news.draft(digest("e", *theirs.notices), theirs)

    assert (notice("new"),) == others.news.untold().notices


def test_a_digest_may_say_what_one_said_long_ago(told_of: Ports) -> None:
    made = digest("d", notice("x"))
    told_of.news.draft(made, told_of.news.untold())
    told_of.news.sent(made.id)
    told_of.news.note(RunId("later"), notice("x"), now=TUESDAY)

    assert made == told_of.news.draft(made, told_of.news.untold())


def test_a_digest_of_nothing_that_is_untold_waits_as_well(ports: Ports) -> None:
    made = full_digest("d")

    assert made == ports.news.draft(made, ports.news.untold())
    assert made == ports.news.draft(digest("nothing to tell"), ports.news.untold())


def test_two_fleets_do_not_meet(told_of: Ports, west: Ports) -> None:
    west.news.note(RUN, notice("west"), now=MONDAY)
    waiting = digest("w", notice("west"))
    west.news.draft(waiting, west.news.untold())

    made = full_digest("d")
    assert made == told_of.news.draft(made, told_of.news.untold())
    told_of.news.sent(made.id)
    assert waiting == west.news.draft(digest("nothing to tell"), west.news.untold())
