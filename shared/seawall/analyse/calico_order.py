"""The order in which the policies of one of Calico's tiers are asked, and where it is in doubt.

Source: `PolKVLess` (`felix/calc/policy_sorter.go`): by order, and those without one last. Equal
orders were sorted by `namespace/tier.name` in Calico 3.30 and before, and are sorted by
`name/namespace/kind` since. The documentation says "alphanumerical order based on the policy name".
Where the two differ, and what they decide differs too, nobody can tell what becomes of it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from operator import attrgetter

from seawall.model.calico import CalicoPolicy
from seawall.model.ir import Action, Policy, Rule
from seawall.model.policies import ObjectRef, Where


@dataclass(frozen=True, slots=True)
class Entry:
    """One policy at its place: what it compiles to, and its name as two readings sort it."""

    ref: ObjectRef
    order: float
    name: str
    early_name: str
    parts: tuple[Policy, ...]
    of_kubernetes: bool = False

    @classmethod
    def of(cls, policy: CalicoPolicy, parts: tuple[Policy, ...]) -> "Entry":
        """The entry of a policy of Calico's."""
        ref = policy.ref
        stored = f"{policy.tier}.{ref.name.removeprefix(f'{policy.tier}.')}"
        return cls(
            ref,
            math.inf if policy.order is None else policy.order,
            f"{ref.name}/{ref.namespace}/{ref.kind}",
            f"{ref.namespace}/{stored}" if ref.namespace else stored,
            parts,
        )

    def agrees_with(self, that: "Entry") -> bool:
        """Whether all readings say the same of which is asked first; their orders are equal."""
        if self.of_kubernetes or that.of_kubernetes:
            return self.of_kubernetes and that.of_kubernetes
        return (self.name < that.name) == (self.early_name < that.early_name)


def of_kubernetes(policies: Iterable[Policy], order: float, *, mixed: bool) -> Iterator[Entry]:
    """Kubernetes' policies, all of one order: they only allow, so theirs does not matter.

    What is unknown comes behind what is allowed, unless Calico's own are `mixed` in between.
    """
    for policy in policies:
        unknown = tuple(rule for rule in policy.rules if rule.action is Action.UNKNOWN)
        if unknown and not mixed:
            known = tuple(rule for rule in policy.rules if rule.action is not Action.UNKNOWN)
            yield _kubernetes(Policy(policy.ref, policy.subjects, policy.isolates, known), order)
            later = Policy(policy.ref, policy.subjects, isolates=False, rules=unknown)
            yield _kubernetes(later, math.nextafter(order, math.inf))
        else:
            yield _kubernetes(policy, order)


def _kubernetes(policy: Policy, order: float) -> Entry:
    name = f"{policy.ref.name}/{policy.ref.namespace}"
    return Entry(policy.ref, order, name, name, (policy,), of_kubernetes=True)


def in_doubt(tied: Sequence[Entry]) -> Iterator[Policy]:
    """What is unknown before all of these are asked, whose orders are equal."""
    for one, other in _pairs(tied):
        if not one.agrees_with(other):
            for a, b in product(one.parts, other.parts):
                common = a.subjects & b.subjects
                rules = tuple(_differing(a, b)) if common else ()
                if rules:
                    yield Policy(a.ref, common, isolates=False, rules=rules)


def _pairs(tied: Sequence[Entry]) -> Iterator[tuple[Entry, Entry]]:
    """Those that can select the same endpoint and are not both of Kubernetes."""
    homes: dict[str, list[Entry]] = {}
    for entry in tied:
        homes.setdefault(entry.ref.namespace, []).append(entry)
    everywhere = homes.pop("", [])
    for found in ([], *homes.values()):
        if not _all_agree((*found, *everywhere)):
            among = () if found else combinations(everywhere, 2)
            yield from chain(among, combinations(found, 2), product(found, everywhere))


def _all_agree(entries: Iterable[Entry]) -> bool:
    """Whether no two of these can disagree, told without asking each pair."""
    found = sorted(entries, key=attrgetter("name"))
    kinds = {entry.of_kubernetes for entry in found}
    early = [entry.early_name for entry in found]
    return kinds == {True} or (True not in kinds and early == sorted(early))


def _differing(one: Policy, other: Policy) -> Iterator[Rule]:
    why = f"has the order of {other.ref}: which is asked first depends on Calico's version"
    for a, b in product(one.rules, other.rules):
        peers, ports = a.peers & b.peers, a.ports & b.ports
        if a.action is not b.action and peers and ports:
            yield Rule(Action.UNKNOWN, peers, ports, Where(one.ref, why))
