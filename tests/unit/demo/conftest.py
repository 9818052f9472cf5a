from collections.abc import Iterator

import pytest

from seawall.demo.access import Grant, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.asking import Asker
from seawall.demo.store import Store

ADMIN = User("admin", token="admin", groups=("system:masters",))
READER = User("reader", (Grant(("list",), ("",), ("pods",), ("shop",)),), "reader")


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """A server with one namespace, answering slowly enough for requests to meet."""
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    with ApiServer(Store([shop]), [ADMIN, READER], latency_s=0.02) as running:
        yield running


@pytest.fixture
def admin(server: ApiServer) -> Asker:
    return Asker(server, "admin")
