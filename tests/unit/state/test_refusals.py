"""What cannot be used is refused in a sentence with path and cure, and never taken for empty."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.state.ports import NOW, over_sqlite
from tests.contract.state.values import ADA, digest, full_digest, key, memory, plan_state, seen
from tests.unit.state.files import opened

from seawall.model.errors import Trouble
from seawall.model.plan import PlanId
from seawall.state.database import Database
from seawall.state.memories import SqliteMemories
from seawall.state.schema import SCHEMA

NOBODY = 65_534


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
    [
        pytest.param("presence", "there", id="presence"),
        pytest.param("last_seen", "now", id="time"),
        pytest.param("missed_at", "then", id="another time"),
    ],
)
def test_a_damaged_column_is_trouble(column: str, word: str, database: Database) -> None:
    ports = over_sqlite(database)
    ports.inventory.observe(seen("one", "prod"), now=NOW)
    with database.writing() as connection:
        connection.execute(f"UPDATE clusters SET {column} = ?", (word,))  # noqa: S608  a column of ours

    with pytest.raises(Trouble, match=r"inventory in it cannot be understood.*"):
        ports.inventory.record(key("prod"))


def test_a_lease_that_is_damaged_is_trouble(database: Database) -> None:
    news = over_sqlite(database).news
    news.draft(full_digest("d"), news.untold(), ADA)
    with database.writing() as connection:
        connection.execute("UPDATE digests SET held_until = 'soon'")

    with pytest.raises(Trouble, match=r"seawall\.db: .*a digest in it cannot be understood"):
        news.draft(full_digest("d"), news.untold(), ADA)


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
        news.draft(digest("d"), replace(news.untold(), mark="17"), ADA)
