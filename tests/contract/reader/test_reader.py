"""What collect relies on, of the real Reader and of its stand-in in memory alike."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seawall.collect.cluster import KubeApi, read_cluster
from seawall.connect import Limits, open_reader
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.memory_api import MemoryApi
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused
from seawall.model.sight import Seen

SCANNER = User("scanner", READER_GRANTS, "made-up-token")
NARROW = User("narrow", tuple(g for g in READER_GRANTS if "pods" not in g.resources), "narrow")
NOW = datetime(2026, 1, 1, tzinfo=UTC)

# Opens an API for a user; nobody is somebody whose token is not known.
OpenFor = Callable[[User | None], KubeApi]


def namespaces(count: int) -> list[dict[str, object]]:
    names = ["kube-system", *(f"ns-{number:04}" for number in range(count - 1))]
    return [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in names]


@pytest.fixture(scope="module")
def store() -> Store:
    return Store(namespaces(1_200))


@pytest.fixture(scope="module")
def server(store: Store) -> Iterator[ApiServer]:
    with ApiServer(store, [SCANNER, NARROW]) as running:
        yield running


@pytest.fixture(params=["the real reader", "the one in memory"])
def open_for(request: pytest.FixtureRequest, server: ApiServer, store: Store) -> Iterator[OpenFor]:
    with ExitStack() as stack:

        def real(user: User | None) -> AbstractContextManager[KubeApi]:
            token = user.token if user else "unknown"
            door = Door(server.url, ca=server.certificates.ca_pem, token=token)
            return open_reader(door, replace(Limits(), read_s=5.0))

        def remembered(user: User | None) -> AbstractContextManager[KubeApi]:
            return MemoryApi(store, user)

        one = real if request.param == "the real reader" else remembered
        yield lambda user: stack.enter_context(one(user))


def test_a_list_comes_in_pages(open_for: OpenFor) -> None:
    api = open_for(SCANNER)
    first = json.loads(api.get("/api/v1/namespaces", [("limit", "500")]))
    token = first["metadata"]["continue"]
    second = json.loads(api.get("/api/v1/namespaces", [("limit", "500"), ("continue", token)]))

    assert (500, 500) == (len(first["items"]), len(second["items"]))
    assert first["items"][0]["metadata"]["name"] < second["items"][0]["metadata"]["name"]


def test_all_pages_make_one_snapshot(open_for: OpenFor) -> None:
    snapshot = read_cluster(open_for(SCANNER), ClusterKey("k"), now=NOW)

    assert isinstance(snapshot.namespaces, Seen)
    assert 1_200 == len(snapshot.namespaces.value)


def test_the_groups_are_told(open_for: OpenFor) -> None:
    told = json.loads(open_for(SCANNER).get("/apis"))

    assert "APIGroupList" == told["kind"]


@pytest.mark.parametrize(
    "user, path, status",
    [
        pytest.param(None, "/api/v1/pods", 401, id="unknown token"),
        pytest.param(NARROW, "/api/v1/pods", 403, id="forbidden"),
        pytest.param(SCANNER, "/api/v1/namespaces/gone", 404, id="no such object"),
        pytest.param(SCANNER, "/apis/cilium.io/v2", 404, id="no such group"),
    ],
)
def test_a_no_is_refused_with_its_status(
    user: User | None, path: str, status: int, open_for: OpenFor
) -> None:
    with pytest.raises(Refused) as caught:
        open_for(user).get(path)

    assert status == caught.value.status
    assert f"GET {path}" in str(caught.value)


def test_a_token_of_no_list_is_refused(open_for: OpenFor) -> None:
    with pytest.raises(Refused) as caught:
        open_for(SCANNER).get("/api/v1/namespaces", [("continue", "made-up")])

    assert caught.value.status in {400, 410}


def test_a_path_that_may_mean_something_else_is_no_entry(open_for: OpenFor) -> None:
    with pytest.raises(NoEntry, match="API path"):
        open_for(SCANNER).get("/api/v1/../secrets")
