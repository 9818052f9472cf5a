"""Label selectors as apimachinery reads them: four operators, absent keys, one canonical form."""

import pytest

from seawall.model.selector import (
    EVERYTHING,
    Operator,
    Requirement,
    Selector,
    selector,
    with_labels,
)

Labels = dict[str, str]

NONE: Labels = {}
OTHER = {"tier": "front"}
WEB = {"app": "web"}
EMPTY = {"app": ""}

IN = Requirement("app", Operator.IN, ("api", "web"))
NOT_IN = Requirement("app", Operator.NOT_IN, ("api", "web"))
EXISTS = Requirement("app", Operator.EXISTS)
ABSENT = Requirement("app", Operator.DOES_NOT_EXIST)


@pytest.mark.parametrize(
    "requirement, labels, holds",
    [
        pytest.param(IN, WEB, True, id="In: one of the values"),
        pytest.param(IN, {"app": "db"}, False, id="In: another value"),
        pytest.param(IN, EMPTY, False, id="In: an empty value is another"),
        pytest.param(IN, OTHER, False, id="In: the key is absent"),
        pytest.param(IN, NONE, False, id="In: no labels"),
        pytest.param(NOT_IN, WEB, False, id="NotIn: one of the values"),
        pytest.param(NOT_IN, {"app": "db"}, True, id="NotIn: another value"),
        pytest.param(NOT_IN, EMPTY, True, id="NotIn: an empty value is another"),
        pytest.param(NOT_IN, OTHER, True, id="NotIn: the key is absent"),
        pytest.param(NOT_IN, NONE, True, id="NotIn: no labels"),
        pytest.param(EXISTS, WEB, True, id="Exists: any value"),
        pytest.param(EXISTS, EMPTY, True, id="Exists: an empty value, too"),
        pytest.param(EXISTS, OTHER, False, id="Exists: the key is absent"),
        pytest.param(ABSENT, WEB, False, id="DoesNotExist: any value"),
        pytest.param(ABSENT, EMPTY, False, id="DoesNotExist: an empty value, too"),
        pytest.param(ABSENT, NONE, True, id="DoesNotExist: the key is absent"),
    ],
)
def test_an_operator_means_what_the_api_says(
    requirement: Requirement, labels: Labels, *, holds: bool
) -> None:
    assert holds == requirement.holds(labels)
    assert holds == selector(requirement).matches(labels)


@pytest.mark.parametrize(
    "found, labels, matches",
    [
        pytest.param(EVERYTHING, NONE, True, id="nothing asked, no labels"),
        pytest.param(EVERYTHING, WEB, True, id="nothing asked, any labels"),
        pytest.param(selector(EXISTS, IN), WEB, True, id="both hold"),
        pytest.param(selector(EXISTS, IN), {"app": "db"}, False, id="one of two holds"),
        pytest.param(selector(EXISTS, ABSENT), WEB, False, id="a contradiction: with the key"),
        pytest.param(selector(EXISTS, ABSENT), NONE, False, id="a contradiction: without it"),
        pytest.param(with_labels(WEB), {**WEB, **OTHER}, True, id="more labels than asked"),
        pytest.param(with_labels({**WEB, **OTHER}), WEB, False, id="fewer labels than asked"),
    ],
)
def test_all_requirements_must_hold(found: Selector, labels: Labels, *, matches: bool) -> None:
    assert matches == found.matches(labels)


def test_order_and_doubles_make_no_other_selector() -> None:
    ours, theirs = selector(IN, EXISTS), selector(EXISTS, IN, EXISTS)

    assert (ours, hash(ours)) == (theirs, hash(theirs))
    assert with_labels({"b": "2", "a": "1"}) == with_labels({"a": "1", "b": "2"})


def test_different_meanings_are_different_selectors() -> None:
    assert 5 == len({EVERYTHING, *(selector(each) for each in (IN, NOT_IN, EXISTS, ABSENT))})


def test_only_the_empty_selector_matches_all() -> None:
    assert [True, False] == [found.matches_all for found in (EVERYTHING, selector(EXISTS))]


def test_a_selector_knows_its_keys() -> None:
    assert {"app", "tier"} == with_labels({**WEB, **OTHER}).keys
    assert not EVERYTHING.keys


@pytest.mark.parametrize(
    "found, text",
    [
        pytest.param(EVERYTHING, "everything", id="nothing asked"),
        pytest.param(with_labels({"b": "2", "a": "1"}), "a=1, b=2", id="labels"),
        pytest.param(selector(IN), "app in (api, web)", id="In"),
        pytest.param(selector(NOT_IN), "app notin (api, web)", id="NotIn"),
        pytest.param(selector(EXISTS), "app", id="Exists"),
        pytest.param(selector(ABSENT), "!app", id="DoesNotExist"),
    ],
)
def test_a_selector_is_written_as_kubectl_takes_it(found: Selector, text: str) -> None:
    assert text == str(found)
