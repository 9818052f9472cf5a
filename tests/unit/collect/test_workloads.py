from typing import Any

import pytest

from seawall.collect import workloads
from seawall.collect.workloads import Planned
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.ports import Protocol
from seawall.model.snapshot import ContainerPort, Phase, Pod

TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {
        "hostNetwork": True,
        "containers": [{"ports": [{"name": "http", "containerPort": 80}]}],
    },
}
JOB_TEMPLATE = {"jobTemplate": {"spec": {"template": TEMPLATE}}}


def planned(
    kind: str,
    name: str = "web",
    owner: tuple[str, str] | None = None,
    **spec: Any,  # noqa: ANN401  JSON is any
) -> Planned:
    metadata: dict[str, Any] = {"name": name, "namespace": "shop"}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner[0], "name": owner[1], "controller": True}]
        metadata["labels"] = {"pod-template-hash": "7d9"}
    body = {**(JOB_TEMPLATE if kind == "CronJob" else {"template": TEMPLATE}), **spec}
    found = workloads.planned_from(kind, {"metadata": metadata, "spec": body}, "f.yaml:1")
    assert isinstance(found, Planned)
    return found


def live(kind: str, name: str, phase: Phase = Phase.RUNNING, pod: str = "p") -> Pod:
    return Pod("shop", pod, (), ObjectRef(kind, "shop", name), phase=phase)


@pytest.mark.parametrize("kind", sorted(workloads.GROUPS))
def test_every_kind_of_workload_makes_a_pod(kind: str) -> None:
    expected = Pod(
        namespace="shop",
        name="web",
        labels=(("app", "web"),),
        owner=ObjectRef(kind, "shop", "web"),
        ports=(ContainerPort("http", Protocol.TCP, 80),),
        host_network=True,
        from_template=True,
    )
    assert expected == planned(kind).pod


def test_a_workload_scaled_to_none_is_judged_still() -> None:
    assert workloads.without_live_pods([planned("Deployment", replicas=0)], [])


@pytest.mark.parametrize(
    "kind, pods, left",
    [
        pytest.param("Deployment", [], 1, id="no pod"),
        pytest.param("Deployment", [live("Deployment", "web")], 0, id="its pod"),
        pytest.param("Deployment", [live("Deployment", "api")], 1, id="another's pod"),
        pytest.param("Deployment", [live("StatefulSet", "web")], 1, id="another kind's pod"),
        pytest.param("Deployment", [live("Deployment", "web", Phase.FAILED)], 1, id="evicted"),
        pytest.param("CronJob", [live("CronJob", "web", Phase.SUCCEEDED)], 1, id="it runs again"),
        pytest.param("Job", [live("Job", "web", Phase.SUCCEEDED)], 0, id="it does not run again"),
    ],
)
def test_a_workload_is_judged_by_its_live_pods(kind: str, pods: list[Pod], left: int) -> None:
    assert left == len(workloads.without_live_pods([planned(kind)], pods))


@pytest.mark.parametrize(
    "others, expected",
    [
        pytest.param(["Deployment"], ["Deployment shop/web"], id="its Deployment is here"),
        pytest.param([], ["Deployment shop/web"], id="its Deployment is not here"),
    ],
)
def test_a_replica_set_stands_for_its_deployment(others: list[str], expected: list[str]) -> None:
    replicas = planned("ReplicaSet", "web-7d9", owner=("ReplicaSet", "web-7d9"))

    found = workloads.without_live_pods([*map(planned, others), replicas], [])

    assert expected == [str(pod.owner) for pod in found]


def test_a_job_of_a_cron_job_makes_no_second_pod() -> None:
    job = planned("Job", "web-28123456", owner=("CronJob", "web"))

    found = workloads.without_live_pods([job, planned("CronJob")], [])

    assert ["web"] == [pod.name for pod in found]


def test_pods_of_workloads_of_one_name_have_names_of_their_own() -> None:
    both = [planned("Deployment"), planned("StatefulSet"), planned("Job", "alone")]

    found = workloads.without_live_pods(both, [live("Pod", "alone", pod="alone")])

    assert ["web.deployment", "web.statefulset", "alone.job"] == [pod.name for pod in found]


@pytest.mark.parametrize(
    "spec, problem",
    [
        pytest.param({}, "Required value: the template of its pod, with a container", id="none"),
        pytest.param(
            {"template": {"spec": {"containers": []}}},
            "Required value: the template of its pod, with a container",
            id="no container",
        ),
        pytest.param(
            {"template": {**TEMPLATE, "metadata": {"labels": {"app": "a b"}}}},
            "spec.template.metadata.labels[app]: Invalid value: must consist of alphanumeric "
            "characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            id="a bad label",
        ),
        pytest.param(
            {"template": {"metadata": {"labels": {"app": True}}}},
            "Expected `str | null`, got `bool` - at `$.spec.template.metadata.labels[...]`",
            id="a boolean label",
        ),
    ],
)
def test_a_workload_without_a_good_template_is_broken(spec: object, problem: str) -> None:
    raw = {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}

    expected = BrokenObject(ObjectRef("Deployment", "shop", "web"), (problem,), "f.yaml:1")
    assert expected == workloads.planned_from("Deployment", raw, "f.yaml:1")
