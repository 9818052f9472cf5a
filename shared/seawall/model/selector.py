"""Label selectors, in one canonical form so that equal meanings are equal values.

Source: `metav1.LabelSelector` (apimachinery `pkg/apis/meta/v1/types.go`): matchLabels and every
matchExpression must hold together; an empty selector matches everything.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

Labels = tuple[tuple[str, str], ...]
"""Sorted (key, value) pairs: hashable, so that equal label sets can share one pod class."""

NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"
"""The API server sets this label on every namespace to the namespace's own name."""


class Operator(StrEnum):
    """The four operators of `metav1.LabelSelectorRequirement`."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class Requirement(Struct, frozen=True, order=True, gc=False):
    """One condition on one label key; `values` is sorted and empty for the Exists operators."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` meets it; NotIn also holds where the key is absent."""
        match self.operator:
            case Operator.IN:
                return labels.get(self.key) in self.values
            case Operator.NOT_IN:
                return self.key not in labels or labels[self.key] not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.key not in labels

    def __str__(self) -> str:
        match self.operator:
            case Operator.IN if len(self.values) == 1:
                return f"{self.key}={self.values[0]}"
            case Operator.IN:
                return f"{self.key} in ({', '.join(self.values)})"
            case Operator.NOT_IN:
                return f"{self.key} notin ({', '.join(self.values)})"
            case Operator.EXISTS:
                return self.key
            case Operator.DOES_NOT_EXIST:
                return f"!{self.key}"


class Selector(Struct, frozen=True, cache_hash=True, gc=False):
    """All requirements together, sorted and without doubles; none at all matches everything."""

    requirements: tuple[Requirement, ...] = ()

    @property
    def matches_all(self) -> bool:
        """Whether it is the empty selector, `{}`."""
        return not self.requirements

    @property
    def keys(self) -> frozenset[str]:
        """The label keys it looks at."""
        return frozenset(requirement.key for requirement in self.requirements)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels (as a mapping) meet every requirement."""
        return all(requirement.holds(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        return ", ".join(map(str, self.requirements)) or "everything"


EVERYTHING = Selector()


def selector(*requirements: Requirement) -> Selector:
    """The canonical selector of these requirements: sorted, each once."""
    return Selector(tuple(sorted(set(requirements))))


def with_labels(labels: Mapping[str, str]) -> Selector:
    """The selector of `matchLabels`: each key In exactly its value."""
    return selector(*(Requirement(key, Operator.IN, (value,)) for key, value in labels.items()))
