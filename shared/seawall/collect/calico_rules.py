"""Calico's rules: JSON of a rule to its value, checked as Calico's validator would.

Sources: `api/pkg/apis/projectcalico/v3/policy_common.go`, `api/pkg/lib/numorstring` and
`libcalico-go/lib/validator/v3` of projectcalico/calico; how an entity's selectors become one:
`GetEntityRuleSelector` (`libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from seawall.collect.calico_selector import parsed, parsed_namespaces
from seawall.collect.wire import Wire
from seawall.model.addresses import NO_ADDRESSES, Family, IpSet, cidr
from seawall.model.calico import (
    ACCOUNT_KEY,
    ACCOUNT_PREFIX,
    NAMESPACE_KEY,
    NAMESPACE_PREFIX,
    AllOf,
    CalicoAction,
    CalicoEntity,
    CalicoPorts,
    CalicoRule,
    Compare,
    Expression,
    LabelTest,
    Not,
)
from seawall.model.ports import LAST_PORT, Protocol

Fields = dict[str, Any]

ICMP = 1
_NUMBERS = {"icmp": ICMP, "icmpv6": 58, "udplite": 136}
_NAMED = {each.value.lower(): each for each in Protocol}
_BY_NUMBER = {6: Protocol.TCP, 17: Protocol.UDP, 132: Protocol.SCTP}
_WITH_PORTS = frozenset({*Protocol, _NUMBERS["udplite"]})
_LARGEST_PROTOCOL = 255

_DIGITS = re.compile(r"[0-9]{1,9}")
_RANGE = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")
_PORT_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")


class _Accounts(Wire, frozen=True, gc=False):
    names: list[str] | None = None
    selector: str | None = None


class _Entity(Wire, frozen=True, gc=False):
    nets: list[str] | None = None
    not_nets: list[str] | None = None
    selector: str | None = None
    not_selector: str | None = None
    namespace_selector: str | None = None
    services: Fields | None = None
    domains: list[str] | None = None
    ports: list[int | str] | None = None
    not_ports: list[int | str] | None = None
    service_accounts: _Accounts | None = None


class _Rule(Wire, frozen=True, gc=False):
    action: CalicoAction
    ip_version: Literal[4, 6] | None = None
    protocol: int | str | None = None
    not_protocol: int | str | None = None
    icmp: Fields | None = None
    not_icmp: Fields | None = msgspec.field(default=None, name="notICMP")
    http: Fields | None = None
    metadata: Fields | None = None
    source: Fields | None = None
    destination: Fields | None = None


def rules_from(path: str, raw: Iterable[Fields | None] | None, home: str) -> tuple[CalicoRule, ...]:
    """The rules at `path` of a policy in the namespace `home`, which is empty for a global one.

    Raises:
        ValueError: One of them would be refused; the text names its path.
    """
    return tuple(_located(f"{path}[{number}]", each or {}, home) for number, each in _listed(raw))


def strangers(path: str, raw: Mapping[str, object], shape: type[Struct]) -> Iterator[str]:
    """Fields that `shape` does not have: from a newer or another Calico, or misspelt."""
    known = frozenset(shape.__struct_encode_fields__)
    yield from (f"{path}{field}" for field in raw if field not in known)


def addresses_of(nets: Iterable[str]) -> IpSet:
    """All addresses of CIDRs and single addresses.

    Raises:
        ValueError: One of them is neither.
    """
    found = NO_ADDRESSES
    for each in nets:
        found |= cidr(each)
    return found


def _listed(raw: Iterable[Fields | None] | None) -> Iterable[tuple[int, Fields | None]]:
    return enumerate(raw or ())


def _located(path: str, raw: Fields, home: str) -> CalicoRule:
    try:
        return _rule(raw, home)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _rule(raw: Fields, home: str) -> CalicoRule:
    rule = msgspec.convert(raw, _Rule)
    source = msgspec.convert(rule.source or {}, _Entity)
    destination = msgspec.convert(rule.destination or {}, _Entity)
    protocol = _protocol(rule.protocol)
    _check(rule, protocol, (source, destination))
    return CalicoRule(
        action=rule.action,
        source=_entity(source, home),
        destination=_entity(destination, home),
        protocol=protocol,
        not_protocol=_protocol(rule.not_protocol),
        family=None if rule.ip_version is None else Family(rule.ip_version),
        part_of_icmp=bool(rule.icmp or rule.not_icmp),
        http=rule.http is not None,
        unread=tuple(_unread(raw, rule, source, destination)),
    )


def _check(rule: _Rule, protocol: Protocol | int | None, ends: tuple[_Entity, ...]) -> None:
    """What `validateRule` of Calico's validator refuses and what matters here."""
    if protocol not in _WITH_PORTS and any(end.ports or end.not_ports for end in ends):
        raise ValueError("ports need the protocol TCP, UDP or SCTP")
    if rule.http is not None and rule.action is not CalicoAction.ALLOW:
        raise ValueError("http: only a rule that allows may name HTTP requests")
    if rule.http is not None and protocol not in {None, Protocol.TCP}:
        raise ValueError("http: needs the protocol TCP, or none")
    for end in ends:
        if "global(" in (end.selector or ""):
            raise ValueError("selector: global() belongs in a namespaceSelector")
        if end.services is not None and _selects(end):
            raise ValueError("services: stand alone, without selectors, nets or serviceAccounts")


def _selects(end: _Entity) -> bool:
    return bool(
        end.selector
        or end.not_selector
        or end.namespace_selector
        or end.nets
        or end.not_nets
        or end.service_accounts
    )


def _unread(raw: Fields, rule: _Rule, source: _Entity, destination: _Entity) -> Iterator[str]:
    yield from strangers("", raw, _Rule)
    for name, end, written in (
        ("source", source, rule.source),
        ("destination", destination, rule.destination),
    ):
        yield from strangers(f"{name}.", written or {}, _Entity)
        if end.services is not None:
            yield f"{name}.services"
        if end.domains:
            yield f"{name}.domains"
    # A client's own port is the kernel's choice: such a rule matches some connections of a pair.
    if source.ports or source.not_ports:
        yield "source.ports" if source.ports else "source.notPorts"


def _entity(raw: _Entity, home: str) -> CalicoEntity:
    endpoints = _endpoints(raw, home)
    excluded = parsed(raw.not_selector) if raw.not_selector else None
    if endpoints is not None and excluded is not None:
        endpoints, excluded = AllOf((endpoints, Not(excluded))), None
    return CalicoEntity(
        endpoints=endpoints,
        excluded=excluded,
        nets=addresses_of(raw.nets) if raw.nets else None,
        not_nets=addresses_of(raw.not_nets) if raw.not_nets else None,
        ports=_ports(raw.ports),
        not_ports=_ports(raw.not_ports),
    )


def _endpoints(raw: _Entity, home: str) -> Expression | None:
    """`getEndpointSelector`: any selector confines a namespaced policy's rule to its namespace."""
    chosen = tuple(_chosen(raw))
    if raw.namespace_selector:
        within = parsed_namespaces(raw.namespace_selector, NAMESPACE_PREFIX)
        return AllOf((within, *chosen))
    if home and (chosen or raw.not_selector):
        return AllOf((in_namespace(home), *chosen))
    return AllOf(chosen) if chosen else None


def _chosen(raw: _Entity) -> Iterator[Expression]:
    accounts = raw.service_accounts or _Accounts()
    if accounts.selector:
        yield parsed(accounts.selector, ACCOUNT_PREFIX)
    if accounts.names:
        yield LabelTest(ACCOUNT_KEY, Compare.IN, tuple(sorted(set(accounts.names))))
    if raw.selector:
        yield parsed(raw.selector)


def in_namespace(name: str) -> Expression:
    """Everything in one namespace."""
    return LabelTest(NAMESPACE_KEY, Compare.IN, (name,))


def _protocol(raw: int | str | None) -> Protocol | int | None:
    """`numorstring.Protocol`: a name in any case, or a number that may be written as text."""
    if isinstance(raw, str):
        name = raw.lower()
        if name in _NAMED:
            return _NAMED[name]
        if name in _NUMBERS:
            return _NUMBERS[name]
        if not _DIGITS.fullmatch(raw):
            raise ValueError("protocol: neither a name of Calico's nor a number")
        raw = int(raw)
    if raw is not None and not 1 <= raw <= _LARGEST_PROTOCOL:
        raise ValueError(f"protocol: must be between 1 and {_LARGEST_PROTOCOL}")
    return raw if raw is None else _BY_NUMBER.get(raw, raw)


def _ports(raw: list[int | str] | None) -> CalicoPorts | None:
    if not raw:
        return None
    ranges: list[tuple[int, int]] = []
    names: list[str] = []
    for each in raw:
        found = _port(each)
        if isinstance(found, str):
            names.append(found)
        else:
            ranges.append(found)
    return CalicoPorts(tuple(sorted(set(ranges))), tuple(sorted(set(names))))


def _port(raw: int | str) -> tuple[int, int] | str:
    """`numorstring.Port`: a number, `first:last`, or a name."""
    if isinstance(raw, str):
        written = _RANGE.fullmatch(raw)
        if written:
            return _numbers(int(written[1]), int(written[2]))
        if not _DIGITS.fullmatch(raw):
            if not _PORT_NAME.fullmatch(raw) or raw.isdigit():
                raise ValueError("ports: neither a number, a range `first:last` nor a name")
            return raw
        raw = int(raw)
    return _numbers(raw, raw)


def _numbers(first: int, last: int) -> tuple[int, int]:
    if not 0 <= first <= last <= LAST_PORT:
        raise ValueError(f"ports: {first}:{last} is no range within 0:{LAST_PORT}")
    return first, last
