"""A fleet run again and again, as a person would: remembered, mended, told once, silent."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.setting import Done, Seawall, entry_of, environment, write_kubeconfig

from seawall.demo.apiserver import ApiServer
from seawall.demo.fleet import DemoFleet
from seawall.model.cluster import ClusterKey
from seawall.model.messages import RunId, ScanOrder
from seawall.publish.events import Letter, encode
from seawall.publish.queue import SCANS, SqliteQueue
from seawall.state.database import open_database

GOOD, OPEN = "gke-ledger-prod", "aks-analytics-dev"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NEVER = ("--fail-on", "never")


@dataclass(frozen=True)
class Home:
    """A fleet that may be mended, a state of its own, and the verbs that know both."""

    fleet: DemoFleet
    seawall: Seawall
    folder: Path

    def say(self, *words: str) -> Done:
        """A verb that asks no cluster."""
        return self.seawall(*words, "--state", "state.db")

    def reach(self, *words: str) -> Done:
        """A verb that reaches clusters."""
        return self.say(*words, "--kubeconfig", str(self.fleet.kubeconfig))

    def run(self, *words: str) -> Done:
        """One run; its digests are kept in a folder."""
        return self.reach("run", "--once", "--alerts", "alerts", *words)

    def server(self, name: str) -> ApiServer:
        """One API server of the fleet."""
        return next(each.server for each in self.fleet.clusters if each.name == name)

    def new_space(self, name: str) -> None:
        """A team makes an empty namespace."""
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.server(OPEN).store.put(space)

    def writes(self) -> list[tuple[str, str]]:
        """Everything but reading that any cluster was asked for, rehearsals left out."""
        return [
            (entry.method, entry.path)
            for cluster in self.fleet.clusters
            for entry in cluster.server.journal.entries
            if entry.method not in {"GET", "POST"} and "dryRun" not in entry.query
        ]

    def digests(self) -> list[dict[str, Any]]:
        """All that was told."""
        found = (self.folder / "alerts").glob("digest-*.json")
        return [json.loads(path.read_text()) for path in found]

    def plans(self, stage: str) -> dict[str, dict[str, Any]]:
        """The plans of the open cluster in one stage, by namespace."""
        found = self.reach("plan", OPEN, "-o", "json").document["plans"]
        return {each["plan"]["namespace"]: each["plan"] for each in found if each["stage"] == stage}


@pytest.fixture
def home(seawall: Seawall, tmp_path: Path) -> Iterator[Home]:
    with DemoFleet(tmp_path, writable=True) as fleet:
        yield Home(fleet, seawall, tmp_path)


def policy_path(namespace: str) -> str:
    return f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/isolate-ingress"


def test_the_first_run_gives_one_summary_and_a_ledger_without_gaps(home: Home) -> None:
    done = home.run("-o", "json")
    (digest,) = home.digests()

    assert 2 == done.code
    assert ["scanned"] * 3 == [entry["end"] for entry in done.document["lastRun"]["ledger"]]
    assert "3 scanned, 0 unseen, 0 skipped" in done.err
    assert 3 == len(digest["summaries"])
    assert ([], []) == (digest["groups"], digest["notices"])


def test_a_second_run_finds_nothing_new_writes_nothing_and_tells_nobody(home: Home) -> None:
    first = home.run()
    told, turns = home.digests(), home.say("history", "-o", "ndjson", "--most", "9999").out
    second = home.run()

    assert first.code == second.code
    assert told == home.digests()
    assert turns == home.say("history", "-o", "ndjson", "--most", "9999").out
    assert [] == home.writes()


def test_another_kubeconfig_leaves_the_first_ones_clusters_stale_and_tells_it_once(
    home: Home,
) -> None:
    home.run()
    other = write_kubeconfig(home.folder / "other", **{GOOD: entry_of(home.fleet, GOOD)})
    words = ("run", "--once", "--alerts", "alerts", "--kubeconfig", str(other), "-o", "json")
    before = len(home.digests())
    first, second = home.say(*words), home.say(*words)

    told = [each for each in home.digests() if each["notices"]]
    assert (1, before + 1) == (len(told), len(home.digests()))
    assert told[0]["notices"][0]["text"].endswith(
        "kubeconfig could not be looked at: it is no longer in the settings"
    )
    assert "kubeconfig could not be looked at: it is no longer in the settings" in first.err
    ledger = {each["cluster"]: each["end"] for each in second.document["lastRun"]["ledger"]}
    assert {GOOD: "scanned", OPEN: "unseen"} == {
        name: end for key, end in ledger.items() if (name := key.partition("#")[2]) in {GOOD, OPEN}
    }
    assert 1 == second.code


def test_known_debt_is_counted_and_fails_no_gate(home: Home) -> None:
    home.run()
    adopted = home.say("adopt")
    again = home.run("--new-only")
    home.new_space("late")
    new = home.run("--new-only")

    assert "30 open findings are known debt" in adopted.out
    assert (0, 2) == (again.code, new.code)


def test_without_a_mode_nothing_is_ever_written(home: Home) -> None:
    home.new_space("reporting")
    home.run()
    home.run()
    plans = home.plans("proposed")
    refused = home.reach("apply", plans["reporting"]["id"])

    assert 3 == refused.code
    assert "is in mode observe, nothing is written to it" in refused.err
    assert [] == home.writes()


def test_in_auto_an_empty_namespace_is_closed_and_the_others_are_proposals(home: Home) -> None:
    home.run()
    home.say("mode", "auto", OPEN)
    home.new_space("reporting")
    home.run(*NEVER)
    written = home.writes()
    home.run(*NEVER)

    assert {("PATCH", policy_path(name)) for name in ("default", "reporting")} == set(written)
    assert written == home.writes()
    assert {"ml-serving", "notebooks", "tools", "warehouse"} == home.plans("proposed").keys()
    assert {"ingest", "kube-node-lease", "kube-public", "kube-system"} == home.plans(
        "refused"
    ).keys()
    told = [notice["text"] for digest in home.digests() for notice in digest["notices"]]
    assert 1 == sum("reporting/isolate-ingress: closed and verified, by auto" in t for t in told)


def test_a_proposal_is_applied_by_a_person_verified_and_taken_back(home: Home) -> None:
    home.run()
    home.say("mode", "propose", OPEN)
    plan = home.plans("proposed")["notebooks"]
    applied = home.reach("apply", plan["id"][:12])
    home.run(*NEVER)
    history = home.say("history", OPEN, "-o", "ndjson", "--most", "9").records
    undone = home.reach("rollback", plan["id"])

    assert 15 == len(plan["cuts"])
    assert (0, "done") == (applied.code, applied.out.partition(" ")[0])
    assert [("resolved", "notebooks")] == [
        (each["turn"], each["namespace"]) for each in history if each["turn"] != "opened"
    ]
    assert (0, "rolled-back") == (undone.code, undone.out.partition(" ")[0])
    assert [("PATCH", policy_path("notebooks")), ("DELETE", policy_path("notebooks"))] == (
        home.writes()
    )


def test_a_refused_plan_says_why_and_is_applied_by_nobody(home: Home) -> None:
    home.run()
    home.say("mode", "auto", OPEN)
    plan = home.plans("refused")["ingest"]
    done = home.reach("apply", plan["id"])

    assert 3 == done.code
    assert "Service ingest/collector leads to collector (LoadBalancer Service)" in done.err
    assert [] == home.writes()


def test_a_plan_that_holds_no_longer_is_not_applied(home: Home) -> None:
    home.run()
    home.say("mode", "propose", OPEN)
    plan = home.plans("proposed")["notebooks"]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "hub", "namespace": "notebooks"},
        "spec": {"type": "NodePort", "selector": {"app": "jupyterhub"}, "ports": [{"port": 80}]},
    }
    home.server(OPEN).store.put(service)
    done = home.reach("apply", plan["id"])

    assert 1 == done.code
    assert "holds no longer" in done.err
    assert [] == home.writes()


def test_a_plan_file_that_was_changed_is_refused(home: Home) -> None:
    home.run()
    home.say("mode", "propose", OPEN)
    home.reach("plan", OPEN, "-n", "notebooks", "-o", "json=plan.json")
    path = home.folder / "plan.json"
    path.write_text(path.read_text().replace('"podSelector": {}', '"podSelector": {"a": "b"}', 1))
    done = home.reach("apply", "plan.json")

    assert 3 == done.code
    assert "plan.json" in done.err
    assert [] == home.writes()


def test_the_ceiling_stops_every_write(home: Home) -> None:
    home.run()
    home.say("mode", "auto", OPEN)
    home.say("mode", "observe", "--ceiling")
    home.new_space("reporting")
    home.run(*NEVER)

    assert [] == home.writes()


def test_a_policy_of_that_name_by_somebody_else_is_never_taken_over(home: Home) -> None:
    home.run()
    home.say("mode", "propose", OPEN)
    plan = home.plans("proposed")["notebooks"]
    theirs = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "isolate-ingress", "namespace": "notebooks"},
        "spec": {"podSelector": {"matchLabels": {"app": "nobody"}}, "policyTypes": ["Egress"]},
    }
    home.server(OPEN).store.put(theirs)
    done = home.reach("apply", plan["id"])

    assert 1 == done.code
    assert [] == home.writes()


def test_a_cluster_that_went_between_discovery_and_scan_is_unseen_and_keeps_its_findings(
    home: Home,
) -> None:
    home.run()
    home.server(OPEN).stop()
    done = home.run("-o", "json", *NEVER)
    status = home.say("status", "-o", "json").document
    (lost,) = (each for each in status["clusters"] if each["key"].endswith(OPEN))

    assert 1 == done.code
    assert "2 scanned, 1 unseen, 0 skipped" in done.err
    assert (30, "stale") == (lost["openFindings"], lost["standing"])
    told = [notice["text"] for digest in home.digests() for notice in digest["notices"]]
    assert [True] == [text.startswith("could not be read") for text in told]


def test_a_cluster_that_went_between_plan_and_apply_is_not_written(home: Home) -> None:
    home.run()
    home.say("mode", "propose", OPEN)
    plan = home.plans("proposed")["notebooks"]
    home.server(OPEN).stop()
    done = home.reach("apply", plan["id"])

    assert 1 == done.code
    assert "cannot be read" in done.err


def test_only_scans_what_it_names_and_the_ledger_has_the_rest(home: Home) -> None:
    done = home.run("--only", GOOD, "-o", "json", *NEVER)

    assert 0 == done.code
    assert "1 scanned, 0 unseen, 2 skipped" in done.err
    assert done.err.count("not named by --only") == 2


def test_two_runs_at_once_share_one_state(home: Home) -> None:
    home.run()
    home.say("mode", "auto", OPEN)
    home.new_space("reporting")
    words = ["run", "--once", "--state", "state.db", "--alerts", "alerts", *NEVER]
    command = [sys.executable, "-m", "seawall", *words, "--kubeconfig", str(home.fleet.kubeconfig)]
    both = [
        subprocess.Popen(  # noqa: S603  this project's own command
            command,
            cwd=home.folder,
            env=environment(home.folder, {}),
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[1].decode() for process in both]

    assert [0, 0] == [process.returncode for process in both], said
    assert 1 == home.writes().count(("PATCH", policy_path("reporting")))
    told = [notice["text"] for digest in home.digests() for notice in digest["notices"]]
    assert 1 == sum("reporting/isolate-ingress: closed" in text for text in told)


@pytest.mark.parametrize(
    "words, said",
    [
        pytest.param(("status",), "no memory at", id="status before any run"),
        pytest.param(("adopt",), "no memory at", id="adopt before any run"),
    ],
)
def test_a_memory_that_is_not_there_is_no_empty_one(
    words: tuple[str, ...], said: str, seawall: Seawall
) -> None:
    done = seawall(*words, "--state", "nowhere.db")

    assert (3, True) == (done.code, said in done.err)


def test_a_pattern_that_matches_no_cluster_changes_nothing(home: Home) -> None:
    home.run()
    done = home.say("mode", "auto", "aks-analytics-prod")

    assert 3 == done.code
    assert "no cluster matches 'aks-analytics-prod'" in done.err
    assert [] == [line for line in home.say("mode").out.splitlines() if "auto" in line]


def test_a_state_that_is_no_state_ends_the_run_and_is_not_touched(home: Home) -> None:
    other = home.folder / "state.db"
    other.write_text("my notes, no database; " * 100)
    done = home.run()

    assert 3 == done.code
    assert "state.db" in done.err
    assert other.read_text().startswith("my notes")


def test_the_report_has_every_cluster_in_every_format(home: Home) -> None:
    home.run()
    home.say("report", "-o", "html=page.html", "-o", "csv=findings.csv", "-o", "markdown=page.md")

    for name in ("page.html", "findings.csv", "page.md"):
        text = (home.folder / name).read_text()
        for cluster in home.fleet.clusters:
            assert cluster.name in text.replace("\\-", "-"), name


def posted(home: Home, *bodies: bytes) -> None:
    """Letters that no Seawall wrote, put on the queue of scans."""
    with open_database(home.folder / "state.db", fleet="default", now=NOW) as database:
        letters = [
            Letter(f"odd-{number}", SCANS, f"odd-{number}", "", body)
            for number, body in enumerate(bodies)
        ]
        SqliteQueue(database).post(letters, now=NOW)


def test_letters_that_nobody_can_read_end_dead_and_the_fleet_is_scanned_all_the_same(
    home: Home,
) -> None:
    home.run()
    nested = b"[" * 100_000
    posted(home, b"", b"{}", b"not JSON", nested, b'{"specversion":"1.0"}', b"\xff\xfe")
    done = home.run("-o", "json", *NEVER)
    dead = home.say("queue", "list", "-o", "json").document["deadLetters"]

    assert 1 == done.code  # whatever they were meant to say, it did not happen
    assert "6 messages failed for good" in done.err
    assert ["scanned"] * 3 == [entry["end"] for entry in done.document["lastRun"]["ledger"]]
    assert {f"odd-{number}" for number in range(6)} == {letter["id"] for letter in dead}
    assert {5} == {letter["tries"] for letter in dead}


def test_a_forged_order_sends_nobody_anywhere(home: Home) -> None:
    home.run()
    order = ScanOrder(RunId("20990101T000000Z-000000"), ClusterKey("https://evil.invalid#x"))
    posted(home, encode(order, fleet="default", now=datetime.now(UTC)).body)
    before = home.say("status", "-o", "json").document["clusters"]
    done = home.run("-o", "json", *NEVER)
    after = home.say("status", "-o", "json").document["clusters"]

    assert 0 == done.code
    assert "1 messages dropped: for clusters that the inventory does not know" in done.err
    assert [each["key"] for each in before] == [each["key"] for each in after]
    assert 3 == len(done.document["lastRun"]["ledger"])


def test_again_and_again_until_told_to_stop(home: Home) -> None:
    words = ["run", "--every", "1s", "--state", "state.db", *NEVER]
    command = [sys.executable, "-m", "seawall", *words, "--kubeconfig", str(home.fleet.kubeconfig)]
    with subprocess.Popen(  # noqa: S603  this project's own command
        command,
        cwd=home.folder,
        env=environment(home.folder, {}),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stderr is not None
        runs: list[str] = []
        while len(runs) < 2:
            line = process.stderr.readline()
            runs += [line] if line.startswith("run ") else []
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    assert 130 == process.returncode
    assert 2 == len(set(runs))
