"""Discovery: scopes into the inventory, an order for each cluster that is there or may be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product

import pytest

from seawall.demo.inventory import DemoInventory
from seawall.demo.memories import DemoMemories, DemoNews
from seawall.flow.desks import DiscoverDesk
from seawall.flow.discovering import Discovered, discover_fleet, misnamed, named
from seawall.model.cluster import ClusterKey
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence, Sighting
from seawall.model.messages import Message, RunId, ScanOrder
from seawall.model.sight import Seen, Sight, Unseen

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RUN = RunId("20261124T120000Z-000001")
REFUSED = Unseen("AccessDenied: eks:ListClusters")


@dataclass(frozen=True)
class Scopes:
    """A discovery that says what it was given."""

    found: tuple[tuple[str, Sight[tuple[ClusterRef, ...]]], ...]

    def look(self, *, now: datetime) -> Iterator[Sighting]:
        """Each scope, as given."""
        assert NOW == now
        return (Sighting(scope, sight) for scope, sight in self.found)


@dataclass
class Posted:
    """An outbox that keeps what is sent."""

    messages: list[Message] = field(default_factory=list)

    def send(self, messages: Iterable[Message], *, now: datetime) -> None:
        """Keep them."""
        assert NOW == now
        self.messages += messages


def ref(name: str) -> ClusterRef:
    key = ClusterKey(f"https://{name}:6443#{name}")
    return ClusterRef(key, "kubeconfig", f"https://{name}:6443", facts=(("context", name),))


def desk(*found: tuple[str, Sight[tuple[ClusterRef, ...]]], known: DemoInventory) -> DiscoverDesk:
    return DiscoverDesk((Scopes(found),), known, DemoNews(DemoMemories()), Posted())


def discovered(
    *found: tuple[str, Sight[tuple[ClusterRef, ...]]],
    known: DemoInventory | None = None,
    only: tuple[str, ...] = (),
) -> tuple[Discovered, list[Message]]:
    made = desk(*found, known=known or DemoInventory())
    result = discover_fleet(made, run=RUN, only=only, now=NOW)
    assert isinstance(made.outbox, Posted)
    return result, made.outbox.messages


def test_every_cluster_of_every_scope_is_ordered() -> None:
    found, sent = discovered(("one", Seen((ref("a"), ref("b")))), ("two", Seen((ref("c"),))))

    assert [ScanOrder(RUN, ref(name).key) for name in "abc"] == sent
    assert (ref("a").key, ref("b").key, ref("c").key) == tuple(r.key for r in found.ordered)
    assert () == found.scopes_unseen


def test_a_scope_that_fails_is_unseen_and_the_others_go_on() -> None:
    found, sent = discovered(("one", REFUSED), ("two", Seen((ref("c"),))))

    assert (("one", REFUSED.why),) == found.scopes_unseen
    assert [ScanOrder(RUN, ref("c").key)] == sent


def test_a_cluster_of_a_scope_that_cannot_be_looked_at_is_stale_and_scanned_all_the_same() -> None:
    known = DemoInventory()
    discovered(("one", Seen((ref("a"),))), known=known)
    found, sent = discovered(("one", REFUSED), known=known)

    assert [Presence.STALE] == [record.presence for record in known.records()]
    assert [ScanOrder(RUN, ref("a").key)] == sent
    assert () == found.left_out


def test_a_cluster_that_is_gone_is_left_out_and_says_so() -> None:
    known = DemoInventory()
    discovered(("one", Seen((ref("a"), ref("b")))), known=known)
    found, sent = discovered(("one", Seen((ref("b"),))), known=known)

    assert [ScanOrder(RUN, ref("b").key)] == sent
    ((record, why),) = found.left_out
    assert (ref("a").key, True) == (record.key, why.startswith("gone from one"))


def test_what_only_does_not_name_is_left_out_and_says_so() -> None:
    found, sent = discovered(("one", Seen((ref("a"), ref("b")))), only=("b",))

    assert [ScanOrder(RUN, ref("b").key)] == sent
    assert [(ref("a").key, "not named by --only")] == [(r.key, why) for r, why in found.left_out]


def test_a_pattern_that_names_nothing_is_wrong_and_orders_nothing() -> None:
    found, sent = discovered(
        ("one", Seen((ref("a"),))), ("two", REFUSED), only=("a", "tpyo"), known=DemoInventory()
    )

    assert ([], ("tpyo",), ()) == (sent, found.unmatched, found.ordered)
    assert [(ref("a").key, "nothing was ordered")] == [(r.key, why) for r, why in found.left_out]
    assert (("two", REFUSED.why),) == found.scopes_unseen
    assert "no cluster matches 'tpyo'" in misnamed(found.unmatched)


def test_what_is_told_is_what_the_inventory_then_says() -> None:
    """Each scope, in turn, holds it, lacks it, or cannot be looked at."""
    known = DemoInventory()
    holds: tuple[Sight[tuple[ClusterRef, ...]], ...] = (Seen((ref("a"),)), Seen(()), REFUSED)
    discovered(("one", holds[0]), known=known)
    for scope, sight in product(("one", "two"), (*holds, *reversed(holds))):
        (before,) = known.records()
        made = desk((scope, sight), known=known)
        discover_fleet(made, run=RUN, now=NOW)
        (after,) = known.records()

        moved = before.presence is not after.presence
        assert moved is bool(made.news.untold().notices)


def test_who_goes_is_told_though_a_pattern_is_wrong() -> None:
    known = DemoInventory()
    discovered(("one", Seen((ref("a"),))), known=known)
    made = desk(("one", Seen(())), known=known)
    discover_fleet(made, run=RUN, only=("tpyo",), now=NOW)

    assert ["is no longer in one"] == [notice.text for notice in made.news.untold().notices]


class Killed(Exception):  # noqa: N818  what a killed process would not even raise
    """The process ended here."""


class DiesOnce(DemoInventory):
    """An inventory whose process is killed as it is about to be written, once it is `armed`."""

    armed = False

    def observe(self, sighting: Sighting, *, now: datetime) -> None:
        """Take it in, or die."""
        if self.armed:
            self.armed = False
            raise Killed
        super().observe(sighting, now=now)


def test_who_goes_is_told_once_though_the_process_is_killed_on_the_way() -> None:
    known = DiesOnce()
    discovered(("one", Seen((ref("a"),))), known=known)
    made = desk(("one", Seen(())), known=known)
    known.armed = True
    with pytest.raises(Killed):
        discover_fleet(made, run=RUN, now=NOW)
    discover_fleet(made, run=RUN, now=NOW)

    assert ["is no longer in one"] == [notice.text for notice in made.news.untold().notices]
    assert [Presence.GONE] == [record.presence for record in known.records()]


SEEN_LOST_BACK = (Seen((ref("a"),)), REFUSED, REFUSED, Seen((ref("a"),)))


def test_who_goes_is_lost_and_comes_back_is_told_once_each() -> None:
    known = DemoInventory()
    told = []
    for sight in (*SEEN_LOST_BACK, Seen(()), REFUSED, Seen(())):
        made = desk(("one", sight), known=known)
        discover_fleet(made, run=RUN, now=NOW)
        told += [notice.text for notice in made.news.untold().notices]

    assert [
        "one could not be looked at: it is scanned where it was last",
        "is in one again",
        "is no longer in one",
    ] == told


Scope = tuple[str, Sight[tuple[ClusterRef, ...]]]
TAKEN_OUT = "it is no longer in the settings"


@pytest.mark.parametrize(
    "scope, looks, why",
    [
        pytest.param("aws:1/a", [("aws:1/b", Seen(()))], TAKEN_OUT, id="a region"),
        pytest.param("aws:1/a", [("aws:2/a", Seen(()))], TAKEN_OUT, id="an account"),
        pytest.param("gcp:shop/a", [("gcp:shop-eu/a", Seen(()))], TAKEN_OUT, id="a project"),
        pytest.param("azure:1", [("azure:2", REFUSED)], TAKEN_OUT, id="a subscription"),
        pytest.param("gcp:shop/a", [("aws:1/a", REFUSED)], TAKEN_OUT, id="a cloud"),
        pytest.param("aws:1/a", [], TAKEN_OUT, id="everything"),
        pytest.param("kubeconfig:/a", [("kubeconfig:/b", Seen(()))], TAKEN_OUT, id="a kubeconfig"),
        pytest.param("aws:1/a", [("aws:1", REFUSED)], REFUSED.why, id="its account was closed"),
        pytest.param("aws:1/a", [("aws", REFUSED)], REFUSED.why, id="its cloud was closed"),
        pytest.param("aws:1/a", [("aws:1/a", REFUSED)], REFUSED.why, id="it was closed itself"),
    ],
)
def test_a_scope_that_nobody_looks_at_is_unseen_and_the_settings_are_blamed_for_it_alone(
    scope: str, looks: list[Scope], why: str
) -> None:
    known = DemoInventory()
    discovered((scope, Seen((ref("a"),))), known=known)
    made = desk(*looks, known=known)

    found = discover_fleet(made, run=RUN, now=NOW)

    assert [Presence.STALE] == [record.presence for record in known.records()]
    assert why == dict(found.scopes_unseen)[scope]
    assert (ref("a").key,) == tuple(record.key for record in found.ordered)


def test_a_scope_that_is_taken_out_of_the_settings_is_told_once_and_once_when_it_is_back() -> None:
    known = DemoInventory()
    told = []
    there = ("one", Seen((ref("a"),)))
    for looks in ([there], [], [], [there]):
        made = desk(*looks, known=known)
        discover_fleet(made, run=RUN, now=NOW)
        told += [notice.text for notice in made.news.untold().notices]

    assert [
        "one is no longer in the settings: it is scanned where it was last",
        "is in one again",
    ] == told


def test_a_cluster_that_moved_to_another_scope_leaves_none_behind() -> None:
    """As the contexts of a kubeconfig do that is given under another name."""
    known = DemoInventory()
    discovered(("kubeconfig:/a", Seen((ref("a"),))), known=known)
    found, _ = discovered(("kubeconfig:/b", Seen((ref("a"),))), known=known)

    assert () == found.scopes_unseen
    assert [("kubeconfig:/b", Presence.PRESENT)] == [(r.scope, r.presence) for r in known.records()]


def test_a_cluster_that_is_gone_makes_nobody_look_for_its_scope() -> None:
    known = DemoInventory()
    discovered(("one", Seen((ref("a"),))), known=known)
    discovered(("one", Seen(())), known=known)
    found, _ = discovered(known=known)

    assert () == found.scopes_unseen
    assert [Presence.GONE] == [record.presence for record in known.records()]


def test_of_two_looks_at_one_scope_the_last_one_counts() -> None:
    seen = ("one", Seen((ref("a"),)))

    assert () == discovered(("one", REFUSED), seen)[0].scopes_unseen
    assert (("one", REFUSED.why),) == discovered(seen, ("one", REFUSED))[0].scopes_unseen


@pytest.mark.parametrize(
    "pattern, meant",
    [
        pytest.param("https://prod-eu:6443#prod-eu", True, id="the key"),
        pytest.param("prod-eu", True, id="the name"),
        pytest.param("prod-*", True, id="a glob over names"),
        pytest.param("*6443*", True, id="a glob over keys"),
        pytest.param("prod", False, id="a part of the name is not it"),
        pytest.param("PROD-EU", False, id="names differ by case"),
        pytest.param("", False, id="nothing is no name"),
    ],
)
def test_a_person_means_a_cluster_by_key_name_or_glob(pattern: str, meant: bool) -> None:  # noqa: FBT001  a column of the table
    record = ClusterRecord(ref("prod-eu"), "one", Presence.PRESENT, NOW, NOW)

    assert meant is named(record, [pattern])


def test_a_key_with_brackets_is_meant_by_itself() -> None:
    odd = ClusterRecord(
        ClusterRef(ClusterKey("https://[::1]:6443#x"), "kubeconfig", ""), "one", Presence.PRESENT,
        NOW, NOW,
    )  # fmt: skip

    assert named(odd, ["https://[::1]:6443#x"])
