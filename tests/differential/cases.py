"""A failing round as a folder that can be kept, read, and asked again.

It has a `cluster.yaml` and an `expected.json` in the form of the published cases: `checks` are
lists of from, to, protocol, port, allowed. Here `allowed` is null where nobody can know.
"""

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from tests.differential.rounds import Ask, Round, Wrong, answered, compared, read
from tests.differential.shrinking import smallest
from tests.oracle.asking import allowed

FOLDER = Path(__file__).parents[1] / "cases" / "differential"
"""Kept cases; each is asked again with every run of the tests."""


def kept(folder: Path, one: Round, wrong: Wrong, ask: Ask = allowed) -> Path:
    """Write the smallest cluster that is still answered in the two ways, and say where."""
    small = shrunk(one, wrong, ask)
    text = yaml.safe_dump_all(small.objects, sort_keys=False)
    name = f"{one.engine}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    case = folder / name
    case.mkdir(parents=True, exist_ok=True)
    (case / "cluster.yaml").write_text(text)
    expected = {
        "title": str(wrong),
        "oracle": "tests/oracle: look up who is right, and note the source here",
        "engine": one.engine,
        "checks": [[*wrong.question, wrong.expected]],
    }
    (case / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    return case


def shrunk(one: Round, wrong: Wrong, ask: Ask = allowed) -> Round:
    """As little of a round as shows what was wrong with it."""
    asked = replace(one, questions=(wrong.question,))
    left = smallest(list(one.objects), lambda objects: _fails(asked, objects, wrong, ask))
    return replace(asked, objects=tuple(left))


def _fails(asked: Round, objects: list[Any], wrong: Wrong, ask: Ask) -> bool:
    """Whether a smaller cluster, if it can be read, is answered in the same two ways."""
    try:
        found = compared(replace(asked, objects=tuple(objects)), Counter(), ask)
    except Exception:  # noqa: BLE001  edge: whatever a mutilated cluster raises is another story
        return False
    return [wrong] == found


def loaded(case: Path) -> tuple[Round, list[Wrong]]:
    """A kept round, and which of its answers are others than what is written there."""
    expected = json.loads((case / "expected.json").read_text())
    objects = tuple(yaml.safe_load_all((case / "cluster.yaml").read_text()))
    answers = {tuple(each[:4]): each[4] for each in expected["checks"]}
    one = Round(expected["engine"], objects, tuple(answers))
    isolation = read(one)
    found = (Wrong(each, answers[each], answered(isolation, each)) for each in one.questions)
    return one, [each for each in found if each.expected is not each.found]
