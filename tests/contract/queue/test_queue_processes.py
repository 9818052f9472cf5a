"""Processes that share one file, and one of them is killed."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.contract.queue.adapters import ME, NOW, letter, received

from seawall.publish.events import SCANS
from seawall.publish.owners import owner_is_dead
from seawall.publish.queue import SqliteQueue
from seawall.state.database import open_database

LETTERS, GROUPS, WORKERS = 120, 7, 3

WORKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from seawall.publish.owners import this_owner
from seawall.publish.queue import SCANS, SqliteQueue
from seawall.state.database import open_database

now = datetime.now(UTC)
with open_database(Path(sys.argv[1]), fleet="east", now=now) as database:
    queue = SqliteQueue(database)
    print("ready", flush=True)
    sys.stdin.readline()
    while queue.busy():
        for taken in queue.receive(
            SCANS, now=datetime.now(UTC), most=1, visibility_s=300, owner=this_owner()
        ):
            print(taken.group, taken.id, flush=True)
            if sys.argv[2] == "hang":
                sys.stdin.readline()
            assert queue.done(taken.receipt)
"""


def start(path: Path, how: str) -> "subprocess.Popen[str]":
    package = Path(__file__).parents[3] / "shared"
    worker = subprocess.Popen(  # noqa: S603  our own lines
        [sys.executable, "-c", WORKER, str(path), how],
        env={**os.environ, "PYTHONPATH": str(package)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert "ready\n" == worker.stdout.readline()
    return worker


def told(workers: Sequence["subprocess.Popen[str]"]) -> list[list[tuple[str, str]]]:
    """What each worker took, after all of them began together and ended well."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate(timeout=120)[0] for worker in workers]
    assert [0] * len(workers) == [worker.returncode for worker in workers]
    return [[(g, i) for g, i in map(str.split, text.splitlines())] for text in said]


def test_each_letter_is_one_processs_and_groups_stay_in_order(tmp_path: Path) -> None:
    path = tmp_path / "seawall.db"
    with open_database(path, fleet="east", now=NOW) as database:
        queue = SqliteQueue(database)
        queue.post((letter(f"{n:03}", f"g{n % GROUPS}") for n in range(LETTERS)), now=NOW)
        found = told([start(path, "work") for _ in range(WORKERS)])

        assert Counter(f"{n:03}" for n in range(LETTERS)) == Counter(
            name for each in found for _, name in each
        )
        for each in found:
            for group in {group for group, _ in each}:
                names = [name for place, name in each if place == group]
                assert sorted(names) == names
        assert not queue.busy()


def test_what_a_killed_process_held_is_taken_up_without_waiting(tmp_path: Path) -> None:
    path = tmp_path / "seawall.db"
    with open_database(path, fleet="east", now=NOW) as database:
        queue = SqliteQueue(database)
        queue.post([letter("a")], now=NOW)
        with start(path, "hang") as worker:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
            assert "a a\n" == worker.stdout.readline()
            alive = queue.release(owner_is_dead, now=NOW)
            worker.kill()

        assert 0 == alive
        assert 1 == queue.release(owner_is_dead, now=NOW)
        assert [("a", 2)] == [(each.id, each.tries) for each in received(queue)]


def test_a_file_that_is_opened_again_has_its_letters_and_their_holds(tmp_path: Path) -> None:
    path = tmp_path / "seawall.db"
    with open_database(path, fleet="east", now=NOW) as database:
        queue = SqliteQueue(database)
        queue.post(map(letter, "ab"), now=NOW)
        (held,) = received(queue, most=1)
    with open_database(path, fleet="east", now=NOW) as database:
        queue = SqliteQueue(database)

        assert ["b"] == [
            each.id for each in queue.receive(SCANS, now=NOW, most=9, visibility_s=1, owner=ME)
        ]
        assert queue.done(held.receipt)
