from dataclasses import replace
from typing import Any

import pytest
from tests.unit.analyse.hand_made import done, host, namespace, pod, policy
from tests.unit.remediate.planned import UID, client, judged, owned, plan_of, town, web

from seawall.judge.fixes import meaning
from seawall.model.exposure import Exposure
from seawall.model.plan import Applied, Plan, Undo
from seawall.model.policies import NetworkPolicy, ObjectRef
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Namespace, Pod, Snapshot
from seawall.verify.looking import NotOurs, look_again

OURS = Applied("object-uid", "7", ours=True)
SOMEBODYS = Applied("object-uid", "7", ours=False)


def look(
    plan: Plan, after: Snapshot, applied: Applied = OURS, *, unattended: bool = False
) -> Undo | NotOurs | None:
    return look_again(plan, applied, Seen(judged(after)), unattended=unattended)


def why(found: Undo | NotOurs | None) -> str:
    assert isinstance(found, Undo)
    return found.why


def after(
    plan: Plan,
    *found: Pod | Namespace | NetworkPolicy,
    **changes: Any,  # noqa: ANN401  fields of Snapshot
) -> Snapshot:
    """A town in which the plan was applied."""
    return town(*found, meaning(plan.manifest), **changes)


def test_nothing_is_undone_where_all_is_as_planned() -> None:
    plan = plan_of(town(web(), client()))

    assert None is look(plan, after(plan, web(), client()))
    assert None is look(plan, after(plan, web(2), web(3), client()))


def test_an_undo_names_exactly_what_was_made() -> None:
    plan = plan_of(town(web()))

    assert Undo(
        plan.cluster,
        UID,
        plan.id,
        "shop",
        "isolate-ingress",
        "object-uid",
        "the policy is not there",
    ) == look(plan, town(web()))


@pytest.mark.parametrize(
    "changes, reason",
    [
        pytest.param(
            {"uid": Seen("other")},
            "this is not the cluster that was planned for: the UID of its kube-system differs",
            id="another cluster",
        ),
        pytest.param(
            {"uid": Unseen("not allowed")},
            "this is not the cluster that was planned for: the UID of its kube-system differs",
            id="nobody knows which",
        ),
        *(
            pytest.param(
                {field: Unseen("not allowed")},
                f"the {words} could not be read again: not allowed",
                id=words,
            )
            for field, words in (
                ("network_policies", "policies"),
                ("pods", "pods"),
                ("namespaces", "namespaces"),
            )
        ),
        pytest.param(
            {"namespaces": Seen((namespace("kube-system"),))}, "the namespace is gone", id="gone"
        ),
        pytest.param(
            {"unmodelled": Unseen("not allowed")},
            "default-open-ingress is not PASS in the namespace, but unknown",
            id="something else may decide",
        ),
    ],
)
def test_what_cannot_be_told_is_undone(changes: dict[str, Any], reason: str) -> None:
    plan = plan_of(town(web(), client()))

    assert reason == why(look(plan, after(plan, web(), client(), **changes)))


def test_a_cluster_that_cannot_be_read_again_is_undone() -> None:
    plan = plan_of(town(web()))

    assert "the cluster could not be read again: away" == why(
        look_again(plan, OURS, Unseen("away"), unattended=False)
    )


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}", id="wider"),
        pytest.param("{podSelector: {}, policyTypes: [Ingress]}", id="narrower"),
        pytest.param(
            "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}], policyTypes: [Ingress, "
            "Egress]}",
            id="in both directions",
        ),
    ],
)
def test_a_policy_that_means_something_else_is_undone(spec: str) -> None:
    plan = plan_of(town(web()))
    stored = policy("shop/isolate-ingress", spec)

    assert "the policy that is there means something else than the plan" == why(
        look(plan, town(web(), stored))
    )


def test_more_that_is_cut_than_was_planned_is_undone() -> None:
    plan = plan_of(town(web(), client()))
    api = owned(pod("shop/api-1", "10.0.0.8", "app=api"), "Deployment", "api")
    found = why(look(plan, after(plan, web(), client(), api)))

    assert found.startswith("it cuts more than was planned: ")
    assert found.endswith(" -> shop/deployment/api on all ports")


def test_what_somebody_else_opened_meanwhile_is_not_ours_to_judge() -> None:
    plan = plan_of(town(web(), client()))
    wide = policy("shop/wide", "{podSelector: {}, ingress: [{}]}")

    assert None is look(plan, after(plan, web(), client(), wide))


def test_a_path_that_came_into_use_meanwhile_was_not_planned_to_be_cut() -> None:
    egress = policy("front/out", "{podSelector: {matchLabels: {app: mute}}, policyTypes: [Egress]}")
    mute = owned(pod("front/mute", "10.0.1.2", "app=mute"), "Deployment", "mute")
    plan = plan_of(town(namespace("front"), web(), mute, egress))

    assert "it cuts more than was planned: front/deployment/client -> shop/deployment/web on " in (
        why(look(plan, after(plan, web(), mute, client(), egress)))
    )


def test_a_cron_job_that_starts_meanwhile_was_planned_for() -> None:
    cron = ObjectRef("CronJob", "shop", "tidy")
    tidy = owned(pod("shop/tidy-1", "10.0.0.7", "job=tidy"), "CronJob", "tidy")
    plan = plan_of(town(web(), client()), Exposure((), Seen((cron,))))

    assert None is look(plan, after(plan, web(), client(), tidy))


def test_one_that_is_not_in_use_any_more_was() -> None:
    plan = plan_of(town(web(), client()))

    assert None is look(plan, after(plan, namespace("front"), web()))


@pytest.mark.parametrize(
    "newcomer",
    [
        pytest.param(web(), id="a pod"),
        pytest.param(pod("shop/new"), id="a pod without an address yet"),
        pytest.param(host("shop/agent", "10.1.0.1"), id="a pod on the host network"),
    ],
)
def test_a_pod_that_appeared_meanwhile_undoes_what_nobody_watched(newcomer: Pod) -> None:
    plan = plan_of(town())
    found = look(plan, after(plan, newcomer), unattended=True)

    assert "a pod appeared while the namespace was being closed" == why(found)


def test_a_namespace_that_stayed_empty_stays_closed() -> None:
    plan = plan_of(town(client()))

    assert None is look(plan, after(plan, client(), done("shop/x", "10.0.0.3")), unattended=True)


@pytest.mark.parametrize(
    "found",
    [pytest.param((web(),), id="as planned"), pytest.param((), id="nothing as planned")],
)
def test_what_is_not_ours_is_left_alone_whatever_is_found(found: tuple[Pod, ...]) -> None:
    plan = plan_of(town(web()))
    told = look(plan, after(plan, *found), SOMEBODYS)

    assert isinstance(told, NotOurs)
    assert "shop/isolate-ingress" in told.why
    assert isinstance(look_again(plan, SOMEBODYS, Unseen("away"), unattended=True), NotOurs)


def test_the_comparison_does_not_look_at_where_a_policy_was_written() -> None:
    plan = plan_of(town(web()))
    stored = replace(meaning(plan.manifest), origin="x.yaml:1", warnings=("unknown field",))

    assert None is look(plan, town(web(), stored))
