"""Calico's objects: JSON to values, with the API's defaults. Nothing here ever raises.

The same object may come as `projectcalico.org/v3`, from Calico's API server, or as the
`crd.projectcalico.org/v1` that it keeps it in. There, labels are written into an annotation
(`ConvertCalicoResourceToK8sResource`), and `types` may be missing, if it was made with kubectl:
Felix then applies the policy in both directions (`ExtractPolicyMetadata`), while the API says that
it depends on the rules; where the two readings differ, the direction is doubtful.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from seawall.collect import validate
from seawall.collect.calico_rules import (
    Fields,
    addresses_of,
    in_namespace,
    rules_from,
    strangers,
)
from seawall.collect.calico_selector import parsed, parsed_namespaces
from seawall.collect.wire import LabelsIn, Wire
from seawall.model.calico import (
    ACCOUNT_PREFIX,
    DEFAULT_TIER,
    NAMESPACE_PREFIX,
    NETWORK_POLICY,
    AllOf,
    CalicoNets,
    CalicoObject,
    CalicoPolicy,
    CalicoStaged,
    CalicoTier,
    Expression,
)
from seawall.model.ir import AtEnd
from seawall.model.policies import BOTH, BrokenObject, Direction, ObjectRef
from seawall.model.selector import Labels

CALICO_KINDS = frozenset(
    {
        "NetworkPolicy",
        "GlobalNetworkPolicy",
        "Tier",
        "NetworkSet",
        "GlobalNetworkSet",
        "HostEndpoint",
        "StagedNetworkPolicy",
        "StagedGlobalNetworkPolicy",
        "StagedKubernetesNetworkPolicy",
    }
)
"""The kinds that `calico_policy` reads, as they are written in `kind`."""

_NAMESPACED = frozenset(
    {"NetworkPolicy", "NetworkSet", "StagedNetworkPolicy", "StagedKubernetesNetworkPolicy"}
)
_STORED = "crd.projectcalico.org/"
_STORED_METADATA = "projectcalico.org/metadata"
_DEFAULT_PROFILE = "projectcalico-default-allow"
_BINDS_HOSTS = frozenset({"GlobalNetworkPolicy", "HostEndpoint", "Tier"})

PolicyType = Literal["Ingress", "Egress"]


class _Metadata(Wire, frozen=True, gc=False):
    name: str | None = None
    labels: LabelsIn | None = None
    annotations: LabelsIn | None = None


class _Object(Wire, frozen=True, gc=False):
    metadata: _Metadata
    api_version: str | None = None
    spec: Fields | None = None


class _Policy(Wire, frozen=True, gc=False):
    tier: str | None = None
    order: float | None = None
    ingress: list[Fields | None] | None = None
    egress: list[Fields | None] | None = None
    selector: str | None = None
    types: list[PolicyType] | None = None
    service_account_selector: str | None = None
    performance_hints: list[str] | None = None


class _GlobalPolicy(_Policy, frozen=True, gc=False):
    namespace_selector: str | None = None
    apply_on_forward: bool | None = None
    do_not_track: bool | None = None
    pre_dnat: bool | None = msgspec.field(default=None, name="preDNAT")


class _Tier(Wire, frozen=True, gc=False):
    order: float | None = None
    default_action: Literal["Deny", "Pass"] | None = None


class _Nets(Wire, frozen=True, gc=False):
    nets: list[str] | None = None


class _Host(Wire, frozen=True, gc=False):
    node: str | None = None
    interface_name: str | None = None
    expected_ips: list[str] | None = msgspec.field(default=None, name="expectedIPs")
    profiles: list[str] | None = None
    ports: list[Fields] | None = None


def calico_policy(
    kind: str, raw: bytes | msgspec.Raw | dict[str, Any], origin: str = ""
) -> CalicoObject | BrokenObject:
    """An object of one of `CALICO_KINDS`, or why it is none."""
    document = raw if isinstance(raw, dict) else _loosely(raw)
    ref = _ref(kind, document)
    if kind.startswith("Staged"):
        return CalicoStaged(ref, origin)
    try:
        return _read(kind, ref, document, origin)
    except RecursionError:
        problem = "nested too deeply to be read"
    except ValueError as error:  # msgspec.ValidationError is one; its text names paths, not values
        problem = str(error)
    return BrokenObject(
        ref, (problem,), origin, directions=_touched(document), binds_hosts=kind in _BINDS_HOSTS
    )


def _read(kind: str, ref: ObjectRef, document: object, origin: str) -> CalicoObject:
    found = msgspec.convert(document, _Object)
    if not ref.name or (kind in _NAMESPACED and not ref.namespace):
        raise ValueError("metadata: without a name, or with a namespace that cannot be")
    spec = found.spec or {}
    match kind:
        case "NetworkPolicy" | "GlobalNetworkPolicy":
            return _policy(ref, found, spec, origin)
        case "Tier":
            return _tier(ref, spec, origin)
        case "HostEndpoint":
            return _host(ref, found, spec, origin)
        case _:
            nets = msgspec.convert(spec, _Nets)
            labels, whole = _labels(found)
            return CalicoNets(ref, labels, addresses_of(nets.nets or ()), not whole, origin=origin)


def _policy(ref: ObjectRef, found: _Object, raw: Fields, origin: str) -> CalicoPolicy:
    shape = _Policy if ref.namespace else _GlobalPolicy
    spec = msgspec.convert(raw, shape)
    unread = tuple(strangers("spec.", raw, shape))
    policy = CalicoPolicy(
        ref=ref,
        tier=spec.tier or DEFAULT_TIER,
        order=_order(spec.order),
        subject=AllOf(tuple(_subject(ref, spec))),
        directions=_directions(spec),
        ingress=rules_from("spec.ingress", spec.ingress, ref.namespace),
        egress=rules_from("spec.egress", spec.egress, ref.namespace),
        doubtful=_doubtful(found, spec),
        unread=unread,
        origin=origin,
    )
    rules = (("ingress", policy.ingress), ("egress", policy.egress))
    warnings = tuple(
        f"spec.{side}[{number}].{field}: not judged"
        for side, found_rules in rules
        for number, rule in enumerate(found_rules)
        for field in rule.unread
    )
    policy = msgspec.structs.replace(
        policy, warnings=(*(f"{field}: unknown field" for field in unread), *warnings)
    )
    if isinstance(spec, _GlobalPolicy):
        return _global(policy, spec)
    return policy


def _global(policy: CalicoPolicy, spec: _GlobalPolicy) -> CalicoPolicy:
    only_hosts = bool(spec.do_not_track or spec.pre_dnat)
    if only_hosts and not spec.apply_on_forward:
        raise ValueError("spec: preDNAT and doNotTrack need applyOnForward")
    return msgspec.structs.replace(
        policy, on_forward=bool(spec.apply_on_forward), only_hosts=only_hosts
    )


def _subject(ref: ObjectRef, spec: _Policy) -> Iterator[Expression]:
    """`convertNetworkPolicyV2ToV1Value` and its global kin: everything given must hold."""
    namespaces = spec.namespace_selector if isinstance(spec, _GlobalPolicy) else None
    for text in (spec.selector, namespaces, spec.service_account_selector):
        if "global(" in (text or ""):
            raise ValueError("spec: global() belongs in the namespaceSelector of a rule")
    if ref.namespace:
        yield in_namespace(ref.namespace)
    if spec.selector:
        yield parsed(spec.selector)
    if namespaces:
        yield parsed_namespaces(namespaces, NAMESPACE_PREFIX)
    if spec.service_account_selector:
        yield parsed(spec.service_account_selector, ACCOUNT_PREFIX)


def _directions(spec: _Policy) -> frozenset[Direction]:
    if spec.types:
        return frozenset(Direction(each.lower()) for each in spec.types)
    found = {Direction.EGRESS} if spec.egress else {Direction.INGRESS}
    return frozenset(found | {Direction.INGRESS} if spec.ingress else found)


def _doubtful(found: _Object, spec: _Policy) -> frozenset[Direction]:
    if spec.types or not _is_stored(found):
        return frozenset()
    return BOTH - _directions(spec)


def _tier(ref: ObjectRef, raw: Fields, origin: str) -> CalicoTier:
    spec = msgspec.convert(raw, _Tier)
    unread = tuple(strangers("spec.", raw, _Tier))
    if unread:
        raise ValueError(f"{unread[0]}: unknown field: what the tier does is not known")
    at_end = AtEnd.PASS if spec.default_action == "Pass" else AtEnd.DENY
    return CalicoTier(ref, _order(spec.order), at_end, origin)


def _host(ref: ObjectRef, found: _Object, raw: Fields, origin: str) -> CalicoNets:
    spec = msgspec.convert(raw, _Host)
    labels, whole = _labels(found)
    others = set(spec.profiles or ()) - {_DEFAULT_PROFILE}
    return CalicoNets(
        ref,
        labels,
        addresses_of(spec.expected_ips or ()),
        inherits=bool(others) or not whole,
        ports=bool(spec.ports),
        origin=origin,
    )


def _labels(found: _Object) -> tuple[Labels, bool]:
    """The labels, and whether these are all."""
    labels: Mapping[str, str | None] = found.metadata.labels or {}
    kept = (found.metadata.annotations or {}).get(_STORED_METADATA)
    if kept is None or not _is_stored(found):
        return _sorted(labels), True
    try:
        more = msgspec.json.decode(kept, type=_Metadata).labels or {}
    except (msgspec.MsgspecError, RecursionError):
        return _sorted(labels), False
    return _sorted({**labels, **more}), True


def _sorted(labels: Mapping[str, str | None]) -> Labels:
    return tuple(sorted((key, value or "") for key, value in labels.items()))


def _is_stored(found: _Object) -> bool:
    return (found.api_version or "").startswith(_STORED)


def _order(order: float | None) -> float | None:
    if order is not None and not math.isfinite(order):
        raise ValueError("spec.order: must be a number")
    return order


def _ref(kind: str, document: object) -> ObjectRef:
    found = validate.identity(kind, document)
    shown = NETWORK_POLICY if kind == "NetworkPolicy" else kind
    return ObjectRef(shown, found.namespace if kind in _NAMESPACED else "", found.name)


def _touched(document: object) -> frozenset[Direction]:
    """The directions that a broken policy says it applies to; both where it does not say."""
    try:
        spec = msgspec.convert(document, _Types).spec
        types = frozenset(Direction(each.lower()) for each in spec.types or ())
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return BOTH
    return types or BOTH


class _TypesSpec(Wire, frozen=True, gc=False):
    types: list[PolicyType] | None = None


class _Types(Wire, frozen=True, gc=False):
    spec: _TypesSpec


def _loosely(raw: bytes | msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
