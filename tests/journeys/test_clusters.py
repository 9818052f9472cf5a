"""Clusters behind a kubeconfig: one that is out of reach never hides itself, nor the others."""

import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.setting import NOW, Connect, Done, Entry, Seawall, entry_of, entry_to

from seawall.demo.access import Grant, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.certificates import Certificates
from seawall.demo.faults import NAMED, Plan
from seawall.demo.fleet import DemoFleet
from seawall.demo.store import Store

GOOD, TRAP, OPEN = "gke-ledger-prod", "eks-payments-prod", "aks-analytics-dev"
ADMIN = User("admin", token="admin", groups=("system:masters",))
CANARY = "canary-5f2c81"
ESCAPE = "web\x1b[2J\u202e"

Json = dict[str, Any]
Serve = Callable[..., ApiServer]


def pod(name: str, **spec: object) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "annotations": {"note": CANARY}},
        "spec": {"containers": [{"name": "web", "image": "web", **spec}]},
        "status": {"phase": "Running", "podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}]},
    }


def namespace(name: str) -> Json:
    metadata = {"name": name, "uid": f"uid-of-{name}"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers that hold some objects."""
    running: list[ApiServer] = []

    def start(*objects: Json, users: tuple[User, ...] = (ADMIN,)) -> ApiServer:
        server = ApiServer(Store([namespace("kube-system"), namespace("shop"), *objects]), users)
        server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


def by_context(done: Done) -> dict[str, Json]:
    """The clusters of a JSON report by their context."""
    return {each["key"].partition("#")[2]: each for each in done.document["clusters"]}


def test_a_whole_fleet_is_judged(seawall: Seawall, fleet: DemoFleet) -> None:
    done = seawall("scan", "--kubeconfig", fleet.kubeconfig, "--context", "*", "-o", "json")
    found = by_context(done)

    assert 2 == done.code
    assert {GOOD, TRAP, OPEN} == found.keys()
    assert {"scanned"} == {each["status"] for each in found.values()}
    assert [] == [f for f in found[GOOD]["findings"] if f["severity"] in {"high", "critical"}]
    assert {"label-admits-other-namespaces", "policy-selects-nothing", "allow-all-ingress"} <= {
        f["rule"] for f in found[TRAP]["findings"]
    }


def test_without_a_context_the_current_one_is_read(seawall: Seawall, fleet: DemoFleet) -> None:
    done = seawall("scan", "-o", "json", env={"KUBECONFIG": str(fleet.kubeconfig)})

    assert [TRAP] == list(by_context(done))


def honest(fleet: DemoFleet, **changes: object) -> Entry:
    entry = entry_of(fleet, GOOD)
    return Entry(**{"server": entry.server, "ca": entry.ca, "user": entry.user, **changes})  # type: ignore[arg-type]


BROKEN = [
    pytest.param({"server": "https://127.0.0.1:1"}, "nobody answers", id="unreachable"),
    pytest.param({"user": {"token": "expired"}}, "401", id="expired token"),
    pytest.param({"ca": Certificates().ca_pem}, "authority", id="another authority's server"),
    pytest.param({"ca": None}, "authority", id="a self-signed server"),
    pytest.param({"server": "http://127.0.0.1:1"}, "https", id="plain HTTP"),
]


@pytest.mark.parametrize("changes, why", BROKEN)
def test_a_cluster_out_of_reach_is_unseen_and_the_others_go_on(
    changes: Json, why: str, seawall: Seawall, fleet: DemoFleet, connect: Connect
) -> None:
    config = connect(lost=honest(fleet, **changes), good=entry_of(fleet, GOOD))
    files = ("-o", "table=t.txt", "-o", "ndjson=n.ndjson")
    done = seawall("scan", "--kubeconfig", config, "--context", "*", "-o", "json", *files)
    found = by_context(done)

    assert 1 == done.code
    assert ("unseen", "scanned") == (found["lost"]["status"], found["good"]["status"])
    assert why in found["lost"]["why"]
    assert "UNSEEN" in done.err
    assert "1 scanned, 1 unseen" in done.err.splitlines()[-1]
    assert "clean" not in done.out + done.err


def test_a_fleet_out_of_sight_is_never_clean(
    seawall: Seawall, fleet: DemoFleet, connect: Connect
) -> None:
    config = connect(lost=honest(fleet, user={"token": "expired"}))
    done = seawall("scan", "--kubeconfig", config, "--max-unknown", 99)

    assert 1 == done.code
    assert "0 scanned, 1 unseen" in done.err


def test_a_plug_in_that_is_not_allowed_is_not_run(
    seawall: Seawall, fleet: DemoFleet, connect: Connect, tmp_path: Path
) -> None:
    trap = tmp_path / "ran"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", f"open({str(trap)!r}, 'w')"],
    }
    config = connect(stranger=honest(fleet, user={"exec": plugin}))
    done = seawall("scan", "--kubeconfig", config, "-o", "json")

    assert 1 == done.code
    assert "not on the allow-list" in by_context(done)["stranger"]["why"]
    assert not trap.exists()

    seawall("scan", "--kubeconfig", config, "--allow-exec", sys.executable)

    assert trap.exists()


RESOURCES = [
    pytest.param("/api/v1/namespaces", "namespaces", id="namespaces"),
    pytest.param("/api/v1/pods", "pods", id="pods"),
    pytest.param("/apis/networking.k8s.io/v1/networkpolicies", "networkpolicies", id="policies"),
]


@pytest.mark.parametrize("path, kind", RESOURCES)
def test_one_refused_list_is_unknown_and_never_a_pass(
    path: str, kind: str, seawall: Seawall, serve: Serve, connect: Connect
) -> None:
    server = serve(pod("web"))
    config = connect(one=entry_to(server, "admin"))
    arguments = ("scan", "--kubeconfig", config, "-o", "json")
    whole = by_context(seawall(*arguments))["one"]
    server.faults.plan(Plan(path, NAMED["403"], times=None))
    done = seawall(*arguments)
    found = by_context(done)["one"]

    assert 1 == done.code
    assert kind in {each["what"] for each in found["unseen"]}
    assert found["verdicts"]["unknown"] > whole["verdicts"]["unknown"]
    assert found["verdicts"]["pass"] <= whole["verdicts"]["pass"]
    assert f"{kind} not seen" in done.err


def test_refused_nodes_are_told_though_every_verdict_stands_without_them(
    seawall: Seawall, serve: Serve, connect: Connect
) -> None:
    server = serve(pod("web"))
    server.faults.plan(Plan("/api/v1/nodes", NAMED["403"], times=None))
    done = seawall("scan", "--kubeconfig", connect(one=entry_to(server, "admin")), "-o", "json")

    assert ["nodes"] == [each["what"] for each in by_context(done)["one"]["unseen"]]
    assert "nodes not seen" in done.err


def test_a_user_who_may_read_one_namespace_only_gets_no_verdict_on_the_rest(
    seawall: Seawall, serve: Serve, connect: Connect
) -> None:
    bound = User("bound", (Grant(("list", "get"), ("",), ("pods",), ("shop",)),), "bound")
    config = connect(one=entry_to(serve(pod("web"), users=(bound,)), "bound"))
    done = seawall("scan", "--kubeconfig", config, "-o", "json")

    assert 1 == done.code
    assert 0 == done.document["totals"]["pass"]


def test_two_contexts_of_one_cluster_are_judged_once(
    seawall: Seawall, fleet: DemoFleet, connect: Connect
) -> None:
    entry = entry_of(fleet, TRAP)
    config = connect(a=entry, b=entry)
    done = seawall("scan", "--kubeconfig", config, "--context", "*", "-o", "json")
    alone = seawall("scan", "--kubeconfig", config, "--context", "a", "-o", "json")
    found = by_context(done)

    assert ("scanned", "skipped") == (found["a"]["status"], found["b"]["status"])
    assert "#a" in found["b"]["why"]
    assert alone.document["totals"] | {"skipped": 1} == done.document["totals"]
    assert "skipped" in done.err


def test_escape_codes_in_names_do_not_reach_the_terminal(
    seawall: Seawall, serve: Serve, connect: Connect
) -> None:
    config = connect(**{ESCAPE: entry_to(serve(pod(ESCAPE)), "admin")})
    target = ("--kubeconfig", config)
    commands = [
        ("scan", *target),
        ("scan", *target, "-o", "json"),
        ("scan", *target, "-o", "ndjson"),
        ("isolation", *target),
        ("isolation", *target, "-o", "json"),
        ("why", f"shop/{ESCAPE}", "1.1.1.1", *target),
        ("why", f"{ESCAPE}/gone", "1.1.1.1", *target),
        ("scan", *target, "--context", f"{ESCAPE}-gone"),
        ("isolation", *target, "--context", "*", "--context", "gone"),
    ]
    for command in commands:
        done = seawall(*command)

        assert ESCAPE not in done.out + done.err
        assert "\x1b" not in done.out + done.err, command
        assert "\u202e" not in done.out + done.err, command


def test_secrets_go_nowhere(
    seawall: Seawall, serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    env = [{"name": "PASSWORD", "value": CANARY}]
    hidden = pod("web", env=env, command=["run", CANARY], args=[CANARY])
    secret = {"apiVersion": "v1", "kind": "Secret", "stringData": {"k": CANARY}}
    config = connect(one=entry_to(serve(hidden), "admin"))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "all.yaml").write_text("\n---\n".join([str(hidden), str(secret)]))
    commands = [
        ("scan", "--kubeconfig", config, "--save", "live.snapshot", "-o", "json"),
        ("scan", "folder", "--save", "folder.snapshot", "-o", "ndjson"),
        ("scan", "folder"),
        ("isolation", "folder", "-o", "json"),
        ("why", "shop/web", "1.1.1.1", "folder", "-o", "json"),
    ]
    for command in commands:
        done = seawall(*command)

        assert done.code in {0, 1, 2}, done.err
        assert CANARY not in done.out + done.err, command
    for name in ("live.snapshot", "folder.snapshot"):
        body = (tmp_path / name).read_bytes().partition(b"\n")[2]

        assert b"shop" in zlib.decompress(body)
        assert CANARY.encode() not in zlib.decompress(body)


def test_a_saved_snapshot_says_what_the_cluster_said(
    seawall: Seawall, fleet: DemoFleet, tmp_path: Path
) -> None:
    target = ("--kubeconfig", fleet.kubeconfig, "--context", TRAP)
    live = seawall("scan", *target, "--save", "s.snapshot", "-o", "json", "--now", NOW)
    saved = seawall("scan", "s.snapshot", "-o", "json")

    assert live.document == saved.document
    assert live.code == saved.code
    assert 0o600 == (tmp_path / "s.snapshot").stat().st_mode & 0o777
    assert seawall("isolation", *target).out == seawall("isolation", "s.snapshot").out


@pytest.mark.parametrize(
    "arguments, code, says",
    [
        pytest.param(["--context", "gone"], 3, "no context matches", id="no such context"),
        pytest.param(["--context", "*", "--save", "x"], 5, "--save", id="two clusters, one file"),
        pytest.param(["--context", "*", "folder"], 5, "not both", id="manifests and contexts"),
        pytest.param(["--kubeconfig", "gone"], 3, "no kubeconfig at gone", id="no such file"),
    ],
)
def test_a_target_that_cannot_be_meant_is_told(
    arguments: list[str], code: int, says: str, seawall: Seawall, fleet: DemoFleet
) -> None:
    done = seawall("scan", "--kubeconfig", fleet.kubeconfig, *arguments)

    assert code == done.code
    assert says in done.err
    assert "" == done.out


@pytest.mark.parametrize("verb", ["isolation", "why"])
def test_a_question_about_one_cluster_is_not_asked_of_three(
    verb: str, seawall: Seawall, fleet: DemoFleet
) -> None:
    ends = ["a/b", "c/d"] if verb == "why" else []
    done = seawall(verb, *ends, "--kubeconfig", fleet.kubeconfig, "--context", "*")

    assert 5 == done.code
    assert TRAP in done.err
