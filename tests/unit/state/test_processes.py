"""Several processes on one file, killed at any moment: what was committed is there, once."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.contract.state.ports import NOW
from tests.contract.state.values import key, memory, turn

from seawall.state.database import Database, open_database
from seawall.state.memories import SqliteMemories


@contextmanager
def other(checkout: Path, task: str, path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process at its task; whatever is left of it at the end is killed."""
    paths = os.pathsep.join((str(checkout), str(checkout / "shared")))
    with subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-m", "tests.unit.state.processes", task, str(path)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def killed_when_ready(checkout: Path, task: str, path: Path, after_s: float = 0.0) -> None:
    """SIGKILL: nothing of it can tidy up."""
    with other(checkout, task, path) as process:
        assert process.stdout is not None
        assert "ready\n" == process.stdout.readline()
        time.sleep(after_s)


def opened(path: Path) -> Database:
    return open_database(path, fleet="east", now=NOW, busy_s=1.0)


def test_half_a_transaction_leaves_nothing_when_its_process_is_killed(
    checkout: Path, tmp_path: Path
) -> None:
    path = tmp_path / "seawall.db"
    killed_when_ready(checkout, "half_a_write", path)

    with opened(path) as database:
        memories = SqliteMemories(database)
        assert None is memories.recall(key("half"))
        assert memories.keep(memory("half"), [], attempt="b")


def test_what_was_committed_is_there_when_its_process_is_killed(
    checkout: Path, tmp_path: Path
) -> None:
    path = tmp_path / "seawall.db"
    killed_when_ready(checkout, "a_write_without_an_end", path)

    with opened(path) as database:
        memories = SqliteMemories(database)
        assert memory("whole") == memories.recall(key("whole"))
        assert (turn("whole"),) == memories.history(None, 10)


def test_a_memory_and_its_turns_agree_after_each_of_many_kills(
    checkout: Path, tmp_path: Path
) -> None:
    path, before = tmp_path / "seawall.db", 0
    for after_s in (0.0, 0.013, 0.037, 0.091, 0.17):
        killed_when_ready(checkout, "many_writes", path, after_s)
        with opened(path) as database:
            memories = SqliteMemories(database)
            kept = memories.recall(key("prod"))
            version = kept.version if kept else 0
            turns = memories.history(None, 1_000_000)
            (said,) = _rows(database, "PRAGMA integrity_check")

        assert ("ok",) == said
        assert tuple(turn(number=number) for number in range(1, version + 1)) == turns
        assert version >= before
        before = version

    assert before > 0


def _rows(database: Database, sql: str) -> list[tuple[str, ...]]:
    with database.reading() as connection:
        return connection.execute(sql).fetchall()


def test_processes_that_make_the_file_and_write_at_once_lose_nothing(
    checkout: Path, tmp_path: Path
) -> None:
    path = tmp_path / "folder" / "seawall.db"
    with (
        other(checkout, "fifty_writes", path) as first,
        other(checkout, "fifty_writes", path) as second,
    ):
        assert (0, 0) == (first.wait(60), second.wait(60))

    with opened(path) as database:
        memories = SqliteMemories(database)
        assert memory(version=100) == memories.recall(key("prod"))
        assert 100 == len(memories.history(None, 1_000))


def test_processes_that_begin_a_run_at_once_begin_the_same(checkout: Path, tmp_path: Path) -> None:
    path = tmp_path / "seawall.db"
    with other(checkout, "a_run", path) as first, other(checkout, "a_run", path) as second:
        names = {first.communicate(timeout=60)[0], second.communicate(timeout=60)[0]}

    assert 1 == len(names)
    assert "" not in names


@pytest.mark.skipif(not hasattr(os, "fork"), reason="NOT RUN: there is no fork here")
def test_a_child_does_not_use_what_its_parent_opened(checkout: Path, tmp_path: Path) -> None:
    with other(checkout, "a_fork", tmp_path / "seawall.db") as process:
        said, _ = process.communicate(timeout=60)

    assert "opened by a parent process" in said
