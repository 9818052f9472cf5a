"""What was judged is told by all of it, and only by that; what is in doubt is judged."""

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec
import pytest
from tests.unit.flow.posts import AWAY, NOW, THREE, TWO, A, Post, closed_town, open_town

from seawall.flow.remembering import adopted
from seawall.flow.unchanged import likeness
from seawall.model.addresses import IpSet
from seawall.model.admin import AdminPolicy
from seawall.model.calico import AllOf, AnyOf, CalicoPolicy
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.entrances import Entrances
from seawall.model.memory import Counts, Memory, Status
from seawall.model.messages import FindingsChanged
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Snapshot

PLAIN = replace(open_town(A), taken_at=NOW)
WHY = Unseen("403 Forbidden")
NOT_COUNTED = Counts(passed=12_345)
"""What no scan of these clusters would count."""


def changed(snapshot: Snapshot, name: str, value: object) -> Snapshot:
    """It, with another value in one field."""
    return replace(snapshot, **{name: value})  # type: ignore[arg-type]


class Tampered(Post):
    """One that shows whether it was judged again."""

    def tamper(self) -> None:
        """Change the stored memory behind everybody's back, and its version with it."""
        memory = self.memory()
        after = replace(memory, version=memory.version + 1, counts=NOT_COUNTED)
        assert self.memories.keep(after, (), attempt="tampered")

    @property
    def was_judged(self) -> bool:
        """Whether a judge put right what was tampered with."""
        return self.memory().counts != NOT_COUNTED


def settled() -> Tampered:
    post = Tampered()
    post.places.sights[A] = Seen(PLAIN)
    post.scan()
    post.tamper()
    return post


def test_what_looks_the_same_is_not_judged_again_and_all_else_is_done() -> None:
    post = settled()
    later = NOW + timedelta(hours=1)
    post.places.sights[A] = Seen(replace(PLAIN, taken_at=later))
    before = post.memory()
    entry = post.scan(run=TWO, now=later)
    memory = post.memory()

    assert not post.was_judged
    assert (entry,) == post.runs.entries(TWO)
    assert (before.version + 1, TWO, later, later) == (
        memory.version,
        memory.run,
        memory.tried_at,
        memory.scanned_at,
    )
    assert {later} == {finding.last_seen for finding in memory.open}
    assert FindingsChanged(TWO, A, before.version + 1) == post.outbox.messages[-1]


@pytest.mark.parametrize(
    "sight",
    [
        pytest.param(Seen(replace(PLAIN, taken_at=NOW + timedelta(days=1))), id="another day"),
        pytest.param(Seen(replace(PLAIN, tool_version="newer")), id="another Seawall"),
        pytest.param(Seen(closed_town()), id="another policy"),
        pytest.param(Seen(replace(PLAIN, nodes=WHY)), id="less is seen"),
        pytest.param(Seen(replace(PLAIN, uid=WHY)), id="who it is is not seen"),
        pytest.param(Seen(replace(PLAIN, notes=("assumed",))), id="another note"),
    ],
)
def test_what_looks_otherwise_is_judged(sight: Sight[Snapshot]) -> None:
    post = settled()
    post.places.sights[A] = sight
    post.scan(run=TWO)

    assert post.was_judged


def test_what_somebody_else_wrote_is_judged() -> None:
    post = settled()
    memory = post.memory()
    post.memories.keep(adopted(memory, run=memory.run), (), attempt="a person")
    post.scan(run=TWO)

    assert post.was_judged
    assert {True} == {finding.adopted for finding in post.memory().open}


def test_what_could_not_be_read_meanwhile_is_judged() -> None:
    post = settled()
    post.places.sights[A] = AWAY
    post.scan(run=TWO)
    post.places.sights[A] = Seen(PLAIN)
    post.scan(run=THREE)

    assert post.was_judged


def test_while_another_cluster_answers_nothing_is_the_same() -> None:
    post = Post()
    post.places.sights[A] = Seen(PLAIN)
    post.scan()
    post.places.sights[A] = Seen(replace(PLAIN, uid=Seen(ClusterUid("another"))))
    post.scan(run=TWO)

    assert "" == post.memory().likeness


def test_where_a_finding_is_only_held_open_nothing_is_the_same() -> None:
    """Nothing is unseen, but an object that could not be read may be what failed before."""
    post = Post()
    post.places.sights[A] = Seen(PLAIN)
    post.scan()
    broken = (BrokenObject(ObjectRef("Pod", "shop", ""), ("no name",)),)
    post.places.sights[A] = Seen(replace(closed_town(), broken=broken))
    post.scan(run=TWO)

    assert post.memory().open
    assert () == post.memory().counts.unseen
    assert "" == post.memory().likeness


@pytest.mark.parametrize("hole", ["nodes", "data_plane", "unmodelled", "network_policies"])
def test_where_something_was_not_seen_nothing_is_the_same(hole: str) -> None:
    post = Post()
    post.places.sights[A] = Seen(changed(PLAIN, hole, WHY))
    post.scan()
    post.scan(run=TWO)

    assert "" == post.memory().likeness


def test_a_resolved_finding_is_forgotten_in_time_though_nothing_changes() -> None:
    post = settled()
    post.places.sights[A] = Seen(closed_town())
    post.scan(run=TWO)
    resolved = {each.fingerprint for each in post.memory().findings} - {
        each.fingerprint for each in post.memory().open
    }
    old = tuple(
        replace(each, resolved_at=NOW - timedelta(days=91))
        if each.status is Status.RESOLVED
        else each
        for each in post.memory().findings
    )
    memory = post.memory()
    post.memories.keep(
        replace(memory, version=memory.version + 1, findings=old), (), attempt="aged"
    )
    post.scan(run=THREE)

    assert resolved
    assert not resolved & {each.fingerprint for each in post.memory().findings}


def test_the_memory_that_was_recalled_before_the_reading_is_not_recalled_again() -> None:
    post = settled()
    recalled: list[ClusterKey] = []
    recall = post.memories.recall

    def counting(key: ClusterKey) -> Memory | None:
        recalled.append(key)
        return recall(key)

    post.memories.recall = counting  # type: ignore[method-assign]
    post.scan(run=TWO)

    assert [A] == recalled


@pytest.mark.parametrize("name", [each.name for each in fields(Snapshot)])
def test_every_field_of_a_snapshot_is_in_its_likeness(name: str) -> None:
    """Also of what will be added; that the parts of its values are, the types below tell."""
    tomorrow = NOW + timedelta(days=1)
    other = changed(PLAIN, name, tomorrow if name == "taken_at" else Unseen("something else"))

    assert likeness(other) != likeness(PLAIN)


@pytest.mark.parametrize("name", [each.name for each in fields(Entrances)])
def test_every_way_in_is_in_the_likeness(name: str) -> None:
    seen, unseen = (
        replace(PLAIN, entrances=replace(PLAIN.entrances, **{name: each}))
        for each in (Seen(()), Unseen("not read"))
    )

    assert likeness(seen) != likeness(unseen)


def test_the_time_of_day_is_not_in_it() -> None:
    morning = replace(PLAIN, taken_at=datetime(2026, 11, 24, 1, tzinfo=UTC))
    evening = replace(PLAIN, taken_at=datetime(2026, 11, 24, 23, 59, 59, 9, tzinfo=UTC))

    assert likeness(morning) == likeness(evening)


def test_what_is_no_text_has_no_likeness() -> None:
    assert "" == likeness(replace(PLAIN, notes=("\ud800",)))


# -- Two values that differ have two digests: the encoding must tell them apart ------------------


def shapes(kind: object, known: set[object]) -> Iterator[object]:
    """Every type that a value of `kind` is made of."""
    if kind in known or isinstance(kind, str):
        return
    known.add(kind)
    yield kind
    arguments = get_args(kind)
    hints = get_type_hints(_bare(kind)) if _is_object(_bare(kind)) else {}
    for part in (*arguments, *hints.values()):
        yield from shapes(part, known)


def _bare(kind: object) -> type[Any]:
    return cast(type[Any], get_origin(kind) or kind)


def _is_object(kind: object) -> bool:
    return isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, msgspec.Struct))


def json_form(kind: object) -> object:
    """What tells a member of a union in JSON: its tag, else its keys, else the kind of value."""
    bare = _bare(kind)
    if _is_object(bare) and not is_dataclass(bare):
        config = bare.__struct_config__
        assert not config.omit_defaults, bare
        assert not config.array_like, bare
        return ("tag", config.tag) if config.tag else frozenset(bare.__struct_fields__)
    if _is_object(bare):
        return frozenset(each.name for each in fields(bare))
    if bare in {tuple, frozenset}:
        return "array"
    if bare is type(None):
        return "null"
    assert bare in {str, int, bool, float} or issubclass(bare, Enum), bare
    return "string" if issubclass(bare, str) else "number"


UNIONS = [
    kind
    for kind in shapes(Snapshot, set())
    if get_origin(kind) in {Union, types.UnionType} and get_args(kind)
]


@pytest.mark.parametrize("union", UNIONS, ids=str)
def test_of_two_kinds_that_may_stand_in_one_place_no_value_reads_as_one_of_the_other(
    union: object,
) -> None:
    forms = [json_form(each) for each in get_args(union)]

    assert len(forms) == len(set(forms))


def test_a_number_without_end_which_reads_as_none_comes_from_no_api_server() -> None:
    with pytest.raises(msgspec.ValidationError, match="out of range"):
        msgspec.json.decode(b"1e999", type=float)


def test_all_that_a_snapshot_is_made_of_is_looked_at() -> None:
    met = {_bare(kind) for kind in shapes(Snapshot, set())}

    assert {Snapshot, IpSet, AdminPolicy, CalicoPolicy, AllOf, AnyOf, BrokenObject} <= met
    assert UNIONS
