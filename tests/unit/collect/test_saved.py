import json
import stat
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from seawall.collect import saved
from seawall.collect.admin import admin_policy
from seawall.collect.calico import calico_policy
from seawall.collect.cilium import cilium_policy
from seawall.model import addresses
from seawall.model.addresses import Ip, IpSet
from seawall.model.admin import AdminPolicy
from seawall.model.calico import CalicoPolicy
from seawall.model.cilium import CiliumPolicy
from seawall.model.cluster import ClusterKey, ClusterUid, Provider
from seawall.model.dialects import Dialects
from seawall.model.errors import Trouble
from seawall.model.policies import (
    BlockPeer,
    BrokenObject,
    Direction,
    NetworkPolicy,
    ObjectRef,
    PodPeer,
    PolicyRule,
    PortName,
    PortRange,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.ports import Protocol
from seawall.model.selector import EVERYTHING, Operator, Requirement, Selector, selector
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import ContainerPort, Namespace, Node, Origin, Phase, Pod, Snapshot

T = TypeVar("T")

EMPTY = Snapshot(
    key=ClusterKey("fleet"),
    uid=Unseen("manifests have no cluster UID"),
    taken_at=datetime(2026, 1, 31, tzinfo=UTC),
    tool_version="0.1.0",
    origin=Origin.MANIFESTS,
    namespaces=Seen(()),
    pods=Seen(()),
    nodes=Unseen("no"),
    network_policies=Seen(()),
    unmodelled=Seen(()),
)
words = st.text(max_size=5)
directions = st.frozensets(st.sampled_from(Direction))
protocols = st.sampled_from(Protocol)
labels = st.dictionaries(words, words, max_size=2).map(lambda found: tuple(sorted(found.items())))
refs = st.builds(ObjectRef, words, words, words)
requirements = st.builds(
    Requirement, words, st.sampled_from(Operator), st.lists(words, max_size=2).map(tuple)
)
selectors: SearchStrategy[Selector] = st.lists(requirements, max_size=2).map(
    lambda found: selector(*found)
)
blocks = st.sampled_from(["0.0.0.0/0", "10.1.2.3/9", "::/0", "fd00::/8", "255.255.255.255/32"])


def tuples(of: SearchStrategy[T]) -> SearchStrategy[tuple[T, ...]]:
    return st.lists(of, max_size=2).map(tuple)


def sights(of: SearchStrategy[T]) -> SearchStrategy[Sight[T]]:
    return st.builds(Unseen, words) | of.map(Seen)


def left_of(block: str, cut: str) -> IpSet:
    return addresses.cidr(block) - addresses.cidr(cut)


peers = st.builds(PodPeer, st.none() | selectors, selectors) | st.builds(
    BlockPeer, st.builds(left_of, blocks, blocks), blocks
)
ports = st.builds(PortRange, protocols, st.just(1), st.integers(1, 65535)) | st.builds(
    PortName, protocols, words
)
rules = st.builds(PolicyRule, st.none() | tuples(peers), st.none() | tuples(ports))
policies = st.builds(
    NetworkPolicy,
    words,
    words,
    selectors,
    directions,
    tuples(rules),
    tuples(rules),
    words,
    tuples(words),
)
pods = st.builds(
    Pod,
    words,
    words,
    labels,
    refs,
    tuples(st.integers(0, 2**128 - 1).map(lambda number: Ip(addresses.Family.V6, number))),
    tuples(st.builds(ContainerPort, words, protocols, st.integers(1, 65535))),
    st.booleans(),
    words,
    st.sampled_from(Phase),
    st.booleans(),
)
unmodelled = st.builds(UnmodelledObject, refs, directions, st.sampled_from(Stage))
kinds = st.builds(
    UnmodelledKind,
    words,
    words,
    sights(tuples(unmodelled)),
    directions,
    st.sampled_from(Stage),
    st.booleans(),
)
snapshots = st.builds(
    Snapshot,
    words.map(ClusterKey),
    sights(words.map(ClusterUid)),
    st.datetimes(timezones=st.just(UTC)),
    words,
    st.sampled_from(Origin),
    sights(tuples(st.builds(Namespace, words, labels, st.booleans()))),
    sights(tuples(pods)),
    sights(tuples(st.builds(Node, words, st.sampled_from(Provider)))),
    sights(tuples(policies)),
    sights(tuples(kinds)),
    tuples(st.builds(BrokenObject, refs, tuples(words), words)),
    tuples(st.tuples(words, st.integers(0, 9))),
    tuples(words),
)


@given(snapshot=snapshots)
def test_what_is_saved_is_what_is_loaded(snapshot: Snapshot) -> None:
    content = saved.save(snapshot)

    assert saved.is_saved(content)
    assert snapshot == saved.load(content, "kept.seawall")
    assert content == saved.save(saved.load(content, "kept.seawall"))


def test_version_1_is_read_for_ever() -> None:
    policy = {
        "namespace": "shop",
        "name": "p",
        "subject": {"requirements": [{"key": "a", "operator": "In", "values": ["b"]}]},
        "directions": ["egress"],
        "egress": [
            {
                "peers": [
                    {"type": "pods", "namespaces": None, "pods": {"requirements": []}},
                    {
                        "type": "block",
                        "addresses": {"v4": [[0, 1]], "v6": []},
                        "text": "0.0.0.0/31",
                    },
                ],
                "ports": [
                    {"type": "range", "protocol": "TCP", "first": 1, "last": 9},
                    {"type": "name", "protocol": "UDP", "name": "dns"},
                ],
            }
        ],
    }
    body = {
        "key": "fleet",
        "uid": {"type": "unseen", "why": "manifests have no cluster UID"},
        "taken_at": "2026-01-31T00:00:00Z",
        "tool_version": "0.1.0",
        "origin": "manifests",
        "namespaces": {"type": "seen", "value": []},
        "pods": {"type": "seen", "value": []},
        "nodes": {"type": "unseen", "why": "no"},
        "network_policies": {"type": "seen", "value": [policy]},
        "unmodelled": {"type": "seen", "value": []},
    }
    content = b"seawall-snapshot 1\n" + zlib.compress(json.dumps(body).encode())

    rule = PolicyRule(
        (PodPeer(None, EVERYTHING), BlockPeer(addresses.cidr("0.0.0.0/31"), "0.0.0.0/31")),
        (PortRange(Protocol.TCP, 1, 9), PortName(Protocol.UDP, "dns")),
    )
    subject = selector(Requirement("a", Operator.IN, ("b",)))
    expected = NetworkPolicy("shop", "p", subject, frozenset({Direction.EGRESS}), egress=(rule,))
    assert replace(EMPTY, network_policies=Seen((expected,))) == saved.load(content, "kept")


def test_policies_of_other_kinds_come_back_as_they_were() -> None:
    everybody: dict[str, object] = {"namespaces": {}}
    networks = {"action": "Deny", "name": "out", "to": [{"networks": ["10.0.0.0/8"]}]}
    admin = admin_policy(
        "AdminNetworkPolicy",
        {
            "metadata": {"name": "a"},
            "spec": {"priority": 3, "subject": everybody, "egress": [networks]},
        },
    )
    cilium = cilium_policy(
        "CiliumNetworkPolicy",
        {
            "metadata": {"name": "c", "namespace": "shop"},
            "spec": {
                "endpointSelector": {"matchLabels": {"app": "web"}},
                "ingress": [{"fromEntities": ["world"]}, {"fromEndpoints": [{}]}],
                "egressDeny": [{"toCIDR": ["10.0.0.0/8"]}],
            },
        },
    )
    rule = {"action": "Allow", "source": {"selector": "a == 'b' || !has(c)", "notNets": ["::/0"]}}
    calico = calico_policy(
        "GlobalNetworkPolicy", {"metadata": {"name": "g"}, "spec": {"order": 1, "ingress": [rule]}}
    )
    assert isinstance(admin, AdminPolicy)
    assert isinstance(cilium, CiliumPolicy)
    assert isinstance(calico, CalicoPolicy)
    found = replace(EMPTY, dialects=Dialects((admin,), (cilium,), (calico,)))

    assert found == saved.load(saved.save(found), "kept")


GOOD = saved.save(EMPTY)


@pytest.mark.parametrize(
    "content, fault",
    [
        pytest.param(GOOD.replace(b" 2\n", b" 3\n", 1), "written by a newer Seawall", id="newer"),
        pytest.param(GOOD.replace(b" 2\n", b" x\n", 1), "no saved snapshot", id="no version"),
        pytest.param(GOOD[:19], "damaged", id="only the header"),
        pytest.param(GOOD[:-1], "damaged", id="cut off"),
        pytest.param(GOOD + b"x", "damaged", id="something after it"),
        pytest.param(GOOD[:40] + b"\x00" + GOOD[41:], "damaged", id="a byte changed"),
        pytest.param(GOOD[:19] + zlib.compress(b"{}"), "damaged", id="nothing in it"),
        pytest.param(GOOD[:19] + zlib.compress(b"[" * 20_000), "damaged", id="far too deep"),
        pytest.param(b"kind: Pod\n", "no saved snapshot", id="something else"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_trouble(content: bytes, fault: str) -> None:
    with pytest.raises(Trouble, match=f"^kept: .*{fault}"):
        saved.load(content, "kept")


def test_a_file_that_unpacks_to_too_much_is_trouble() -> None:
    bomb = GOOD[:19] + zlib.compress(bytes(2**24))

    with pytest.raises(Trouble, match="unpacks to more than 1,048,576 bytes"):
        saved.load(bomb, "kept", most_bytes=2**20)


def test_a_snapshot_is_written_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept.seawall"
    path.write_text("what was there before")

    saved.write_snapshot(path, EMPTY)

    assert EMPTY == saved.load(path.read_bytes(), str(path))
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "folder.seawall").mkdir()

    for path in (tmp_path / "nowhere" / "kept.seawall", tmp_path / "folder.seawall"):
        with pytest.raises(Trouble, match="the snapshot cannot be written"):
            saved.write_snapshot(path, EMPTY)
    assert ["folder.seawall"] == [path.name for path in tmp_path.iterdir()]
