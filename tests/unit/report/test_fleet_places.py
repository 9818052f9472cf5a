from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fleets import (
    BEFORE,
    LAST_WEEK,
    NOBODY,
    RULE,
    THE_RUN,
    finding,
    memory,
    plan,
    record,
    turn,
)

from seawall.model.cluster import ClusterKey
from seawall.model.digest import Group
from seawall.model.finding import Severity
from seawall.model.memory import FindingMemory, Turn
from seawall.model.plan import Stage
from seawall.report.fleet import Standing
from seawall.report.fleet_lines import cluster_lines
from seawall.report.fleet_places import Place, changes, plans_to_tell, worst_places

CRITICAL = finding("c", severity=Severity.CRITICAL, namespace="grave")
HIGH = tuple(finding(f"h{n}", namespace="many") for n in range(9))
LOW = finding("l", severity=Severity.LOW, namespace="")


def places(*findings: FindingMemory) -> tuple[Place, ...]:
    view = replace(
        NOBODY, last_run=THE_RUN, records=(record("a"),), memories=(memory("a", *findings),)
    )
    return worst_places(cluster_lines(view))


def test_one_critical_finding_is_worse_than_many_high_ones() -> None:
    assert ["grave", "many", ""] == [place.namespace for place in places(LOW, *HIGH, CRITICAL)]


def test_a_place_names_its_gravest_finding_first_and_what_is_adopted_after_what_is_not() -> None:
    adopted = finding("adopted", namespace="grave", adopted=True)
    fresh = finding("fresh", namespace="grave")

    (place,) = places(adopted, fresh, CRITICAL)

    assert ["c", "fresh", "adopted"] == [each.summary for each in place.findings]
    assert (1, 2, 0, 0) == place.severities


def test_a_place_says_that_its_numbers_are_old() -> None:
    view = replace(
        NOBODY,
        last_run=THE_RUN,
        records=(record("a"),),
        memories=(memory("a", CRITICAL, unseen="timed out"),),
    )

    (place,) = worst_places(cluster_lines(view))

    assert Standing.STALE is place.standing


def test_one_cause_is_one_group_over_all_clusters() -> None:
    found = changes((turn("b"), turn("a"), turn("a", rule="other"), turn("a", Turn.RESOLVED)))

    said = "anybody can come in"
    a, b = (ClusterKey("a"), "shop", said), (ClusterKey("b"), "shop", said)
    assert (
        Group(Turn.OPENED, RULE, Severity.HIGH, (a, b)),
        Group(Turn.OPENED, "other", Severity.HIGH, (a,)),
        Group(Turn.RESOLVED, RULE, Severity.HIGH, (a,)),
    ) == found.groups


def test_a_first_scan_and_known_debt_are_counted_and_no_news() -> None:
    found = changes((turn("a", first=True), turn("a", first=True), turn("b", adopted=True)))

    assert ((), (("a", 2),), 1) == (found.groups, found.first, found.adopted)


@pytest.mark.parametrize(
    "stages, told",
    [
        pytest.param(
            (Stage.REFUSED, Stage.PROPOSED, Stage.FAILED),
            (Stage.FAILED, Stage.PROPOSED, Stage.REFUSED),
            id="those that need a person first",
        ),
        pytest.param((Stage.SUPERSEDED,), (), id="another plan took its place"),
        pytest.param(
            (Stage.DONE, Stage.UNDOING), (Stage.UNDOING, Stage.DONE), id="what came of it, last"
        ),
    ],
)
def test_plans_are_told_by_what_they_need(
    stages: tuple[Stage, ...], told: tuple[Stage, ...]
) -> None:
    view = replace(NOBODY, last_run=THE_RUN, plans=tuple(plan("a", stage) for stage in stages))

    assert told == tuple(state.stage for state in plans_to_tell(view))


@pytest.mark.parametrize("stage", [Stage.DONE, Stage.ROLLED_BACK])
def test_what_ended_before_the_last_run_was_told_then(stage: Stage) -> None:
    old = replace(plan("a", stage), changed_at=LAST_WEEK)
    new = replace(plan("a", stage), changed_at=BEFORE + timedelta(seconds=1))

    assert (new,) == plans_to_tell(replace(NOBODY, last_run=THE_RUN, plans=(old, new)))
