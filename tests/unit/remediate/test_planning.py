from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.unit.analyse.hand_made import done, host, namespace, pod, policy
from tests.unit.remediate.planned import NOBODY, UID, client, judged, owned, plan_of, town, web

from seawall.model.exposure import Entrance, Exposure, Way
from seawall.model.plan import Path, Plan, PlanId
from seawall.model.policies import Direction, ObjectRef, Stage, UnmodelledKind, UnmodelledObject
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Namespace, Pod, Snapshot
from seawall.remediate.planning import MENDED_RULE, plan_id, plan_ingress

CLOSED = policy("shop/closed", "{podSelector: {}, policyTypes: [Ingress]}")
WEB = "shop/deployment/web"
EVERYWHERE = "any pod of every other namespace"


def sources(plan: Plan, destination: str = WEB) -> dict[str, tuple[str, bool]]:
    """Who would be cut off from a workload: on which ports, and is anybody there today."""
    found = (path for path in plan.cuts if path.destination == destination)
    return {path.source: (path.ports, path.live) for path in found}


def test_a_plan_denies_ingress_and_lets_the_namespace_itself_in() -> None:
    plan = plan_of(town(web()))

    assert {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": "isolate-ingress",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/managed-by": "seawall"},
        },
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {}}]}],
        },
    } == plan.manifest
    assert ("isolate-ingress", "shop", UID) == (plan.name, plan.namespace, plan.uid)


def test_a_plan_names_the_findings_it_mends() -> None:
    found = judged(town(web()))
    plan = plan_ingress(found, NOBODY, "shop")
    mended = [each for each in found.findings if each.rule == MENDED_RULE]

    assert plan is not None
    assert plan.fingerprints == tuple(f.fingerprint for f in mended if f.namespace == "shop")


@pytest.mark.parametrize(
    "snapshot",
    [
        pytest.param(town(web(), CLOSED), id="it is closed"),
        pytest.param(town(web(), uid=Unseen("not allowed")), id="nobody knows which cluster it is"),
        pytest.param(town(web(), network_policies=Unseen("not allowed")), id="no policy was seen"),
        pytest.param(town(web(), pods=Unseen("not allowed")), id="no pod was seen"),
    ],
)
def test_there_is_no_plan_where_nothing_is_surely_open(snapshot: Snapshot) -> None:
    assert None is plan_ingress(judged(snapshot), NOBODY, "shop")


def test_there_is_no_plan_for_a_namespace_that_is_not_there() -> None:
    assert None is plan_ingress(judged(town(web())), NOBODY, "elsewhere")


def test_the_name_of_another_policy_is_never_taken() -> None:
    taken = policy("shop/isolate-ingress", "{podSelector: {matchLabels: {app: x}}, ingress: [{}]}")

    assert "isolate-ingress-2" == plan_of(town(web(), taken)).name


def test_everybody_outside_is_cut_off_from_each_workload() -> None:
    api = owned(pod("shop/api-1", "10.0.0.7", "app=api"), "StatefulSet", "api")
    plan = plan_of(town(web(1), web(2), api, client()))

    for destination in (WEB, "shop/statefulset/api"):
        assert {
            EVERYWHERE: ("all ports", True),
            "any pod of a namespace made later": ("all ports", False),
            "any IPv4 address": ("all ports", True),
            "any other node": ("all ports", True),
            "the API server": ("all ports", True),
        } == sources(plan, destination)
    assert 3 == plan.pods
    assert not plan.safe_unattended


def test_cuts_are_sorted() -> None:
    plan = plan_of(town(web(), client()))

    assert plan.cuts == tuple(sorted(plan.cuts))


def test_one_other_namespace_is_told_by_its_name() -> None:
    kube_system = owned(pod("kube-system/client", "10.0.1.1"), "Deployment", "client")

    assert ("all ports", True) == sources(plan_of(town(web(), kube_system)))[
        "any pod of namespace kube-system"
    ]


def test_over_both_families_any_address_is_cut_off() -> None:
    plan = plan_of(town(owned(pod("shop/web", "10.0.0.1 fd00::1"), "Deployment", "web")))

    assert "any address" in sources(plan)


def test_who_shares_no_family_is_cut_off_from_nothing() -> None:
    six = owned(pod("front/six", "fd00::9"), "Deployment", "six")

    assert {"front/deployment/client", "a new pod of namespace front"} == {
        word for word in sources(plan_of(town(web(), client(), six))) if "front" in word
    }


def test_only_what_its_own_egress_lets_out_is_cut() -> None:
    egress = policy(
        "front/out",
        "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 80}, {port: 443}]}]}",
    )
    silent = policy("mute/out", "{podSelector: {}, policyTypes: [Egress]}")
    plan = plan_of(town(web(), client(), client("mute"), egress, silent))

    assert {
        "any pod of namespace front": ("TCP 80, TCP 443", True),
        "any pod of namespace kube-system": ("all ports", False),
    } == {word: told for word, told in sources(plan).items() if word.startswith("any pod of names")}
    assert EVERYWHERE not in sources(plan)


def test_a_part_of_a_namespace_is_told_by_workload() -> None:
    egress = policy("front/out", "{podSelector: {matchLabels: {app: mute}}, policyTypes: [Egress]}")
    mute = owned(pod("front/mute-1", "10.0.1.2", "app=mute"), "Job", "mute")
    plan = plan_of(town(web(), client(), mute, egress))

    assert {
        "front/deployment/client": ("all ports", True),
        "a new pod of namespace front": ("all ports", False),
    } == {word: told for word, told in sources(plan).items() if "front" in word}


def test_too_many_to_be_read_are_told_at_once() -> None:
    half = [
        policy(f"n-{n}/out", "{podSelector: {matchLabels: {app: mute}}, policyTypes: [Egress]}")
        for n in range(60)
    ]
    mute = [pod(f"n-{n}/mute", f"10.1.0.{n}", "app=mute") for n in range(60)]
    clients = [client(f"n-{n}") for n in range(60)]
    plan = plan_of(town(web(), *clients, *mute, *half))

    assert {
        "pods of more than 100 namespaces and workloads": ("all ports", True),
        "any IPv4 address": ("all ports", True),
        "any other node": ("all ports", True),
        "the API server": ("all ports", True),
    } == sources(plan)


def test_an_egress_side_that_cannot_be_told_counts_as_open() -> None:
    ref = ObjectRef("CiliumNetworkPolicy", "front", "l7")
    found = UnmodelledObject(ref, frozenset({Direction.EGRESS}), Stage.BEFORE)
    kind = UnmodelledKind(
        "cilium.io",
        "ciliumnetworkpolicies",
        Seen((found,)),
        frozenset({Direction.EGRESS}),
        Stage.BEFORE,
        binds_hosts=False,
    )
    plan = plan_of(town(web(), client(), unmodelled=Seen((kind,))))

    assert ("all ports", True) == sources(plan)[EVERYWHERE]


def test_pods_that_are_isolated_already_lose_nothing() -> None:
    allow = policy("shop/db", "{podSelector: {matchLabels: {app: db}}, ingress: [{}]}")
    db = owned(pod("shop/db-1", "10.0.0.5", "app=db"), "StatefulSet", "db")

    assert {WEB} == {path.destination for path in plan_of(town(web(), db, client(), allow)).cuts}


def test_pods_on_the_host_network_are_no_destination() -> None:
    agent = owned(host("shop/agent-1", "10.1.0.1", "node-1"), "DaemonSet", "agent")
    plan = plan_of(town(web(), agent))

    assert {WEB} == {path.destination for path in plan.cuts}
    assert 2 == plan.pods


def test_an_empty_namespace_may_be_closed_unattended() -> None:
    plan = plan_of(town(client()))

    assert ((), 0, (), ()) == (plan.cuts, plan.pods, plan.workloads, plan.refusals)
    assert plan.safe_unattended


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(web(), id="a running pod"),
        pytest.param(host("shop/agent-1", "10.1.0.1"), id="a pod on the host network"),
        pytest.param(pod("shop/new"), id="a pod without an address yet"),
    ],
)
def test_a_namespace_with_a_pod_may_not(found: Pod) -> None:
    assert not plan_of(town(found)).safe_unattended


def test_completed_pods_are_no_pods() -> None:
    assert plan_of(town(done("shop/job-1", "10.0.0.4"))).safe_unattended


def exposed(*workloads: ObjectRef, ways: Iterable[Way] = ()) -> Exposure:
    return Exposure((("services", Seen(tuple(ways))),), Seen(workloads))


def test_workloads_are_told_and_forbid_that_nobody_looks() -> None:
    cron, deployment = ObjectRef("CronJob", "shop", "tidy"), ObjectRef("Deployment", "shop", "web")
    elsewhere = ObjectRef("Deployment", "front", "client")
    plan = plan_of(town(), exposed(cron, deployment, elsewhere))

    assert ("shop/cronjob/tidy", "shop/deployment/web") == plan.workloads
    assert not plan.safe_unattended
    assert plan.workloads == plan_of(town(web()), exposed(cron, deployment)).workloads


CRON = ObjectRef("CronJob", "shop", "tidy")
WORKING = (CRON, ObjectRef("Deployment", "shop", "web"))
TIDY = owned(pod("shop/tidy-1", "10.0.0.7", "job=tidy"), "CronJob", "tidy")


@pytest.mark.parametrize(
    "found",
    [
        pytest.param((web(), client()), id="beside others"),
        pytest.param((client(),), id="alone"),
    ],
)
def test_a_pod_of_a_cron_job_that_comes_and_goes_leaves_the_plan_as_it_is(
    found: tuple[Pod, ...],
) -> None:
    without, there = (town(*found, *more) for more in ((), (TIDY,)))

    assert plan_of(without, exposed(*WORKING)).id == plan_of(there, exposed(*WORKING)).id


def test_a_client_that_comes_and_goes_leaves_the_plan_as_it_is() -> None:
    job = owned(pod("front/job", "10.0.1.7", "app=client"), "CronJob", "ask")
    home = namespace("front")

    assert plan_of(town(home, web())).id == plan_of(town(home, web(), job)).id


def test_what_would_be_cut_off_from_a_workload_without_a_pod_is_told() -> None:
    plan = plan_of(town(web(), client()), exposed(*WORKING))
    waiting = [path for path in plan.cuts if path.destination == "shop/cronjob/tidy"]

    assert {"any address", EVERYWHERE} <= {path.source for path in waiting}
    assert not any(path.live for path in waiting)


def test_another_workload_is_another_plan_though_it_has_no_pod() -> None:
    before, after = (plan_of(town(web()), exposed(*each)) for each in (WORKING[1:], WORKING))

    assert before.id != after.id


def test_an_id_is_the_digest_of_all_else() -> None:
    plan = plan_of(town(web(), client()))

    assert plan.id == plan_id(plan) == plan_id(replace(plan, id=PlanId("other")))
    assert 32 == len(plan.id)


CHANGES: dict[str, Any] = {
    "cluster": "other",
    "uid": "other",
    "namespace": "other",
    "name": "other",
    "manifest": {},
    "fingerprints": (),
    "cuts": (Path("a", "b", "c", live=True),),
    "pods": 0,
    "workloads": ("x",),
    "refusals": ("x",),
    "basis": "other",
    "namespace_life": "other",
    "held": ("x",),
}


@pytest.mark.parametrize("field", CHANGES)
def test_another_word_is_another_plan(field: str) -> None:
    plan = plan_of(town(web()))

    assert plan.id != plan_id(replace(plan, **{field: CHANGES[field]}))


def test_every_field_is_in_the_id() -> None:
    assert {"id", *CHANGES} == set(Plan.__dataclass_fields__)


def test_a_namespace_made_anew_is_another_one() -> None:
    first, second = (
        plan_of(town(namespaces=Seen((Namespace("shop", (), life=life),)))) for life in ("1", "2")
    )

    assert ("1", "2") == (first.namespace_life, second.namespace_life)
    assert first.id != second.id


def test_an_id_survives_being_written_down() -> None:
    plan = plan_of(town(web(), client()))
    read = msgspec.json.decode(msgspec.json.encode(plan), type=Plan)

    assert plan.id == plan_id(read)
    assert plan == read


BEFORE = town(web(1), client())


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(town(client(), web(1)), id="another order"),
        pytest.param(town(web(7), client()), id="another pod of the same workload"),
        pytest.param(town(web(1), web(2), client()), id="one more of them"),
        pytest.param(town(web(1), client(), done("shop/x", "10.0.0.9")), id="a completed pod"),
        pytest.param(
            town(web(1), client(), policy("front/in", "{podSelector: {}, ingress: [{}]}")),
            id="a policy elsewhere that cuts nobody here",
        ),
    ],
)
def test_what_does_not_matter_leaves_the_plan_as_it_is(after: Snapshot) -> None:
    assert plan_of(BEFORE).id == plan_of(after).id


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(town(web(1), pod("shop/x", "10.0.0.9"), client()), id="another workload"),
        pytest.param(
            town(
                web(1),
                client(),
                policy("front/out", "{podSelector: {}, policyTypes: [Egress]}"),
            ),
            id="less that is cut",
        ),
        pytest.param(
            town(
                web(1),
                client(),
                policy("shop/out", "{podSelector: {}, policyTypes: [Egress], egress: [{}]}"),
            ),
            id="a policy of the namespace",
        ),
        pytest.param(town(client()), id="no pod any more"),
    ],
)
def test_what_matters_makes_another_plan(after: Snapshot) -> None:
    assert plan_of(BEFORE).id != plan_of(after).id


def test_a_plan_rests_on_what_it_cuts() -> None:
    silent = policy("front/out", "{podSelector: {}, policyTypes: [Egress]}")

    assert plan_of(BEFORE).basis != plan_of(town(web(1), client(), silent)).basis


def test_a_new_entrance_makes_another_plan_with_another_basis() -> None:
    way = Way("shop", Entrance.INGRESS, ObjectRef("Ingress", "shop", "front"), "web")
    before, after = plan_of(BEFORE, exposed()), plan_of(BEFORE, exposed(ways=[way]))

    assert before.id != after.id
    assert before.basis != after.basis
    assert before.basis == plan_of(BEFORE, exposed(ObjectRef("Job", "front", "x"))).basis
