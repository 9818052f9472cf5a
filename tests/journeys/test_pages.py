"""What the pages tell a reader to type works, and shows what they say it shows."""

import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.journeys.options import options_page
from tests.journeys.setting import Seawall

BLOCK = re.compile(
    r"(?P<mark><!-- not run: [^\n]+ -->\n)?```(?:console|sh)\n(?P<text>.*?)```", re.DOTALL
)
OTHERS = ("make ",)
"""Held by tests/house: each target exists."""

REWRITE = "PYTHONPATH=shared python -m tests.journeys.options"


@dataclass(frozen=True)
class Typed:
    """One command of a page, and the output printed below it, if any."""

    command: str
    output: str


def typed(page: str) -> Iterator[Typed]:
    """The commands of a page that are not marked with a reason for not running them."""
    for block in BLOCK.finditer(page):
        if block["mark"]:
            continue
        for part in re.split(r"^\$ ", block["text"], flags=re.MULTILINE):
            command, _, output = part.partition("\n")
            if command and not command.startswith(OTHERS):
                yield Typed(command, output)


def tidy(text: str) -> str:
    """Tables fill their last column with spaces."""
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


@pytest.mark.parametrize(
    "page", [pytest.param("README.md", id="README"), pytest.param("docs/quickstart.md", id="tour")]
)
def test_every_command_of_a_page_works(
    page: str, checkout: Path, tmp_path: Path, seawall: Seawall
) -> None:
    shutil.copytree(checkout / "docs" / "example", tmp_path / "docs" / "example")
    commands = list(typed((checkout / page).read_text()))

    assert len(commands) >= 4
    for each in commands:
        name, *arguments = shlex.split(each.command)
        done = seawall(*arguments)

        assert "seawall" == name
        assert done.code in {0, 2}, done.err
        if each.output:
            assert tidy(each.output) == tidy(done.out + done.err)


def test_the_page_of_options_is_what_help_says(checkout: Path) -> None:
    found = (checkout / "docs" / "cli.md").read_text()

    assert options_page() == found, (
        "PYTHONPATH=shared python -m tests.journeys.options > docs/cli.md"
    )


@pytest.mark.parametrize(
    "page, commands",
    [
        pytest.param("```console\n$ seawall a\n```", ["seawall a"], id="a prompt"),
        pytest.param("```sh\nmake demo  # x\n```", [], id="a make target"),
        pytest.param("<!-- not run: why -->\n```sh\nrm -r x\n```", [], id="marked"),
        pytest.param("```yaml\nseawall a\n```", [], id="no commands"),
        pytest.param("```console\n$ a\nout\n$ b\n```", ["a", "b"], id="with output"),
    ],
)
def test_commands_are_found(page: str, commands: list[str]) -> None:
    assert commands == [each.command for each in typed(page)]
