"""The day of the switch: what would be cut is told in the order in which it is missed."""

from dataclasses import replace
from typing import Any

import pytest
from tests.planes import daemon_set, facts, node
from tests.unit.analyse.hand_made import cluster, host, namespace, pod, policy

from seawall.analyse.dataplane.rows import ROWS
from seawall.analyse.dataplane.switches import SWITCHES
from seawall.analyse.isolation import analyse
from seawall.judge.going_live import MOST_NAMESPACES, Cut, GoingLive, Kind, going_live
from seawall.model.cluster import ClusterKey, Provider
from seawall.model.enforcement import Enforced
from seawall.model.entrances import NO_ENTRANCES, Service, ServicePort
from seawall.model.exposure import Entrance, Exposure, Way
from seawall.model.policies import Direction, ObjectRef, Where
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Pod, Snapshot
from seawall.report.going_live import going_live_document, going_live_lines

OFF = Seen(facts(daemon_set("kube-flannel/kube-flannel-ds", "kube-flannel=flannel:v0.27.4")))
NOBODY = Seen(Exposure((), Seen(())))
DENY = policy("shop/deny", "{podSelector: {}, policyTypes: [Ingress, Egress]}")
TO_BLOCK = "{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: %s}]}]}"
DENIED = (Where(DENY.ref),)


def made(found: Pod, kind: str = "Deployment") -> Pod:
    owner = ObjectRef(kind, found.namespace, found.name)
    return replace(found, owner=owner)


WEB = made(pod("shop/web", "10.0.0.1", "app=web", node="n1"))
DNS = pod("kube-system/coredns", "10.0.3.1", "k8s-app=kube-dns")
CLIENT = made(pod("front/client", "10.0.1.1"))
STAGE = (WEB, CLIENT, DNS, DENY)


def day(
    *found: Any,  # noqa: ANN401  what `cluster` takes
    exposure: Sight[Exposure] = NOBODY,
    pool: str = "",
    **changes: Any,  # noqa: ANN401  fields of Snapshot
) -> GoingLive:
    snapshot = cluster(*found, **{"data_plane": OFF, "entrances": NO_ENTRANCES, **changes})
    return going_live(analyse(snapshot), exposure, pool)


def of(found: GoingLive, kind: Kind) -> list[Cut]:
    return [cut for cut in found.cuts if cut.kind is kind]


def test_the_policies_that_go_live_are_those_that_select_pods_which_wait() -> None:
    idle = policy("shop/idle", "{podSelector: {matchLabels: {app: x}}}")
    found = day(*STAGE, idle, host("shop/agent", "10.9.0.1"))

    assert 3 == found.pods
    assert [(DENY.ref, (Direction.EGRESS, Direction.INGRESS), 1)] == [
        (each.ref, each.directions, each.pods) for each in found.policies
    ]


def test_what_is_enforced_already_does_not_go_live() -> None:
    enforced = Seen(facts(daemon_set("kube-system/calico-node", "calico-node=c:v3.31.0")))
    found = day(*STAGE, data_plane=enforced)

    assert (0, (), (), ()) == (found.pods, found.policies, found.cuts, found.paths)
    assert ["Policies are enforced for every pod already: nothing would change."] == list(
        going_live_lines(found)
    )


def test_workloads_without_dns_are_named_first() -> None:
    found = day(*STAGE)

    assert [Cut(Kind.DNS, "shop/deployment/web", "the cluster's DNS", certain=True)] == [
        replace(cut, because=()) for cut in of(found, Kind.DNS)
    ]
    assert Kind.DNS is found.cuts[0].kind


@pytest.mark.parametrize(
    "account, spec, certain",
    [
        pytest.param("web", "{podSelector: {}, policyTypes: [Egress]}", [True], id="denied"),
        pytest.param(
            "web",
            TO_BLOCK % 443,
            [False],
            id="a block may mean it",
        ),
        pytest.param(
            "web",
            TO_BLOCK % 80,
            [True],
            id="a block on another port",
        ),
        pytest.param("web", "{podSelector: {}, egress: [{}]}", [], id="everybody means it"),
        pytest.param("default", "{podSelector: {}, policyTypes: [Egress]}", [], id="no account"),
    ],
)
def test_workloads_with_an_account_of_their_own_may_miss_the_api_server(
    account: str, spec: str, certain: list[bool]
) -> None:
    found = day(replace(WEB, service_account=account), policy("shop/p", spec))

    assert certain == [cut.certain for cut in of(found, Kind.API_SERVER)]


HOOK = Way("shop", Entrance.WEBHOOK, ObjectRef("ValidatingWebhookConfiguration", "", "v"), "hook")
SERVICE = Service("shop", "hook", selector=(("app", "web"),), ports=(ServicePort(443, 8443),))


@pytest.mark.parametrize(
    "services, spec, who",
    [
        pytest.param(
            Seen((SERVICE,)), "{podSelector: {}}", ["shop/deployment/web"], id="its own pods"
        ),
        pytest.param(
            Unseen("403"),
            "{podSelector: {}}",
            ["shop/deployment/db", "shop/deployment/web"],
            id="any of the namespace where the Service was not read",
        ),
        pytest.param(Seen((SERVICE,)), "{podSelector: {}, ingress: [{}]}", [], id="let in"),
    ],
)
def test_a_webhook_that_the_api_server_cannot_call_is_cut(
    services: Sight[tuple[Service, ...]], spec: str, who: list[str]
) -> None:
    exposure = Exposure((("webhooks", Seen((HOOK,))),), Seen(()))
    db = made(pod("shop/db", "10.0.0.2", "app=db"))
    entrances = replace(NO_ENTRANCES, services=services)
    found = day(WEB, db, policy("shop/p", spec), exposure=Seen(exposure), entrances=entrances)

    assert who == [cut.who for cut in of(found, Kind.WEBHOOK)]
    assert {"ValidatingWebhookConfiguration v"} >= {cut.what for cut in of(found, Kind.WEBHOOK)}


def test_an_exposed_port_that_policies_close_is_cut() -> None:
    balancer = replace(SERVICE, name="web", type="LoadBalancer", direct=True)
    entrances = replace(NO_ENTRANCES, services=Seen((balancer,)))
    shut, open_ = (
        of(day(WEB, policy("shop/p", spec), entrances=entrances), Kind.EXPOSED)
        for spec in ("{podSelector: {}}", "{podSelector: {}, ingress: [{}]}")
    )

    assert ["shop/deployment/web"] == [cut.who for cut in shut]
    assert [] == open_


def test_paths_that_are_open_today_and_would_not_be_are_told() -> None:
    found = day(*STAGE)
    told = {(path.source, path.destination) for path in found.paths if path.live}

    assert ("any address", "shop/deployment/web") in told or (
        "any IPv4 address",
        "shop/deployment/web",
    ) in told
    assert {"shop/deployment/web"} == {path.destination for path in found.paths}


def test_of_many_namespaces_the_paths_of_the_largest_are_worked_out() -> None:
    homes = [f"team-{number:02}" for number in range(MOST_NAMESPACES + 2)]
    pods = [pod(f"{home}/web", f"10.0.{number}.1") for number, home in enumerate(homes)]
    found = day(*pods, pod("team-26/db", "10.1.0.1"), *(policy(f"{h}/p", "{}") for h in homes))
    told = {path.destination.partition("/")[0] for path in found.paths}

    assert {*homes[: MOST_NAMESPACES - 1], "team-26"} == told
    assert 2 == found.left_out
    assert "  and those into 2 smaller namespaces, not worked out" in going_live_lines(found)


@pytest.mark.parametrize(
    "exposure, why",
    [
        pytest.param(Unseen("not asked"), "webhooks: not asked", id="nobody asked"),
        pytest.param(
            Seen(Exposure((("webhooks", Unseen("403")),), Seen(()))), "webhooks: 403", id="refused"
        ),
    ],
)
def test_what_was_not_read_may_hide_more(exposure: Sight[Exposure], why: str) -> None:
    assert (why,) == day(*STAGE, exposure=exposure).unread


def two_pools() -> dict[str, Any]:
    off = daemon_set("kube-system/aws-node", "aws-node=c:v1.21.1", "aws-eks-nodeagent=a:v1.3.1")
    blue = node("n1", "eks.amazonaws.com/nodegroup=blue", Provider.AWS)
    fargate = node("f1", "eks.amazonaws.com/compute-type=fargate", Provider.AWS)
    return {"nodes": Seen((blue, fargate)), "data_plane": Seen(facts(off, vpc_cni=""))}


def test_one_pool_is_told_alone_with_its_switch() -> None:
    there = made(pod("shop/there", "10.0.0.5", node="f1"))
    everywhere, blue, fargate = (
        day(WEB, there, DENY, pool=pool, **two_pools()) for pool in ("", "blue", "fargate")
    )

    assert (2, 1, 1) == (everywhere.pods, blue.pods, fargate.pods)
    assert ["vpc-cni-agent-off"] == [row for row, _ in blue.switches]
    assert () == fargate.switches


def test_only_what_is_off_has_a_switch_and_what_has_none_cannot_be_switched() -> None:
    off = {row.id for row in ROWS.values() if row.enforced is Enforced.NO}
    cannot = {
        "aks-cilium-windows",
        "aks-virtual",
        "cilium-windows",
        "eks-fargate",
        "kindnet-old",
        "vpc-cni-windows",
    }

    assert off - cannot == SWITCHES.keys() - {"eks-auto-class-unset"}
    assert all(each.source.startswith("https://") for each in SWITCHES.values())


def test_the_words_begin_with_policies_and_end_with_the_command() -> None:
    lines = list(going_live_lines(day(*STAGE)))

    assert "1 policy would go live, for 3 pods in all:" == lines[0]
    assert "  NetworkPolicy shop/deny: egress and ingress of 1 pod" == lines[1]
    assert "DNS: 1 way cut" == lines[2]
    assert "probes stay: traffic from a pod's own node is always let in" in lines
    assert any(line.startswith("switch it on: helm upgrade flannel") for line in lines)


def test_where_no_policy_selects_anything_nothing_would_be_cut() -> None:
    lines = list(going_live_lines(day(WEB, namespace("shop"))))

    assert "No policy selects any of 1 pod: nothing would be cut." == lines[0]


def test_the_document_has_all_of_it() -> None:
    document: dict[str, Any] = going_live_document(ClusterKey("k"), day(*STAGE))

    assert {
        "schemaVersion",
        "cluster",
        "podsNotEnforced",
        "policies",
        "cuts",
        "paths",
        "namespacesWithoutPaths",
        "notRead",
        "switches",
    } == set(document)
    assert "DNS" == document["cuts"][0]["kind"]
    assert [str(each) for each in DENIED] == [document["policies"][0]["policy"]]


def test_a_snapshot_without_nodes_is_judged_as_a_whole() -> None:
    snapshot: Snapshot = cluster(*STAGE, data_plane=OFF, nodes=Unseen("403"))
    found = going_live(analyse(snapshot), NOBODY)

    assert 3 == found.pods
    assert () == found.switches
