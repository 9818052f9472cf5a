"""Suite `invalid-policies`: one broken object a file, and what an API server makes of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from seawall.collect import documents, parse
from seawall.model.policies import BrokenObject, NetworkPolicy

CASES = 37


@pytest.fixture(scope="module")
def cases(corpora: Path) -> dict[str, dict[str, Any]]:
    found = json.loads((corpora / "invalid-policies" / "expected.json").read_text())["cases"]
    return {case["file"]: case for case in found}


def verdict(path: Path) -> str:
    found = documents.read(path.read_text(), path.name).documents
    policy = parse.network_policy_from(found[0].value, found[0].origin)
    if isinstance(policy, BrokenObject):
        return "rejected"
    return "unknown-field" if policy.warnings else "accepted"


def test_each_policy_is_judged_as_an_api_server_does(
    corpora: Path, cases: dict[str, dict[str, Any]]
) -> None:
    found = {name: verdict(corpora / "invalid-policies" / name) for name in cases}

    # Without its unknown field a policy may still be one that the API server rejects.
    allowed = {
        name: {"rejected", "unknown-field"}
        if case["expected"] == "unknown-field"
        else {case["expected"]}
        for name, case in cases.items()
    }
    wrong = {name: got for name, got in found.items() if got not in allowed[name]}
    assert (CASES, {}) == (len(found), wrong)


def test_an_unknown_field_is_told_of_also_where_the_rest_is_rejected(
    corpora: Path, cases: dict[str, dict[str, Any]]
) -> None:
    unknown = [name for name, case in cases.items() if case["expected"] == "unknown-field"]

    for name in unknown:
        (document,) = documents.read(
            (corpora / "invalid-policies" / name).read_text(), name
        ).documents
        policy = parse.network_policy_from(document.value)
        told = policy.warnings if isinstance(policy, NetworkPolicy) else policy.problems
        assert any("unknown field" in text for text in told), name
