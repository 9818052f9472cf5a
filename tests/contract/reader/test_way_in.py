"""From a kubeconfig to a snapshot: discover, connect and collect together, over the demo fleet."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seawall.collect.cluster import namesakes, sight_of_cluster
from seawall.connect import open_reader
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.fleet import NAMES, DemoFleet
from seawall.demo.store import Store
from seawall.discover import kubeconfig
from seawall.discover.kubeconfig import Kubeconfig
from seawall.discover.plugins import Allowed
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CANARY = "canary-7f3a"
POLICIES = "networking.k8s.io/v1"


def visited(found: Kubeconfig, patterns: list[str]) -> dict[str, Sight[Snapshot]]:
    return {
        ref.context: sight_of_cluster(
            lambda ref=ref: open_reader(found.door(ref, Allowed("", {}))),  # type: ignore[misc]
            ref.key,
            now=NOW,
        )
        for ref in found.matching(patterns)
    }


def test_every_cluster_of_the_fleet_is_seen(tmp_path: Path) -> None:
    with DemoFleet(tmp_path) as fleet:
        seen = visited(kubeconfig.load([fleet.kubeconfig]), ["*"])

    snapshots = [sight.value for sight in seen.values() if isinstance(sight, Seen)]
    assert set(NAMES) == set(seen)
    assert len(NAMES) == len({snapshot.uid for snapshot in snapshots})
    assert all(isinstance(snapshot.unmodelled, Seen) for snapshot in snapshots)


def test_a_context_that_cannot_be_used_leaves_the_others_alone(tmp_path: Path) -> None:
    with DemoFleet(tmp_path, names=NAMES[:1]) as fleet:
        other = tmp_path / "other"
        evil = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "sh",
            "args": ["-c", ""],
        }
        alias = {"cluster": NAMES[0], "user": NAMES[0]}
        contexts = {"evil": {"cluster": NAMES[0], "user": "evil"}, "alias": alias}
        other.write_text(
            json.dumps(
                {
                    "contexts": [{"name": n, "context": body} for n, body in contexts.items()],
                    "users": [{"name": "evil", "user": {"exec": evil}}],
                }
            )
        )
        seen = visited(kubeconfig.load([fleet.kubeconfig, other]), ["*"])

    snapshots = [sight.value for sight in seen.values() if isinstance(sight, Seen)]
    assert isinstance(seen["evil"], Unseen)
    assert "allow-list" in seen["evil"].why
    assert 1 == len(namesakes(snapshots))


def _planted() -> list[dict[str, object]]:
    """Objects with a canary in every field that nothing is judged by."""
    container = {
        "name": "c",
        "image": CANARY,
        "command": [CANARY],
        "env": [{"name": "PASSWORD", "value": CANARY}],
        "ports": [{"name": "http", "containerPort": 80, "hostIP": CANARY}],
    }
    spec = {"containers": [container], "serviceAccount": CANARY, "volumes": [{"name": CANARY}]}
    return [
        *(_object("v1", "Namespace", name) for name in ("kube-system", "shop")),
        _object("v1", "Node", "n"),
        _object("v1", "Pod", "good", "shop", spec=spec),
        _object("v1", "Pod", "broken", "shop", spec=spec | {"hostNetwork": CANARY}),
        _object(POLICIES, "NetworkPolicy", "good", "shop", spec={"podSelector": {}}),
        _object(POLICIES, "NetworkPolicy", "broken", "shop", spec={"podSelector": 7}),
    ]


def _object(
    api_version: str, kind: str, name: str, namespace: str = "", **members: object
) -> dict[str, object]:
    metadata = {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "annotations": {"a": CANARY},
        "managedFields": [{"manager": CANARY}],
    }
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **members}


@pytest.mark.parametrize("token", ["t", "unknown"])
def test_nothing_but_what_is_judged_gets_in(
    token: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with ApiServer(Store(_planted()), [User("scanner", READER_GRANTS, "t")]) as server:
        path = tmp_path / "config"
        path.write_text(
            json.dumps(
                {
                    "current-context": "c",
                    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                    "users": [{"name": "u", "user": {"token": token}}],
                    "clusters": [{"name": "c", "cluster": _cluster(server, tmp_path)}],
                }
            )
        )
        (sight,) = visited(kubeconfig.load([path]), []).values()

    assert (token == "t") == isinstance(sight, Seen)
    assert CANARY not in f"{sight!r} {caplog.text}"
    assert f"Bearer {token}" not in f"{sight!r} {caplog.text}"


def _cluster(server: ApiServer, folder: Path) -> dict[str, object]:
    (folder / "ca.pem").write_bytes(server.certificates.ca_pem)
    return {"server": server.url, "certificate-authority": "ca.pem"}
