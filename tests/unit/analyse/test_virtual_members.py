"""Pods and namespaces that are not there yet: who could get in tomorrow, and to whom."""

import pytest
from tests.unit.analyse.hand_made import (
    ALLOW,
    DENY,
    UNKNOWN,
    cluster,
    host,
    namespace,
    pod,
    policy,
    service_ports,
)

from seawall.analyse.classes import FRESH_NAMESPACE, Standing
from seawall.analyse.isolation import Isolation, analyse
from seawall.model.bits import Bits
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction, NetworkPolicy
from seawall.model.sight import Unseen
from seawall.model.snapshot import Namespace, Phase, Pod

WEB = pod("shop/web", "10.0.0.1", "app=web")
TELLER = pod("bank/teller", "10.0.1.1", "app=teller")
STAGE = (WEB, TELLER, namespace("bank", "team=money"), namespace("void"))


def selector(body: str) -> str:
    """A policy of `shop` that admits by one namespaceSelector."""
    return f"{{ingress: [{{from: [{{namespaceSelector: {body}}}]}}]}}"


def expression(key: str, operator: str, values: str = "") -> str:
    tail = f", values: [{values}]" if values else ""
    return selector(f"{{matchExpressions: [{{key: {key}, operator: {operator}{tail}}}]}}")


NAME = "kubernetes.io/metadata.name"


def virtual(isolation: Isolation, home: str, standing: Standing) -> int:
    table = isolation.table
    (number,) = table.span_of(home) & table.standing[standing]
    return number


def fresh_pod_in(isolation: Isolation, home: str) -> int:
    return virtual(isolation, home, Standing.NEW_POD)


def fresh_namespace(isolation: Isolation) -> int:
    return virtual(isolation, FRESH_NAMESPACE, Standing.NEW_NAMESPACE)


def into_web(isolation: Isolation, number: int) -> Decision:
    """What becomes of a connection from one class to shop/web."""
    (web,) = isolation.classes_of["shop", "web"]
    rows = isolation.side(web, Direction.INGRESS).rows(PeerSet(Bits(number, 1)))
    (decision,) = {row.decision for row in rows}
    return decision


@pytest.mark.parametrize(
    "spec, shop, bank, void, tomorrow",
    [
        pytest.param("{ingress: []}", DENY, DENY, DENY, DENY, id="nobody"),
        pytest.param("{ingress: [{}]}", ALLOW, ALLOW, ALLOW, ALLOW, id="everybody"),
        pytest.param(
            "{ingress: [{from: [{podSelector: {}}]}]}", ALLOW, DENY, DENY, DENY, id="own namespace"
        ),
        pytest.param(
            "{ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}",
            *(DENY, DENY, DENY, DENY),
            id="a label that a fresh pod has not",
        ),
        pytest.param(
            "{ingress: [{from: [{podSelector: {matchExpressions: "
            "[{key: app, operator: DoesNotExist}]}}]}]}",
            *(ALLOW, DENY, DENY, DENY),
            id="no label, of the own namespace",
        ),
        pytest.param(selector("{}"), ALLOW, ALLOW, ALLOW, ALLOW, id="any namespace"),
        pytest.param(
            selector("{matchLabels: {team: money}}"), DENY, ALLOW, DENY, DENY, id="a team"
        ),
        pytest.param(expression("team", "In", "money, power"), DENY, ALLOW, DENY, DENY, id="In"),
        pytest.param(expression("team", "NotIn", "money"), ALLOW, DENY, ALLOW, ALLOW, id="NotIn"),
        pytest.param(expression("team", "Exists"), DENY, ALLOW, DENY, DENY, id="Exists"),
        pytest.param(
            expression("team", "DoesNotExist"), ALLOW, DENY, ALLOW, ALLOW, id="DoesNotExist"
        ),
        pytest.param(
            selector(f"{{matchLabels: {{{NAME}: bank}}}}"), DENY, ALLOW, DENY, DENY, id="by name"
        ),
        pytest.param(
            expression(NAME, "NotIn", "bank"), ALLOW, DENY, ALLOW, ALLOW, id="all names but one"
        ),
        pytest.param(
            expression(NAME, "Exists"), ALLOW, ALLOW, ALLOW, ALLOW, id="any name, and all have one"
        ),
        pytest.param(
            expression(NAME, "DoesNotExist"),
            DENY,
            DENY,
            DENY,
            DENY,
            id="no name, and none has none",
        ),
    ],
)
def test_pods_still_to_come_are_admitted_by_what_they_will_be(
    spec: str, shop: Decision, bank: Decision, void: Decision, tomorrow: Decision
) -> None:
    isolation = analyse(cluster(*STAGE, policy("shop/p", spec)))
    found = [
        into_web(isolation, fresh_pod_in(isolation, home)) for home in ("shop", "bank", "void")
    ]

    assert [shop, bank, void, tomorrow] == [*found, into_web(isolation, fresh_namespace(isolation))]


@pytest.mark.parametrize(
    "spec, bound",
    [
        pytest.param("{podSelector: {}}", True, id="all pods"),
        pytest.param("{podSelector: {matchLabels: {app: web}}}", False, id="pods of a label"),
        pytest.param(
            "{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}",
            True,
            id="all pods but those of a label",
        ),
    ],
)
def test_a_fresh_pod_is_isolated_by_the_policies_that_will_select_it(
    spec: str, *, bound: bool
) -> None:
    isolation = analyse(cluster(*STAGE, policy("shop/p", spec)))
    side = isolation.side(fresh_pod_in(isolation, "shop"), Direction.INGRESS)

    assert bound == side.selected


def test_no_policy_binds_the_pod_of_a_namespace_not_made_yet() -> None:
    isolation = analyse(cluster(*STAGE, policy("shop/p", "{}"), policy("bank/p", "{}")))

    assert not isolation.side(fresh_namespace(isolation), Direction.INGRESS).selected


def test_every_namespace_has_a_fresh_pod_and_the_cluster_has_one_fresh_namespace() -> None:
    table = analyse(cluster(*STAGE)).table
    homes = [
        table.namespaces[table.classes[number].namespace].name
        for number in table.standing[Standing.NEW_POD]
    ]

    assert ["bank", "kube-system", "shop", "void"] == sorted(homes)
    assert 1 == len(table.standing[Standing.NEW_NAMESPACE])
    assert ["bank", "shop", "void"] == [found.name for found in table.judged]


DNS = pod("kube-system/dns", "10.0.9.9", "k8s-app=kube-dns", ports="dns=UDP/53")


@pytest.mark.parametrize(
    "seen, stand_ins",
    [
        pytest.param((), 1, id="no kube-system"),
        pytest.param((namespace("kube-system"),), 1, id="a kube-system without DNS"),
        pytest.param((DNS,), 0, id="DNS pods"),
        pytest.param((pod("shop/dns", "10.0.9.9", "k8s-app=kube-dns"),), 1, id="DNS elsewhere"),
    ],
)
def test_where_no_dns_pod_was_seen_one_stands_in(
    seen: tuple[Pod | Namespace, ...], stand_ins: int
) -> None:
    assert stand_ins == len(analyse(cluster(*STAGE, *seen)).table.standing[Standing.DNS])


@pytest.mark.parametrize(
    "port, decision",
    [
        pytest.param("port: 53, protocol: UDP", ALLOW, id="by number"),
        pytest.param("port: dns, protocol: UDP", ALLOW, id="by name"),
        pytest.param("port: dns, protocol: TCP", DENY, id="by the name of the other protocol"),
        pytest.param("port: 53", DENY, id="over TCP alone"),
    ],
)
def test_the_dns_pod_that_stands_in_is_reached_by_label_and_by_name(
    port: str, decision: Decision
) -> None:
    dns = f"{{namespaceSelector: {{matchLabels: {{{NAME}: kube-system}}}}"
    to = f"{dns}, podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}}}"
    spec = f"{{policyTypes: [Egress], egress: [{{to: [{to}], ports: [{{{port}}}]}}]}}"
    isolation = analyse(cluster(*STAGE, policy("shop/p", spec)))
    (web,) = isolation.classes_of["shop", "web"]
    peers = PeerSet(isolation.table.standing[Standing.DNS])

    (row,) = isolation.side(web, Direction.EGRESS).rows(peers, service_ports("UDP/53"))
    assert decision == row.decision


# Addresses not known yet


def admitting(block: str) -> NetworkPolicy:
    return policy("shop/p", f"{{ingress: [{{from: [{{ipBlock: {block}}}]}}]}}")


@pytest.mark.parametrize(
    "block, admitted",
    [
        pytest.param("{cidr: 0.0.0.0/0}", True, id="the world"),
        pytest.param("{cidr: 10.0.0.0/8}", True, id="far around the pods seen"),
        pytest.param("{cidr: 10.0.0.0/23}", True, id="just around the pods seen"),
        pytest.param("{cidr: 10.0.0.0/24}", False, id="half of them"),
        pytest.param("{cidr: 20.0.0.0/8}", False, id="elsewhere"),
        pytest.param("{cidr: '::/0'}", False, id="a family that no pod has"),
        pytest.param(
            "{cidr: 0.0.0.0/0, except: [169.254.169.254/32]}", True, id="the world but metadata"
        ),
        pytest.param("{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}", False, id="the world but the pods"),
    ],
)
def test_a_block_admits_a_pod_without_address_if_it_covers_most_of_where_pods_are(
    block: str, *, admitted: bool
) -> None:
    late = pod("bank/late", "", phase=Phase.PENDING)
    isolation = analyse(cluster(*STAGE, late, admitting(block)))
    (number,) = isolation.classes_of["bank", "late"]
    expected = {True: ALLOW, False: DENY}[admitted]

    assert expected == into_web(isolation, number)
    assert expected == into_web(isolation, fresh_pod_in(isolation, "bank"))
    assert expected == into_web(isolation, fresh_namespace(isolation))


@pytest.mark.parametrize(
    "block, admitted",
    [
        pytest.param("{cidr: 0.0.0.0/0}", True, id="the world"),
        pytest.param("{cidr: 10.0.0.0/8}", True, id="the largest private range"),
        pytest.param("{cidr: 172.16.0.0/12}", False, id="a smaller one"),
        pytest.param("{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}", False, id="all but the largest"),
        pytest.param("{cidr: 'fc00::/7'}", True, id="the private addresses of IPv6"),
        pytest.param("{cidr: 'fd00::/9'}", False, id="a quarter of them"),
        pytest.param("{cidr: 20.0.0.0/6}", False, id="public addresses"),
    ],
)
def test_without_any_address_seen_pods_are_expected_in_the_private_ranges(
    block: str, *, admitted: bool
) -> None:
    isolation = analyse(cluster(pod("shop/web"), pod("bank/late"), admitting(block)))
    (number,) = isolation.classes_of["bank", "late"]

    assert {True: ALLOW, False: DENY}[admitted] == into_web(isolation, number)


@pytest.mark.parametrize(
    "block, admitted",
    [
        pytest.param("{cidr: 10.0.0.0/8}", False, id="where pods are"),
        pytest.param("{cidr: 0.0.0.0/0}", True, id="where any node may be"),
    ],
)
def test_a_host_network_pod_without_address_is_expected_where_nodes_may_be(
    block: str, *, admitted: bool
) -> None:
    isolation = analyse(cluster(*STAGE, host("bank/agent", "", "n1"), admitting(block)))
    (number,) = isolation.classes_of["bank", "agent"]

    assert {True: ALLOW, False: DENY}[admitted] == into_web(isolation, number)


def test_an_unread_policy_may_bind_pods_still_to_come() -> None:
    isolation = analyse(cluster(*STAGE, network_policies=Unseen("403")))

    assert UNKNOWN == into_web(isolation, fresh_namespace(isolation))
    side = isolation.side(fresh_namespace(isolation), Direction.INGRESS)
    outside = PeerSet(addresses=isolation.side(0, Direction.INGRESS).universe.addresses)
    assert {UNKNOWN} == {row.decision for row in side.rows(outside)}
