"""From discovery to a closed namespace, through the deployed stack; the tests are one story."""

import json

import pytest
from tests.e2e.conftest import MANY, MENDED
from tests.e2e.fleet import PERSON, key, many, namespace
from tests.e2e.waiting import until
from tests.e2e.world import World

from seawall.model.memory import Status
from seawall.model.plan import Mode, Stage
from seawall.model.run import End

DRIFTED = "shop-007"
NEW = "reporting"
LEAK = "leaked"
ASKED, WAITING = "shop-008", "waiting"
FOUND_WITHIN_S = 60
ALL = frozenset({*many(MANY, 1), MENDED})


@pytest.fixture(scope="module")
def first(stack: World) -> dict[str, object]:
    """What Discover answers the person who invokes it with {}, after the run has ended."""
    answer = stack.order()
    run = stack.closed()
    assert run.id == answer["run"]
    return answer


def test_a_person_at_the_console_is_told_what_was_ordered(first: dict[str, object]) -> None:
    told = {name: first[name] for name in ("ok", "ordered", "unseen", "joined")}

    assert {"ok": True, "ordered": len(ALL), "unseen": [], "joined": False} == told
    assert "/scan-eks" in str(first["next"])


@pytest.mark.usefixtures("first")
def test_every_cluster_is_scanned_beyond_the_first_page_of_eks(stack: World) -> None:
    run = stack.runs.last()
    assert run is not None

    assert dict.fromkeys(sorted(map(key, ALL)), End.SCANNED) == stack.ends(run.id)


@pytest.mark.usefixtures("first")
def test_each_was_read_by_the_role_of_the_scan_with_a_token_that_sts_knew(stack: World) -> None:
    users = {
        entry.user
        for server in stack.fleet.servers.values()
        for entry in server.journal.entries
        if entry.method == "GET" and entry.status == 200
    }

    assert {"seawall-reader"} == users


@pytest.mark.usefixtures("first")
def test_the_first_run_is_one_summary_at_the_topic_and_in_slack(stack: World) -> None:
    (said,) = until(stack.told, "a subscriber is told", FOUND_WITHIN_S)
    (posted,) = until(stack.slack_said, "Slack is told", FOUND_WITHIN_S)

    assert ("1.0", "custom") == (json.loads(said)["version"], json.loads(said)["source"])
    assert MENDED in said
    assert MENDED in posted


@pytest.fixture(scope="module")
def changed(stack: World, first: dict[str, object]) -> None:
    """One cluster drifts; the owner of another lets Seawall act, and makes an empty namespace."""
    assert first
    stack.modes.set_mode(key(MENDED), Mode.AUTO)
    stack.fleet.put(MENDED, namespace(NEW))
    stack.fleet.put(DRIFTED, namespace(LEAK), _pod(LEAK))
    stack.run()
    until(lambda: _stage(stack) is Stage.DONE, f"{NEW} is closed", FOUND_WITHIN_S)


def _pod(space: str) -> dict[str, object]:
    meta = {"name": "web", "namespace": space, "labels": {"app": "web"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": []}}


def _stage(stack: World) -> Stage | None:
    states = stack.plans.plans(key(MENDED))
    return next((each.stage for each in states if each.plan.namespace == NEW), None)


@pytest.mark.usefixtures("changed")
def test_drift_is_told_at_the_topic_and_in_slack(stack: World) -> None:
    assert until(lambda: [t for t in stack.told() if DRIFTED in t], "told", FOUND_WITHIN_S)
    assert until(lambda: [t for t in stack.slack_said() if LEAK in t], "told", FOUND_WITHIN_S)


@pytest.mark.usefixtures("changed")
def test_the_empty_namespaces_are_closed_and_nothing_else_was_written(stack: World) -> None:
    writes = {
        (name, entry.user, entry.path.split("/")[5])
        for name, server in stack.fleet.servers.items()
        for entry in server.journal.entries
        if entry.method != "GET" and "dryRun" not in entry.query and "reviews" not in entry.path
    }

    assert {(MENDED, "seawall-writer", NEW), (MENDED, "seawall-writer", "default")} == writes


@pytest.mark.usefixtures("changed")
def test_the_next_run_finds_it_resolved_and_says_so(stack: World) -> None:
    before = len(stack.told())
    stack.run()
    later = until(lambda: stack.told()[before:], "told", FOUND_WITHIN_S)
    memory = stack.memories.recall(key(MENDED))
    assert memory is not None
    found = {each.status for each in memory.findings if each.namespace == NEW}

    assert Status.RESOLVED in found
    assert NEW in "".join(later)


@pytest.mark.usefixtures("changed")
def test_a_run_in_which_nothing_changed_tells_nobody(stack: World) -> None:
    stack.run()
    before = (len(stack.told()), len(stack.slack_said()))
    stack.run()

    assert before == (len(stack.told()), len(stack.slack_said()))


@pytest.mark.usefixtures("changed")
def test_what_the_stack_proposes_a_person_lists_and_applies_at_their_own_machine(
    stack: World,
) -> None:
    mode = stack.person.say("mode", "propose", ASKED)
    stack.fleet.put(ASKED, namespace(WAITING))
    stack.run()
    offered = until(lambda: _offered(stack), "a plan is proposed", FOUND_WITHIN_S)
    listed = json.loads(stack.person.say("plan", ASKED, "-n", WAITING, "-o", "json"))["plans"]
    done = stack.person.say("apply", offered[0][:8])

    assert f"propose {key(ASKED)}\n" == mode
    assert offered == [each["plan"]["id"] for each in listed]
    assert done.startswith(f"done {offered[0]}")
    assert PERSON in {
        entry.user
        for entry in stack.fleet.servers[ASKED].journal.entries
        if (entry.method, "dryRun" in entry.query) == ("PATCH", False) and WAITING in entry.path
    }


def _offered(stack: World) -> list[str]:
    states = stack.plans.plans(key(ASKED))
    return [
        each.plan.id
        for each in states
        if (each.plan.namespace, each.stage) == (WAITING, Stage.PROPOSED)
    ]
