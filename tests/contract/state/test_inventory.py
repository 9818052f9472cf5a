"""The inventory: only what was looked at can be gone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.contract.state.ports import Ports
from tests.contract.state.values import HOSTILE, MONDAY, TUESDAY, WEDNESDAY, key, ref, seen

from seawall.model.fleet import ClusterRecord, Presence, Sighting
from seawall.model.sight import Seen, Unseen


def presences(ports: Ports) -> dict[str, Presence]:
    return {record.key: record.presence for record in ports.inventory.records()}


def test_nothing_was_found_before_anybody_looked(ports: Ports) -> None:
    assert () == ports.inventory.records()
    assert None is ports.inventory.record(key("prod"))


def test_a_cluster_is_kept_as_it_was_found(ports: Ports, others: Ports) -> None:
    found = replace(ref(HOSTILE, server="https://[::1]:6443/k8s", ca=b"PEM\n\xff"), facts=())
    ports.inventory.observe(Sighting("aws/eu", Seen((found,))), now=MONDAY)

    kept = ClusterRecord(found, "aws/eu", Presence.PRESENT, MONDAY, MONDAY)
    assert kept == others.inventory.record(found.key)
    assert (kept,) == others.inventory.records()


def test_records_come_by_key(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "b", "é", "a"), now=MONDAY)
    ports.inventory.observe(seen("two", "c", "B"), now=MONDAY)

    assert ["B", "a", "b", "c", "é"] == [record.key for record in ports.inventory.records()]


def test_what_a_scope_no_longer_holds_is_gone(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a", "b"), now=MONDAY)
    ports.inventory.observe(seen("two", "c"), now=MONDAY)
    ports.inventory.observe(seen("one", "b"), now=TUESDAY)

    gone = ports.inventory.record(key("a"))
    assert gone is not None
    assert (Presence.GONE, MONDAY, MONDAY) == (gone.presence, gone.first_seen, gone.last_seen)
    assert {"a": "gone", "b": "present", "c": "present"} == presences(ports)


def test_an_empty_scope_was_looked_at_all_the_same(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a"), now=MONDAY)
    ports.inventory.observe(seen("one"), now=TUESDAY)

    assert {"a": "gone"} == presences(ports)


def test_a_scope_that_cannot_be_looked_at_loses_nothing(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a", "b"), now=MONDAY)
    ports.inventory.observe(seen("one", "b"), now=MONDAY)
    ports.inventory.observe(seen("two", "c"), now=MONDAY)
    ports.inventory.observe(Sighting("one", Unseen("no answer")), now=TUESDAY)

    assert {"a": "gone", "b": "stale", "c": "present"} == presences(ports)


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(seen("one"), id="it was gone"),
        pytest.param(Sighting("one", Unseen("no answer")), id="its scope was unseen"),
    ],
)
def test_a_cluster_that_is_found_again_is_present(between: Sighting, ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a"), now=MONDAY)
    ports.inventory.observe(between, now=TUESDAY)
    ports.inventory.observe(seen("one", "a"), now=WEDNESDAY)

    again = ports.inventory.record(key("a"))
    assert ClusterRecord(ref("a"), "one", Presence.PRESENT, MONDAY, WEDNESDAY) == again


def test_where_a_cluster_listens_follows_the_last_sighting(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a"), now=MONDAY)
    moved = ref("a", server="https://10.0.0.2", ca=b"new")
    ports.inventory.observe(Sighting("one", Seen((moved,))), now=TUESDAY)

    record = ports.inventory.record(key("a"))
    assert record is not None
    assert moved == record.ref


def test_a_cluster_that_moved_to_another_scope_is_not_lost_by_the_first(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a"), now=MONDAY)
    ports.inventory.observe(seen("two", "a"), now=TUESDAY)
    ports.inventory.observe(seen("one"), now=TUESDAY)

    record = ports.inventory.record(key("a"))
    assert record is not None
    assert ("two", Presence.PRESENT) == (record.scope, record.presence)


MINUTE = timedelta(minutes=1)
EARLIER_LOOKS = [
    pytest.param(seen("one"), id="it does not hold it"),
    pytest.param(Sighting("one", Unseen("no answer")), id="it is unseen"),
]


@pytest.mark.parametrize("earlier", EARLIER_LOOKS)
def test_a_look_that_began_earlier_does_not_take_away_what_a_later_one_found(
    earlier: Sighting, ports: Ports, others: Ports
) -> None:
    ports.inventory.observe(seen("one", "a"), now=TUESDAY)
    others.inventory.observe(earlier, now=TUESDAY - MINUTE)

    kept = ClusterRecord(ref("a"), "one", Presence.PRESENT, TUESDAY, TUESDAY)
    assert (kept,) == ports.inventory.records()


def test_a_look_that_began_earlier_does_not_bring_back_what_a_later_one_missed(
    ports: Ports, others: Ports
) -> None:
    ports.inventory.observe(seen("one", "a"), now=MONDAY)
    ports.inventory.observe(seen("one"), now=TUESDAY)
    others.inventory.observe(seen("one", "a"), now=TUESDAY - MINUTE)

    gone = ClusterRecord(ref("a"), "one", Presence.GONE, MONDAY, MONDAY, missed_at=TUESDAY)
    assert (gone,) == ports.inventory.records()


def test_each_look_that_misses_a_cluster_is_later_than_what_found_it_before(
    ports: Ports, others: Ports
) -> None:
    ports.inventory.observe(seen("one", "a"), now=MONDAY)
    ports.inventory.observe(seen("one"), now=MONDAY + MINUTE)
    ports.inventory.observe(seen("one"), now=MONDAY + 3 * MINUTE)
    others.inventory.observe(seen("one", "a"), now=MONDAY + 2 * MINUTE)

    assert {"a": "gone"} == presences(ports)


def test_a_look_that_began_earlier_does_not_move_a_cluster_to_its_scope(
    ports: Ports, others: Ports
) -> None:
    ports.inventory.observe(seen("one", "a"), now=TUESDAY)
    others.inventory.observe(seen("two", "a"), now=TUESDAY - MINUTE)

    record = ports.inventory.record(key("a"))
    assert record is not None
    assert "one" == record.scope


def test_a_look_that_began_earlier_takes_in_what_nobody_knew(ports: Ports, others: Ports) -> None:
    ports.inventory.observe(seen("one", "a"), now=TUESDAY)
    others.inventory.observe(seen("one", "a", "b"), now=TUESDAY - MINUTE)

    assert {"a": "present", "b": "present"} == presences(ports)


def test_what_a_clock_said_that_was_far_ahead_is_decided_anew(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a", "b"), now=MONDAY)
    ports.inventory.observe(seen("one", "a"), now=WEDNESDAY)
    ports.inventory.observe(seen("one", "b"), now=TUESDAY)

    assert {"a": "gone", "b": "present"} == presences(ports)


def test_a_clock_that_goes_back_moves_no_time(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a"), now=WEDNESDAY)
    ports.inventory.observe(seen("one", "a"), now=MONDAY)

    record = ports.inventory.record(key("a"))
    assert record is not None
    assert (WEDNESDAY, WEDNESDAY) == (record.first_seen, record.last_seen)


def test_a_cluster_found_twice_in_a_scope_is_one(ports: Ports) -> None:
    ports.inventory.observe(seen("one", "a", "a"), now=MONDAY)

    assert {"a": "present"} == presences(ports)


def test_two_fleets_do_not_meet(ports: Ports, west: Ports) -> None:
    ports.inventory.observe(seen("one", "a"), now=MONDAY)
    west.inventory.observe(seen("one"), now=MONDAY)

    assert {"a": "present"} == presences(ports)
    assert {} == presences(west)
