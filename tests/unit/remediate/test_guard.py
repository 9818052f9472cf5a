"""Each reason not to close a namespace has a case that fails without it."""

from dataclasses import replace
from typing import Any

import pytest
from tests.planes import daemon_set, facts, node
from tests.unit.analyse.hand_made import host, namespace, pod, policy
from tests.unit.remediate.planned import NOBODY, client, judged, owned, plan_of, town, web

from seawall.model.enforcement import DaemonSet
from seawall.model.exposure import Entrance, Exposure, Way
from seawall.model.policies import (
    BOTH,
    BrokenObject,
    Direction,
    NetworkPolicy,
    ObjectRef,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Pod
from seawall.remediate.guard import Change, refusals
from seawall.remediate.system import SYSTEM


def kind(home: str, *directions: Direction, stage: Stage = Stage.BEFORE) -> dict[str, Any]:
    """One policy of a kind that is not modelled, as a field of Snapshot."""
    ref = ObjectRef("LaterPolicy", home, "l7")
    found = UnmodelledObject(ref, frozenset(directions), stage)
    listed = UnmodelledKind(
        "later.example", "laterpolicies", Seen((found,)), BOTH, stage, binds_hosts=False
    )
    return {"unmodelled": Seen((listed,))}


def broken(kind: str, home: str) -> dict[str, Any]:
    """An object that could not be read, as a field of Snapshot."""
    return {"broken": (BrokenObject(ObjectRef(kind, home, "odd"), ("not to be read",)),)}


def test_an_open_namespace_in_which_nothing_is_in_the_way_may_be_closed() -> None:
    assert () == plan_of(town(web(), client())).refusals


@pytest.mark.parametrize(
    "name",
    [
        *("kube-system", "kube-public", "kube-node-lease", "gke-managed-system", "gmp-system"),
        *("calico-system", "cilium", "cilium-secrets", "amazon-cloudwatch", "aks-command"),
        *("azure-arc", "tigera-operator", "istio-system", "gatekeeper-system", "cert-manager"),
        *("openshift-dns", "openshift", "local-path-storage"),
    ],
)
def test_a_system_namespace_is_left_alone(name: str) -> None:
    found = plan_of(town(namespace(name)), home=name).refusals

    assert [True] == [each.startswith(f"{name} is a system namespace (") for each in found]


@pytest.mark.parametrize(
    "name", ["kubernetes-shop", "kubecost", "shop-kube-system", "default", "my-istio-system"]
)
def test_a_name_that_is_only_like_one_is_no_system_namespace(name: str) -> None:
    assert () == plan_of(town(namespace(name)), home=name).refusals


def test_no_pattern_of_system_namespaces_means_all() -> None:
    assert all(len(pattern.rstrip("*")) >= 4 for pattern in SYSTEM)


def test_a_namespace_with_dns_servers_is_left_alone() -> None:
    dns = owned(pod("shop/dns-1", "10.0.0.9", "k8s-app=kube-dns"), "Deployment", "dns")

    assert (
        "shop runs DNS for the cluster (k8s-app=kube-dns): everybody must reach it",
    ) == plan_of(town(dns)).refusals


@pytest.mark.parametrize("entrance", Entrance)
def test_every_entrance_is_named(entrance: Entrance) -> None:
    here = Way("shop", entrance, ObjectRef("Thing", "x", "y"), "web")
    elsewhere = Way("other", entrance, ObjectRef("Thing", "x", "z"), "web")
    exposure = Exposure((("things", Seen((here, elsewhere))),), Seen(()))

    found = plan_of(town(web()), exposure).refusals

    assert [True] == [
        each.startswith(f"Thing x/y leads to web ({entrance}) and would be cut off:")
        for each in found
    ]


@pytest.mark.parametrize(
    "exposure, reason",
    [
        pytest.param(
            Exposure((("ingresses", Unseen("not allowed")), ("services", Seen(()))), Seen(())),
            "what leads here by ingresses is not known: not allowed",
            id="a kind of entrance",
        ),
        pytest.param(
            Exposure((), Unseen("not allowed")),
            "which workloads may start pods here is not known: not allowed",
            id="the workloads",
        ),
    ],
)
@pytest.mark.parametrize("pods", [pytest.param((web(),), id="pods"), pytest.param((), id="empty")])
def test_what_was_not_seen_forbids_it(
    exposure: Exposure, reason: str, pods: tuple[Pod, ...]
) -> None:
    assert (reason,) == plan_of(town(*pods), exposure).refusals


@pytest.mark.parametrize(
    "changes, reason",
    [
        *(
            pytest.param(
                {field: Unseen("not allowed")}, f"the {words} were not seen: not allowed", id=words
            )
            for field, words in (
                ("namespaces", "namespaces"),
                ("pods", "pods"),
                ("network_policies", "network policies"),
                ("unmodelled", "policies of other kinds"),
            )
        ),
        pytest.param(
            {"namespaces": Seen((namespace("kube-system"), namespace("front")))},
            "shop is not among the namespaces listed, it came or went: scan again",
            id="a namespace that came meanwhile",
        ),
        pytest.param(
            broken("Pod", "shop"), "Pod shop/odd cannot be read: not to be read", id="a pod"
        ),
        pytest.param(broken("Pod", ""), "Pod odd cannot be read: not to be read", id="of nowhere"),
        *(
            pytest.param(
                kind("shop", Direction.INGRESS, stage=stage),
                "LaterPolicy shop/l7 may decide who gets in, and was not read or is not "
                "modelled yet",
                id=f"a policy that is not modelled, asked {stage}",
            )
            for stage in Stage
        ),
    ],
)
def test_what_was_not_read_forbids_it(changes: dict[str, Any], reason: str) -> None:
    """Asked directly: where all of a namespace is unknown, no finding asks for a plan either."""
    found = judged(town(web(), client(), **changes))

    assert reason in refusals(found, NOBODY, "shop", Change((), ()))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(kind("shop", Direction.EGRESS), id="for egress"),
        pytest.param(kind("front", Direction.INGRESS), id="in another namespace"),
        pytest.param(broken("Pod", "front"), id="an object of another namespace"),
    ],
)
def test_what_was_not_read_elsewhere_is_no_obstacle(changes: dict[str, Any]) -> None:
    assert () == plan_of(town(web(), client(), **changes)).refusals


@pytest.mark.parametrize(
    "existing, reason",
    [
        pytest.param(
            policy(
                "shop/db",
                "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: "
                "{matchLabels: {app: api}}}]}]}",
            ),
            "it would open what is closed now: ",
            id="a pod of today is isolated more tightly",
        ),
        pytest.param(
            policy(
                "shop/later", "{podSelector: {matchLabels: {app: later}}, policyTypes: [Ingress]}"
            ),
            "it would open pods that NetworkPolicy shop/later closes more tightly once there are "
            "any (app=later): remove that policy if there will be none",
            id="a pod that does not run now",
        ),
        pytest.param(
            policy(
                "shop/later",
                "{podSelector: {matchLabels: {app: later}}, ingress: [{from: [{podSelector: "
                "{matchLabels: {app: web}}}]}]}",
            ),
            "it would open pods that NetworkPolicy shop/later closes",
            id="one that lets only some of its namespace in",
        ),
        pytest.param(
            policy(
                "shop/later",
                "{podSelector: {matchLabels: {app: later}}, ingress: [{from: [{podSelector: {}}], "
                "ports: [{port: 80}]}]}",
            ),
            "it would open pods that NetworkPolicy shop/later closes",
            id="one that lets its namespace in on one port",
        ),
        pytest.param(
            policy(
                "shop/later",
                "{podSelector: {matchLabels: {app: later}}, ingress: [{from: [{namespaceSelector: "
                "{matchLabels: {kubernetes.io/metadata.name: front}}}]}]}",
            ),
            "it would open pods that NetworkPolicy shop/later closes",
            id="one that lets another namespace in",
        ),
    ],
)
def test_what_would_open_anything_is_refused(existing: NetworkPolicy, reason: str) -> None:
    db = owned(pod("shop/db-1", "10.0.0.5", "app=db"), "StatefulSet", "db")

    found = plan_of(town(web(), db, client(), existing)).refusals

    assert [True] == [each.startswith(reason) for each in found]


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(
            "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}]}]}",
            id="its own namespace",
        ),
        pytest.param("{podSelector: {matchLabels: {app: db}}, ingress: [{}]}", id="everybody"),
        pytest.param(
            "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{namespaceSelector: "
            "{matchLabels: {kubernetes.io/metadata.name: shop}}}]}]}",
            id="its own namespace by name",
        ),
        pytest.param(
            "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{}]}",
            id="no word on ingress",
        ),
    ],
)
def test_what_is_isolated_no_more_tightly_is_no_obstacle(spec: str) -> None:
    db = owned(pod("shop/db-1", "10.0.0.5", "app=db"), "StatefulSet", "db")

    assert () == plan_of(town(web(), db, policy("shop/db", spec))).refusals


def test_a_policy_of_another_namespace_is_no_obstacle_either() -> None:
    other = policy("front/tight", "{podSelector: {}, policyTypes: [Ingress]}")

    assert () == plan_of(town(web(), client(), other)).refusals


@pytest.mark.parametrize(
    "egress, named",
    [
        pytest.param("[{to: [{namespaceSelector: {matchLabels: {t: s}}}]}]", True, id="by label"),
        pytest.param("[{to: [{ipBlock: {cidr: 10.0.0.1/32}}]}]", True, id="by address"),
        pytest.param(
            "[{to: [{namespaceSelector: {matchLabels: {t: s}}}], ports: [{port: 80}]}]",
            True,
            id="on one port",
        ),
        pytest.param("[{}]", False, id="everybody"),
        pytest.param("[{to: [{namespaceSelector: {}}]}]", False, id="every namespace"),
        pytest.param(
            "[{to: [{namespaceSelector: {matchLabels: {t: other}}}]}]", False, id="another one"
        ),
    ],
)
def test_a_path_that_somebody_wrote_down_is_not_cut(egress: str, named: bool) -> None:  # noqa: FBT001  a row of the table
    home = (namespace("shop", "t=s"), namespace("front"))
    allow = policy("front/out", f"{{podSelector: {{}}, policyTypes: [Egress], egress: {egress}}}")

    found = plan_of(town(*home, web(), client(), allow)).refusals

    start = "NetworkPolicy front/out spec.egress[0] names a path that would be cut"
    assert [named] * named == [each.startswith(start) for each in found]


def test_a_path_inside_the_namespace_is_not_cut_however_it_is_named() -> None:
    allow = policy(
        "shop/out", "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]}"
    )

    assert () == plan_of(town(web(1), web(2), allow)).refusals


def test_reasons_are_all_given() -> None:
    exposure = Exposure((("services", Unseen("a")), ("ingresses", Unseen("b"))), Unseen("c"))

    assert 4 == len(plan_of(town(namespace("kube-x")), exposure, home="kube-x").refusals)
    assert NOBODY.ways == ()


def plane(*found: DaemonSet) -> dict[str, Any]:
    """The data plane, as a field of Snapshot."""
    return {"data_plane": Seen(facts(*found))}


@pytest.mark.parametrize(
    "changes, why",
    [
        pytest.param(
            plane(daemon_set("kube-system/kube-flannel-ds", "kube-flannel=flannel:v0.27")),
            "no: flannel connects pods and enforces no policy",
            id="nothing enforces",
        ),
        pytest.param(
            plane(), "unknown: no network plug-in that Seawall knows was found", id="none found"
        ),
        pytest.param({"data_plane": Unseen("403")}, "unknown: 403", id="nobody may look"),
        pytest.param({"nodes": Unseen("403")}, "unknown: the nodes were not seen: 403", id="nodes"),
        pytest.param(
            {"nodes": Seen((node("n1"), node("v1", "type=virtual-kubelet")))},
            "unknown: the pods run on a virtual node, where no network plug-in of the cluster runs",
            id="part of the nodes, and none of its pods is there",
        ),
    ],
)
def test_what_is_not_enforced_for_certain_is_left_to_a_person(
    changes: dict[str, Any], why: str
) -> None:
    plan = plan_of(town(**changes))

    assert (f"it is left to a person, because policies may not be enforced here ({why})",) == (
        plan.held
    )
    assert () == plan.refusals
    assert not plan.safe_unattended


def test_pods_of_the_namespace_count_as_well_as_those_to_come() -> None:
    strange = replace(web(), node="gone")
    plan = plan_of(town(strange, nodes=Seen((node("n1"),))))

    assert ["its node gone is not among the nodes listed"] == [
        each.partition("unknown: ")[2].rstrip(")") for each in plan.held
    ]


def test_where_policies_are_enforced_nothing_is_held_back() -> None:
    plan = plan_of(town(host("shop/agent", "10.9.0.1")))

    assert () == plan.held
    assert plan_of(town()).safe_unattended
