"""One namespace of an Isolation, as rules look at it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from seawall.analyse.classes import Standing
from seawall.analyse.exposure import ExposureOfCluster
from seawall.analyse.facts import PolicyFacts
from seawall.analyse.isolation import Isolation
from seawall.analyse.sides import Row, Side
from seawall.model.addresses import NO_ADDRESSES, IpSet
from seawall.model.bits import Bits
from seawall.model.ir import Action, Decision, Rule
from seawall.model.policies import BrokenObject, Direction, Where
from seawall.model.sight import seen_or

NEW_POD = "(any new pod)"
"""The subject of findings about a namespace that has no pod yet."""


@dataclass(frozen=True, eq=False)
class Bound:
    """Endpoint classes under the same policies, all of this namespace and all bound by them."""

    side: Side
    classes: Bits

    @cached_property
    def certain(self) -> tuple[Row, ...]:
        """What is open."""
        return tuple(row for row in self.side.openings if row.decision is Decision.ALLOW)

    def allowing(self) -> Iterator[Rule]:
        """Every rule that opens anything here, not only the first to do so."""
        rules = (rule for applying in self.side.applying for rule in applying.rules())
        return (rule for rule in rules if rule.action is Action.ALLOW)

    @cached_property
    def unsure(self) -> tuple[Row, ...]:
        """What may be open: something that was not read decides."""
        return tuple(row for row in self.side.openings if row.decision is Decision.UNKNOWN)


@dataclass(frozen=True, eq=False)
class NamespaceView:
    """One namespace. Every rule looks at the same view, so what one asked is there for the next."""

    isolation: Isolation
    namespace: str
    of_cluster: ExposureOfCluster | None = None

    @cached_property
    def exposure(self) -> ExposureOfCluster:
        """What leads in from outside; worked out once for all views that share it."""
        return self.of_cluster or ExposureOfCluster(self.isolation)

    @cached_property
    def nodes(self) -> IpSet:
        """The addresses of the cluster's nodes, as far as they were seen."""
        return seen_or(self.isolation.maker.around.nodes, NO_ADDRESSES)

    def bound(self, direction: Direction) -> tuple[Bound, ...]:
        """The classes that policies bind, by side.

        A namespace without pods is judged by the pod that somebody may start there next.
        """
        return self._bound[direction]

    @cached_property
    def _bound(self) -> dict[Direction, tuple[Bound, ...]]:
        table = self.isolation.table
        span = table.bound_in(self.namespace)
        judged = span & table.live or span & table.standing[Standing.NEW_POD]
        return {
            direction: tuple(
                Bound(side, classes)
                for side in self.isolation.sides(self.namespace, direction)
                if (classes := side.subjects & judged)
            )
            for direction in Direction
        }

    def has_pods(self) -> bool:
        """Whether any pod is here that policies can bind."""
        table = self.isolation.table
        return bool(table.bound_in(self.namespace) & table.live)

    def names(self, classes: Bits) -> tuple[str, ...]:
        """`namespace/name` of the pods in some classes, or the stand-in for none yet."""
        found = self._names.get(classes)
        if found is None:
            found = tuple(map(str, self.isolation.table.pods(classes))) or (NEW_POD,)
            self._names[classes] = found
        return found

    @cached_property
    def _names(self) -> dict[Bits, tuple[str, ...]]:
        """The names that were asked for: most rules fail for the same classes, or for all."""
        return {}

    def host_pods(self) -> tuple[str, ...]:
        """`namespace/name` of the pods on the host network."""
        table = self.isolation.table
        found = table.span_of(self.namespace) & table.live & table.hosts
        return tuple(map(str, table.pods(found)))

    def facts(self) -> tuple[PolicyFacts, ...]:
        """What is known of each NetworkPolicy of the namespace."""
        return self.isolation.facts.get(self.namespace, ())

    def policy_names(self) -> frozenset[str]:
        """The names that NetworkPolicies of the namespace have."""
        broken = (found.ref.name for found in self.broken())
        return frozenset((*(facts.policy.name for facts in self.facts()), *broken))

    def broken(self) -> tuple[BrokenObject, ...]:
        """The objects of the namespace that could not be read as what they claim to be."""
        found = self.isolation.snapshot.broken
        return tuple(broken for broken in found if broken.ref.namespace == self.namespace)

    def has_unread(self) -> bool:
        """Whether an object that could not be read is, or may be, of this namespace."""
        if not self.isolation.snapshot.broken:
            return False
        homes = {broken.ref.namespace for broken in self.isolation.snapshot.broken}
        return not homes.isdisjoint({self.namespace, ""})


def because(rows: Iterable[Row]) -> tuple[Where, ...]:
    """Everything the rows name as their reason, each once, in order."""
    return tuple(sorted({where for row in rows for where in row.because}))
