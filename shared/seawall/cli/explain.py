"""`seawall explain RULE`."""

import difflib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.model.errors import Trouble

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


@click.command()
@click.argument("rule_id", metavar="RULE", required=False)
def explain(rule_id: str | None) -> None:
    """Tell what a rule looks for, why, and how to put it right; without RULE, list them all."""
    from seawall.judge.over_time import EXPLAINED

    found = {rule.id: rule for rule in EXPLAINED}
    if rule_id is None:
        for rule in found.values():
            click.echo(f"{rule.id:32}{rule.severity:10}{rule.title}")
        return
    if rule_id not in found:
        near = difflib.get_close_matches(rule_id, found, n=1)
        hint = f"did you mean {near[0]}?" if near else "seawall explain lists them all"
        raise Trouble(f"there is no rule {rule_id}; {hint}")
    heading, _, page = _page(rule_id).partition("\n")
    click.echo(f"{heading}\n\n{found[rule_id].title}\n{page.rstrip()}")


def _page(rule_id: str) -> str:
    """The page of a rule: the wheel carries copies of docs/rules, a checkout the originals.

    Raises:
        Trouble: Neither is there.
    """
    package = resources.files("seawall")
    folders: list[Traversable] = [package / "judge" / "pages"]
    if isinstance(package, Path):
        folders.append(package.parents[1] / "docs" / "rules")
    for folder in folders:
        page = folder / f"{rule_id}.md"
        if page.is_file():
            return page.read_text(encoding="utf-8")
    raise Trouble(f"the page of {rule_id} is missing from this installation; install it again")
