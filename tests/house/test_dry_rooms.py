"""import-linter (`.importlinter`) holds the order of the rooms; what it cannot see is held here."""

import ast
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

DRY = ("model/", "analyse/", "judge/", "verify/", "report/", "flow/")
# Planning is dry, applying is not: the one writer has a module of its own.
DRY_BUT = {"remediate/": frozenset({"remediate/apply.py"})}
# In a room that also reads the world, whatever is not named here is dry.
HALF_DRY = "collect/"
WET_HALF = frozenset({"collect/files.py", "collect/manifests.py", "collect/saved.py"})

# Whatever can make one input give two answers: I/O, the clock, the environment, chance, threads.
FILES = frozenset({"pathlib", "shutil", "sqlite3", "tempfile"})
NETWORK = frozenset({"ftplib", "http", "select", "smtplib", "socket", "ssl"})
MACHINE = frozenset({"getpass", "locale", "os", "platform", "signal", "subprocess", "sys"})
CHANCE = frozenset({"random", "secrets", "time", "uuid"})
THREADS = frozenset({"asyncio", "concurrent", "multiprocessing", "threading"})
SDKS = frozenset({"aiohttp", "azure", "boto3", "botocore", "google", "kubernetes"})
CLIENTS = frozenset({"requests", "urllib3"})
WET_IMPORTS = FILES | NETWORK | MACHINE | CHANCE | THREADS | SDKS | CLIENTS
CLOCKS = frozenset({"now", "utcnow", "today"})
DOORS = frozenset({"open", "input", "print", "eval", "exec", "__import__"})


def wet_spots(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if said := _wet(node):
            yield f"line {getattr(node, 'lineno', 0)}: {said}"


def _wet(node: ast.AST) -> str | None:
    match node:
        case ast.Import(names=names) if wet := [n.name for n in names if _is_wet(n.name)]:
            return f"imports {', '.join(wet)}"
        case ast.ImportFrom(module=str(module), level=0) if _is_wet(module):
            return f"imports from {module}"
        case ast.Attribute(attr=attr, value=ast.Name(id=owner) | ast.Attribute(attr=owner)) if (
            attr in CLOCKS and owner in {"datetime", "date"}
        ):
            return f"reads the clock: {owner}.{attr}"
        case ast.Call(func=ast.Name(id=name)) if name in DOORS:
            return f"calls {name}()"
    return None


def _is_wet(module: str) -> bool:
    return module.partition(".")[0] in WET_IMPORTS or module == "urllib.request"


def is_dry(path: str) -> bool:
    if any(path.startswith(room) and path not in wet for room, wet in DRY_BUT.items()):
        return True
    return path.startswith(DRY) or (path.startswith(HALF_DRY) and path not in WET_HALF)


def test_dry_rooms_stay_dry(package: dict[str, str]) -> None:
    dry = {path: text for path, text in package.items() if is_dry(path)}

    found = [f"{path} {spot}" for path, text in dry.items() for spot in wet_spots(text)]

    assert found == []


def test_every_dry_room_is_looked_at(package: dict[str, str]) -> None:
    absent = [room for room in DRY if not any(path.startswith(room) for path in package)]

    assert absent == []
    assert set(package) >= WET_HALF


def test_import_linter_holds_the_same_modules_dry(checkout: Path, package: dict[str, str]) -> None:
    contracts = ConfigParser()
    contracts.read(checkout / ".importlinter")
    held = contracts["importlinter:contract:decoding"]["source_modules"].split()
    dry = {path for path in package if path.startswith(HALF_DRY) and is_dry(path)}

    assert dry - {"collect/__init__.py"} == {
        f"{name.removeprefix('seawall.').replace('.', '/')}.py" for name in held
    }


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import os", id="the environment"),
        pytest.param("import os.path as p", id="the environment, deeper"),
        pytest.param("from time import sleep", id="the clock"),
        pytest.param("def f():\n    import socket", id="inside a function"),
        pytest.param("from datetime import datetime\nx = datetime.now(tz)", id="datetime.now"),
        pytest.param("import datetime\nx = datetime.datetime.utcnow()", id="datetime.utcnow"),
        pytest.param("from datetime import date\nf = date.today", id="date.today, not called"),
        pytest.param("import kubernetes.client", id="an SDK"),
        pytest.param("x = open('f').read()", id="a file"),
    ],
)
def test_a_wet_spot_is_found(text: str) -> None:
    assert len(list(wet_spots(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from datetime import datetime\ndef f(now: datetime): return now", id="now"),
        pytest.param("from urllib.parse import urlsplit", id="parsing an address"),
        pytest.param("from .time import sight", id="a module of ours"),
    ],
)
def test_a_dry_spot_is_let_be(text: str) -> None:
    assert list(wet_spots(text)) == []
