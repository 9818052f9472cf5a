"""Reading Cilium policies: what is kept, what is told, what makes an object unreadable."""

import json
from typing import Any

import pytest

from seawall.collect.cilium import cilium_policy
from seawall.model.addresses import cidr
from seawall.model.cilium import (
    CLUSTERWIDE,
    NAMESPACED,
    CidrPeer,
    CiliumPolicy,
    CiliumPort,
    Condition,
    OutsidePeer,
)
from seawall.model.policies import BrokenObject, Direction, ObjectRef
from seawall.model.ports import Protocol
from seawall.model.selector import Operator, Requirement

OPEN = {"endpointSelector": {}, "ingress": [{"fromEntities": ["world"]}]}
HOME = {"name": "p", "namespace": "a"}


def _read(document: dict[str, Any], kind: str = NAMESPACED) -> CiliumPolicy | BrokenObject:
    return cilium_policy(kind, json.dumps({"metadata": HOME, **document}).encode())


def _good(document: dict[str, Any], kind: str = NAMESPACED) -> CiliumPolicy:
    found = _read(document, kind)
    assert isinstance(found, CiliumPolicy), found
    return found


def _problems(document: dict[str, Any], kind: str = NAMESPACED) -> tuple[str, ...]:
    found = _read(document, kind)
    assert isinstance(found, BrokenObject), found
    return found.problems


def test_a_policy_is_known_by_kind_namespace_and_name() -> None:
    assert ObjectRef(NAMESPACED, "a", "p") == _good({"spec": OPEN}).ref


def test_a_clusterwide_policy_has_no_namespace() -> None:
    found = _good({"metadata": {"name": "p"}, "spec": OPEN}, CLUSTERWIDE)

    assert ObjectRef(CLUSTERWIDE, "", "p") == found.ref


def test_a_broken_clusterwide_policy_has_no_namespace_either() -> None:
    found = _read({"metadata": {"name": "p"}, "spec": {}}, CLUSTERWIDE)

    assert isinstance(found, BrokenObject)
    assert ObjectRef(CLUSTERWIDE, "", "p") == found.ref


def test_where_it_was_read_from_is_kept() -> None:
    document = {"metadata": HOME, "spec": OPEN}
    found = cilium_policy(NAMESPACED, document, "dir/p.yaml:3")

    assert found.origin == "dir/p.yaml:3"


@pytest.mark.parametrize(
    "key, source, name",
    [
        pytest.param("app", "any", "app", id="no prefix"),
        pytest.param("k8s:app", "k8s", "app", id="k8s"),
        pytest.param("any:app", "any", "app", id="any"),
        pytest.param("reserved:world", "reserved", "world", id="reserved"),
        pytest.param("reserved.world", "reserved", "world", id="reserved with a dot"),
        pytest.param("$world", "reserved", "world", id="reserved by a dollar"),
        pytest.param(":app", "any", "app", id="an empty prefix"),
        pytest.param("k8s:example.com/app", "k8s", "example.com/app", id="a key with a domain"),
    ],
)
def test_a_key_tells_where_the_label_comes_from(key: str, source: str, name: str) -> None:
    spec = {**OPEN, "endpointSelector": {"matchLabels": {key: "x"}}}
    [found] = _good({"spec": spec}).specs

    wanted = Condition(source, Requirement(name, Operator.IN, ("x",)))
    assert (wanted,) == found.subject.conditions


def test_excepts_are_taken_out_of_their_block() -> None:
    rule = {"toCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.0.0.0/9"]}]}
    [found] = _good({"spec": {"endpointSelector": {}, "egress": [rule]}}).specs

    assert (CidrPeer(cidr("10.128.0.0/9"), "10.0.0.0/8"),) == found.egress[0].peers


def test_a_group_is_kept_by_its_name_with_its_excepts() -> None:
    rule = {"toCIDRSet": [{"cidrGroupRef": "g", "except": ["10.0.0.0/9"]}]}
    [found] = _good({"spec": {"endpointSelector": {}, "egress": [rule]}}).specs

    assert (OutsidePeer("cidrGroupRef", "g", cidr("10.0.0.0/9")),) == found.egress[0].peers


@pytest.mark.parametrize(
    "entry, port",
    [
        pytest.param({"port": "80"}, CiliumPort(tuple(Protocol), 80, 80), id="any protocol"),
        pytest.param(
            {"port": "80", "endPort": 90, "protocol": "TCP"},
            CiliumPort((Protocol.TCP,), 80, 90),
            id="a range",
        ),
        pytest.param(
            {"port": "HTTP", "endPort": 9, "protocol": "TCP"},
            CiliumPort((Protocol.TCP,), name="http"),
            id="a name, whose endPort is ignored",
        ),
        pytest.param(
            {"port": "0", "protocol": "UDP"},
            CiliumPort((Protocol.UDP,), 1, 65535),
            id="zero",
        ),
        pytest.param(
            {"port": "0"}, CiliumPort(tuple(Protocol), 1, 65535, other=True), id="zero of any"
        ),
        pytest.param(
            {"port": "8", "protocol": "ICMP"}, CiliumPort((), other=True), id="another protocol"
        ),
        pytest.param({"protocol": "VRRP"}, CiliumPort((), other=True), id="one without ports"),
    ],
)
def test_ports(entry: dict[str, Any], port: CiliumPort) -> None:
    [found] = _good(
        {"spec": {"endpointSelector": {}, "ingress": [{"toPorts": [{"ports": [entry]}]}]}}
    ).specs
    groups = found.ingress[0].groups

    assert groups is not None
    assert (port,) == groups[0].ports


def test_lists_that_are_empty_are_told_from_those_that_are_absent() -> None:
    rule: dict[str, Any] = {"fromEndpoints": [], "fromCIDR": None, "fromGroups": [], "toPorts": []}
    [found] = _good({"spec": {"endpointSelector": {}, "ingress": [rule]}}).specs

    assert (("fromEndpoints",), None) == (found.ingress[0].empty, found.ingress[0].groups)


def test_spec_and_specs_have_paths_of_their_own() -> None:
    found = _good({"spec": OPEN, "specs": [OPEN, OPEN]})

    assert ["spec.ingress[0]", "specs[0].ingress[0]", "specs[1].ingress[0]"] == [
        rule.path for spec in found.specs for rule in spec.ingress
    ]


def test_the_directions_are_those_with_rules() -> None:
    assert frozenset({Direction.INGRESS}) == _good({"spec": {**OPEN, "egress": []}}).directions


def test_a_spec_without_a_rule_is_warned_of() -> None:
    [warning] = _good({"spec": {"endpointSelector": {}, "ingress": []}}).warnings

    assert warning.startswith("spec: no rule at all")


def test_what_the_agent_refused_is_inert_and_says_why() -> None:
    status = {"conditions": [{"type": "Valid", "status": "False", "message": "bad rule"}]}
    found = _good({"spec": {"ingress": [{"fromMoon": 1}]}, "status": status})

    assert found.inert == "Cilium refused it (status.conditions Valid is False): bad rule"
    assert any("fromMoon" in each for each in found.warnings)


@pytest.mark.parametrize(
    "status, accepted",
    [
        pytest.param({"conditions": [{"type": "Valid", "status": "True"}]}, True, id="valid"),
        pytest.param({"conditions": [{"type": "Valid", "status": "Unknown"}]}, False, id="unknown"),
        pytest.param({"conditions": [{"type": "Other", "status": "True"}]}, False, id="another"),
        pytest.param({"conditions": "no"}, False, id="no list"),
        pytest.param([], False, id="no object"),
    ],
)
def test_the_agents_word_is_kept(status: object, *, accepted: bool) -> None:
    found = _good({"spec": OPEN, "status": status})

    assert ("", accepted) == (found.inert, found.accepted)


@pytest.mark.parametrize(
    "document, problem",
    [
        pytest.param({}, "Required value: spec or specs must be provided", id="no spec"),
        pytest.param({"specs": {}}, "specs: Invalid type: must be a list", id="an object"),
        pytest.param(
            {"spec": {**OPEN, "order": 1}},
            "spec.order: unknown field: what it means is not known",
            id="an unknown field",
        ),
        pytest.param(
            {"spec": {**OPEN, "ingress": [{"fromEndpoints": [None]}]}},
            "spec.ingress[0].fromEndpoints[0]: Invalid type: must be an object",
            id="a null selector",
        ),
        pytest.param(
            {"spec": {**OPEN, "ingress": [{"fromEntities": ["moon"]}]}},
            'spec.ingress[0].fromEntities[0]: Invalid value: "moon": supported values: all, world,'
            " world-ipv4, world-ipv6, cluster, host, remote-node, kube-apiserver, init, ingress,"
            " health, unmanaged, none",
            id="an entity",
        ),
        pytest.param(
            {"spec": {**OPEN, "enableDefaultDeny": {"ingress": "yes"}}},
            "spec.enableDefaultDeny.ingress: Invalid type: must be a boolean",
            id="a text for a boolean",
        ),
        pytest.param(
            {
                "spec": {
                    "endpointSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]},
                    "ingress": [{}],
                }
            },
            "spec.endpointSelector.matchExpressions[0].values: Invalid value: In has too many or"
            " none",
            id="In without values",
        ),
        pytest.param(
            {"spec": {**OPEN, "ingress": [{"toPorts": [{"ports": [{"port": "70000"}]}]}]}},
            "spec.ingress[0].toPorts[0].ports[0]: Invalid value: port and endPort must be a range"
            " within 0 to 65535",
            id="a port out of range",
        ),
    ],
)
def test_a_fault_is_told_with_its_path(document: dict[str, Any], problem: str) -> None:
    assert (problem,) == _problems(document)


def test_a_control_character_of_a_value_never_gets_into_a_message() -> None:
    spec = {**OPEN, "ingress": [{"fromEntities": ["\x1b[31m"], "\x1b": 1}]}

    assert not [each for each in _problems({"spec": spec}) if "\x1b" in each]


def test_absurd_sizes_are_read() -> None:
    rule = {"fromEndpoints": [{"matchLabels": {"app": "x"}}]}
    found = _good({"spec": {"endpointSelector": {}, "ingress": [rule] * 10_000}})

    assert len(found.specs[0].ingress) == 10_000


NOT_READ: dict[str, Any] = {"endpointSelector": {}, "fromMoon": 1}


@pytest.mark.parametrize(
    "kind, document, directions, hosts",
    [
        pytest.param(
            NAMESPACED, {"spec": {**NOT_READ, "ingress": [{}]}}, {Direction.INGRESS}, False, id="in"
        ),
        pytest.param(
            NAMESPACED,
            {"specs": [{**NOT_READ, "egressDeny": [{}]}]},
            {Direction.EGRESS},
            False,
            id="out, by a deny",
        ),
        pytest.param(NAMESPACED, {"spec": NOT_READ}, set(Direction), False, id="no section"),
        pytest.param(NAMESPACED, {"spec": 3}, set(Direction), False, id="no object"),
        pytest.param(
            CLUSTERWIDE,
            {"spec": {**NOT_READ, "egress": [{}]}},
            {Direction.EGRESS},
            False,
            id="pods",
        ),
        pytest.param(
            CLUSTERWIDE,
            {"spec": {"nodeSelector": {}, "fromMoon": 1, "egress": [{}]}},
            {Direction.EGRESS},
            True,
            id="nodes",
        ),
        pytest.param(CLUSTERWIDE, {"spec": []}, set(Direction), True, id="nobody can say whom"),
    ],
)
def test_what_cannot_be_read_concerns_its_own_directions_only(
    kind: str, document: dict[str, Any], directions: set[Direction], *, hosts: bool
) -> None:
    found = _read(document, kind)

    assert isinstance(found, BrokenObject)
    assert (frozenset(directions), hosts) == (found.directions, found.binds_hosts)
