"""Killed at any call, with any answer lost: nothing is lost, nothing is doubled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from tests.contract.state.dynamo import TABLE, moto_client
from tests.contract.state.values import (
    ADA,
    BOB,
    LATER_BOB,
    MONDAY,
    RUN,
    TUESDAY,
    digest,
    ended,
    entry,
    finding,
    full_digest,
    key,
    memory,
    moved,
    notice,
    plan_state,
    seen,
    turn,
)
from tests.unit.state.dynamo_faults import Killed, Process, Shelf, hooked, killed_at, lost

from seawall.model.cluster import ClusterUid
from seawall.model.errors import TryLater
from seawall.model.fleet import Sighting
from seawall.model.memory import Memory
from seawall.model.plan import Mode, PlanId, Stage
from seawall.model.sight import Unseen
from seawall.state.dynamo import DynamoTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Step = Callable[[Process], object]
BEFORE = MONDAY - timedelta(minutes=1)

WEIGHT = Random(1).randbytes(300_000).hex()  # noqa: S311  the same at every run
"""What no packing makes short."""


def heavy(version: int) -> Memory:
    """A memory that no item can hold."""
    long = replace(finding(1), summary=f"{WEIGHT}{WEIGHT[::-1]}")
    return replace(memory(version=version), findings=(long,))


def nothing(_: Process) -> None:
    """Begin with an empty table."""


def a_memory(process: Process) -> None:
    process.memories.keep(memory(), [turn(number=1)], attempt="before")


def a_heavy_memory(process: Process) -> None:
    process.memories.keep(heavy(1), [turn(number=1)], attempt="before")


def untold(process: Process) -> None:
    """Two turns, two notices, and a digest of other things that was sent."""
    process.news.note(RUN, notice("told"), now=MONDAY)
    process.news.draft(digest("told", notice("told")), process.news.untold(), ADA)
    process.news.sent(digest("told").id)
    a_memory(process)
    process.news.note(RUN, notice("new"), now=MONDAY)


def waiting(process: Process) -> None:
    untold(process)
    process.news.draft(full_digest("d"), process.news.untold(), ADA)


def a_run(process: Process) -> None:
    process.runs.begin(MONDAY)


def a_plan(process: Process) -> None:
    process.plans.put(plan_state("p"), before=None)


def clusters(process: Process) -> None:
    process.inventory.observe(seen("one", "a", "b"), now=MONDAY)
    process.inventory.observe(seen("two", "c"), now=MONDAY)


def end_run(process: Process) -> object:
    run = process.runs.open()
    return run and process.runs.end(ended(run))


@dataclass(frozen=True, slots=True)
class Case:
    """What was there before, and what is done; doing it again changes nothing."""

    before: Step
    step: Step


CASES = {
    "the first memory": Case(
        nothing, lambda p: p.memories.keep(memory(), [turn(number=n) for n in (1, 2)], attempt="a")
    ),
    "the next memory": Case(
        a_memory, lambda p: p.memories.keep(memory(version=2), [turn(number=2)], attempt="a")
    ),
    "a memory without turns": Case(
        a_memory, lambda p: p.memories.keep(memory(version=2), [], attempt="a")
    ),
    "a heavy memory": Case(
        a_heavy_memory, lambda p: p.memories.keep(heavy(2), [turn(number=2)], attempt="a")
    ),
    "a claim": Case(nothing, lambda p: p.memories.claim(ClusterUid("u"), key("prod"))),
    "a notice": Case(untold, lambda p: p.news.note(RUN, notice("newer"), now=TUESDAY)),
    "a digest": Case(untold, lambda p: p.news.draft(full_digest("d"), p.news.untold(), ADA)),
    "a digest of nothing": Case(untold, lambda p: p.news.draft(digest("d"), p.news.untold(), ADA)),
    "a digest that another one was given": Case(
        waiting, lambda p: p.news.draft(full_digest("d"), p.news.untold(), LATER_BOB)
    ),
    "a digest that was sent": Case(waiting, lambda p: p.news.sent(full_digest("d").id)),
    "a run that ends": Case(a_run, end_run),
    "an entry": Case(nothing, lambda p: p.runs.enter(entry("a"))),
    "a plan": Case(nothing, lambda p: p.plans.put(plan_state("p"), before=None)),
    "a step of a plan": Case(
        a_plan,
        lambda p: p.plans.put(moved(plan_state("p"), Stage.APPLYING), before=Stage.PROPOSED),
    ),
    "a scope that was seen": Case(
        clusters, lambda p: p.inventory.observe(seen("one", "b", "d", "c"), now=TUESDAY)
    ),
    "a scope that was not": Case(
        clusters, lambda p: p.inventory.observe(Sighting("one", Unseen("no")), now=TUESDAY)
    ),
    "a scope that was seen before": Case(
        clusters, lambda p: p.inventory.observe(seen("one", "b", "d", "c"), now=BEFORE)
    ),
    "a mode": Case(nothing, lambda p: p.modes.set_mode(key("prod"), Mode.AUTO)),
}


def told(process: Process) -> list[object]:
    """All that the ports tell; which digest waits comes last, for asking takes something up."""
    news = process.news.untold()
    state = process.plans.plan(PlanId("p"))
    last = process.runs.last()
    return [
        process.memories.recall(key("prod")),
        process.memories.memories(),
        process.memories.history(None, 100),
        process.memories.history(key("prod"), 100),
        process.inventory.records(),
        process.runs.entries(RUN),
        (process.runs.open() is None, last and replace(last, id=RUN)),
        state,
        process.plans.plans(key("prod")),
        process.modes.mode(key("prod")),
        (news.turns, news.notices),
        process.news.draft(digest("asked", notice("asked")), news, LATER_BOB),
    ]


@pytest.fixture
def client() -> Iterator["DynamoDBClient"]:
    with moto_client() as made:
        yield made


def _done(client: "DynamoDBClient", case: Case) -> tuple[Shelf, list[str], list[object]]:
    """Without any trouble: what was asked of the table, and what is told then."""
    calls: list[str] = []
    attic = Shelf()
    process = Process(client, attic)
    case.before(process)
    with hooked(client, calls.append, after=False):
        case.step(process)
    return attic, calls, told(process)


@pytest.mark.parametrize("name", CASES)
def test_killed_at_any_call_and_done_again_all_is_as_if_nothing_had_happened(name: str) -> None:
    case = CASES[name]
    with moto_client() as client:
        _, calls, expected = _done(client, case)

    for number in range(1, len(calls) + 1):
        for after in (False, True):
            with moto_client() as client:
                attic = Shelf()
                case.before(Process(client, attic))
                with killed_at(client, number, after=after):
                    case.step(Process(client, attic))
                case.step(Process(client, attic))

                assert expected == told(Process(client, attic)), (name, number, after, calls)


@pytest.mark.parametrize("name", CASES)
def test_an_answer_that_was_lost_changes_nothing(name: str) -> None:
    case = CASES[name]
    with moto_client() as client:
        attic = Shelf()
        process = Process(client, attic)
        case.before(process)
        expected_answer = case.step(process)
        expected = told(process)
    with moto_client() as client:
        process = Process(client, Shelf())
        case.before(process)
        with hooked(client, lost(1), after=True):
            answer = case.step(process)

        assert (expected_answer, expected) == (answer, told(process))


def test_two_that_begin_a_run_get_the_same_when_the_first_answer_was_lost(
    client: "DynamoDBClient",
) -> None:
    process = Process(client, Shelf())
    with hooked(client, lost(1), after=True):
        run = process.runs.begin(MONDAY)

    assert run == process.runs.begin(TUESDAY)


def test_an_attempt_of_which_no_answer_came_has_won_when_it_is_made_again(
    client: "DynamoDBClient",
) -> None:
    process = Process(client, Shelf())
    a_memory(process)
    with (
        hooked(client, lost(9), after=True),
        pytest.raises(TryLater, match=r"DynamoDB .* on table seawall: the endpoint cannot"),
    ):
        process.memories.keep(memory(version=2), [], attempt="a")

    assert process.memories.keep(memory(version=2), [], attempt="a")
    assert not process.memories.keep(memory(version=2), [], attempt="b")


def test_what_lay_in_the_attic_for_the_version_before_is_taken_out(
    client: "DynamoDBClient",
) -> None:
    attic, _, _ = _done(client, CASES["a heavy memory"])

    assert 1 == len(attic.held)
    assert heavy(2) == Process(client, attic).memories.recall(key("prod"))


def test_what_a_killed_process_took_up_and_did_not_sweep_is_never_told_again(
    client: "DynamoDBClient",
) -> None:
    def kill(call: str) -> None:
        if call == "BatchWriteItem":
            raise Killed

    process = Process(client, Shelf())
    untold(process)
    with hooked(client, kill, after=False), pytest.raises(Killed):
        process.news.draft(full_digest("d"), process.news.untold(), ADA)
    process.news.sent(full_digest("d").id)
    process.news.note(RUN, notice("newer"), now=TUESDAY)

    assert (notice("newer"),) == process.news.untold().notices

    process.news.draft(digest("e", notice("newer")), process.news.untold(), ADA)

    assert ((), ()) == (process.news.untold().turns, process.news.untold().notices)


def test_of_two_that_ask_for_a_digest_at_once_one_is_given_it(client: "DynamoDBClient") -> None:
    process, news = Process(client, Shelf()), Process(client, Shelf()).news
    waiting(process)
    first: list[object] = []

    def overtake(call: str) -> None:
        """Right before the second one writes, the first one has written."""
        if call == "UpdateItem" and not first:
            first.append("begins")
            untold = news.untold()
            first[:] = [news.draft(full_digest("d"), untold, replace(LATER_BOB, name="eve"))]

    with hooked(client, overtake, after=False):
        second = process.news.draft(full_digest("d"), process.news.untold(), LATER_BOB)

    assert ([full_digest("d")], None) == (first, second)


def test_a_digest_that_was_laid_down_before_there_were_tellers_is_given(
    client: "DynamoDBClient",
) -> None:
    process = Process(client, Shelf())
    waiting(process)
    table = DynamoTable(client, TABLE, fleet="east")
    table.update(
        (table.place("NEWS"), "DESK"), "REMOVE teller, held_until", "turn > :no", {"no": 0}
    )

    assert full_digest("d") == process.news.draft(digest("e"), process.news.untold(), BOB)
