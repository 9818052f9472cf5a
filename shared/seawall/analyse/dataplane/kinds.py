"""Which kinds of policies a data plane implements: one it does not implement is inert.

That a cluster serves a kind does not mean that anything carries it out: a CRD can be installed
anywhere. Source of the admin kinds: network-policy-api, site-src/implementations.md (2026-04-21).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from seawall.analyse.dataplane.row import GOOD_UNTIL, Version, version_of
from seawall.model.enforcement import Enforced, Plane, Ruling

ADMIN = "policy.networking.k8s.io"
CILIUM = "cilium.io"
CALICO = frozenset({"projectcalico.org", "crd.projectcalico.org"})
AWS = "networking.k8s.aws"
GKE = "networking.gke.io"
OVN = "k8s.ovn.org"

KNOWN_GROUPS = frozenset({ADMIN, CILIUM, *CALICO, AWS, GKE, OVN})
ANY = "*"

_IMPLEMENTATIONS = "https://network-policy-api.sigs.k8s.io/implementations/"
_EKS = "https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html"
_AKS = "https://learn.microsoft.com/azure/aks/use-network-policies"
_GKE = "https://cloud.google.com/kubernetes-engine/docs/how-to"
_ANP = frozenset({"AdminNetworkPolicy", "BaselineAdminNetworkPolicy"})
_CNP = frozenset({"ClusterNetworkPolicy"})
_ALL = frozenset({ANY})

_CONNECT_ONLY = frozenset({Plane.FLANNEL, Plane.AZURE, Plane.GKE, Plane.VIRTUAL})


@dataclass(frozen=True, slots=True)
class KindRow:
    """What a plane does with some kinds of a group; where no row speaks, nothing."""

    planes: frozenset[Plane]
    groups: frozenset[str]
    kinds: frozenset[str]
    implemented: Enforced
    says: str
    source: str
    since: Version = ()
    before: Version = ()

    def speaks_of(self, plane: Plane, group: str, kind: str) -> bool:
        """Whether it is about this."""
        return plane in self.planes and group in self.groups and bool({ANY, kind} & self.kinds)


def _of(*planes: Plane) -> frozenset[Plane]:
    return frozenset(planes)


_YES, _UNKNOWN = Enforced.YES, Enforced.UNKNOWN

KIND_ROWS = (
    KindRow(
        _of(Plane.CILIUM),
        frozenset({CILIUM}),
        _ALL,
        _YES,
        "Cilium carries out its own kinds",
        "https://docs.cilium.io/en/stable/network/kubernetes/policy/",
    ),
    KindRow(
        _of(Plane.AZURE_CILIUM),
        frozenset({CILIUM}),
        _ALL,
        _UNKNOWN,
        "AKS carries out Cilium's kinds only where Advanced Container Networking Services are on",
        "https://learn.microsoft.com/azure/aks/azure-cni-powered-by-cilium",
    ),
    KindRow(
        _of(Plane.GKE_DPV2),
        frozenset({CILIUM}),
        _ALL,
        _UNKNOWN,
        "GKE carries out CiliumClusterwideNetworkPolicy where it was enabled, and no other of "
        "Cilium's kinds by its documentation",
        f"{_GKE}/configure-cilium-network-policy",
    ),
    KindRow(
        _of(Plane.CALICO),
        CALICO,
        _ALL,
        _YES,
        "Calico carries out its own kinds",
        "https://docs.tigera.io/calico/latest/network-policy/",
    ),
    KindRow(
        _of(Plane.AKS_CALICO, Plane.GKE_CALICO),
        CALICO,
        _ALL,
        _UNKNOWN,
        "the provider installs Calico for NetworkPolicy alone and does not support its own kinds",
        _AKS,
    ),
    KindRow(
        _of(Plane.CALICO),
        frozenset({ADMIN}),
        _ANP,
        _YES,
        "Calico 3.29 to 3.31 carries out AdminNetworkPolicy; 3.32 replaced it",
        _IMPLEMENTATIONS,
        since=(3, 29),
        before=(3, 32),
    ),
    KindRow(
        _of(Plane.CALICO),
        frozenset({ADMIN}),
        _CNP,
        _YES,
        "Calico carries out ClusterNetworkPolicy since 3.32",
        _IMPLEMENTATIONS,
        since=(3, 32),
    ),
    KindRow(
        _of(Plane.OVN_KUBERNETES, Plane.ANTREA),
        frozenset({ADMIN}),
        _ANP,
        _YES,
        "it carries out AdminNetworkPolicy and BaselineAdminNetworkPolicy",
        _IMPLEMENTATIONS,
    ),
    KindRow(
        _of(Plane.OVN_KUBERNETES, Plane.ANTREA, Plane.CILIUM, Plane.AZURE_CILIUM, Plane.GKE_DPV2),
        frozenset({ADMIN}),
        _CNP,
        _UNKNOWN,
        "since which version it carries out ClusterNetworkPolicy, if at all, is not known",
        _IMPLEMENTATIONS,
    ),
    KindRow(
        _of(Plane.KUBE_NETWORK_POLICIES, Plane.KUBE_OVN, Plane.KINDNET),
        frozenset({ADMIN}),
        _ALL,
        _UNKNOWN,
        "it carries out admin policies by version and build, which cannot be told from here",
        _IMPLEMENTATIONS,
    ),
    KindRow(
        _of(Plane.VPC_CNI),
        frozenset({AWS}),
        _CNP,
        _YES,
        "the VPC CNI carries out ClusterNetworkPolicy since 1.21",
        _EKS,
        since=(1, 21),
    ),
    KindRow(
        _of(Plane.EKS_AUTO),
        frozenset({AWS}),
        _ALL,
        _YES,
        "EKS Auto Mode carries out ClusterNetworkPolicy and ApplicationNetworkPolicy",
        "https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html",
    ),
    KindRow(
        _of(Plane.VPC_CNI),
        frozenset({AWS}),
        frozenset({"ApplicationNetworkPolicy"}),
        _UNKNOWN,
        "the names in an ApplicationNetworkPolicy count on nodes of EKS Auto Mode only",
        _EKS,
    ),
    KindRow(
        _of(Plane.GKE_DPV2),
        frozenset({GKE}),
        _ALL,
        _UNKNOWN,
        "GKE carries out FQDNNetworkPolicy where it was enabled, which cannot be told from here",
        f"{_GKE}/fqdn-network-policies",
    ),
    KindRow(
        _of(Plane.OVN_KUBERNETES),
        frozenset({OVN}),
        _ALL,
        _YES,
        "OVN-Kubernetes carries out its own kinds",
        "https://ovn-kubernetes.io/features/network-security-controls/egress-firewall/",
    ),
)


def implements(planes: Mapping[Plane, str], group: str, kind: str, on: date) -> Ruling:
    """Whether the data planes of a cluster carry out a kind: YES, NO (it is inert) or UNKNOWN.

    `planes` are those of an Enforcement. Planes that disagree, or none, are UNKNOWN.
    """
    if group not in KNOWN_GROUPS:
        return Ruling(Enforced.UNKNOWN, f"who carries out {kind}.{group} is not known")
    if not planes:
        return Ruling(Enforced.UNKNOWN, "which network plug-in carries policies out is not known")
    if on > GOOD_UNTIL:
        why = f"what plug-ins implement is not believed after {GOOD_UNTIL}: use a newer Seawall"
        return Ruling(Enforced.UNKNOWN, why)
    engines = {plane: tag for plane, tag in planes.items() if plane not in _CONNECT_ONLY}
    found = [_by_one(plane, tag, group, kind) for plane, tag in (engines or planes).items()]
    if len({each.enforced for each in found}) == 1:
        return found[0]
    names = ", ".join(sorted(planes))
    return Ruling(Enforced.UNKNOWN, f"not all of {names} do the same with {kind}")


def _by_one(plane: Plane, tag: str, group: str, kind: str) -> Ruling:
    rows = [row for row in KIND_ROWS if row.speaks_of(plane, group, kind)]
    if not rows:
        return Ruling(Enforced.NO, f"{plane} does not carry out {kind}.{group}: it is inert")
    row = rows[0]
    version = version_of(tag)
    if not (row.since or row.before):
        return Ruling(row.implemented, row.says, source=row.source)
    if version is None:
        why = f"{row.says}, and the version of {plane} cannot be told"
        return Ruling(Enforced.UNKNOWN, why, source=row.source)
    if row.since <= version and not (row.before and version >= row.before):
        return Ruling(row.implemented, row.says, source=row.source)
    why = f"{row.says}; {plane} {tag} does not: it is inert"
    return Ruling(Enforced.NO, why, source=row.source)
