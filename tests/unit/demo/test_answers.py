"""Answers without a socket: custom kinds, reviews, and whatever a client may send."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.demo.access import Grant, User
from seawall.demo.answers import Api
from seawall.demo.asks import Ask
from seawall.demo.replies import Reply
from seawall.demo.resources import Json
from seawall.demo.store import Store

ADMIN = User("admin", groups=("system:masters",))
GUEST = User("guest", (Grant(("get", "list"), ("",), ("pods", "pods/status"), ("shop",)),))
REVIEWS = "/apis/authorization.k8s.io/v1"
ACCESS, RULES = f"{REVIEWS}/selfsubjectaccessreviews", f"{REVIEWS}/selfsubjectrulesreviews"
FENCE = {
    "apiVersion": "example.com/v1",
    "kind": "Fence",
    "metadata": {"name": "west", "namespace": "shop"},
    "spec": {"height": 2},
}
FENCES = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "fences.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "fences", "kind": "Fence", "shortNames": ["fn"]},
        "versions": [{"name": "v1", "served": True}, {"name": "v1beta1", "served": False}],
    },
}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"containers": []},
}


@pytest.fixture(scope="module")
def api() -> Api:
    return Api(Store([FENCES, FENCE, POD]))


def said(reply: Reply) -> Json:
    return msgspec.json.decode(reply.body, type=Json)


def got(api: Api, path: str, user: User = ADMIN, **query: str) -> Json:
    return said(api.reply(Ask(user, "GET", path, query)))


def posted(api: Api, path: str, spec: Json, user: User = GUEST) -> Reply:
    return api.reply(Ask(user, "POST", path, body=msgspec.json.encode({"spec": spec})))


def test_a_definition_makes_its_group_discoverable(api: Api) -> None:
    groups = [group["name"] for group in got(api, "/apis")["groups"]]
    versions = got(api, "/apis/example.com")["versions"]
    (resource,) = got(api, "/apis/example.com/v1")["resources"]

    assert groups[-1] == "example.com"
    assert [version["version"] for version in versions] == ["v1"]
    assert ("fences", "Fence", True, ["fn"]) == tuple(
        resource[key] for key in ("name", "kind", "namespaced", "shortNames")
    )


def test_items_of_a_custom_kind_carry_it_and_those_of_a_built_in_kind_do_not(api: Api) -> None:
    (fence,) = got(api, "/apis/example.com/v1/fences")["items"]
    (pod,) = got(api, "/api/v1/pods")["items"]

    assert ("example.com/v1", "Fence") == (fence["apiVersion"], fence["kind"])
    assert not {"apiVersion", "kind"} & set(pod)


@pytest.mark.parametrize("suffix", ["", "/status"])
def test_one_object_carries_its_kind(api: Api, suffix: str) -> None:
    pod = got(api, f"/api/v1/namespaces/shop/pods/web{suffix}", GUEST)

    assert ("v1", "Pod", "web") == (pod["apiVersion"], pod["kind"], pod["metadata"]["name"])


def test_one_object_can_be_asked_for_without_its_spec(api: Api) -> None:
    accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    reply = api.reply(Ask(ADMIN, "GET", "/api/v1/namespaces/shop/pods/web", accept=accept))

    assert {"kind", "apiVersion", "metadata"} == set(said(reply))


@pytest.mark.parametrize(
    "asked, allowed",
    [
        pytest.param(
            {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "shop"}},
            True,
            id="granted here",
        ),
        pytest.param(
            {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "pay"}},
            False,
            id="not granted there",
        ),
        pytest.param(
            {"resourceAttributes": {"verb": "get", "resource": "pods"}},
            False,
            id="not granted everywhere",
        ),
        pytest.param(
            {
                "resourceAttributes": {
                    "verb": "get",
                    "resource": "pods",
                    "subresource": "log",
                    "namespace": "shop",
                }
            },
            False,
            id="not granted for a subresource",
        ),
        pytest.param({"nonResourceAttributes": {"path": "/apis/x"}}, True, id="a plain path"),
        pytest.param({"nonResourceAttributes": {"path": "/logs"}}, False, id="another one"),
    ],
)
def test_an_access_review_says_what_would_happen(
    api: Api,
    asked: Json,
    allowed: bool,  # noqa: FBT001  the case's verdict
) -> None:
    answer = said(posted(api, ACCESS, asked))

    assert allowed is answer["status"]["allowed"]
    assert asked.keys() == answer["spec"].keys()


@pytest.mark.parametrize("namespace, seen", [("shop", True), ("pay", False)])
def test_a_rules_review_is_for_one_namespace(
    api: Api,
    namespace: str,
    seen: bool,  # noqa: FBT001  the case's expectation
) -> None:
    rules = said(posted(api, RULES, {"namespace": namespace}))["status"]["resourceRules"]

    assert seen is any("pods" in rule["resources"] for rule in rules)


@pytest.mark.parametrize(
    "path, body, status",
    [
        pytest.param(ACCESS, b'{"spec":{}}', 422, id="asks for nothing"),
        pytest.param(RULES, b'{"spec":{}}', 400, id="names no namespace"),
        pytest.param(RULES, b"", 400, id="empty"),
        pytest.param(RULES, b"[]", 400, id="no object"),
        pytest.param(RULES, b'{"spec":{"namespace":7}}', 400, id="a wrong type"),
        pytest.param(RULES, b"k8s\x00\x12", 400, id="protobuf that ends too early"),
        pytest.param(RULES, b"k8s\x00\x15\x01", 400, id="protobuf of a wrong wire type"),
        pytest.param(RULES, b"k8s\x00", 400, id="protobuf without an object"),
    ],
)
def test_a_review_that_cannot_be_read_is_refused(
    api: Api, path: str, body: bytes, status: int
) -> None:
    assert status == api.reply(Ask(GUEST, "POST", path, body=body)).status


@given(st.binary(max_size=60), st.sampled_from([ACCESS, RULES]), st.booleans())
def test_no_posted_bytes_break_a_review(
    body: bytes,
    path: str,
    enveloped: bool,  # noqa: FBT001  drawn by Hypothesis
) -> None:
    sent = b"k8s\x00" + body if enveloped else body
    reply = Api(Store()).reply(Ask(GUEST, "POST", path, body=sent))

    assert reply.status in {201, 400, 422}


_SEGMENTS = ["api", "apis", "v1", "apps", "namespaces", "shop", "pods", "web", "status", "x", ""]


@given(
    st.lists(st.sampled_from(_SEGMENTS), max_size=8),
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    st.dictionaries(
        st.sampled_from(["limit", "continue", "labelSelector", "fieldSelector", "watch"]),
        st.text(max_size=12),
        max_size=3,
    ),
    st.text(max_size=12),
    st.binary(max_size=12),
)
def test_no_request_breaks_the_server(
    segments: list[str], method: str, query: dict[str, str], accept: str, body: bytes
) -> None:
    api = Api(Store([FENCES, FENCE, POD]))

    reply = api.reply(Ask(ADMIN, method, "/" + "/".join(segments), query, accept, body=body))

    assert reply.status in {200, 201, 400, 403, 404, 405, 406, 415}
