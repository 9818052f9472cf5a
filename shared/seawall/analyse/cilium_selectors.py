"""Which endpoint classes a Cilium endpoint selector means: for certain, and at most.

Source: cilium `pkg/k8s/apis/cilium.io/utils/utils.go` (`getEndpointSelector`, `ParseToCiliumRule`):
in a namespaced policy a peer selector that says nothing of namespaces means the policy's own; in a
clusterwide one it means every pod. A selector of subjects never leaves the policy's namespace.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from seawall.analyse.classes import SERVICE_ACCOUNT_KEY
from seawall.analyse.table import ClassTable
from seawall.model.bits import NO_BITS, Bits
from seawall.model.cilium import ANY, K8S, RESERVED, Condition, EndpointSelector
from seawall.model.cilium_settings import CiliumAround
from seawall.model.selector import NAMESPACE_NAME_LABEL, Operator, Requirement, Selector, selector

POD_NAMESPACE = "io.kubernetes.pod.namespace"
NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
SERVICE_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"
CLUSTER = "io.cilium.k8s.policy.cluster"

_PLAIN = re.compile(r"!?[-A-Za-z0-9_./:]+")

POSITIVE = frozenset({Operator.IN, Operator.EXISTS})
"""Operators that only what carries the label can meet."""

_NOT_IDENTITY = re.compile(
    r"io\.kubernetes|kubernetes\.io|k8s\.io|topology\.kubernetes\.io|.*beta\.kubernetes\.io"
    r"|statefulset\.kubernetes\.io/pod-name|apps\.kubernetes\.io/pod-index"
    r"|batch\.kubernetes\.io/(job-completion-index|controller-uid)"
    r"|pod-template-(generation|hash)|controller-(revision-hash|uid)|annotation|etcd_node"
)
"""Labels that by default are no part of an endpoint's identity, so that no selector sees them.

Documentation/operations/performance/scalability/identity-relevant-labels.rst; an agent's setting
`labels` may say otherwise, so what such a condition does is not known.
"""


@dataclass(frozen=True, slots=True)
class Meant:
    """The classes that are meant for certain, and those that may be; the former are among them."""

    certain: Bits
    possible: Bits


@dataclass(frozen=True, slots=True)
class Terms:
    """The conditions of one selector, by what they look at; `doubtful` cannot be told."""

    pods: Selector
    namespaces: Selector
    reserved: tuple[Requirement, ...]
    cluster: tuple[Requirement, ...]
    names_namespace: bool
    doubtful: bool
    positive: bool


@lru_cache(maxsize=16384)  # a cluster's policies repeat a few selectors thousands of times
def terms_of(wanted: EndpointSelector, patterns: tuple[str, ...] = ()) -> Terms:
    """The conditions sorted by what they look at; `patterns` are the setting `labels`."""
    named = [c for c in wanted.conditions if c.source in {ANY, K8S}]
    pods = [c.requirement for c in named if _is_pod_label(c.requirement.key, patterns)]
    spaces = [_of_namespace(c.requirement) for c in named if _is_namespace(c.requirement.key)]
    return Terms(
        selector(*map(_of_pod, pods)),
        selector(*spaces),
        tuple(c.requirement for c in wanted.conditions if c.source == RESERVED),
        tuple(c.requirement for c in named if c.requirement.key == CLUSTER),
        bool(spaces),
        any(_is_doubtful(c, patterns) for c in wanted.conditions),
        any(c.requirement.operator in POSITIVE for c in wanted.conditions),
    )


def _is_namespace(key: str) -> bool:
    return key == POD_NAMESPACE or key.startswith(NAMESPACE_LABELS)


def _is_pod_label(key: str, patterns: tuple[str, ...]) -> bool:
    if _is_namespace(key) or key == CLUSTER:
        return False
    return (key == SERVICE_ACCOUNT or not _NOT_IDENTITY.match(key)) and _is_seen(key, patterns)


def _is_seen(key: str, patterns: tuple[str, ...]) -> bool:
    """Whether the setting `labels` surely leaves a label in the identity.

    Its patterns are regular expressions that match at the start; only plain ones are understood.
    """
    plain = [pattern.replace("\\.", ".").removeprefix(f"{K8S}:") for pattern in patterns]
    if not all(map(_PLAIN.fullmatch, plain)):
        return False
    if any(key.startswith(each[1:]) for each in plain if each.startswith("!")):
        return False
    included = [each for each in plain if not each.startswith("!")]
    return not included or key.startswith((*included, "app.kubernetes.io"))


def _is_doubtful(found: Condition, patterns: tuple[str, ...]) -> bool:
    key = found.requirement.key
    if found.source in {ANY, K8S}:
        return not (_is_namespace(key) or key == CLUSTER or _is_pod_label(key, patterns))
    return found.source != RESERVED


def _of_namespace(found: Requirement) -> Requirement:
    """As it looks at a namespace: its name is the label that the API server sets on it."""
    key = found.key.removeprefix(NAMESPACE_LABELS)
    key = NAMESPACE_NAME_LABEL if found.key == POD_NAMESPACE else key
    return Requirement(key, found.operator, found.values)


def _of_pod(found: Requirement) -> Requirement:
    key = SERVICE_ACCOUNT_KEY if found.key == SERVICE_ACCOUNT else found.key
    return Requirement(key, found.operator, found.values)


def subjects_of(
    wanted: EndpointSelector, namespace: str, table: ClassTable, around: CiliumAround
) -> Meant:
    """Whom a policy of a namespace binds, or a clusterwide one without a namespace."""
    terms = terms_of(wanted, around.settings.identity_labels)
    if not namespace:
        return _matching(terms, table.in_namespaces(terms.namespaces), table, around)
    named = [r for r in terms.namespaces.requirements if r.key == NAMESPACE_NAME_LABEL]
    rest = selector(*(r for r in terms.namespaces.requirements if r not in named))
    within = table.bound_in(namespace)
    if not rest.matches_all:
        within &= table.in_namespaces(rest)
    found = _matching(terms, within, table, around)
    if all(each.holds({NAMESPACE_NAME_LABEL: namespace}) for each in named):
        return found
    # A namespace that is not the policy's own is taken out, in some spellings and versions; in
    # others nobody is selected.
    return Meant(NO_BITS, found.possible)


def peers_of(
    wanted: EndpointSelector, namespace: str, table: ClassTable, around: CiliumAround
) -> Meant:
    """Whom an entry of fromEndpoints or toEndpoints means among the pods."""
    terms = terms_of(wanted, around.settings.identity_labels)
    own = namespace and not terms.names_namespace and not terms.reserved
    within = table.bound_in(namespace) if own else table.in_namespaces(terms.namespaces)
    return _matching(terms, within, table, around)


def _matching(terms: Terms, within: Bits, table: ClassTable, around: CiliumAround) -> Meant:
    if any(each.operator in POSITIVE for each in terms.reserved):
        return Meant(NO_BITS, NO_BITS)  # only what is no pod has labels of that source
    name = around.settings.cluster_name
    if name and not all(each.holds({CLUSTER: name}) for each in terms.cluster):
        return Meant(NO_BITS, NO_BITS)
    possible = table.pods_matching(terms.pods, within)
    unread = not around.namespaces_seen and terms.namespaces.keys - {NAMESPACE_NAME_LABEL}
    if unread:
        possible = table.pods_matching(terms.pods, table.everything - table.hosts)
    doubtful = terms.doubtful or unread or (terms.cluster and not name)
    return Meant(NO_BITS if doubtful else possible, possible)


def keys_of(selectors: Iterable[EndpointSelector]) -> tuple[frozenset[str], frozenset[str]]:
    """The keys of pods' and of namespaces' labels that these selectors look at."""
    found = [terms_of(each) for each in selectors]
    return (
        frozenset(key for terms in found for key in terms.pods.keys),
        frozenset(key for terms in found for key in terms.namespaces.keys),
    )
