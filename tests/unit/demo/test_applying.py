"""Server-side apply: who owns what after which request, and who is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.demo.desk import DENY, POLICIES, Desk, body_of, owned, policy

from seawall.demo.resources import Json

SERVICE = "/api/v1/namespaces/shop/services/web"


def service(*ports: Json, **spec: Any) -> Json:  # noqa: ANN401  JSON is any
    head = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    return {**head, "spec": {"ports": list(ports)} | spec}


def test_two_managers_share_what_they_agree_on() -> None:
    desk = Desk()
    desk.apply(DENY, policy(policyTypes=["Ingress"]))

    reply = desk.apply(DENY, policy(policyTypes=["Ingress"]), "two")

    both: Json = {"f:spec": {"f:podSelector": {}, "f:policyTypes": {}}}
    assert (200, {"one": both, "two": both}) == (reply.status, owned(body_of(reply)))


def test_what_is_given_up_goes_unless_another_owns_it() -> None:
    desk = Desk()
    desk.apply(DENY, policy(labels={"a": "1", "b": "2", "c": "3"}))
    desk.apply(DENY, policy(labels={"b": "2"}), "two")

    desk.apply(DENY, policy(labels={"c": "3"}))

    assert {"b": "2", "c": "3"} == desk.read()["metadata"]["labels"]


def test_giving_up_the_last_label_takes_the_labels_away() -> None:
    desk = Desk()
    desk.apply(DENY, policy(labels={"a": "1"}))

    desk.apply(DENY, policy())

    assert "labels" not in desk.read()["metadata"]


def test_a_default_stays_nobodys_and_comes_back() -> None:
    desk = Desk()
    desk.apply(DENY, policy(policyTypes=["Egress"]))

    desk.apply(DENY, policy())

    assert ["Ingress"] == desk.read()["spec"]["policyTypes"]
    assert {"one": {"f:spec": {"f:podSelector": {}}}} == owned(desk.read())


def test_force_takes_the_field_and_leaves_the_rest() -> None:
    desk = Desk()
    desk.apply(DENY, policy(policyTypes=["Ingress"], labels={"a": "1"}))

    desk.apply(DENY, policy(policyTypes=["Egress"]), "two", force="true")

    assert {
        "one": {"f:metadata": {"f:labels": {"f:a": {}}}, "f:spec": {"f:podSelector": {}}},
        "two": {"f:spec": {"f:podSelector": {}, "f:policyTypes": {}}},
    } == owned(desk.read())


def test_conflicts_with_several_managers_are_told_by_manager() -> None:
    desk = Desk()
    desk.apply(DENY, policy(labels={"a": "1"}), "one")
    desk.apply(DENY, policy(labels={"b": "1"}), "two")

    reply = desk.apply(DENY, policy(labels={"a": "2", "b": "2"}), "three")

    assert body_of(reply)["message"] == (
        'Apply failed with 2 conflicts: conflicts with "one":\n- .metadata.labels.a\n'
        'conflicts with "two":\n- .metadata.labels.b'
    )


def test_who_has_written_without_apply_is_named_with_the_version() -> None:
    desk = Desk()
    desk.ask("POST", POLICIES, policy(policyTypes=["Ingress"]), fieldManager="edit")

    reply = desk.apply(DENY, policy(policyTypes=["Egress"]))

    assert body_of(reply)["message"] == (
        'Apply failed with 1 conflict: conflict with "edit" using networking.k8s.io/v1: '
        ".spec.policyTypes"
    )


def test_one_name_writing_in_two_ways_is_two_managers() -> None:
    desk = Desk()
    desk.ask("POST", POLICIES, policy(policyTypes=["Ingress"]), fieldManager="one")

    assert 409 == desk.apply(DENY, policy(policyTypes=["Egress"])).status


def test_what_was_there_before_owners_were_kept_is_not_taken() -> None:
    old = policy(policyTypes=["Egress"])
    old["metadata"]["namespace"] = "shop"
    desk = Desk(old)

    reply = desk.apply(DENY, policy(policyTypes=["Ingress"]))

    assert 409 == reply.status
    assert (
        'conflict with "before-first-apply" using networking.k8s.io/v1'
        in (body_of(reply)["message"])
    )


def test_an_item_of_a_keyed_list_belongs_to_who_applied_it() -> None:
    desk = Desk()
    desk.apply(SERVICE, service({"port": 80, "name": "web"}))
    desk.apply(SERVICE, service({"port": 443, "name": "tls"}), "two")

    desk.apply(SERVICE, service({"port": 80, "name": "web", "targetPort": 8080}))
    both = desk.read(SERVICE)["spec"]["ports"]
    desk.apply(SERVICE, service(), "two")

    assert [80, 443] == [port["port"] for port in both]
    assert [{"port": 80, "name": "web", "targetPort": 8080}] == desk.read(SERVICE)["spec"]["ports"]


def test_yaml_is_understood() -> None:
    desk = Desk()
    text = b"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: deny
spec:
  podSelector: {}
"""

    assert 201 == desk.apply(DENY, text).status


@pytest.mark.parametrize(
    "body, status, message",
    [
        pytest.param(b"", 400, "the object provided is unrecognized: it is no map", id="nothing"),
        pytest.param(b"[1]", 400, "the object provided is unrecognized: it is no map", id="a list"),
        pytest.param(b"{", 400, "the object provided is unrecognized: ", id="no JSON"),
        pytest.param(b"a: b: c", 400, "error decoding YAML: ", id="no YAML"),
        pytest.param(
            b"a: 1\na: 2", 400, "error decoding YAML: the same key twice", id="a key twice"
        ),
        pytest.param(
            {"kind": "NetworkPolicy"}, 400, "Incorrect version specified", id="no version"
        ),
        pytest.param(policy("other"), 400, "the name of the object (other) does not", id="a name"),
        pytest.param(policy() | {"metadata": {}}, 400, "name must be provided", id="no name"),
        pytest.param(
            policy() | {"metadata": {"name": "deny", "namespace": "pay"}},
            400,
            "the namespace of the provided object does not match",
            id="a namespace",
        ),
        pytest.param(
            policy(ingres=[]),
            500,
            "failed to create typed patch object (shop/deny; networking.k8s.io/v1, "
            "Kind=NetworkPolicy): .spec.ingres: field not declared in schema",
            id="an unknown field",
        ),
        pytest.param(
            policy(ingress={}),
            500,
            "failed to create typed patch object (shop/deny; networking.k8s.io/v1, "
            "Kind=NetworkPolicy): .spec.ingress: expected list, got object",
            id="a wrong form",
        ),
        pytest.param(
            policy() | {"metadata": {"name": "deny", "uid": "1"}},
            409,
            "Operation cannot be fulfilled on networkpolicies.networking.k8s.io "
            '"deny": uid mismatch',
            id="a uid of something that is not there",
        ),
        pytest.param(
            policy() | {"metadata": {"name": "deny", "managedFields": [{}]}},
            400,
            "metadata.managedFields must be nil",
            id="owners of its own",
        ),
    ],
)
def test_a_bad_configuration_is_refused(body: Any, status: int, message: str) -> None:  # noqa: ANN401  JSON is any
    desk = Desk()

    reply = desk.apply(DENY, body)

    assert status == reply.status
    assert body_of(reply)["message"].startswith(message)
    assert 404 == desk.ask("GET", DENY).status


@pytest.mark.parametrize(
    "stale",
    [
        pytest.param({"uid": "another"}, id="another object"),
        pytest.param({"resourceVersion": "1"}, id="an older state"),
    ],
)
def test_applying_to_another_object_than_meant_is_a_conflict(stale: Json) -> None:
    desk = Desk()
    desk.apply(DENY, policy())
    meant = policy(policyTypes=["Egress"])

    reply = desk.apply(DENY, meant | {"metadata": {**meant["metadata"], **stale}})

    assert 409 == reply.status
    assert ["Ingress"] == desk.read()["spec"]["policyTypes"]


_TYPES = st.sampled_from([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
_LABELS = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)
_ONE_RULE: list[Json] = [{}, {"from": [{"podSelector": {}}]}]
_RULES = st.lists(st.sampled_from(_ONE_RULE), max_size=2)
_POLICIES = st.builds(
    lambda labels, types, rules: policy(labels=labels, policyTypes=types, ingress=rules),
    _LABELS,
    _TYPES,
    _RULES,
)


@given(_POLICIES)
def test_applying_twice_is_applying_once(wanted: Json) -> None:
    desk = Desk()
    desk.apply(DENY, wanted)
    first = desk.read()

    assert 200 == desk.apply(DENY, wanted).status
    assert first == desk.read()


@given(_POLICIES, _POLICIES)
def test_the_last_word_of_a_manager_is_all_that_counts(before: Json, wanted: Json) -> None:
    twice, once = Desk(), Desk()
    twice.apply(DENY, before)
    twice.apply(DENY, wanted)
    once.apply(DENY, wanted)

    assert once.read()["spec"] == twice.read()["spec"]
    assert once.read()["metadata"].get("labels") == twice.read()["metadata"].get("labels")
    assert owned(once.read()) == owned(twice.read())


@given(_POLICIES, _POLICIES)
def test_without_force_nothing_of_another_changes(theirs: Json, ours: Json) -> None:
    desk = Desk()
    desk.apply(DENY, theirs, "they")
    before = desk.read()

    reply = desk.apply(DENY, ours, "we")
    after = desk.read()

    assert reply.status in {200, 409}
    assert before["spec"] == after["spec"]
    assert owned(before)["they"] == owned(after)["they"]
    for key, value in before["metadata"].get("labels", {}).items():
        assert value == after["metadata"]["labels"][key]


@given(_POLICIES, _POLICIES)
def test_a_dry_run_tells_what_would_be_and_does_nothing(before: Json, wanted: Json) -> None:
    desk = Desk()
    desk.apply(DENY, before)
    stored, version = desk.read(), desk.store.version

    told = body_of(desk.apply(DENY, wanted, dryRun="All"))
    assert (stored, version) == (desk.read(), desk.store.version)

    desk.apply(DENY, wanted)
    assert told["spec"] == desk.read()["spec"]
