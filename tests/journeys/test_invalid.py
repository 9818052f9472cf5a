"""Policies that an API server refuses: a finding on each, its namespace UNKNOWN, never clean."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.setting import Seawall

from seawall.cli.exits import Exit

ISOLATION_RULES = {"default-open-ingress", "default-open-egress"}
POD = "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: NS}, spec: {containers: [{}]}}"
OPEN = "{apiVersion: v1, kind: Namespace, metadata: {name: elsewhere}}"

SPECS = {
    "an unknown policyType": "{podSelector: {}, policyTypes: [Inbound]}",
    "an unknown operator": "{podSelector: {matchExpressions: [{key: a, operator: Is}]}}",
    "In without values": "{podSelector: {matchExpressions: [{key: a, operator: In}]}}",
    "Exists with values": (
        "{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}"
    ),
    "a label value with a space": "{podSelector: {matchLabels: {a: b c}}}",
    "an empty peer": "{podSelector: {}, ingress: [{from: [{}]}]}",
    "ipBlock and podSelector": (
        "{podSelector: {}, ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}"
    ),
    "no CIDR": "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: everywhere}}]}]}",
    "an except outside": (
        "{podSelector: {}, ingress: "
        "[{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}"
    ),
    "port 0": "{podSelector: {}, ingress: [{ports: [{port: 0}]}]}",
    "endPort below port": "{podSelector: {}, ingress: [{ports: [{port: 9, endPort: 8}]}]}",
    "endPort of a name": "{podSelector: {}, ingress: [{ports: [{port: web, endPort: 8}]}]}",
    "a protocol in small letters": "{podSelector: {}, ingress: [{ports: [{protocol: tcp}]}]}",
    "a spec that is a list": "[]",
}


def policy(spec: str) -> str:
    meta = "{name: odd, namespace: shop}"
    return (
        f"{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {meta}, spec: {spec}}}"
    )


def findings(document: Any) -> list[dict[str, Any]]:  # noqa: ANN401  JSON of any shape
    [cluster] = document["clusters"]
    found: list[dict[str, Any]] = cluster["findings"]
    return found


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_policy_that_is_refused_is_a_finding_and_its_namespace_unknown(
    spec: str, seawall: Seawall, tmp_path: Path
) -> None:
    (tmp_path / "all.yaml").write_text(
        "\n---\n".join([OPEN, POD.replace("NS", "shop"), policy(spec)])
    )
    done = seawall("scan", "all.yaml", "-o", "json")
    found = findings(done.document)
    invalid = [each for each in found if each["rule"] == "policy-invalid"]
    here = {each["rule"]: each["verdict"] for each in found if each["namespace"] == "shop"}

    assert 1 == done.code
    assert [("fail", "odd")] == [(each["verdict"], each["subject"]["name"]) for each in invalid]
    assert "all.yaml:5" in json.dumps(invalid)
    assert {"unknown"} == {here[rule] for rule in ISOLATION_RULES}
    assert {"fail"} == {
        each["verdict"]
        for each in found
        if each["namespace"] == "elsewhere" and each["rule"] in ISOLATION_RULES
    }


def test_no_answer_is_a_guess_where_a_policy_is_invalid(seawall: Seawall, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(
        "\n---\n".join([POD.replace("NS", "shop"), policy(SPECS["port 0"])])
    )
    for ends in (["1.1.1.1", "shop/p"], ["shop/p", "1.1.1.1"]):
        assert None is seawall("why", *ends, "all.yaml", "-o", "json").document["allowed"]


def test_of_the_published_invalid_policies_only_those_a_server_accepts_are_quiet(
    seawall: Seawall, corpora: Path, tmp_path: Path
) -> None:
    suite = corpora / "invalid-policies"
    cases = json.loads((suite / "expected.json").read_text())["cases"]
    (tmp_path / "pod.yaml").write_text(POD.replace("NS", "default"))
    quiet = []
    for each in cases:
        done = seawall("scan", suite / each["file"], "pod.yaml", "-o", "ndjson")
        told = {record["rule"] for record in done.records if record["kind"] == "finding"}
        if done.code not in {Exit.INCOMPLETE, Exit.TROUBLE} and "policy-invalid" not in told:
            quiet.append(each["file"])

    assert len(cases) > 30
    assert [each["file"] for each in cases if each["expected"] == "accepted"] == quiet


def test_kinds_that_are_not_judged_are_counted(seawall: Seawall, tmp_path: Path) -> None:
    others = [
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}",
        "{apiVersion: acme.example/v1, kind: Anvil, metadata: {name: c}}",
    ]
    (tmp_path / "all.yaml").write_text("\n---\n".join([POD.replace("NS", "shop"), *others]))
    alone = seawall("scan", "all.yaml", "-o", "json").document
    [cluster] = alone["clusters"]

    assert {"v1/ConfigMap": 2, "acme.example/v1/Anvil": 1} == cluster["notJudged"]
    assert 0 == cluster["verdicts"]["unknown"]


def test_a_folder_with_nothing_to_judge_is_not_clean(seawall: Seawall, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}")
    done = seawall("scan", "all.yaml")

    assert (3, "") == (done.code, done.out)
    assert "no namespace, workload, pod or policy in here" in done.err


def test_a_thousand_questions_are_answered_in_order(seawall: Seawall, tmp_path: Path) -> None:
    pods = (POD.replace("NS", "shop").replace("name: p", f"name: p{n}") for n in range(9))
    (tmp_path / "all.yaml").write_text("\n---\n".join(pods))
    odd = {100: "{", 200: "[]", 300: '{"from": "shop/gone", "to": "shop/p1"}', 400: '"\\ud800"'}
    asked: list[dict[str, object]] = [
        {"id": n, "from": f"shop/p{n % 9}", "to": "1.1.1.1", "port": n} for n in range(1, 1001)
    ]
    lines = [odd.get(n, json.dumps(each)) for n, each in enumerate(asked, 1)]
    (tmp_path / "q.ndjson").write_text("\n".join(lines))
    done = seawall("why", "--queries", "q.ndjson", "all.yaml", "-o", "ndjson")
    wrong = [n for n, each in enumerate(done.records, 1) if "error" in each]

    assert 0 == done.code
    assert 1000 == len(done.records)
    assert list(odd) == wrong
    assert all(
        {**question, "allowed": True, "because": []} == answer
        for question, answer in zip(asked, done.records, strict=True)
        if question["id"] not in odd
    )
