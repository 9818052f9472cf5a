"""Other processes on one file: each is given its task by name and says when it is ready."""

import os
import sys
import time
from pathlib import Path

from tests.contract.state.ports import NOW
from tests.contract.state.values import key, memory, turn

from seawall.model.errors import Trouble
from seawall.state.database import Database, open_database
from seawall.state.memories import SqliteMemories
from seawall.state.runs import SqliteRuns


def half_a_write(database: Database) -> None:
    """Write a memory and never get to the end of the transaction."""
    with database.writing() as connection:
        connection.execute("INSERT INTO memories VALUES ('east', 'half', 1, 'a', '{}')")
        _ready()
        time.sleep(60)


def a_write_without_an_end(database: Database) -> None:
    """Write a memory and never close the file."""
    SqliteMemories(database).keep(memory("whole"), [turn("whole")], attempt="a")
    _ready()
    time.sleep(60)


def many_writes(database: Database) -> None:
    """Add version after version, each with a turn, for ever."""
    memories = SqliteMemories(database)
    known = memories.recall(key("prod"))
    version = known.version if known else 0
    _ready()
    while True:
        version += 1
        memories.keep(memory(version=version), [turn(number=version)], attempt=f"{version}")


def fifty_writes(database: Database) -> None:
    """Add fifty versions, however often others come first."""
    memories, done = SqliteMemories(database), 0
    while done < 50:
        known = memories.recall(key("prod"))
        version = known.version + 1 if known else 1
        attempt = f"{os.getpid()}/{done}"
        done += memories.keep(memory(version=version), [turn(number=version)], attempt=attempt)


def a_run(database: Database) -> None:
    """Begin a run and say which."""
    sys.stdout.write(SqliteRuns(database).begin(NOW).id)


def a_fork(database: Database) -> None:
    """Use the file in a child that did not open it."""
    SqliteRuns(database).begin(NOW)
    if os.fork():
        os.wait()
        return
    try:
        SqliteRuns(database).begin(NOW)
    except Trouble as error:
        sys.stdout.write(str(error))
    sys.stdout.flush()
    os._exit(0)  # nothing of the parent's is to be tidied up here


def _ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


TASKS = {
    task.__name__: task
    for task in (half_a_write, a_write_without_an_end, many_writes, fifty_writes, a_run, a_fork)
}


def main(task: str, path: str) -> None:
    with open_database(Path(path), fleet="east", now=NOW) as database:
        TASKS[task](database)


if __name__ == "__main__":
    main(*sys.argv[1:])
