"""Why, where policies of several kinds have a word: who decided, and what change is offered."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import answer
from seawall.collect.manifests import read_manifests
from seawall.model.ir import Decision
from seawall.model.ports import Protocol, ports
from seawall.report.why import why_lines

NOW = datetime(2026, 11, 24, tzinfo=UTC)

HTTP = ports(Protocol.TCP, 8080)

Json = dict[str, object]


def namespace(name: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {"team": name}},
    }


def pod(home: str, name: str, address: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": home, "labels": {"app": name}},
        "spec": {"containers": [{"name": "c"}]},
        "status": {"podIP": address},
    }


STAGE = (
    namespace("shop"),
    namespace("lab"),
    pod("shop", "web", "10.0.0.1"),
    pod("lab", "probe", "10.0.0.2"),
)


def made(api_version: str, kind: str, name: str, home: str = "", **spec: object) -> Json:
    metadata = {"name": name, **({"namespace": home} if home else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def admin(action: str) -> Json:
    everybody: Json = {"namespaces": {}}
    rule = {"name": "all", "action": action, "from": [everybody]}
    kind, version = "AdminNetworkPolicy", "policy.networking.k8s.io/v1alpha1"
    return made(version, kind, "guard", priority=5, subject=everybody, ingress=[rule])


OPEN = made("networking.k8s.io/v1", "NetworkPolicy", "open", "shop", podSelector={}, ingress=[{}])
SHUT = made("networking.k8s.io/v1", "NetworkPolicy", "shut", "shop", podSelector={})
CILIUM = made(
    "cilium.io/v2",
    "CiliumNetworkPolicy",
    "no-lab",
    "shop",
    endpointSelector={},
    ingressDeny=[{"fromEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "lab"}}]}],
)
CALICO = made("projectcalico.org/v3", "NetworkPolicy", "web", "shop", selector="app == 'web'")


def seen(tmp_path: Path, *objects: Json) -> Isolation:
    path = tmp_path / "all.json"
    items = [*STAGE, *objects]
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return analyse(read_manifests([path], now=NOW))


@pytest.mark.parametrize(
    "objects, decision, because",
    [
        pytest.param((admin("Deny"),), Decision.DENY, "AdminNetworkPolicy guard", id="admin deny"),
        pytest.param(
            (admin("Deny"), OPEN), Decision.DENY, "AdminNetworkPolicy guard", id="before the rest"
        ),
        pytest.param(
            (admin("Allow"), SHUT), Decision.ALLOW, "AdminNetworkPolicy guard", id="admin allow"
        ),
        pytest.param((admin("Pass"), SHUT), Decision.DENY, "NetworkPolicy shop/shut", id="pass"),
        pytest.param(
            (CILIUM, OPEN), Decision.DENY, "CiliumNetworkPolicy shop/no-lab", id="Cilium deny"
        ),
        pytest.param(
            (CALICO,), Decision.DENY, "CalicoNetworkPolicy shop/web", id="the end of a Calico tier"
        ),
    ],
)
def test_who_decided_is_named(
    tmp_path: Path, objects: tuple[Json, ...], decision: Decision, because: str
) -> None:
    found = answer(seen(tmp_path, *objects), "lab/probe", "shop/web", HTTP)

    assert (decision, [because]) == (found.decision, [str(w.ref) for w in found.because])


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param((admin("Deny"),), id="no NetworkPolicy overrules it"),
        pytest.param((admin("Pass"), SHUT), id="two kinds"),
        pytest.param((CILIUM, OPEN), id="Cilium"),
        pytest.param((CALICO, SHUT), id="Calico"),
    ],
)
def test_no_change_is_offered_where_another_kind_has_a_word(
    tmp_path: Path, objects: tuple[Json, ...]
) -> None:
    found = answer(seen(tmp_path, *objects), "lab/probe", "shop/web", HTTP)

    assert (Decision.DENY, ()) == (found.decision, found.changes)


def test_what_is_open_is_closed_on_the_side_that_only_network_policies_decide(
    tmp_path: Path,
) -> None:
    found = answer(seen(tmp_path, admin("Allow"), SHUT), "shop/web", "10.9.9.9", HTTP)
    other = answer(seen(tmp_path, admin("Allow"), SHUT), "10.9.9.9", "shop/web", HTTP)

    assert (Decision.ALLOW, 1) == (found.decision, len(found.changes))
    assert (Decision.DENY, ()) == (other.decision, other.changes)


def test_the_proof_names_the_tier_and_who_passed_it_on(tmp_path: Path) -> None:
    isolation = seen(tmp_path, admin("Pass"), SHUT)
    found = answer(isolation, "lab/probe", "shop/web", HTTP)

    assert (
        "    ingress: deny (NetworkPolicy shop/shut; "
        "passed on by AdminNetworkPolicy guard spec.ingress[0])"
    ) in list(why_lines(found, isolation))


def test_the_proof_names_a_tier_that_is_not_network_policys(tmp_path: Path) -> None:
    isolation = seen(tmp_path, admin("Deny"))
    found = answer(isolation, "lab/probe", "shop/web", HTTP)

    assert "    ingress: deny (AdminNetworkPolicy guard spec.ingress[0]; tier Admin)" in list(
        why_lines(found, isolation)
    )
