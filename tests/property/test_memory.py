"""Memory keeps to what was seen: quiet when nothing changed, and never surer than the scan was."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.clusters import snapshots
from tests.scans import (
    IDLE,
    KEY,
    LOOSE,
    NAMESPACES,
    NOW,
    OPEN,
    OTHER,
    THIRD,
    UID,
    WHY,
    found,
    judged,
    remembered,
    run,
    snapshot,
)

from seawall.flow.comparing import REPLACED_RULE
from seawall.flow.digesting import digest
from seawall.flow.remembering import Remembered, adopted, confirmed, identity_of, remember
from seawall.flow.sources import judged as really_judged
from seawall.judge.judging import WHOLE_CLUSTER, Judged
from seawall.model.cluster import ClusterUid
from seawall.model.digest import Untold
from seawall.model.finding import Finding, Verdict
from seawall.model.memory import Memory, Transition, Turn
from seawall.model.policies import (
    BOTH,
    BrokenObject,
    ObjectRef,
    PodPeer,
    PolicyRule,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.selector import selector, with_labels
from seawall.model.sight import Seen, Sight, seen_or
from seawall.model.snapshot import Snapshot

CONFIRMED = "the replacement was confirmed"
BACK = "the pinned cluster is back"

PLACES = tuple(
    (rule, namespace, policy)
    for namespace in NAMESPACES
    for rule, policy in ((OPEN, ""), (LOOSE, "a"), (LOOSE, "b"), (IDLE, "a"))
)
"""Everything that can fail: one thing about the pods of a namespace, some about its policies."""
SCOPES = tuple(sorted({(rule, namespace) for rule, namespace, _ in PLACES}))


@dataclass(frozen=True)
class World:
    """A cluster at one moment, and how well it is seen.

    Attributes:
        states: Of each place: 0 is fine, all else fails, each in another way.
        unsure: Scopes that cannot be told.
        namespaces: Those that are there.
        uid: None: it cannot be seen.
    """

    states: tuple[int, ...]
    unsure: frozenset[tuple[str, str]] = frozenset()
    namespaces: frozenset[str] = frozenset(NAMESPACES)
    uid: ClusterUid | None = UID

    def scan(self, memory: Memory | None) -> Seen[Judged]:
        """What a judge says of it, who was told whom to name."""
        seen = snapshot(self.uid, sorted(self.namespaces))
        who = identity_of(memory, seen)
        failing = (
            found(rule, namespace, f"{rule} {policy} is {state}", policy=policy, identity=who)
            for (rule, namespace, policy), state in zip(PLACES, self.states, strict=True)
            if state and namespace in self.namespaces and (rule, namespace) not in self.unsure
        )
        unsure = (
            found(rule, namespace, "who knows", verdict=Verdict.UNKNOWN, identity=who)
            for rule, namespace in self.unsure
            if namespace in self.namespaces
        )
        return judged(*failing, *unsure, of=seen)


states = st.tuples(*(st.integers(0, 2) for _ in PLACES))
whole = st.builds(World, states)
unsure = st.frozensets(st.sampled_from(SCOPES), max_size=4)
worlds = st.builds(World, states, unsure, st.frozensets(st.sampled_from(NAMESPACES)))
others = st.builds(
    World,
    states,
    unsure,
    st.just(frozenset(NAMESPACES)),
    st.sampled_from((None, UID, OTHER, THIRD)),
)
histories = st.lists(worlds | st.none(), min_size=1, max_size=8)


def scanned(world: World | None, memory: Memory | None) -> Remembered:
    """One more scan in a run of its own; None could not be read."""
    scan: Sight[Judged] = WHY if world is None else world.scan(memory)
    return remembered(scan, memory=memory)


def lived(worlds: Iterable[World | None], memory: Memory | None = None) -> Remembered:
    """A whole history: the memory in the end, and all turns."""
    turns: list[Transition] = []
    for world in worlds:
        after = scanned(world, memory)
        memory = after.memory
        turns += after.turns
    assert memory is not None, "a history has a scan at least"
    return Remembered(memory, tuple(turns))


def open_in(memory: Memory) -> dict[str, str]:
    return {each.fingerprint: each.substance for each in memory.open}


def replayed(turns: Iterable[Transition]) -> set[str]:
    """The findings that are open after some turns; each is a step that can be taken there.

    A replacement puts one history aside and begins another; the first goes on if its cluster is
    back, and is dropped if a person has confirmed the other one.
    """
    turns = tuple(turns)
    replacements = {each.fingerprint for each in turns if each.rule == REPLACED_RULE}
    found_open: set[str] = set()
    aside: set[str] | None = None
    for turn in turns:
        if turn.rule == REPLACED_RULE:
            found_open, aside = switched(turn, found_open, aside, replacements)
        if turn.turn in {Turn.OPENED, Turn.REOPENED}:
            assert turn.fingerprint not in found_open, "it was open already"
            found_open.add(turn.fingerprint)
        else:
            assert turn.fingerprint in found_open, "it was not open"
        if turn.turn is Turn.RESOLVED:
            found_open.remove(turn.fingerprint)
    return found_open


def switched(
    turn: Transition, found_open: set[str], aside: set[str] | None, replacements: set[str]
) -> tuple[set[str], set[str] | None]:
    """What is open, and what is put aside, as a replacement begins or ends."""
    if turn.turn is not Turn.RESOLVED:
        held = found_open - replacements
        return found_open & replacements, held if aside is None else aside
    if turn.why == BACK:
        return (found_open & replacements) | (aside or set()), None
    return found_open, None if turn.why == CONFIRMED else aside


@given(histories)
def test_the_same_again_is_quiet(history: list[World | None]) -> None:
    before = lived(history).memory
    again = scanned(history[-1], before)

    assert () == again.turns
    assert before.findings == again.memory.findings


@given(histories)
def test_the_same_again_in_the_same_run_changes_nothing_but_the_version(
    history: list[World | None],
) -> None:
    before = lived(history).memory
    last = history[-1]
    scan: Sight[Judged] = WHY if last is None else last.scan(before)
    again = remember(before, KEY, scan, run=before.run, now=NOW)

    assert () == again.turns
    assert replace(before, version=before.version + 1) == again.memory


@given(histories)
def test_what_changed_is_what_had_a_turn(history: list[World | None]) -> None:
    after = lived(history)
    last = {turn.fingerprint for turn in after.turns if turn.run == after.memory.run}

    assert sorted(last) == list(after.memory.changed)


@given(histories)
def test_all_turns_replayed_give_what_is_open(history: list[World | None]) -> None:
    after = lived(history)

    assert open_in(after.memory).keys() == replayed(after.turns)


@given(st.lists(st.tuples(others, st.booleans()), min_size=1, max_size=8))
def test_all_turns_replayed_give_what_is_open_whoever_answers(
    history: list[tuple[World, bool]],
) -> None:
    """The first scan sees the UID; a person may confirm a replacement after any of them."""
    turns: list[Transition] = []
    memory: Memory | None = scanned(World((0,) * len(PLACES)), None).memory
    for world, confirms in history:
        after = scanned(world, memory)
        memory = after.memory
        turns += after.turns
        if confirms and memory.impostor is not None:
            memory = confirmed(memory, run=memory.run)

    assert memory is not None
    assert open_in(memory).keys() == replayed(turns)


@given(histories, st.sampled_from(SCOPES))
def test_what_is_unknown_neither_opens_nor_resolves(
    history: list[World | None], scope: tuple[str, str]
) -> None:
    before = lived(history).memory
    blind = World((1,) * len(PLACES), frozenset({scope}))
    after = scanned(blind, before).memory

    assert _of(before, scope) == _of(after, scope)


@given(histories)
def test_a_scan_that_knows_nothing_changes_nothing(history: list[World | None]) -> None:
    before = lived(history).memory
    blind = scanned(World((1,) * len(PLACES), frozenset(SCOPES)), before)
    away = scanned(None, before)

    assert ((), ()) == (blind.turns, away.turns)
    assert before.findings == blind.memory.findings == away.memory.findings


@given(histories, whole, unsure)
def test_a_scan_that_knows_less_resolves_no_more(
    history: list[World | None], world: World, less: frozenset[tuple[str, str]]
) -> None:
    before = lived(history).memory
    surely, perhaps = scanned(world, before), scanned(replace(world, unsure=less), before)
    lost = {turn.fingerprint for turn in perhaps.turns if turn.turn is Turn.RESOLVED}
    scopes = {(each.rule, each.namespace) for each in before.open if each.fingerprint in lost}

    assert lost <= {turn.fingerprint for turn in surely.turns if turn.turn is Turn.RESOLVED}
    assert set() == scopes & less


def _of(memory: Memory, scope: tuple[str, str]) -> list[object]:
    return [each for each in memory.findings if (each.rule, each.namespace) == scope]


@given(histories, worlds, st.randoms(use_true_random=False))
def test_the_order_of_findings_says_nothing(
    history: list[World | None], world: World, random: Random
) -> None:
    before = lived(history).memory
    scan = world.scan(before)
    outcomes = [
        replace(each, findings=_shuffled(each.findings, random)) for each in scan.value.outcomes
    ]
    random.shuffle(outcomes)
    other = Seen(replace(scan.value, outcomes=tuple(outcomes)))

    assert remembered(scan, memory=before) == remembered(other, memory=before)


def _shuffled(findings: Sequence[Finding], random: Random) -> tuple[Finding, ...]:
    return tuple(random.sample(findings, len(findings)))


@given(histories, whole)
def test_no_time_goes_back(history: list[World | None], world: World) -> None:
    before = lived(history).memory
    after = remember(
        before, KEY, world.scan(before), run=run(99), now=NOW.replace(year=2020)
    ).memory
    known = {each.fingerprint: each for each in before.findings}

    assert after.tried_at == before.tried_at
    assert all(
        each.last_seen >= known[each.fingerprint].last_seen
        for each in after.findings
        if each.fingerprint in known
    )


@given(whole, histories, histories)
def test_a_digest_is_the_difference_between_what_was_open_and_what_is(
    start: World, before: list[World | None], since: list[World | None]
) -> None:
    """A summary is no news, so that the first scan is of no window."""
    old = lived([start, *before]).memory
    new = lived(since, old)
    told = digest(Untold(new.turns, (), ""), {}, run=run(1), now=NOW)
    was, now = _named(old), _named(new.memory)
    net = {
        (namespace, summary): group.turn
        for group in told.groups
        for _, namespace, summary in group.places
    }
    by_state = {turn: {_state(place) for place in net if net[place] is turn} for turn in Turn}

    assert now.keys() - was.keys() == by_state[Turn.OPENED] | by_state[Turn.REOPENED]
    assert was.keys() - now.keys() == by_state[Turn.RESOLVED]
    assert by_state[Turn.CHANGED] <= was.keys() & now.keys()
    assert by_state[Turn.CHANGED] >= {
        place for place in was.keys() & now.keys() if was[place] != now[place]
    }


def _named(memory: Memory) -> dict[tuple[str, str], str]:
    return {_state((each.namespace, each.summary)): each.substance for each in memory.open}


def _state(place: tuple[str, str]) -> tuple[str, str]:
    """A place without how it is."""
    namespace, summary = place
    return namespace, summary.rpartition(" is ")[0]


@given(histories, histories)
def test_known_debt_is_never_told(before: list[World | None], since: list[World | None]) -> None:
    old = lived(before).memory
    debt = adopted(old, run=old.run)
    known = {each.fingerprint for each in debt.open}
    new = lived(since, debt)
    back = {turn.fingerprint for turn in new.turns if turn.turn is Turn.REOPENED}
    alone = tuple(turn for turn in new.turns if turn.fingerprint in known - back)

    assert not digest(Untold(alone, (), ""), {}, run=run(1), now=NOW).groups


Change = Callable[[Snapshot], Snapshot]


def _unmodelled(sight: Sight[tuple[UnmodelledObject, ...]]) -> Change:
    kind = UnmodelledKind("example.io", "walls", sight, BOTH, Stage.BEFORE, binds_hosts=False)
    return lambda seen: replace(seen, unmodelled=Seen((kind,)))


BLINDFOLDS: dict[str, Change] = {
    "namespaces": lambda seen: replace(seen, namespaces=WHY),
    "pods": lambda seen: replace(seen, pods=WHY),
    "nodes": lambda seen: replace(seen, nodes=WHY),
    "policies": lambda seen: replace(seen, network_policies=WHY),
    "the served kinds": lambda seen: replace(seen, unmodelled=WHY),
    "objects of a kind": _unmodelled(WHY),
    "the UID": lambda seen: replace(seen, uid=WHY),
}


def resolutions(before: Snapshot, after: Snapshot) -> list[Transition]:
    memory = remembered(Seen(really_judged(before, UID))).memory
    turns = remembered(Seen(really_judged(after, UID)), memory=memory).turns
    return [turn for turn in turns if turn.turn is Turn.RESOLVED]


TEAM = (("team", "x"),)
OF_THE_TEAM = PolicyRule((PodPeer(with_labels(dict(TEAM)), selector()),), None)


def alike(seen: Snapshot) -> Snapshot:
    """Both namespaces under one label, and every policy admits whoever has it."""
    namespaces = (
        replace(each, labels=(*each.labels, *TEAM)) for each in seen_or(seen.namespaces, ())
    )
    policies = (
        replace(each, directions=BOTH, ingress=(OF_THE_TEAM,))
        for each in seen_or(seen.network_policies, ())
    )
    return replace(seen, namespaces=Seen(tuple(namespaces)), network_policies=Seen(tuple(policies)))


@pytest.mark.parametrize("kind", BLINDFOLDS)
@given(before=snapshots() | snapshots().map(alike))
def test_a_kind_that_is_not_seen_any_more_resolves_nothing(kind: str, before: Snapshot) -> None:
    assert [] == resolutions(before, BLINDFOLDS[kind](before))


@given(snapshots().map(alike), st.booleans(), st.data())
def test_a_policy_that_turns_unreadable_resolves_nothing(
    before: Snapshot,
    named: bool,  # noqa: FBT001  drawn, not passed by anybody
    data: st.DataObject,
) -> None:
    """It may lose its name and its namespace with that; others fail as it did, and hide the gap."""
    policies = seen_or(before.network_policies, ())
    lost = data.draw(st.sampled_from(policies))
    home = data.draw(st.sampled_from((lost.namespace, WHOLE_CLUSTER)))
    ref = ObjectRef("NetworkPolicy", home, lost.name if named else "")
    rest = Seen(tuple(each for each in policies if each is not lost))
    broken = (BrokenObject(ref, ("not to be read",)),)

    assert [] == resolutions(before, replace(before, network_policies=rest, broken=broken))


@given(snapshots(), st.data())
def test_a_pod_that_turns_unreadable_resolves_nothing_in_its_namespace(
    before: Snapshot, data: st.DataObject
) -> None:
    pods = seen_or(before.pods, ())
    lost = data.draw(st.sampled_from(pods))
    rest = Seen(tuple(each for each in pods if each is not lost))
    broken = (BrokenObject(ObjectRef("Pod", lost.namespace, lost.name), ("not to be read",)),)
    found_gone = resolutions(before, replace(before, pods=rest, broken=broken))

    assert [] == [turn for turn in found_gone if turn.namespace == lost.namespace]
