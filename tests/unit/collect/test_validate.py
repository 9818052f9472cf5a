import json
from pathlib import Path

import pytest

from seawall.collect import syntax, validate

LONG = "a" * 64


def problems(spec: object) -> tuple[str, ...]:
    return validate.network_policy({"metadata": {"name": "p"}, "spec": spec}).problems


def of_peer(peer: object) -> tuple[str, ...]:
    return problems({"ingress": [{"from": [peer]}]})


def of_port(port: object) -> tuple[str, ...]:
    return problems({"egress": [{"ports": [port]}]})


@pytest.mark.parametrize(
    "port, fault",
    [
        pytest.param({"port": 0}, "port: Invalid value: 0: must be between 1 and 65535", id="0"),
        pytest.param({"port": 65536}, "port: Invalid value: 65536: must be", id="65536"),
        pytest.param({"port": -1}, "port: Invalid value: -1: must be", id="negative"),
        pytest.param({"port": True}, "port: Invalid type: must be a whole number", id="boolean"),
        pytest.param({"port": 80.5}, "port: Invalid type: must be a whole number", id="80.5"),
        pytest.param({"port": 2**31}, "port: Invalid type: must be a whole number", id="2^31"),
        pytest.param({"port": "80"}, 'port: Invalid value: "80": must contain at', id="no letter"),
        pytest.param({"port": "x" * 16}, "port: Invalid value: ", id="a long name"),
        pytest.param({"port": "HTTP"}, 'port: Invalid value: "HTTP": must contain only', id="HTTP"),
        pytest.param({"port": "a--b"}, 'port: Invalid value: "a--b": must not contain', id="a--b"),
        pytest.param({"port": "-a"}, 'port: Invalid value: "-a": must not begin', id="-a"),
        pytest.param({"port": ""}, 'port: Invalid value: "": must contain only', id="empty name"),
        pytest.param(
            {"port": "http\n"}, 'port: Invalid value: "http\\n": must contain only', id="newline"
        ),
        pytest.param(
            {"port": 80, "endPort": 79},
            "endPort: Invalid value: 79: must be greater than or equal to `port`",
            id="backwards",
        ),
        pytest.param(
            {"port": 80, "endPort": 70000}, "endPort: Invalid value: 70000: must be", id="too far"
        ),
        pytest.param(
            {"port": "http", "endPort": 90},
            "endPort: Invalid value: 90: may not be specified when `port` is non-numeric",
            id="a range from a name",
        ),
        pytest.param(
            {"endPort": 90},
            "endPort: Invalid value: 90: may not be specified when `port` is not specified",
            id="a range from nothing",
        ),
        pytest.param(
            {"protocol": "ICMP"},
            'protocol: Unsupported value: "ICMP": supported values: "TCP"',
            id="ICMP",
        ),
        pytest.param({"protocol": "tcp"}, 'protocol: Unsupported value: "tcp"', id="tcp"),
        pytest.param({"protocol": 6}, "protocol: Invalid type: must be a string", id="a number"),
        pytest.param("http", "Invalid type: must be an object, not a string", id="no object"),
    ],
)
def test_a_port_is_refused(port: object, fault: str) -> None:
    separator = ": " if port == "http" else "."

    (problem,) = of_port(port)

    assert problem.startswith(f"spec.egress[0].ports[0]{separator}{fault}")


@pytest.mark.parametrize(
    "peer, fault",
    [
        pytest.param({}, ": Required value: must specify a peer", id="empty"),
        pytest.param(None, ": Required value: must specify a peer", id="null"),
        pytest.param({"podSelector": None}, ": Required value: must specify", id="null inside"),
        pytest.param({"pods": {}}, ": Required value: must specify a peer", id="unknown only"),
        pytest.param(
            {"ipBlock": {"cidr": "::/0"}, "podSelector": {}},
            ": Forbidden: may not specify both ipBlock and another peer",
            id="block and selector",
        ),
        pytest.param({"ipBlock": {}}, ".ipBlock.cidr: Required value", id="no cidr"),
        pytest.param({"ipBlock": {"cidr": ""}}, ".ipBlock.cidr: Required value", id="empty cidr"),
        pytest.param(
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}},
            '.ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
            id="except the whole",
        ),
        pytest.param(
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/9"]}},
            '.ipBlock.except[0]: Invalid value: "11.0.0.0/9": must be a strict subset of `cidr`',
            id="except something else",
        ),
        pytest.param(
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["::/9"]}},
            '.ipBlock.except[0]: Invalid value: "::/9": must be a strict subset of `cidr`',
            id="except of the other family",
        ),
        pytest.param(
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": [None]}},
            '.ipBlock.except[0]: Invalid value: "": must be a valid CIDR value',
            id="except null",
        ),
        pytest.param(
            {"ipBlock": {"cidr": "10.0.0.0/8", "except": [8]}},
            ".ipBlock.except[0]: Invalid type: must be a string, not a number",
            id="except a number",
        ),
        pytest.param(
            {"namespaceSelector": {"matchLabels": ["a"]}},
            ".namespaceSelector.matchLabels: Invalid type: must be an object, not a list",
            id="labels as a list",
        ),
    ],
)
def test_a_peer_is_refused(peer: object, fault: str) -> None:
    (problem,) = of_peer(peer)

    assert problem.startswith(f"spec.ingress[0].from[0]{fault}")


@pytest.mark.parametrize(
    "cidr",
    [
        pytest.param("10.0.0.0", id="no prefix"),
        pytest.param("10.0.0.0/33", id="a long prefix"),
        pytest.param("10.0.0/8", id="three octets"),
        pytest.param("10.0.0.0/255.0.0.0", id="a netmask"),
        pytest.param("10.0.0.0/08", id="a zero before the prefix"),
        pytest.param("010.0.0.0/8", id="a zero before an octet: octal for some"),
        pytest.param("fe80::1%eth0/64", id="a zone"),
        pytest.param("::ffff:10.0.0.0/104", id="IPv4 in IPv6"),
        pytest.param(" 10.0.0.0/8", id="a space"),
        pytest.param("10.0.0.0/8\n", id="a newline"),
        pytest.param("\u0661\u0660.0.0.0/8", id="digits of another script"),
        pytest.param("example.com/8", id="a name"),
    ],
)
def test_a_cidr_is_refused(cidr: str) -> None:
    (problem,) = of_peer({"ipBlock": {"cidr": cidr}})

    assert problem.startswith("spec.ingress[0].from[0].ipBlock.cidr: Invalid value: ")


@pytest.mark.parametrize(
    "requirement, fault",
    [
        pytest.param({"key": "a", "operator": "In"}, ".values: Required value", id="In nothing"),
        pytest.param(
            {"key": "a", "operator": "NotIn", "values": []}, ".values: Required", id="NotIn nothing"
        ),
        pytest.param(
            {"key": "a", "operator": "Exists", "values": ["x"]},
            ".values: Forbidden: may not be specified",
            id="Exists with values",
        ),
        pytest.param(
            {"key": "a", "operator": "DoesNotExist", "values": ["x"]},
            ".values: Forbidden: may not be specified",
            id="DoesNotExist with values",
        ),
        pytest.param({"key": "a", "operator": "in"}, '.operator: Invalid value: "in"', id="in"),
        pytest.param({"key": "a"}, '.operator: Invalid value: "": not a valid', id="no operator"),
        pytest.param({"operator": "Exists"}, '.key: Invalid value: "": name part', id="no key"),
        pytest.param(
            {"key": "a", "operator": "In", "values": ["x", "-"]},
            '.values[1]: Invalid value: "-": must consist of',
            id="a bad value",
        ),
        pytest.param(
            {"key": "a", "operator": "In", "values": [True]},
            ".values[0]: Invalid type: must be a string, not a boolean",
            id="a boolean value",
        ),
    ],
)
def test_a_requirement_is_refused(requirement: object, fault: str) -> None:
    (problem,) = problems({"podSelector": {"matchExpressions": [requirement]}})

    assert problem.startswith(f"spec.podSelector.matchExpressions[0]{fault}")


def test_a_null_requirement_is_an_empty_one() -> None:
    found = problems({"podSelector": {"matchExpressions": [None]}})

    assert ["key", "operator"] == [problem.split(":")[0].rpartition(".")[2] for problem in found]


@pytest.mark.parametrize(
    "metadata, fault",
    [
        pytest.param({}, "metadata.name: Required value", id="no name"),
        pytest.param({"name": "Web"}, 'metadata.name: Invalid value: "Web"', id="upper case"),
        pytest.param({"name": "a..b"}, 'metadata.name: Invalid value: "a..b"', id="empty label"),
        pytest.param(
            {"name": "a\x1b[31m"}, 'metadata.name: Invalid value: "a\\u001b[31m"', id="an escape"
        ),
        pytest.param({"name": "a" * 254}, "metadata.name: Invalid value: ", id="too long"),
        pytest.param({"generateName": "-"}, "metadata.generateName: Invalid value", id="prefix"),
        pytest.param(
            {"name": "p", "namespace": "a.b"}, "metadata.namespace: Invalid value", id="namespace"
        ),
        pytest.param({"name": "p", "labels": {"a": 1}}, "metadata.labels[a]: Invalid", id="label"),
        pytest.param({"name": "p", "labels": {"/": ""}}, "metadata.labels: Invalid key", id="key"),
        pytest.param(
            {"name": "p", "labels": {"a": LONG}}, "metadata.labels[a]: Invalid value", id="value"
        ),
        pytest.param(
            {"name": "p", "annotations": {"a": 1}}, "metadata.annotations: Invalid", id="annotation"
        ),
        pytest.param({"name": "p", "generation": "1"}, "metadata.generation: Inv", id="generation"),
    ],
)
def test_metadata_is_refused(metadata: object, fault: str) -> None:
    (problem,) = validate.network_policy({"metadata": metadata}).problems

    assert problem.startswith(fault)


@pytest.mark.parametrize(
    "types, fault",
    [
        pytest.param(["ingress"], '[0]: Unsupported value: "ingress"', id="lower case"),
        pytest.param([None], '[0]: Unsupported value: ""', id="null"),
        pytest.param([1], "[0]: Invalid type: must be a string, not a number", id="a number"),
        pytest.param(
            ["Ingress", "Egress", "Egress"],
            ": Invalid value: a list: may not specify more than two policyTypes",
            id="three",
        ),
        pytest.param("Ingress", ": Invalid type: must be a list, not a string", id="no list"),
    ],
)
def test_policy_types_are_refused(types: object, fault: str) -> None:
    (problem,) = problems({"policyTypes": types})

    assert problem.startswith(f"spec.policyTypes{fault}")


def test_all_problems_are_told_as_a_real_api_server_told_them(recordings: Path) -> None:
    lines = (recordings / "apiserver-v1.36.jsonl").read_text().splitlines()
    refused = [
        pair
        for pair in map(json.loads, lines)
        if pair["request"]["method"] == "POST" and pair["response"]["status"] == 422
    ]
    assert len(refused) >= 4

    for pair in refused:
        causes = pair["response"]["body"]["details"]["causes"]
        told = tuple(f"{cause['field']}: {cause['message']}" for cause in causes)
        assert told == validate.network_policy(pair["request"]["body"]).problems


@pytest.mark.parametrize(
    "document, path",
    [
        pytest.param({"status": {}, "spek": {}}, "spek", id="object"),
        pytest.param({"spec": {"a\x1b": 1}}, "spec.a\\u001b", id="spec, escaped"),
        pytest.param({"spec": {"ingress": [{"form": []}]}}, "spec.ingress[0].form", id="rule"),
        pytest.param({"spec": {"egress": [{"from": []}]}}, "spec.egress[0].from", id="from in to"),
        pytest.param(
            {"spec": {"podSelector": {"app": "x"}}}, "spec.podSelector.app", id="selector"
        ),
        pytest.param(
            {"spec": {"egress": [{"ports": [{"from": 1}]}]}},
            "spec.egress[0].ports[0].from",
            id="port",
        ),
    ],
)
def test_an_unknown_field_is_a_warning(document: dict[str, object], path: str) -> None:
    found = validate.network_policy({"metadata": {"name": "p"}, **document})

    expected = f"{path}: unknown field; kubectl refuses it, other clients drop it silently"
    assert ((), (expected,)) == (found.problems, found.warnings)


def test_whatever_the_types_there_is_an_answer() -> None:
    values: list[object] = [None, True, 1, 1.5, "x", [], {}, [{}], {"x": []}]
    fields = ["metadata", "spec", "ingress", "from", "podSelector", "ports", "ipBlock", "values"]

    for value in values:
        tree: object = value
        for name in reversed(fields):
            tree = {name: [tree] if name in {"ingress", "from", "ports"} else tree}
            found = validate.network_policy({"metadata": {"name": "p"}, "spec": tree})
            assert all(isinstance(problem, str) for problem in found.problems)


def test_a_problem_never_holds_a_raw_control_character() -> None:
    hostile = "\x1b]0;title\x07\u202e\r\n"
    spec = {"podSelector": {"matchLabels": {hostile: hostile}}, hostile: hostile}

    found = validate.network_policy({"metadata": {"name": hostile}, "spec": spec})

    text = "".join((*found.problems, *found.warnings))
    assert text.isprintable()
    assert text.isascii()
    assert json.dumps(hostile)[1:-1] in text


@pytest.mark.parametrize(
    "key, good",
    [
        pytest.param("app", True, id="a name"),
        pytest.param("app.kubernetes.io/name", True, id="a prefix"),
        pytest.param("A_b.c-9", True, id="every kind of character"),
        pytest.param("a" * 63, True, id="63"),
        pytest.param(LONG, False, id="64"),
        pytest.param("/app", False, id="an empty prefix"),
        pytest.param("app/", False, id="an empty name"),
        pytest.param("a/b/c", False, id="two slashes"),
        pytest.param("UPPER/app", False, id="a prefix in upper case"),
        pytest.param("-app", False, id="begins with a dash"),
        pytest.param("app\n", False, id="ends with a newline"),
        pytest.param("äpp", False, id="not ASCII"),
        pytest.param("", False, id="empty"),
    ],
)
def test_label_keys(key: str, *, good: bool) -> None:
    assert good is (syntax.label_key(key) is None)
