"""A letter that nobody can deal with, and the person who looks after it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.journeys.setting import Seawall

from seawall.model.cluster import ClusterKey
from seawall.model.messages import RunId, ScanOrder
from seawall.publish.events import Letter
from seawall.publish.queue import MOST_TRIES, SCANS, SqliteQueue
from seawall.state.database import open_database

NOW = datetime(2026, 11, 24, 18, 14, 25, tzinfo=UTC)
EVIL = "web\x1b[2J\u202egpj"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def bury(state: Path, names: Sequence[str], *, fleet: str = "default", why: str = "broken") -> None:
    """Letters that were taken five times, each time in vain."""
    with open_database(state, fleet=fleet, now=NOW) as database:
        queue = SqliteQueue(database)
        queue.post([Letter(name, SCANS, f"{name}-{EVIL}", "run", b"") for name in names], now=NOW)
        for _ in range(MOST_TRIES):
            for taken in queue.receive(SCANS, now=NOW, most=99, visibility_s=9, owner="x:1"):
                queue.retry(taken.receipt, now=NOW, delay_s=0, why=why)


def order(state: Path) -> None:
    """A sound letter that waits."""
    with open_database(state, fleet="default", now=NOW) as database:
        waiting = ScanOrder(RunId("run"), ClusterKey("sound"))
        SqliteQueue(database).send([waiting], now=NOW - timedelta(seconds=90))


def test_dead_letters_are_listed_with_their_reasons(seawall: Seawall, state: Path) -> None:
    bury(state, ["a"], why="the answer was cut short")
    order(state)
    done = seawall("queue", "list", "--state", state, "--now", NOW.isoformat())
    lines = [" ".join(line.split()) for line in done.out.splitlines()]

    assert (0, "") == (done.code, done.err)
    assert "scans 1 0 1 90 s" in lines
    assert "findings 0 0 0 -" in lines
    assert (
        "a scans a-web\\x1b[2J\\u202egpj 5 2026-11-24T18:14:25Z the answer was cut short" in lines
    )


def test_the_list_is_also_json_in_plain_ascii(seawall: Seawall, state: Path) -> None:
    bury(state, ["a"], why=f"said {EVIL}")
    done = seawall("queue", "list", "-o", "json", "--state", state, "--now", NOW.isoformat())

    assert done.out.isascii()
    assert "\x1b" not in done.out
    assert {
        "schemaVersion": 1,
        "fleet": "default",
        "queues": [
            {"queue": "scans", "waiting": 0, "inFlight": 0, "dead": 1, "oldestSeconds": None},
            {"queue": "findings", "waiting": 0, "inFlight": 0, "dead": 0, "oldestSeconds": None},
        ],
        "deadLetters": [
            {
                "id": "a",
                "queue": "scans",
                "cluster": f"a-{EVIL}",
                "tries": 5,
                "since": "2026-11-24T18:14:25Z",
                "lastError": f"said {EVIL}",
            }
        ],
    } == done.document


def test_a_last_error_moves_no_cursor(seawall: Seawall, state: Path) -> None:
    bury(state, ["a"], why=f"said {EVIL}\nseawall: all is well")
    done = seawall("queue", "list", "--state", state)

    assert "\\x1b[2J" in done.out
    assert not {"\x1b", "\u202e"} & set(done.out)
    assert not any(line.lstrip().startswith("seawall:") for line in done.out.splitlines())


def dead(seawall: Seawall, state: Path, *words: str) -> list[str]:
    done = seawall("queue", "list", "-o", "json", "--state", state, *words)
    return [each["id"] for each in done.document["deadLetters"]]


def test_some_or_all_are_sent_again(seawall: Seawall, state: Path) -> None:
    bury(state, "abc")
    one = seawall("queue", "redrive", "b", "--state", state)

    assert (0, "1 letter waits again\n") == (one.code, one.out)
    assert ["a", "c"] == dead(seawall, state)

    rest = seawall("queue", "redrive", "--all", "--state", state)

    assert (0, "2 letters wait again\n") == (rest.code, rest.out)
    assert [] == dead(seawall, state)
    assert "0 letters wait again\n" == seawall("queue", "redrive", "--all", "--state", state).out


def test_an_unknown_letter_is_said_and_nothing_is_changed(seawall: Seawall, state: Path) -> None:
    bury(state, "a")
    done = seawall("queue", "redrive", "a", f"b{EVIL}", "--state", state)

    assert 3 == done.code
    assert "no dead letter b" in done.err
    assert "`seawall queue list` names them; nothing was changed" in done.err
    assert "\x1b" not in done.err
    assert ["a"] == dead(seawall, state)


def test_another_fleet_in_the_same_file_is_left_alone(seawall: Seawall, state: Path) -> None:
    bury(state, "a")
    bury(state, "b", fleet="west")
    seawall("queue", "redrive", "--all", "--fleet", "west", "--state", state)

    assert ["a"] == dead(seawall, state)
    assert [] == dead(seawall, state, "--fleet", "west")


@pytest.mark.parametrize("words", [[], ["--all", "a"]], ids=["neither", "both"])
def test_what_is_to_be_sent_again_is_said_in_one_way(
    seawall: Seawall, state: Path, words: list[str]
) -> None:
    done = seawall("queue", "redrive", *words, "--state", state)

    assert 5 == done.code
    assert "name dead letters by ID, or --all" in done.err


def test_without_a_memory_there_is_no_queue(seawall: Seawall, state: Path) -> None:
    done = seawall("queue", "list", "--state", state)

    assert 3 == done.code
    assert "no memory at" in done.err
    assert not state.exists()
