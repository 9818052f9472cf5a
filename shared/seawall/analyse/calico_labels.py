"""Which endpoints and network sets an expression of Calico's matches: for certain, and perhaps.

An endpoint has its pod's labels, then what Calico adds, then what it inherits: the labels of its
namespace under `pcns.` and of its ServiceAccount under `pcsa.` (`PodToWorkloadEndpoints`,
`NamespaceToProfile` and `ServiceAccountToProfile` in `libcalico-go/lib/backend/k8s/conversion`);
its own labels win (`felix/labelindex`). Labels of ServiceAccounts are not read, so whoever is asked
for them is matched perhaps. Pods on the host network are no endpoints.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Generic, TypeVar

from seawall.analyse.classes import SERVICE_ACCOUNT_KEY
from seawall.analyse.table import ClassTable
from seawall.model.bits import NO_BITS, Bits, all_of, bits_of, span
from seawall.model.calico import (
    ACCOUNT_KEY,
    ACCOUNT_PREFIX,
    NAME_KEY,
    NAMESPACE_KEY,
    NAMESPACE_PREFIX,
    ORCHESTRATOR_KEY,
    AllOf,
    AnyOf,
    CalicoNets,
    Compare,
    Expression,
    LabelTest,
    Not,
)
from seawall.model.peers import PeerSet
from seawall.model.ports import PortSet
from seawall.model.selector import NAMESPACE_NAME_LABEL

ACCOUNT_NAME = ACCOUNT_PREFIX + NAME_KEY
LONGEST_ACCOUNT = 62
"""Calico labels a pod with its ServiceAccount's name only where that has less than 63 letters."""

_NAMES = frozenset({NAMESPACE_PREFIX + NAME_KEY, NAMESPACE_PREFIX + NAMESPACE_NAME_LABEL})
"""Labels of a namespace that say its name, whatever else was read of it."""


S = TypeVar("S", Bits, PeerSet, PortSet)


@dataclass(frozen=True, slots=True)
class Sure(Generic[S]):
    """What is meant for certain, and what is at most; the former is a part of the latter."""

    certain: S
    perhaps: S

    @property
    def is_exact(self) -> bool:
        """Whether both are known to be the same; then all that is done is done once."""
        return self.certain is self.perhaps

    def __and__(self, that: "Sure[S]") -> "Sure[S]":
        certain = self.certain & that.certain
        if self.is_exact and that.is_exact:
            return Sure(certain, certain)
        return Sure(certain, self.perhaps & that.perhaps)

    def __or__(self, that: "Sure[S]") -> "Sure[S]":
        certain = self.certain | that.certain
        if self.is_exact and that.is_exact:
            return Sure(certain, certain)
        return Sure(certain, self.perhaps | that.perhaps)

    def __sub__(self, that: "Sure[S]") -> "Sure[S]":
        certain = self.certain - that.perhaps
        if self.is_exact and that.is_exact:
            return Sure(certain, certain)
        return Sure(certain, self.perhaps - that.certain)


def exactly(found: S) -> Sure[S]:
    """What is certain in full."""
    return Sure(found, found)


@dataclass(frozen=True, slots=True)
class Carriers:
    """Who carries which value under one key; of the `doubtful` nobody can tell."""

    values: Mapping[str, Bits]
    doubtful: Bits = NO_BITS


class Labelled:
    """Numbered things with labels, asked with expressions; each question is worked out once."""

    universe: Bits

    def __init__(self) -> None:
        self._carriers: dict[str, Carriers] = {}
        self._matching: dict[Expression, Sure[Bits]] = {}

    def matching(self, expression: Expression) -> Sure[Bits]:
        """Who an expression matches."""
        found = self._matching.get(expression)
        if found is None:
            found = self._matching[expression] = self._evaluated(expression)
        return found

    def carriers(self, key: str) -> Carriers:
        """Who carries what under `key`."""
        raise NotImplementedError

    def _evaluated(self, expression: Expression) -> Sure[Bits]:
        match expression:
            case LabelTest():
                return self._tested(expression)
            case Not():
                return exactly(self.universe) - self.matching(expression.of)
            case AllOf() if not expression.of:
                return exactly(self.universe)
            case AllOf():
                return reduce(and_, map(self.matching, expression.of))
            case AnyOf():
                return reduce(or_, map(self.matching, expression.of))

    def _tested(self, test: LabelTest) -> Sure[Bits]:
        carriers = self._carriers.get(test.key)
        if carriers is None:
            carriers = self._carriers[test.key] = self.carriers(test.key)
        values = carriers.values
        if test.test is Compare.IN:
            found = all_of(values.get(value, NO_BITS) for value in test.values)
        else:
            found = all_of(
                bits for value, bits in values.items() if test.test.holds(value, test.values)
            )
        return Sure(found, found | carriers.doubtful) if carriers.doubtful else exactly(found)


class Endpoints(Labelled):
    """The endpoint classes of a table but for those on the host network."""

    def __init__(self, table: ClassTable, *, namespaces_seen: bool) -> None:
        super().__init__()
        self._table = table
        self._namespaces_seen = namespaces_seen
        self.universe = table.everything - table.hosts
        self._homes = {
            found.name: table.spans[number] - table.hosts
            for number, found in enumerate(table.namespaces)
        }

    def carriers(self, key: str) -> Carriers:
        """Own labels, those that Calico sets over them, those that are inherited under them."""
        if key == NAMESPACE_KEY:
            return Carriers(self._homes)
        if key == ORCHESTRATOR_KEY:
            return Carriers({"k8s": self.universe})
        own = {value: bits & self.universe for value, bits in self._table.pod_values(key).items()}
        more = self._given(key)
        carried = all_of(own.values())
        values = {value: bits - carried for value, bits in more.values.items()}
        for value, bits in own.items():
            values[value] = values.get(value, NO_BITS) | bits
        return Carriers(values, more.doubtful - carried)

    def _given(self, key: str) -> Carriers:
        if key in {ACCOUNT_KEY, ACCOUNT_NAME}:
            longest = LONGEST_ACCOUNT if key == ACCOUNT_KEY else None
            return Carriers(self._accounts(longest))
        if key.startswith(ACCOUNT_PREFIX):
            return Carriers({}, self.universe)
        if not key.startswith(NAMESPACE_PREFIX):
            return Carriers({})
        if key in _NAMES:
            return Carriers(self._homes)
        if not self._namespaces_seen:
            return Carriers({}, self.universe)
        return Carriers(self._inherited(key.removeprefix(NAMESPACE_PREFIX)))

    def _accounts(self, longest: int | None) -> dict[str, Bits]:
        return {
            name: bits & self.universe
            for name, bits in self._table.pod_values(SERVICE_ACCOUNT_KEY).items()
            if longest is None or len(name) <= longest
        }

    def _inherited(self, key: str) -> dict[str, Bits]:
        spans = self._table.spans
        return {
            value: all_of(spans[number] for number in numbers) & self.universe
            for value, numbers in self._table.namespace_values(key).items()
        }


class NetworkSets(Labelled):
    """Labelled addresses, numbered in the order they are given in."""

    def __init__(
        self, nets: Iterable[CalicoNets], table: ClassTable, *, namespaces_seen: bool
    ) -> None:
        super().__init__()
        self._nets = tuple(nets)
        self._labels = [dict(each.labels) for each in self._nets]
        self._spaces = {found.name: dict(found.labels) for found in table.namespaces}
        self._namespaces_seen = namespaces_seen
        self.universe = span(0, len(self._nets))

    def carriers(self, key: str) -> Carriers:
        """A NetworkSet inherits from its namespace as a pod does; a host from its profiles."""
        values: dict[str, list[int]] = {}
        doubtful: list[int] = []
        for number in range(len(self._nets)):
            found = self._value(number, key)
            if found is not None:
                values.setdefault(found, []).append(number)
            elif self._may_carry(number, key):
                doubtful.append(number)
        return Carriers({value: bits_of(all_) for value, all_ in values.items()}, bits_of(doubtful))

    def _value(self, number: int, key: str) -> str | None:
        home = self._nets[number].ref.namespace
        if home and key == NAMESPACE_KEY:
            return home
        own = self._labels[number].get(key)
        if own is not None or not home:
            return own
        if key in _NAMES:
            return home
        if self._namespaces_seen and key.startswith(NAMESPACE_PREFIX):
            return self._spaces.get(home, {}).get(key.removeprefix(NAMESPACE_PREFIX))
        return None

    def _may_carry(self, number: int, key: str) -> bool:
        found = self._nets[number]
        unread = bool(found.ref.namespace) and not self._namespaces_seen
        return found.inherits or (unread and key.startswith(NAMESPACE_PREFIX))
