"""A rollout is no change, and a change is one."""

from dataclasses import replace

import pytest
from tests.scans import found

from seawall.flow.substance import substance
from seawall.model.finding import Evidence, Finding, Severity
from seawall.model.policies import ObjectRef, Where


def evidence(
    policy: str = "web", path: str = "spec.ingress[0]", says: str = "opens it"
) -> Evidence:
    return Evidence(Where(ObjectRef("NetworkPolicy", "shop", policy), path), says)


def about(*pods: str, says: tuple[Evidence, ...] = (evidence(),)) -> Finding:
    """A finding about pods, in the words of the rules."""
    who = pods[0] if len(pods) == 1 else f"{len(pods)} pods"
    summary = f"{who} cannot reach the cluster's DNS over UDP 53"
    return found(summary=summary, pods=pods, evidence=says)


TWO = ("shop/web-1", "shop/web-2")
BEFORE = about(*TWO)
ADMITS = found(summary="admits team=web: today also kiosk")


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(about("shop/web-3", "shop/web-4"), id="a rollout"),
        pytest.param(about(*(f"shop/web-{n}" for n in range(12))), id="scaled up"),
        pytest.param(about("shop/web-1"), id="scaled down to one, called by its name"),
        pytest.param(about("shop/web"), id="one that is called as the policy is"),
        pytest.param(about("(any new pod)"), id="scaled down to none"),
        pytest.param(replace(BEFORE, fingerprint="x"), id="the same of another cluster"),
        pytest.param(about(*TWO, says=(evidence(), evidence())), id="the same evidence, twice"),
        pytest.param(
            about(*TWO, says=(evidence(path="spec.ingress[1]"),)), id="a rule put in front of it"
        ),
    ],
)
def test_what_comes_and_goes_by_itself_is_no_change(after: Finding) -> None:
    assert substance(BEFORE) == substance(after)


@pytest.mark.parametrize(
    "before, after",
    [
        pytest.param(BEFORE, replace(BEFORE, severity=Severity.CRITICAL), id="graver"),
        pytest.param(
            BEFORE, replace(BEFORE, summary="2 pods cannot reach it over TCP 53"), id="in words"
        ),
        pytest.param(BEFORE, about(*TWO, says=()), id="evidence that went"),
        pytest.param(BEFORE, about(*TWO, says=(evidence("api"),)), id="another policy"),
        pytest.param(BEFORE, about(*TWO, says=(evidence(says="isolates"),)), id="what it says"),
        pytest.param(
            ADMITS, replace(ADMITS, summary=f"{ADMITS.summary}, bank"), id="whom a label admits"
        ),
    ],
)
def test_what_a_reader_would_call_another_state_is_a_change(
    before: Finding, after: Finding
) -> None:
    assert substance(before) != substance(after)


def test_the_order_of_evidence_says_nothing() -> None:
    one, other = evidence("a"), evidence("b")

    assert substance(about(*TWO, says=(one, other))) == substance(about(*TWO, says=(other, one)))


def test_hostile_words_have_a_substance_too() -> None:
    assert 32 == len(substance(found(summary="\ud800\0\x1b[2J")))
