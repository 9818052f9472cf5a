"""The outermost edge: a bug of ours is told without what a cluster said, and is never ok."""

import click
import pytest

from seawall.cli.exits import Exit
from seawall.cli.main import run, seawall


@click.command()
def broken() -> None:
    raise LookupError("\x1b[2J a secret from a cluster")


def test_a_bug_is_told_by_place_and_never_by_text(capfd: pytest.CaptureFixture[str]) -> None:
    seawall.add_command(broken)
    try:
        code = run(["broken"])
    finally:
        del seawall.commands["broken"]
    told = capfd.readouterr()

    assert Exit.INCOMPLETE == code
    assert "" == told.out
    assert "LookupError, test_edge.py:" in told.err
    assert "secret" not in told.err
    assert "\x1b" not in told.err
