"""The file: made, brought up to date, refused in a sentence; transactions are all or nothing."""

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.state.ports import NOW, over_sqlite
from tests.contract.state.values import digest, key, memory, plan_state, seen, turn

from seawall.model.errors import Trouble, TryLater
from seawall.model.plan import PlanId
from seawall.state.database import Database, open_database
from seawall.state.memories import SqliteMemories
from seawall.state.schema import SCHEMA

NOBODY = 65_534
CLAIM = "INSERT INTO claims VALUES ('east', ?, 'prod')"
CLAIMS = "SELECT count(*) FROM claims"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "seawall.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with opened(path) as one:
        yield one


@pytest.fixture
def stranger(database: Database) -> Iterator[sqlite3.Connection]:
    """Another program that has opened the same file."""
    connection = sqlite3.connect(database.path, isolation_level=None)
    yield connection
    connection.close()


def opened(path: Path, *, busy_s: float = 0.1) -> Database:
    return open_database(path, fleet="east", now=NOW, busy_s=busy_s)


def claims(database: Database) -> int:
    with database.reading() as connection:
        (count,) = connection.execute(CLAIMS).fetchone()
    return int(count)


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


def test_a_file_of_an_older_seawall_gets_the_steps_it_lacks(path: Path) -> None:
    with opened(path) as database, database.writing() as connection:
        connection.execute(CLAIM, ("u",))
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall():
            if f"TABLE {table} " not in SCHEMA[0]:
                connection.execute(f"DROP TABLE {table}")
        connection.execute("DELETE FROM migrations WHERE version > 1")
        connection.execute("PRAGMA user_version = 1")

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


def _newer(path: Path) -> None:
    with opened(path) as database, database.writing() as connection:
        connection.execute("PRAGMA user_version = 97")


def _text(path: Path) -> None:
    path.write_text("clusters:\n- prod\n" * 100)


def _other_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()


def _truncated(path: Path) -> None:
    opened(path).close()
    path.write_bytes(path.read_bytes()[:10_000])


def _folder(path: Path) -> None:
    path.mkdir()


def _under_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.write_text("no folder")


@pytest.mark.parametrize(
    "spoil, said",
    [
        pytest.param(
            _newer,
            rf"made by a newer Seawall \(schema 97, this one knows {len(SCHEMA)}\); upgrade, "
            "or name another file with --state",
            id="made by a newer Seawall",
        ),
        pytest.param(_text, "no SQLite file; move it away.*--state", id="not a database"),
        pytest.param(_other_program, "another program.*--state", id="of another program"),
        pytest.param(_truncated, "damaged; put back a copy", id="damaged"),
        pytest.param(_folder, "Is a directory.*--state", id="a folder"),
        pytest.param(_under_a_file, "Not a directory.*--state", id="under a file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_path_and_cure(
    spoil: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "folder" / "seawall.db"
    path.parent.mkdir()
    spoil(path)

    with pytest.raises(Trouble, match=rf"{path}: .*{said}"):
        opened(path)


@pytest.fixture
def modest() -> Iterator[Path]:
    """A folder of somebody whom modes can stop; root steps down for as long as the test takes."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        if os.geteuid() == 0:
            os.chown(name, NOBODY, NOBODY)
            os.seteuid(NOBODY)
            stack.callback(os.seteuid, 0)
        yield Path(name)


@pytest.mark.parametrize(
    "file_mode, folder_mode, said",
    [
        pytest.param(0o400, 0o700, "cannot be written", id="a file that may only be read"),
        pytest.param(0o000, 0o700, "Permission denied", id="a file of somebody else"),
        pytest.param(0o600, 0o500, "cannot be written", id="a folder that may only be read"),
        pytest.param(None, 0o500, "Permission denied", id="a folder where none can be made"),
    ],
)
def test_what_may_not_be_written_is_refused(
    file_mode: int | None, folder_mode: int, said: str, modest: Path
) -> None:
    path = modest / "seawall.db"
    if file_mode is not None:
        opened(path).close()
        path.chmod(file_mode)
    modest.chmod(folder_mode)

    with pytest.raises(Trouble, match=rf"seawall\.db: .*{said}.*--state"):
        _write_once(path)


def _write_once(path: Path) -> None:
    with opened(path) as database:
        SqliteMemories(database).keep(memory(), [], attempt="a")


def test_a_file_that_may_only_be_read_is_read(modest: Path) -> None:
    path = modest / "seawall.db"
    _write_once(path)
    path.chmod(0o400)

    with opened(path) as database:
        assert memory() == SqliteMemories(database).recall(key("prod"))


def test_a_place_where_no_file_can_be_made_is_refused() -> None:
    with pytest.raises(Trouble, match=r"/proc/seawall/seawall\.db: .*--state"):
        opened(Path("/proc/seawall/seawall.db"))


def test_a_newer_seawall_that_comes_while_we_run_stops_our_writes(
    database: Database, stranger: sqlite3.Connection
) -> None:
    stranger.execute("PRAGMA user_version = 97")

    with pytest.raises(Trouble, match="newer Seawall"):
        SqliteMemories(database).keep(memory(), [], attempt="a")


@pytest.mark.parametrize(
    "table, document",
    [
        pytest.param("memories", "{", id="broken JSON"),
        pytest.param("memories", b"x\x9cnot packed", id="broken packing"),
        pytest.param("memories", b'{"key": "prod"}', id="fields are missing"),
        pytest.param("memories", 3, id="no text at all"),
        pytest.param("clusters", b"[]", id="another shape"),
        pytest.param("plans", b"{}", id="an empty plan"),
    ],
)
def test_a_damaged_row_is_trouble_and_never_empty(
    table: str, document: object, database: Database
) -> None:
    ports = over_sqlite(database)
    ports.memories.keep(memory(), [], attempt="a")
    ports.inventory.observe(seen("one", "prod"), now=NOW)
    ports.plans.put(plan_state("p"), before=None)
    with database.writing() as connection:
        connection.execute(f"UPDATE {table} SET document = ?", (document,))  # noqa: S608  a table of ours
    read: dict[str, Callable[[], object]] = {
        "memories": ports.fleet.memories,
        "clusters": ports.inventory.records,
        "plans": lambda: ports.plans.plan(PlanId("p")),
    }

    with pytest.raises(Trouble, match=r"seawall\.db: .*cannot be understood"):
        read[table]()


@pytest.mark.parametrize(
    "column, word",
    [pytest.param("presence", "there", id="presence"), pytest.param("last_seen", "now", id="time")],
)
def test_a_damaged_column_is_trouble(column: str, word: str, database: Database) -> None:
    ports = over_sqlite(database)
    ports.inventory.observe(seen("one", "prod"), now=NOW)
    with database.writing() as connection:
        connection.execute(f"UPDATE clusters SET {column} = ?", (word,))  # noqa: S608  a column of ours

    with pytest.raises(Trouble, match=r"inventory in it cannot be understood.*"):
        ports.inventory.record(key("prod"))


@pytest.mark.parametrize("sql", ["INSERT INTO ceilings VALUES ('east', 'AUTO!')", None])
def test_a_mode_that_is_not_understood_allows_nothing(sql: str | None, database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sql or "INSERT INTO modes VALUES ('east', 'prod', '')")

    with pytest.raises(Trouble, match="none of observe, propose, approve, auto"):
        over_sqlite(database).modes.mode(key("prod"))


def test_text_that_is_no_text_is_trouble(database: Database) -> None:
    with pytest.raises(Trouble, match="no text"):
        over_sqlite(database).inventory.observe(seen("kubeconfig /\udcff", "a"), now=NOW)


def test_a_mark_that_nobody_gave_is_a_bug(database: Database) -> None:
    news = over_sqlite(database).news
    with pytest.raises(Trouble, match="bug"):
        news.draft(digest("d"), replace(news.untold(), mark="17"))


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
