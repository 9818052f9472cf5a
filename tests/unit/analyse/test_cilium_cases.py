"""The cases of `tests/cases/cilium`: each a question whose answer Cilium's docs or code give."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.unit.analyse.cilium_world import CASES, read, world

from seawall.model.ir import Decision
from seawall.model.policies import BrokenObject

LEAST_CASES = 60
FIELDS = {"name", "source", "policies", "settings", "broken", "because", *Decision}

Case = dict[str, Any]


def _cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.yaml")):
        if path.name != "cluster.yaml":
            yield from yaml.safe_load(path.read_text())


ALL = list(_cases())
ASKED = [case for case in ALL if not case.get("broken")]
BROKEN = [case for case in ALL if case.get("broken")]


def _name(case: Case) -> str:
    return str(case["name"])


@pytest.mark.parametrize("case", ASKED, ids=_name)
def test_a_case_is_decided_as_its_source_says(case: Case) -> None:
    found = world(case["policies"], case.get("settings"))
    asked = {question: {decision} for decision in Decision for question in case.get(decision, ())}

    assert asked == {question: found.decisions(question) for question in asked}


@pytest.mark.parametrize("case", [c for c in ASKED if "because" in c], ids=_name)
def test_what_narrows_an_allow_is_told(case: Case) -> None:
    found = world(case["policies"], case.get("settings"))
    for line in case["because"]:
        question, _, path = line.partition(": ")
        told = {where.path for row in found.rows(question) for where in row.because}

        assert {path} == told


@pytest.mark.parametrize("case", BROKEN, ids=_name)
def test_what_cilium_refuses_is_not_guessed_at(case: Case) -> None:
    [document] = case["policies"]

    assert isinstance(read(document), BrokenObject)


def test_there_are_enough_cases_and_each_says_where_it_comes_from() -> None:
    names = [case["name"] for case in ALL]

    assert len(names) >= LEAST_CASES
    assert len(set(names)) == len(names)
    assert [] == [case["name"] for case in ALL if not case.get("source")]
    assert [] == [case["name"] for case in ALL if case.keys() - FIELDS]
    assert [] == [case["name"] for case in ASKED if not case.keys() & {"because", *Decision}]
