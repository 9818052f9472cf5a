"""A slice of `make fuzz` by time, and the sizes and shapes that chance draws too seldom."""

import copy
import time
from typing import Any

import pytest
from tests.fuzz.drawing import DEEP, MANY_PORTS, MANY_RULES, VALID, Document, nested
from tests.fuzz.rounds import Broken, checked, examined, fuzz, held

from seawall.model.policies import BrokenObject, ObjectRef

SECONDS = 10
SEED = 20261125

_REF = ObjectRef("NetworkPolicy", "a", "x")
_PORT_LISTS = ("ports", "protocols", "toPorts")


def _name(document: Document) -> str:
    return f"{document['apiVersion']} {document['kind']}"


def _with_rules(*fields: str) -> list[Any]:
    """Each kind with a list of rules."""
    return [
        pytest.param(each, field, id=f"{_name(each)} {field}")
        for each in VALID
        for field in fields
        if each.get("spec", {}).get(field)
    ]


def _lengthened(value: object) -> None:
    """Every list of ports in a rule, a thousand long."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _PORT_LISTS and isinstance(inner, list) and inner:
                inner[:] = (inner * MANY_PORTS)[:MANY_PORTS]
            else:
                _lengthened(inner)
    elif isinstance(value, list):
        for inner in value:
            _lengthened(inner)


def test_a_slice_of_random_inputs_keeps_every_promise(capsys: pytest.CaptureFixture[str]) -> None:
    until = time.monotonic() + SECONDS
    outcome = fuzz(SEED, most=200_000, until=lambda: time.monotonic() >= until)
    with capsys.disabled():
        print("", *outcome.lines(), f"seed {SEED}, {SECONDS} s", sep="\n")  # noqa: T201  counts are shown

    assert [] == outcome.wrong
    assert {_name(each) for each in VALID} == {kind for kind, _ in outcome.counts}


@pytest.mark.parametrize("valid", VALID, ids=_name)
def test_what_the_damage_starts_from_is_valid(valid: Document) -> None:
    assert not isinstance(checked(valid, valid), BrokenObject)


@pytest.mark.parametrize("valid, field", _with_rules("ingress", "rules"))
def test_ten_thousand_rules_are_read_and_judged(valid: Document, field: str) -> None:
    document = copy.deepcopy(valid)
    rules = document["spec"][field]
    document["spec"][field] = (rules * MANY_RULES)[:MANY_RULES]

    examined([checked(valid, document)])


@pytest.mark.parametrize("valid, field", _with_rules("ingress", "egress", "rules"))
def test_a_thousand_ports_are_read_and_judged(valid: Document, field: str) -> None:
    document = copy.deepcopy(valid)
    _lengthened(document["spec"][field])

    examined([checked(valid, document)])


@pytest.mark.parametrize("valid", VALID, ids=_name)
@pytest.mark.parametrize("place", ["spec", "metadata", "status", "ingress", "selector"])
def test_no_depth_exhausts_the_stack(valid: Document, place: str) -> None:
    document = copy.deepcopy(valid)
    (document["spec"] if place in ("ingress", "selector") and "spec" in document else document)[
        place
    ] = nested(DEEP)

    examined([checked(valid, document)])


@pytest.mark.parametrize("valid", VALID, ids=_name)
def test_what_contains_itself_comes_to_an_end(valid: Document) -> None:
    """As an anchor of YAML can say it."""
    document = copy.deepcopy(valid)
    document["spec"] = dict.fromkeys(("ingress", "egress", "rules", "nets", "mtls"), document)

    examined([checked(valid, document)])


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(BrokenObject(_REF, ("bad",), "", frozenset()), id="touches nothing"),
        pytest.param(BrokenObject(_REF, (), ""), id="does not say why"),
        pytest.param(None, id="neither a policy nor broken"),
    ],
)
def test_what_breaks_a_promise_is_noticed(found: object) -> None:
    with pytest.raises(Broken):
        held("NetworkPolicy", VALID[0], found)
