"""The official Python client as the judge of writing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest

client: Any = kubernetes.client
config: Any = kubernetes.config


@pytest.fixture
def policies(kubeconfig: Path) -> Iterator[Any]:
    made = config.new_client_from_config(config_file=str(kubeconfig))
    with made as api:
        yield client.NetworkingV1Api(api)
    made.rest_client.pool_manager.clear()  # its own `close` leaves the connections open


def deny(name: str = "deny") -> Any:  # noqa: ANN401  the client has no types
    return client.V1NetworkPolicy(
        api_version="networking.k8s.io/v1",
        kind="NetworkPolicy",
        metadata=client.V1ObjectMeta(name=name, labels={"app": "x"}),
        spec=client.V1NetworkPolicySpec(pod_selector=client.V1LabelSelector()),
    )


def refusal(call: Any, *arguments: Any, **options: Any) -> tuple[int, str]:  # noqa: ANN401  as above
    with pytest.raises(client.ApiException) as caught:
        call(*arguments, **options)
    return caught.value.status, caught.value.body


def test_it_creates_with_defaults(policies: Any) -> None:  # noqa: ANN401  the client has no types
    made = policies.create_namespaced_network_policy("shop", deny())

    assert (["Ingress"], 1) == (made.spec.policy_types, made.metadata.generation)
    (entry,) = made.metadata.managed_fields
    assert ("OpenAPI-Generator", "Update") == (entry.manager, entry.operation)


def test_it_creates_under_a_made_up_name(policies: Any) -> None:  # noqa: ANN401  the client has no types
    policy = deny()
    policy.metadata = client.V1ObjectMeta(generate_name="deny-")

    names = {policies.create_namespaced_network_policy("shop", policy).metadata.name for _ in "ab"}

    assert len(names) == 2
    assert all(name.startswith("deny-") for name in names)


def test_of_two_replacements_of_one_version_the_second_conflicts(policies: Any) -> None:  # noqa: ANN401  the client has no types
    read = policies.create_namespaced_network_policy("shop", deny())
    read.spec.policy_types = ["Egress"]

    replaced = policies.replace_namespaced_network_policy("deny", "shop", read)
    status, body = refusal(policies.replace_namespaced_network_policy, "deny", "shop", read)

    assert (["Egress"], 2) == (replaced.spec.policy_types, replaced.metadata.generation)
    assert status == 409
    assert "the object has been modified; please apply your changes" in body


def test_a_dry_run_stores_nothing(policies: Any) -> None:  # noqa: ANN401  the client has no types
    made = policies.create_namespaced_network_policy("shop", deny(), dry_run="All")

    assert made.metadata.resource_version is None
    assert 404 == refusal(policies.read_namespaced_network_policy, "deny", "shop")[0]


def test_it_merges_labels(policies: Any) -> None:  # noqa: ANN401  the client has no types
    policies.create_namespaced_network_policy("shop", deny())

    patched = policies.patch_namespaced_network_policy(
        "deny", "shop", {"metadata": {"labels": {"app": None, "team": "a"}}}
    )

    assert {"team": "a"} == patched.metadata.labels
    assert patched.metadata.generation == 1


def test_it_applies_and_gives_up_a_field(policies: Any) -> None:  # noqa: ANN401  the client has no types
    def applied(labels: dict[str, str]) -> Any:  # noqa: ANN401  the client has no types
        body = {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "deny", "labels": labels},
            "spec": {"podSelector": {}},
        }
        return policies.patch_namespaced_network_policy(
            "deny",
            "shop",
            body,
            field_manager="seawall",
            _content_type="application/apply-patch+yaml",
        )

    applied({"a": "1", "b": "2"})

    assert {"b": "2"} == applied({"b": "2"}).metadata.labels


@pytest.mark.parametrize(
    "precondition, status",
    [
        pytest.param("another", 409, id="another object"),
        pytest.param("", 200, id="the one that is meant"),
    ],
)
def test_it_deletes_only_what_is_meant(policies: Any, precondition: str, status: int) -> None:  # noqa: ANN401  the client has no types
    made = policies.create_namespaced_network_policy("shop", deny())
    options = client.V1DeleteOptions(
        preconditions=client.V1Preconditions(uid=precondition or made.metadata.uid)
    )

    def delete() -> int:
        try:
            policies.delete_namespaced_network_policy("deny", "shop", body=options)
        except client.ApiException as error:
            return int(error.status)
        return 200

    assert status == delete()
    left = policies.list_namespaced_network_policy("shop").items
    assert (status == 409) is bool(left)
