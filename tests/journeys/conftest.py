"""The command line as a person would use it: real files, real sockets, real exit codes."""

import io
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from tests.journeys.setting import Connect, Done, Entry, Seawall, environment, write_kubeconfig

from seawall.cli.main import run as command_line
from seawall.demo.fleet import DemoFleet


@pytest.fixture
def seawall(tmp_path: Path) -> Seawall:
    """Run `seawall` in an empty folder.

    With `stdin` or `env` in a process of its own, else in this one, which saves its start.
    """

    def run(
        *arguments: object, stdin: bytes | None = None, env: Mapping[str, str] | None = None
    ) -> Done:
        words = list(map(str, arguments))
        if stdin is None and env is None:
            return here(words, tmp_path)
        return elsewhere(words, tmp_path, stdin or b"", env or {})

    return run


def here(words: list[str], folder: Path) -> Done:
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = command_line(words)
    return Done(code, text(out), text(err))


def text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def elsewhere(words: list[str], folder: Path, stdin: bytes, env: Mapping[str, str]) -> Done:
    done = subprocess.run(  # noqa: S603  this project's own command
        [sys.executable, "-m", "seawall", *words],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment(folder, env),
        timeout=60,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


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
