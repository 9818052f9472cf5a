import gzip
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from seawall.connect import Limits, Reader
from seawall.connect.limits import MIB
from seawall.connect.transport import Transport
from seawall.demo import faults
from seawall.demo.apiserver import ApiServer
from seawall.demo.faults import Fault, Instead
from seawall.demo.replies import Reply
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused, SeawallError, TryLater

PODS = "/api/v1/pods"
ALWAYS = None

Open = Callable[..., Reader]
Commit = Callable[..., None]
Asked = Callable[[str], int]


def test_an_honest_list_is_read(opened: Open) -> None:
    assert "PodList" == json.loads(opened().get(PODS))["kind"]


def test_the_query_is_encoded(opened: Open, asked: Asked, server: ApiServer) -> None:
    opened().get("/api/v1/namespaces", [("limit", "500"), ("labelSelector", "a in (b,c)")])

    assert 1 == asked("/api/v1/namespaces")
    assert "limit=500&labelSelector=a in (b,c)" == server.journal.entries[-1].query


def test_a_compressed_list_is_unpacked(opened: Open, server: ApiServer) -> None:
    for number in range(300):
        labels = {f"label-{number}": "x" * 60}
        meta = {"name": f"ns-{number}", "labels": labels, "annotations": {"a": "y" * 600}}
        server.store.put({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})

    body = opened().get("/api/v1/namespaces")

    assert len(body) > 128 * 1024  # from this length on API servers compress
    assert 301 <= len(json.loads(body)["items"])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.too_many(0), id="429"),
        pytest.param(faults.NAMED["500"], id="500"),
        pytest.param(faults.unavailable(0), id="503"),
        pytest.param(faults.NAMED["504"], id="504"),
        pytest.param(Instead(Reply(502, b"bad gateway", "text/plain")), id="502 of a proxy"),
        pytest.param(faults.Reset(), id="reset"),
        pytest.param(faults.Truncate(), id="truncated"),
    ],
)
def test_what_passes_is_asked_for_again(
    fault: Fault, opened: Open, commit: Commit, asked: Asked
) -> None:
    commit(fault, times=2)

    assert "PodList" == json.loads(opened().get(PODS))["kind"]
    assert 3 == asked(PODS)


@pytest.mark.parametrize(
    "fault, error, word, times",
    [
        pytest.param(faults.too_many(0), TryLater, "429", 3, id="429"),
        pytest.param(faults.unavailable(0), TryLater, "503", 3, id="503"),
        pytest.param(faults.Reset(), TryLater, "broke off", 3, id="reset"),
        pytest.param(faults.Truncate(), TryLater, "broke off", 3, id="truncated"),
        pytest.param(faults.Hang(), TryLater, "no answer within 0.4 s", 1, id="hang"),
        pytest.param(faults.NAMED["401"], Refused, "credentials were refused", 1, id="401"),
        pytest.param(faults.NAMED["403"], Refused, "a fault on command", 1, id="403"),
        pytest.param(faults.NAMED["404"], Refused, "404", 1, id="404"),
        pytest.param(faults.NAMED["410"], Refused, "410", 1, id="410"),
        pytest.param(faults.NAMED["redirect"], NoEntry, "redirect", 1, id="redirect"),
        pytest.param(faults.NAMED["login-page"], NoEntry, "text/html", 1, id="a login page"),
        pytest.param(faults.WrongType(), NoEntry, "text/plain", 1, id="wrong type"),
        pytest.param(
            Instead(Reply(200, b"{}", "application/json", headers={"Content-Encoding": "br"})),
            NoEntry,
            "unknown way",
            1,
            id="unknown compression",
        ),
        pytest.param(
            Instead(
                Reply(
                    200,
                    gzip.compress(b"{}" * 999)[:-12],
                    "application/json",
                    headers={"Content-Encoding": "gzip"},
                )
            ),
            NoEntry,
            "breaks off",
            1,
            id="half a gzip",
        ),
        pytest.param(
            Instead(Reply(200, b"{}", "application/json", headers={"Content-Encoding": "gzip"})),
            NoEntry,
            "damaged",
            1,
            id="no gzip at all",
        ),
        pytest.param(Instead(Reply(418, b"", "text/plain")), Refused, "418", 1, id="teapot"),
        pytest.param(Instead(Reply(599, b"", "text/plain")), NoEntry, "599", 1, id="599"),
    ],
)
def test_what_stays_is_an_error(  # noqa: PLR0913, PLR0917  a table's columns
    fault: Fault,
    error: type[SeawallError],
    word: str,
    times: int,
    door: Door,
    opened: Open,
    commit: Commit,
    asked: Asked,
) -> None:
    commit(fault, times=ALWAYS)

    with pytest.raises(error, match=word) as caught:
        opened().get(PODS)

    assert error is type(caught.value)
    assert door.token not in str(caught.value)
    assert times == asked(PODS)


def test_a_refusal_tells_its_status(opened: Open, commit: Commit) -> None:
    commit(faults.NAMED["403"])

    with pytest.raises(Refused) as caught:
        opened().get(PODS)

    assert 403 == caught.value.status


def test_retry_after_is_kept_to_within_the_deadline(door: Door, commit: Commit) -> None:
    slept: list[float] = []
    transport = Transport(door, Limits(), sleep=slept.append)
    commit(faults.too_many(7))

    transport.get(PODS)
    transport.close()

    assert [7.0] == slept


def test_a_retry_after_beyond_the_deadline_is_not_waited_for(opened: Open, commit: Commit) -> None:
    commit(faults.too_many(60))
    start = time.monotonic()

    with pytest.raises(TryLater, match="429"):
        opened().get(PODS)

    assert time.monotonic() - start < 2


def test_a_pause_is_jittered(door: Door, commit: Commit) -> None:
    slept: list[float] = []
    limits = Limits(pauses_s=(1.0, 2.0))
    transport = Transport(door, limits, sleep=slept.append, chance=lambda: 0.25)
    commit(faults.NAMED["500"], times=2)

    transport.get(PODS)
    transport.close()

    assert [0.75, 1.5] == slept


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.Hang(), id="silence"),
        pytest.param(faults.Drip(every_s=0.05), id="one byte at a time"),
    ],
)
def test_the_deadline_ends_everything(fault: Fault, opened: Open, commit: Commit) -> None:
    commit(fault, times=ALWAYS)
    reader = opened(cluster_s=0.8, read_s=10.0)
    start = time.monotonic()

    for path in (PODS, "/api/v1/nodes"):
        with pytest.raises(TryLater, match=r"deadline of 0\.8 s"):
            reader.get(path)

    assert 0.7 < time.monotonic() - start < 2


def test_a_long_answer_is_stopped(opened: Open, commit: Commit) -> None:
    commit(faults.Huge(20))

    with pytest.raises(NoEntry, match="longer than 1 MiB"):
        opened(answer_bytes=MIB).get(PODS)


def test_a_gzip_bomb_is_stopped_early(opened: Open, commit: Commit) -> None:
    commit(faults.GzipBomb(256))
    start = time.monotonic()

    with pytest.raises(NoEntry, match="longer than 1 MiB"):
        opened(answer_bytes=MIB).get(PODS)

    assert time.monotonic() - start < 4


def test_many_answers_are_stopped_too(opened: Open) -> None:
    reader = opened(cluster_bytes=2_000)

    def too_often() -> None:
        for _ in range(100):
            reader.get(PODS)

    with pytest.raises(NoEntry, match="in all"):
        too_often()


def test_a_connection_is_used_again(opened: Open, asked: Asked) -> None:
    reader = opened()
    for _ in range(5):
        reader.get(PODS)

    assert 5 == asked(PODS)
    assert 1 == reader._transport._pool.num_connections  # noqa: SLF001  the pool keeps no other count


def test_no_more_than_two_things_are_asked_at_once(slow_server: ApiServer, slow_door: Door) -> None:
    transport = Transport(slow_door, Limits())
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(transport.get, [PODS] * 8))
    transport.close()

    assert 8 == len(answers)
    assert 2 == slow_server.journal.high_water
