"""Folders, files, standard input and saved snapshots: what is said, and with which exit code."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.setting import NOW, Done, Seawall

from seawall.judge.over_time import EXPLAINED

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: web, image: web}]}
"""
DENY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
DNS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
"""
STRANGER = """
apiVersion: k8s.ovn.org/v1
kind: UserDefinedNetwork
metadata: {name: c, namespace: shop}
spec: {topology: Layer3}
"""
ELSEWHERE = STRANGER.replace("namespace: shop", "namespace: other")
INVALID = DENY.replace("podSelector: {}", "podSelector: {matchLabels: {app: 'no good'}}")
SAFE = f"{POD}---{DENY}---{DNS}"
ESCAPES = "\\x1b]0;owned\\x07\\u202e\\u200b\\u2028"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    made.mkdir()
    return made


@pytest.mark.parametrize(
    "text, options, code",
    [
        pytest.param(SAFE, [], 0, id="nothing wrong"),
        pytest.param(POD, [], 2, id="a high finding"),
        pytest.param(POD, ["--fail-on", "critical"], 0, id="a finding below the gate"),
        pytest.param(POD, ["--fail-on", "never"], 0, id="no gate"),
        pytest.param(f"{POD}---{DENY}", [], 0, id="a medium finding"),
        pytest.param(f"{POD}---{DENY}", ["--fail-on", "medium"], 2, id="a lower gate"),
        pytest.param(f"{SAFE}---{STRANGER}", [], 1, id="a policy that is not modelled"),
        pytest.param(f"{POD}---{ELSEWHERE}", [], 1, id="incomplete beats findings"),
        pytest.param(f"{POD}---{ELSEWHERE}", ["--max-unknown", "50"], 2, id="then findings"),
        pytest.param(f"{POD}---{INVALID}", [], 1, id="an invalid policy"),
        pytest.param(f"{SAFE}---{STRANGER}", ["--max-unknown", "50"], 0, id="unknown allowed"),
        pytest.param("a: [", [], 3, id="broken YAML"),
        pytest.param("", [], 3, id="nothing to judge"),
        pytest.param(POD, ["--max-unknown", "-1"], 5, id="a number that is none"),
        pytest.param(POD, ["--fail-on", "hihg"], 5, id="a typing error"),
        pytest.param(POD, ["--nonsense"], 5, id="no such option"),
        pytest.param(POD, ["-o", "yaml"], 5, id="no such format"),
        pytest.param(POD, ["-o", "json", "-o", "ndjson"], 5, id="two formats to stdout"),
        pytest.param(POD, ["--now", "tomorrow"], 5, id="no time"),
    ],
)
def test_the_exit_code_tells_what_happened(
    text: str, options: list[str], code: int, seawall: Seawall, folder: Path
) -> None:
    (folder / "all.yaml").write_text(text)

    assert code == seawall("scan", "folder", *options).code


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        pytest.param(["scan", "gone"], 3, "gone: no such file or folder", id="no such folder"),
        pytest.param(["scan", "empty"], 3, "empty", id="an empty folder"),
        pytest.param(["scan", "broken.yaml"], 3, "broken.yaml:3", id="broken YAML has a line"),
        pytest.param(["scan", "double.yaml"], 3, "double.yaml:", id="duplicate keys"),
        pytest.param(["scan", "deep.json"], 3, "deep.json", id="20,000-deep JSON"),
        pytest.param(["scan", "bomb.yaml"], 3, "bomb.yaml", id="an alias bomb"),
        pytest.param(["explain", "dns-bloked"], 3, "did you mean dns-blocked?", id="no such rule"),
        pytest.param(["why", "shop/web"], 5, "FROM and TO", id="half a question"),
        pytest.param(["why", "shop/wep", "1.1.1.1", "ok.yaml"], 3, "shop/web?", id="no such pod"),
        pytest.param(["why", "1.1.1.1", "8.8.8.8", "ok.yaml"], 3, "outside", id="two outsiders"),
        pytest.param(["why", "shop/web", "1.1.1.1", "0", "ok.yaml"], 5, "1 to 65535", id="port 0"),
        pytest.param(["why", "shop/web", "1.1.1.1", "1/X", "ok.yaml"], 5, "'X'", id="protocol X"),
        pytest.param(["why", "--queries", "gone", "ok.yaml"], 3, "gone", id="no questions"),
        pytest.param(["scan", "ok.yaml", "--save", "no/x"], 3, "no/x", id="nowhere to save"),
        pytest.param(["scan", "ok.yaml", "-o", "json=no/x"], 3, "no/x", id="nowhere to write"),
        pytest.param(["scan", "ok.yaml", "-o", "json=empty"], 3, "empty", id="over a folder"),
        pytest.param(["nonsense"], 5, "No such command", id="no such verb"),
    ],
)
def test_a_mistake_is_told_with_what_and_where(
    arguments: list[str], code: int, says: str, seawall: Seawall, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "ok.yaml").write_text(POD)
    (tmp_path / "broken.yaml").write_text("kind: Pod\nmetadata:\n  name: [a\n")
    (tmp_path / "double.yaml").write_text("kind: Pod\nkind: Pod\napiVersion: v1\n")
    (tmp_path / "deep.json").write_text("[" * 20_000 + "]" * 20_000)
    bomb = ["a: &a0 [x]", *(f"b{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
    (tmp_path / "bomb.yaml").write_text("\n".join(["apiVersion: v1", "kind: Pod", *bomb]))
    done = seawall(*arguments)

    assert (code, "") == (done.code, done.out)
    assert says in done.err
    assert "Traceback" not in done.err


def test_without_a_target_the_three_ways_are_told(seawall: Seawall) -> None:
    done = seawall("scan", env={})

    assert 5 == done.code
    for way in ("manifests", "saved snapshot", "--context"):
        assert way in done.err


def test_standard_input_is_a_folder_too(seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(POD)
    files = seawall("scan", "folder", "-o", "json", "--now", NOW)
    piped = seawall("scan", "-", "-o", "json", "--now", NOW, stdin=POD.encode())

    assert 2 == piped.code
    assert files.document["totals"] == piped.document["totals"]


def test_several_paths_are_one_set_of_manifests(seawall: Seawall, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "policies.yaml").write_text(f"{DENY}---{DNS}")

    assert 2 == seawall("scan", "pod.yaml").code
    assert 0 == seawall("scan", "pod.yaml", "policies.yaml").code


def verdicts(findings: list[dict[str, Any]]) -> Counter[str]:
    return Counter(each["verdict"] for each in findings)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(POD, id="findings"),
        pytest.param(f"{POD}---{INVALID}", id="unknown"),
        pytest.param(SAFE, id="nothing"),
    ],
)
def test_every_format_has_the_same_findings(text: str, seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(text)
    outputs = ["-o", "table", "-o", "json=a.json", "-o", "ndjson=a.ndjson"]
    done = seawall("scan", "folder", *outputs)
    [cluster] = json.loads((folder.parent / "a.json").read_text())["clusters"]
    lines = (folder.parent / "a.ndjson").read_text().splitlines()
    records = [each for each in map(json.loads, lines) if each["kind"] == "finding"]
    rows = Counter(
        word for line in done.out.splitlines() for word in line.split()[1:2] if "-" in line
    )

    assert verdicts(cluster["findings"]) == verdicts(records)
    assert verdicts(records) == Counter({v: rows[v] for v in ("fail", "unknown") if rows[v]})


def test_equal_input_gives_equal_bytes(seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(f"{POD}---{INVALID}")
    for form in ("table", "json", "ndjson"):
        arguments = ("scan", "folder", "--now", NOW, "-o", form)

        assert seawall(*arguments) == seawall(*arguments)


def test_a_file_is_replaced_whole_or_not_at_all(seawall: Seawall, folder: Path) -> None:
    kept = folder.parent / "out.json"
    (folder / "all.yaml").write_text(POD)
    seawall("scan", "folder", "-o", "json=out.json")
    before = kept.read_bytes()
    (folder / "all.yaml").write_text("a: [")
    done = seawall("scan", "folder", "-o", "json=out.json")

    assert 3 == done.code
    assert before == kept.read_bytes()
    assert {"folder", "out.json"} == {path.name for path in folder.parent.iterdir()}


def test_data_goes_to_stdout_and_all_else_to_stderr(seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(POD)
    loud = seawall("scan", "folder", "-o", "json")
    quiet = seawall("scan", "folder", "-o", "json", "-q")

    assert "1 scanned, 0 unseen" in loud.err.splitlines()[-1]
    assert "" == quiet.err
    assert loud.document["totals"] == quiet.document["totals"]


def test_a_pass_is_never_called_protection(seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(SAFE)
    for arguments in (["scan"], ["isolation"], ["why", "shop/web", "1.1.1.1"]):
        done = seawall(*arguments, "folder")

        assert "unknown" in done.out
        assert "protect" not in (done.out + done.err).lower()


@pytest.mark.parametrize(
    "options, coloured",
    [
        pytest.param([], False, id="no terminal"),
        pytest.param(["--color", "always"], True, id="always"),
        pytest.param(["--color", "never"], False, id="never"),
    ],
)
def test_colour_is_for_those_who_want_it(
    options: list[str], *, coloured: bool, seawall: Seawall, folder: Path
) -> None:
    (folder / "all.yaml").write_text(POD)

    assert coloured is ("\x1b[" in seawall("scan", "folder", *options).out)


def commands_on(target: str) -> list[list[str]]:
    return [
        ["scan", target],
        ["scan", target, "-o", "json"],
        ["scan", target, "-o", "ndjson"],
        ["isolation", target],
        ["isolation", target, "-o", "json"],
        ["why", "shop/web", "1.1.1.1", target],
        ["why", "shop/web", "1.1.1.1", target, "-o", "json"],
    ]


def test_every_verb_takes_a_saved_snapshot(seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(f"{POD}---{DENY}")
    seawall("scan", "folder", "--save", "s.snapshot", "--now", NOW)
    folders = [seawall(*command, "--now", NOW) for command in commands_on("folder")]

    assert folders == [seawall(*command) for command in commands_on("s.snapshot")]


def harmless(done: Done) -> bool:
    return all(ord(c) >= 32 or c == "\n" for c in done.out + done.err) and not (
        set("\x7f\x9b\u202e\u200b\u2028") & set(done.out + done.err)
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(POD.replace("app: web", f'app: "{ESCAPES}"'), id="a label"),
        pytest.param(POD.replace("namespace: shop", f'namespace: "{ESCAPES}"'), id="a namespace"),
        pytest.param(POD.replace("name: web,", f'name: "{ESCAPES}",'), id="a pod"),
        pytest.param(POD + "---" + DENY.replace("name: deny", f'name: "{ESCAPES}"'), id="a policy"),
        pytest.param(POD + "---" + POD.replace("kind: Pod", f'kind: "{ESCAPES}"'), id="a kind"),
        pytest.param(f'{POD}"{ESCAPES}": [', id="a broken file"),
        pytest.param(POD + "---" + INVALID.replace("no good", ESCAPES), id="an invalid value"),
    ],
)
def test_escape_codes_in_a_manifest_do_not_reach_the_terminal(
    text: str, seawall: Seawall, folder: Path
) -> None:
    (folder / "all.yaml").write_text(text)
    for command in commands_on("folder"):
        assert harmless(seawall(*command)), command


def test_many_questions_are_answered_line_by_line(seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(f"{POD}---{DENY}---{DNS}")
    asked: list[dict[str, Any]] = [
        {"from": "shop/web", "to": "1.1.1.1", "protocol": "TCP", "port": 80},
        {"from": "shop/gone", "to": "1.1.1.1", "protocol": "TCP", "port": 80},
        {"from": "shop/web", "to": "shop/web", "protocol": "UDP", "port": 53},
        {"from": "shop/web"},
    ]
    lines = [*map(json.dumps, asked), "", "no JSON"]
    (folder.parent / "q.ndjson").write_text("\n".join(lines))
    done = seawall("why", "--queries", "q.ndjson", "folder", "-o", "ndjson")
    answers = done.records

    assert 0 == done.code
    assert [False, None, True, None, None] == [each.get("allowed") for each in answers]
    assert [False, True, False, True, True] == ["error" in each for each in answers]
    assert all(line.items() <= each.items() for line, each in zip(asked, answers, strict=False))


def test_an_answer_shows_the_change_that_would_flip_it(seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(f"{POD}---{DENY}")
    before = seawall("why", "shop/web", "10.1.2.3", "443/tcp", "folder", "-o", "json").document
    text = seawall("why", "shop/web", "10.1.2.3", "443", "folder").out
    [change] = before["changes"]
    (folder / "change.yaml").write_text(json.dumps(change["add"]))
    after = seawall("why", "shop/web", "10.1.2.3", "443", "folder", "-o", "json").document

    assert (False, True) == (before["allowed"], after["allowed"])
    assert text.startswith("denied: shop/web -> 10.1.2.3 on TCP 443")
    assert "kind: NetworkPolicy" in text


def test_without_a_port_every_port_is_answered(seawall: Seawall, folder: Path) -> None:
    (folder / "all.yaml").write_text(POD)
    found = seawall("why", "shop/web", "10.1.2.3", "folder", "-o", "json").document

    assert {"TCP", "UDP", "SCTP", "other"} == {
        port["protocol"] for ruling in found["rulings"] for port in ruling["ports"]
    }


def test_the_isolation_of_each_pod_names_who_decided(seawall: Seawall, example: Path) -> None:
    found = seawall("isolation", example, "-o", "json").document
    db = next(each for each in found["pods"] if each["name"] == "db")
    [opening] = db["ingress"]["open_to"]

    assert ["importer", "db", "web"] == [each["name"] for each in found["pods"]]
    assert {"kind", "namespace", "name", "path"} == set(opening["because"][0])
    assert "allow-same-namespace" == opening["because"][0]["name"]


@pytest.mark.parametrize("arguments", [["--version"], ["version"]])
def test_the_version_is_told(arguments: list[str], seawall: Seawall) -> None:
    done = seawall(*arguments)

    assert (0, "seawall ") == (done.code, done.out[:8])


def test_each_rule_is_explained(seawall: Seawall) -> None:
    listed = seawall("explain").out.splitlines()

    assert len(EXPLAINED) == len(listed)
    for line in listed:
        rule = line.split()[0]
        page = seawall("explain", rule).out

        assert page.startswith(f"# {rule}")
        for part in ("Severity", "Controls", "## Why it matters", "## Remediation"):
            assert part in page
