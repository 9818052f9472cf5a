"""Folds tiers into sides: for pods under the same policies, what decides in one direction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from msgspec import Struct

from seawall.model.bits import Bits
from seawall.model.ir import Action, AtEnd, Decision, Mode, Policy, Rule, Tier
from seawall.model.peers import NO_PEERS, PeerSet
from seawall.model.policies import Direction, ObjectRef, Where
from seawall.model.ports import ALL_PORTS, PortSet

_ORDER = {
    Mode.UNION: (Action.ALLOW, Action.UNKNOWN),
    Mode.DENY_FIRST: (Action.DENY, Action.UNKNOWN, Action.ALLOW),
}
_DECISION = {
    Action.ALLOW: Decision.ALLOW,
    Action.DENY: Decision.DENY,
    Action.UNKNOWN: Decision.UNKNOWN,
}
_AT_END = {AtEnd.ALLOW: Decision.ALLOW, AtEnd.DENY: Decision.DENY}


Placed = tuple[tuple[int, int], Policy]
"""A policy with its place: number of its tier, number in the tier."""

Group = tuple[Bits, tuple[Placed, ...]]
"""Endpoint classes, and the policies that select exactly these."""


class Region(Struct, frozen=True, gc=False):
    """Connections with some peers on some ports, and the rules that passed them on so far."""

    peers: PeerSet
    ports: PortSet
    via: tuple[Where, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.ports) and bool(self.peers)


class Row(Struct, frozen=True, gc=False):
    """What becomes of a region, and who says so: nobody where no policy has a word.

    `tier` is where it was decided; `via` are the rules that passed it on to there, in order.
    """

    peers: PeerSet
    ports: PortSet
    decision: Decision
    because: tuple[Where, ...]
    tier: str = ""
    via: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Applying:
    """The policies of one tier that select the subjects of a side."""

    tier: Tier
    policies: tuple[Policy, ...]

    @property
    def isolates(self) -> bool:
        """Whether any of them closes what no rule opens."""
        return any(policy.isolates for policy in self.policies)

    def rules(self) -> Iterator[Rule]:
        """The rules in the order they are asked; for unions the order cannot matter."""
        found = [rule for policy in self.policies for rule in policy.rules]
        if self.tier.mode is Mode.FIRST_MATCH:
            return iter(found)
        return (
            rule for action in _ORDER[self.tier.mode] for rule in found if rule.action is action
        )


@dataclass(frozen=True, eq=False)
class Side:
    """One direction of the endpoint classes that the same policies select.

    Args:
        direction: Ingress or egress.
        subjects: The classes.
        applying: The tiers with a policy that selects them, first asked first.
        universe: Everybody there is in this cluster.
    """

    direction: Direction
    subjects: Bits
    applying: tuple[Applying, ...]
    universe: PeerSet

    @cached_property
    def isolating(self) -> tuple[ObjectRef, ...]:
        """The policies that isolate the subjects in this direction, in the API's sense."""
        found = {p.ref for tier in self.applying for p in tier.policies if p.isolates}
        return tuple(sorted(found))

    @property
    def selected(self) -> bool:
        """Whether some policy isolates the subjects; it does not say that anything is closed."""
        return bool(self.isolating)

    @cached_property
    def openings(self) -> tuple[Row, ...]:
        """What is or may be open: {ports: peers} unions; rows may overlap, none is DENY."""
        if not self.applying:  # most sides of most clusters: nothing decides, so there is no union
            return (Row(self.universe, ALL_PORTS, Decision.ALLOW, ()),)
        merged: dict[tuple[Decision, PortSet], tuple[PeerSet, dict[Where, None]]] = {}
        for row in _walk(self, [Region(self.universe, ALL_PORTS)], disjoint=False):
            if row.decision is not Decision.DENY:
                key = (row.decision, row.ports)
                peers, because = merged.get(key, (NO_PEERS, {}))
                merged[key] = (peers | row.peers, because | dict.fromkeys(row.because))
        return tuple(
            Row(peers, ports, decision, tuple(sorted(because)))
            for (decision, ports), (peers, because) in merged.items()
        )

    def rows(self, peers: PeerSet, ports: PortSet = ALL_PORTS) -> Iterator[Row]:
        """Disjoint rows that together are exactly `peers` x `ports`, made one at a time."""
        if not self.applying:
            return iter((Row(peers, ports, Decision.ALLOW, ()),))
        return _walk(self, [Region(peers, ports)], disjoint=True)


def _walk(side: Side, undecided: list[Region], *, disjoint: bool) -> Iterator[Row]:
    """Asks the tiers in order. Unless `disjoint`, what a union opens is not taken out again."""
    for tier in side.applying:
        passed: list[Region] = []
        for rule in tier.rules():
            hits = _overlap(undecided, rule)
            if rule.action is Action.PASS:
                passed += (Region(r.peers, r.ports, (*r.via, rule.where)) for r in hits)
            else:
                yield from _rows(hits, _DECISION[rule.action], (rule.where,), tier.tier.name)
            if hits and (disjoint or tier.tier.mode is not Mode.UNION):
                undecided = list(_without(undecided, rule))
        if tier.isolates and tier.tier.at_end is not AtEnd.PASS:
            isolating = tuple(Where(p.ref) for p in tier.policies if p.isolates)
            yield from _rows(undecided, _AT_END[tier.tier.at_end], isolating, tier.tier.name)
            undecided = []
        undecided += passed
    yield from _rows(undecided, Decision.ALLOW, ())


def _rows(
    regions: Iterable[Region], decision: Decision, because: tuple[Where, ...], tier: str = ""
) -> Iterator[Row]:
    for region in regions:
        yield Row(region.peers, region.ports, decision, because, tier, region.via)


def _overlap(regions: list[Region], rule: Rule) -> list[Region]:
    found = [Region(r.peers & rule.peers, _common(r.ports, rule.ports), r.via) for r in regions]
    return [region for region in found if region]


def _common(ports: PortSet, asked: PortSet) -> PortSet:
    """What both have; most walks begin with all ports, of which there is nothing to take away."""
    return asked if ports is ALL_PORTS else ports & asked


def _without(regions: list[Region], rule: Rule) -> Iterator[Region]:
    """The regions less what the rule matches: its other peers, then its own peers' other ports."""
    for region in regions:
        elsewhere = Region(region.peers - rule.peers, region.ports, region.via)
        rest = Region(region.peers & rule.peers, region.ports - rule.ports, region.via)
        yield from (part for part in (elsewhere, rest) if part)


def sides(
    direction: Direction, tiers: Sequence[Tier], spans: Sequence[Bits], universe: PeerSet
) -> Iterator[tuple[Side, ...]]:
    """For each namespace (`spans`), its classes grouped by the policies that select them.

    Policies whose subjects lie in one namespace are looked at there only, so that the work grows
    with namespaces plus policies, not with their product.
    """
    local, wide = _by_namespace(tiers, spans)
    for number, within in enumerate(spans):
        groups: list[Group] = [(within, ())]
        asked = sorted((*local[number], *wide), key=_place) if wide else local[number]
        for placed in asked:
            groups = list(_split(groups, placed))
        yield tuple(_side(direction, tiers, group, universe) for group in groups)


def _place(placed: Placed) -> tuple[int, int]:
    return placed[0]


def _by_namespace(
    tiers: Sequence[Tier], spans: Sequence[Bits]
) -> tuple[list[list[Placed]], list[Placed]]:
    home = [number for number, within in enumerate(spans) for _ in range(len(within))]
    local: list[list[Placed]] = [[] for _ in spans]
    wide: list[Placed] = []
    for tier_number, tier in enumerate(tiers):
        for number, policy in enumerate(tier.policies):
            if policy.subjects:
                first, last = home[policy.subjects.lowest], home[policy.subjects.highest]
                found = local[first] if first == last else wide
                found.append(((tier_number, number), policy))
    return local, wide


def _split(groups: list[Group], placed: Placed) -> Iterator[Group]:
    subjects = placed[1].subjects
    for bits, chosen in groups:
        selected, rest = bits & subjects, bits - subjects
        if selected:
            yield selected, (*chosen, placed)
        if rest:
            yield rest, chosen


def _side(direction: Direction, tiers: Sequence[Tier], group: Group, universe: PeerSet) -> Side:
    subjects, chosen = group
    grouped: dict[int, list[Policy]] = {}
    for (tier_number, _), policy in chosen:
        grouped.setdefault(tier_number, []).append(policy)
    applying = tuple(Applying(tiers[number], tuple(found)) for number, found in grouped.items())
    return Side(direction, subjects, applying, universe)
