"""Snapshot in, Isolation out: the one answer that judging, baselines and reports read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from seawall.analyse.cilium_settings import around_of
from seawall.analyse.classes import mentioned
from seawall.analyse.dataplane.readings import reading_of, readings_of
from seawall.analyse.enforcement import Enforcement, enforcement_of
from seawall.analyse.facts import PolicyFacts, policy_facts
from seawall.analyse.force import Force, in_force
from seawall.analyse.networkpolicy import NetworkPolicyCompiler
from seawall.analyse.sides import Side, sides
from seawall.analyse.table import ClassTable
from seawall.analyse.tiers import TierMaker, mentioned_in
from seawall.model.addresses import Ip
from seawall.model.enforcement import Plane
from seawall.model.ir import DataPlane
from seawall.model.peers import everybody
from seawall.model.policies import Direction, NetworkPolicy, ObjectRef
from seawall.model.selector import Selector
from seawall.model.sight import Seen, Unseen, seen_or
from seawall.model.snapshot import Namespace, Origin, Pod, Snapshot, assumed_namespace


@dataclass(frozen=True, eq=False)
class Isolation:
    """What the policies of one cluster mean for every endpoint class.

    Attributes:
        snapshot: What it was worked out from.
        table: The endpoint classes, and which pods are in them.
        plane: The readings of the network plug-in that were used.
        compiler: What each selector, peer and port of a NetworkPolicy means here.
        by_namespace: The sides, in the order of `table.namespaces`.
        namespaces_known: Are the labels of all namespaces known that a pod or policy is in.
        enforced: Does anything enforce the policies, for each pod: where it is not YES, nothing
            here may be called protection.
        force: Which of the policies are in force, and which do nothing here.
        maker: Compiles the policies in force to tiers.
        assumed: What was asked for in place of what the snapshot tells of the data plane.
    """

    snapshot: Snapshot
    table: ClassTable
    plane: DataPlane
    compiler: NetworkPolicyCompiler
    by_namespace: dict[Direction, tuple[tuple[Side, ...], ...]]
    namespaces_known: bool
    enforced: Enforcement
    force: Force
    maker: TierMaker
    assumed: DataPlane | Plane | None = None

    def sides(self, namespace: str, direction: Direction) -> tuple[Side, ...]:
        """The sides of one namespace: its classes grouped by the policies that select them."""
        number = self.table.number_of(namespace)
        return () if number is None else self.by_namespace[direction][number]

    def side(self, number: int, direction: Direction) -> Side:
        """The side of one endpoint class."""
        namespace = self.table.classes[number].namespace
        found = self.by_namespace[direction][namespace]
        return next(side for side in found if number in side.subjects)

    @cached_property
    def classes_of(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """The endpoint classes of each live pod by (namespace, name): one a family it has."""
        found: dict[tuple[str, str], tuple[int, ...]] = {}
        for number, members in enumerate(self.table.members):
            for pod in members:
                key = (pod.namespace, pod.name)
                found[key] = (*found.get(key, ()), number)
        return found

    @cached_property
    def hosts_by_address(self) -> dict[Ip, tuple[Pod, ...]]:
        """Host-network pods by the node address they share."""
        return _by_address(self.table.pods(self.table.hosts))

    @cached_property
    def nodes_by_address(self) -> dict[Ip, str]:
        """The node of each address that a Node object tells."""
        nodes = seen_or(self.snapshot.nodes, ())
        return {address: node.name for node in nodes for address in node.addresses}

    @cached_property
    def pods_by_name(self) -> dict[str, Pod]:
        """Every pod read, completed ones too, by `namespace/name`."""
        return {str(pod): pod for pod in seen_or(self.snapshot.pods, ())}

    @cached_property
    def written(self) -> dict[ObjectRef, tuple[int, Selector]]:
        """The place of each NetworkPolicy (of two with a name, the first), and whom it selects."""
        found: dict[ObjectRef, tuple[int, Selector]] = {}
        for number, policy in enumerate(seen_or(self.snapshot.network_policies, ())):
            found.setdefault(policy.ref, (number, policy.subject))
        return found

    @cached_property
    def pods_by_address(self) -> dict[Ip, tuple[Pod, ...]]:
        """Pods by the address that is theirs alone; host-network pods have none."""
        return _by_address(self.table.pods(self.table.live - self.table.hosts))

    @cached_property
    def facts(self) -> dict[str, tuple[PolicyFacts, ...]]:
        """By namespace: what each NetworkPolicy selects and admits, for rules about objects."""
        found: dict[str, tuple[PolicyFacts, ...]] = {}
        for policy in seen_or(self.snapshot.network_policies, ()):
            facts = policy_facts(policy, self.table, self.compiler)
            found[policy.namespace] = (*found.get(policy.namespace, ()), facts)
        return found


def _by_address(pods: Iterable[Pod]) -> dict[Ip, tuple[Pod, ...]]:
    found: dict[Ip, tuple[Pod, ...]] = {}
    for pod in pods:
        for address in pod.addresses:
            found[address] = (*found.get(address, ()), pod)
    return found


def analyse(snapshot: Snapshot, assumed: DataPlane | Plane | None = None) -> Isolation:
    """Decide, for every endpoint class and direction, what the policies open and close.

    Unless something is `assumed`, the readings, and which kinds of policies are in force, are those
    of the data plane that the snapshot tells of. A plug-in stands for both; readings alone leave
    the kinds as found. Whether anything is enforced is never assumed.
    """
    enforced = enforcement_of(snapshot)
    plane, planes = _reading(enforced, assumed)
    force = in_force(snapshot, planes)
    around = around_of(snapshot)
    looked_at = mentioned_in(force.snapshot, around)
    table = ClassTable(_namespaces(snapshot), seen_or(snapshot.pods, ()), looked_at)
    known = _namespaces_known(snapshot, table)
    compiler = NetworkPolicyCompiler(
        table,
        plane,
        namespaces_seen=known,
        block_may_mean_nodes=around.settings.cidr_matches_nodes is not False,
    )
    around = replace(around, namespaces_seen=known)
    maker = TierMaker(table, compiler, plane, around, namespaces_seen=known)
    by_namespace = {
        direction: tuple(
            sides(
                direction,
                maker.tiers(force.snapshot, direction),
                table.spans,
                everybody(table.everything),
            )
        )
        for direction in Direction
    }
    return Isolation(
        snapshot, table, plane, compiler, by_namespace, known, enforced, force, maker, assumed
    )


def _reading(
    enforced: Enforcement, assumed: DataPlane | Plane | None
) -> tuple[DataPlane, Mapping[Plane, str]]:
    """How policies are read, and the plug-ins that carry them out with their versions."""
    if isinstance(assumed, Plane):
        return reading_of(assumed), {assumed: enforced.planes.get(assumed, "")}
    return assumed or readings_of(enforced.planes), enforced.planes


def with_policy(isolation: Isolation, policy: NetworkPolicy) -> Isolation:
    """The same cluster with one more NetworkPolicy; where none was seen, all stays unknown.

    Where the new one looks at no label, port name or block, no class is split, and since a
    NetworkPolicy binds pods of its own namespace only, all other sides stay as they are.
    """
    old, table = isolation.snapshot.network_policies, isolation.table
    if isinstance(old, Unseen):
        return isolation
    snapshot = replace(isolation.snapshot, network_policies=Seen((*old.value, policy)))
    number = table.number_of(policy.namespace)
    if number is None or mentioned((policy,)) != mentioned(()):
        return analyse(snapshot, isolation.assumed)
    by_namespace = dict(isolation.by_namespace)
    for direction in policy.directions:
        found = list(by_namespace[direction])
        found[number] = _sides_of(replace(isolation, snapshot=snapshot), number, direction)
        by_namespace[direction] = tuple(found)
    return replace(isolation, snapshot=snapshot, by_namespace=by_namespace)


def _sides_of(isolation: Isolation, number: int, direction: Direction) -> tuple[Side, ...]:
    """The sides of one namespace, with only its own policies compiled."""
    table, home = isolation.table, isolation.table.namespaces[number].name
    policies = seen_or(isolation.snapshot.network_policies, ())
    own = tuple(policy for policy in policies if policy.namespace == home)
    snapshot = replace(isolation.force.snapshot, network_policies=Seen(own))
    tiers = isolation.maker.tiers(snapshot, direction)
    found = sides(direction, tiers, table.spans, everybody(table.everything))
    return next(islice(found, number, None))


def _namespaces_known(snapshot: Snapshot, table: ClassTable) -> bool:
    """A namespace that a live list lacks while a pod is in it was made, or lost, while reading."""
    match snapshot.namespaces:
        case Unseen():
            return False
        case Seen(listed):
            told = {namespace.name for namespace in table.judged}
            missing = told - {namespace.name for namespace in listed}
            return snapshot.origin is Origin.MANIFESTS or not missing


def _namespaces(snapshot: Snapshot) -> tuple[Namespace, ...]:
    """The namespaces read, and those that only policies or broken objects tell of."""
    found = {namespace.name: namespace for namespace in seen_or(snapshot.namespaces, ())}
    dialects = snapshot.dialects
    told = {policy.namespace for policy in seen_or(snapshot.network_policies, ())}
    told |= {each.ref.namespace for each in (*dialects.cilium, *dialects.calico)}
    told |= {broken.ref.namespace for broken in snapshot.broken}
    return (*found.values(), *map(assumed_namespace, sorted(told - found.keys() - {""})))
