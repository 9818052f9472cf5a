"""Lists in pieces: whatever the limit, the pieces are the whole, as it was when the list began."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.demo.access import User
from seawall.demo.answers import Api
from seawall.demo.asks import Ask
from seawall.demo.resources import Json
from seawall.demo.store import KEPT_VIEWS, Store

ADMIN = User("admin", groups=("system:masters",))
MOST_PAGES = 200

names = st.from_regex(r"[a-z]([a-z0-9.-]{0,6}[a-z0-9])?", fullmatch=True)
places = st.lists(st.tuples(st.sampled_from(["a", "a-b", "ab", "b"]), names), unique=True)
limits = st.integers(1, 9)


def pod(namespace: str, name: str, **labels: str) -> Json:
    metadata = {"namespace": namespace, "name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": []}}


def asked(api: Api, path: str = "/api/v1/pods", **query: str) -> tuple[int, Json]:
    reply = api.reply(Ask(ADMIN, "GET", path, query))
    return reply.status, msgspec.json.decode(reply.body, type=Json)


def pages(api: Api, path: str = "/api/v1/pods", **query: str) -> Iterator[Json]:
    token = ""
    for _turn in range(MOST_PAGES):
        status, page = asked(api, path, **query, **({"continue": token} if token else {}))
        assert status == 200, page
        yield page
        token = page["metadata"].get("continue", "")
        if not token:
            return
    pytest.fail("the list never ends")


def keys(*listed: Json) -> list[tuple[str, str]]:
    metadata = [item["metadata"] for page in listed for item in page["items"]]
    return [(each["namespace"], each["name"]) for each in metadata]


@given(places, limits)
def test_the_pages_are_the_whole_list(where: list[tuple[str, str]], limit: int) -> None:
    api = Api(Store(pod(*place) for place in where))
    _, whole = asked(api)

    pieces = list(pages(api, limit=str(limit)))

    assert keys(whole) == keys(*pieces)
    assert all(len(page["items"]) == limit for page in pieces[:-1])


@given(places, limits)
def test_each_page_tells_how_many_are_left(where: list[tuple[str, str]], limit: int) -> None:
    api = Api(Store(pod(*place) for place in where))

    left = len(where)
    for page in pages(api, limit=str(limit)):
        left -= len(page["items"])
        assert left == page["metadata"].get("remainingItemCount", 0)


@given(places, places, limits)
def test_what_changes_meanwhile_does_not_show(
    before: list[tuple[str, str]], after: list[tuple[str, str]], limit: int
) -> None:
    store = Store(pod(*place) for place in before)
    api = Api(store)
    _, whole = asked(api)
    reading = pages(api, limit=str(limit))

    pieces = [next(reading)]
    for place in after:
        store.put(pod(*place))
    for place in set(before) - set(after):
        store.remove(pod(*place))
    pieces.extend(reading)

    assert keys(whole) == keys(*pieces)
    assert len({page["metadata"]["resourceVersion"] for page in pieces}) == 1


@given(places, limits)
def test_a_namespace_is_paged_as_the_cluster_is(where: list[tuple[str, str]], limit: int) -> None:
    api = Api(Store(pod(*place) for place in where))
    _, whole = asked(api)

    pieces = pages(api, "/api/v1/namespaces/a/pods", limit=str(limit))

    assert [key for key in keys(whole) if key[0] == "a"] == keys(*pieces)


@given(places, limits)
def test_selectors_choose_the_same_in_pages(where: list[tuple[str, str]], limit: int) -> None:
    api = Api(Store(pod(*place, odd=str(len(place[1]) % 2)) for place in where))
    _, whole = asked(api, labelSelector="odd=1")

    pieces = list(pages(api, limit=str(limit), labelSelector="odd=1"))

    assert keys(whole) == keys(*pieces)
    assert not any("remainingItemCount" in page["metadata"] for page in pieces)


def test_objects_come_in_the_order_of_their_keys() -> None:
    api = Api(Store([pod("shop", "a"), pod("shop-a", "z"), pod("shop.b", "y")]))

    _, whole = asked(api)

    # "-" and "." sort before the "/" that ends a namespace in etcd's keys.
    assert [("shop-a", "z"), ("shop.b", "y"), ("shop", "a")] == keys(whole)


def test_an_expired_token_is_gone_and_offers_an_inconsistent_rest() -> None:
    store = Store(pod("a", name) for name in "pqrst")
    api = Api(store)
    first = next(pages(api, limit="2"))
    store.compact()
    store.put(pod("a", "s-new"))

    status, expired = asked(api, limit="2", **{"continue": first["metadata"]["continue"]})
    carry_on = expired["metadata"]["continue"]
    _, rest = asked(api, **{"continue": carry_on})

    assert (410, "Expired", "Status") == (status, expired["reason"], expired["kind"])
    assert [("a", "r"), ("a", "s"), ("a", "s-new"), ("a", "t")] == keys(rest)


def test_only_so_many_past_views_are_kept() -> None:
    store = Store(pod("a", name) for name in "pqrst")
    api = Api(store)
    first = next(pages(api, limit="2"))
    for turn in range(KEPT_VIEWS):
        store.put(pod("a", f"more-{turn}"))
        next(pages(api, limit="2"))

    status, _ = asked(api, **{"continue": first["metadata"]["continue"]})

    assert status == 410


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"continue": "garbage"}, id="no token"),
        pytest.param({"continue": "%%%"}, id="no base64"),
        pytest.param({"continue": "e30"}, id="an empty object"),
        pytest.param({"continue": "ü"}, id="not even ASCII"),
        pytest.param({"limit": "many"}, id="a limit in words"),
        pytest.param({"limit": "-1"}, id="a negative limit"),
    ],
)
def test_what_cannot_be_read_is_a_bad_request(query: dict[str, str]) -> None:
    status, answer = asked(Api(Store()), **query)

    assert (400, "BadRequest") == (status, answer["reason"])


def test_a_token_goes_with_no_resource_version() -> None:
    api = Api(Store(pod("a", name) for name in "pqr"))
    token = next(pages(api, limit="1"))["metadata"]["continue"]

    status, _ = asked(api, **{"continue": token, "resourceVersion": "3"})

    assert status == 400
