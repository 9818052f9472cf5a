"""What a command does not need, it does not import: not the SDKs, not even our own rooms."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.journeys.setting import environment

from seawall.state.database import open_database

SDKS = {"aiohttp", "azure", "boto3", "botocore", "google", "kubernetes", "ruamel", "trustme"}
HEAVY = SDKS | {"rich", "urllib3", "yaml"}


def imported(arguments: list[str], folder: Path) -> set[str]:
    """The top-level packages that a command imports."""
    done = subprocess.run(  # noqa: S603  this project's own command
        [sys.executable, "-X", "importtime", "-m", "seawall", *arguments],
        capture_output=True,
        check=False,
        env=environment(folder, {}),
        text=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    names = {line.rpartition("|")[2].strip() for line in lines}
    assert "seawall.cli" in names
    return {name.partition(".")[0] for name in names} | names


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a fleet in which nothing was met yet."""
    path = tmp_path_factory.mktemp("memory") / "state.db"
    with open_database(path, fleet="default", now=datetime.now(UTC)):
        return path


@pytest.mark.parametrize(
    "arguments, absent",
    [
        pytest.param(["--help"], HEAVY | {"seawall.analyse"}, id="help"),
        pytest.param(["--version"], HEAVY | {"seawall.analyse"}, id="version"),
        pytest.param(["explain", "dns-blocked"], HEAVY, id="explain"),
        pytest.param(["scan", "FOLDER", "-o", "json"], HEAVY - {"rich", "yaml"}, id="scan as JSON"),
        pytest.param(["scan", "FOLDER"], SDKS | {"urllib3", "seawall.demo"}, id="scan"),
        pytest.param(["isolation", "FOLDER"], SDKS | {"urllib3"}, id="isolation"),
        pytest.param(["why", "shop/web", "1.1.1.1", "FOLDER"], SDKS | {"urllib3"}, id="why"),
        pytest.param(["status", "--state", "FILE"], SDKS, id="status of a file"),
        pytest.param(["mode", "--state", "FILE"], SDKS, id="mode in a file"),
    ],
)
def test_only_what_is_needed_is_imported(
    arguments: list[str], absent: set[str], example: Path, memory: Path, tmp_path: Path
) -> None:
    stands = {"FOLDER": str(example), "FILE": str(memory)}
    words = [stands.get(word, word) for word in arguments]

    assert set() == absent & imported(words, tmp_path)


@pytest.mark.parametrize(
    "package, arguments, advice",
    [
        pytest.param("aiohttp", ["demo"], "pip install 'seawall[demo]'", id="demo"),
        pytest.param(
            "kubernetes",
            ["scan", "--kubeconfig", "config"],
            "pip install 'seawall[kube]'",
            id="kubeconfig",
        ),
    ],
)
def test_what_is_not_installed_is_told_with_the_way_to_install_it(
    package: str, arguments: list[str], advice: str, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("kind: Config\n")
    absent = f"import sys; sys.modules[{package!r}] = None; from seawall.cli import main; main()"
    done = subprocess.run(  # noqa: S603  this project's own command
        [sys.executable, "-c", absent, *arguments],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=environment(tmp_path, {}),
        text=True,
    )

    assert (3, "") == (done.returncode, done.stdout)
    assert advice in done.stderr
