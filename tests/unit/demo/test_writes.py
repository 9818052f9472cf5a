"""Create, update, patch and delete: what is stored, what is answered, what is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.demo.desk import (
    APPLY,
    DENY,
    MERGE,
    POLICIES,
    SHOP,
    STRATEGIC,
    Desk,
    body_of,
    owned,
    policy,
)

from seawall.demo.resources import Json
from seawall.demo.store import Store

NAMESPACES = "/api/v1/namespaces"
MAPS = f"{NAMESPACES}/shop/configmaps"
THINGS = "/apis/example.com/v1/namespaces/shop/things"
DEFINITION: Json = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "things", "kind": "Thing"},
        "versions": [{"name": "v1", "served": True}],
    },
}


def config_map(name: str = "cm", **more: Any) -> Json:  # noqa: ANN401  JSON is any
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} | more


def test_the_server_gives_the_identity_whatever_was_sent() -> None:
    desk = Desk()
    sent = policy()
    sent["metadata"] |= {
        "uid": "mine",
        "generation": 7,
        "creationTimestamp": "2001-01-01T00:00:00Z",
    }

    made = body_of(desk.ask("POST", POLICIES, sent))["metadata"]

    assert "mine" != made["uid"]
    assert 1 == made["generation"]
    assert not made["creationTimestamp"].startswith("2001")
    assert "shop" == made["namespace"]


def test_an_object_made_again_is_another_object() -> None:
    desk = Desk()
    first = body_of(desk.ask("POST", POLICIES, policy()))["metadata"]["uid"]
    desk.ask("DELETE", DENY)

    assert first != body_of(desk.ask("POST", POLICIES, policy()))["metadata"]["uid"]


def test_only_a_new_spec_is_a_new_generation() -> None:
    desk = Desk()
    desk.ask("POST", POLICIES, policy())

    generations = [
        body_of(desk.ask("PUT", DENY, policy(**changed)))["metadata"]["generation"]
        for changed in ({"labels": {"a": "b"}}, {"policyTypes": ["Egress"]}, {})
    ]

    assert [1, 2, 3] == generations


def test_an_update_takes_what_it_changes_and_keeps_the_owner_of_the_rest() -> None:
    desk = Desk()
    desk.apply(DENY, policy(policyTypes=["Ingress"], labels={"a": "1"}))

    desk.ask("PUT", DENY, policy(policyTypes=["Egress"], labels={"a": "1"}))

    assert {
        "one": {"f:metadata": {"f:labels": {"f:a": {}}}, "f:spec": {"f:podSelector": {}}},
        "test": {"f:spec": {"f:policyTypes": {}}},
    } == owned(desk.read())


def test_an_update_that_changes_nothing_is_no_new_version() -> None:
    desk = Desk()
    desk.ask("POST", POLICIES, policy())
    read, version = desk.read(), desk.store.version

    reply = desk.ask("PUT", DENY, read)

    assert (200, read, version) == (reply.status, body_of(reply), desk.store.version)


@pytest.mark.parametrize(
    "kind, patch, wanted",
    [
        pytest.param(
            MERGE, {"metadata": {"labels": {"a": None, "b": "2"}}}, {"b": "2"}, id="merge labels"
        ),
        pytest.param(
            STRATEGIC, {"metadata": {"labels": {"c": "3"}}}, {"a": "1", "c": "3"}, id="strategic"
        ),
        pytest.param(
            STRATEGIC,
            {"metadata": {"labels": {"$patch": "replace", "c": "3"}}},
            {"c": "3"},
            id="a directive",
        ),
        pytest.param(MERGE, {"metadata": {"labels": None}}, None, id="a null takes all"),
    ],
)
def test_a_patch_changes_labels(kind: str, patch: Json, wanted: Json | None) -> None:
    desk = Desk()
    desk.ask("POST", POLICIES, policy(labels={"a": "1"}))

    reply = desk.ask("PATCH", DENY, patch, kind)

    assert 200 == reply.status
    assert wanted == desk.read()["metadata"].get("labels")


def test_a_strategic_patch_finds_the_item_by_its_key() -> None:
    desk = Desk()
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
    ports = [{"port": 80, "name": "web"}, {"port": 81}]
    desk.ask("POST", f"{NAMESPACES}/shop/services", {**service, "spec": {"ports": ports}})
    path = f"{NAMESPACES}/shop/services/web"
    patch = {
        "spec": {"ports": [{"port": 80, "targetPort": 8080}, {"$patch": "delete", "port": 81}]}
    }

    desk.ask("PATCH", path, patch, STRATEGIC)

    assert [{"port": 80, "name": "web", "targetPort": 8080}] == desk.read(path)["spec"]["ports"]


@pytest.mark.parametrize(
    "kind, body, query, status, message",
    [
        pytest.param(
            "application/json-patch+json", [], {}, 415, "the body of the", id="JSON patch"
        ),
        pytest.param(MERGE, b"[]", {}, 400, "the object provided", id="a patch that is no map"),
        pytest.param(
            MERGE,
            {"metadata": {"resourceVersion": "1"}},
            {},
            409,
            "Operation cannot be fulfilled on networkpolicies.networking.k8s.io",
            id="a stale version",
        ),
        pytest.param(MERGE, {"metadata": {"name": "x"}}, {}, 400, "the name of the", id="a name"),
        pytest.param(MERGE, {"metadata": None}, {}, 400, "name must be provided", id="no metadata"),
        pytest.param(
            MERGE,
            {"spec": {"ingres": []}},
            {"fieldValidation": "Strict"},
            422,
            ' "" is invalid: patch: Invalid value: ',
            id="an unknown field",
        ),
        pytest.param(
            MERGE,
            {"spec": {"policyTypes": ["In"]}},
            {},
            422,
            "NetworkPolicy.netw",
            id="a bad value",
        ),
        pytest.param(
            STRATEGIC,
            {"metadata": {"labels": {"$patch": "mend"}}},
            {},
            400,
            "unknown patch type found: mend",
            id="an unknown directive",
        ),
        pytest.param(
            MERGE,
            {},
            {"force": "true"},
            422,
            'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden',
            id="force without apply",
        ),
    ],
)
def test_a_bad_patch_changes_nothing(
    kind: str,
    body: Any,  # noqa: ANN401  JSON is any
    query: dict[str, str],
    status: int,
    message: str,
) -> None:
    desk = Desk()
    desk.ask("POST", POLICIES, policy())
    before = desk.read()

    reply = desk.ask("PATCH", DENY, body, kind, **query)

    assert status == reply.status, reply.body
    assert body_of(reply)["message"].startswith(message)
    assert before == desk.read()


@pytest.mark.parametrize(
    "body, query, status, message",
    [
        pytest.param(b"", {}, 400, "the object provided is unrecognized", id="nothing"),
        pytest.param(b"\xff", {}, 400, "the object provided is unrecognized", id="no text"),
        pytest.param(b"[" * 5000, {}, 400, "the object provided is unrecognized", id="deep"),
        pytest.param(
            policy() | {"apiVersion": "v1"},
            {},
            400,
            "the API version in the data (v1)",
            id="version",
        ),
        pytest.param(policy() | {"kind": "Pod"}, {}, 400, 'Pod in version "v1" cannot', id="kind"),
        pytest.param(
            policy() | {"spec": []},
            {},
            400,
            'NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: json: cannot',
            id="a spec that is a list",
        ),
        pytest.param(
            policy() | {"metadata": {"name": 5}},
            {},
            400,
            'NetworkPolicy in version "v1"',
            id="name",
        ),
        pytest.param(
            policy(ingress=[{"ports": [{"port": True}]}]),
            {},
            400,
            'NetworkPolicy in version "v1" cannot be handled',
            id="a port of a wrong type",
        ),
        pytest.param(
            policy() | {"metadata": {}},
            {},
            422,
            'NetworkPolicy.networking.k8s.io "" is invalid: metadata.name: Required value',
            id="no name",
        ),
        pytest.param(
            policy() | {"metadata": {"name": "x", "resourceVersion": "3"}},
            {},
            400,
            "resourceVersion should not be set",
            id="a version",
        ),
        pytest.param(
            policy(),
            {"dryRun": "Some"},
            422,
            'CreateOptions.meta.k8s.io "" is invalid: dryRun: '
            'Unsupported value: "Some": supported values: "All"',
            id="half a dry run",
        ),
        pytest.param(
            policy(), {"fieldValidation": "Lax"}, 422, "CreateOptions.meta.k8s.io", id="strictness"
        ),
        pytest.param(
            policy(),
            {"fieldManager": "m" * 129},
            422,
            "CreateOptions.meta.k8s.io",
            id="a long name",
        ),
    ],
)
def test_a_bad_object_is_not_created(
    body: Any,  # noqa: ANN401  JSON is any
    query: dict[str, str],
    status: int,
    message: str,
) -> None:
    desk = Desk()
    before = desk.store.version

    reply = desk.ask("POST", POLICIES, body, **query)

    assert status == reply.status, reply.body
    assert body_of(reply)["message"].startswith(message)
    assert before == desk.store.version


@pytest.mark.parametrize(
    "strictness, warning",
    [
        pytest.param("Warn", '299 - "unknown field \\"more\\"", 299 - "unknown field \\"spec.x\\""',
                     id="Warn"),
        pytest.param("", '299 - "unknown field \\"more\\"", 299 - "unknown field \\"spec.x\\""',
                     id="not said"),
        pytest.param("Ignore", None, id="Ignore"),
    ],
)  # fmt: skip
def test_unknown_fields_are_dropped(strictness: str, warning: str | None) -> None:
    desk = Desk()

    reply = desk.ask("POST", POLICIES, policy(x=1) | {"more": 2}, fieldValidation=strictness)

    assert warning == reply.headers.get("Warning")
    assert {"podSelector": {}, "policyTypes": ["Ingress"]} == desk.read()["spec"]
    assert "more" not in desk.read()


def test_a_kind_that_is_not_written_down_keeps_every_field() -> None:
    desk = Desk()
    path = "/apis/apps/v1/namespaces/shop/deployments"
    sent = {"metadata": {"name": "web"}, "spec": {"some": {"thing": [1]}}}

    reply = desk.ask("POST", path, sent, fieldValidation="Strict")

    assert (201, sent["spec"]) == (reply.status, body_of(reply)["spec"])


@pytest.mark.parametrize(
    "method, body, kind",
    [
        pytest.param("PUT", policy(), "", id="update"),
        pytest.param("PATCH", {}, MERGE, id="patch"),
        pytest.param("DELETE", b"", "", id="delete"),
    ],
)
def test_what_is_not_there_is_not_found(method: str, body: Any, kind: str) -> None:  # noqa: ANN401  JSON is any
    reply = Desk().ask(method, DENY, body, kind)

    assert (404, "NotFound") == (reply.status, body_of(reply)["reason"])


@pytest.mark.parametrize(
    "body, query, status",
    [
        pytest.param({"preconditions": {"uid": "other"}}, {}, 409, id="another uid"),
        pytest.param({"preconditions": {"resourceVersion": "1"}}, {}, 409, id="an older version"),
        pytest.param({"dryRun": ["All"]}, {}, 200, id="a dry run in the body"),
        pytest.param(b"", {"dryRun": "All"}, 200, id="a dry run in the query"),
        pytest.param({"dryRun": ["Some"]}, {}, 422, id="half a dry run"),
        pytest.param({"preconditions": 1}, {}, 400, id="no options"),
    ],
)
def test_a_deletion_that_deletes_nothing(body: Any, query: dict[str, str], status: int) -> None:  # noqa: ANN401  JSON is any
    desk = Desk()
    desk.ask("POST", POLICIES, policy())
    before = desk.read()

    assert status == desk.ask("DELETE", DENY, body, **query).status
    assert before == desk.read()


def test_a_finalizer_holds_an_object_until_it_is_taken_off() -> None:
    desk = Desk()
    held = policy()
    held["metadata"]["finalizers"] = ["example.com/hold"]
    desk.ask("POST", POLICIES, held)

    desk.ask("DELETE", DENY)
    between = desk.read()
    desk.ask("PATCH", DENY, {"metadata": {"finalizers": None}}, MERGE)

    assert "deletionTimestamp" in between["metadata"]
    assert 404 == desk.ask("GET", DENY).status


def test_a_new_namespace_is_active_and_wears_its_name() -> None:
    desk = Desk()

    made = body_of(desk.ask("POST", NAMESPACES, {"metadata": {"name": "pay"}}))

    assert {"kubernetes.io/metadata.name": "pay"} == made["metadata"]["labels"]
    assert {"phase": "Active"} == made["status"]
    assert "generation" not in made["metadata"]


def test_a_deleted_namespace_is_terminating_then_gone_with_all_that_was_in_it() -> None:
    desk = Desk()
    desk.ask("POST", POLICIES, policy())

    told = body_of(desk.ask("DELETE", f"{NAMESPACES}/shop"))

    assert "Terminating" == told["status"]["phase"]
    assert 404 == desk.ask("GET", f"{NAMESPACES}/shop").status
    assert [] == body_of(desk.ask("GET", "/apis/networking.k8s.io/v1/networkpolicies"))["items"]


def test_without_a_controller_a_namespace_stays_terminating_and_takes_nothing_new() -> None:
    desk = Desk(finalises=False)
    desk.ask("POST", POLICIES, policy())
    desk.ask("DELETE", f"{NAMESPACES}/shop")

    refused = desk.ask("POST", POLICIES, policy("more"))
    changed = desk.ask("PUT", DENY, policy(policyTypes=["Egress"]))

    assert (403, 200) == (refused.status, changed.status)
    assert "because it is being terminated" in body_of(refused)["message"]


def test_a_namespace_waits_for_what_a_finalizer_holds_back() -> None:
    desk = Desk()
    held = policy()
    held["metadata"]["finalizers"] = ["example.com/hold"]
    desk.ask("POST", POLICIES, held)
    desk.ask("POST", POLICIES, policy("free"))
    desk.ask("DELETE", f"{NAMESPACES}/shop")

    waiting = body_of(desk.ask("GET", f"{NAMESPACES}/shop"))
    left = body_of(desk.ask("GET", POLICIES))["items"]
    desk.ask("PATCH", DENY, {"metadata": {"finalizers": []}}, MERGE)

    assert "Terminating" == waiting["status"]["phase"]
    assert ["deny"] == [item["metadata"]["name"] for item in left]
    assert 404 == desk.ask("GET", f"{NAMESPACES}/shop").status


def test_a_dry_run_does_not_doom_a_namespace() -> None:
    desk = Desk()

    told = body_of(desk.ask("DELETE", f"{NAMESPACES}/shop", dryRun="All"))

    assert "Terminating" == told["status"]["phase"]
    assert "Active" == desk.read(f"{NAMESPACES}/shop")["status"]["phase"]


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_some_namespaces_are_never_deleted(name: str) -> None:
    desk = Desk({**SHOP, "metadata": {"name": name}})

    reply = desk.ask("DELETE", f"{NAMESPACES}/{name}")

    assert (403, f'namespaces "{name}" is forbidden: this namespace may not be deleted') == (
        reply.status,
        body_of(reply)["message"],
    )


def test_a_definition_starts_to_serve_its_kind_and_takes_it_away() -> None:
    desk = Desk()
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    before = desk.ask("GET", THINGS).status
    desk.ask("POST", definitions, DEFINITION)
    thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "it"}}
    made = desk.ask("POST", THINGS, thing | {"anything": [1]})

    desk.ask("DELETE", f"{definitions}/things.example.com")

    assert (404, 201) == (before, made.status)
    assert [1] == body_of(made)["anything"]
    assert 404 == desk.ask("GET", THINGS).status


def test_a_definition_that_defines_nothing_is_refused() -> None:
    broken = DEFINITION | {"spec": {"group": "example.com"}}

    reply = Desk().ask("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", broken)

    assert 422 == reply.status


def test_a_custom_object_is_never_updated_blindly() -> None:
    desk = Desk(DEFINITION)
    thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "it"}}
    read = body_of(desk.ask("POST", THINGS, thing))

    blind = desk.ask("PUT", f"{THINGS}/it", thing | {"x": 1})
    seeing = desk.ask("PUT", f"{THINGS}/it", read | {"x": 1})

    assert (422, 200) == (blind.status, seeing.status)


def test_of_many_writers_at_once_one_wins_each_version() -> None:
    desk = Desk()
    desk.ask("POST", MAPS, config_map(data={"count": "0"}))

    def count(_turn: int) -> int:
        """Add one the optimistic way: read, write what was read, start over on a conflict."""
        conflicts = 0
        while True:
            read = desk.read(f"{MAPS}/cm")
            read["data"] = {"count": str(int(read["data"]["count"]) + 1)}
            if desk.ask("PUT", f"{MAPS}/cm", read).status == 200:
                return conflicts
            conflicts += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(64)))

    assert "64" == desk.read(f"{MAPS}/cm")["data"]["count"]


def test_of_many_creators_at_once_one_wins() -> None:
    desk = Desk()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: desk.ask("POST", POLICIES, policy()).status, range(32)))

    assert [201, *[409] * 31] == sorted(statuses)


_NAMES = (
    "metadata spec name labels ingress from ports port to podSelector ipBlock cidr except "
    "finalizers managedFields status"
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(_NAMES.split()), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]),
    st.sampled_from([POLICIES, DENY, NAMESPACES, f"{NAMESPACES}/shop", f"{MAPS}/cm", MAPS]),
    st.sampled_from(["", APPLY, MERGE, STRATEGIC, "application/yaml"]),
    st.fixed_dictionaries(
        {"metadata": st.fixed_dictionaries({"name": st.sampled_from(["deny", "cm", 5])}) | _JSON},
        optional={"spec": _JSON, "data": _JSON, "preconditions": _JSON},
    ),
)
def test_no_body_breaks_the_server(method: str, path: str, kind: str, body: Json) -> None:
    desk = Desk(config_map(data={}) | {"metadata": {"name": "cm", "namespace": "shop"}})
    desk.ask("POST", POLICIES, policy())
    head = {"apiVersion": "v1", "kind": "ConfigMap"} if MAPS in path else {}
    if "networkpolicies" in path:
        head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}

    reply = desk.ask(method, path, head | body, kind, fieldManager="any")

    assert reply.status in {200, 201, 400, 403, 404, 405, 409, 415, 422, 500}
    assert reply.status != 500 or b"failed to create typed patch object" in reply.body


@given(st.binary(max_size=60), st.sampled_from([NAMESPACES, MAPS, POLICIES]))
def test_no_protobuf_breaks_the_server(body: bytes, path: str) -> None:
    reply = Desk().ask("POST", path, b"k8s\0" + body, "application/vnd.kubernetes.protobuf")

    assert reply.status in {201, 400, 415, 422}


def test_a_store_that_is_set_up_asks_no_questions() -> None:
    store = Store([policy() | {"spec": None}])

    assert 2 == store.version
