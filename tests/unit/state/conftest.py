"""One file a test, and another program that has it open."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.state.files import opened

from seawall.state.database import Database


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
