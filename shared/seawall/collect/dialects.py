"""Which kinds beside NetworkPolicy are modelled, in which versions, and how each is read.

A kind that is in `groups` and not here, or is here in other versions only, is not modelled: what
it may touch is UNKNOWN.
"""

from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter

from seawall.collect.admin import admin_policy
from seawall.collect.calico import calico_policy
from seawall.collect.cilium import cilium_policy
from seawall.model.admin import ADMIN, BASELINE, CLUSTER, AdminPolicy
from seawall.model.cilium import CLUSTERWIDE, NAMESPACED, CiliumPolicy
from seawall.model.dialects import DialectObject, Dialects
from seawall.model.policies import BrokenObject

DialectRead = Callable[..., DialectObject | BrokenObject]
"""(JSON or document, origin) to the object, or to what is wrong with it; never raises."""

_ADMIN_GROUP = "policy.networking.k8s.io"
_CALICO_VERSIONS = (("projectcalico.org", "v3"), ("crd.projectcalico.org", "v1"))
_CALICO_KINDS = (
    "NetworkPolicy",
    "GlobalNetworkPolicy",
    "Tier",
    "NetworkSet",
    "GlobalNetworkSet",
    "HostEndpoint",
)

_READS: dict[tuple[str, str, str], DialectRead] = {
    (_ADMIN_GROUP, "v1alpha1", ADMIN): partial(admin_policy, ADMIN),
    (_ADMIN_GROUP, "v1alpha1", BASELINE): partial(admin_policy, BASELINE),
    (_ADMIN_GROUP, "v1alpha2", CLUSTER): partial(admin_policy, CLUSTER),
    ("cilium.io", "v2", NAMESPACED): partial(cilium_policy, NAMESPACED),
    ("cilium.io", "v2", CLUSTERWIDE): partial(cilium_policy, CLUSTERWIDE),
    **{
        (group, version, kind): partial(calico_policy, kind)
        for group, version in _CALICO_VERSIONS
        for kind in _CALICO_KINDS
    },
}

_VERSIONS = frozenset((group, version) for group, version, _ in _READS)


def dialect_read(group: str, version: str, kind: str) -> DialectRead | None:
    """How an object of a kind is read; None: it is not modelled."""
    return _READS.get((group, version, kind))


def is_modelled(group: str, version: str) -> bool:
    """Whether any kind of a group is read in this version."""
    return (group, version) in _VERSIONS


def dialects_of(found: Iterable[DialectObject]) -> Dialects:
    """The objects, each with its dialect."""
    ordered = sorted(found, key=attrgetter("ref"))
    return Dialects(
        tuple(each for each in ordered if isinstance(each, AdminPolicy)),
        tuple(each for each in ordered if isinstance(each, CiliumPolicy)),
        tuple(each for each in ordered if not isinstance(each, AdminPolicy | CiliumPolicy)),
    )
