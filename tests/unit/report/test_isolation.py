"""The Isolation as JSON and as rows: everything open, a pod and direction at a time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.planes import node
from tests.unit.analyse.hand_made import cluster, done, host, namespace, pod, policy

from seawall.analyse.isolation import analyse
from seawall.model.cluster import Provider
from seawall.model.entrances import UNREAD_ENTRANCES
from seawall.model.policies import NetworkPolicy
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import HostPort, Namespace, Pod, Snapshot
from seawall.report.blast import BlastOfCluster
from seawall.report.isolation import isolation_document, isolation_rows

WEB = pod("shop/web", "10.0.0.1", "app=web", ports="http=TCP/80")
DB = pod("shop/db", "10.0.0.2", "app=db")
TELLER = pod("bank/teller", "10.0.1.1")
STAGE = (WEB, DB, TELLER)
SHUT = policy("shop/shut", "{podSelector: {matchLabels: {app: db}}}")
SOME = policy(
    "shop/some",
    "{podSelector: {matchLabels: {app: web}}, ingress: "
    "[{from: [{podSelector: {}}], ports: [{port: http}, {port: 443, endPort: 445}]}]}",
)
EVERYONE = {
    "peers": {
        "pods": [],
        "namespaces": ["*"],
        "cidrs": ["0.0.0.0/0", "::/0"],
        "marks": ["api-server", "nodes"],
        "future": True,
    },
    "ports": [
        {"protocol": "TCP", "from": 1, "to": 65535},
        {"protocol": "UDP", "from": 1, "to": 65535},
        {"protocol": "SCTP", "from": 1, "to": 65535},
        {"protocol": "other", "from": None, "to": None},
    ],
    "because": [],
}


OPEN = {
    "selected": False,
    "present": False,
    "effective": "everybody",
    "open_to": [EVERYONE],
    "unknown": [],
}


def reach(pods: int, namespaces: int, addresses: int, perhaps: int = 0) -> dict[str, Any]:
    """Of a pod that has IPv4 alone."""
    return {
        "pods": pods,
        "podsPerhaps": perhaps,
        "namespaces": namespaces,
        "namespacesPerhaps": 0,
        "addresses": {"ipv4": addresses, "ipv6": "0"},
        "addressesPerhaps": {"ipv4": 0, "ipv6": "0"},
    }


def document(*found: Pod | Namespace | NetworkPolicy, **changes: object) -> dict[str, Any]:
    """What a program reads, that is after a round through JSON."""
    text = json.dumps(isolation_document(analyse(cluster(*found, **changes))))
    read: dict[str, Any] = json.loads(text)
    return read


def pods_of(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{each['namespace']}/{each['name']}": each for each in found["pods"]}


def test_the_document_has_the_promised_shape() -> None:
    found = document(WEB, SOME)

    assert {"schemaVersion", "cluster", "enforced", "assumed", "unseen", "blast", "pods"} == set(
        found
    )
    assert (1, "by-hand", []) == (found["schemaVersion"], found["cluster"], found["unseen"])
    assert ("yes", []) == (found["enforced"]["enforced"], found["enforced"]["pools"])
    assert [
        {
            "namespace": "shop",
            "name": "web",
            "enforced": {
                "enforced": "yes",
                "why": "kube-network-policies v1.0.0 enforces policies",
            },
            "ingress": {
                "selected": True,
                "present": True,
                "effective": "some",
                "open_to": [
                    {
                        "peers": {
                            "pods": [],
                            "namespaces": ["*"],
                            "cidrs": [],
                            "marks": [],
                            "future": False,
                        },
                        "ports": [
                            {"protocol": "TCP", "from": 80, "to": 80},
                            {"protocol": "TCP", "from": 443, "to": 445},
                        ],
                        "because": [
                            {
                                "kind": "NetworkPolicy",
                                "namespace": "shop",
                                "name": "some",
                                "path": "spec.ingress[0]",
                            }
                        ],
                    }
                ],
                "unknown": [],
            },
            "egress": OPEN,
            "exposed": {"state": "none", "ways": [], "unread": []},
            "blast": {
                "reaches": reach(0, 0, 2**32),
                "reachedBy": reach(0, 0, 0),
            },
            "istio": None,
        }
    ] == found["pods"]


def test_a_pod_without_policies_is_open_to_everybody() -> None:
    web = pods_of(document(*STAGE))["shop/web"]

    assert OPEN == web["ingress"]


def test_a_pod_shut_by_policies_is_selected_and_open_to_nobody() -> None:
    db = pods_of(document(*STAGE, SHUT))["shop/db"]

    shut = {"selected": True, "present": True, "effective": "nobody"}
    assert shut | {"open_to": [], "unknown": []} == db["ingress"]
    assert not db["egress"]["selected"]


def test_selected_does_not_mean_shut() -> None:
    web = pods_of(document(*STAGE, policy("shop/p", "{ingress: [{}]}")))["shop/web"]["ingress"]

    assert web["selected"]
    assert EVERYONE["peers"] == web["open_to"][0]["peers"]
    assert "p" == web["open_to"][0]["because"][0]["name"]


def test_what_something_unread_decides_is_unknown_and_not_open() -> None:
    found = document(*STAGE, SHUT, network_policies=Unseen("403 Forbidden"))
    web = pods_of(found)["shop/web"]["ingress"]

    assert [] == web["open_to"]
    assert "unknown" == web["effective"]
    assert "403 Forbidden" == web["unknown"][0]["because"][0]["path"]
    assert [{"what": "networkpolicies", "why": "403 Forbidden"}] == found["unseen"]


def test_host_network_pods_say_so_and_are_open() -> None:
    agent = pods_of(document(*STAGE, host("shop/agent", "192.168.0.1"), SHUT))["shop/agent"]

    assert agent["hostNetwork"] is True
    assert [EVERYONE] == agent["ingress"]["open_to"]


def test_completed_pods_are_in_no_row() -> None:
    assert {"bank/teller", "shop/db", "shop/web"} == pods_of(
        document(*STAGE, done("shop/job", "10.0.0.9"))
    ).keys()


def test_a_pod_of_two_families_is_one_row() -> None:
    both = pod("shop/both", "10.0.0.1 fd00::1")

    assert ["both"] == [each["name"] for each in document(both)["pods"]]


def test_pods_are_in_order_and_whatever_order_they_were_read_in() -> None:
    forward = cluster(*STAGE, SHUT, SOME, namespace("void"))
    backward = _reversed(forward)
    ours, theirs = (
        msgspec.json.encode(isolation_document(analyse(s))) for s in (forward, backward)
    )

    assert ours == theirs
    assert ["teller", "db", "web"] == [each["name"] for each in json.loads(ours)["pods"]]


def _reversed(snapshot: Snapshot) -> Snapshot:
    assert isinstance(snapshot.pods, Seen)
    assert isinstance(snapshot.namespaces, Seen)
    assert isinstance(snapshot.network_policies, Seen)
    return replace(
        snapshot,
        pods=Seen(snapshot.pods.value[::-1]),
        namespaces=Seen(snapshot.namespaces.value[::-1]),
        network_policies=Seen(snapshot.network_policies.value[::-1]),
    )


def test_whether_it_is_enforced_is_said_of_the_cluster_its_pools_and_each_pod() -> None:
    fargate = node("f1", "eks.amazonaws.com/compute-type=fargate", Provider.AWS)
    snapshot = cluster(WEB, replace(DB, node="f1"), nodes=Seen((node("n1"), fargate)))
    found: dict[str, Any] = isolation_document(analyse(snapshot))

    assert "partly" == found["enforced"]["enforced"]
    assert [("(no pool)", 1, "yes"), ("fargate", 1, "no")] == [
        (pool["name"], pool["nodes"], pool["enforced"]) for pool in found["enforced"]["pools"]
    ]
    assert {"kube-network-policies": "v1.0.0"} == found["enforced"]["planes"]


# Rows


def rows(*found: Pod | Namespace | NetworkPolicy, **changes: object) -> dict[str, tuple[str, str]]:
    return {
        f"{row.pod} {row.direction}": (row.open_to, row.because)
        for row in isolation_rows(analyse(cluster(*found, **changes)))
    }


@pytest.mark.parametrize(
    "policies, open_to, because",
    [
        pytest.param((), "everybody on all ports", "no policy", id="no policy"),
        pytest.param(("{}",), "nobody", "NetworkPolicy shop/p0", id="shut: who shuts it"),
        pytest.param(
            ("{ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}",),
            "namespaces shop on TCP 80",
            "NetworkPolicy shop/p0 spec.ingress[0]",
            id="its own namespace",
        ),
        pytest.param(
            ("{ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}",),
            "pods shop/db on all ports",
            "NetworkPolicy shop/p0 spec.ingress[0]",
            id="a pod",
        ),
        pytest.param(
            ("{ingress: [{from: [{namespaceSelector: {}}]}]}",),
            "namespaces *, any new namespace on all ports",
            "NetworkPolicy shop/p0 spec.ingress[0]",
            id="any namespace",
        ),
        pytest.param(
            ("{ingress: [{from: [{podSelector: {matchLabels: {app: none}}}]}]}",),
            "nobody",
            "NetworkPolicy shop/p0",
            id="a label that nobody has",
        ),
        pytest.param(
            (
                "{ingress: [{from: [{ipBlock: {cidr: 20.0.0.0/8}}], ports: [{port: 80}]}]}",
                "{ingress: [{from: [{ipBlock: {cidr: 30.0.0.0/8}}], ports: [{port: 81}]}]}",
            ),
            "cidrs 20.0.0.0/8 on TCP 80; cidrs 30.0.0.0/8 on TCP 81",
            "NetworkPolicy shop/p0 spec.ingress[0], NetworkPolicy shop/p1 spec.ingress[0]",
            id="two rules",
        ),
        pytest.param(
            ("{ingress: [{from: [{ipBlock: {cidr: 20.0.0.0/8, except: [20.0.0.1/32]}}]}]}",),
            "cidrs 20.0.0.0/32 20.0.0.2/31 20.0.0.4/30 20.0.0.8/29 and 20 more on all ports",
            "NetworkPolicy shop/p0 spec.ingress[0]",
            id="more than a cell can hold",
        ),
    ],
)
def test_a_row_says_who_gets_in_and_by_which_rule(
    policies: tuple[str, ...], open_to: str, because: str
) -> None:
    made = (policy(f"shop/p{number}", spec) for number, spec in enumerate(policies))
    found = rows(*STAGE, *made)

    assert (open_to, because) == found["shop/web ingress"]


def test_a_row_says_perhaps_where_it_cannot_be_told() -> None:
    open_to, because = rows(*STAGE, network_policies=Unseen("403"))["shop/web egress"]

    assert "perhaps everybody on all ports" == open_to
    assert "networkpolicies" in because


def test_there_is_a_row_for_each_pod_and_direction_in_order() -> None:
    pods = ("bank/teller", "shop/db", "shop/web")

    assert list(_both(pods)) == list(rows(*STAGE))


def _both(pods: tuple[str, ...]) -> Iterator[str]:
    for name in pods:
        yield f"{name} ingress"
        yield f"{name} egress"


def test_who_is_reached_from_outside_is_told() -> None:
    """What is told first is open; the rest is counted, and nothing that is not known is `none`."""
    web = pod("shop/web", "10.0.0.1", host_ports=(HostPort(80, 8080), HostPort(81, 8081)))
    unread = document(web, entrances=UNREAD_ENTRANCES)
    isolation = analyse(cluster(web))

    (found,) = document(web)["pods"]
    (way,) = found["exposed"]["ways"]
    assert ("exposed", "allow") == (found["exposed"]["state"], way["decision"])
    assert [8080, 8081] == [
        port for span in way["ports"] for port in range(span["from"], span["to"] + 1)
    ]
    assert {"kind": "Pod", "namespace": "shop", "name": "web"} == way["by"]
    assert ["what leads in from outside was not read"] == unread["pods"][0]["exposed"]["unread"]
    told = ["exposed: Pod shop/web (whoever reaches a node) on TCP 8080-8081", ""]
    assert told == [row.exposed for row in isolation_rows(isolation)]


# Blast radius


def test_how_far_pods_reach_is_counted_on_both_sides() -> None:
    """What db reaches is everybody but itself; nobody reaches it, whatever their egress says."""
    found = document(*STAGE, SHUT)
    pods = {name: each["blast"] for name, each in pods_of(found).items()}

    assert reach(2, 2, 2**32) == pods["shop/db"]["reaches"]
    assert reach(0, 0, 0) == pods["shop/db"]["reachedBy"]
    assert reach(1, 1, 2**32) == pods["shop/web"]["reaches"]
    assert reach(2, 2, 2**32) == pods["shop/web"]["reachedBy"]
    assert {"pods": 3, "pairs": 4, "pairsPerhaps": 0} == found["blast"]["cluster"]
    assert [
        {"namespace": "bank", "reaches": reach(1, 1, 2**32), "reachedBy": reach(2, 1, 2**32)},
        {"namespace": "shop", "reaches": reach(1, 1, 2**32), "reachedBy": reach(1, 1, 2**32)},
    ] == found["blast"]["namespaces"]


def test_how_far_pods_reach_is_told() -> None:
    one = "1 pod of 1 other namespace, all IPv4 addresses"
    two = "2 pods of 1 other namespace, all IPv4 addresses"

    assert [
        "blast radius: of 6 ways from one pod to another 4 are open",
        f"  bank reaches {one}; is reached by {two}",
        f"  shop reaches {one}; is reached by {one}",
    ] == list(BlastOfCluster(analyse(cluster(*STAGE, SHUT))).lines())


def test_what_may_be_open_is_counted_apart() -> None:
    blind = analyse(cluster(*STAGE, network_policies=Unseen("403")))
    first, bank, _ = BlastOfCluster(blind).lines()

    assert "of 6 ways from one pod to another 0 are open, and perhaps 6 more" in first
    assert "  bank reaches no other pod and perhaps 2 more, perhaps all IPv4 addresses" in bank
