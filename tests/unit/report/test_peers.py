"""Peers, ports and places as JSON: whole namespaces by name, other pods one by one."""

import pytest
from tests.unit.analyse.hand_made import cluster, host, namespace, pod, policy

from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.table import ClassTable
from seawall.model.addresses import EVERY_ADDRESS, cidr
from seawall.model.bits import Bits, bits_of
from seawall.model.peers import EVERY_MARK, NO_PEERS, Mark, PeerSet, everybody
from seawall.model.policies import Direction, ObjectRef, Where
from seawall.model.ports import ALL_PORTS, NO_PORTS, PortSet
from seawall.report.peers import peers_document, ports_document, where_document

WEB = pod("shop/web", "10.0.0.1", "app=web")
DB = pod("shop/db", "10.0.0.2", "app=db")
AGENT = host("shop/agent", "192.168.0.1", labels="app=agent")
TELLER = pod("bank/teller", "10.0.1.1", "team=x")
STAGE = (WEB, DB, AGENT, TELLER, namespace("bank", "team=money"), namespace("void"))
NOBODY = {"pods": [], "namespaces": [], "cidrs": [], "marks": [], "future": False}


def admitted(entry: str) -> dict[str, object]:
    """Whom one entry of a policy of shop/web lets in."""
    spec = f"{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{from: [{entry}]}}]}}"
    isolation = analyse(cluster(*STAGE, policy("shop/p", spec)))
    (row,) = isolation.side(isolation.classes_of["shop", "web"][0], Direction.INGRESS).openings
    return peers_document(row.peers, isolation.table)


@pytest.mark.parametrize(
    "entry, expected",
    [
        pytest.param("{podSelector: {}}", {"namespaces": ["shop"]}, id="the own namespace"),
        pytest.param(
            "{podSelector: {matchLabels: {app: db}}}", {"pods": ["shop/db"]}, id="a pod by label"
        ),
        pytest.param(
            "{podSelector: {matchExpressions: [{key: app, operator: Exists}]}}",
            {"pods": ["shop/db", "shop/web"]},
            id="every pod of today is no whole namespace: another may come",
        ),
        pytest.param(
            "{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}",
            {"pods": ["shop/(any new pod)"]},
            id="only pods still to come",
        ),
        pytest.param(
            "{namespaceSelector: {matchLabels: {team: money}}}",
            {"namespaces": ["bank"]},
            id="another namespace",
        ),
        pytest.param(
            "{namespaceSelector: {}}", {"namespaces": ["*"], "future": True}, id="any namespace"
        ),
        pytest.param(
            "{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}",
            {"namespaces": ["shop", "void"], "future": True},
            id="all but one, and those to come",
        ),
        pytest.param(
            "{ipBlock: {cidr: 10.0.0.0/24}}",
            {"pods": ["shop/db", "shop/web"], "cidrs": ["10.0.0.0/24"]},
            id="a block, and the pods inside",
        ),
        pytest.param(
            "{ipBlock: {cidr: 20.0.0.0/8, except: [20.128.0.0/9]}}",
            {"cidrs": ["20.0.0.0/9"]},
            id="a block without its except",
        ),
    ],
)
def test_whole_namespaces_are_named_and_other_pods_one_by_one(
    entry: str, expected: dict[str, object]
) -> None:
    assert NOBODY | expected == admitted(entry)


@pytest.fixture
def isolation() -> Isolation:
    return analyse(cluster(*STAGE))


def classes(isolation: Isolation, *names: str) -> Bits:
    found = (
        isolation.classes_of[home, name] for home, _, name in (n.partition("/") for n in names)
    )
    return bits_of(number for numbers in found for number in numbers)


def document(peers: PeerSet, table: ClassTable) -> dict[str, object]:
    """What is said, without what is not."""
    return {key: value for key, value in peers_document(peers, table).items() if value}


def test_nobody_is_nobody(isolation: Isolation) -> None:
    assert NOBODY == peers_document(NO_PEERS, isolation.table)


def test_everybody_is_said_in_a_few_words(isolation: Isolation) -> None:
    assert {
        "namespaces": ["*"],
        "cidrs": ["0.0.0.0/0", "::/0"],
        "marks": ["api-server", "nodes"],
        "future": True,
    } == document(everybody(isolation.table.everything), isolation.table)


def test_host_network_pods_are_named_unless_all_nodes_are_in(isolation: Isolation) -> None:
    agent = classes(isolation, "shop/agent")
    nodes = PeerSet(agent, marks=frozenset({Mark.NODES}))

    assert {"pods": ["shop/agent"]} == document(PeerSet(agent), isolation.table)
    assert {"marks": ["nodes"]} == document(nodes, isolation.table)


def test_a_namespace_is_whole_without_its_host_network_pods(isolation: Isolation) -> None:
    table = isolation.table
    bound = PeerSet(table.span_of("shop") - table.hosts)
    all_of_it = PeerSet(table.span_of("shop"))

    assert {"namespaces": ["shop"]} == document(bound, table)
    assert {"namespaces": ["shop"], "pods": ["shop/agent"]} == document(all_of_it, table)


def test_a_namespace_without_pods_is_whole_by_the_pod_to_come(isolation: Isolation) -> None:
    found = document(PeerSet(isolation.table.span_of("void")), isolation.table)

    assert {"namespaces": ["void"]} == found


def test_a_pod_with_two_endpoints_is_named_once() -> None:
    isolation = analyse(cluster(pod("shop/both", "10.0.0.1 fd00::1")))
    found = document(PeerSet(classes(isolation, "shop/both")), isolation.table)

    assert {"pods": ["shop/both"]} == found


def test_addresses_are_the_fewest_blocks(isolation: Isolation) -> None:
    halves = cidr("10.0.0.0/9") | cidr("10.128.0.0/9") | cidr("fd00::/64")

    assert {"cidrs": ["10.0.0.0/8", "fd00::/64"]} == document(
        PeerSet(addresses=halves), isolation.table
    )


def test_marks_are_in_order(isolation: Isolation) -> None:
    peers = PeerSet(addresses=EVERY_ADDRESS, marks=EVERY_MARK)

    assert ["api-server", "nodes"] == peers_document(peers, isolation.table)["marks"]


@pytest.mark.parametrize(
    "found, expected",
    [
        pytest.param(NO_PORTS, [], id="none"),
        pytest.param(
            PortSet(tcp=((80, 80), (443, 445)), udp=((53, 53),)),
            [("TCP", 80, 80), ("TCP", 443, 445), ("UDP", 53, 53)],
            id="some",
        ),
        pytest.param(
            ALL_PORTS,
            [("TCP", 1, 65535), ("UDP", 1, 65535), ("SCTP", 1, 65535), ("other", None, None)],
            id="all",
        ),
    ],
)
def test_ports_are_ranges_by_protocol(
    found: PortSet, expected: list[tuple[str, int | None, int | None]]
) -> None:
    ranges = [{"protocol": p, "from": first, "to": last} for p, first, last in expected]

    assert ranges == ports_document(found)


@pytest.mark.parametrize(
    "where, expected",
    [
        pytest.param(
            Where(ObjectRef("NetworkPolicy", "shop", "p"), "spec.ingress[0]"),
            {
                "kind": "NetworkPolicy",
                "namespace": "shop",
                "name": "p",
                "path": "spec.ingress[0]",
            },
            id="a field",
        ),
        pytest.param(
            Where(ObjectRef("NetworkPolicy", "shop", "p")),
            {"kind": "NetworkPolicy", "namespace": "shop", "name": "p"},
            id="a whole object",
        ),
        pytest.param(
            Where(ObjectRef("AdminNetworkPolicy", "", "a")),
            {"kind": "AdminNetworkPolicy", "name": "a"},
            id="a cluster-scoped object",
        ),
    ],
)
def test_a_place_has_no_empty_words(where: Where, expected: dict[str, str]) -> None:
    assert expected == where_document(where)
