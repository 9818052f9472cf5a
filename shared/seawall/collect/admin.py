"""Admin policies from JSON: an AdminPolicy as the API server would store it, or what it refuses.

Source: the CRDs of policy.networking.k8s.io, v1alpha1 (AdminNetworkPolicy,
BaselineAdminNetworkPolicy) and v1alpha2 (ClusterNetworkPolicy): the types of each field are in
`admin_wire`, the rules between fields are here. A field that nobody knows is never dropped in
silence: it comes from a newer API, and then the rest is only half of what the object says.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import msgspec
from msgspec import Struct

from seawall.collect import admin_wire as shapes
from seawall.collect import syntax, validate
from seawall.collect.parse import name_of, selector_from
from seawall.collect.strangers import fields, strangers, unknown_names
from seawall.collect.wire import LabelSelector
from seawall.model import addresses
from seawall.model.addresses import NO_ADDRESSES
from seawall.model.admin import (
    ADMIN,
    BASELINE,
    CLUSTER,
    AdminDomains,
    AdminNetworks,
    AdminNodes,
    AdminPeer,
    AdminPods,
    AdminPolicy,
    AdminPortName,
    AdminPorts,
    AdminRule,
    AdminUnknownPeer,
)
from seawall.model.ir import Action
from seawall.model.policies import BOTH, BrokenObject, Direction, ObjectRef, Stage
from seawall.model.ports import Protocol
from seawall.model.selector import EVERYTHING, Selector

WireRule = (
    shapes.AdminIngress
    | shapes.AdminEgress
    | shapes.BaselineIngress
    | shapes.BaselineEgress
    | shapes.ClusterIngress
    | shapes.ClusterEgress
)
WirePolicy = (
    shapes.AdminNetworkPolicy | shapes.BaselineAdminNetworkPolicy | shapes.ClusterNetworkPolicy
)
WireSpec = shapes.AdminSpec | shapes.BaselineSpec | shapes.ClusterSpec
Port = AdminPorts | AdminPortName

_SHAPES: dict[str, type[WirePolicy]] = {
    ADMIN: shapes.AdminNetworkPolicy,
    BASELINE: shapes.BaselineAdminNetworkPolicy,
    CLUSTER: shapes.ClusterNetworkPolicy,
}
_SIDE = {Direction.INGRESS: "from", Direction.EGRESS: "to"}
_ACTIONS = {
    "Allow": Action.ALLOW,
    "Accept": Action.ALLOW,
    "Deny": Action.DENY,
    "Pass": Action.PASS,
}
_DOMAIN_LABEL = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?")
_ONLY_BASELINE = "default"
_LONGEST = 500


def admin_policy(
    kind: str, raw: bytes | msgspec.Raw | dict[str, Any], origin: str = ""
) -> AdminPolicy | BrokenObject:
    """A policy of one of `ADMIN_KINDS`, or what the API server would refuse in it."""
    document = raw if isinstance(raw, dict) else _loosely(raw)
    if not isinstance(document, dict):
        return BrokenObject(ObjectRef(kind, "", ""), ("the object is not readable JSON",), origin)
    try:
        found = msgspec.convert(document, _SHAPES[kind])
        return _policy_from(kind, found, document, origin)
    except ValueError as error:  # msgspec.ValidationError is one
        directions, stage = _could_touch(kind, document.get("spec"))
        problems = (str(error)[:_LONGEST],)  # of a word it does not know msgspec shows all
        return BrokenObject(validate.identity(kind, document), problems, origin, directions, stage)


def _loosely(raw: bytes | msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _could_touch(kind: str, spec: object) -> tuple[frozenset[Direction], Stage]:
    """What a broken object may decide: a direction without rules is never touched."""
    if not isinstance(spec, dict):
        return BOTH, Stage.AFTER if kind == BASELINE else Stage.BEFORE
    known = fields(fields(_SHAPES[kind])["spec"] or _SHAPES[kind])
    last = kind == BASELINE or (kind == CLUSTER and spec.get("tier") == shapes.Tier.BASELINE)
    stage = Stage.AFTER if last else Stage.BEFORE
    if spec.keys() - known.keys():
        return BOTH, stage
    return frozenset(each for each in Direction if spec.get(each) not in (None, [])), stage


def _policy_from(kind: str, raw: WirePolicy, document: dict[str, Any], origin: str) -> AdminPolicy:
    spec, written = raw.spec, document["spec"]
    name, unread = _name(kind, raw), _outside_rules(spec, written)
    reader = _Reader(old=not isinstance(spec, shapes.ClusterSpec))
    # No verdict depends on labels and annotations, or on how a name is spelt: told, not refused.
    reader.warnings += validate.metadata(kind, document)
    reader.unknown(unread)
    return AdminPolicy(
        kind=kind,
        name=name,
        stage=_stage(spec),
        priority=None if isinstance(spec, shapes.BaselineSpec) else spec.priority,
        subject=reader.subject(spec.subject, unread=bool(unread)),
        ingress=reader.rules(spec.ingress, written, Direction.INGRESS),
        egress=reader.rules(spec.egress, written, Direction.EGRESS),
        origin=origin,
        warnings=tuple(reader.warnings),
        unread=unread,
    )


def _outside_rules(spec: WireSpec, written: dict[str, Any]) -> tuple[str, ...]:
    """The fields that nobody knows of the spec itself, and of its subject."""
    of_spec = unknown_names(written, type(spec), "spec")
    return (*of_spec, *strangers(written["subject"], shapes.PodPeer, "spec.subject"))


def _name(kind: str, raw: WirePolicy) -> str:
    metadata = raw.metadata
    if not (metadata.name or metadata.generate_name):
        raise ValueError("metadata.name: Required value: name or generateName is required")
    if kind == BASELINE and metadata.name != _ONLY_BASELINE:
        _invalid(
            "metadata.name",
            metadata.name or "",
            f'only one with metadata.name="{_ONLY_BASELINE}" can be created in a cluster',
        )
    return name_of(metadata)


def _stage(spec: WireSpec) -> Stage:
    match spec:
        case shapes.AdminSpec() | shapes.ClusterSpec(tier=shapes.Tier.ADMIN):
            return Stage.BEFORE
        case _:
            return Stage.AFTER


@dataclass(slots=True)
class _Reader:
    """Reads what selects and what matches, and gathers what is to be told.

    `old`: is it v1alpha1.
    """

    old: bool
    warnings: list[str] = field(default_factory=list)

    def unknown(self, paths: Iterable[str]) -> None:
        rest = "unknown field; what it changes is not known, so neither is what decides"
        self.warnings += [f"{path}: {rest}" for path in paths]

    def subject(self, raw: shapes.PodPeer, *, unread: bool) -> AdminPods:
        """The pods it is about; all there are, where a field nobody knows says which."""
        _at_most_one(raw, "spec.subject")
        if _given(raw):
            return self.pods(raw, "spec.subject")
        if not unread:
            _not_one("spec.subject")
        return AdminPods(EVERYTHING, EVERYTHING)

    def rules(
        self, found: Sequence[WireRule] | None, written: dict[str, Any], direction: Direction
    ) -> tuple[AdminRule, ...]:
        pairs = zip(found or (), written.get(direction) or (), strict=True)
        return tuple(
            self.rule(raw, document, f"spec.{direction}[{number}]", _SIDE[direction])
            for number, (raw, document) in enumerate(pairs)
        )

    def rule(self, raw: WireRule, document: dict[str, Any], path: str, side: str) -> AdminRule:
        rest = {name: value for name, value in document.items() if name != side}
        unread = [*strangers(rest, type(raw), path)]
        peers = []
        for number, (peer, written) in enumerate(zip(raw.peers, document[side], strict=True)):
            place = f"{path}.{side}[{number}]"
            peers.append(self.peer(peer, written, place))
            if _given(peer):
                unread += strangers(written, type(peer), place)
        ports = _ports(raw, path, unread)
        self.unknown(unread)
        self.names(peers, ports, path)
        return AdminRule(_ACTIONS[raw.action], tuple(peers), ports, tuple(unread))

    def names(self, peers: Sequence[AdminPeer], ports: tuple[Port, ...] | None, path: str) -> None:
        """XValidation of egress rules; where a release lacks it, no name is a port outside."""
        outside = any(isinstance(peer, AdminNetworks | AdminNodes | AdminDomains) for peer in peers)
        if outside and any(isinstance(port, AdminPortName) for port in ports or ()):
            self.warnings.append(
                f"{path}: Invalid value: networks, nodes and domainNames have no named ports"
            )

    def peer(self, raw: shapes.PodPeer, document: dict[str, Any], path: str) -> AdminPeer:
        _at_most_one(raw, path)
        if not _given(raw):
            return self.unknown_peer(tuple(strangers(document, type(raw), path)), path)
        if isinstance(raw, shapes.EgressPeer) and raw.domain_names is not None:
            return AdminDomains(_domains(raw.domain_names, f"{path}.domainNames"))
        if isinstance(raw, shapes.BaselinePeer) and raw.networks is not None:
            return _networks(raw.networks, f"{path}.networks")
        if isinstance(raw, shapes.BaselinePeer) and raw.nodes is not None:
            return AdminNodes(_selector(raw.nodes, f"{path}.nodes"))
        return self.pods(raw, path)

    def unknown_peer(self, fields_there: tuple[str, ...], path: str) -> AdminUnknownPeer:
        if not fields_there:
            _not_one(path)
        rest = "unknown peer; read as the API asks: its rule accepts nobody, or denies everybody"
        self.warnings += [f"{each}: {rest}" for each in fields_there]
        return AdminUnknownPeer(fields_there)

    def pods(self, raw: shapes.PodPeer, path: str) -> AdminPods:
        if raw.pods is None:
            return AdminPods(_selector(raw.namespaces, f"{path}.namespaces"), EVERYTHING)
        return AdminPods(
            self.required(
                raw.pods.namespace_selector, f"{path}.pods.namespaceSelector", needed=self.old
            ),
            self.required(raw.pods.pod_selector, f"{path}.pods.podSelector", needed=True),
        )

    def required(self, raw: LabelSelector | None, path: str, *, needed: bool) -> Selector:
        """Go's types, which no selector leaves empty, take one that is not there for all."""
        if raw is None and needed:
            self.warnings.append(f"{path}: Required value; read as everything")
        return _selector(raw, path)


def _selector(raw: LabelSelector | None, path: str) -> Selector:
    """The selector, if `LabelSelectorAsSelector` would take it; a CRD asks less of it."""
    if raw is None:
        return EVERYTHING
    listed = [value for each in raw.match_expressions or () for value in each.values or ()]
    if None in (raw.match_labels or {}).values() or None in listed:
        raise ValueError(f"{path}: Invalid value: null: must be a string")
    checked = validate.label_selector(path, msgspec.to_builtins(raw))
    if checked.problems:
        raise ValueError("; ".join(checked.problems))
    return selector_from(raw)


def _networks(texts: Sequence[str], path: str) -> AdminNetworks:
    _all_different(texts, path)
    found = NO_ADDRESSES
    for number, text in enumerate(texts):
        checked = syntax.network(text)
        if isinstance(checked, str):
            _invalid(f"{path}[{number}]", text, checked)
        found |= addresses.cidr(text)
    return AdminNetworks(found)


def _domains(names: Sequence[str], path: str) -> tuple[str, ...]:
    _all_different(names, path)
    for number, name in enumerate(names):
        labels = name.removeprefix("*.").removesuffix(".").split(".")
        if len(labels) < len(("name", "top")) or not all(map(_DOMAIN_LABEL.fullmatch, labels)):
            _invalid(f"{path}[{number}]", name, "must be a domain name, or *. and a domain name")
    return tuple(names)


def _all_different(texts: Sequence[str], path: str) -> None:
    """`listType=set`."""
    if len(set(texts)) != len(texts):
        raise ValueError(f"{path}: Duplicate value: no two may be the same")


# Ports


def _ports(raw: WireRule, path: str, unread: Sequence[str]) -> tuple[Port, ...] | None:
    if isinstance(raw, shapes.ClusterIngress | shapes.ClusterEgress):
        return _each(raw.protocols, f"{path}.protocols", _matched, unread)
    return _each(raw.ports, f"{path}.ports", _old_port, unread)


def _each(
    found: Sequence[Struct] | None,
    path: str,
    read: Callable[[Any, str], Port | None],
    unread: Sequence[str],
) -> tuple[Port, ...] | None:
    """Every entry; one of which no field is known is left out, as its rule is unread anyway."""
    if found is None:
        return None
    ports = []
    for number, each in enumerate(found):
        place = f"{path}[{number}]"
        _at_most_one(each, place)
        port = read(each, place)
        if port is not None:
            ports.append(port)
        elif not any(told.startswith(f"{place}.") for told in unread):
            _not_one(place)
    return tuple(ports)


def _old_port(raw: shapes.OldPort, path: str) -> Port | None:
    match raw:
        case shapes.OldPort(named_port=str(name)):
            return _port_name(name, f"{path}.namedPort")
        case shapes.OldPort(port_number=shapes.OldNumber() as one):
            return AdminPorts(one.protocol or Protocol.TCP, one.port, one.port)
        case shapes.OldPort(port_range=shapes.OldRange() as found):
            return _range(found, found.protocol or Protocol.TCP, f"{path}.portRange")
        case _:
            return None


def _matched(raw: shapes.ProtocolMatch, path: str) -> Port | None:
    if raw.destination_named_port is not None:
        return _port_name(raw.destination_named_port, f"{path}.destinationNamedPort")
    for protocol, found in (
        (Protocol.TCP, raw.tcp),
        (Protocol.UDP, raw.udp),
        (Protocol.SCTP, raw.sctp),
    ):
        if found is not None:
            place = f"{path}.{protocol.lower()}.destinationPort"
            return _numbers(found.destination_port, protocol, place)
    return None


def _numbers(raw: shapes.Port, protocol: Protocol, path: str) -> AdminPorts:
    _at_most_one(raw, path)
    if raw.range is not None:
        return _range(raw.range, protocol, f"{path}.range")
    if raw.number is None:
        _not_one(path)
    return AdminPorts(protocol, raw.number, raw.number)


def _port_name(name: str, path: str) -> AdminPortName:
    """No CRD says more about it: a name that no container port can have matches nothing."""
    if not name:
        raise ValueError(f"{path}: Required value: a port has a name")
    return AdminPortName(name)


def _range(raw: shapes.Range, protocol: Protocol, path: str) -> AdminPorts:
    if raw.start >= raw.end:
        raise ValueError(f"{path}: Invalid value: Start port must be less than End port")
    return AdminPorts(protocol, raw.start, raw.end)


# What is there


def _at_most_one(raw: Struct, path: str) -> None:
    if len(_given(raw)) > 1:
        _not_one(path)


def _not_one(path: str) -> NoReturn:
    raise ValueError(f"{path}: Invalid value: must have exactly one field")


def _given(raw: Struct) -> list[str]:
    """The fields that are there."""
    return [name for name in raw.__struct_fields__ if getattr(raw, name) is not None]


def _invalid(path: str, value: str, complaint: str) -> NoReturn:
    raise ValueError(f"{path}: Invalid value: {validate.shown(value)}: {complaint}")
