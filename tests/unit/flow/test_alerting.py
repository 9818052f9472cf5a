"""Alerting: what nobody was told is told once to everybody, whoever is away meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.fleets import finding, memory, turn

from seawall.demo.alerts import Remembered
from seawall.demo.memories import DemoMemories, DemoNews
from seawall.flow.alerting import alert_changes
from seawall.flow.desks import AlertDesk, Process
from seawall.flow.ports import Alerts, News
from seawall.model.cluster import ClusterKey
from seawall.model.digest import Digest, DigestId, Notice, Untold
from seawall.model.errors import TryLater
from seawall.model.memory import Turn
from seawall.model.messages import RunId
from seawall.model.telling import LEASE, Teller

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
ONE, TWO = RunId("20261124T120000Z-000001"), RunId("20261124T121500Z-000002")
A = ClusterKey("a")
FIXED = Notice(A, "shop/isolate-ingress: closed and verified, by auto")
LOST = Notice(A, "could not be read: away")

ADA, BOB = Process("ada"), Process("bob")


class Killed(Exception):  # noqa: N818  what a killed process would not even raise
    """The process ends here."""


class KilledAfterSending(DemoNews):
    """The process ends, once, between the delivery and writing it down."""

    killed = False

    def sent(self, digest: DigestId) -> None:
        """Die, the first time."""
        if not self.killed:
            self.killed = True
            raise Killed
        super().sent(digest)


class Fleet:
    """News of one cluster, and who is told."""

    def __init__(self, *channels: Alerts, news: type[DemoNews] = DemoNews) -> None:
        self.memories = DemoMemories()
        self.news: News = news(self.memories)
        self.channels = channels

    def opened(self, version: int = 1, **changes: bool) -> None:
        """A finding opens."""
        known = memory("a", finding(), version=version)
        assert self.memories.keep(known, [turn("a", Turn.OPENED, **changes)], attempt="1")

    def alert(self, run: RunId = ONE, now: datetime = NOW, by: Process = ADA) -> tuple[Digest, ...]:
        """One run is over."""
        desk = AlertDesk(self.news, self.memories, self.channels, by)
        return alert_changes(run, desk, now=now)


def test_nothing_is_sent_where_nothing_changed() -> None:
    channel = Remembered()

    assert ((), []) == (Fleet(channel).alert(), channel.sent)


def test_what_changed_is_sent_once_to_every_channel() -> None:
    first, second = Remembered(), Remembered()
    fleet = Fleet(first, second)
    fleet.opened()
    fleet.news.note(ONE, FIXED, now=NOW)
    (digest,) = fleet.alert()
    again = fleet.alert(TWO, LATER)

    assert ([digest], [digest], ()) == (first.sent, second.sent, again)
    assert (ONE, NOW, (FIXED,)) == (digest.run, digest.at, digest.notices)
    assert [Turn.OPENED] == [group.turn for group in digest.groups]


def test_a_first_scan_gives_one_summary_of_today() -> None:
    channel = Remembered()
    fleet = Fleet(channel)
    fleet.opened(first=True)
    fleet.alert()
    (digest,) = channel.sent

    assert ([("a", 1)], ()) == ([(s.cluster, s.open) for s in digest.summaries], digest.groups)


def test_what_is_not_news_is_taken_up_and_never_told() -> None:
    channel = Remembered()
    fleet = Fleet(channel)
    fleet.opened(adopted=True)

    assert ((), ()) == (fleet.alert(), fleet.news.untold().turns)
    fleet.news.note(TWO, FIXED, now=LATER)
    (digest,) = fleet.alert(TWO, LATER)
    assert ((), (FIXED,)) == (digest.groups, digest.notices)


def test_a_fleet_that_nobody_listens_to_forgets_no_news_it_is_told() -> None:
    fleet = Fleet()
    fleet.opened()

    assert 1 == len(fleet.alert())
    assert () == fleet.alert(TWO, LATER)


def test_what_could_not_be_delivered_comes_first_next_time() -> None:
    channel = Remembered(away=1)
    fleet = Fleet(channel)
    fleet.opened()
    with pytest.raises(TryLater):
        fleet.alert()
    fleet.news.note(TWO, FIXED, now=LATER)
    old, new = fleet.alert(TWO, LATER)

    assert [old, new] == channel.sent
    assert [(ONE, 1, ()), (TWO, 0, (FIXED,))] == [
        (each.run, len(each.groups), each.notices) for each in (old, new)
    ]
    assert () == fleet.alert(TWO, LATER)


def test_what_could_not_be_delivered_is_delivered_though_nothing_else_is_new() -> None:
    channel = Remembered(away=1)
    fleet = Fleet(channel)
    fleet.opened()
    with pytest.raises(TryLater):
        fleet.alert()

    assert [ONE] == [digest.run for digest in fleet.alert(TWO, LATER)]
    assert () == fleet.alert(TWO, LATER)


def test_a_channel_that_was_told_may_be_told_again_and_knows_it_by_the_id() -> None:
    there, away = Remembered(), Remembered(away=1)
    fleet = Fleet(there, away)
    fleet.opened()
    with pytest.raises(TryLater):
        fleet.alert()
    fleet.alert(TWO, LATER)

    assert (2, 1, 1) == (len(there.sent), len(there.told), len(away.sent))


def test_killed_between_delivering_and_writing_it_down_it_is_delivered_with_the_same_id() -> None:
    channel = Remembered()
    fleet = Fleet(channel, news=KilledAfterSending)
    fleet.opened()
    with pytest.raises(Killed):
        fleet.alert()
    fleet.alert(TWO, LATER)

    assert (2, 1) == (len(channel.sent), len(channel.told))
    assert () == fleet.alert(TWO, LATER)


def test_of_a_teller_that_was_killed_nobody_tells_until_its_time_is_over() -> None:
    channel = Remembered()
    fleet = Fleet(channel, news=KilledAfterSending)
    fleet.opened()
    with pytest.raises(Killed):
        fleet.alert()
    soon = fleet.alert(TWO, NOW + LEASE - timedelta(seconds=1), BOB)
    (after,) = fleet.alert(TWO, NOW + LEASE, BOB)

    assert ((), ONE) == (soon, after.run)
    assert (2, 1) == (len(channel.sent), len(channel.told))


def test_of_a_teller_that_is_surely_dead_the_next_one_tells_at_once() -> None:
    channel = Remembered()
    fleet = Fleet(channel, news=KilledAfterSending)
    fleet.opened()
    with pytest.raises(Killed):
        fleet.alert()
    (after,) = fleet.alert(TWO, NOW, Process("bob", is_dead=lambda name: name == "ada"))

    assert channel.sent == [after, after]


def test_a_teller_has_its_time_from_its_own_clock_on() -> None:
    """A run on a laptop is told when it began; what it tells in the end is told much later."""
    fleet = Fleet(Remembered(away=1))
    fleet.opened()
    with pytest.raises(TryLater):
        fleet.alert(by=Process("ada", clock=lambda: LATER))

    assert () == fleet.alert(TWO, LATER, BOB)
    assert 1 == len(fleet.alert(TWO, NOW, Process("bob", clock=lambda: LATER + LEASE)))


@pytest.mark.parametrize("moment", ["untold", "draft", "send", "sent"])
def test_two_that_alert_at_once_tell_everything_and_nothing_twice(moment: str) -> None:
    channel = Remembered()
    fleet = Fleet(channel)
    fleet.opened()
    inner = fleet.news
    met: list[str] = []

    def other(name: str) -> None:
        """The second process has its turn, once, and maybe there is more to tell by then."""
        if name == moment and not met:
            met.append(name)
            inner.note(ONE, LOST, now=NOW)
            _late(AlertDesk(inner, fleet.memories, (channel,), BOB))

    class Between(DemoNews):
        def __init__(self) -> None:
            super().__init__(fleet.memories)

        def untold(self) -> Untold:
            found = inner.untold()
            other("untold")
            return found

        def draft(self, digest: Digest, untold: Untold, teller: Teller) -> Digest | None:
            found = inner.draft(digest, untold, teller)
            other("draft")
            return found

        def sent(self, digest: DigestId) -> None:
            other("send")
            inner.sent(digest)
            other("sent")

    _late(AlertDesk(Between(), fleet.memories, (channel,), ADA))
    told = list(channel.told.values())

    assert [moment] == met
    assert told == channel.sent
    assert [LOST] == [notice for digest in told for notice in digest.notices]
    assert [Turn.OPENED] == [group.turn for digest in told for group in digest.groups]
    assert not inner.waits()


def _late(desk: AlertDesk) -> None:
    try:
        alert_changes(ONE, desk, now=NOW)
    except TryLater:
        alert_changes(ONE, desk, now=NOW)
