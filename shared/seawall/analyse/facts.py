"""What each policy object selects and admits, for rules about single objects."""

from dataclasses import dataclass

from seawall.analyse.networkpolicy import NetworkPolicyCompiler, peer_path, rule_path
from seawall.analyse.table import ClassTable
from seawall.model.bits import Bits
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction, NetworkPolicy, Peer, PodPeer, PolicyRule, PortName
from seawall.model.ports import PortSet, Protocol


@dataclass(frozen=True, slots=True)
class PeerFacts:
    """One entry of from/to: what it says, whom it admits today and tomorrow.

    `namespaces` are the namespaces that its namespaceSelector matches today; empty without one.
    """

    path: str
    peer: Peer
    admits: PeerSet
    namespaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """One living rule: its peers (None is everybody) and its numbered ports."""

    direction: Direction
    path: str
    peers: tuple[PeerFacts, ...] | None
    ports: PortSet


@dataclass(frozen=True, slots=True)
class DeadPart:
    """A part of a policy that can have no effect, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """One NetworkPolicy: the live classes it selects, its living rules, its dead parts."""

    policy: NetworkPolicy
    subjects: Bits
    rules: tuple[RuleFacts, ...]
    dead: tuple[DeadPart, ...]


def policy_facts(
    policy: NetworkPolicy, table: ClassTable, compiler: NetworkPolicyCompiler
) -> PolicyFacts:
    """Everything that lint-like rules ask about one policy."""
    subjects = compiler.subjects(policy) & table.live
    rules = tuple(
        _rule_facts(policy, rule, (direction, number), table, compiler)
        for direction in sorted(policy.directions)
        for number, rule in enumerate(policy.rules(direction))
    )
    return PolicyFacts(policy, subjects, rules, tuple(_dead_parts(policy, subjects, table)))


def _rule_facts(
    policy: NetworkPolicy,
    rule: PolicyRule,
    place: tuple[Direction, int],
    table: ClassTable,
    compiler: NetworkPolicyCompiler,
) -> RuleFacts:
    direction, number = place
    peers = None
    if rule.peers is not None:
        peers = tuple(
            PeerFacts(
                peer_path(direction, number, index),
                peer,
                compiler.peer(peer, policy.namespace),
                _namespaces(peer, table),
            )
            for index, peer in enumerate(rule.peers)
        )
    return RuleFacts(direction, rule_path(direction, number), peers, compiler.ports(rule))


def _namespaces(peer: Peer, table: ClassTable) -> tuple[str, ...]:
    if not isinstance(peer, PodPeer) or peer.namespaces is None:
        return ()
    matched = table.namespaces_matching(peer.namespaces)
    judged = len(table.judged)
    return tuple(table.namespaces[number].name for number in matched if number < judged)


def _dead_parts(policy: NetworkPolicy, subjects: Bits, table: ClassTable) -> list[DeadPart]:
    dead = [
        DeadPart(f"spec.{direction}", f"policyTypes does not name {direction.capitalize()}")
        for direction in Direction
        if policy.rules(direction) and direction not in policy.directions
    ]
    if Direction.INGRESS in policy.directions and subjects:
        classes = (table.classes[number] for number in subjects)
        defined = {(port.name, port.protocol) for found in classes for port in found.ports}
        dead += _undefined_names(policy, defined)
    return dead


def _undefined_names(policy: NetworkPolicy, defined: set[tuple[str, Protocol]]) -> list[DeadPart]:
    return [
        DeadPart(
            f"spec.ingress[{number}].ports[{index}]",
            f"no selected pod has a {port.protocol} port {port.name}",
        )
        for number, rule in enumerate(policy.ingress)
        for index, port in enumerate(rule.ports or ())
        if isinstance(port, PortName) and (port.name, port.protocol) not in defined
    ]
