"""Policy kinds that Seawall knows of: a table, and how to read those that are not modelled.

For every reader of objects, live or from manifests:

* `known_resource(group, resource, kind)` (discovery) or `known_kind(api_version, kind)` (a
  manifest) tells whether a kind can take part in a verdict. `None`: it cannot, count it only.
* `unmodelled_object(known, raw)` decides about one object, from its JSON, which directions it may
  touch and when it is asked. It never fails: what cannot be read may touch everything it could.
* `unmodelled_kind(known, objects)` is the kind with its objects, `unreadable_group` a group whose
  kinds could not even be listed.

In doubt an object touches both directions, before NetworkPolicy: that costs an UNKNOWN, while the
opposite mistake costs a wrong PASS.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from seawall.model.policies import (
    BOTH,
    Direction,
    ObjectRef,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.sight import Sight, Unseen

EGRESS = frozenset({Direction.EGRESS})

ANY_RESOURCE = "*"
"""Stands for every resource of a group whose resources could not be listed."""

NO_NAME = "(unreadable)"
"""Stands for the name of an object whose metadata cannot be read."""

Directions = frozenset[Direction]

_NULL = msgspec.Raw(b"null")
"""What is not there. msgspec reads `Raw | None` as `None` alone, so null is told by its text."""


class _Meta(msgspec.Struct, gc=False):
    name: str = NO_NAME
    namespace: str = ""


class _Object(msgspec.Struct, gc=False):
    metadata: _Meta
    spec: msgspec.Raw = _NULL
    specs: list[msgspec.Raw] | None = None


class _Sections(msgspec.Struct, rename="camel", gc=False):
    """Every member of a spec that any reading below looks at; what is inside stays undecoded."""

    ingress: msgspec.Raw = _NULL
    ingress_deny: msgspec.Raw = _NULL
    egress: msgspec.Raw = _NULL
    egress_deny: msgspec.Raw = _NULL
    types: list[str] | None = None
    tier: str | None = None


SpecReading = Callable[[_Object], Directions]


def _there(*parts: msgspec.Raw) -> bool:
    return any(bytes(part) != b"null" for part in parts)


def _no_reading(_: _Object) -> Directions:
    return BOTH


def _by_admin_rules(raw: _Object) -> Directions:
    """AdminNetworkPolicy and its kin have no default deny: a side without rules decides nothing."""
    spec = msgspec.json.decode(raw.spec, type=_Sections)
    return frozenset(
        direction
        for direction, rules in ((Direction.INGRESS, spec.ingress), (Direction.EGRESS, spec.egress))
        if msgspec.json.decode(rules, type=list[msgspec.Raw] | None)
    )


def _by_cilium_sections(raw: _Object) -> Directions:
    """A section that is there, even empty, may isolate; with none at all, nothing is certain."""
    specs = [*([raw.spec] if _there(raw.spec) else []), *(raw.specs or [])]
    sections = [msgspec.json.decode(spec, type=_Sections) for spec in specs]
    ingress = any(_there(each.ingress, each.ingress_deny) for each in sections)
    egress = any(_there(each.egress, each.egress_deny) for each in sections)
    if not (ingress or egress):
        return BOTH
    return frozenset(
        direction
        for direction, touched in ((Direction.INGRESS, ingress), (Direction.EGRESS, egress))
        if touched
    )


def _by_calico_types(raw: _Object) -> Directions:
    """`spec.types`, where it is written out; Calico's default depends on more than the object."""
    types = msgspec.json.decode(raw.spec, type=_Sections).types
    if not types or not {"Ingress", "Egress"}.issuperset(types):
        return BOTH
    return frozenset(Direction(kind.lower()) for kind in types)


@dataclass(frozen=True, slots=True)
class KnownKind:
    """One policy kind; `directions` and `stage` are the most it may touch and the earliest."""

    group: str
    resource: str
    kind: str
    directions: Directions = BOTH
    stage: Stage = Stage.BEFORE
    binds_hosts: bool = False
    reads_tier: bool = False
    reading: SpecReading = _no_reading

    @property
    def list_kind(self) -> str:
        """`kind` of a list of these; custom resources may choose another, none of these does."""
        return f"{self.kind}List"


_ADMIN = "policy.networking.k8s.io"
_CILIUM = "cilium.io"
_CALICO = "projectcalico.org"
_CALICO_CRD = "crd.projectcalico.org"
_OVN = "k8s.ovn.org"
_GKE = "networking.gke.io"
_EKS = "networking.k8s.aws"

KNOWN: tuple[KnownKind, ...] = (
    # network-policy-api: an ANP is asked before NetworkPolicy, a BANP where none isolates, and a
    # ClusterNetworkPolicy says in spec.tier which of the two it is. None binds host-network pods.
    KnownKind(_ADMIN, "adminnetworkpolicies", "AdminNetworkPolicy", reading=_by_admin_rules),
    KnownKind(
        _ADMIN,
        "baselineadminnetworkpolicies",
        "BaselineAdminNetworkPolicy",
        stage=Stage.AFTER,
        reading=_by_admin_rules,
    ),
    KnownKind(
        _ADMIN,
        "clusternetworkpolicies",
        "ClusterNetworkPolicy",
        reads_tier=True,
        reading=_by_admin_rules,
    ),
    # docs.cilium.io, "Policy enforcement modes": the section decides which side is isolated.
    KnownKind(_CILIUM, "ciliumnetworkpolicies", "CiliumNetworkPolicy", reading=_by_cilium_sections),
    KnownKind(
        _CILIUM,
        "ciliumclusterwidenetworkpolicies",
        "CiliumClusterwideNetworkPolicy",
        binds_hosts=True,  # nodeSelector: the host firewall
        reading=_by_cilium_sections,
    ),
    # These two do not filter, they send traffic elsewhere; it may not arrive where it was going.
    KnownKind(
        _CILIUM, "ciliumegressgatewaypolicies", "CiliumEgressGatewayPolicy", directions=EGRESS
    ),
    KnownKind(
        _CILIUM, "ciliumlocalredirectpolicies", "CiliumLocalRedirectPolicy", directions=EGRESS
    ),
    *(
        KnownKind(group, resource, kind, binds_hosts=binds_hosts, reading=_by_calico_types)
        for group in (_CALICO, _CALICO_CRD)
        for resource, kind, binds_hosts in (
            ("networkpolicies", "NetworkPolicy", False),
            ("globalnetworkpolicies", "GlobalNetworkPolicy", True),  # host endpoints too
        )
    ),
    # They filter nothing; Calico's policies cannot be read without them.
    *(
        KnownKind(group, resource, kind, binds_hosts=True)
        for group in (_CALICO, _CALICO_CRD)
        for resource, kind in (
            ("tiers", "Tier"),
            ("networksets", "NetworkSet"),
            ("globalnetworksets", "GlobalNetworkSet"),
            ("hostendpoints", "HostEndpoint"),
        )
    ),
    KnownKind(_OVN, "egressfirewalls", "EgressFirewall", directions=EGRESS),
    # A user-defined network takes its pods off the network that everybody else is on.
    KnownKind(_OVN, "userdefinednetworks", "UserDefinedNetwork"),
    KnownKind(_OVN, "clusteruserdefinednetworks", "ClusterUserDefinedNetwork"),
    KnownKind(_GKE, "fqdnnetworkpolicies", "FQDNNetworkPolicy", directions=EGRESS),
    KnownKind(
        _EKS,
        "clusternetworkpolicies",
        "ClusterNetworkPolicy",
        reads_tier=True,
        reading=_by_admin_rules,
    ),
    KnownKind(_EKS, "applicationnetworkpolicies", "ApplicationNetworkPolicy"),
)

_NO_FILTER: frozenset[tuple[str, str]] = frozenset(
    {
        # Staged policies are rehearsals: they log what they would do and enforce nothing.
        *(
            (group, f"staged{plural}")
            for group in (_CALICO, _CALICO_CRD)
            for plural in (
                "networkpolicies",
                "globalnetworkpolicies",
                "kubernetesnetworkpolicies",
            )
        ),
        # The VPC CNI's controller derives these from policies that are read themselves.
        (_EKS, "policyendpoints"),
        (_EKS, "clusterpolicyendpoints"),
        # Routes and addresses that are announced to routers.
        (_CILIUM, "ciliumbgppeeringpolicies"),
        (_CILIUM, "ciliuml2announcementpolicies"),
        # Load-balancer settings of GKE's Gateway controller, and source NAT.
        (_GKE, "gcpbackendpolicies"),
        (_GKE, "gcpgatewaypolicies"),
        (_GKE, "gcpsessionaffinitypolicies"),
        (_GKE, "gcptrafficdistributionpolicies"),
        (_GKE, "healthcheckpolicies"),
        (_GKE, "egressnatpolicies"),
    }
)
"""Named like policies, yet no verdict depends on them."""

KNOWN_GROUPS = frozenset(known.group for known in KNOWN)

_BY_RESOURCE = {(known.group, known.resource): known for known in KNOWN}
_POLICY_ENDINGS = ("policy", "policies", "firewall", "firewalls")


def known_resource(group: str, resource: str, kind: str) -> KnownKind | None:
    """The policy kind that discovery calls `resource`, or None where it cannot touch a verdict.

    A resource of a known group that came after this table, and is named like a policy, is taken
    for one that may touch everything.
    """
    if (group, resource) in _NO_FILTER or group not in KNOWN_GROUPS:
        return None
    known = _BY_RESOURCE.get((group, resource))
    if known is None and resource.endswith(_POLICY_ENDINGS):
        return KnownKind(group, resource, kind, binds_hosts=True)
    return known


def known_kind(api_version: str, kind: str) -> KnownKind | None:
    """The same for a manifest, which names a kind and no resource."""
    group, slash, _ = api_version.partition("/")
    return known_resource(group, _plural(kind), kind) if slash else None


def _plural(kind: str) -> str:
    """The resource of a kind; every kind above is named regularly."""
    name = kind.lower()
    return f"{name.removesuffix('y')}ies" if name.endswith("y") else f"{name}s"


def unmodelled_object(known: KnownKind, raw: bytes | msgspec.Raw) -> UnmodelledObject:
    """What one object may touch; unreadable metadata leaves the namespace open: it may be any."""
    try:
        shape = msgspec.json.decode(raw, type=_Object)
    except (msgspec.MsgspecError, RecursionError):
        ref = ObjectRef(known.kind, "", NO_NAME)
        return UnmodelledObject(ref, known.directions, known.stage)
    ref = ObjectRef(known.kind, shape.metadata.namespace, shape.metadata.name)
    return UnmodelledObject(ref, _directions(known, shape), _stage(known, shape))


def _directions(known: KnownKind, shape: _Object) -> Directions:
    try:
        return known.directions & known.reading(shape)
    except (msgspec.MsgspecError, RecursionError):
        return known.directions


def _stage(known: KnownKind, shape: _Object) -> Stage:
    """`spec.tier` Baseline is asked last; everything else, and what cannot be read, first."""
    if not known.reads_tier:
        return known.stage
    try:
        tier = msgspec.json.decode(shape.spec, type=_Sections).tier
    except (msgspec.MsgspecError, RecursionError):
        return known.stage
    return Stage.AFTER if tier == "Baseline" else Stage.BEFORE


def unmodelled_kind(
    known: KnownKind, objects: Sight[tuple[UnmodelledObject, ...]]
) -> UnmodelledKind:
    """The kind with what was seen of it."""
    return UnmodelledKind(
        known.group, known.resource, objects, known.directions, known.stage, known.binds_hosts
    )


def unreadable_group(group: str, why: str) -> UnmodelledKind:
    """A served group whose resources could not be listed: it may hold anything."""
    return UnmodelledKind(group, ANY_RESOURCE, Unseen(why), BOTH, Stage.BEFORE, binds_hosts=True)
