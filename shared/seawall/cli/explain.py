"""`seawall explain RULE`."""

import difflib
import inspect

import click

from seawall.model.errors import Trouble


@click.command()
@click.argument("rule_id", metavar="RULE", required=False)
def explain(rule_id: str | None) -> None:
    """Tell what a rule looks for and why; without RULE, list them all."""
    from seawall.judge.rules import RULES

    if rule_id is None:
        for rule in RULES:
            click.echo(f"{rule.id:32}{rule.severity:8}{rule.title}")
        return
    found = {rule.id: rule for rule in RULES}
    if rule_id not in found:
        near = difflib.get_close_matches(rule_id, found, n=1)
        hint = f"did you mean {near[0]}?" if near else "seawall explain lists them all"
        raise Trouble(f"there is no rule {rule_id}; {hint}")
    rule = found[rule_id]
    page = inspect.cleandoc(inspect.getmodule(rule.check).__doc__ or "")
    click.echo(f"{rule.id} ({rule.severity})\n\n{rule.title}\n\n{page}\n")
    click.echo(f"Controls: {', '.join(rule.controls)}\nPage: docs/rules/{rule.id}.md")
