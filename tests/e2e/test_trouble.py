"""The deployed stack, broken on purpose: poison, forgery, refusals, deaths."""

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.cloud import REGION
from tests.e2e.fleet import key, namespace
from tests.e2e.stack import FLEET
from tests.e2e.waiting import until
from tests.e2e.world import VISIBILITY_S, World

from seawall.demo.faults import Hang, Plan
from seawall.demo.slack_server import AWAY, PATH
from seawall.model.messages import RunId, ScanOrder
from seawall.model.run import End, Run
from seawall.publish.events import encode

SOON_S = 60
TRIES = 3
"""The first, and the two that template.yaml allows Alert beside it."""
BY_THE_CLOCK_S = 180
"""A schedule of ours comes at once, and that of Alert every minute."""


@pytest.fixture(scope="module", autouse=True)
def known(stack: World) -> None:
    """Every cluster was scanned before: what changes from now is news."""
    stack.run()


def scanned(stack: World, run: Run) -> bool:
    """Every cluster ended the run scanned."""
    ends = stack.ends(run.id)
    return len(ends) == len(stack.fleet.servers) and set(ends.values()) == {End.SCANNED}


def drift(stack: World, cluster: str, space: str) -> None:
    """Somebody makes a namespace with a pod, and nothing protects it."""
    meta = {"name": "web", "namespace": space}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": []}}
    stack.fleet.put(cluster, namespace(space), pod)


def test_poison_is_a_dead_letter_after_five_tries_and_the_others_pass(stack: World) -> None:
    poison = '{"no": "message of ours"}'
    stack.send("ScansEks", poison)
    run = stack.run()
    (letter,) = until(lambda: stack.letters("ScansEksDead"), "it is dead", SOON_S)

    assert poison == letter["Body"]
    assert int(letter["Attributes"]["ApproximateReceiveCount"]) >= 5
    assert scanned(stack, run)


def test_an_order_for_a_cluster_that_is_not_known_is_refused_and_counted(stack: World) -> None:
    run, forged = stack.runs.begin(datetime.now(UTC)), key("forged")
    order = encode(ScanOrder(run.id, forged), fleet=FLEET, now=datetime.now(UTC))
    stack.send("ScansEks", order.body.decode())
    until(lambda: "refused" in stack.logged("scan-eks"), "it is counted", SOON_S)
    ended = stack.run()

    assert forged not in stack.ends(ended.id)
    assert [] == stack.letters("ScansEksDead")


def test_who_may_not_list_clusters_says_so_and_scans_those_it_knows(stack: World) -> None:
    with without(stack, "DiscoverRole", "ListsClusters"):
        answer = stack.order()
    run = stack.closed()
    scope, why = run.scopes_unseen[0]

    assert f"aws:000000000000/{REGION}" == scope
    assert "not permitted" in why
    assert "seawall-DiscoverRole" in why
    assert "eks:ListClusters" in str(answer["unseen"])
    assert scanned(stack, run)


def test_a_scan_that_may_not_send_is_told_by_role_and_done_once_it_may(stack: World) -> None:
    with without(stack, "ScanEksRole", "Sends"):
        run = stack.order({"clusters": ["shop-021"]})["run"]
        said = until(lambda: _denied(stack), "the log says who may not do what", SOON_S)

    assert "seawall-ScanEksRole" in said
    assert End.SCANNED is stack.ends(_closed(stack, run))[key("shop-021")]


def _denied(stack: World) -> str:
    lines = stack.logged("scan-eks").splitlines()
    return next((line for line in lines if "not authorized" in line and "sqs:" in line), "")


def _closed(stack: World, run: RunId) -> RunId:
    assert run == stack.closed().id
    return run


@contextmanager
def without(stack: World, role: str, sid: str) -> Iterator[None]:
    """The stack while one statement of a role's policy is taken away."""
    iam, name = stack.cloud.client("iam"), stack.resource(role)
    before = iam.get_role_policy(RoleName=name, PolicyName="seawall")["PolicyDocument"]
    left = [each for each in before["Statement"] if each["Sid"] != sid]
    assert len(left) == len(before["Statement"]) - 1

    def put(statements: list[Any]) -> None:
        document = json.dumps({**before, "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="seawall", PolicyDocument=document)

    put(left)
    try:
        yield
    finally:
        put(before["Statement"])


def test_a_message_of_a_newer_version_waits_for_the_update(stack: World) -> None:
    order = encode(ScanOrder(RunId("r"), key("shop-000")), fleet=FLEET, now=datetime.now(UTC))
    newer = json.loads(order.body) | {"type": "dev.seawall.scan.ordered.v2"}
    stack.send("ScansEks", json.dumps(newer))
    until(lambda: _lines(stack, "scan-eks", "ordered.v2"), "the log says it", SOON_S)
    time.sleep(VISIBILITY_S)

    assert 1 == len(_lines(stack, "scan-eks", "ordered.v2"))  # it does not come again for a while
    assert (1, []) == (stack.left("ScansEks"), stack.letters("ScansEksDead"))
    stack.cloud.client("sqs").purge_queue(QueueUrl=stack.resource("ScansEks"))


def test_the_same_schedule_twice_at_once_is_one_run_and_one_digest(stack: World) -> None:
    drift(stack, "shop-031", "twice")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: stack.order(), range(2))
    run = stack.closed()
    until(lambda: "twice" in "".join(stack.told()), "it is told", SOON_S)
    until(lambda: _times("twice", stack.slack_said()), "Slack is told", SOON_S)

    assert {run.id} == {first["run"], second["run"]}
    assert {True, False} == {first["joined"], second["joined"]}
    assert scanned(stack, run)
    assert 1 == _times("twice", stack.told())
    assert 1 == _times("twice", stack.slack_said())


def test_a_function_that_is_killed_in_mid_batch_loses_nothing(stack: World) -> None:
    slow = stack.fleet.servers["shop-050"]
    slow.journal.forget()
    slow.faults.plan(Plan("/api/v1/pods", Hang(), times=1))
    stack.order()
    until(lambda: slow.journal.in_flight, "a scan is under way", SOON_S)
    killed = [_kill(pid) for pid in list(stack.cloud.workers()) if "-ScanEks-" in _function(pid)]
    run = stack.closed(VISIBILITY_S + SOON_S)

    assert killed
    assert scanned(stack, run)


def _kill(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)
    return pid


def _function(pid: int) -> str:
    """The function that a worker runs."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    except OSError:
        return ""
    said = dict(each.split("=", 1) for each in variables if "=" in each)
    return said.get("AWS_LAMBDA_FUNCTION_NAME", "")


def test_slack_that_is_away_is_told_later_and_holds_up_nobody(stack: World) -> None:
    stack.slack.fail(PATH, AWAY, times=1)
    drift(stack, "shop-041", "later")
    run = stack.run()
    until(lambda: _times("later", stack.slack_said()) > 1, "Slack is told again", SOON_S)

    assert 1 == _times("later", stack.told())
    assert scanned(stack, run)


def test_what_slack_never_takes_is_kept_for_a_person(stack: World) -> None:
    stack.slack.fail(PATH, AWAY, times=TRIES)
    drift(stack, "shop-042", "never")
    run = stack.run()
    letters = until(lambda: stack.letters("Undelivered"), "it is kept", SOON_S)
    (kept,) = [letter["Body"] for letter in letters if "never" in letter["Body"]]
    tries = _times("never", stack.slack_said())
    again = stack.stack.invoke("Alert", json.loads(kept)["requestPayload"])  # as docs/deploy says

    assert (TRIES, TRIES + 1) == (tries, _times("never", stack.slack_said()))
    assert {"error": None, "answer": {"ok": True, "forwarded": 1}} == again
    assert scanned(stack, run)


def test_a_tick_that_may_not_publish_says_so_and_is_no_letter(stack: World) -> None:
    drift(stack, "shop-043", "withheld")
    with denied(stack, "AlertRole", "sns:Publish"):
        run = stack.order()["run"]
        said = until(lambda: _untold(stack), "a tick says that it could tell nobody", SOON_S)
        until(lambda: _closed_run(stack) == run, "the run is closed all the same", SOON_S)
        logged = until(
            lambda: _lines(stack, "alert", '"message":"untold"'), "the log says it", SOON_S
        )
    before = _times("withheld", stack.told())
    stack.closed()
    until(lambda: _times("withheld", stack.told()), "it is told later", SOON_S)

    assert 0 == before
    assert "may this role publish to it?" in said
    assert said in json.loads(logged[0])["answer"]["error"]
    assert [] == stack.letters("Undelivered")


def _untold(stack: World) -> str:
    """Why a tick could tell nobody."""
    said = stack.stack.invoke("Alert", {})
    assert said["error"] is None, said
    return "" if said["answer"]["ok"] else str(said["answer"]["error"])


def _closed_run(stack: World) -> str:
    last = stack.runs.last()
    return last.id if last else ""


def _lines(stack: World, function: str, word: str) -> list[str]:
    return [line for line in stack.logged(function).splitlines() if word in line]


@contextmanager
def denied(stack: World, role: str, action: str) -> Iterator[None]:
    """The stack while a role must not do one thing, whatever else allows it."""
    iam, name = stack.cloud.client("iam"), stack.resource(role)
    no = {"Effect": "Deny", "Action": action, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [no]})
    iam.put_role_policy(RoleName=name, PolicyName="no", PolicyDocument=document)
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=name, PolicyName="no")


def _times(word: str, said: list[str]) -> int:
    return sum(word in text for text in said)


def test_the_clock_alone_starts_a_run_and_closes_it(stack: World) -> None:
    before = stack.runs.last()
    _at_once(stack, "DiscoverRound")
    run = until(
        lambda: last if (last := stack.runs.last()) != before else None,
        "a run that nobody ordered is over",
        BY_THE_CLOCK_S,
    )

    assert scanned(stack, run)


def _at_once(stack: World, name: str) -> None:
    """Let a schedule of the stack come in two seconds, with all else it has."""
    clock = stack.cloud.client("scheduler")
    is_now = clock.get_schedule(Name=stack.resource(name))
    kept = {each: is_now[each] for each in ("Name", "GroupName", "FlexibleTimeWindow", "Target")}
    soon = datetime.now(UTC) + timedelta(seconds=2)
    clock.update_schedule(
        **kept, State="ENABLED", ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})"
    )


def test_no_message_is_left_behind(stack: World) -> None:
    names = ("ScansEks", "Findings", "ScansEksDead", "FindingsDead", "Undelivered")
    until(lambda: not any(stack.left(name) for name in names[:2]), "all is done", SOON_S)

    assert dict.fromkeys(names, 0) == {name: stack.left(name) for name in names}
