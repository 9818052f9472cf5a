import json

import pytest

from seawall.collect.groups import (
    KNOWN,
    KNOWN_GROUPS,
    NO_NAME,
    KnownKind,
    known_kind,
    known_resource,
    unmodelled_object,
    unreadable_group,
)
from seawall.model.policies import BOTH, Direction, ObjectRef, Stage, UnmodelledObject
from seawall.model.sight import Unseen

IN = frozenset({Direction.INGRESS})
OUT = frozenset({Direction.EGRESS})
NONE: frozenset[Direction] = frozenset()

ADMIN = "policy.networking.k8s.io"
CALICO = "projectcalico.org"


def known(group: str, resource: str) -> KnownKind:
    found = known_resource(group, resource, "")
    assert found is not None
    return found


def decided(group: str, resource: str, **members: object) -> UnmodelledObject:
    body = {"metadata": {"name": "x", "namespace": "shop"}, **members}
    return unmodelled_object(known(group, resource), json.dumps(body).encode())


def test_the_groups_are_the_seven_that_can_decide() -> None:
    assert {
        "policy.networking.k8s.io",
        "cilium.io",
        "projectcalico.org",
        "crd.projectcalico.org",
        "k8s.ovn.org",
        "networking.gke.io",
        "networking.k8s.aws",
    } == KNOWN_GROUPS


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: f"{kind.resource}.{kind.group}")
def test_discovery_and_manifests_name_the_same_kind(kind: KnownKind) -> None:
    assert kind is known_resource(kind.group, kind.resource, kind.kind)
    assert kind is known_kind(f"{kind.group}/v1", kind.kind)


@pytest.mark.parametrize(
    "api_version, kind",
    [
        pytest.param("v1", "Pod", id="core"),
        pytest.param("networking.k8s.io/v1", "NetworkPolicy", id="the one that is modelled"),
        pytest.param("example.com/v1", "CarPolicy", id="a stranger's policy"),
        pytest.param("cilium.io/v2", "CiliumEndpoint", id="no policy"),
        pytest.param("projectcalico.org/v3", "StagedNetworkPolicy", id="staged"),
        pytest.param("crd.projectcalico.org/v1", "StagedGlobalNetworkPolicy", id="staged, CRD"),
        pytest.param("projectcalico.org/v3", "StagedKubernetesNetworkPolicy", id="staged, K8s"),
        pytest.param("networking.k8s.aws/v1alpha1", "PolicyEndpoint", id="derived"),
        pytest.param("networking.gke.io/v1", "GCPBackendPolicy", id="load balancer"),
        pytest.param("networking.gke.io/v1", "HealthCheckPolicy", id="health checks"),
    ],
)
def test_what_decides_nothing_is_only_counted(api_version: str, kind: str) -> None:
    assert known_kind(api_version, kind) is None


@pytest.mark.parametrize(
    "group, kind, resource",
    [
        pytest.param("cilium.io", "CiliumNodePolicy", "ciliumnodepolicies", id="policy"),
        pytest.param("k8s.ovn.org", "NodeFirewall", "nodefirewalls", id="firewall"),
    ],
)
def test_a_policy_that_came_after_the_table_may_touch_everything(
    group: str, kind: str, resource: str
) -> None:
    guessed = KnownKind(group, resource, kind, BOTH, Stage.BEFORE, binds_hosts=True)

    assert guessed == known_resource(group, resource, kind)
    assert guessed == known_kind(f"{group}/v9", kind)


RULE = [{"action": "Deny"}]


@pytest.mark.parametrize(
    "resource, spec, directions, stage",
    [
        pytest.param("adminnetworkpolicies", {"ingress": RULE}, IN, Stage.BEFORE, id="ANP in"),
        pytest.param("adminnetworkpolicies", {"egress": RULE}, OUT, Stage.BEFORE, id="ANP out"),
        pytest.param(
            "adminnetworkpolicies",
            {"ingress": RULE, "egress": []},
            IN,
            Stage.BEFORE,
            id="an empty side has no default deny",
        ),
        pytest.param("adminnetworkpolicies", {}, NONE, Stage.BEFORE, id="no rule at all"),
        pytest.param("adminnetworkpolicies", {"ingress": 1}, BOTH, Stage.BEFORE, id="unreadable"),
        pytest.param("adminnetworkpolicies", None, BOTH, Stage.BEFORE, id="no spec"),
        pytest.param("adminnetworkpolicies", [1], BOTH, Stage.BEFORE, id="spec is a list"),
        pytest.param("baselineadminnetworkpolicies", {"egress": RULE}, OUT, Stage.AFTER, id="BANP"),
        pytest.param(
            "clusternetworkpolicies",
            {"tier": "Admin", "ingress": RULE},
            IN,
            Stage.BEFORE,
            id="CNP, Admin",
        ),
        pytest.param(
            "clusternetworkpolicies",
            {"tier": "Baseline", "ingress": RULE},
            IN,
            Stage.AFTER,
            id="CNP, Baseline",
        ),
        pytest.param(
            "clusternetworkpolicies", {"ingress": RULE}, IN, Stage.BEFORE, id="CNP without a tier"
        ),
        pytest.param(
            "clusternetworkpolicies",
            {"tier": ["Baseline"], "ingress": RULE},
            BOTH,
            Stage.BEFORE,
            id="CNP, tier unreadable",
        ),
    ],
)
def test_an_admin_policy_touches_the_sides_it_has_rules_for(
    resource: str, spec: object, directions: frozenset[Direction], stage: Stage
) -> None:
    got = decided(ADMIN, resource, spec=spec)

    assert (directions, stage) == (got.directions, got.stage)


@pytest.mark.parametrize(
    "members, directions",
    [
        pytest.param({"spec": {"ingress": [{}]}}, IN, id="ingress"),
        pytest.param({"spec": {"ingress": []}}, IN, id="an empty section is there too"),
        pytest.param({"spec": {"egressDeny": [{}]}}, OUT, id="egressDeny"),
        pytest.param({"spec": {"ingressDeny": [], "egress": []}}, BOTH, id="both"),
        pytest.param({"spec": {"endpointSelector": {}}}, BOTH, id="no section"),
        pytest.param({"specs": [{"ingress": []}, {"egress": []}]}, BOTH, id="several specs"),
        pytest.param({"specs": [{"egress": []}]}, OUT, id="specs alone"),
        pytest.param({"spec": {"egress": []}, "specs": [{"ingress": []}]}, BOTH, id="spec, specs"),
        pytest.param({"spec": {"ingress": []}, "specs": [7]}, BOTH, id="unreadable"),
        pytest.param({}, BOTH, id="nothing"),
    ],
)
def test_a_cilium_policy_touches_the_sections_it_has(
    members: dict[str, object], directions: frozenset[Direction]
) -> None:
    assert directions == decided("cilium.io", "ciliumnetworkpolicies", **members).directions


@pytest.mark.parametrize("group", [CALICO, "crd.projectcalico.org"])
@pytest.mark.parametrize(
    "spec, directions",
    [
        pytest.param({"types": ["Ingress"]}, IN, id="ingress"),
        pytest.param({"types": ["Egress"]}, OUT, id="egress"),
        pytest.param({"types": ["Ingress", "Egress"]}, BOTH, id="both"),
        pytest.param({"types": ["ingress"]}, BOTH, id="misspelt"),
        pytest.param({"types": []}, BOTH, id="empty"),
        pytest.param({"egress": []}, BOTH, id="left to the default"),
        pytest.param({"types": "Ingress"}, BOTH, id="unreadable"),
    ],
)
def test_a_calico_policy_touches_its_types(
    group: str, spec: object, directions: frozenset[Direction]
) -> None:
    assert directions == decided(group, "globalnetworkpolicies", spec=spec).directions


@pytest.mark.parametrize(
    "group, resource, directions, binds_hosts",
    [
        pytest.param("cilium.io", "ciliumclusterwidenetworkpolicies", BOTH, True, id="CCNP"),
        pytest.param("cilium.io", "ciliumnetworkpolicies", BOTH, False, id="CNP"),
        pytest.param("cilium.io", "ciliumegressgatewaypolicies", OUT, False, id="gateway"),
        pytest.param(CALICO, "globalnetworkpolicies", BOTH, True, id="GNP"),
        pytest.param(CALICO, "networkpolicies", BOTH, False, id="Calico NP"),
        pytest.param("k8s.ovn.org", "egressfirewalls", OUT, False, id="OVN"),
        pytest.param("k8s.ovn.org", "userdefinednetworks", BOTH, False, id="UDN"),
        pytest.param("networking.gke.io", "fqdnnetworkpolicies", OUT, False, id="GKE"),
        pytest.param("networking.k8s.aws", "applicationnetworkpolicies", BOTH, False, id="EKS"),
    ],
)
def test_a_kind_touches_no_more_than_it_can(
    group: str, resource: str, directions: frozenset[Direction], *, binds_hosts: bool
) -> None:
    kind = known(group, resource)

    assert (directions, binds_hosts) == (kind.directions, kind.binds_hosts)
    assert decided(group, resource, spec={}).directions <= directions


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"null", id="null"),
        pytest.param(b'{"metadata":7}', id="metadata is no object"),
        pytest.param(b'{"spec":{}}', id="no metadata"),
        pytest.param(b'{"metadata":', id="half an object"),
        pytest.param(
            b'{"metadata":{"name":"x"},"y":' + b"[" * 20_000 + b"]" * 20_000 + b"}", id="deep"
        ),
    ],
)
def test_an_unreadable_object_may_be_anywhere_and_touch_everything(raw: bytes) -> None:
    got = unmodelled_object(known("cilium.io", "ciliumnetworkpolicies"), raw)

    ref = ObjectRef("CiliumNetworkPolicy", "", NO_NAME)
    assert UnmodelledObject(ref, BOTH, Stage.BEFORE) == got


def test_an_object_is_known_by_its_name_and_namespace() -> None:
    got = decided("k8s.ovn.org", "egressfirewalls", spec={"egress": []})

    assert ObjectRef("EgressFirewall", "shop", "x") == got.ref


def test_a_group_that_cannot_be_read_may_hold_anything() -> None:
    got = unreadable_group("cilium.io", "503")

    assert (Unseen("503"), BOTH, Stage.BEFORE, True) == (
        got.objects,
        got.directions,
        got.stage,
        got.binds_hosts,
    )
