"""The official Python client as the judge of the demo servers."""

from collections.abc import Iterator
from typing import Any

import kubernetes
import pytest
from kubernetes.client import ApiClient

from seawall.demo.fleet import NAMES, DemoFleet

EKS = 0

# Half of the client's attributes may be None by its types and never are in an answer.
client: Any = kubernetes.client
config: Any = kubernetes.config


@pytest.fixture
def api(fleet: DemoFleet) -> Iterator[ApiClient]:
    """The client, set up from the fleet's kubeconfig and from nothing else."""
    name = fleet.clusters[EKS].name
    made = config.new_client_from_config(config_file=str(fleet.kubeconfig), context=name)
    with made as api:
        yield api
    made.rest_client.pool_manager.clear()  # its own `close` leaves the connections open


def names(listed: Any) -> list[str]:  # noqa: ANN401  the client has no types
    return [f"{item.metadata.namespace}/{item.metadata.name}" for item in listed.items]


def test_it_lists_in_chunks_what_it_lists_at_once(api: ApiClient) -> None:
    core = client.CoreV1Api(api)
    whole = core.list_pod_for_all_namespaces()

    page = core.list_pod_for_all_namespaces(limit=7)
    pieces, told = names(page), page.metadata.remaining_item_count
    while page.metadata._continue:  # noqa: SLF001  the client's name for it
        token = page.metadata._continue  # noqa: SLF001  the client's name for it
        page = core.list_pod_for_all_namespaces(limit=7, _continue=token)
        pieces += names(page)

    assert names(whole) == pieces
    assert len(pieces) - 7 == told


def test_it_reads_policies_into_its_models(api: ApiClient) -> None:
    policies = client.NetworkingV1Api(api).list_namespaced_network_policy("production").items

    by_name = {policy.metadata.name: policy.spec for policy in policies}
    (rule,) = by_name["allow-port-8000"].ingress
    (egress,) = by_name["disable-aws-metadata"].egress
    assert [8000] == [port.port for port in rule.ports]
    assert ["TCP"] == [port.protocol for port in rule.ports]
    assert ["169.254.169.254/32"] == egress.to[0].ip_block._except  # noqa: SLF001  the client's name for it


@pytest.mark.parametrize("context", NAMES)
@pytest.mark.parametrize(
    "group, listing",
    [
        pytest.param("CoreV1Api", "list_namespace", id="namespaces"),
        pytest.param("CoreV1Api", "list_node", id="nodes"),
        pytest.param("CoreV1Api", "list_pod_for_all_namespaces", id="pods"),
        pytest.param("CoreV1Api", "list_service_for_all_namespaces", id="services"),
        pytest.param("AppsV1Api", "list_daemon_set_for_all_namespaces", id="daemonsets"),
        pytest.param("AppsV1Api", "list_deployment_for_all_namespaces", id="deployments"),
        pytest.param("AppsV1Api", "list_replica_set_for_all_namespaces", id="replicasets"),
        pytest.param("AppsV1Api", "list_stateful_set_for_all_namespaces", id="statefulsets"),
        pytest.param("BatchV1Api", "list_job_for_all_namespaces", id="jobs"),
        pytest.param("BatchV1Api", "list_cron_job_for_all_namespaces", id="cronjobs"),
        pytest.param("NetworkingV1Api", "list_network_policy_for_all_namespaces", id="policies"),
    ],
)
def test_its_models_accept_every_object(
    fleet: DemoFleet, context: str, group: str, listing: str
) -> None:
    made = config.new_client_from_config(config_file=str(fleet.kubeconfig), context=context)
    with made as api:
        listed = getattr(getattr(client, group)(api), listing)()
    made.rest_client.pool_manager.clear()

    assert listed.kind.endswith("List")


def test_it_reads_nodes_with_their_cloud_identity(api: ApiClient) -> None:
    nodes = client.CoreV1Api(api).list_node().items

    assert len(nodes) == 3
    assert all(node.spec.provider_id.startswith("aws:///eu-west-1") for node in nodes)


def test_it_raises_for_what_is_forbidden(api: ApiClient) -> None:
    with pytest.raises(client.ApiException) as caught:
        client.CoreV1Api(api).list_secret_for_all_namespaces()

    assert (403, "Forbidden") == (caught.value.status, caught.value.reason)


def test_it_discovers_groups_and_resources(api: ApiClient) -> None:
    groups = {group.name for group in client.ApisApi(api).get_api_versions().groups}
    served = client.AppsV1Api(api).get_api_resources().resources

    assert {"apps", "networking.k8s.io", "networking.k8s.aws"} <= groups
    assert {"deployments", "daemonsets", "replicasets"} <= {resource.name for resource in served}


def test_it_lists_custom_objects(api: ApiClient) -> None:
    listed = client.CustomObjectsApi(api).list_cluster_custom_object(
        "networking.k8s.aws", "v1alpha1", "policyendpoints"
    )

    assert ("PolicyEndpointList", []) == (listed["kind"], listed["items"])


def test_it_reads_a_compressed_list(api: ApiClient) -> None:
    plain = client.CoreV1Api(api).list_pod_for_all_namespaces()

    response = client.CoreV1Api(api).list_pod_for_all_namespaces_with_http_info(
        _headers={"Accept-Encoding": "gzip"}
    )

    listed, status, headers = response
    assert (200, "gzip") == (status, headers["Content-Encoding"])
    assert names(plain) == names(listed)


def test_it_reviews_its_own_access(api: ApiClient) -> None:
    review = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(
            resource_attributes=client.V1ResourceAttributes(verb="list", resource="secrets")
        )
    )

    answer = client.AuthorizationV1Api(api).create_self_subject_access_review(review)

    assert answer.status.allowed is False
