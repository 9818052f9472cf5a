"""A small cluster that Calico guards: its objects as plain values, and what becomes of a question.

The questions are answered by sides made of Calico's tiers alone, both ends together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.unit.analyse.hand_made import host, namespace, pod, service_ports

from seawall.analyse.calico import Neighbours, calico_tiers, mentioned_by_calico
from seawall.analyse.classes import mentioned
from seawall.analyse.networkpolicy import NetworkPolicyCompiler
from seawall.analyse.sides import Side, sides
from seawall.analyse.table import ClassTable
from seawall.collect.calico import calico_policy
from seawall.model.addresses import Ip, ip, just
from seawall.model.bits import Bits
from seawall.model.calico import CalicoObject
from seawall.model.ir import UPSTREAM, Decision, Tier
from seawall.model.peers import PeerSet, everybody
from seawall.model.policies import BrokenObject, Direction, NetworkPolicy
from seawall.model.ports import PortSet
from seawall.model.snapshot import Namespace, Pod

Fields = dict[str, Any]

SPACES = (
    namespace("shop", "team=blue"),
    namespace("bank", "team=red env=prod"),
    namespace("idle"),
)
PODS = (
    pod("shop/web", "10.0.0.1", "app=web tier=front"),
    pod("shop/db", "10.0.0.2", "app=db", ports="sql=TCP/5432 dns=UDP/53"),
    pod("bank/vault", "10.1.0.1", "app=vault", service_account="keeper", ports="sql=TCP/6000"),
    pod("bank/six", "10.1.0.2 fd00::2", "app=six note=a-x-b"),
    host("shop/agent", "192.168.0.1", labels="app=agent"),
)


def calico(kind: str, name: str, spec: Fields | None = None, **more: Any) -> CalicoObject:  # noqa: ANN401  plain JSON
    """An object by `name` or `namespace/name`, from its spec; `more` are fields of its metadata."""
    home, _, short = name.rpartition("/")
    group = more.pop("group", "projectcalico.org/v3")
    document = {
        "apiVersion": group,
        "kind": kind,
        "metadata": {"name": short, **({"namespace": home} if home else {}), **more},
        "spec": spec or {},
    }
    found = calico_policy(kind, document)
    assert not isinstance(found, BrokenObject), found.problems
    return found


def gnp(name: str = "g", **spec: Any) -> CalicoObject:  # noqa: ANN401  plain JSON
    """A GlobalNetworkPolicy; without `types` or rules it shuts ingress."""
    return calico("GlobalNetworkPolicy", name, spec)


def np(name: str = "shop/p", **spec: Any) -> CalicoObject:  # noqa: ANN401  plain JSON
    """Calico's NetworkPolicy."""
    return calico("NetworkPolicy", name, spec)


def tier(name: str, order: float | None, action: str | None = None) -> CalicoObject:
    """A tier."""
    spec = {"order": order, "defaultAction": action}
    return calico("Tier", name, {key: value for key, value in spec.items() if value is not None})


def rule(action: str, **fields: Any) -> Fields:  # noqa: ANN401  plain JSON
    """A rule; `source` and `destination` are its entities."""
    return {"action": action, **fields}


def allow(**fields: Any) -> Fields:  # noqa: ANN401  plain JSON
    """A rule that allows."""
    return rule("Allow", **fields)


def deny(**fields: Any) -> Fields:  # noqa: ANN401  plain JSON
    """A rule that denies."""
    return rule("Deny", **fields)


def source(**fields: Any) -> Fields:  # noqa: ANN401  plain JSON
    """A rule that allows from whom these fields mean."""
    return allow(source=fields)


@dataclass(frozen=True)
class World:
    """A cluster with these objects, and perhaps NetworkPolicies and administrators' tiers."""

    objects: tuple[CalicoObject, ...]
    policies: tuple[NetworkPolicy, ...] = ()
    before: tuple[Tier, ...] = ()
    after: tuple[Tier, ...] = ()
    spaces: tuple[Namespace, ...] = SPACES
    pods: tuple[Pod, ...] = PODS
    namespaces_seen: bool = True

    @cached_property
    def table(self) -> ClassTable:
        """The endpoint classes."""
        looked_at = mentioned(self.policies) | mentioned_by_calico(self.objects)
        return ClassTable(self.spaces, self.pods, looked_at)

    def tiers(self, direction: Direction) -> tuple[Tier, ...]:
        """All tiers of one direction."""
        seen = self.namespaces_seen
        compiler = NetworkPolicyCompiler(self.table, UPSTREAM, namespaces_seen=seen)
        found = compiler.tier(self.policies, direction).policies
        others = Neighbours(found, self.before, self.after)
        return calico_tiers(self.objects, others, self.table, direction, namespaces_seen=seen)

    @cached_property
    def sides(self) -> dict[Direction, tuple[Side, ...]]:
        """All sides of both directions."""
        whole = everybody(self.table.everything)
        return {
            direction: tuple(
                side
                for found in sides(direction, self.tiers(direction), self.table.spans, whole)
                for side in found
            )
            for direction in Direction
        }

    def decided(self, asked: str) -> Decision:
        """What becomes of "from -> to", "from -> to TCP" or "from -> to TCP/80"."""
        begin, _, rest = asked.partition(" -> ")
        target, _, service = rest.partition(" ")
        wanted = service_ports(service)
        found = [
            self._half(a, b, Direction.EGRESS, wanted).both(
                self._half(b, a, Direction.INGRESS, wanted)
            )
            for a in self._ends(begin)
            for b in self._ends(target)
            if self._alike(a, b)
        ]
        return min(found, key=tuple(Decision).index)

    def _half(self, me: int | Ip, other: int | Ip, towards: Direction, wanted: PortSet) -> Decision:
        if isinstance(me, Ip):
            return Decision.ALLOW
        (side,) = (each for each in self.sides[towards] if me in each.subjects)
        peer = PeerSet(addresses=just(other)) if isinstance(other, Ip) else PeerSet(Bits(other, 1))
        return min((row.decision for row in side.rows(peer, wanted)), key=tuple(Decision).index)

    def _ends(self, name: str) -> Iterable[int | Ip]:
        if "/" not in name:
            return [ip(name)]
        return [
            number
            for number, members in enumerate(self.table.members)
            if any(str(member) == name for member in members)
        ]

    def _alike(self, one: int | Ip, other: int | Ip) -> bool:
        families = {
            end.family if isinstance(end, Ip) else self.table.classes[end].family
            for end in (one, other)
        } - {None}
        return len(families) < len((one, other))
