import json
import re
from typing import Any

import msgspec
import pytest

from seawall.collect import parse, wire
from seawall.model.addresses import cidr, ip
from seawall.model.cluster import Provider
from seawall.model.policies import (
    BlockPeer,
    BrokenObject,
    Direction,
    NetworkPolicy,
    ObjectRef,
    PodPeer,
    PolicyRule,
    PortName,
    PortRange,
)
from seawall.model.ports import Protocol
from seawall.model.selector import EVERYTHING, Operator, Requirement, selector, with_labels
from seawall.model.snapshot import ContainerPort, Namespace, Phase, Pod

IN, OUT = Direction.INGRESS, Direction.EGRESS


def policy(spec: object, **metadata: object) -> NetworkPolicy:
    found = parse.network_policy_from({"metadata": {"name": "p", **metadata}, "spec": spec})
    assert isinstance(found, NetworkPolicy)
    return found


def ingress(*rules: object) -> tuple[PolicyRule, ...]:
    return policy({"ingress": list(rules)}).ingress


def pod(raw: dict[str, Any]) -> Pod:
    return parse.pod_from(msgspec.json.decode(json.dumps(raw), type=wire.Pod))


@pytest.mark.parametrize(
    "spec, directions",
    [
        pytest.param({}, {IN}, id="nothing said"),
        pytest.param(None, {IN}, id="no spec"),
        pytest.param({"policyTypes": []}, {IN}, id="an empty list is none"),
        pytest.param({"egress": []}, {IN}, id="an empty egress is none"),
        pytest.param({"egress": None}, {IN}, id="a null egress is none"),
        pytest.param({"egress": [{}]}, {IN, OUT}, id="an egress rule"),
        pytest.param({"policyTypes": ["Egress"], "ingress": [{}]}, {OUT}, id="said: dead text"),
        pytest.param({"policyTypes": ["Ingress", "Egress"]}, {IN, OUT}, id="both said"),
        pytest.param({"policyTypes": ["Ingress"], "egress": [{}]}, {IN}, id="egress is dead"),
    ],
)
def test_policy_types_default_as_the_api_server_defaults_them(
    spec: object, directions: set[Direction]
) -> None:
    assert directions == policy(spec).directions


@pytest.mark.parametrize(
    "written, expected",
    [
        pytest.param({}, PolicyRule(None, None), id="an empty rule is everything"),
        pytest.param(None, PolicyRule(None, None), id="a null rule is an empty rule"),
        pytest.param({"from": [], "ports": []}, PolicyRule(None, None), id="empty lists too"),
        pytest.param({"to": [{"podSelector": {}}]}, PolicyRule(None, None), id="to is no from"),
        pytest.param({"to": "rubbish"}, PolicyRule(None, None), id="nor is it looked at"),
    ],
)
def test_what_a_rule_does_not_say_it_allows(written: object, expected: PolicyRule) -> None:
    assert (expected,) == ingress(written)


@pytest.mark.parametrize(
    "written, expected",
    [
        pytest.param({"podSelector": {}}, PodPeer(None, EVERYTHING), id="own namespace, every pod"),
        pytest.param({"namespaceSelector": {}}, PodPeer(EVERYTHING, EVERYTHING), id="everywhere"),
        pytest.param(
            {"namespaceSelector": {"matchLabels": {"a": "b"}}, "podSelector": None},
            PodPeer(with_labels({"a": "b"}), EVERYTHING),
            id="a null selector is absent",
        ),
        pytest.param(
            {"ipBlock": {"cidr": "10.1.2.3/8", "except": ["10.0.0.0/9"]}},
            BlockPeer(cidr("10.128.0.0/9"), "10.1.2.3/8"),
            id="a block without its excepts, host bits dropped",
        ),
        pytest.param(
            {"ipBlock": {"cidr": "::/0", "except": ["::/1", "8000::/1"]}},
            BlockPeer(cidr("::/0") - cidr("::/0"), "::/0"),
            id="two halves leave nothing",
        ),
    ],
)
def test_a_peer_is_read(written: object, expected: object) -> None:
    assert (PolicyRule((expected,), None),) == ingress({"from": [written]})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written, expected",
    [
        pytest.param({"port": 80}, PortRange(Protocol.TCP, 80, 80), id="TCP by default"),
        pytest.param(
            {"port": 80, "endPort": 90, "protocol": "UDP"},
            PortRange(Protocol.UDP, 80, 90),
            id="a range, its end included",
        ),
        pytest.param({"port": "http"}, PortName(Protocol.TCP, "http"), id="a name"),
        pytest.param(
            {"protocol": "SCTP"}, PortRange(Protocol.SCTP, 1, 65535), id="no port is every port"
        ),
        pytest.param({}, PortRange(Protocol.TCP, 1, 65535), id="nothing is every port of TCP"),
        pytest.param(None, PortRange(Protocol.TCP, 1, 65535), id="null is nothing"),
    ],
)
def test_a_port_is_read(written: object, expected: object) -> None:
    assert (PolicyRule(None, (expected,)),) == ingress({"ports": [written]})  # type: ignore[arg-type]


def test_selectors_of_one_meaning_are_one_value() -> None:
    by_labels = {"matchLabels": {"b": "2", "a": "1"}}
    by_expressions = {
        "matchExpressions": [
            {"key": "b", "operator": "In", "values": ["2", "2"]},
            {"key": "a", "operator": "In", "values": ["1"]},
        ]
    }

    assert policy({"podSelector": by_labels}) == policy({"podSelector": by_expressions})


def test_every_operator_is_read() -> None:
    written = [
        {"key": "a", "operator": "In", "values": ["y", "x"]},
        {"key": "b", "operator": "NotIn", "values": [None]},
        {"key": "c", "operator": "Exists"},
        {"key": "d", "operator": "DoesNotExist", "values": []},
    ]

    expected = selector(
        Requirement("a", Operator.IN, ("x", "y")),
        Requirement("b", Operator.NOT_IN, ("",)),
        Requirement("c", Operator.EXISTS),
        Requirement("d", Operator.DOES_NOT_EXIST),
    )
    assert expected == policy({"podSelector": {"matchExpressions": written}}).subject


@pytest.mark.parametrize(
    "metadata, ref",
    [
        pytest.param({}, "NetworkPolicy default/p", id="no namespace"),
        pytest.param({"namespace": ""}, "NetworkPolicy default/p", id="an empty one"),
        pytest.param({"namespace": "shop"}, "NetworkPolicy shop/p", id="a namespace"),
        pytest.param(
            {"name": None, "generateName": "x-"}, "NetworkPolicy default/x-*", id="a made-up name"
        ),
    ],
)
def test_a_policy_knows_who_it_is(metadata: dict[str, object], ref: str) -> None:
    assert ref == str(policy({}, **metadata).ref)


@pytest.mark.parametrize(
    "raw, ref",
    [
        pytest.param(b"{", ObjectRef("NetworkPolicy", "", ""), id="no JSON"),
        pytest.param(b"[" * 20_000, ObjectRef("NetworkPolicy", "", ""), id="far too deep"),
        pytest.param(b'"\xff"', ObjectRef("NetworkPolicy", "", ""), id="no UTF-8"),
        pytest.param(b"[]", ObjectRef("NetworkPolicy", "", ""), id="no object"),
        pytest.param(
            b'{"metadata":{"name":"p","namespace":"shop"},"spec":7}',
            ObjectRef("NetworkPolicy", "shop", "p"),
            id="a known one",
        ),
        pytest.param(
            b'{"metadata":{"name":"p","namespace":"No Such"}}',
            ObjectRef("NetworkPolicy", "", "p"),
            id="a namespace that cannot be",
        ),
    ],
)
def test_a_broken_policy_is_told_as_well_as_it_can_be(raw: bytes, ref: ObjectRef) -> None:
    found = parse.network_policy_from(raw, "f.yaml:3")

    assert isinstance(found, BrokenObject)
    assert (ref, "f.yaml:3") == (found.ref, found.origin)
    assert found.problems


def test_a_namespace_carries_the_name_label_of_the_api_server() -> None:
    raw = wire.NamespaceMetadata("shop", labels={"kubernetes.io/metadata.name": "lie", "a": None})

    expected = Namespace("shop", (("a", ""), ("kubernetes.io/metadata.name", "shop")))
    assert expected == parse.namespace_from(wire.Namespace(raw))


@pytest.mark.parametrize(
    "provider_id, provider",
    [
        pytest.param("aws:///eu-west-1a/i-0", Provider.AWS, id="EKS"),
        pytest.param("gce://project/zone/name", Provider.GCP, id="GKE"),
        pytest.param("azure:///subscriptions/x", Provider.AZURE, id="AKS"),
        pytest.param("kind://docker/kind/node", Provider.OTHER, id="kind"),
        pytest.param(None, Provider.OTHER, id="not said"),
    ],
)
def test_a_node_tells_who_runs_it(provider_id: str | None, provider: Provider) -> None:
    raw = {"metadata": {"name": "n"}, "spec": {"providerID": provider_id}}

    assert provider is parse.node_from(msgspec.convert(raw, wire.Node)).provider


def test_a_live_pod_is_read() -> None:
    raw = {
        "metadata": {
            "name": "web-7d9-x2",
            "namespace": "shop",
            "labels": {"pod-template-hash": "7d9", "app": "web"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-7d9", "controller": True}],
        },
        "spec": {
            "hostNetwork": True,
            "nodeName": "n1",
            "containers": [{"ports": [{"name": "http", "containerPort": 80}]}],
        },
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "podIPs": [{"ip": "10.0.0.7"}, {"ip": "fd00::7"}],
        },
    }

    expected = Pod(
        namespace="shop",
        name="web-7d9-x2",
        labels=(("app", "web"), ("pod-template-hash", "7d9")),
        owner=ObjectRef("Deployment", "shop", "web"),
        addresses=(ip("10.0.0.7"), ip("fd00::7")),
        ports=(ContainerPort("http", Protocol.TCP, 80),),
        host_network=True,
        node="n1",
    )
    assert expected == pod(raw)


@pytest.mark.parametrize(
    "owner, labels, expected",
    [
        pytest.param(None, {}, "Pod default/p", id="nobody"),
        pytest.param(
            {"kind": "ReplicaSet", "name": "web-7d9"},
            {"pod-template-hash": "7d9"},
            "Deployment default/web",
            id="a Deployment's ReplicaSet",
        ),
        pytest.param(
            {"kind": "ReplicaSet", "name": "web-7d9"},
            {},
            "ReplicaSet default/web-7d9",
            id="a ReplicaSet of its own",
        ),
        pytest.param(
            {"kind": "Job", "name": "backup-28123456"}, {}, "CronJob default/backup", id="CronJob"
        ),
        pytest.param({"kind": "Job", "name": "load-2024"}, {}, "Job default/load-2024", id="Job"),
        pytest.param(
            {"kind": "Node", "name": "n", "controller": False}, {}, "Pod default/p", id="no boss"
        ),
    ],
)
def test_the_owner_is_the_workload_that_a_person_knows(
    owner: dict[str, object] | None, labels: dict[str, str], expected: str
) -> None:
    owners = [{"controller": True, **owner}] if owner else []
    metadata = {"name": "p", "labels": labels, "ownerReferences": owners}

    assert expected == str(pod({"metadata": metadata}).owner)


def test_ports_of_sidecars_count_and_those_of_init_containers_do_not() -> None:
    spec = {
        "containers": [{"ports": [{"containerPort": 1}, {"name": "b", "containerPort": 2}]}],
        "initContainers": [
            {
                "restartPolicy": "Always",
                "ports": [{"name": "a", "containerPort": 3, "protocol": "UDP"}],
            },
            {"ports": [{"name": "gone", "containerPort": 4}]},
        ],
    }

    expected = (ContainerPort("a", Protocol.UDP, 3), ContainerPort("b", Protocol.TCP, 2))
    assert expected == pod({"metadata": {"name": "p"}, "spec": spec}).ports


def test_ports_that_are_written_alike_are_made_once_and_others_are_not_mixed_up() -> None:
    interned = parse.Interned()
    one, again, other = (
        wire.PodSpec([wire.Container(ports=[wire.ContainerPort(number, "http", protocol)])])
        for number, protocol in ((80, Protocol.TCP), (80, Protocol.TCP), (80, Protocol.UDP))
    )

    assert interned.ports(one) is interned.ports(again)
    assert parse.ports_from(other) == interned.ports(other)


@pytest.mark.parametrize(
    "text",
    [
        *("10.0.0.1", "0.0.0.0", "255.255.255.255", "fd00::2", "::ffff:10.0.0.1", "fe80::1%eth0"),  # noqa: S104  only read
        *("10.0.0.01", "256.0.0.1", "10.0.0", "10.0.0.1.1", "10..0.1", " 10.0.0.1", "10.0.0.-1"),
        *("10.0.0.1/32", "\u0661.0.0.1", "x"),
    ],
)
def test_an_address_is_what_the_standard_library_makes_of_it(text: str) -> None:
    status = wire.PodStatus(pod_ip=text)
    raw = wire.Pod(wire.Metadata(name="p"), status=status)
    try:
        expected = (ip(text),)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            parse.pod_from(raw)
    else:
        assert expected == parse.pod_from(raw).addresses


@pytest.mark.parametrize(
    "phase, expected",
    [
        pytest.param("Succeeded", Phase.SUCCEEDED, id="completed"),
        pytest.param("Brooding", Phase.UNKNOWN, id="a phase of tomorrow"),
        pytest.param(None, Phase.RUNNING, id="not said"),
    ],
)
def test_a_phase_is_read(phase: str | None, expected: Phase) -> None:
    assert expected is pod({"metadata": {"name": "p"}, "status": {"phase": phase}}).phase


def test_equal_labels_are_kept_once() -> None:
    interned = parse.Interned()
    raw = wire.Pod(wire.Metadata(name="p", labels={"a": "b"}))

    first, second = parse.pod_from(raw, interned), parse.pod_from(raw, interned)

    assert first.labels is second.labels


@pytest.mark.parametrize(
    "raw, problem",
    [
        pytest.param(
            b'{"metadata":{"name":7}}',
            "Expected `str | null`, got `int` - at `$.metadata.name`",
            id="a wrong type",
        ),
        pytest.param(
            b'{"metadata":{"name":"p"},"status":{"podIP":"nowhere"}}',
            "'nowhere' does not appear to be an IPv4 or IPv6 address",
            id="no address",
        ),
        pytest.param(b'{"a":' * 20_000, "nested too deeply to be read", id="far too deep"),
    ],
)
def test_an_object_that_cannot_be_read_is_broken_and_not_lost(raw: bytes, problem: str) -> None:
    found = parse.one_from("Pod", raw, wire.Pod, parse.pod_from)

    assert isinstance(found, BrokenObject)
    assert (problem,) == found.problems


@pytest.mark.parametrize(
    "kind, namespace",
    [
        pytest.param("Pod", "default", id="a pod is in default"),
        pytest.param("Namespace", "", id="a namespace is in none: any may be meant"),
    ],
)
def test_a_broken_object_tells_whose_verdicts_it_spoils(kind: str, namespace: str) -> None:
    assert ObjectRef(kind, namespace, "x") == parse.ref_from(kind, b'{"metadata":{"name":"x"}}')
