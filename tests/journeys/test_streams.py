"""Terminals and pipes: progress for who looks, no noise for who reads."""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from tests.journeys.setting import environment

from seawall.demo.fleet import DemoFleet

OnTerminal = Callable[..., str]


@pytest.fixture
def on_terminal(tmp_path: Path) -> OnTerminal:
    """What a command writes to a stderr that is a terminal."""

    def run(*arguments: object, **env: str) -> str:
        ours, theirs = pty.openpty()
        seen: list[bytes] = []
        reader = Thread(target=lambda: drain(ours, seen))
        reader.start()
        command = [sys.executable, "-m", "seawall", *map(str, arguments)]
        subprocess.run(  # noqa: S603  this project's own command
            command,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            check=False,
            cwd=tmp_path,
            env=environment(tmp_path, {"TERM": "xterm", **env}),
        )
        os.close(theirs)
        reader.join()
        os.close(ours)
        return b"".join(seen).decode()

    return run


def drain(terminal: int, seen: list[bytes]) -> None:
    """Read until the other side is closed, which Linux tells as an error."""
    try:
        while piece := os.read(terminal, 65536):
            seen.append(piece)
    except OSError:
        return


def test_progress_is_shown_on_a_terminal_and_taken_away(
    on_terminal: OnTerminal, fleet: DemoFleet
) -> None:
    shown = on_terminal("scan", "--kubeconfig", fleet.kubeconfig, "--context", "*")

    assert "reading clusters" in shown
    assert "3 scanned" in shown.splitlines()[-1]


def test_quiet_is_quiet_on_a_terminal_too(on_terminal: OnTerminal, fleet: DemoFleet) -> None:
    assert "" == on_terminal("scan", "--kubeconfig", fleet.kubeconfig, "-q")


def test_no_color_is_heeded_on_a_terminal(on_terminal: OnTerminal, fleet: DemoFleet) -> None:
    arguments = ("scan", "--kubeconfig", fleet.kubeconfig)

    assert "\x1b[3" in on_terminal(*arguments)
    assert "\x1b[3" not in on_terminal(*arguments, NO_COLOR="1")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["scan", "FOLDER"], id="a table"),
        pytest.param(["scan", "FOLDER", "-o", "json"], id="JSON"),
        pytest.param(["explain"], id="a list"),
    ],
)
def test_a_reader_who_leaves_is_no_success_and_no_traceback(
    arguments: list[str], example: Path, tmp_path: Path
) -> None:
    words = [str(example) if word == "FOLDER" else word for word in arguments]
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(  # noqa: S603  this project's own command
        [sys.executable, "-m", "seawall", *words],
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
        env=environment(tmp_path, {}),
        text=True,
    )
    os.close(theirs)

    assert 1 == done.returncode
    assert "Error" not in done.stderr
    assert "Traceback" not in done.stderr


def test_letters_that_a_terminal_lacks_are_escaped(example: Path, tmp_path: Path) -> None:
    shutil.copytree(example, tmp_path / "m\u00e9nage")
    done = subprocess.run(
        [sys.executable, "-m", "seawall", "scan", "m\u00e9nage"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONIOENCODING": "ascii"}),
    )

    assert 2 == done.returncode
    assert b"m\\xe9nage" in done.stdout
    assert b"Traceback" not in done.stderr
