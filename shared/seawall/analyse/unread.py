"""Turns what was not read, or is not modelled, into tiers of UNKNOWN.

A policy that nobody read may decide anything. So it becomes a rule that matches everybody on every
port and decides UNKNOWN, for the pods and the direction it may touch, before or after
NetworkPolicy.
"""

from collections.abc import Iterator

from seawall.analyse.table import ClassTable
from seawall.model.bits import Bits
from seawall.model.ir import Action, AtEnd, Mode, Policy, Rule, Tier
from seawall.model.peers import everybody
from seawall.model.policies import (
    Direction,
    ObjectRef,
    Stage,
    UnmodelledKind,
    Where,
)
from seawall.model.ports import ALL_PORTS
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Snapshot


def unread_tier(snapshot: Snapshot, table: ClassTable, direction: Direction, stage: Stage) -> Tier:
    """The tier of everything unread that is asked at `stage`, for one direction."""
    found = (
        *_kinds(snapshot, table, direction, stage),
        *_not_listed(snapshot, table, stage),
        *_broken(snapshot, table, direction, stage),
    )
    policies = tuple(unknown_policy(table, where, bound) for where, bound in found if bound)
    return Tier(f"unread, {stage} NetworkPolicy", Mode.FIRST_MATCH, policies, AtEnd.PASS)


def unknown_policy(table: ClassTable, where: Where, subjects: Bits) -> Policy:
    """What may decide anything about some classes: everything about them is UNKNOWN."""
    rule = Rule(Action.UNKNOWN, everybody(table.everything), ALL_PORTS, where)
    return Policy(where.ref, subjects, isolates=False, rules=(rule,))


def _kinds(
    snapshot: Snapshot, table: ClassTable, direction: Direction, stage: Stage
) -> Iterator[tuple[Where, Bits]]:
    match snapshot.unmodelled:
        case Unseen(why) if stage is Stage.BEFORE:
            yield _unseen("the served API groups", why), table.everything
        case Seen(kinds):
            for kind in kinds:
                yield from _kind(kind, table, direction, stage)
        case _:
            return


def _kind(
    kind: UnmodelledKind, table: ClassTable, direction: Direction, stage: Stage
) -> Iterator[tuple[Where, Bits]]:
    bound = table.everything if kind.binds_hosts else table.everything - table.hosts
    match kind.objects:
        case Unseen(why):
            if kind.stage is stage and direction in kind.directions:
                yield _unseen(f"{kind.resource}.{kind.group}", why), bound
        case Seen(objects):
            for found in objects:
                if found.stage is stage and direction in found.directions:
                    yield Where(found.ref), bound & _home(found.ref, table)


def _home(ref: ObjectRef, table: ClassTable) -> Bits:
    """The classes of an object's namespace; of all, where it has none or nobody can tell it."""
    return table.span_of(ref.namespace) if ref.namespace else table.everything


def _not_listed(
    snapshot: Snapshot, table: ClassTable, stage: Stage
) -> Iterator[tuple[Where, Bits]]:
    if stage is Stage.BEFORE and isinstance(snapshot.network_policies, Unseen):
        where = _unseen("networkpolicies.networking.k8s.io", snapshot.network_policies.why)
        yield where, table.everything - table.hosts


def _broken(
    snapshot: Snapshot, table: ClassTable, direction: Direction, stage: Stage
) -> Iterator[tuple[Where, Bits]]:
    """Objects that could not be understood: policies, and pods or namespaces that none can find."""
    for broken in snapshot.broken:
        if broken.stage is stage and direction in broken.directions:
            where = Where(broken.ref, "; ".join(broken.problems))
            home = _home(broken.ref, table)
            yield where, home if broken.binds_hosts else home - table.hosts


def _unseen(what: str, why: str) -> Where:
    return Where(ObjectRef(f"unseen {what}", "", ""), why)
