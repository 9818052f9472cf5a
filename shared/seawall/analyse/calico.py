"""Compiles Calico's policies to the IR: its tiers in order, Kubernetes' policies in their place.

Sources: docs.tigera.io/calico ("Tier", "Global network policy"), `felix/calc/policy_sorter.go`,
`policy_resolver.go` and `event_sequencer.go`: tiers by order, then policies by order, each last
where it has none; Allow and Deny decide, Pass leads to the next tier. Whom any policy of a tier
selects in a direction gets the tier's default action at its end. Behind the last tier stands the
profile of the namespace, which allows all (`NamespaceToProfile`). Kubernetes' NetworkPolicies are
in the tier `default`, at order 1000 (`K8sNetworkPolicyToCalico`). Staged policies enforce nothing.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter, itemgetter

from msgspec.structs import replace

from seawall.analyse.calico_labels import ACCOUNT_NAME, Sure
from seawall.analyse.calico_order import Entry, in_doubt, of_kubernetes
from seawall.analyse.calico_rules import CalicoRules, Clause
from seawall.analyse.classes import SERVICE_ACCOUNT_KEY, Mentioned
from seawall.analyse.table import ClassTable
from seawall.model.addresses import IpSet
from seawall.model.bits import NO_BITS, Bits
from seawall.model.calico import (
    ACCOUNT_KEY,
    DEFAULT_TIER,
    NAMESPACE_PREFIX,
    CalicoEntity,
    CalicoNets,
    CalicoObject,
    CalicoPolicy,
    CalicoTier,
    keys_of,
)
from seawall.model.ir import Action, AtEnd, Mode, Policy, Rule, Tier
from seawall.model.policies import Direction, ObjectRef, Where
from seawall.model.ports import ALL_PORTS

KUBERNETES_ORDER = 1000.0
KUBERNETES_PREFIX = "knp.default."
"""Calico's API server shows each Kubernetes NetworkPolicy as one of its own under this prefix."""

ADMIN_PREFIXES = (
    "kcnp.kube-admin.",
    "kcnp.kube-baseline.",
    "kanp.adminnetworkpolicy.",
    "kbanp.baselineadminnetworkpolicy.",
)
"""The same for the policies of administrators (`libcalico-go/lib/names`)."""

ADMIN_ORDER, DEFAULT_ORDER, BASELINE_ORDER = 1_000.0, 1_000_000.0, 10_000_000.0
"""`KubeAdminTierOrder`, `DefaultTierOrder` and `KubeBaselineTierOrder`; the first and the last hold
what administrators' policies compile to, and end in Pass."""

BUILT_IN: dict[str, tuple[float, AtEnd]] = {
    "adminnetworkpolicy": (ADMIN_ORDER, AtEnd.PASS),
    "kube-admin": (ADMIN_ORDER, AtEnd.PASS),
    DEFAULT_TIER: (DEFAULT_ORDER, AtEnd.DENY),
    "baselineadminnetworkpolicy": (BASELINE_ORDER, AtEnd.PASS),
    "kube-baseline": (BASELINE_ORDER, AtEnd.PASS),
}
"""Tiers that Calico makes itself, by version, and that nobody can change."""


def mentioned_by_calico(objects: Iterable[CalicoObject]) -> Mentioned:
    """Everything that any selector or rule of these objects looks at."""
    found = tuple(objects)
    policies = [each for each in found if isinstance(each, CalicoPolicy)]
    rules = {rule for policy in policies for rule in (*policy.ingress, *policy.egress)}
    entities = {entity for rule in rules for entity in (rule.source, rule.destination)}
    selectors = {policy.subject for policy in policies}
    selectors |= {s for e in entities for s in (e.endpoints, e.excluded) if s is not None}
    keys = {key for selector in selectors for key in keys_of(selector)}
    accounts = {SERVICE_ACCOUNT_KEY} if keys & {ACCOUNT_KEY, ACCOUNT_NAME} else set()
    spaces = (key for key in keys if key.startswith(NAMESPACE_PREFIX))
    sets = {each.addresses for each in found if isinstance(each, CalicoNets)}
    return Mentioned(
        frozenset(keys | accounts),
        frozenset(key.removeprefix(NAMESPACE_PREFIX) for key in spaces),
        frozenset(name for entity in entities for name in _port_names(entity)),
        tuple({*sets, *(net for entity in entities for net in _nets(entity))}),
    )


def _port_names(entity: CalicoEntity) -> Iterator[str]:
    for ports in (entity.ports, entity.not_ports):
        yield from ports.names if ports is not None else ()


def _nets(entity: CalicoEntity) -> Iterator[IpSet]:
    yield from (net for net in (entity.nets, entity.not_nets) if net is not None)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What policies of other kinds compile to, for the same direction.

    Attributes:
        kubernetes: The NetworkPolicies.
        before: The tiers of administrators' policies that are asked before NetworkPolicy.
        after: Those that are asked behind it.
    """

    kubernetes: Sequence[Policy] = ()
    before: Sequence[Tier] = ()
    after: Sequence[Tier] = ()


def calico_tiers(
    objects: Iterable[CalicoObject],
    others: Neighbours,
    table: ClassTable,
    direction: Direction,
    *,
    namespaces_seen: bool,
) -> tuple[Tier, ...]:
    """All tiers of one direction, first asked first, those of the neighbours among them.

    Args:
        objects: Calico's objects of any kind; those that are there twice count once.
        others: What the other kinds compile to: each finds its place among Calico's tiers.
        table: The endpoint classes, split by what `mentioned_by_calico` tells.
        direction: Ingress or egress.
        namespaces_seen: Were the labels of the namespaces read.
    """
    found = tuple(_once(objects))
    nets = (each for each in found if isinstance(each, CalicoNets))
    rules = CalicoRules(table, nets, namespaces_seen=namespaces_seen)
    compiler = _Compiler(found, rules, table, direction, others)
    ordered = [
        *(((ADMIN_ORDER, ""), tier) for tier in others.before),
        *(((BASELINE_ORDER, ""), tier) for tier in others.after),
        *compiler.tiers(),
    ]
    ordered.sort(key=itemgetter(0))
    return (compiler.uncertain(), *(tier for _, tier in ordered))


def _refs(policies: Iterable[Policy]) -> Iterator[ObjectRef]:
    return (policy.ref for policy in policies)


def _once(objects: Iterable[CalicoObject]) -> Iterator[CalicoObject]:
    """Both of Calico's groups serve the same objects; in one, their names begin with the tier's."""
    seen: set[object] = set()
    for found in objects:
        tier = found.tier if isinstance(found, CalicoPolicy) else ""
        bare = found.ref.name.removeprefix(f"{tier}.") if tier else found.ref.name
        ref = ObjectRef(found.ref.kind, found.ref.namespace, bare)
        same = replace(found, ref=ref, origin="", warnings=())
        if same not in seen:
            seen.add(same)
            yield found


class _Compiler:
    """The tiers of one direction.

    Args:
        objects: What there is, each once.
        rules: What a rule means here.
        table: The endpoint classes.
        direction: Ingress or egress.
        others: What the policies of other kinds compile to.
    """

    def __init__(
        self,
        objects: tuple[CalicoObject, ...],
        rules: CalicoRules,
        table: ClassTable,
        direction: Direction,
        others: Neighbours,
    ) -> None:
        self._rules = rules
        self._hosts = table.hosts
        self._direction = direction
        self._kubernetes = others.kubernetes
        admin = (ref for tier in (*others.before, *others.after) for ref in _refs(tier.policies))
        self._admin = frozenset(ref.name for ref in admin)
        mirrors = {
            (ref.namespace, KUBERNETES_PREFIX + ref.name) for ref in _refs(others.kubernetes)
        }
        self._policies = tuple(
            each
            for each in objects
            if isinstance(each, CalicoPolicy) and (each.ref.namespace, each.ref.name) not in mirrors
        )
        self._host_endpoints = tuple(
            each for each in objects if isinstance(each, CalicoNets) and each.is_host
        )
        self._declared = tuple(each for each in objects if isinstance(each, CalicoTier))
        self._known = _known_tiers(self._declared)

    def tiers(self) -> Iterator[tuple[tuple[float, str], Tier]]:
        """Each tier with its place."""
        by_tier: dict[str, list[CalicoPolicy]] = {DEFAULT_TIER: []}
        for policy in self._policies:
            if not self._doubt(policy) and not self._is_mirror(policy):
                by_tier.setdefault(policy.tier, []).append(policy)
        for name, policies in by_tier.items():
            order, at_end = self._known[name]
            found = tuple(self._in_order(name, policies, at_end))
            tier = Tier(f"Calico tier {name}", Mode.FIRST_MATCH, found, at_end)
            yield (order, name), tier

    def uncertain(self) -> Tier:
        """What may decide before everything else, for all that can be told."""
        found = chain(self._on_hosts(), self._out_of_place())
        policies = tuple(policy for policy in found if policy.subjects)
        return Tier("Calico, not certain", Mode.FIRST_MATCH, policies, AtEnd.PASS)

    def _in_order(
        self, tier: str, policies: Iterable[CalicoPolicy], at_end: AtEnd
    ) -> Iterator[Policy]:
        entries = [
            Entry.of(policy, tuple(self._parts(policy, isolates=at_end is AtEnd.DENY)))
            for policy in policies
        ]
        if tier == DEFAULT_TIER:
            mixed = any(entry.order == KUBERNETES_ORDER for entry in entries)
            entries += of_kubernetes(self._kubernetes, KUBERNETES_ORDER, mixed=mixed)
        entries.sort(key=attrgetter("order", "name"))
        for _, tied in groupby(entries, key=attrgetter("order")):
            together = list(tied)
            yield from in_doubt(together)
            yield from (part for entry in together for part in entry.parts)

    def _parts(self, policy: CalicoPolicy, *, isolates: bool) -> Iterator[Policy]:
        """One for all subjects that its rules do not tell apart, and one for the uncertain."""
        if policy.only_hosts:
            return
        subjects = self._subjects(policy)
        clauses = tuple(self._clauses(policy))
        for part in _split(subjects.certain, clauses):
            rules = tuple(each.rule for each in clauses if part.lowest in each.subjects)
            yield Policy(policy.ref, part, isolates, rules)
        yield from self._unknown(policy, subjects.perhaps - subjects.certain)

    def _subjects(self, policy: CalicoPolicy) -> Sure[Bits]:
        found = self._rules.endpoints.matching(policy.subject)
        if self._direction in policy.directions and not policy.unread:
            return found
        applies = self._direction in policy.directions | policy.doubtful
        return Sure(NO_BITS, found.perhaps if applies else NO_BITS)

    def _clauses(self, policy: CalicoPolicy) -> Iterator[Clause]:
        for number, rule in enumerate(policy.rules(self._direction)):
            where = Where(policy.ref, f"spec.{self._direction}[{number}]")
            yield from self._rules.clauses(rule, self._direction, where)

    def _unknown(self, policy: CalicoPolicy, subjects: Bits, why: str = "") -> Iterator[Policy]:
        if subjects:
            yield _all_unknown(Where(policy.ref, why), subjects, self._rules)

    def _on_hosts(self) -> Iterator[Policy]:
        """Host endpoints: what policies leave of their hosts' traffic, or forward, is not judged.

        Policies that apply on forward also see what pods send and get through such an interface.
        """
        for each in self._host_endpoints:
            yield _all_unknown(Where(each.ref), self._hosts, self._rules)
        for policy in self._policies:
            applies = self._direction in policy.directions | policy.doubtful
            if policy.on_forward and applies and self._rules.hosts_matching(policy.subject):
                where = Where(policy.ref, "spec.applyOnForward")
                yield _all_unknown(where, self._rules.endpoints.universe, self._rules)

    def _out_of_place(self) -> Iterator[Policy]:
        for policy in self._policies:
            why = self._doubt(policy)
            if why and not policy.only_hosts:
                yield from self._unknown(policy, self._subjects(policy).perhaps, why)

    def _doubt(self, policy: CalicoPolicy) -> str:
        """Why nobody can tell when the policy is asked; empty where it is known."""
        if policy.tier not in self._known:
            return f"spec.tier: {policy.tier} was not found, or more than once"
        reserved = policy.tier in BUILT_IN and policy.tier != DEFAULT_TIER
        if (
            self._admin
            and reserved
            and not self._is_mirror(policy)
            and policy.rules(self._direction)
        ):
            return f"spec.tier: {policy.tier} is kept for administrators' policies"
        return ""

    def _is_mirror(self, policy: CalicoPolicy) -> bool:
        """Whether it is Calico's view of an administrators' policy that stands elsewhere."""
        name = policy.ref.name
        prefixes = (each for each in ADMIN_PREFIXES if name.startswith(each))
        return any(name.removeprefix(each) in self._admin for each in prefixes)


def _known_tiers(declared: Iterable[CalicoTier]) -> dict[str, tuple[float, AtEnd]]:
    """Place and default action by name; one that is declared in two ways is not known."""
    found: dict[str, set[tuple[float, AtEnd]]] = {}
    for tier in declared:
        order = math.inf if tier.order is None else tier.order
        found.setdefault(tier.ref.name, set()).add((order, tier.at_end))
    known = {name: ways for name, (ways,) in _single(found)}
    return {name: way for name, way in BUILT_IN.items() if name not in found} | known


def _single(
    found: dict[str, set[tuple[float, AtEnd]]],
) -> Iterator[tuple[str, set[tuple[float, AtEnd]]]]:
    return ((name, ways) for name, ways in found.items() if len(ways) == 1)


def _all_unknown(where: Where, subjects: Bits, rules: CalicoRules) -> Policy:
    rule = Rule(Action.UNKNOWN, rules.everybody, ALL_PORTS, where)
    return Policy(where.ref, subjects, isolates=False, rules=(rule,))


def _split(subjects: Bits, clauses: Iterable[Clause]) -> list[Bits]:
    """The largest parts of the subjects that no clause tells apart."""
    parts = [subjects] if subjects else []
    for chosen in {clause.subjects for clause in clauses}:
        if not subjects <= chosen:
            halves = ((part & chosen, part - chosen) for part in parts)
            parts = [half for pair in halves for half in pair if half]
    return parts
