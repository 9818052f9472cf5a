"""The ports of the memory side by side, and the adapters that hold them: a third one joins here."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.contract.state.dynamo import table_opener

from seawall.demo.inventory import DemoInventory, DemoModes
from seawall.demo.memories import DemoMemories, DemoNews
from seawall.demo.runs import DemoPlans, DemoRuns
from seawall.flow.ports import Fleet, Inventory, Memories, Modes, News, Plans, Runs
from seawall.state.database import Database, open_database
from seawall.state.dynamo import DynamoTable
from seawall.state.dynamo_inventory import DynamoInventory
from seawall.state.dynamo_memories import DynamoMemories
from seawall.state.dynamo_modes import DynamoModes
from seawall.state.dynamo_news import DynamoNews
from seawall.state.dynamo_plans import DynamoPlans
from seawall.state.dynamo_runs import DynamoRuns
from seawall.state.inventory import SqliteInventory
from seawall.state.memories import SqliteMemories
from seawall.state.modes import SqliteModes
from seawall.state.news import SqliteNews
from seawall.state.plans import SqlitePlans
from seawall.state.runs import SqliteRuns

NOW = datetime(2026, 11, 24, 18, 14, 25, 123456, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Ports:
    """What one process holds of one fleet."""

    inventory: Inventory
    memories: Memories
    fleet: Fleet
    runs: Runs
    news: News
    modes: Modes
    plans: Plans


OpenPorts = Callable[[str], Ports]
"""What another process of this fleet would hold: called twice, both share one store."""


def over_sqlite(database: Database) -> Ports:
    memories = SqliteMemories(database)
    return Ports(
        inventory=SqliteInventory(database),
        memories=memories,
        fleet=memories,
        runs=SqliteRuns(database),
        news=SqliteNews(database),
        modes=SqliteModes(database),
        plans=SqlitePlans(database),
    )


def over_dynamo(table: DynamoTable) -> Ports:
    memories = DynamoMemories(table)
    return Ports(
        inventory=DynamoInventory(table),
        memories=memories,
        fleet=memories,
        runs=DynamoRuns(table),
        news=DynamoNews(table, memories),
        modes=DynamoModes(table),
        plans=DynamoPlans(table),
    )


def in_memory() -> Ports:
    memories = DemoMemories()
    return Ports(
        inventory=DemoInventory(),
        memories=memories,
        fleet=memories,
        runs=DemoRuns(),
        news=DemoNews(memories),
        modes=DemoModes(),
        plans=DemoPlans(),
    )


@contextmanager
def sqlite(folder: Path) -> Iterator[OpenPorts]:
    with ExitStack() as stack:
        yield lambda fleet: over_sqlite(
            stack.enter_context(open_database(folder / "seawall.db", fleet=fleet, now=NOW))
        )


@contextmanager
def dynamo(_folder: Path) -> Iterator[OpenPorts]:
    with table_opener() as opened:
        yield lambda fleet: over_dynamo(opened(fleet))


@contextmanager
def demo(_folder: Path) -> Iterator[OpenPorts]:
    fleets: dict[str, Ports] = {}
    yield lambda fleet: fleets.setdefault(fleet, in_memory())


ADAPTERS: dict[str, Callable[[Path], AbstractContextManager[OpenPorts]]] = {
    "SQLite": sqlite,
    "DynamoDB": dynamo,
    "demo": demo,
}
