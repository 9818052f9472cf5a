"""What an answer would be on another network plug-in, where nobody knows which one it is.

The plug-ins differ in a few readings of the same text (`analyse.dataplane.readings`). Which
policies are in force is left as it is: that is a question of the plug-in's version, not of reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from seawall.analyse.connection import Ruling, most_open, rulings
from seawall.analyse.dataplane.readings import BY_POD, CILIUM, settled
from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import Answer
from seawall.model.ir import DataPlane, Decision
from seawall.model.policies import Stage
from seawall.model.ports import NO_PORTS, PortSet
from seawall.model.sight import seen_or
from seawall.model.snapshot import Snapshot

READINGS: tuple[tuple[str, DataPlane, str], ...] = (
    ("cilium", CILIUM, "an ipBlock never means a pod there"),
    (
        "kube-network-policies",
        BY_POD,
        "the baseline tier is not asked there for a pod that any NetworkPolicy selects",
    ),
)
"""The readings beside upstream's: a plug-in that has it, and how it differs."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The answer under another reading; `ports` are those with that decision."""

    plane: str
    decision: Decision
    ports: PortSet
    why: str


def elsewhere(isolation: Isolation, found: Answer) -> tuple[Elsewhere, ...]:
    """The readings that answer otherwise; none where the data plane is known or was assumed."""
    if isolation.assumed is not None or settled(isolation.enforced.planes):
        return ()
    return tuple(_differing(isolation, found))


def _differing(isolation: Isolation, found: Answer) -> Iterator[Elsewhere]:
    here = _by_decision(found.rulings)
    for name, reading, why in READINGS:
        if _may_differ(isolation.snapshot, reading):
            other = analyse(isolation.snapshot, reading)
            theirs = rulings(other, found.source, found.target, found.ports)
            if _by_decision(theirs) != here:
                decision = most_open(theirs)
                yield Elsewhere(name, decision, _by_decision(theirs)[decision], why)


def _by_decision(found: tuple[Ruling, ...]) -> dict[Decision, PortSet]:
    """The ports of each decision, the most open one of the families that have it."""
    left, result = NO_PORTS, {}
    for decision in Decision:
        ports = NO_PORTS
        for ruling in found:
            if ruling.decision is decision:
                ports |= ruling.ports
        result[decision] = ports - left
        left |= ports
    return result


def _may_differ(snapshot: Snapshot, reading: DataPlane) -> bool:
    """Whether anything is there that the reading is about; else a whole analysis is spared."""
    if reading.baseline_by_direction:
        return bool(seen_or(snapshot.network_policies, ()) or snapshot.dialects)
    return any(policy.stage is Stage.AFTER for policy in snapshot.dialects.admin)
