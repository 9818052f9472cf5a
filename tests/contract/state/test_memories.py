"""Memories: written as a whole, against the version they were made from, with their turns."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.contract.state.ports import OpenPorts, Ports
from tests.contract.state.values import HOSTILE, full_memory, key, memory, turn

from seawall.model.cluster import ClusterUid


def test_nothing_is_known_of_a_cluster_that_was_never_met(ports: Ports) -> None:
    assert None is ports.memories.recall(key("prod"))
    assert () == ports.fleet.memories()
    assert () == ports.fleet.history(None, 10)


def test_a_memory_is_recalled_as_it_was_kept(ports: Ports, others: Ports) -> None:
    kept = full_memory(HOSTILE)

    assert ports.memories.keep(kept, [], attempt="a")
    assert kept == others.memories.recall(kept.key)


def test_a_long_memory_is_recalled_as_it_was_kept(ports: Ports, others: Ports) -> None:
    kept = memory(findings=2_000)

    assert ports.memories.keep(kept, [], attempt="a")
    assert kept == others.memories.recall(kept.key)


def test_each_write_follows_the_one_before(ports: Ports) -> None:
    assert ports.memories.keep(memory(version=1), [], attempt="a")
    assert ports.memories.keep(memory(version=2), [], attempt="b")
    assert memory(version=2) == ports.memories.recall(key("prod"))


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(0, id="a version that never is"),
        pytest.param(1, id="older"),
        pytest.param(2, id="as old as what is stored"),
        pytest.param(4, id="one was left out"),
    ],
)
def test_a_write_against_another_version_changes_nothing(version: int, ports: Ports) -> None:
    first, second = memory(version=1), memory(version=2)
    ports.memories.keep(first, [turn()], attempt="a")
    ports.memories.keep(second, [], attempt="b")

    assert not ports.memories.keep(memory(version=version), [turn(number=1)], attempt="c")
    assert second == ports.memories.recall(key("prod"))
    assert (turn(),) == ports.fleet.history(None, 10)


def test_the_first_memory_is_version_one(ports: Ports) -> None:
    assert not ports.memories.keep(memory(version=2), [turn()], attempt="a")
    assert None is ports.memories.recall(key("prod"))
    assert () == ports.fleet.history(None, 10)


def test_of_two_that_write_the_same_version_one_wins(ports: Ports, others: Ports) -> None:
    mine, theirs = replace(memory(), enforced="mine"), replace(memory(), enforced="theirs")

    assert ports.memories.keep(mine, [turn(number=1)], attempt="mine")
    assert not others.memories.keep(theirs, [turn(number=2)], attempt="theirs")
    assert mine == others.memories.recall(key("prod"))
    assert (turn(number=1),) == others.fleet.history(None, 10)


def test_an_attempt_whose_answer_was_lost_has_won_and_writes_nothing_twice(ports: Ports) -> None:
    ports.memories.keep(memory(), [turn()], attempt="a")

    assert ports.memories.keep(memory(), [turn()], attempt="a")
    assert (turn(),) == ports.fleet.history(None, 10)


def test_an_attempt_that_was_overtaken_has_lost(ports: Ports) -> None:
    ports.memories.keep(memory(version=1), [turn()], attempt="a")
    ports.memories.keep(memory(version=2), [], attempt="b")

    assert not ports.memories.keep(memory(version=1), [turn()], attempt="a")
    assert memory(version=2) == ports.memories.recall(key("prod"))


def test_the_name_of_an_attempt_excuses_no_other_version(ports: Ports) -> None:
    ports.memories.keep(memory(version=1), [], attempt="a")

    assert not ports.memories.keep(memory(version=3), [turn()], attempt="a")
    assert memory(version=1) == ports.memories.recall(key("prod"))


def test_many_that_write_at_once_lose_no_write(open_ports: OpenPorts) -> None:
    everyone = [open_ports("east") for _ in range(4)]

    def count_up(number: int) -> None:
        """Add ten versions, however often others come first."""
        done = 0
        while done < 10:
            before = everyone[number].memories.recall(key("prod"))
            version = before.version + 1 if before else 1
            turns = [turn(number=number)]
            done += everyone[number].memories.keep(
                memory(version=version), turns, attempt=f"{number}/{done}"
            )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(4)))

    assert memory(version=40) == everyone[0].memories.recall(key("prod"))
    assert 40 == len(everyone[0].fleet.history(None, 100))


def test_the_first_claim_of_a_uid_stands(ports: Ports, others: Ports) -> None:
    uid = ClusterUid("uid-1")

    assert key("a") == ports.memories.claim(uid, key("a"))
    assert key("a") == others.memories.claim(uid, key("b"))
    assert key("a") == ports.memories.claim(uid, key("a"))
    assert key("b") == others.memories.claim(ClusterUid("uid-2"), key("b"))


def test_of_many_that_claim_at_once_one_is_told_to_all(open_ports: OpenPorts) -> None:
    everyone = [open_ports("east") for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        owners = pool.map(
            lambda number: everyone[number].memories.claim(ClusterUid("u"), key(str(number))),
            range(4),
        )

    assert 1 == len(set(owners))


def test_all_memories_come_by_key(ports: Ports) -> None:
    for name in ("b", "é", "a", "B"):
        ports.memories.keep(memory(name), [], attempt=name)

    assert ["B", "a", "b", "é"] == [each.key for each in ports.fleet.memories()]


def test_the_history_holds_every_turn_the_oldest_first(ports: Ports) -> None:
    turns = [turn(number=number, why=HOSTILE) for number in range(3)]
    ports.memories.keep(memory("prod"), turns[:2], attempt="a")
    ports.memories.keep(memory("dev"), [turn("dev", 9)], attempt="b")
    ports.memories.keep(memory("prod", version=2), turns[2:], attempt="c")

    assert (*turns[:2], turn("dev", 9), turns[2]) == ports.fleet.history(None, 10)
    assert tuple(turns) == ports.fleet.history(key("prod"), 10)


@pytest.mark.parametrize(
    "most, numbers",
    [
        pytest.param(2, [1, 2], id="the last ones"),
        pytest.param(3, [0, 1, 2], id="just all"),
        pytest.param(0, [], id="none"),
        pytest.param(-1, [], id="fewer than none"),
    ],
)
def test_the_history_is_cut_at_its_old_end(most: int, numbers: list[int], ports: Ports) -> None:
    ports.memories.keep(memory(), [turn(number=number) for number in range(3)], attempt="a")

    expected = tuple(turn(number=number) for number in numbers)
    assert expected == ports.fleet.history(None, most)
    assert expected == ports.fleet.history(key("prod"), most)


def test_two_fleets_do_not_meet(ports: Ports, west: Ports) -> None:
    ports.memories.keep(memory(), [turn()], attempt="a")
    ports.memories.claim(ClusterUid("u"), key("prod"))

    assert None is west.memories.recall(key("prod"))
    assert ((), ()) == (west.fleet.memories(), west.fleet.history(None, 10))
    assert key("other") == west.memories.claim(ClusterUid("u"), key("other"))
