"""Compiles Cilium policies, and the NetworkPolicies beside them, to tiers of the IR.

Source: cilium Documentation/security/policy/{intro,deny}.rst and `pkg/policy`. A denying rule beats
every allowing one, of NetworkPolicy too, so all denials are asked first. What is left is one union
of Cilium's and Kubernetes' policies: an endpoint that any of them puts into default deny is closed
but for what any of them allows. What only may be denied, or allowed, is UNKNOWN in its place.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seawall.analyse.cilium_peers import NOBODY, CiliumPeers, Reach, perhaps, surely
from seawall.analyse.cilium_ports import EVERY, CiliumPorts, Ports, names_of
from seawall.analyse.cilium_requires import Requires
from seawall.analyse.cilium_selectors import keys_of, subjects_of
from seawall.analyse.classes import Mentioned
from seawall.analyse.table import ClassTable
from seawall.model.bits import Bits
from seawall.model.cilium import CiliumPolicy, CiliumRule, CiliumSpec, EndpointPeer
from seawall.model.cilium_settings import CiliumAround, Enforcement, KnownService
from seawall.model.ir import Action, AtEnd, Mode, Policy, Rule, Tier
from seawall.model.peers import everybody
from seawall.model.policies import Direction, ObjectRef, Where
from seawall.model.ports import ALL_PORTS
from seawall.model.snapshot import ContainerPort

DENIALS = "Cilium deny rules"
ALLOWANCES = "NetworkPolicy and Cilium"

MODE = ObjectRef("ConfigMap", "kube-system", "cilium-config")
"""Who isolates what no policy selects, where the mode is `always`."""


def mentioned_by_cilium(
    policies: Iterable[CiliumPolicy], services: Iterable[KnownService] = ()
) -> Mentioned:
    """Everything that any rule of these policies looks at; a CIDR never looks at a pod."""
    specs = [spec for policy in policies for spec in policy.specs]
    rules = [rule for spec in specs for d in Direction for rule in _rules(spec, d)]
    named = {p.selector for rule in rules for p in rule.peers if isinstance(p, EndpointPeer)}
    required = {each for rule in rules for each in rule.requires}
    subjects = {spec.subject for spec in specs if not spec.on_nodes}
    pods, namespaces = keys_of(named | required | subjects)
    behind = (each.selector.keys for each in services if each.selector is not None)
    return Mentioned(pods.union(*behind), namespaces, names_of(rules), ())


def cilium_tiers(
    policies: Iterable[CiliumPolicy],
    kubernetes: tuple[Policy, ...],
    table: ClassTable,
    direction: Direction,
    around: CiliumAround,
) -> tuple[Tier, ...]:
    """The tiers of one direction in order; `kubernetes` are the compiled NetworkPolicies.

    Nothing at all where nothing is enforced.
    """
    if around.settings.enforcement is Enforcement.NEVER:
        return ()
    compiler = _Compiler(tuple(policies), table, direction, around)
    allowances = (*kubernetes, *compiler.allowances())
    return (
        Tier(DENIALS, Mode.DENY_FIRST, tuple(compiler.denials()), AtEnd.PASS),
        Tier(ALLOWANCES, Mode.UNION, allowances, AtEnd.DENY),
    )


def _rules(spec: CiliumSpec, direction: Direction) -> tuple[CiliumRule, ...]:
    return (*spec.allows(direction), *spec.denies(direction))


@dataclass(frozen=True, slots=True)
class _Live:
    """A spec that is or may be enforced: whom it binds for certain, and whom it may bind."""

    policy: CiliumPolicy
    spec: CiliumSpec
    subjects: Bits
    doubtful: Bits


class _Compiler:
    def __init__(
        self,
        policies: tuple[CiliumPolicy, ...],
        table: ClassTable,
        direction: Direction,
        around: CiliumAround,
    ) -> None:
        self._table = table
        self._direction = direction
        self._around = around
        self._everybody = everybody(table.everything)
        self._peers = CiliumPeers(table, around)
        self._live = [found for policy in policies for found in self._specs(policy)]
        rules = [rule for live in self._live for rule in _rules(live.spec, direction)]
        self._ports = CiliumPorts(table, names_of(rules), pods_seen=around.pods_seen)
        self._requires = Requires(around.settings)
        for live in self._live:
            self._require(live)

    def _specs(self, policy: CiliumPolicy) -> Iterator[_Live]:
        if policy.inert:
            return
        touching = [spec for spec in policy.specs if spec.touches(self._direction)]
        settings = self._around.settings
        idle = any(spec.is_idle for spec in policy.specs) and not policy.accepted
        if idle and settings.since(1, 17):
            return  # one spec without a rule, and the agent refuses the whole object
        certain = not idle or settings.before(1, 17)
        for spec in touching:
            if spec.on_nodes:
                hosts = self._table.hosts if settings.host_firewall is not False else Bits()
                yield _Live(policy, spec, Bits(), hosts)
                continue
            meant = subjects_of(spec.subject, policy.namespace, self._table, self._around)
            sure = meant.certain if certain else Bits()
            yield _Live(policy, spec, sure, meant.possible - sure)

    def _require(self, live: _Live) -> None:
        for rule in live.spec.allows(self._direction):
            for selector in rule.requires:
                met = self._peers.endpoints(selector, live.policy.namespace).certain.pods
                self._requires.add(live.subjects, live.doubtful, self._peers.pods.pods - met)

    def denials(self) -> Iterator[Policy]:
        """What is asked first: every denying rule; where its subjects are doubtful, as UNKNOWN."""
        for live in self._live:
            rules = live.spec.denies(self._direction)
            if not rules:
                continue
            yield from self._compiled(live, rules, allow=False)
            if live.doubtful:
                found = tuple(self._doubtful_denials(live, rules))
                yield Policy(live.policy.ref, live.doubtful, isolates=False, rules=found)

    def _doubtful_denials(self, live: _Live, rules: tuple[CiliumRule, ...]) -> Iterator[Rule]:
        for rule in rules:
            reach = self._reach(live, rule, allow=False)
            if reach.possible:
                where = Where(live.policy.ref, rule.path)
                yield Rule(Action.UNKNOWN, reach.possible, ALL_PORTS, where)

    def allowances(self) -> Iterator[Policy]:
        """What is asked then: who is isolated, and every allowing rule."""
        if self._around.settings.enforcement is Enforcement.ALWAYS:
            bound = self._table.everything - self._table.hosts
            yield Policy(MODE, bound, isolates=True, rules=())
        for live in self._live:
            yield from self._compiled(live, live.spec.allows(self._direction), allow=True)
            if live.doubtful:
                where = Where(live.policy.ref, f"{live.spec.path} ({_why(live.spec)})")
                rule = Rule(Action.UNKNOWN, self._everybody, ALL_PORTS, where)
                yield Policy(live.policy.ref, live.doubtful, isolates=False, rules=(rule,))

    def _compiled(
        self, live: _Live, rules: tuple[CiliumRule, ...], *, allow: bool
    ) -> Iterator[Policy]:
        isolates = allow and live.spec.isolates(self._direction)
        if not live.subjects or not (rules or isolates):
            return
        names = names_of(rules) if self._direction is Direction.INGRESS else frozenset()
        for alike, own in self._table.by_port_names(live.subjects, names):
            found = tuple(
                part for rule in rules for part in self._rule(live, rule, alike, own, allow=allow)
            )
            yield Policy(live.policy.ref, alike, isolates=isolates, rules=found)

    def _rule(
        self,
        live: _Live,
        rule: CiliumRule,
        subjects: Bits,
        own: tuple[ContainerPort, ...],
        *,
        allow: bool,
    ) -> Iterator[Rule]:
        reach = self._reach(live, rule, allow=allow)
        if allow:
            reach = self._requires.narrowed(reach, rule, subjects)
        action = Action.ALLOW if allow else Action.DENY
        for ports, path in self._port_sets(rule, own, allow=allow):
            where = Where(live.policy.ref, path)
            parts = (
                (action, reach.certain, ports.certain),
                (Action.UNKNOWN, reach.doubtful, ports.certain),
                (Action.UNKNOWN, reach.possible, ports.doubtful),
            )
            for what, peers, numbers in parts:
                if peers and numbers:
                    yield Rule(what, peers, numbers, where)

    def _port_sets(
        self, rule: CiliumRule, own: tuple[ContainerPort, ...], *, allow: bool
    ) -> Iterator[tuple[Ports, str]]:
        if rule.groups is None:
            yield EVERY, _told(rule.path, rule.restricted)
        for group in rule.groups or ():
            if self._direction is Direction.INGRESS:
                ports = self._ports.at_ingress(group, own)
            else:
                ports = self._ports.at_egress(group, allow=allow)
            narrowed = "; ".join(filter(None, (group.restricted, rule.restricted)))
            yield ports, _told(group.path, narrowed)

    def _reach(self, live: _Live, rule: CiliumRule, *, allow: bool) -> Reach:
        """Whom a rule means; a list that is empty, or no list at all, is its own case."""
        if rule.empty:
            return self._empty(rule)
        if not rule.peers:
            return self._anybody(rule)
        home = live.policy.namespace
        return self._peers.reach(rule.peers, home, self._direction, allow=allow)

    def _empty(self, rule: CiliumRule) -> Reach:
        """`fromEndpoints: []` selects nobody since 1.16 (cilium pull request 29608).

        Before it was as good as absent: with ports everybody, without any nobody.
        """
        settings = self._around.settings
        if rule.groups is None or settings.since(1, 16):
            return NOBODY
        return surely(self._everybody) if settings.before(1, 15) else perhaps(self._everybody)

    def _anybody(self, rule: CiliumRule) -> Reach:
        """No peers at all: with ports that is everybody.

        `{}` allowed nobody, and denied nobody, in releases before 1.18: `mergeIngress` wants at
        least one selector or port. Newer code reads it as everybody (`SelectsAllEndpoints`).
        """
        if rule.groups is not None:
            return surely(self._everybody)
        return NOBODY if self._around.settings.before(1, 18) else perhaps(self._everybody)


def _told(path: str, note: str) -> str:
    return f"{path} ({note})" if note else path


def _why(spec: CiliumSpec) -> str:
    if spec.on_nodes:
        return "the host firewall is not modelled"
    return "whom it selects cannot be told"
