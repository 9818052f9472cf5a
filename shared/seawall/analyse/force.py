"""Which policies are in force: one of a kind that nobody carries out does nothing.

An inert object is taken out of the answer. Where it is not known whether a kind is carried out,
what its objects may touch is UNKNOWN, as if the kind were not modelled. Where the data plane was
not read, as in manifests, each kind is taken for what it says; whether anything enforces it is
another question, with its own answer (`analyse.enforcement`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from seawall.analyse.dataplane.kinds import implements
from seawall.model.admin import AdminPolicy
from seawall.model.calico import CalicoPolicy
from seawall.model.cilium import CiliumPolicy
from seawall.model.dialects import DialectObject, Dialects
from seawall.model.enforcement import Enforced, Plane
from seawall.model.policies import (
    BOTH,
    Direction,
    ObjectRef,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.sight import Seen, mapped, seen_or
from seawall.model.snapshot import Snapshot

_ADMIN, _CILIUM, _CALICO = "policy.networking.k8s.io", "cilium.io", "projectcalico.org"


_NO_PLANE = "which network plug-in carries policies out is not known"


@dataclass(frozen=True, slots=True)
class Idle:
    """A policy that nothing carries out, or perhaps nothing, and why."""

    ref: ObjectRef
    why: str


@dataclass(frozen=True, slots=True)
class Force:
    """What is in force.

    Attributes:
        snapshot: Without what is inert; what may be in force is among the `unmodelled`.
        inert: What was left out of it.
        doubtful: Of which it is not known.
    """

    snapshot: Snapshot
    inert: tuple[Idle, ...] = ()
    doubtful: tuple[Idle, ...] = ()


def in_force(snapshot: Snapshot, planes: Mapping[Plane, str]) -> Force:
    """What the data planes of a cluster carry out, as far as it is known which they are."""
    kinds = seen_or(snapshot.unmodelled, ())
    found = snapshot.dialects
    if not (found or kinds):
        return Force(snapshot)
    if not planes:
        return Force(snapshot, doubtful=tuple(Idle(p.ref, _NO_PLANE) for p in _policies(found)))
    judge = _Judge(planes, snapshot.taken_at.date())
    dialects = Dialects(
        tuple(each for each in found.admin if judge.of(each) is Enforced.YES),
        tuple(each for each in found.cilium if judge.of(each) is Enforced.YES),
        tuple(each for each in found.calico if judge.of(each) is Enforced.YES),
    )
    policies = [each for each in _policies(found) if judge.of(each) is not Enforced.YES]
    inert = (
        *(Idle(p.ref, judge.why(p)) for p in policies if judge.of(p) is Enforced.NO),
        *(idle for kind in kinds for idle in judge.inert(kind)),
    )
    doubtful = [p for p in policies if judge.of(p) is Enforced.UNKNOWN]
    unmodelled = mapped(
        snapshot.unmodelled,
        lambda those: (*map(judge.without_inert, those), *map(_perhaps, doubtful)),
    )
    return Force(
        replace(snapshot, dialects=dialects, unmodelled=unmodelled),
        inert,
        tuple(Idle(p.ref, judge.why(p)) for p in doubtful),
    )


class _Judge:
    """What the planes do with each kind; each is looked up once."""

    def __init__(self, planes: Mapping[Plane, str], on: date) -> None:
        self._ruling = cache(lambda group, kind: implements(planes, group, kind, on))

    def of(self, each: DialectObject) -> Enforced:
        return self._ruling(_group_of(each), each.ref.kind).enforced

    def why(self, each: DialectObject) -> str:
        return self._ruling(_group_of(each), each.ref.kind).why

    def inert(self, kind: UnmodelledKind) -> Iterator[Idle]:
        for each in seen_or(kind.objects, ()):
            ruling = self._ruling(kind.group, each.ref.kind)
            if ruling.enforced is Enforced.NO:
                yield Idle(each.ref, ruling.why)

    def without_inert(self, kind: UnmodelledKind) -> UnmodelledKind:
        gone = {idle.ref for idle in self.inert(kind)}
        left = mapped(kind.objects, lambda found: tuple(o for o in found if o.ref not in gone))
        return replace(kind, objects=left)


def _group_of(each: DialectObject) -> str:
    match each:
        case AdminPolicy():
            return _ADMIN
        case CiliumPolicy():
            return _CILIUM
        case _:
            return _CALICO


def _policies(found: Dialects) -> Iterator[AdminPolicy | CiliumPolicy | CalicoPolicy]:
    yield from found.admin
    yield from found.cilium
    yield from (each for each in found.calico if isinstance(each, CalicoPolicy))


def _perhaps(policy: AdminPolicy | CiliumPolicy | CalicoPolicy) -> UnmodelledKind:
    """A policy that may be in force: it may touch what it has rules for, and nobody knows more."""
    stage = policy.stage if isinstance(policy, AdminPolicy) else Stage.BEFORE
    touched = UnmodelledObject(policy.ref, _directions(policy), stage)
    return UnmodelledKind(
        _group_of(policy), policy.ref.kind, Seen((touched,)), BOTH, stage, binds_hosts=False
    )


def _directions(policy: AdminPolicy | CiliumPolicy | CalicoPolicy) -> frozenset[Direction]:
    if isinstance(policy, AdminPolicy):
        return frozenset(d for d in Direction if policy.rules(d)) or BOTH
    return policy.directions or BOTH
