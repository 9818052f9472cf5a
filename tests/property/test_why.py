"""The change that `why` offers does flip the decision, and an opening takes nothing away."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property.clusters import OUTSIDE, PORTS, snapshots

from seawall.analyse.changes import Change, Narrow, manifest
from seawall.analyse.connection import End, rulings
from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import Answer, answer
from seawall.collect.parse import network_policy_from
from seawall.model.ir import Decision
from seawall.model.policies import NetworkPolicy, PolicyRule, Where
from seawall.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol, ports
from seawall.model.sight import Seen, seen_or
from seawall.model.snapshot import Pod, Snapshot

UNNAMEABLE = PortSet(other=True)
"""Protocols that no list of ports can name."""

asked_ports = st.just(ALL_PORTS) | st.builds(
    ports, st.sampled_from(Protocol), st.sampled_from(PORTS)
)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Snapshot, Answer]:
    """A cluster, and why one of its pods can reach some other end, or the other way round."""
    snapshot = draw(snapshots())
    pods = _pods(snapshot)
    assume(len(pods) > 1)
    ends: list[End] = [*pods, *OUTSIDE]
    pod = draw(st.sampled_from(pods))
    other = draw(st.sampled_from([end for end in ends if end != pod]))
    source, target = draw(st.permutations([pod, other]))
    return snapshot, answer(analyse(snapshot), str(source), str(target), draw(asked_ports))


@given(questions())
def test_the_change_flips_the_decision(question: tuple[Snapshot, Answer]) -> None:
    snapshot, before = question
    after = _again(_applied(snapshot, before.changes), before)
    if before.changes and before.decision is Decision.ALLOW:
        assert after.decision is Decision.DENY
    elif before.changes:
        assert before.ports - _open_ports(after) <= UNNAMEABLE
        assert after.decision is Decision.ALLOW


@given(questions())
def test_there_is_a_change_wherever_policies_have_a_word(
    question: tuple[Snapshot, Answer],
) -> None:
    _, found = question
    noted = any(ruling.note for ruling in found.rulings)
    bound = any(isinstance(e, Pod) and not e.host_network for e in (found.source, found.target))

    assert bool(found.changes) == (bound and not noted)


@given(questions())
def test_no_change_of_a_closing_is_too_many(question: tuple[Snapshot, Answer]) -> None:
    snapshot, before = question
    if before.decision is Decision.ALLOW:
        for spared in before.changes:
            rest = [change for change in before.changes if change is not spared]

            assert _again(_applied(snapshot, rest), before).decision is Decision.ALLOW


@given(questions())
def test_an_opening_takes_no_path_from_anybody(question: tuple[Snapshot, Answer]) -> None:
    snapshot, found = question
    if found.decision is Decision.DENY:
        before, after = analyse(snapshot), analyse(_applied(snapshot, found.changes))
        for source, target in _pairs(snapshot):
            lost = _reached(before, source, target) - _reached(after, source, target)

            assert lost == NO_PORTS, f"{source} -> {target}"


def _pods(snapshot: Snapshot) -> list[Pod]:
    return [pod for pod in seen_or(snapshot.pods, ()) if pod.is_endpoint]


def _pairs(snapshot: Snapshot) -> Iterator[tuple[End, End]]:
    pods = _pods(snapshot)
    ends: list[End] = [*pods, *OUTSIDE]
    yield from ((a, b) for a in ends for b in ends if a != b and (a in pods or b in pods))


def _reached(isolation: Isolation, source: End, target: End) -> PortSet:
    return _union(r.ports for r in rulings(isolation, source, target) if _is_open(r.decision))


def _open_ports(found: Answer) -> PortSet:
    return _union(ruling.ports for ruling in found.rulings if _is_open(ruling.decision))


def _is_open(decision: Decision) -> bool:
    return decision is Decision.ALLOW


def _union(found: Iterable[PortSet]) -> PortSet:
    whole = NO_PORTS
    for each in found:
        whole |= each
    return whole


def _again(snapshot: Snapshot, before: Answer) -> Answer:
    return answer(analyse(snapshot), str(before.source), str(before.target), before.ports)


def _applied(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """The cluster after somebody did all that was offered."""
    found = list(changes)
    dropped = {change.rule for change in found if isinstance(change, Narrow)}
    kept = (_without(policy, dropped) for policy in seen_or(snapshot.network_policies, ()))
    added = (_parsed(change) for change in found if not isinstance(change, Narrow))
    return replace(snapshot, network_policies=Seen((*kept, *added)))


def _parsed(change: Change) -> NetworkPolicy:
    assert not isinstance(change, Narrow)
    policy = network_policy_from(msgspec.to_builtins(manifest(change)))
    assert isinstance(policy, NetworkPolicy), policy
    assert policy.warnings == ()
    return policy


def _without(policy: NetworkPolicy, dropped: set[Where]) -> NetworkPolicy:
    numbers: dict[str, set[int]] = {"ingress": set(), "egress": set()}
    for where in dropped:
        if where.ref == policy.ref:
            place = re.fullmatch(r"spec\.(ingress|egress)\[(\d+)\]", where.path)
            assert place is not None, where.path
            numbers[place[1]].add(int(place[2]))
    return replace(
        policy,
        ingress=_left(policy.ingress, numbers["ingress"]),
        egress=_left(policy.egress, numbers["egress"]),
    )


def _left(rules: tuple[PolicyRule, ...], dropped: set[int]) -> tuple[PolicyRule, ...]:
    return tuple(rule for number, rule in enumerate(rules) if number not in dropped)
