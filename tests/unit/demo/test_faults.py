"""Faults are committed where, when and as often as planned, and look like the real thing."""

import gzip
import json
import time
from http.client import HTTPException

import pytest

from seawall.demo import faults
from seawall.demo.apiserver import ApiServer
from seawall.demo.asking import Asker
from seawall.demo.faults import NAMED, Fault, Faults, GzipBomb, Hang, Huge, Plan, Reset, too_many

PODS = "/api/v1/pods"
SHOP = "/api/v1/namespaces/shop"


def committed(plans: list[Plan], *paths: str) -> list[Fault | None]:
    planned = Faults()
    planned.plan(*plans)
    return [planned.take("GET", path) for path in paths]


@pytest.mark.parametrize(
    "plan, paths, pattern",
    [
        pytest.param(Plan(PODS, Reset()), [PODS, PODS], "x.", id="once"),
        pytest.param(Plan(PODS, Reset(), times=2), [PODS] * 3, "xx.", id="twice"),
        pytest.param(Plan(PODS, Reset(), times=None), [PODS] * 3, "xxx", id="always"),
        pytest.param(Plan(PODS, Reset(), skip=1), [PODS] * 3, ".x.", id="the second time"),
        pytest.param(Plan(PODS, Reset()), [SHOP, PODS], ".x", id="there and nowhere else"),
        pytest.param(Plan("/api", Reset()), [PODS], ".", id="a prefix is no path"),
        pytest.param(Plan("/api", Reset(), prefix=True), [PODS, PODS], "x.", id="below a prefix"),
        pytest.param(Plan(PODS, Reset(), method="POST"), [PODS], ".", id="another method"),
    ],
)
def test_a_fault_is_committed_as_planned(plan: Plan, paths: list[str], pattern: str) -> None:
    assert [plan.fault if mark == "x" else None for mark in pattern] == committed([plan], *paths)


def test_of_two_plans_the_first_wins_and_both_count() -> None:
    plans = [Plan(PODS, Reset()), Plan(PODS, Hang(), times=2)]

    assert [Reset(), Hang(), None] == committed(plans, PODS, PODS, PODS)


def test_after_clearing_the_server_is_honest_again(server: ApiServer, admin: Asker) -> None:
    server.faults.plan(Plan(SHOP, too_many(), times=None))
    refused = admin.get(SHOP).status
    server.faults.clear()

    assert (429, 200) == (refused, admin.get(SHOP).status)


@pytest.mark.parametrize("code", ["401", "403", "404", "410", "429", "500", "503", "504"])
def test_a_refusal_has_a_status_body(server: ApiServer, admin: Asker, code: str) -> None:
    server.faults.plan(Plan(PODS, NAMED[code]))

    answer = admin.get(PODS)

    assert int(code) == answer.status == answer.json["code"]
    assert answer.json["kind"] == "Status"


@pytest.mark.parametrize("fault", [too_many(7), faults.unavailable(7)])
def test_an_overloaded_server_says_when_to_come_back(
    server: ApiServer, admin: Asker, fault: Fault
) -> None:
    server.faults.plan(Plan(PODS, fault))

    assert admin.get(PODS).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "name, head, opening",
    [
        pytest.param("login-page", (200, "text/html; charset=utf-8"), b"<!DOCTYPE", id="HTML"),
        pytest.param("redirect", (302, "application/json"), b"", id="redirect"),
        pytest.param("bad-json", (200, "application/json"), b'{"kind"', id="bad JSON"),
        pytest.param("json-null", (200, "application/json"), b"null", id="null"),
        pytest.param("empty-body", (200, "application/json"), b"", id="empty"),
        pytest.param("wrong-type", (200, "text/plain"), b'{"kind":"PodList"', id="wrong type"),
    ],
)
def test_a_wrong_answer_is_sent_whole(
    server: ApiServer, admin: Asker, name: str, head: tuple[int, str], opening: bytes
) -> None:
    server.faults.plan(Plan(PODS, NAMED[name]))

    answer = admin.get(PODS)

    assert head == (answer.status, answer.headers["Content-Type"])
    assert answer.body.startswith(opening)


def test_a_reset_cuts_the_connection(server: ApiServer, admin: Asker) -> None:
    server.faults.plan(Plan(PODS, NAMED["reset"]))

    with pytest.raises(ConnectionError):
        admin.get(PODS)


def test_a_truncated_answer_ends_too_early(server: ApiServer, admin: Asker) -> None:
    server.faults.plan(Plan(PODS, NAMED["truncate"]))

    with pytest.raises(HTTPException, match=r"IncompleteRead\(\d+ bytes read, \d+ more expected\)"):
        admin.get(PODS)


@pytest.mark.parametrize("name", ["hang", "drip"])
def test_a_slow_answer_outlasts_the_client(server: ApiServer, name: str) -> None:
    server.faults.plan(Plan(PODS, NAMED[name]))

    with pytest.raises(TimeoutError):
        Asker(server, "admin", timeout_s=0.2).get(PODS)


def test_a_short_hang_ends_in_an_honest_answer(server: ApiServer, admin: Asker) -> None:
    server.faults.plan(Plan(PODS, Hang(0.2)))
    began = time.monotonic()

    answer = admin.get(PODS)

    assert answer.status == 200
    assert time.monotonic() - began >= 0.2


def test_a_dripping_answer_is_whole_in_the_end(server: ApiServer, admin: Asker) -> None:
    server.faults.plan(Plan(PODS, faults.Drip(every_s=0.0)))

    assert admin.get(PODS).json["kind"] == "PodList"


def test_a_huge_answer_is_valid_and_huge(server: ApiServer, admin: Asker) -> None:
    server.faults.plan(Plan(PODS, Huge(mib=2)))

    answer = admin.get(PODS)

    assert len(answer.body) > 2 * 1024 * 1024
    assert answer.json["items"] == []


def test_a_gzip_bomb_is_small_until_it_is_opened(server: ApiServer, admin: Asker) -> None:
    server.faults.plan(Plan(PODS, GzipBomb(mib=8)))

    answer = admin.get(PODS)
    opened = gzip.decompress(answer.body)

    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body) * 500 < len(opened)
    assert json.loads(opened)["items"] == []


def test_deep_json_is_too_deep_for_a_parser_that_recurses(server: ApiServer, admin: Asker) -> None:
    server.faults.plan(Plan(PODS, NAMED["deep-json"]))

    answer = admin.get(PODS)

    assert answer.body.count(b"[") > 20_000
    with pytest.raises(RecursionError):
        json.loads(answer.body)


def test_a_server_with_hanging_answers_stops_at_once(server: ApiServer) -> None:
    server.faults.plan(Plan(PODS, Hang(), times=None))
    with pytest.raises(TimeoutError):
        Asker(server, "admin", timeout_s=0.1).get(PODS)
    began = time.monotonic()

    server.stop()

    assert time.monotonic() - began < 2
