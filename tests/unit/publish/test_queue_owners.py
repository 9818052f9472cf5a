import os
import socket
import subprocess
import sys

import pytest

from seawall.publish.owners import owner_is_dead, this_owner


def test_this_process_lives() -> None:
    assert f"{socket.gethostname()}:{os.getpid()}" == this_owner()
    assert not owner_is_dead(this_owner())


def test_a_process_that_was_killed_is_dead() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = f"{socket.gethostname()}:{process.pid}"
        alive = not owner_is_dead(owner)
        process.kill()

    assert alive
    assert owner_is_dead(owner)


@pytest.mark.parametrize(
    "number",
    ["", "0", "-1", "1x", "²", "2147483648", "9" * 30, "1"],
    ids=repr,
)
def test_what_cannot_be_told_lives(number: str) -> None:
    assert not owner_is_dead(f"{socket.gethostname()}:{number}")


def test_another_host_cannot_be_asked() -> None:
    assert not owner_is_dead(f"not-{socket.gethostname()}:2147483647")
    assert owner_is_dead(f"{socket.gethostname()}:2147483647")  # beyond any system's pid_max
