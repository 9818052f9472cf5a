"""The file under test, and a table to write to."""

from pathlib import Path

from tests.contract.state.ports import NOW

from seawall.state.database import Database, open_database

CLAIM = "INSERT INTO claims VALUES ('east', ?, 'prod')"
CLAIMS = "SELECT count(*) FROM claims"


def opened(path: Path, *, busy_s: float = 0.1) -> Database:
    return open_database(path, fleet="east", now=NOW, busy_s=busy_s)


def claims(database: Database) -> int:
    with database.reading() as connection:
        (count,) = connection.execute(CLAIMS).fetchone()
    return int(count)
