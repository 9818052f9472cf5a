"""What is said of single policies: whom they select and admit, and which parts are dead."""

import pytest
from tests.unit.analyse.hand_made import cluster, host, namespace, pod, policy

from seawall.analyse.facts import DeadPart, PolicyFacts
from seawall.analyse.isolation import analyse
from seawall.model.policies import Direction
from seawall.model.ports import ALL_PORTS, NO_PORTS, Protocol, ports

STAGE = (
    pod("shop/web", "10.0.0.1", "app=web", ports="http=TCP/80"),
    pod("shop/db", "10.0.0.2", "app=db"),
    host("shop/agent", "192.168.0.1"),
    pod("bank/teller", "10.0.1.1"),
    namespace("bank", "team=money"),
    namespace("casino", "team=money"),
)
NAME = "kubernetes.io/metadata.name"


def facts(spec: str) -> PolicyFacts:
    (found,) = analyse(cluster(*STAGE, policy("shop/p", spec))).facts["shop"]
    return found


@pytest.mark.parametrize(
    "spec, dead",
    [
        pytest.param("{ingress: [{}], egress: [{}]}", [], id="nothing"),
        pytest.param(
            "{policyTypes: [Egress], ingress: [{}]}",
            [("spec.ingress", "policyTypes does not name Ingress")],
            id="ingress rules without the type",
        ),
        pytest.param(
            "{policyTypes: [Ingress], egress: [{}]}",
            [("spec.egress", "policyTypes does not name Egress")],
            id="egress rules without the type",
        ),
        pytest.param("{policyTypes: [Ingress], egress: []}", [], id="no rules without the type"),
        pytest.param(
            "{ingress: [{ports: [{port: http}, {port: 9}, {port: top}]}, {ports: [{port: x}]}]}",
            [
                ("spec.ingress[0].ports[2]", "no selected pod has a TCP port top"),
                ("spec.ingress[1].ports[0]", "no selected pod has a TCP port x"),
            ],
            id="port names that no selected pod has",
        ),
        pytest.param(
            "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: http}]}]}",
            [("spec.ingress[0].ports[0]", "no selected pod has a TCP port http")],
            id="a port name that only other pods have",
        ),
        pytest.param(
            "{podSelector: {matchLabels: {app: none}}, ingress: [{ports: [{port: http}]}]}",
            [],
            id="port names where no pod is selected",
        ),
    ],
)
def test_dead_parts_are_named_with_their_reason(spec: str, dead: list[tuple[str, str]]) -> None:
    assert [DeadPart(*part) for part in dead] == list(facts(spec).dead)


def test_a_port_name_under_another_protocol_is_dead() -> None:
    (part,) = facts("{ingress: [{ports: [{port: http, protocol: UDP}]}]}").dead

    assert "spec.ingress[0].ports[0]" == part.path


@pytest.mark.parametrize(
    "spec, selected",
    [
        pytest.param("{podSelector: {}}", ["db", "web"], id="all, but none on the host network"),
        pytest.param("{podSelector: {matchLabels: {app: web}}}", ["web"], id="by label"),
        pytest.param("{podSelector: {matchLabels: {app: none}}}", [], id="nobody"),
    ],
)
def test_only_live_pods_are_selected(spec: str, selected: list[str]) -> None:
    isolation = analyse(cluster(*STAGE, policy("shop/p", spec)))
    (found,) = isolation.facts["shop"]

    assert selected == [each.name for each in isolation.table.pods(found.subjects)]
    assert found.subjects <= isolation.table.live


@pytest.mark.parametrize(
    "entry, admitted",
    [
        pytest.param("{podSelector: {}}", (), id="no namespaceSelector, no namespaces"),
        pytest.param("{ipBlock: {cidr: 10.0.0.0/8}}", (), id="a block, no namespaces"),
        pytest.param(
            "{namespaceSelector: {matchLabels: {team: money}}}", ("bank", "casino"), id="by label"
        ),
        pytest.param(
            f"{{namespaceSelector: {{matchLabels: {{{NAME}: bank}}}}}}", ("bank",), id="by name"
        ),
        pytest.param("{namespaceSelector: {}}", ("bank", "casino", "shop"), id="all there are"),
        pytest.param(
            "{namespaceSelector: {matchLabels: {team: power}}}", (), id="none there is today"
        ),
    ],
)
def test_a_peer_names_the_namespaces_it_admits_today(entry: str, admitted: tuple[str, ...]) -> None:
    (rule,) = facts(f"{{ingress: [{{from: [{{ipBlock: {{cidr: 1.1.1.1/32}}}}, {entry}]}}]}}").rules
    assert rule.peers is not None

    assert ["spec.ingress[0].from[0]", "spec.ingress[0].from[1]"] == [p.path for p in rule.peers]
    assert admitted == rule.peers[1].namespaces


def test_living_rules_have_their_paths_and_numbered_ports() -> None:
    found = facts("{ingress: [{}, {ports: [{port: 80}, {port: http}]}], egress: [{to: []}]}").rules
    everything = [(rule.direction, rule.path, rule.peers, rule.ports) for rule in found]

    assert [
        (Direction.EGRESS, "spec.egress[0]", None, ALL_PORTS),
        (Direction.INGRESS, "spec.ingress[0]", None, ALL_PORTS),
        (Direction.INGRESS, "spec.ingress[1]", None, ports(Protocol.TCP, 80)),
    ] == everything


def test_a_rule_of_names_alone_has_no_numbered_port() -> None:
    (rule,) = facts("{ingress: [{ports: [{port: http}]}]}").rules

    assert NO_PORTS == rule.ports


def test_dead_rules_are_no_living_rules() -> None:
    assert () == facts("{policyTypes: [Egress], ingress: [{}]}").rules


def test_facts_are_kept_by_the_policies_namespace() -> None:
    isolation = analyse(cluster(*STAGE, policy("shop/a", "{}"), policy("ghost/b", "{}")))

    assert {"shop": ["a"], "ghost": ["b"]} == {
        home: [each.policy.name for each in found] for home, found in isolation.facts.items()
    }
