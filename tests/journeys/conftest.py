"""The command line as a person would use it: another process, real files, real sockets."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.journeys.setting import Connect, Done, Entry, Seawall, write_kubeconfig

from seawall.demo.fleet import DemoFleet


def environment(home: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """A home of its own, and nothing of the developer's kubeconfig."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL") if key in os.environ}
    package = Path(__file__).parents[2] / "shared"
    return {**kept, "HOME": str(home), "PYTHONPATH": str(package), **extra}


@pytest.fixture
def seawall(tmp_path: Path) -> Seawall:
    """Run `seawall` in an empty folder."""

    def run(
        *arguments: object,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Done:
        command = [sys.executable, "-m", "seawall", *map(str, arguments)]
        done = subprocess.run(  # noqa: S603  this project's own command
            command,
            input=stdin,
            capture_output=True,
            check=False,
            cwd=cwd or tmp_path,
            env=environment(tmp_path, env or {}),
            timeout=60,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture(scope="session")
def example(checkout: Path) -> Path:
    """The folder that README and the tour scan."""
    return checkout / "docs" / "example"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoFleet]:
    """The three demo clusters, honest, for the tests of one file."""
    with DemoFleet(tmp_path_factory.mktemp("fleet")) as running:
        yield running


@pytest.fixture
def connect(tmp_path: Path) -> Connect:
    """Write a kubeconfig with some contexts."""

    def write(**entries: Entry) -> Path:
        return write_kubeconfig(tmp_path / "kubeconfig", **entries)

    return write
