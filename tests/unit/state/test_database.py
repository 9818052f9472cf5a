"""The file: made, brought up to date, refused in a sentence; transactions are all or nothing."""

import sqlite3
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.contract.state.values import key, memory, turn
from tests.unit.state.files import CLAIM, CLAIMS, claims, opened

from seawall.model.cluster import ClusterUid
from seawall.model.errors import Trouble, TryLater
from seawall.state.database import Database
from seawall.state.memories import SqliteMemories
from seawall.state.schema import APPLICATION_ID, SCHEMA


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_file_and_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    made = tmp_path / "a" / "b" / "seawall.db"
    with opened(made) as database, database.writing() as connection:
        connection.execute(CLAIM, ("u",))
        files = {file.name: mode_of(file) for file in made.parent.iterdir()}

    assert {"seawall.db": 0o600, "seawall.db-wal": 0o600, "seawall.db-shm": 0o600} == files
    assert (0o700, 0o700) == (mode_of(made.parent), mode_of(made.parent.parent))


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    opened(tmp_path / "seawall.db").close()

    assert 0o755 == mode_of(tmp_path)


def test_closing_leaves_one_file(path: Path) -> None:
    with opened(path) as database, database.writing() as connection:
        connection.execute(CLAIM, ("u",))

    assert [path] == list(path.parent.iterdir())


def test_each_step_of_the_tables_is_written_down_with_its_time(database: Database) -> None:
    with database.reading() as connection:
        steps = connection.execute("SELECT * FROM migrations").fetchall()
        (version,) = connection.execute("PRAGMA user_version").fetchone()

    times = "2026-11-24T18:14:25.123456+00:00"
    assert [(number, times) for number in range(1, len(SCHEMA) + 1)] == steps
    assert len(SCHEMA) == version


@pytest.mark.parametrize("older", range(1, len(SCHEMA)))
def test_a_file_of_an_older_seawall_gets_the_steps_it_lacks(older: int, path: Path) -> None:
    made = sqlite3.connect(path)
    for number, script in enumerate(SCHEMA[:older], 1):
        made.executescript(script)
        made.execute("INSERT INTO migrations VALUES (?, 'then')", (number,))
    made.execute(CLAIM, ("u",))
    made.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    made.execute(f"PRAGMA user_version = {older}")
    made.commit()
    made.close()

    with opened(path) as database, database.reading() as connection:
        steps = connection.execute("SELECT version FROM migrations").fetchall()
        assert [(number,) for number in range(1, len(SCHEMA) + 1)] == steps
        assert 1 == claims(database)


def test_the_log_is_written_ahead(database: Database) -> None:
    with database.reading() as connection:
        assert ("wal",) == connection.execute("PRAGMA journal_mode").fetchone()
        assert (1,) == connection.execute("PRAGMA synchronous").fetchone()  # NORMAL
        assert (1,) == connection.execute("PRAGMA foreign_keys").fetchone()


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    def write_half() -> None:
        with database.writing() as connection:
            connection.execute(CLAIM, ("u",))
            raise KeyError

    with pytest.raises(KeyError):
        write_half()

    assert 0 == claims(database)


def test_what_is_read_is_of_one_moment(database: Database) -> None:
    with database.reading() as connection:
        assert (0,) == connection.execute(CLAIMS).fetchone()
        with database.writing() as other:
            other.execute(CLAIM, ("u",))
        assert (0,) == connection.execute(CLAIMS).fetchone()

    assert 1 == claims(database)


def test_threads_write_in_turn(database: Database) -> None:
    def write(number: int) -> None:
        with database.writing() as connection:
            connection.execute(CLAIM, (str(number),))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(200)))

    assert 200 == claims(database)


def test_a_thread_that_waits_too_long_for_another_tries_later(path: Path) -> None:
    release, writes = threading.Event(), threading.Event()
    with opened(path) as database, ThreadPoolExecutor(1) as pool:

        def hold() -> None:
            with database.writing():
                writes.set()
                release.wait(10)

        holding = pool.submit(hold)
        writes.wait(10)
        with pytest.raises(TryLater, match="another thread"), database.writing():
            pass
        release.set()
        holding.result()


def test_another_process_that_writes_too_long_makes_us_try_later(
    database: Database, stranger: sqlite3.Connection
) -> None:
    memories = SqliteMemories(database)
    stranger.execute("BEGIN IMMEDIATE")

    with pytest.raises(TryLater, match="another process is writing"):
        memories.keep(memory(), [turn()], attempt="a")
    assert None is memories.recall(key("prod"))  # reading waits for nobody

    stranger.execute("ROLLBACK")
    assert memories.keep(memory(), [turn()], attempt="a")


def test_a_claim_that_comes_second_while_it_waits_is_told_of_the_first(
    path: Path, stranger: sqlite3.Connection
) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    stranger.execute(CLAIM, ("u",))
    with opened(path, busy_s=10) as database, ThreadPoolExecutor(1) as pool:
        claimed = pool.submit(SqliteMemories(database).claim, ClusterUid("u"), key("second"))
        time.sleep(0.2)  # until it has found no claim and waits; were it slower, nothing is lost
        stranger.execute("COMMIT")

        assert key("prod") == claimed.result()


def test_a_file_that_is_locked_while_it_is_made_is_for_later(path: Path) -> None:
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN EXCLUSIVE")

    with pytest.raises(TryLater):
        opened(path)

    stranger.close()
    opened(path).close()


def test_a_file_that_is_locked_by_a_writer_can_be_opened_and_read(
    path: Path, stranger: sqlite3.Connection
) -> None:
    stranger.execute("BEGIN IMMEDIATE")

    with opened(path) as second:
        assert 0 == claims(second)


def test_what_cannot_be_written_is_trouble_and_changes_nothing(database: Database) -> None:
    with database.writing() as connection:  # the one connection there is, as of a read-only file
        connection.execute("PRAGMA query_only = ON")

    with pytest.raises(Trouble, match=r"seawall\.db: .* cannot be written; .*--state"):
        SqliteMemories(database).keep(memory(), [turn()], attempt="a")
    with database.reading() as connection:
        connection.execute("PRAGMA query_only = OFF")
    assert None is SqliteMemories(database).recall(key("prod"))


def test_a_full_disk_is_trouble_and_changes_nothing(database: Database) -> None:
    memories = SqliteMemories(database)
    memories.keep(memory(), [turn()], attempt="a")
    with database.reading() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    many = [turn(number=number) for number in range(2_000)]

    with pytest.raises(Trouble, match=r"seawall\.db: .*disk is full.*--state"):
        memories.keep(memory(version=2), many, attempt="b")

    with database.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert (turn(),) == memories.history(None, 10)
    assert memories.keep(memory(version=2), many, attempt="c")


def test_what_was_closed_is_not_used(path: Path) -> None:
    database = opened(path)
    database.close()
    database.close()

    with pytest.raises(Trouble, match="closed"), database.reading():
        pass


def test_what_is_in_use_is_closed_when_it_is_given_back(path: Path) -> None:
    database = opened(path)
    with database.writing() as connection:
        connection.execute(CLAIM, ("u",))
        database.close()

    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute(CLAIMS)
    with opened(path) as again:
        assert 1 == claims(again)
