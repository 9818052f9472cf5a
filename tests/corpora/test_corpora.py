"""Published and hand-made clusters whose right answers were written down by somebody else."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seawall.analyse.connection import most_open, rulings
from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import end
from seawall.collect.manifests import read_manifests
from seawall.model.ir import Decision
from seawall.model.policies import Direction
from seawall.model.ports import Protocol, port_set

NOW = datetime(2026, 11, 24, tzinfo=UTC)

EXPECTED = {True: Decision.ALLOW, False: Decision.DENY}

SUITES = [
    "k8s-e2e-netpol",
    "cyclonus",
    "recipes",
    "seed-blog",
    "npguard-exposure",
    "npguard-connlist",
    "traps",
    "cnp-conformance",
    "npguard-anp-parsed",
    "nca-calico",
]


NCA = "nca-calico"
CONTRADICTED = {
    (NCA, "testcase17-various-containment-between-policies1"): "nets match pods as well",
    (NCA, "testcase22-0-global-to-from-outside"): "nets match pods as well",
    (NCA, "testcase18-pods-based-policies"): "without an order, policies are asked by name",
    (NCA, "testcase22-0-global-blacklist-ports"): "20:21 became 1221 when it was converted",
}
"""Cases that contradict the system they are about; docs/decisions/0008 argues each."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the expectations: may `source` reach `target` there."""

    source: str
    target: str
    protocol: Protocol
    port: int
    allowed: bool


@pytest.mark.parametrize("suite", SUITES)
def test_every_case_is_answered_as_expected(corpora: Path, suite: str) -> None:
    counts: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    for case in sorted(path.parent for path in (corpora / suite).glob("*/expected.json")):
        found = list(_differences(case, counts))
        if found:
            wrong[case.name] = found
    marked = {case for found, case in CONTRADICTED if found == suite}

    assert [] == [lines for case, lines in wrong.items() if case not in marked]
    assert marked == wrong.keys() & marked
    assert counts["right"] + counts["right flags"] > 0
    counts["cases against their documentation"] = len(marked)
    told = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    print(f"\n{suite}: {told}")  # noqa: T201  `make corpora` shows the counts


def _differences(case: Path, counts: Counter[str]) -> Iterator[str]:
    """What is not answered as expected; the rest is counted."""
    isolation = analyse(read_manifests([case / "cluster.yaml"], now=NOW))
    expected = json.loads((case / "expected.json").read_text())
    counts["cases"] += 1
    for check in _checks(expected):
        decision = _decision(isolation, check)
        if EXPECTED[check.allowed] is decision:
            counts["right"] += 1
        else:
            yield f"{check} but {decision}"
    for pod, flags in expected.get("isolated", {}).items():
        for direction in Direction:
            if _isolated(isolation, pod, direction) == flags[direction]:
                counts["right flags"] += 1
            else:
                yield f"{pod} {direction}: isolated is not {flags[direction]}"


def _decision(isolation: Isolation, check: Check) -> Decision:
    source, target = end(isolation, check.source), end(isolation, check.target)
    ports = port_set(check.protocol, ((check.port, check.port),))
    return most_open(rulings(isolation, source, target, ports))


def _isolated(isolation: Isolation, name: str, direction: Direction) -> bool:
    found = isolation.pods_by_name[name]
    classes = isolation.classes_of[(found.namespace, found.name)]
    return isolation.side(classes[0], direction).selected


def _checks(expected: dict[str, Any]) -> Iterator[Check]:
    for source, target, protocol, port, allowed in expected.get("checks", []):
        yield Check(source, target, Protocol(protocol), port, allowed)
    if matrix := expected.get("matrix"):
        yield from _cells(matrix)


def _cells(matrix: dict[str, Any]) -> Iterator[Check]:
    """Every judged pair: what `reach` does not list is denied."""
    outside = set(matrix.get("external", []))
    unjudged = {tuple(pair) for pair in matrix.get("unjudged", [])}
    for service, reach in matrix["reach"].items():
        protocol, port = service.split("/")
        for source in matrix["from"]:
            for target in matrix["to"]:
                pair = (source, target)
                if source != target and not outside.issuperset(pair) and pair not in unjudged:
                    allowed = target in reach.get(source, [])
                    yield Check(source, target, Protocol(protocol), int(port), allowed)
