"""The blast radius counted at once is the one counted pair by pair."""

from dataclasses import replace

from hypothesis import given
from tests.property.clusters import OUTSIDE, snapshots

from seawall.analyse.blast import CERTAIN, POSSIBLE, Blast
from seawall.analyse.connection import End, most_open, rulings
from seawall.analyse.isolation import Isolation, analyse
from seawall.model.ir import Decision
from seawall.model.policies import Direction
from seawall.model.sight import Unseen
from seawall.model.snapshot import Snapshot


def _pair(pod: End, other: End, direction: Direction) -> tuple[End, End]:
    return (other, pod) if direction is Direction.INGRESS else (pod, other)


def _check(isolation: Isolation, decisions: frozenset[Decision]) -> None:
    blast = Blast(isolation, decisions)
    for number, pod in enumerate(blast.pods):
        for direction in Direction:

            def open_to(other: End, pod: End = pod, direction: Direction = direction) -> bool:
                return most_open(rulings(isolation, *_pair(pod, other, direction))) in decisions

            expected = {n for n, p in enumerate(blast.pods) if n != number and open_to(p)}
            reach = blast.of(number, direction)
            tally = blast.tally(reach)

            assert expected == set(reach.pods), f"{pod} {direction}"
            homes = {blast.pods[each].namespace for each in expected}
            assert (len(expected), len(homes)) == (tally.pods, tally.namespaces)
            for address in OUTSIDE:
                assert open_to(address) == reach.addresses.contains(address), f"{pod} {address}"


@given(snapshots())
def test_it_counts_what_pair_by_pair_is_open(snapshot: Snapshot) -> None:
    _check(analyse(snapshot), CERTAIN)


@given(snapshots())
def test_it_counts_what_pair_by_pair_may_be_open(snapshot: Snapshot) -> None:
    _check(analyse(replace(snapshot, unmodelled=Unseen("503"))), POSSIBLE)
