"""The change that flips a decision: which one is offered, and the policy it makes."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.unit.analyse.hand_made import (
    ALLOW,
    DENY,
    UNKNOWN,
    cluster,
    decided,
    host,
    pod,
    policy,
    service_ports,
)

from seawall.analyse.changes import Allow, Change, Isolate, Narrow, manifest
from seawall.analyse.isolation import analyse
from seawall.analyse.why import answer
from seawall.collect.parse import network_policy_from
from seawall.model.addresses import ip
from seawall.model.errors import Trouble
from seawall.model.ir import Decision
from seawall.model.policies import Direction, NetworkPolicy, ObjectRef
from seawall.model.ports import ALL_PORTS, PortSet, Protocol, ports
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Phase, Pod, Snapshot

WEB = pod("shop/web", "10.0.0.1", "app=web", node="n1")
DB = pod("shop/db", "10.0.0.2", "app=db")
AGENT = host("shop/agent", "192.168.0.1", "n1")
PROXY = host("bank/proxy", "192.168.0.2", "n2")
STAGE = (WEB, DB, AGENT, PROXY, pod("shop/late", phase=Phase.SUCCEEDED))

IN_SHUT = policy("shop/in", "{podSelector: {matchLabels: {app: db}}}")
OUT_SHUT = policy("shop/out", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}")
IN_OPEN = policy(
    "shop/in", "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 22}]}, {}]}"
)
ALSO_IN = policy("shop/also", "{podSelector: {matchLabels: {app: db}}, ingress: [{from: []}]}")
OUT_OPEN = policy(
    "shop/out",
    "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}",
)


def offered(snapshot: Snapshot, asked: str) -> list[str]:
    """The changes in a word each, with what they are about."""
    source, rest = asked.split(" -> ")
    target, _, service = rest.partition(" ")
    found = answer(analyse(snapshot), source, target, service_ports(service))
    return list(map(_short, found.changes))


def _short(change: Change) -> str:
    match change:
        case Narrow(rule):
            return f"narrow {rule.ref.name} {rule.path}"
        case Isolate(one, direction):
            return f"isolate {one.name} {direction}"
        case Allow(one, direction, other, _):
            return f"allow {one.name} {direction} {getattr(other, 'name', other)}"


@pytest.mark.parametrize(
    "policies, asked, changes",
    [
        pytest.param((), "shop/web -> shop/db", ["isolate db ingress"], id="no policy: isolate"),
        pytest.param((), "8.8.8.8 -> shop/db", ["isolate db ingress"], id="from outside"),
        pytest.param((), "shop/db -> 8.8.8.8", ["isolate db egress"], id="to the outside"),
        pytest.param((), "shop/db -> bank/proxy", ["isolate db egress"], id="to a node: our side"),
        pytest.param((), "bank/proxy -> shop/db", ["isolate db ingress"], id="from another node"),
        pytest.param((), "shop/agent -> bank/proxy", [], id="between nodes: no policy can"),
        pytest.param((), "shop/agent -> shop/web", [], id="from the own node: no policy can"),
        pytest.param((), "shop/web -> shop/web", [], id="to itself: no policy can"),
        pytest.param(
            (IN_SHUT,),
            "shop/web -> shop/db",
            ["allow db ingress web"],
            id="the target's side denies",
        ),
        pytest.param(
            (OUT_SHUT,),
            "shop/web -> shop/db",
            ["allow web egress db"],
            id="the source's side denies",
        ),
        pytest.param(
            (OUT_SHUT, IN_SHUT),
            "shop/web -> shop/db",
            ["allow web egress db", "allow db ingress web"],
            id="both sides deny",
        ),
        pytest.param(
            (IN_SHUT,), "8.8.8.8 -> shop/db", ["allow db ingress 8.8.8.8"], id="for an address"
        ),
        pytest.param(
            (IN_OPEN,),
            "shop/web -> shop/db TCP/80",
            ["narrow in spec.ingress[1]"],
            id="narrow the rule that opens it",
        ),
        pytest.param(
            (IN_OPEN,),
            "shop/web -> shop/db TCP/22",
            ["isolate web egress"],
            id="two rules against one new policy: the policy",
        ),
        pytest.param(
            (IN_OPEN, ALSO_IN, OUT_OPEN),
            "shop/web -> shop/db",
            ["narrow out spec.egress[0]"],
            id="the side where it takes least",
        ),
        pytest.param(
            (IN_OPEN,),
            "8.8.8.8 -> shop/db TCP/22",
            ["narrow in spec.ingress[0]", "narrow in spec.ingress[1]"],
            id="every rule that opens it, where there is one side only",
        ),
    ],
)
def test_the_smallest_change_is_offered(
    policies: tuple[NetworkPolicy, ...], asked: str, changes: list[str]
) -> None:
    assert changes == offered(cluster(*STAGE, *policies), asked)


def test_where_something_unread_decides_no_change_is_offered() -> None:
    snapshot = cluster(*STAGE, network_policies=Unseen("403"))

    assert [] == offered(snapshot, "shop/web -> shop/db")
    assert UNKNOWN == decided(snapshot, "shop/web -> shop/db")


ALLOWING = Allow(DB, Direction.INGRESS, WEB, ports(Protocol.TCP, 80))


@pytest.mark.parametrize(
    "change, name, spec",
    [
        pytest.param(
            ALLOWING,
            "allow-db-ingress",
            {
                "podSelector": {"matchLabels": {"app": "db"}},
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "from": [
                            {
                                "namespaceSelector": {
                                    "matchLabels": {"kubernetes.io/metadata.name": "shop"}
                                },
                                "podSelector": {"matchLabels": {"app": "web"}},
                            }
                        ],
                        "ports": [{"protocol": "TCP", "port": 80}],
                    }
                ],
            },
            id="ingress from a pod on a port",
        ),
        pytest.param(
            Allow(WEB, Direction.EGRESS, ip("8.8.8.8"), ALL_PORTS),
            "allow-web-egress",
            {
                "podSelector": {"matchLabels": {"app": "web"}},
                "policyTypes": ["Egress"],
                "egress": [{"to": [{"ipBlock": {"cidr": "8.8.8.8/32"}}]}],
            },
            id="egress to an address on everything",
        ),
        pytest.param(
            Allow(WEB, Direction.EGRESS, ip("2001:db8::1"), PortSet(udp=((1, 65535),))),
            "allow-web-egress",
            {
                "podSelector": {"matchLabels": {"app": "web"}},
                "policyTypes": ["Egress"],
                "egress": [
                    {
                        "to": [{"ipBlock": {"cidr": "2001:db8::1/128"}}],
                        "ports": [{"protocol": "UDP"}],
                    }
                ],
            },
            id="a whole protocol, to IPv6",
        ),
        pytest.param(
            Isolate(DB, Direction.EGRESS),
            "isolate-db-egress",
            {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Egress"]},
            id="isolate",
        ),
    ],
)
def test_a_change_is_a_policy_to_add(
    change: Allow | Isolate, name: str, spec: dict[str, Any]
) -> None:
    found = msgspec.to_builtins(manifest(change))

    assert {"name": name, "namespace": "shop"} == found["metadata"]
    assert spec == found["spec"]
    assert isinstance(network_policy_from(found), NetworkPolicy)


def test_ports_are_written_as_ranges() -> None:
    some = PortSet(tcp=((80, 80), (90, 95)), sctp=((1, 65535),))
    spec = msgspec.to_builtins(manifest(replace(ALLOWING, ports=some)))["spec"]

    assert [
        {"protocol": "TCP", "port": 80},
        {"protocol": "TCP", "port": 90, "endPort": 95},
        {"protocol": "SCTP"},
    ] == spec["ingress"][0]["ports"]


def test_a_change_rests_on_no_label_that_the_next_rollout_changes() -> None:
    rolled = pod("shop/web-6d4-x", "10.0.0.9", "app=web pod-template-hash=6d4", node="n1")
    owned = replace(rolled, owner=ObjectRef("Deployment", "shop", "web"))
    found = msgspec.to_builtins(manifest(Isolate(owned, Direction.INGRESS)))

    assert "isolate-web-ingress" == found["metadata"]["name"]
    assert {"matchLabels": {"app": "web"}} == found["spec"]["podSelector"]


def after(snapshot: Snapshot, asked: str) -> Snapshot:
    """The cluster with the policies that were offered."""
    source, target = asked.split(" -> ")
    changes = answer(analyse(snapshot), source, target, ALL_PORTS).changes
    assert isinstance(snapshot.network_policies, Seen)
    return replace(
        snapshot,
        network_policies=Seen((*snapshot.network_policies.value, *map(_parsed, changes))),
    )


def _parsed(change: Change) -> NetworkPolicy:
    assert not isinstance(change, Narrow)
    found = network_policy_from(msgspec.to_builtins(manifest(change)))
    assert isinstance(found, NetworkPolicy)
    return found


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param("shop/web -> shop/db", id="between pods"),
        pytest.param("8.8.8.8 -> shop/db", id="from an address"),
        pytest.param("shop/web -> 8.8.8.8", id="to an address"),
        pytest.param("shop/web -> 192.168.0.2", id="to a node by its address"),
        pytest.param(
            "bank/proxy -> shop/db",
            id="from a host-network pod",
        ),
        pytest.param(
            "shop/web -> bank/proxy",
            id="to a host-network pod",
        ),
    ],
)
def test_what_is_offered_opens_what_was_shut(asked: str) -> None:
    snapshot = cluster(*STAGE, IN_SHUT, OUT_SHUT)

    assert [DENY, ALLOW] == [decided(each, asked) for each in (snapshot, after(snapshot, asked))]


def test_what_is_offered_isolates_no_pod_that_was_free() -> None:
    bare, free = pod("shop/bare", "10.0.0.8"), pod("shop/free", "10.0.0.9", "app=free")
    spec = "{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}"
    mended = after(cluster(bare, free, policy("shop/p", spec)), "8.8.8.8 -> shop/bare")

    assert ALLOW == decided(mended, "8.8.8.8 -> shop/bare")
    assert ALLOW == decided(mended, "1.1.1.1 -> shop/free")


def test_no_rule_is_to_be_narrowed_for_a_family_that_the_ends_do_not_share() -> None:
    both = pod("bank/both", "10.0.1.1 fd00::1")
    spec = "{policyTypes: [Egress], egress: [{}, {to: [{ipBlock: {cidr: '::/0'}}]}]}"
    snapshot = cluster(
        WEB, both, policy("shop/out", spec), policy("bank/in", "{ingress: [{}, {}]}")
    )

    assert ["narrow out spec.egress[0]"] == offered(snapshot, "shop/web -> bank/both")


# Who is meant


@pytest.mark.parametrize(
    "text, meant",
    [
        pytest.param("shop/web", WEB, id="a pod by name"),
        pytest.param("10.0.0.1", WEB, id="a pod by its address"),
        pytest.param("8.8.8.8", ip("8.8.8.8"), id="an address that nobody holds"),
        pytest.param("192.168.0.1", ip("192.168.0.1"), id="a node's address stays an address"),
        pytest.param("10.0.0.7", ip("10.0.0.7"), id="an address that two pods claim"),
    ],
)
def test_an_end_is_a_pod_or_an_address(text: str, meant: Pod | object) -> None:
    twins = (pod("shop/a", "10.0.0.7"), pod("bank/a", "10.0.0.7"))
    found = answer(analyse(cluster(*STAGE, *twins)), text, "shop/db", ALL_PORTS)

    assert meant == found.source


@pytest.mark.parametrize(
    "source, target, message",
    [
        pytest.param("shop/wbe", "shop/db", "did you mean shop/web?", id="a name almost right"),
        pytest.param(
            "zzz", "shop/db", "write namespace/pod, or an IP address", id="no name at all"
        ),
        pytest.param("shop/late", "shop/db", "has completed (Succeeded)", id="a completed pod"),
        pytest.param("8.8.8.8", "1.1.1.1", "both outside the cluster", id="two addresses"),
    ],
)
def test_who_is_not_there_cannot_be_asked_about(source: str, target: str, message: str) -> None:
    with pytest.raises(Trouble) as caught:
        answer(analyse(cluster(*STAGE)), source, target, ALL_PORTS)

    assert message in str(caught.value)


def test_the_decision_is_the_most_open_of_all_ports_and_because_is_its_own() -> None:
    found = answer(analyse(cluster(*STAGE, IN_OPEN, OUT_SHUT)), "8.8.8.8", "shop/db", ALL_PORTS)

    assert ALLOW == found.decision
    assert {"spec.ingress[0]", "spec.ingress[1]"} >= {where.path for where in found.because}
    assert Decision.DENY == decided(cluster(*STAGE, OUT_SHUT), "shop/web -> shop/db TCP/1")
