"""Published and hand-made clusters whose right answers were written down by somebody else.

Cases with a kind that is not modelled yet must never be guessed: every answer there is either the
expected one or UNKNOWN.
"""

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
from seawall.model.sight import Seen

NOW = datetime(2026, 11, 24, tzinfo=UTC)

EXPECTED = {Decision.ALLOW: True, Decision.DENY: False}

MODELLED = ["k8s-e2e-netpol", "cyclonus", "recipes", "seed-blog", "npguard-exposure"]
WITH_ADMIN_KINDS = ["npguard-connlist", "traps", "cnp-conformance", "npguard-anp-parsed"]
OF_OTHER_DIALECTS = ["nca-calico"]


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the expectations: may `source` reach `target` there."""

    source: str
    target: str
    protocol: Protocol
    port: int
    allowed: bool


@pytest.mark.parametrize("suite", MODELLED)
def test_every_case_is_answered_as_expected(corpora: Path, suite: str) -> None:
    counts, wrong = _judged(corpora / suite)

    assert wrong == []
    assert counts["unknown"] == 0
    assert counts["right"] + counts["right flags"] > 0
    print(f"\n{suite}: {_line(counts)}")  # noqa: T201  `make corpora` shows the counts


@pytest.mark.parametrize("suite", WITH_ADMIN_KINDS)
def test_cases_with_admin_kinds_are_never_guessed(corpora: Path, suite: str) -> None:
    counts, wrong = _judged(corpora / suite)

    assert wrong == []
    assert counts["unknown in cases without such kinds"] == 0
    print(f"\n{suite}: {_line(counts)}")  # noqa: T201  `make corpora` shows the counts


@pytest.mark.parametrize("suite", OF_OTHER_DIALECTS)
def test_other_dialects_are_unknown(corpora: Path, suite: str) -> None:
    counts, wrong = _judged(corpora / suite, most_checks=500)

    assert wrong == []
    assert counts["unknown"] > 0
    print(f"\n{suite}: {_line(counts)} (first 500 of each case)")  # noqa: T201  as above


def _line(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counts.items())


def _judged(suite: Path, most_checks: int | None = None) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for case in sorted(path.parent for path in suite.glob("*/expected.json")):
        isolation = analyse(read_manifests([case / "cluster.yaml"], now=NOW))
        expected = json.loads((case / "expected.json").read_text())
        counts["cases"] += 1
        for number, check in enumerate(_checks(expected)):
            if most_checks is None or number < most_checks:
                _count(isolation, case.name, check, counts, wrong)
        for pod, flags in expected.get("isolated", {}).items():
            for direction in Direction:
                _count_flag(isolation, f"{case.name} {pod}", (pod, direction), flags, counts, wrong)
    return counts, wrong


def _count(
    isolation: Isolation, case: str, check: Check, counts: Counter[str], wrong: list[str]
) -> None:
    source, target = end(isolation, check.source), end(isolation, check.target)
    ports = port_set(check.protocol, ((check.port, check.port),))
    decision = most_open(rulings(isolation, source, target, ports))
    if decision is Decision.UNKNOWN:
        counts["unknown"] += 1
        counts["unknown in cases without such kinds"] += not _unmodelled(isolation)
    elif EXPECTED[decision] is check.allowed:
        counts["right"] += 1
    else:
        wrong.append(f"{case}: {check} but {decision}")


def _count_flag(  # noqa: PLR0913, PLR0917  a plain loop body, named
    isolation: Isolation,
    what: str,
    subject: tuple[str, Direction],
    flags: dict[str, bool],
    counts: Counter[str],
    wrong: list[str],
) -> None:
    pod, direction = subject
    found = isolation.pods_by_name[pod]
    classes = isolation.classes_of[(found.namespace, found.name)]
    selected = isolation.side(classes[0], direction).selected
    if selected == flags[direction]:
        counts["right flags"] += 1
    else:
        wrong.append(f"{what} {direction}: selected={selected}")


def _unmodelled(isolation: Isolation) -> bool:
    kinds = isolation.snapshot.unmodelled
    return isinstance(kinds, Seen) and bool(kinds.value)


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
