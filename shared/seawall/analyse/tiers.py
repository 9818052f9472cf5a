"""All policies of a cluster as tiers, in the order in which its data plane asks them.

Between what could not be read stand the dialects. Without another engine: administrators' tiers,
NetworkPolicy, the baseline (policy.networking.k8s.io). Cilium reads its own policies and
NetworkPolicy as one union, behind all denials. Calico has its own order of tiers, in which all the
others have their place. Two engines at once, each with policies of its own, is no order that
anybody documents: then everybody whom these may concern is UNKNOWN.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from seawall.analyse.admin import admin_tiers, mentioned_by_admin
from seawall.analyse.calico import Neighbours, calico_tiers, mentioned_by_calico
from seawall.analyse.cilium import cilium_tiers, mentioned_by_cilium
from seawall.analyse.classes import Mentioned, mentioned
from seawall.analyse.networkpolicy import NetworkPolicyCompiler
from seawall.analyse.table import ClassTable
from seawall.analyse.unread import unknown_policy, unread_tier
from seawall.model.bits import NO_BITS, all_of
from seawall.model.calico import CalicoPolicy
from seawall.model.cilium_settings import CiliumAround, Enforcement
from seawall.model.ir import AtEnd, DataPlane, Mode, Tier
from seawall.model.policies import Direction, Stage, Where
from seawall.model.sight import seen_or
from seawall.model.snapshot import Snapshot


def mentioned_in(snapshot: Snapshot, around: CiliumAround) -> Mentioned:
    """Everything that any policy of the snapshot looks at."""
    found = mentioned(seen_or(snapshot.network_policies, ()))
    dialects = snapshot.dialects
    if dialects.admin:
        found |= mentioned_by_admin(dialects.admin, snapshot.nodes)
    if dialects.cilium:
        found |= mentioned_by_cilium(dialects.cilium, seen_or(around.services, ()))
    if dialects.calico:
        found |= mentioned_by_calico(dialects.calico)
    return found


@dataclass(frozen=True, eq=False, slots=True)
class TierMaker:
    """Compiles the policies of one snapshot, of which all are in force.

    Attributes:
        table: The endpoint classes, split by what `mentioned_in` tells.
        compiler: Of NetworkPolicy.
        plane: How the data plane reads what the API leaves open.
        around: What Cilium's policies look at besides.
        namespaces_seen: Were the labels of all namespaces read.
    """

    table: ClassTable
    compiler: NetworkPolicyCompiler
    plane: DataPlane
    around: CiliumAround
    namespaces_seen: bool

    def tiers(self, snapshot: Snapshot, direction: Direction) -> tuple[Tier, ...]:
        """The tiers of one direction, first asked first."""
        return (
            unread_tier(snapshot, self.table, direction, Stage.BEFORE),
            *self._two_engines(snapshot, direction),
            *self._read(snapshot, direction),
            unread_tier(snapshot, self.table, direction, Stage.AFTER),
        )

    def _read(self, snapshot: Snapshot, direction: Direction) -> tuple[Tier, ...]:
        kubernetes = self.compiler.tier(seen_or(snapshot.network_policies, ()), direction)
        before, after = self._admin(snapshot, direction)
        dialects = snapshot.dialects
        if dialects.calico:
            others = Neighbours(kubernetes.policies, before, after)
            return calico_tiers(
                dialects.calico, others, self.table, direction, namespaces_seen=self.namespaces_seen
            )
        if dialects.cilium or self.around.settings.enforcement is Enforcement.ALWAYS:
            between = cilium_tiers(
                dialects.cilium, kubernetes.policies, self.table, direction, self.around
            )
            return (*before, *between, *after)
        return (*before, kubernetes, *after)

    def _admin(
        self, snapshot: Snapshot, direction: Direction
    ) -> tuple[tuple[Tier, ...], tuple[Tier, ...]]:
        if not snapshot.dialects.admin:
            return (), ()
        policies = seen_or(snapshot.network_policies, ())
        selected = NO_BITS
        if not self.plane.baseline_by_direction:
            selected = all_of(self.compiler.subjects(policy) for policy in policies)
        return admin_tiers(
            snapshot.dialects.admin,
            self.table,
            direction,
            namespaces_seen=self.namespaces_seen,
            nodes=snapshot.nodes,
            plane=self.plane,
            selected=selected,
        )

    def _two_engines(self, snapshot: Snapshot, direction: Direction) -> Iterator[Tier]:
        dialects = snapshot.dialects
        calico = [each for each in dialects.calico if isinstance(each, CalicoPolicy)]
        if calico and dialects.cilium:
            refs = [each.ref for each in calico if direction in each.directions]
            refs += [each.ref for each in dialects.cilium if direction in each.directions]
            bound = self.table.everything - self.table.hosts
            policies = tuple(unknown_policy(self.table, Where(ref), bound) for ref in refs)
            yield Tier("of two engines", Mode.FIRST_MATCH, policies, AtEnd.PASS)
