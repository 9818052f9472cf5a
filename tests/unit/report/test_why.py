"""The answer to why, as a document, as lines and to a thousand questions one by one."""

import json
from typing import Any

import pytest
from tests.unit.analyse.hand_made import cluster, done, host, pod, policy

from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import answer
from seawall.model.errors import Trouble
from seawall.model.ports import ALL_PORTS, EVERY_PORT, PortSet, Protocol, port_set, ports
from seawall.model.sight import Unseen
from seawall.report.why import answer_query, asked_ports, why_document, why_lines

WEB = pod("shop/web", "10.0.0.1", "app=web")
DB = pod("shop/db", "10.0.0.2", "app=db")
AGENT = host("shop/agent", "192.168.0.1", "n1")
JOB = done("shop/job", "10.0.0.9")
STAGE = (WEB, DB, AGENT, JOB, pod("bank/teller", "10.0.1.1"))
DB_IN = policy(
    "shop/db-in",
    "{podSelector: {matchLabels: {app: db}}, ingress: "
    "[{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]}",
)
REF = {"kind": "NetworkPolicy", "namespace": "shop", "name": "db-in"}


@pytest.fixture(scope="module")
def isolation() -> Isolation:
    return analyse(cluster(*STAGE, DB_IN))


def why(isolation: Isolation, source: str, target: str, found: PortSet) -> dict[str, Any]:
    text = json.dumps(why_document(answer(isolation, source, target, found), isolation))
    read: dict[str, Any] = json.loads(text)
    return read


POSTGRES = ports(Protocol.TCP, 5432)


def test_an_allowed_connection_names_the_rule_and_how_to_close_it(isolation: Isolation) -> None:
    found = why(isolation, "shop/web", "10.0.0.2", POSTGRES)
    place = REF | {"path": "spec.ingress[0]"}

    assert ("shop/web", "shop/db", True) == (found["from"], found["to"], found["allowed"])
    assert [place] == found["because"]
    assert [{"narrow": place}] == found["changes"]
    assert [
        {
            "ports": [{"protocol": "TCP", "from": 5432, "to": 5432}],
            "family": 4,
            "decision": "allow",
            "egress": {"decision": "allow", "because": [], "tier": "", "passedOnBy": []},
            "ingress": {
                "decision": "allow",
                "because": [place],
                "tier": "NetworkPolicy",
                "passedOnBy": [],
            },
            "note": "",
        }
    ] == found["rulings"]


def test_a_denied_connection_names_the_policy_and_one_to_add(isolation: Isolation) -> None:
    found = why(isolation, "bank/teller", "shop/db", POSTGRES)
    (change,) = found["changes"]

    assert found["allowed"] is False
    assert [REF] == found["because"]
    assert "allow-db-ingress" == change["add"]["metadata"]["name"]
    assert "NetworkPolicy" == change["add"]["kind"]


def test_ports_are_ruled_on_apart(isolation: Isolation) -> None:
    found = why(isolation, "shop/web", "shop/db", ALL_PORTS)
    decisions = {ruling["decision"] for ruling in found["rulings"]}

    assert found["allowed"] is True
    assert {"allow", "deny"} == decisions


def test_what_cannot_be_told_is_null() -> None:
    blind = analyse(cluster(*STAGE, network_policies=Unseen("403 Forbidden")))
    found = why(blind, "shop/web", "shop/db", POSTGRES)

    assert found["allowed"] is None
    assert [] == found["changes"]
    assert {"403 Forbidden"} == {each["path"] for each in found["because"]}


def lines(isolation: Isolation, source: str, target: str, found: PortSet) -> list[str]:
    return list(why_lines(answer(isolation, source, target, found), isolation))


def test_lines_tell_verdict_both_sides_and_the_change(isolation: Isolation) -> None:
    assert [
        "allowed: shop/web -> shop/db on TCP 5432",
        "  TCP 5432 over IPv4: allows it",
        "    egress: allow (no policy has a word)",
        "    ingress: allow (NetworkPolicy shop/db-in spec.ingress[0])",
        "  enforced: yes",
        "the smallest change that would flip it:",
        "  narrow NetworkPolicy shop/db-in spec.ingress[0], so that it no longer covers this",
    ] == lines(isolation, "shop/web", "shop/db", POSTGRES)


def test_lines_hold_the_policy_to_add(isolation: Isolation) -> None:
    found = lines(isolation, "bank/teller", "shop/db", POSTGRES)

    assert "denied: bank/teller -> shop/db on TCP 5432" == found[0]
    assert "  add a NetworkPolicy: it allows ingress of shop/db from bank/teller" in found
    assert "    kind: NetworkPolicy" in found
    assert any(line.endswith("- protocol: TCP") for line in found)


def test_lines_warn_of_what_an_isolating_policy_closes_besides(isolation: Isolation) -> None:
    text = "\n".join(lines(isolation, "8.8.8.8", "shop/web", ALL_PORTS))

    assert "isolates shop/web for ingress, and closes all else there too" in text


def test_lines_say_why_no_policy_is_asked(isolation: Isolation) -> None:
    text = "\n".join(lines(isolation, "shop/web", "shop/web", ALL_PORTS))

    assert "a pod always reaches itself" in text
    assert "smallest change" not in text


# Queries


def ask(isolation: Isolation, **asked: object) -> dict[str, Any]:
    return answer_query(isolation, json.dumps(asked).encode())


@pytest.mark.parametrize(
    "asked, allowed",
    [
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "protocol": "TCP", "port": 5432}, True, id="open"
        ),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "protocol": "TCP", "port": 80}, False, id="shut"
        ),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "protocol": "UDP", "port": 5432},
            False,
            id="another protocol",
        ),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "port": 5432}, True, id="a port alone is TCP"
        ),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "protocol": "TCP"}, True, id="any TCP port"
        ),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "protocol": "UDP"}, False, id="no UDP port"
        ),
        pytest.param({"from": "shop/web", "to": "shop/db"}, True, id="any port at all"),
        pytest.param({"from": "10.0.0.1", "to": "10.0.0.2"}, True, id="pods by their addresses"),
        pytest.param({"from": "8.8.8.8", "to": "shop/db"}, False, id="from the outside"),
        pytest.param({"from": "192.168.0.1", "to": "shop/db"}, False, id="from a node"),
        pytest.param({"from": "10.0.0.9", "to": "shop/db"}, False, id="a completed pod's address"),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "port": None, "protocol": None}, True, id="nulls"
        ),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "port": 80, "id": [1]}, False, id="more fields"
        ),
    ],
)
def test_a_query_comes_back_with_its_answer(
    isolation: Isolation, asked: dict[str, object], *, allowed: bool
) -> None:
    found = ask(isolation, **asked)

    assert asked == {key: found[key] for key in asked}
    assert {*asked, "allowed", "because"} == set(found)
    assert allowed is found["allowed"]


def test_a_query_names_who_decided(isolation: Isolation) -> None:
    found = ask(isolation, **{"from": "shop/web", "to": "shop/db", "port": 80})

    assert [REF] == found["because"]


def test_a_query_that_cannot_be_told_is_null() -> None:
    blind = analyse(cluster(*STAGE, unmodelled=Unseen("503")))
    found = ask(blind, **{"from": "shop/web", "to": "shop/db", "port": 80})

    assert found["allowed"] is None


def test_an_address_of_one_pod_is_that_pod_and_a_nodes_is_not(isolation: Isolation) -> None:
    by_pod, by_node = (
        answer(isolation, source, "bank/teller", ALL_PORTS).source
        for source in ("10.0.0.1", "192.168.0.1")
    )

    assert ("shop/web", "192.168.0.1") == (str(by_pod), str(by_node))


@pytest.mark.parametrize(
    "asked, error",
    [
        pytest.param({"from": "shop/wbe", "to": "shop/db"}, "did you mean shop/web?", id="unknown"),
        pytest.param({"from": "shop/job", "to": "shop/db"}, "has completed", id="completed"),
        pytest.param({"from": "8.8.8.8", "to": "1.1.1.1"}, "both outside", id="both outside"),
        pytest.param({"from": "", "to": "shop/db"}, "there is no pod", id="no name"),
        pytest.param({"from": "10.0.0.1/24", "to": "shop/db"}, "there is no pod", id="a block"),
        pytest.param({"to": "shop/db"}, "missing required field `from`", id="no from"),
        pytest.param({"from": "shop/web"}, "missing required field `to`", id="no to"),
        pytest.param({"from": 7, "to": "shop/db"}, "Expected `str`", id="a number for a name"),
        pytest.param({"from": "shop/web", "to": "shop/db", "port": "80"}, "Expected", id="text"),
        pytest.param({"from": "shop/web", "to": "shop/db", "port": 8.5}, "Expected", id="8.5"),
        pytest.param({"from": "shop/web", "to": "shop/db", "port": True}, "Expected", id="true"),
        pytest.param({"from": "shop/web", "to": "shop/db", "port": 0}, "port 0 does not", id="0"),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "port": 65536}, "1 to 65535", id="65536"
        ),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "protocol": "ICMP"}, "Invalid enum", id="ICMP"
        ),
        pytest.param(
            {"from": "shop/web", "to": "shop/db", "protocol": "tcp"}, "Invalid enum", id="tcp"
        ),
    ],
)
def test_a_question_that_cannot_be_answered_is_an_error_on_its_line(
    isolation: Isolation, asked: dict[str, object], error: str
) -> None:
    found = ask(isolation, **asked)

    assert asked == {key: found[key] for key in asked}
    assert {*asked, "error"} == set(found)
    assert error in found["error"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"", id="an empty line"),
        pytest.param(b"{", id="half an object"),
        pytest.param(b"\xff\xfe{}", id="no UTF-8"),
        pytest.param(
            b'{"from": "shop/w\xff", "to": "shop/db"}',
            id="no UTF-8 in a name",
        ),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"shop/web"', id="a string"),
        pytest.param(b"[" * 20_000, id="20,000 deep"),
        pytest.param(b'{"from":' + b"[" * 20_000, id="deep inside"),
        pytest.param(b'{"from": "a/b", "to": "c/d", "port": 1e999}', id="too large a number"),
    ],
)
def test_a_line_that_is_no_question_is_an_error(isolation: Isolation, line: bytes) -> None:
    assert ["error"] == list(answer_query(isolation, line))[-1:]


@pytest.mark.parametrize(
    "protocol, port, expected",
    [
        pytest.param(None, None, ALL_PORTS, id="neither: everything"),
        pytest.param(Protocol.UDP, None, port_set(Protocol.UDP, EVERY_PORT), id="a protocol"),
        pytest.param(None, 80, ports(Protocol.TCP, 80), id="a port: TCP"),
        pytest.param(Protocol.SCTP, 80, ports(Protocol.SCTP, 80), id="both"),
        pytest.param(None, 1, ports(Protocol.TCP, 1), id="the first port"),
        pytest.param(None, 65535, ports(Protocol.TCP, 65535), id="the last port"),
    ],
)
def test_the_ports_asked_for(
    protocol: Protocol | None, port: int | None, expected: PortSet
) -> None:
    assert expected == asked_ports(protocol, port)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_there_is_no_such_port(port: int) -> None:
    with pytest.raises(Trouble, match=f"port {port} does not exist"):
        asked_ports(None, port)


def test_where_istio_was_not_read_it_says_so() -> None:
    found = analyse(cluster(*STAGE, DB_IN, mesh=Unseen("it was not read")))
    told = answer(found, "shop/web", "shop/db", POSTGRES)

    assert "  Istio (additional L7 control): not known: it was not read" in why_lines(told, found)
