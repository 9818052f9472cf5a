"""The whole way, over TLS: what a misbehaving server does to one list, and only to that one."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from seawall.collect.cluster import read_cluster
from seawall.connect import Limits, open_reader
from seawall.connect.limits import MIB
from seawall.demo import faults
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.faults import Fault, Plan
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused, TryLater
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Snapshot

PODS = "/api/v1/pods"
POLICIES = "/apis/networking.k8s.io/v1/networkpolicies"
HURRY = Limits(read_s=0.3, cluster_s=5.0, answer_bytes=MIB, pauses_s=(0.01, 0.01))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[ApiServer]:
    store = Store(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("kube-system", *(f"ns-{number}" for number in range(600)))
    )
    with ApiServer(store, [User("scanner", READER_GRANTS, "t")]) as running:
        yield running


def read(server: ApiServer, limits: Limits = HURRY, *, known: bool = True) -> Snapshot:
    token = "t" if known else "unknown"
    door = Door(server.url, ca=server.certificates.ca_pem, token=token)
    with open_reader(door, limits) as reader:
        return read_cluster(reader, ClusterKey("k"), now=NOW)


@pytest.mark.parametrize("path, field", [(PODS, "pods"), (POLICIES, "network_policies")])
@pytest.mark.parametrize("name", [name for name in faults.NAMED if name != "drip"])
def test_one_bad_answer_makes_one_kind_unseen(
    name: str, path: str, field: str, server: ApiServer
) -> None:
    server.faults.plan(Plan(path, _in_a_hurry(faults.NAMED[name]), times=None))

    snapshot = read(server)

    assert isinstance(getattr(snapshot, field), Unseen)
    assert isinstance(snapshot.namespaces, Seen)
    assert isinstance(snapshot.unmodelled, Seen)


def _in_a_hurry(fault: Fault) -> Fault:
    """The same fault, where the server asks for no whole second of patience."""
    if fault == faults.too_many():
        return faults.too_many(0)
    return faults.unavailable(0) if fault == faults.unavailable() else fault


@pytest.mark.parametrize(
    "times, seen", [pytest.param(1, True, id="once"), pytest.param(2, False, id="twice")]
)
def test_pages_that_expire(times: int, server: ApiServer, *, seen: bool) -> None:
    server.faults.plan(
        Plan("/api/v1/namespaces", faults.NAMED["410"], skip=1, times=1),
        *([Plan("/api/v1/namespaces", faults.NAMED["410"], skip=3, times=1)] * (times - 1)),
    )

    snapshot = read(server)

    assert seen == isinstance(snapshot.namespaces, Seen)
    if isinstance(snapshot.namespaces, Seen):
        names = [each.name for each in snapshot.namespaces.value]
        assert (601, 601) == (len(names), len(set(names)))


def test_what_is_left_at_the_deadline_is_unseen_and_says_so(server: ApiServer) -> None:
    server.faults.plan(Plan(PODS, faults.Drip(every_s=0.05), times=None))

    snapshot = read(server, Limits(read_s=2.0, cluster_s=1.0))

    assert isinstance(snapshot.namespaces, Seen)
    for sight in (snapshot.pods, snapshot.nodes, snapshot.network_policies, snapshot.unmodelled):
        assert isinstance(sight, Unseen)
        assert "deadline of 1 s" in sight.why


def test_an_unknown_token_is_no_entry(server: ApiServer) -> None:
    with pytest.raises(Refused, match="log in again"):
        read(server, known=False)


def test_a_server_that_is_gone_is_no_entry_at_once(server: ApiServer) -> None:
    server.stop()

    with pytest.raises(NoEntry, match="nobody answers"):
        read(server)


def test_a_server_that_hangs_is_tried_later(server: ApiServer) -> None:
    server.faults.plan(Plan("/", faults.Hang(), times=None, prefix=True))

    with pytest.raises(TryLater):
        read(server, Limits(read_s=0.1, cluster_s=2.0))
