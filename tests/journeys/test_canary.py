"""A word planted in every field that is not judged, and in every credential, comes out nowhere."""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.journeys.setting import Connect, Done, Entry, Seawall, entry_to

from seawall.demo.access import User
from seawall.demo.apiserver import ApiServer
from seawall.demo.faults import NAMED, Plan, refusal
from seawall.demo.fleet import definition
from seawall.demo.resources import Json
from seawall.demo.store import Store

CANARY = "c4n4ry-9b1e77"
ENCODED = base64.b64encode(CANARY.encode()).decode()
TOKEN = f"token-{CANARY}"
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Pod"}
ANSWERS = ("401", "403", "404", "bad-json", "deep-json", "json-null", "login-page", "redirect")
"""Faults that are told at once; the others are retried first, and tell nothing of a server."""


def planted(objects: Iterable[Json]) -> list[Json]:
    """The same objects, each with the word in every place where people keep secrets."""
    return [_planted(json.loads(json.dumps(each))) for each in objects]


def _planted(each: Json) -> Json:
    each["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"password": CANARY})
    }
    for spec in _pod_specs(each):
        spec["imagePullSecrets"] = [{"name": CANARY}]
        spec["serviceAccount"] = CANARY
        spec["volumes"] = [{"name": CANARY, "secret": {"secretName": CANARY}}]
        for container in spec["containers"]:
            container["env"] = [{"name": "PASSWORD", "value": CANARY}]
            container["command"] = ["login", f"--password={CANARY}"]
            container["args"] = [ENCODED]
            if each["kind"] != "DaemonSet":  # which agents a node has is judged by their images
                container["image"] = f"registry.invalid/{CANARY}"
    return each


def _pod_specs(each: Any) -> Iterator[Json]:  # noqa: ANN401  an object of any kind
    if isinstance(each, dict):
        if isinstance(each.get("containers"), list):
            yield each
        for below in each.values():
            yield from _pod_specs(below)


@pytest.fixture(scope="module")
def objects() -> list[Json]:
    """The cluster that looks protected, with the word in it, and a Secret."""
    found = planted(definition("eks-payments-prod").objects)
    assert 20 < sum(each["kind"] in WORKLOADS for each in found)
    return found


@pytest.fixture
def server(objects: list[Json]) -> Iterator[ApiServer]:
    admin = User("admin", token=TOKEN, groups=("system:masters",))
    with ApiServer(Store(objects), [admin]) as running:
        yield running


def tells(done: Done) -> bool:
    return any(word in done.out + done.err for word in (CANARY, ENCODED))


def commands(*target: object) -> list[tuple[object, ...]]:
    """Every verb in every format, over one target."""
    ends = ("production/web-server-0", "1.1.1.1", "443")
    return [
        *(("scan", *target, "-o", form) for form in ("table", "json", "ndjson")),
        *(("isolation", *target, "-o", form) for form in ("table", "json")),
        *(("why", *ends, *target, "-o", form) for form in ("table", "json", "ndjson")),
        ("scan", *target, "--save", "kept.snapshot"),
    ]


def unpacked(path: Path) -> str:
    return zlib.decompress(path.read_bytes().partition(b"\n")[2]).decode()


def test_no_verb_tells_what_a_cluster_keeps(
    server: ApiServer, seawall: Seawall, connect: Connect, tmp_path: Path
) -> None:
    config = connect(one=entry_to(server, TOKEN))
    for command in commands("--kubeconfig", config):
        done = seawall(*command)

        assert done.out + done.err, command
        assert not tells(done), command
    kept = unpacked(tmp_path / "kept.snapshot")

    assert "payments" in kept
    assert [] == [word for word in (CANARY, ENCODED) if word in kept]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_no_verb_tells_what_a_manifest_keeps(
    form: str, objects: list[Json], seawall: Seawall, tmp_path: Path
) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "payments"},
        "data": {"password": ENCODED},
        "stringData": {"password": CANARY},
    }
    listed = {"apiVersion": "v1", "kind": "List", "items": [*objects, secret]}
    text = json.dumps(listed) if form == "json" else yaml.safe_dump(listed)
    (tmp_path / f"all.{form}").write_text(text)
    for command in commands(f"all.{form}"):
        assert not tells(seawall(*command)), command
    kept = unpacked(tmp_path / "kept.snapshot")

    assert "payments" in kept
    assert CANARY not in kept


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(("spec", "containers"), id="containers"),
        pytest.param(("spec", "hostNetwork"), id="the host network"),
        pytest.param(("metadata", "labels"), id="labels"),
        pytest.param(("metadata", "ownerReferences"), id="owners"),
        pytest.param(("status",), id="the status"),
    ],
)
def test_an_object_that_cannot_be_read_tells_no_value(
    path: tuple[str, ...], objects: list[Json], seawall: Seawall, tmp_path: Path
) -> None:
    pod = json.loads(json.dumps(next(each for each in objects if each["kind"] == "Pod")))
    place = pod
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = {"password": [CANARY]}
    (tmp_path / "all.json").write_text(json.dumps(pod))
    for command in (("scan", "all.json"), ("scan", "all.json", "-o", "json")):
        done = seawall(*command)

        assert 0 != done.code
        assert not tells(done)


@pytest.mark.parametrize("fault", ANSWERS)
def test_a_failure_tells_no_credential(
    fault: str, server: ApiServer, seawall: Seawall, connect: Connect
) -> None:
    server.faults.plan(Plan("/", NAMED[fault], times=None, prefix=True))
    config = connect(one=entry_to(server, TOKEN))
    done = seawall("scan", "--kubeconfig", config, "-o", "json")

    assert 1 == done.code
    assert not tells(done)


def test_a_credential_that_a_server_says_back_is_not_told(
    server: ApiServer, seawall: Seawall, connect: Connect
) -> None:
    echo = refusal(401, "Unauthorized", f"not a token: {TOKEN}", {})
    server.faults.plan(Plan("/", echo, times=None, prefix=True))
    done = seawall("scan", "--kubeconfig", connect(one=entry_to(server, TOKEN)))

    assert 1 == done.code
    assert not tells(done)


@pytest.mark.parametrize(
    "user",
    [
        pytest.param({"token": f"{CANARY}\nX-Header: y"}, id="a token with a line break"),
        pytest.param({"token": "tökén" + CANARY}, id="a token that is no ASCII"),
        pytest.param({"token": [CANARY]}, id="a token that is a list"),
        pytest.param({"username": "admin", "password": CANARY}, id="a password"),
        pytest.param({"client-certificate-data": ENCODED, "client-key-data": ENCODED}, id="no key"),
        pytest.param({"client-key-data": f"-{CANARY}-"}, id="no base64"),
        pytest.param(
            {
                "exec": {
                    "command": "steal",
                    "args": [CANARY],
                    "env": [{"name": "A", "value": CANARY}],
                }
            },
            id="a plug-in",
        ),
        pytest.param({"auth-provider": {"config": {"access-token": CANARY}}}, id="a provider"),
    ],
)
def test_a_credential_that_cannot_be_used_is_not_told(
    user: dict[str, object], server: ApiServer, seawall: Seawall, connect: Connect
) -> None:
    config = connect(one=Entry(server.url, server.certificates.ca_pem, user))
    for verb in ("scan", "isolation"):
        done = seawall(verb, "--kubeconfig", config)

        assert done.code in {1, 3}
        assert not tells(done)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"users: [{{token: {CANARY}", id="broken YAML"),
        pytest.param(f"- {CANARY}", id="a list"),
        pytest.param(CANARY, id="a word"),
        pytest.param(f"users: *{CANARY}", id="an alias"),
        pytest.param(f"users: [{{name: u, user: {CANARY}}}]", id="a user that is a word"),
        pytest.param(f"users: {CANARY}", id="users that are a word"),
    ],
)
def test_a_kubeconfig_that_cannot_be_read_is_not_told(
    text: str, seawall: Seawall, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(text)
    done = seawall("scan", "--kubeconfig", "config")

    assert 3 == done.code
    assert not tells(done)
