"""Each page tells the truth: its table is the rule's, its example fails, its remediation passes."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from seawall.analyse.isolation import analyse
from seawall.judge.judging import judge
from seawall.judge.over_time import EXPLAINED, OverTime
from seawall.judge.rule import Rule
from seawall.judge.rules import RULES
from seawall.model.finding import Verdict
from seawall.model.snapshot import Snapshot

Read = Callable[[str], Snapshot]
Live = Callable[[Iterable[Any]], Snapshot]
Objects = dict[tuple[str, str, str], Any]

SECTIONS = (
    "What it detects",
    "Why it matters",
    "Example",
    "Remediation",
    "What it does not see",
    "When it says UNKNOWN",
)

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
each_page = pytest.mark.parametrize("rule", EXPLAINED, ids=lambda rule: rule.id)


@pytest.fixture
def pages(checkout: Path) -> Path:
    return checkout / "docs/rules"


def table(page: str) -> dict[str, str]:
    return dict(re.findall(r"^\| (\w[\w ]*) \| (.+) \|$", page, re.MULTILINE))


def sections(page: str) -> dict[str, str]:
    found = re.split(r"^## (.+)\n", page, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def objects(section: str) -> Objects:
    """The objects of the YAML in a section, by kind, namespace and name."""
    texts = re.findall(r"^```yaml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    found = (each for text in texts for each in yaml.safe_load_all(text))
    return {
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]): each
        for each in found
    }


def verdicts(read: Read, live: Live, rule: Rule, found: Objects) -> set[Verdict]:
    objects = list(found.values())
    snapshot = live(objects) if rule.live_only else read(yaml.safe_dump_all(objects))
    return {outcome.verdict for outcome in judge(analyse(snapshot), (rule,))}


@each_page
def test_the_table_is_that_of_the_rule(pages: Path, rule: Rule | OverTime) -> None:
    found = table((pages / f"{rule.id}.md").read_text())

    assert ["Severity", "Since", "Applies to", "Fix offered", "Controls"] == list(found)
    assert (str(rule.severity), ", ".join(rule.controls)) == (found["Severity"], found["Controls"])


@each_page
def test_a_page_has_its_sections_and_is_short(pages: Path, rule: Rule | OverTime) -> None:
    page = (pages / f"{rule.id}.md").read_text()

    assert SECTIONS == tuple(sections(page))
    assert page.count("\n") <= 100


@each_rule
def test_the_example_fails_and_the_remediation_passes(
    read: Read, live: Live, pages: Path, rule: Rule
) -> None:
    """The remediation is applied over the example, as kubectl would."""
    found = sections((pages / f"{rule.id}.md").read_text())
    before, applied = objects(found["Example"]), objects(found["Remediation"])

    assert before
    assert applied
    assert Verdict.FAIL in verdicts(read, live, rule, before)
    assert {Verdict.PASS} == verdicts(read, live, rule, before | applied)


@each_page
def test_every_rule_that_a_page_links_to_has_a_page(pages: Path, rule: Rule | OverTime) -> None:
    links = re.findall(r"\]\(([\w-]+\.md)\)", (pages / f"{rule.id}.md").read_text())

    assert [] == [link for link in links if not (pages / link).is_file()]


def test_the_index_lists_the_rules_in_their_order(pages: Path) -> None:
    rows = re.findall(
        r"^\| \[([\w-]+)\]\(\1\.md\) \| (\w+) \| (.+) \|$",
        (pages / "README.md").read_text(),
        re.MULTILINE,
    )

    assert [(rule.id, str(rule.severity), rule.title) for rule in RULES] == rows
