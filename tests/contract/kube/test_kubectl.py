"""A real kubectl as the judge of the demo servers: what it accepts, a server may be."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from seawall.demo.fleet import NAMES, DemoCluster, DemoFleet

Run = Callable[..., subprocess.CompletedProcess[str]]


def named(cluster: DemoCluster, plural: str) -> list[str]:
    """The keys in the cluster's own store, in order."""
    store = cluster.server.store
    (resource,) = (r for r in store.resources if r.plural == plural)
    return list(store.view(resource).keys)


def cells(done: subprocess.CompletedProcess[str], count: int) -> list[list[str]]:
    assert done.returncode == 0, done.stderr
    return [line.split()[:count] for line in done.stdout.splitlines()[1:]]


@pytest.mark.parametrize("context", NAMES)
def test_it_lists_the_pods_of_every_cluster(fleet: DemoFleet, kubectl: Run, context: str) -> None:
    cluster = next(c for c in fleet.clusters if c.name == context)

    done = kubectl("--context", context, "get", "pods", "-A")

    assert named(cluster, "pods") == ["/".join(row) for row in cells(done, 2)]


def test_it_reads_a_list_in_chunks(fleet: DemoFleet, kubectl: Run) -> None:
    eks = fleet.clusters[0]
    eks.server.journal.forget()

    done = kubectl("get", "pods", "-A", "--chunk-size=5", "-o", "name")

    pods = named(eks, "pods")
    assert [key.replace("/", " ").split()[1] for key in pods] == [
        line.removeprefix("pod/") for line in done.stdout.splitlines()
    ]
    assert -(-len(pods) // 5) == eks.server.journal.count("/api/v1/pods")


def test_it_reads_the_policies_as_yaml(fleet: DemoFleet, kubectl: Run) -> None:
    done = kubectl("get", "netpol", "-A", "-o", "yaml")

    items: list[dict[str, Any]] = yaml.safe_load(done.stdout)["items"]
    assert {("networking.k8s.io/v1", "NetworkPolicy")} == {
        (item["apiVersion"], item["kind"]) for item in items
    }
    assert named(fleet.clusters[0], "networkpolicies") == [
        f"{item['metadata']['namespace']}/{item['metadata']['name']}" for item in items
    ]


@pytest.mark.parametrize(
    "selector, names",
    [
        pytest.param(("-l", "app=web-server"), "web-server", id="equal"),
        pytest.param(("-l", "app in (orders-db), app!=x"), "orders-db", id="a set, and not"),
        pytest.param(("--field-selector", "metadata.name=orders-db-0"), "orders-db", id="a field"),
    ],
)
def test_it_selects(kubectl: Run, selector: tuple[str, str], names: str) -> None:
    done = kubectl("get", "pods", "-n", "production", *selector)

    found = cells(done, 1)
    assert found
    assert all(name.startswith(f"{names}-") for (name,) in found)


def test_it_discovers_built_in_and_custom_kinds(kubectl: Run) -> None:
    done = kubectl("--context", "gke-ledger-prod", "api-resources", "-o", "name")

    assert done.returncode == 0, done.stderr
    assert {
        "pods",
        "networkpolicies.networking.k8s.io",
        "ciliumclusterwidenetworkpolicies.cilium.io",
        "certificates.cert-manager.io",
    } <= set(done.stdout.split())


def test_it_lists_a_custom_kind_that_has_no_objects(kubectl: Run) -> None:
    done = kubectl("--context", "gke-ledger-prod", "get", "ccnp")

    assert (0, "") == (done.returncode, done.stdout)
    assert "No resources found" in done.stderr


def test_it_lists_what_the_reader_may_do(kubectl: Run) -> None:
    done = kubectl("auth", "can-i", "--list")

    assert done.returncode == 0, done.stderr
    rows = {line.split()[0]: line for line in done.stdout.splitlines()[1:]}
    assert "[list get watch]" in rows["networkpolicies.networking.k8s.io"]
    assert "secrets" not in rows


@pytest.mark.parametrize(
    "question, answer",
    [
        pytest.param(("list", "pods", "-A"), "yes", id="reads pods"),
        pytest.param(("get", "networkpolicies.networking.k8s.io"), "yes", id="reads policies"),
        pytest.param(("get", "secrets"), "no", id="reads no secrets"),
        pytest.param(("delete", "pods", "-n", "default"), "no", id="deletes nothing"),
        pytest.param(("get", "/version"), "yes", id="a plain path"),
        pytest.param(("get", "/logs"), "no", id="another plain path"),
    ],
)
def test_it_asks_what_the_reader_may_do(
    kubectl: Run, question: tuple[str, ...], answer: str
) -> None:
    done = kubectl("auth", "can-i", *question)

    assert answer == done.stdout.strip()


def test_it_asks_who_it_is(kubectl: Run) -> None:
    done = kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")

    assert done.stdout == "seawall-reader"


@pytest.mark.parametrize(
    "arguments, message",
    [
        pytest.param(
            ("get", "secrets", "-A"),
            'Error from server (Forbidden): secrets is forbidden: User "seawall-reader" cannot '
            'list resource "secrets" in API group "" at the cluster scope',
            id="forbidden",
        ),
        pytest.param(
            ("delete", "netpol", "-n", "payments", "temporary-debug"),
            "Error from server (Forbidden): networkpolicies.networking.k8s.io "
            '"temporary-debug" is forbidden: User "seawall-reader" cannot delete resource '
            '"networkpolicies" in API group "networking.k8s.io" in the namespace "payments"',
            id="forbidden to write",
        ),
        pytest.param(
            ("get", "namespace", "nope"),
            'Error from server (NotFound): namespaces "nope" not found',
            id="not there",
        ),
        pytest.param(
            ("get", "pods", "-l", "app in ("),
            "Error from server (BadRequest)",
            id="a selector that cannot be read",
        ),
        pytest.param(
            ("get", "foos"),
            'error: the server doesn\'t have a resource type "foos"',
            id="a kind that is not served",
        ),
    ],
)
def test_it_understands_a_refusal(kubectl: Run, arguments: tuple[str, ...], message: str) -> None:
    done = kubectl(*arguments)

    assert done.returncode != 0
    assert message in done.stderr


def test_it_knows_the_server_version(kubectl: Run) -> None:
    done = kubectl("version", "-o", "yaml")

    version: dict[str, Any] = yaml.safe_load(done.stdout)["serverVersion"]
    assert version["gitVersion"] == "v1.36.2-eks-5f0a3c1"
