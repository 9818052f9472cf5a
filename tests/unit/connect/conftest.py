import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from seawall.connect import Limits, Reader, open_reader
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.faults import Fault, Plan
from seawall.demo.store import Store
from seawall.model.door import Door

TOKEN = "made-up-token"
PODS = "/api/v1/pods"

Open = Callable[..., Reader]
Commit = Callable[..., None]


@pytest.fixture
def server() -> Iterator[ApiServer]:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    with ApiServer(Store([namespace]), [User("scanner", READER_GRANTS, TOKEN)]) as running:
        yield running


@pytest.fixture
def door(server: ApiServer) -> Door:
    return Door(server.url, ca=server.certificates.ca_pem, token=TOKEN)


@pytest.fixture
def slow_server(server: ApiServer) -> Iterator[ApiServer]:
    users = [User("scanner", READER_GRANTS, TOKEN)]
    with ApiServer(server.store, users, latency_s=0.05) as running:
        yield running


@pytest.fixture
def slow_door(slow_server: ApiServer) -> Door:
    return Door(slow_server.url, ca=slow_server.certificates.ca_pem, token=TOKEN)


@pytest.fixture
def limits() -> Limits:
    """The real rules, in a hurry."""
    return Limits(read_s=0.4, cluster_s=5.0, pauses_s=(0.01, 0.02))


@pytest.fixture
def opened(door: Door, limits: Limits) -> Iterator[Open]:
    """Open a reader with some limits changed; all are closed at the end."""
    readers = []

    def one(door: Door = door, **changes: float) -> Reader:
        readers.append(open_reader(door, replace(limits, **changes)))  # type: ignore[arg-type]
        return readers[-1]

    yield one
    for reader in readers:
        reader.close()


@pytest.fixture
def commit(server: ApiServer) -> Commit:
    def one(fault: Fault, *, path: str = PODS, times: int | None = 1) -> None:
        server.faults.plan(Plan(path, fault, times=times))

    return one


@pytest.fixture
def asked(server: ApiServer) -> Callable[[str], int]:
    """How often a path was asked for, once the server has written everything down."""

    def times(path: str) -> int:
        give_up_at = time.monotonic() + 5
        while server.journal.in_flight and time.monotonic() < give_up_at:
            time.sleep(0.005)
        return server.journal.count(path)

    return times
