"""The cases of `tests/cases/istio`: each a question whose answer Istio's docs or code give."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from tests.unit.analyse.istio_world import CASES, World

from seawall.analyse.istio import Control
from seawall.analyse.istio_tunnel import Tunnel

LEAST_CASES = 40
FIELDS = {"name", "source", "objects", "broken", "asks", "because", "why", "tunnel", "proxies"}
CONTROLS = {
    "none": Control.NONE,
    "allows": Control.ALLOWS,
    "denies": Control.DENIES,
    "depends": Control.DEPENDS,
    "unproven": Control.UNPROVEN,
}

Case = dict[str, Any]


def _cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.yaml")):
        if path.name != "cluster.yaml":
            yield from yaml.safe_load(path.read_text())


ALL = list(_cases())


def _name(case: Case) -> str:
    return str(case["name"])


def _effect(tunnel: Tunnel | None) -> str:
    if tunnel is None:
        return "none"
    return "cuts" if tunnel.cuts else "opens" if tunnel.opens else "same"


@pytest.mark.parametrize("case", ALL, ids=_name)
def test_a_case_is_as_its_source_says(case: Case) -> None:
    found = World(case.get("objects", ()))
    asks, why = case.get("asks", {}), case.get("why", {})

    assert bool(case.get("broken")) == bool(found.mesh.broken)
    assert {each: CONTROLS[word] for each, word in asks.items()} == {
        each: found.row(each).control for each in asks
    }
    assert case.get("because", {}) == {
        each: [str(where) for where in found.row(each).because] for each in case.get("because", {})
    }
    assert [] == [each for each, word in why.items() if word not in "; ".join(found.row(each).why)]
    assert case.get("tunnel", {}) == {
        each: _effect(found.tunnel(each)) for each in case.get("tunnel", {})
    }
    assert case.get("proxies", {}) == {each: found.proxy(each) for each in case.get("proxies", {})}


def test_there_are_enough_cases_and_each_says_where_it_comes_from() -> None:
    names = [case["name"] for case in ALL]
    told = {"asks", "tunnel", "proxies", "broken"}

    assert len(names) >= LEAST_CASES
    assert len(set(names)) == len(names)
    assert [] == [case["name"] for case in ALL if not case.get("source")]
    assert [] == [case["name"] for case in ALL if case.keys() - FIELDS]
    assert [] == [case["name"] for case in ALL if not case.keys() & told]
