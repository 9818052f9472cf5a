import json
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from seawall.collect import parse, wire
from seawall.collect.lists import MOST_PAGES, objects_read, raw_read, read_list, read_one
from seawall.model.errors import NoEntry, Refused, SeawallError, TryLater
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Pod

PATH = "/api/v1/pods"
POD_PAGES = objects_read("Pod", wire.Pod, parse.pod_from)
EXPIRED = Refused(410, "the list expired")


DEEP = b"[" * 20_000 + b"]" * 20_000


def _undecoded(raw: msgspec.Raw) -> Pod | BrokenObject:
    return BrokenObject(ObjectRef("Pod", "", ""), (str(len(bytes(raw))),))


class Scripted:
    """Gives one answer after the other, and remembers what it was asked."""

    def __init__(self, answers: Iterator[bytes | SeawallError]) -> None:
        self._answers = answers
        self.queries: list[dict[str, str]] = []

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
        """The next answer."""
        assert PATH == path
        self.queries.append(dict(query))
        answer = next(self._answers)
        if isinstance(answer, SeawallError):
            raise answer
        return answer


def scripted(*answers: bytes | SeawallError) -> Scripted:
    return Scripted(iter(answers))


def pod(name: str, **members: object) -> dict[str, object]:
    return {"metadata": {"name": name, "namespace": "shop"}, **members}


def page(*items: object, resume: str = "", kind: str = "PodList") -> bytes:
    return json.dumps(
        {"kind": kind, "apiVersion": "v1", "metadata": {"continue": resume}, "items": items}
    ).encode()


def names(api: Scripted) -> list[str] | str:
    sight = read_list(api, PATH, POD_PAGES)
    if isinstance(sight, Unseen):
        return sight.why
    return [
        f"broken {each.ref.name}" if isinstance(each, BrokenObject) else each.name
        for each in sight.value
    ]


def test_pages_are_followed_to_the_last_one() -> None:
    api = scripted(page(pod("a"), resume="one"), page(pod("b"), resume="two"), page(pod("c")))

    assert ["a", "b", "c"] == names(api)
    assert [
        {"limit": "500"},
        {"limit": "500", "continue": "one"},
        {"limit": "500", "continue": "two"},
    ] == api.queries


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(page(), id="no items"),
        pytest.param(b'{"kind":"PodList","metadata":{},"items":null}', id="Go's nil"),
        pytest.param(
            b'{"kind":"PodList","metadata":{"continue":null},"items":[]}', id="null token"
        ),
    ],
)
def test_an_empty_list_is_seen_to_be_empty(body: bytes) -> None:
    assert Seen(()) == read_list(scripted(body), PATH, POD_PAGES)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b"[]", id="an array"),
        pytest.param(b'{"kind":"PodList","metadata":{}}', id="no items"),
        pytest.param(b'{"kind":"PodList","items":[]}', id="no metadata"),
        pytest.param(b'{"metadata":{},"items":[]}', id="no kind"),
        pytest.param(page(kind="NodeList"), id="another list"),
        pytest.param(page(kind="List"), id="a list of anything"),
        pytest.param(b'{"kind":"Status","metadata":{},"items":[]}', id="a status"),
        pytest.param(b'{"kind":"PodList","metadata":{},"items":{}}', id="items are no list"),
        pytest.param(page(pod("a"))[:-20], id="half a page"),
        pytest.param(b"<html>", id="HTML"),
        pytest.param(
            b'{"kind":"PodList","metadata":{},"items":[],"x":' + DEEP + b"}", id="20,000 deep"
        ),
        pytest.param(
            b'{"kind":"PodList","metadata":{},"items":' + DEEP + b"}", id="deep in the items"
        ),
    ],
)
@pytest.mark.parametrize("read", ["typed", "raw"])
def test_what_is_no_list_is_never_an_empty_one(body: bytes, read: str) -> None:
    pages = POD_PAGES if read == "typed" else raw_read("PodList", _undecoded)
    sight = read_list(scripted(body), PATH, pages)

    assert isinstance(sight, Unseen)
    assert "malformed list at /api/v1/pods" in sight.why


def test_a_broken_object_does_not_take_its_neighbours_along() -> None:
    broken = pod("b", spec={"hostNetwork": "maybe", "env": "canary"})

    sight = read_list(scripted(page(pod("a"), broken, pod("c"))), PATH, POD_PAGES)

    assert isinstance(sight, Seen)
    first, second, third = sight.value
    assert isinstance(second, BrokenObject)
    assert ObjectRef("Pod", "shop", "b") == second.ref
    assert "canary" not in str(second)
    assert ["a", "c"] == [
        each.name for each in (first, third) if not isinstance(each, BrokenObject)
    ]


def test_an_object_that_is_no_text_is_broken_and_in_any_namespace() -> None:
    body = b'{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"\xff"}}]}'

    sight = read_list(scripted(body), PATH, POD_PAGES)

    assert isinstance(sight, Seen)
    (broken,) = sight.value
    assert isinstance(broken, BrokenObject)
    assert "" == broken.ref.namespace


def test_an_address_that_is_none_breaks_one_pod_only() -> None:
    broken = pod("b", status={"podIP": "10.0.0.999"})

    assert ["a", "broken b"] == names(scripted(page(pod("a"), broken)))


def test_a_list_that_expires_is_begun_once_more() -> None:
    api = scripted(
        page(pod("old"), resume="one"), EXPIRED, page(pod("a"), resume="two"), page(pod("b"))
    )

    assert ["a", "b"] == names(api)
    assert {"limit": "500"} == api.queries[2]


def test_a_list_that_expires_twice_is_unseen() -> None:
    api = scripted(page(resume="one"), EXPIRED, page(resume="two"), EXPIRED)

    assert "inconsistent list at /api/v1/pods: it expired twice" in names(api)
    assert 4 == len(api.queries)


def test_a_list_that_never_ends_is_unseen() -> None:
    api = Scripted(page(pod("a"), resume=str(number)) for number in range(MOST_PAGES + 1))

    assert f"more than {MOST_PAGES} pages" in names(api)
    assert MOST_PAGES == len(api.queries)


def test_a_list_that_goes_in_circles_is_unseen() -> None:
    api = scripted(page(resume="a"), page(resume="b"), page(resume="a"))

    assert "same page again" in names(api)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Refused(403, "not allowed to list"), id="forbidden"),
        pytest.param(Refused(404, "no such thing"), id="not served"),
        pytest.param(NoEntry("misbehaves"), id="no entry"),
        pytest.param(TryLater("deadline of 1 s"), id="too late"),
    ],
)
def test_a_list_that_fails_half_way_is_unseen_as_a_whole(error: SeawallError) -> None:
    assert str(error) == names(scripted(page(pod("a"), resume="one"), error))


class _Named(msgspec.Struct):
    name: str


@pytest.mark.parametrize(
    "answer, seen",
    [
        pytest.param(b'{"kind":"Thing","name":"x"}', Seen(_Named("x")), id="what was asked for"),
        pytest.param(b'{"kind":"Status","name":"x"}', None, id="another kind"),
        pytest.param(b'{"kind":"Thing"}', None, id="half of it"),
        pytest.param(b"[" * 20_000, None, id="deep"),
        pytest.param(Refused(403, "no"), None, id="forbidden"),
    ],
)
def test_one_document_is_seen_or_not(
    answer: bytes | SeawallError, seen: Seen[_Named] | None
) -> None:
    sight = read_one(scripted(answer), PATH, "Thing", _Named)

    assert sight == seen if seen else isinstance(sight, Unseen)
