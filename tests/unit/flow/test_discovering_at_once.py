"""Two discoveries at once: what is told is what the inventory says, and the later look decides."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from tests.fleets import record

from seawall.demo.inventory import DemoInventory
from seawall.demo.memories import DemoMemories, DemoNews
from seawall.demo.queue import DemoQueue
from seawall.flow.desks import DiscoverDesk
from seawall.flow.discovering import Discovered, discover_fleet
from seawall.model.fleet import Presence, Sighting
from seawall.model.messages import RunId
from seawall.model.sight import Seen, Unseen

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)
A = record("a").ref
RUN = RunId("20261124T120000Z-000001")
HOLDS, LACKS = Sighting("one", Seen((A,))), Sighting("one", Seen(()))
UNSEEN = Sighting("one", Unseen("AccessDenied"))


@dataclass(frozen=True)
class Overtaken:
    """A look that takes long: another discovery looks later, and has written before it ends."""

    inventory: DemoInventory
    sighting: Sighting
    other: Sighting

    def look(self, *, now: datetime) -> Iterator[Sighting]:
        """What it saw when it began."""
        self.inventory.observe(self.other, now=now + timedelta(minutes=1))
        yield self.sighting


def overtaken(
    known: DemoInventory, sighting: Sighting, other: Sighting
) -> tuple[Discovered, list[str]]:
    """What came of it, and what was told."""
    news = DemoNews(DemoMemories())
    desk = DiscoverDesk((Overtaken(known, sighting, other),), known, news, DemoQueue("east"))
    found = discover_fleet(desk, run=RUN, now=NOW)
    return found, [notice.text for notice in news.untold().notices]


@pytest.mark.parametrize("first", [HOLDS, LACKS, UNSEEN])
@pytest.mark.parametrize("sighting", [HOLDS, LACKS, UNSEEN])
@pytest.mark.parametrize("other", [HOLDS, LACKS])
def test_a_look_that_was_overtaken_changes_nothing_and_tells_nothing(
    first: Sighting, sighting: Sighting, other: Sighting
) -> None:
    known, alone = DemoInventory(), DemoInventory()
    for inventory in (known, alone):
        inventory.observe(HOLDS, now=EARLIER)
        inventory.observe(first, now=EARLIER)
    alone.observe(other, now=LATER)

    _, told = overtaken(known, sighting, other)

    assert (alone.records(), []) == (known.records(), told)


def test_a_cluster_that_was_found_after_a_look_began_is_scanned_by_its_run_too() -> None:
    known = DemoInventory()
    found, told = overtaken(known, LACKS, HOLDS)

    assert [A.key] == [each.key for each in found.ordered]
    assert [Presence.PRESENT] == [each.presence for each in known.records()]
    assert [] == told
