"""The face of the repository: what lies at the top, what is promised, what is left unsaid."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

FOLDERS = {".ci", "bench", "docs", "functions", "infra", "requirements", "shared", "tests"}
PAGES = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"}
SETTINGS = {".editorconfig", ".gitignore", ".importlinter", ".pre-commit-config.yaml"}
BUILD = {"Makefile", "pyproject.toml", "template.yaml"}
ALLOWED = FOLDERS | PAGES | SETTINGS | BUILD

# Written with a group, so that this line is not its own finding.
MACHINE = re.compile(r"(?<![\w.<])/(?:work|root|tmp/sw)/|/opt/(?:pypi|wheels)")
REGISTRY = re.compile(r"(?:pypi|npmjs)\.(?:org|com)|files\.(?:pythonhosted)")


def strangers(paths: Iterable[str]) -> set[str]:
    return {path.partition("/")[0] for path in paths} - ALLOWED


def commands(page: str) -> set[str]:
    """The make targets that a page tells its reader to type."""
    typed = re.findall(r"^\s*\$? ?make ([a-z0-9-]+)", page, re.MULTILINE)
    return {*typed, *re.findall(r"`make ([a-z0-9-]+)", page)}


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))


def unexplained(project: str) -> list[str]:
    """Each ignored rule of ruff that has no reason beside it."""
    ignored = re.findall(r'^  "[A-Z]+[0-9]+",.*$', project, re.MULTILINE)
    return [line.strip() for line in ignored if not re.search(r"# \S+ \S+", line)]


def unexplained_here(text: str) -> list[str]:
    """Each line that silences a tool without naming the rule and the reason."""
    mark = "no" + "qa"
    silenced = [line for line in text.splitlines() if f"# {mark}" in line]
    return [line for line in silenced if not re.search(rf"# {mark}: [A-Z0-9, ]+  \S+ \S+", line)]


def test_only_the_agreed_names_lie_at_the_top(tracked: tuple[str, ...]) -> None:
    assert strangers(tracked) == set()


def test_every_make_command_in_the_pages_exists(checkout: Path) -> None:
    known = targets((checkout / "Makefile").read_text())
    pages = [*checkout.glob("*.md"), *checkout.glob("docs/**/*.md")]
    wrong = {p.name: lost for p in pages if (lost := commands(p.read_text()) - known)}

    assert "demo" in commands((checkout / "README.md").read_text())
    assert wrong == {}


def test_every_target_is_explained_by_make_help(checkout: Path) -> None:
    makefile = (checkout / "Makefile").read_text()
    listed = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))

    assert targets(makefile) == listed


def test_every_ignored_rule_has_its_reason(checkout: Path, tracked_texts: dict[str, str]) -> None:
    project = unexplained((checkout / "pyproject.toml").read_text())
    python = {path: text for path, text in tracked_texts.items() if path.endswith(".py")}
    here = {path: lines for path, text in python.items() if (lines := unexplained_here(text))}

    assert (project, here) == ([], {})


def test_no_file_names_a_machine_or_a_registry(tracked_texts: dict[str, str]) -> None:
    found = {
        path: hits
        for path, text in tracked_texts.items()
        if (hits := [m.group() for m in (*MACHINE.finditer(text), *REGISTRY.finditer(text))])
    }

    assert found == {}


@pytest.mark.parametrize(
    "paths, found",
    [
        pytest.param(["shared/seawall/x.py", "README.md"], set[str](), id="agreed"),
        pytest.param(["scripts/x.sh"], {"scripts"}, id="a new folder"),
        pytest.param(["setup.py"], {"setup.py"}, id="a new file"),
    ],
)
def test_a_stranger_is_found(paths: list[str], found: set[str]) -> None:
    assert found == strangers(paths)


@pytest.mark.parametrize(
    "page, found",
    [
        pytest.param("```\nmake demo\n```", {"demo"}, id="in a block"),
        pytest.param("$ make test", {"test"}, id="after a prompt"),
        pytest.param("Type `make wheel-check` first.", {"wheel-check"}, id="in a sentence"),
        pytest.param("It will make sure of that.", set[str](), id="just a verb"),
    ],
)
def test_a_make_command_is_found(page: str, found: set[str]) -> None:
    assert found == commands(page)


@pytest.mark.parametrize(
    "line, complaints",
    [
        pytest.param('  "D203",    # contradicts D211', 0, id="with a reason"),
        pytest.param('  "D203",', 1, id="without"),
        pytest.param('  "D203", # nope', 1, id="one word is no reason"),
    ],
)
def test_an_unexplained_ignore_is_found(line: str, complaints: int) -> None:
    assert complaints == len(unexplained(line))


@pytest.mark.parametrize(
    "comment, complaints",
    [
        pytest.param(": S603  a fixed command", 0, id="with a reason"),
        pytest.param(": S603", 1, id="without"),
        pytest.param("", 1, id="every rule at once"),
    ],
)
def test_an_unexplained_silence_is_found(comment: str, complaints: int) -> None:
    assert complaints == len(unexplained_here("f()  # no" + "qa" + comment))


@pytest.mark.parametrize(
    "text, found",
    [
        pytest.param("see /" + "work/main/x.py", True, id="a checkout"),
        pytest.param("cd /" + "root/.pyenv", True, id="a home"),
        pytest.param("/opt/" + "wheels", True, id="a folder of wheels"),
        pytest.param("https://docs.example/" + "work/plan", False, id="part of an address"),
    ],
)
def test_a_machine_is_found(text: str, *, found: bool) -> None:
    assert found is bool(MACHINE.search(text))
