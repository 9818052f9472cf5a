"""Runs: one at a time, and a ledger in which every cluster has one end."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.contract.state.ports import OpenPorts, Ports
from tests.contract.state.values import MONDAY, RUN, TUESDAY, WEDNESDAY, ended, entry

from seawall.model.errors import Trouble
from seawall.model.messages import RunId
from seawall.model.run import End, Run


def test_a_run_begins_when_it_is_told(ports: Ports) -> None:
    run = ports.runs.begin(MONDAY)

    assert Run(run.id, MONDAY) == run
    assert run.id.startswith("20261124T181425Z-")


def test_a_run_that_has_not_ended_is_taken_up_again(ports: Ports, others: Ports) -> None:
    run = ports.runs.begin(MONDAY)

    assert run == others.runs.begin(TUESDAY)


def test_a_run_remembers_what_it_was_begun_for_whoever_joins_it(
    ports: Ports, others: Ports
) -> None:
    run = ports.runs.begin(MONDAY, ("prod-*", "a"))

    assert Run(run.id, MONDAY, only=("prod-*", "a")) == run
    assert [run, run] == [others.runs.begin(TUESDAY, only) for only in ((), ("b",))]
    assert run == others.runs.open()


def test_all_that_begin_at_once_get_the_same_run(open_ports: OpenPorts) -> None:
    everyone = [open_ports("east") for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda each: each.runs.begin(MONDAY), everyone))

    assert [runs[0]] * 4 == runs


def test_after_the_end_another_run_begins(ports: Ports) -> None:
    first = ports.runs.begin(MONDAY)

    assert ports.runs.end(ended(first))
    assert first.id != ports.runs.begin(TUESDAY).id


def test_a_run_is_ended_once(ports: Ports, others: Ports) -> None:
    run = ports.runs.begin(MONDAY)

    assert ports.runs.end(ended(run, TUESDAY))
    assert not others.runs.end(ended(run, WEDNESDAY))
    assert ended(run, TUESDAY) == others.runs.last()


def test_a_run_that_never_began_is_not_ended(ports: Ports) -> None:
    run = ports.runs.begin(MONDAY)

    assert not ports.runs.end(ended(replace(run, id=RunId("made-up"))))
    assert run == ports.runs.begin(TUESDAY)


def test_an_end_without_a_time_is_a_bug(ports: Ports) -> None:
    run = ports.runs.begin(MONDAY)

    with pytest.raises(Trouble, match="bug"):
        ports.runs.end(run)


def test_no_run_has_ended_while_the_first_goes_on(ports: Ports) -> None:
    ports.runs.begin(MONDAY)

    assert None is ports.runs.last()


def test_the_last_run_is_the_one_that_ended(ports: Ports) -> None:
    first = ports.runs.begin(MONDAY)
    ports.runs.end(ended(first))
    second = ports.runs.begin(TUESDAY)

    assert ended(first) == ports.runs.last()
    ports.runs.end(ended(second, WEDNESDAY))
    assert ended(second, WEDNESDAY) == ports.runs.last()


def test_a_clock_that_goes_back_confuses_no_runs(ports: Ports) -> None:
    first = ports.runs.begin(WEDNESDAY)
    ports.runs.end(ended(first, WEDNESDAY))
    second = ports.runs.begin(MONDAY)
    ports.runs.end(ended(second, MONDAY))

    assert (MONDAY, ended(second, MONDAY)) == (second.started_at, ports.runs.last())


def test_runs_of_one_second_have_names_of_their_own(ports: Ports) -> None:
    names = set()
    for _ in range(20):
        run = ports.runs.begin(MONDAY)
        ports.runs.end(ended(run, MONDAY))
        names.add(run.id)

    assert 20 == len(names)


def test_names_sort_by_the_time_they_began(ports: Ports) -> None:
    names = []
    for now in (MONDAY, TUESDAY, WEDNESDAY):
        run = ports.runs.begin(now)
        ports.runs.end(ended(run, now))
        names.append(run.id)

    assert sorted(names) == names


def test_the_open_run_is_known_to_all_until_it_ends(ports: Ports, others: Ports) -> None:
    before = ports.runs.open()
    run = ports.runs.begin(MONDAY)
    during = others.runs.open()
    ports.runs.end(ended(run, TUESDAY))

    assert (None, run, None) == (before, during, others.runs.open())


def test_a_ledger_comes_by_cluster(ports: Ports, others: Ports) -> None:
    for name, end in (("b", End.UNSEEN), ("é", End.SCANNED), ("a", End.SKIPPED), ("B", End.UNSEEN)):
        ports.runs.enter(entry(name, end))

    expected = (
        entry("B", End.UNSEEN),
        entry("a", End.SKIPPED),
        entry("b", End.UNSEEN),
        entry("é", End.SCANNED),
    )
    assert expected == others.runs.entries(RUN)


def test_the_first_end_of_a_cluster_stands(ports: Ports, others: Ports) -> None:
    ports.runs.enter(entry("a", End.SCANNED))
    others.runs.enter(entry("a", End.UNSEEN))

    assert (entry("a", End.SCANNED),) == ports.runs.entries(RUN)


def test_each_run_has_a_ledger_of_its_own(ports: Ports) -> None:
    other = RunId("other")
    ports.runs.enter(entry("a"))
    ports.runs.enter(entry("a", End.UNSEEN, run=other))

    assert (entry("a"),) == ports.runs.entries(RUN)
    assert (entry("a", End.UNSEEN, run=other),) == ports.runs.entries(other)
    assert () == ports.runs.entries(RunId("unknown"))


def test_two_fleets_do_not_meet(ports: Ports, west: Ports) -> None:
    run = ports.runs.begin(MONDAY)
    ports.runs.enter(entry("a", run=run.id))
    other = west.runs.begin(TUESDAY)

    assert TUESDAY == other.started_at
    assert () == west.runs.entries(run.id)
    assert west.runs.end(ended(other))
    assert run == ports.runs.begin(WEDNESDAY)
