"""A real kubectl as the judge of writing: it is understood, and understands the answers."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from seawall.demo.asking import Asker
from seawall.demo.fleet import DemoCluster

Run = Callable[..., subprocess.CompletedProcess[str]]

POLICIES = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies"
DENY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
EGRESS = DENY.replace("[Ingress]", "[Egress]")
# Without OpenAPI there is nothing to validate against before sending; the server validates.
APPLY = ("apply", "--server-side", "--validate=false", "-f", "-")


def stored(cluster: DemoCluster) -> dict[str, Any] | None:
    answer = Asker(cluster.server, "admin").get(f"{POLICIES}/deny")
    return answer.json if answer.status == 200 else None


def types_of(cluster: DemoCluster) -> list[str]:
    policy = stored(cluster)
    assert policy is not None
    types: list[str] = policy["spec"]["policyTypes"]
    return types


def done(run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_it_applies_a_policy_and_the_same_again(cluster: DemoCluster, writing: Run) -> None:
    name = "networkpolicy.networking.k8s.io/deny serverside-applied"

    assert name == done(writing(*APPLY, sent=DENY))
    first = stored(cluster)
    assert name == done(writing(*APPLY, sent=DENY))

    assert first == stored(cluster)


def test_a_dry_run_is_answered_and_not_stored(cluster: DemoCluster, writing: Run) -> None:
    said = done(writing(*APPLY, "--dry-run=server", sent=DENY))

    assert said.endswith("serverside-applied (server dry run)")
    assert stored(cluster) is None


def test_another_manager_has_a_conflict_until_it_forces(cluster: DemoCluster, writing: Run) -> None:
    done(writing(*APPLY, sent=DENY))

    refused = writing(*APPLY, "--field-manager=argocd", sent=EGRESS)
    before = types_of(cluster)
    done(writing(*APPLY, "--field-manager=argocd", "--force-conflicts", sent=EGRESS))

    assert refused.returncode == 1
    assert 'Apply failed with 1 conflict: conflict with "kubectl": .spec.policyTypes' in (
        refused.stderr
    )
    assert (["Ingress"], ["Egress"]) == (before, types_of(cluster))


def test_it_applies_in_its_old_way_too(cluster: DemoCluster, writing: Run) -> None:
    old = ("apply", "--validate=false", "-f", "-")

    made, changed = done(writing(*old, sent=DENY)), done(writing(*old, sent=EGRESS))

    assert (True, True) == (made.endswith("created"), changed.endswith("configured"))
    assert ["Egress"] == types_of(cluster)


@pytest.mark.parametrize(
    "change, complaint",
    [
        pytest.param(
            ("spec:", "rules: {}\nspec:"), ".rules: field not declared in schema", id="a field"
        ),
        pytest.param(("[Ingress]", "[Inbound]"), 'Unsupported value: "Inbound"', id="a direction"),
        pytest.param(("namespace: shop", "namespace: none"), 'namespaces "none" not', id="a place"),
        pytest.param(("name: deny", "name: De_ny"), "metadata.name: Invalid value", id="a name"),
    ],
)
def test_it_is_told_what_is_wrong(
    cluster: DemoCluster, writing: Run, change: tuple[str, str], complaint: str
) -> None:
    before = cluster.server.store.version

    refused = writing(*APPLY, sent=DENY.replace(*change))

    assert refused.returncode == 1
    assert complaint in refused.stderr
    assert before == cluster.server.store.version


def test_it_creates_replaces_patches_and_deletes(cluster: DemoCluster, writing: Run) -> None:
    done(writing("create", "--validate=false", "-f", "-", sent=DENY))
    done(writing("replace", "--validate=false", "-f", "-", sent=EGRESS))
    done(
        writing("patch", "-n", "shop", "netpol", "deny", "-p", '{"metadata":{"labels":{"a":"b"}}}')
    )
    shown = done(writing("get", "-n", "shop", "netpol", "deny", "-o", "yaml"))
    done(writing("delete", "-n", "shop", "netpol", "deny", "--timeout=10s"))

    policy = yaml.safe_load(shown)
    assert (["Egress"], {"a": "b"}) == (policy["spec"]["policyTypes"], policy["metadata"]["labels"])
    assert stored(cluster) is None


def test_what_was_created_cannot_be_created_again(writing: Run) -> None:
    create = ("create", "--validate=false", "-f", "-")
    done(writing(*create, sent=DENY))

    again = writing(*create, sent=DENY)

    assert 'networkpolicies.networking.k8s.io "deny" already exists' in again.stderr


def test_a_namespace_is_made_labelled_and_deleted_with_what_is_in_it(
    cluster: DemoCluster, writing: Run
) -> None:
    done(writing("create", "namespace", "fresh"))
    done(writing("label", "namespace", "fresh", "team=a"))
    done(writing("annotate", "namespace", "fresh", "note=b"))
    done(writing(*APPLY, sent=DENY.replace("namespace: shop", "namespace: fresh")))
    labels = yaml.safe_load(done(writing("get", "ns", "fresh", "-o", "yaml")))["metadata"]["labels"]

    done(writing("delete", "namespace", "fresh", "--timeout=10s"))

    assert {"kubernetes.io/metadata.name": "fresh", "team": "a"} == labels
    assert writing("get", "ns", "fresh").returncode == 1
    left = Asker(cluster.server, "admin").get("/apis/networking.k8s.io/v1/networkpolicies")
    assert [] == left.json["items"]


def test_a_config_map_comes_in_protobuf(writing: Run) -> None:
    done(writing("create", "configmap", "-n", "shop", "cm", "--from-literal=a=b"))

    shown = done(writing("get", "configmap", "-n", "shop", "cm", "-o", "jsonpath={.data}"))
    assert '{"a":"b"}' == shown
