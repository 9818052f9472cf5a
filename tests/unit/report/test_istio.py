"""What `why` says of Istio, to people and in JSON: after the proof, and never instead of it."""

import json
from typing import Any

import pytest
from tests.unit.analyse.istio_world import Document, World

from seawall.model.policies import Direction
from seawall.report.isolation import isolation_document, isolation_rows
from seawall.report.why import answer_query, why_document, why_lines

ALLOW_8080 = {
    "net": "amb/web",
    "spec": {
        "podSelector": {"matchLabels": {"app": "web"}},
        "ingress": [{"ports": [{"port": 8080}]}],
    },
}
ALLOW_15008 = {
    "net": "amb/web",
    "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 15008}]}]},
}
CLI_ONLY = {
    "auth": "shop/cli-only",
    "spec": {"rules": [{"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/cli"]}}]}]},
}
STRICT = {"peer": "shop/strict", "spec": {"mtls": {"mode": "STRICT"}}}


def lines(question: str, *objects: Document) -> list[str]:
    world = World(objects)
    return list(why_lines(world.answer(question), world.isolation))


def document(question: str, *objects: Document) -> dict[str, Any]:
    world = World(objects)
    text = json.dumps(why_document(world.answer(question), world.isolation))
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_paragraph_comes_after_the_proof_and_names_who_decides() -> None:
    found = lines("plain/cli -> shop/web 80", STRICT, CLI_ONLY)

    assert "allowed: plain/cli -> shop/web on TCP 80" == found[0]
    told = found.index(
        "  Istio (additional L7 control): target: a sidecar (it has a container istio-proxy); "
        "source: no proxy (it shows none)"
    )
    mode = "PeerAuthentication shop/strict spec.mtls"

    assert found.index(next(each for each in found if "enforced" in each)) + 1 == told
    assert f"    TCP 80: denies ({mode}); mTLS STRICT ({mode})" == found[told + 1]
    assert "    assumed: the mesh's root namespace is istio-system" == found[told + 2]


def test_a_denial_of_istio_leaves_the_answer_as_it_was() -> None:
    found = document("plain/cli -> shop/web 80", STRICT, CLI_ONLY)

    assert found["allowed"] is True
    assert "denies" == found["istio"]["rows"][0]["control"]
    assert "shop/cli-only" not in json.dumps(found["because"])


def test_what_hangs_on_mtls_says_so() -> None:
    [row] = document("shop/cli -> shop/web 80", CLI_ONLY)["istio"]["rows"]

    assert "not proven" == row["control"]
    assert ["plaintext is accepted too, so who calls is not proven"] == row["why"]
    assert {"mode": "PERMISSIVE", "because": [], "doubt": ""} == row["mtls"]
    assert [{"protocol": "TCP", "from": 80, "to": 80}] == row["ports"]


def test_where_nothing_is_of_istio_nothing_is_said() -> None:
    found = document("plain/cli -> 8.8.8.8 80")

    assert found["istio"] is None
    assert not any("Istio" in line for line in lines("plain/cli -> 8.8.8.8 80"))


def test_a_planned_pod_is_told_as_one() -> None:
    new = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "new", "namespace": "shop"},
        "spec": {"containers": [{"name": "app"}]},
    }
    found = "\n".join(lines("shop/cli -> shop/new 80", new, STRICT))

    assert "target: would be a sidecar (istio-injection=enabled on its namespace asks" in found
    assert "once it has its proxy" in found
    assert document("shop/cli -> shop/new 80", new)["istio"]["planned"]


def test_where_15008_decides_the_first_line_says_so() -> None:
    found = lines("amb/cli -> amb/web 22", ALLOW_15008)

    assert found[0].startswith("denied: amb/cli -> amb/web on TCP 22; mesh traffic arrives at TCP ")
    assert found[0].endswith("15008, which is open")
    assert any("holds for plaintext alone; all that the mesh lets through" in e for e in found)


def test_a_pod_that_is_cut_off_from_the_mesh_is_told() -> None:
    found = lines("amb/cli -> amb/web 8080", ALLOW_8080)

    assert "which is closed" in found[0]
    assert "    cut off: what is open on TCP 8080 does not get through the mesh" in found


@pytest.mark.parametrize(
    "objects, decision, instead",
    [
        pytest.param((ALLOW_8080,), "deny", [8080], id="cut"),
        pytest.param((), "allow", [], id="the same"),
    ],
)
def test_the_tunnel_in_the_document(
    objects: tuple[Document, ...], decision: str, instead: list[int]
) -> None:
    found = document("amb/cli -> amb/web 8080", *objects)["istio"]["tunnel"]

    assert (15008, decision, True) == (found["port"], found["decision"], found["certain"])
    assert instead == [each["from"] for each in found["decidesInsteadOf"]]


def test_isolation_flags_what_15008_makes_of_an_ambient_pod() -> None:
    found = World([ALLOW_8080]).isolation
    pods = isolation_document(found)["pods"]
    told = {
        f"{each['namespace']}/{each['name']}": each["istio"]
        for each in json.loads(json.dumps(pods))
    }

    assert ("ambient", "cut") == (told["amb/web"]["proxy"], told["amb/web"]["hbone"])
    assert "same" == told["amb/cli"]["hbone"]
    assert ("sidecar", None) == (told["shop/web"]["proxy"], told["shop/web"]["hbone"])
    assert told["plain/cli"] is None


@pytest.mark.parametrize(
    "policy, flag",
    [
        pytest.param(ALLOW_8080, "; ambient: cut off, TCP 15008 is closed", id="cut"),
        pytest.param(
            ALLOW_15008, "; ambient: on every port through the mesh, by TCP 15008", id="open"
        ),
    ],
)
def test_the_table_of_isolation_says_so_at_ingress(policy: Document, flag: str) -> None:
    rows = [row for row in isolation_rows(World([policy]).isolation) if row.pod == "amb/web"]

    assert [flag in row.open_to for row in rows] == [
        row.direction is Direction.INGRESS for row in rows
    ]
    assert 2 == len(rows)


@pytest.mark.parametrize(
    "target, extra",
    [
        pytest.param("amb/web", {"throughMesh": True}, id="through the mesh"),
        pytest.param("plain/cli", {}, id="not in the mesh"),
    ],
)
def test_a_query_tells_where_the_mesh_gets_in_all_the_same(
    target: str, extra: dict[str, object]
) -> None:
    asked = {"from": "amb/cli", "to": target, "port": 22}
    found = answer_query(World([ALLOW_15008]).isolation, json.dumps(asked).encode())

    assert extra == {key: found[key] for key in found.keys() & {"throughMesh"}}
