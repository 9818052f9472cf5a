"""Admin policies of equal rank that select the same pods: what is undefined between them.

Source: `ClusterNetworkPolicySpec.priority` (policy.networking.k8s.io/v1alpha2): "If two (or more)
policies in the same tier with the same priority could match a connection, then the implementation
can apply any of the matching policies". So where all that match agree, it is decided; where they do
not, it is UNKNOWN. A BaselineAdminNetworkPolicy has no priority, so it ties with every
ClusterNetworkPolicy of its tier.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, groupby

from seawall.model.bits import NO_BITS, Bits
from seawall.model.ir import Action, Policy, Rule
from seawall.model.peers import PeerSet
from seawall.model.policies import Where
from seawall.model.ports import ALL_PORTS, PortSet

Ranked = tuple[int | None, tuple[Policy, ...]]
"""The parts of one policy (no two have a subject in common), and its priority."""

MOST_TIED = 32
"""More policies of one rank than this that meet on some pods are not compared one by one."""


def with_ties(found: Sequence[Ranked], universe: PeerSet) -> Iterator[Policy]:
    """All parts, each rank with its ties before it; `found` is in order of priority."""
    unranked = [parts for priority, parts in found if priority is None]
    ranked = [(priority, parts) for priority, parts in found if priority is not None]
    for none in unranked:
        yield from _between(((none, parts) for _, parts in ranked), universe)
    yield from (part for parts in unranked for part in parts)
    for _, level in groupby(ranked, key=lambda each: each[0]):
        equals = [parts for _, parts in level]
        yield from _of_level(equals, universe)
        yield from (part for parts in equals for part in parts)


def _of_level(equals: list[tuple[Policy, ...]], universe: PeerSet) -> Iterator[Policy]:
    shared = _shared(equals)
    tied = [parts for parts in equals if any(part.subjects & shared for part in parts)]
    if len({rule.action for parts in tied for part in parts for rule in part.rules}) <= 1:
        return
    if len(tied) > MOST_TIED:
        yield _all_unknown(tied, shared, universe)
        return
    yield from _between(combinations(tied, 2), universe)


def _shared(equals: Iterable[tuple[Policy, ...]]) -> Bits:
    """The classes that more than one of them selects."""
    once, more = NO_BITS, NO_BITS
    for parts in equals:
        for part in parts:
            more |= once & part.subjects
        for part in parts:
            once |= part.subjects
    return more


def _all_unknown(tied: list[tuple[Policy, ...]], shared: Bits, universe: PeerSet) -> Policy:
    first = tied[0][0]
    where = Where(first.ref, f"and {len(tied) - 1} policies of the same priority: undefined")
    rule = Rule(Action.UNKNOWN, universe, ALL_PORTS, where)
    return Policy(first.ref, shared, isolates=False, rules=(rule,))


def _between(
    pairs: Iterable[tuple[tuple[Policy, ...], tuple[Policy, ...]]], universe: PeerSet
) -> Iterator[Policy]:
    for ones, others in pairs:
        for one in ones:
            for other in others:
                subjects = one.subjects & other.subjects
                rules = tuple(_disagreeing(one, other, universe)) if subjects else ()
                if rules:
                    yield Policy(one.ref, subjects, isolates=False, rules=rules)


def _disagreeing(one: Policy, other: Policy, universe: PeerSet) -> Iterator[Rule]:
    """UNKNOWN for what both decide, and not in the same way."""
    theirs = list(_first_matches(other.rules, universe))
    for mine in _first_matches(one.rules, universe):
        for their in theirs:
            peers, ports = mine.peers & their.peers, mine.ports & their.ports
            if mine.action is not their.action and peers and ports:
                told = f"{mine.where.path}, or {their.where}: equal priority, undefined"
                yield Rule(Action.UNKNOWN, peers, ports, Where(one.ref, told))


def _first_matches(rules: Iterable[Rule], universe: PeerSet) -> Iterator[Rule]:
    """The rules, each without what a rule before it matches."""
    left: list[tuple[PeerSet, PortSet]] = [(universe, ALL_PORTS)]
    for rule in rules:
        rest: list[tuple[PeerSet, PortSet]] = []
        for peers, ports in left:
            common, on = peers & rule.peers, ports & rule.ports
            if common and on:
                yield Rule(rule.action, common, on, rule.where)
                rest += [(peers - common, ports), (common, ports - on)]
            else:
                rest.append((peers, ports))
        left = [(peers, ports) for peers, ports in rest if peers and ports]
