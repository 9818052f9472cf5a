"""What README promises beyond its commands: rules, exit codes, links, and what no test can run."""

import re
import shlex
from pathlib import Path

import click
import pytest

from seawall.cli.exits import Exit
from seawall.cli.main import seawall as command_line
from seawall.judge.rules import RULES

NOT_RUN = re.compile(
    r"<!-- not run: (?P<why>[^\n]+) -->\n```(?:console|sh)\n(?P<text>.*?)```", re.DOTALL
)
PAGES = ("README.md", "docs/quickstart.md")
REASONS = {"needs a cluster", "it runs until it is stopped"}
LINK = re.compile(r"\]\((?!https?://)(?P<target>[^)#]+)")


@pytest.fixture(scope="session")
def readme(checkout: Path) -> str:
    return (checkout / "README.md").read_text()


def parse(words: list[str]) -> None:
    """Read a command as the program would, without running it."""
    above = click.Context(command_line, **command_line.context_settings)
    verb = command_line.commands[words[0]]
    verb.make_parser(click.Context(verb, above, info_name=words[0])).parse_args(words[1:])


def test_the_table_of_rules_is_the_registry(readme: str) -> None:
    rows = re.findall(
        r"^\| \[([a-z-]+)\]\(docs/rules/\1\.md\) \| (\w+) \| (.+) \|$", readme, re.MULTILINE
    )

    assert [(rule.id, str(rule.severity), rule.title) for rule in RULES] == rows


def test_the_table_of_exit_codes_has_each_of_them(readme: str) -> None:
    assert [int(code) for code in Exit] == [
        int(code) for code in re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)
    ]


def test_the_first_commands_are_the_demo_and_the_tests(readme: str) -> None:
    first = re.findall(r"^make (\w+)", readme, re.MULTILINE)

    assert ["demo", "test"] == first
    assert readme.index("make demo") < readme.index("seawall scan")


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_run_says_why_and_could_be_typed(page: str, checkout: Path) -> None:
    blocks = list(NOT_RUN.finditer((checkout / page).read_text()))
    lines = [line for block in blocks for line in block["text"].splitlines()]
    commands = [command for line in lines for command in line.split(" | ") if "seawall" in command]

    assert {block["why"] for block in blocks} <= REASONS
    assert len(commands) >= len(blocks) > 0
    for command in commands:
        name, *words = shlex.split(command)

        assert "seawall" == name
        parse(words)


def test_a_command_that_could_not_be_typed_is_found() -> None:
    with pytest.raises(click.NoSuchOption):
        parse(["scan", "--contxt", "prod"])


@pytest.mark.parametrize(
    "page", [*PAGES, "docs/why.md", "docs/critiques.md", "docs/cli.md", "CHANGELOG.md"]
)
def test_every_link_within_the_repository_leads_somewhere(page: str, checkout: Path) -> None:
    file = checkout / page
    targets = [link["target"] for link in LINK.finditer(file.read_text())]

    assert [] == [target for target in targets if not (file.parent / target).exists()]


def test_pass_is_explained_and_never_called_protection(readme: str) -> None:
    assert 'PASS means "policy isolates", never "protected"' in " ".join(readme.split())
