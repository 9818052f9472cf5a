"""What Cilium policies look at, and what is said where something else was not read."""

from dataclasses import replace

import pytest
from tests.planes import daemon_set, facts, node
from tests.unit.analyse.cilium_world import World, world
from tests.unit.analyse.hand_made import EMPTY, cluster, host, pod, policy

from seawall.analyse.cilium import mentioned_by_cilium
from seawall.analyse.cilium_settings import around_of, cilium_settings, version_of
from seawall.analyse.classes import SERVICE_ACCOUNT_KEY, Mentioned
from seawall.analyse.connection import most_open, rulings
from seawall.analyse.isolation import analyse
from seawall.analyse.why import end
from seawall.model.addresses import ip
from seawall.model.cilium_settings import CiliumSettings, Enforcement, KnownService
from seawall.model.enforcement import NOT_NEEDED
from seawall.model.ir import Decision
from seawall.model.policies import Direction, ObjectRef
from seawall.model.selector import NAMESPACE_NAME_LABEL, with_labels
from seawall.model.sight import Seen, Unseen

BY_TEAM = {
    "a/p": {
        "endpointSelector": {"matchLabels": {"app": "web"}},
        "ingress": [
            {"fromEndpoints": [{"matchLabels": {"io.cilium.k8s.namespace.labels.team": "blue"}}]}
        ],
    }
}


def test_everything_that_a_rule_looks_at_is_mentioned() -> None:
    found = world(
        [
            {
                "p": {
                    "endpointSelector": {"matchLabels": {"k8s:app": "web"}},
                    "ingress": [
                        {
                            "fromEndpoints": [
                                {
                                    "matchLabels": {
                                        "io.kubernetes.pod.namespace": "b",
                                        "io.cilium.k8s.namespace.labels.team": "red",
                                        "io.cilium.k8s.policy.serviceaccount": "luke",
                                        "io.cilium.k8s.policy.cluster": "east",
                                        "pod-template-hash": "x",
                                        "reserved:host": "",
                                    }
                                }
                            ],
                            "fromRequires": [{"matchLabels": {"env": "prod"}}],
                            "toPorts": [{"ports": [{"port": "http"}, {"port": "80"}]}],
                        }
                    ],
                    "egressDeny": [{"toCIDR": ["10.0.0.0/8"]}],
                }
            }
        ]
    )
    service = KnownService("a", "s", (), with_labels({"tier": "x"}))

    assert Mentioned(
        frozenset({"app", "env", "tier", SERVICE_ACCOUNT_KEY}),
        frozenset({NAMESPACE_NAME_LABEL, "team"}),
        frozenset({"http"}),
        (),
    ) == mentioned_by_cilium(found.cilium, (service,))


def _unread(found: World, *, namespaces: bool = False, pods: bool = False) -> World:
    around = replace(found.around, namespaces_seen=not namespaces, pods_seen=not pods)
    return replace(found, around=around)


def test_labels_of_namespaces_that_were_not_read_admit_nobody_can_say_whom() -> None:
    found = _unread(world([BY_TEAM]), namespaces=True)

    assert {Decision.UNKNOWN} == found.decisions("ingress a/web b/cli")
    assert {Decision.UNKNOWN} == found.decisions("ingress a/web a/cli")
    assert {Decision.DENY} == found.decisions("ingress a/web 8.8.8.8")
    assert {Decision.DENY} == found.decisions("ingress a/web kube-system/agent")


def test_the_name_of_a_namespace_is_known_without_reading_it() -> None:
    rule = {"fromEndpoints": [{"matchLabels": {"io.kubernetes.pod.namespace": "b"}}]}
    policy = {"a/p": {"endpointSelector": {}, "ingress": [rule]}}
    found = _unread(world([policy]), namespaces=True)

    assert {Decision.ALLOW} == found.decisions("ingress a/web b/cli")


def test_port_names_of_pods_that_were_not_read_may_be_any_port() -> None:
    rule = {"toPorts": [{"ports": [{"port": "metrics", "protocol": "TCP"}]}]}
    found = _unread(world([{"a/p": {"endpointSelector": {}, "egress": [rule]}}]), pods=True)

    assert {Decision.UNKNOWN} == found.decisions("egress a/web b/web TCP/1234")
    assert {Decision.DENY} == found.decisions("egress a/web b/web UDP/1234")


def test_the_setting_that_isolates_everybody_is_named() -> None:
    found = world([], {"enforcement": "always"})
    side = found.sides[Direction.INGRESS][0]

    assert (ObjectRef("ConfigMap", "kube-system", "cilium-config"),) == side.isolating


def test_a_policy_that_only_denies_is_among_those_that_isolate() -> None:
    policy = {"a/p": {"endpointSelector": {}, "ingressDeny": [{"fromEntities": ["world"]}]}}
    side = world([policy]).sides[Direction.INGRESS][0]

    assert (ObjectRef("CiliumNetworkPolicy", "a", "p"),) == side.isolating


@pytest.mark.parametrize(
    "version, before, since",
    [
        pytest.param(None, False, False, id="not known"),
        pytest.param((1, 15), True, False, id="older"),
        pytest.param((1, 16), False, True, id="the same"),
        pytest.param((2, 0), False, True, id="newer"),
    ],
)
def test_a_version_that_is_not_known_is_neither_older_nor_newer(
    version: tuple[int, int] | None, *, before: bool, since: bool
) -> None:
    settings = CiliumSettings(version=version)

    assert (before, since) == (settings.before(1, 16), settings.since(1, 16))


@pytest.mark.parametrize(
    "image, version",
    [
        pytest.param("quay.io/cilium/cilium:v1.16.3@sha256:00", (1, 16), id="a digest as well"),
        pytest.param("mcr.microsoft.com/x/cilium/cilium:v1.14.10-1", (1, 14), id="a build"),
        pytest.param("cilium:1.17", (1, 17), id="a minor version alone"),
        pytest.param("quay.io/cilium/cilium:latest", None, id="no number"),
        pytest.param("quay.io/cilium/operator-generic:v1.16.3", None, id="another image"),
        pytest.param("", None, id="no image"),
    ],
)
def test_the_version_is_that_of_the_agents_image(
    image: str, version: tuple[int, int] | None
) -> None:
    assert version == version_of(image)


def test_what_the_config_map_does_not_say_is_the_agents_default() -> None:
    assert CiliumSettings(
        cidr_matches_nodes=False, host_firewall=False, cluster_name="default"
    ) == cilium_settings({})


def test_what_the_config_map_says_is_taken() -> None:
    config = {
        "enable-policy": "Always",
        "policy-cidr-match-mode": "nodes",
        "enable-host-firewall": "true",
        "cluster-name": "east",
        "labels": "app role",
    }

    assert CiliumSettings(
        Enforcement.ALWAYS,
        (1, 16),
        cidr_matches_nodes=True,
        host_firewall=True,
        cluster_name="east",
        identity_labels=("app", "role"),
    ) == cilium_settings(config, "quay.io/cilium/cilium:v1.16.0")


def test_a_config_map_that_was_not_read_leaves_everything_open() -> None:
    assert CiliumSettings(version=(1, 16)) == cilium_settings(None, "cilium:v1.16.0")


def test_a_policy_that_may_select_a_pod_is_not_said_to_isolate_it() -> None:
    policy = {
        "a/p": {
            "endpointSelector": {"matchLabels": {"pod-template-hash": "x"}},
            "ingress": [{"fromEntities": ["none"]}],
            "ingressDeny": [{"fromEntities": ["world"]}],
        }
    }

    assert [] == [side for side in world([policy]).sides[Direction.INGRESS] if side.selected]


def test_what_the_agents_say_decides_how_a_snapshots_policies_are_read() -> None:
    agent = daemon_set(
        "kube-system/cilium", "cilium-agent=quay.io/cilium/cilium:v1.18.2 --cluster-name=other"
    )
    config = "enable-policy=never policy-cidr-match-mode=nodes cluster-name=here labels=k8s:app"
    found = replace(EMPTY, data_plane=Seen(facts(agent, cilium=config)))

    settings = around_of(found).settings

    assert (
        CiliumSettings(
            Enforcement.DEFAULT,  # that nothing is enforced is told on its own
            (1, 18),
            cidr_matches_nodes=True,
            host_firewall=False,
            cluster_name="other",
            identity_labels=("k8s:app",),
        )
        == settings
    )


@pytest.mark.parametrize(
    "config, expected",
    [
        pytest.param("cluster-name=x", Decision.DENY, id="nodes are in no block by default"),
        pytest.param("policy-cidr-match-mode=nodes", Decision.UNKNOWN, id="they may be"),
        pytest.param(Unseen("403"), Decision.UNKNOWN, id="nobody knows"),
        pytest.param(NOT_NEEDED, Decision.DENY, id="a provider's edition has no settings"),
    ],
)
def test_a_network_policys_block_means_host_network_pods_only_by_a_setting(
    config: str | Unseen, expected: Decision
) -> None:
    """Cilium: Documentation/security/policy/language.rst, "IP/CIDR based", about nodes."""
    agent = daemon_set("kube-system/cilium", "cilium-agent=quay.io/cilium/cilium:v1.18.2")
    plane = Seen(facts(agent, cilium=config))
    nodes = Seen((replace(node("n1"), addresses=(ip("192.168.0.1"),)), node("n2")))
    found = cluster(
        pod("shop/web", "10.0.0.1", node="n2"),
        host("shop/agent", "192.168.0.1", "n1"),
        policy("shop/p", "{ingress: [{from: [{ipBlock: {cidr: 192.168.0.0/16}}]}]}"),
        data_plane=plane,
        nodes=nodes,
    )
    isolation = analyse(found)

    assert expected is most_open(
        rulings(isolation, end(isolation, "shop/agent"), end(isolation, "shop/web"))
    )
