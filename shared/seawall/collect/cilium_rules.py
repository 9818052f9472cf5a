"""The rules of a Cilium policy: peers, ports, and what narrows them above layer 4.

Source: cilium `pkg/policy/api`: ingress.go, egress.go, l4.go, icmp.go, rule_validation.go.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from seawall.collect.cilium_fields import Reader
from seawall.collect.cilium_ports import icmp_group, port_groups
from seawall.collect.cilium_selectors import selector_of, selectors_of
from seawall.model.addresses import NO_ADDRESSES, IpSet, ip, just
from seawall.model.cilium import (
    CidrPeer,
    CiliumPeer,
    CiliumRule,
    EndpointPeer,
    Entity,
    EntityPeer,
    NodePeer,
    OutsidePeer,
    PortGroup,
    ServicePeer,
)
from seawall.model.policies import Direction
from seawall.model.selector import selector

RULE_FIELDS = frozenset({"ingress", "ingressDeny", "egress", "egressDeny"})

_Read = Callable[[Reader, object, str], Iterator[CiliumPeer]]
_NONE_IF_EMPTY = frozenset({"Endpoints", "Nodes", "Entities", "CIDR", "CIDRSet"})
"""`mergeEndpointSelectors` (pkg/policy/utils): an empty list of these selects nobody."""

_CIDR_RULE = ("cidr", "cidrGroupRef", "cidrGroupSelector", "except")
_SERVICE = ("k8sService", "k8sServiceSelector")


def rules_of(reader: Reader, name: str, value: object, path: str) -> tuple[CiliumRule, ...]:
    """The rules in one of `RULE_FIELDS`."""
    direction = Direction.INGRESS if name.startswith("ingress") else Direction.EGRESS
    return tuple(
        _rule(reader, direction, each, f"{path}.{name}[{number}]", allow=not name.endswith("Deny"))
        for number, each in enumerate(reader.items(value, f"{path}.{name}"))
    )


def _rule(
    reader: Reader, direction: Direction, value: object, path: str, *, allow: bool
) -> CiliumRule:
    side = "from" if direction is Direction.INGRESS else "to"
    readers = _peer_readers(direction, allow=allow)
    names = {f"{side}{name}": name for name in readers}
    known = {*names, f"{side}Requires", "toPorts", "icmps"} | (
        {"authentication"} if allow else set()
    )
    fields = reader.fields(value, path, known)
    given = [name for name in names if fields.get(name) is not None]
    peers = {
        name: tuple(readers[names[name]](reader, fields[name], f"{path}.{name}")) for name in given
    }
    if len([name for name in given if fields[name]]) > 1:
        reader.wrong(path, f"combining {' and '.join(given)} is not supported")
    return CiliumRule(
        path,
        tuple(chain.from_iterable(peers.values())),
        tuple(n for n in given if names[n] in _NONE_IF_EMPTY and not fields[n]),
        selectors_of(reader, fields.get(f"{side}Requires"), f"{path}.{side}Requires"),
        _groups(reader, direction, fields, path, allow=allow),
        _authentication(reader, fields.get("authentication"), f"{path}.authentication"),
    )


def _groups(
    reader: Reader, direction: Direction, fields: dict[str, Any], path: str, *, allow: bool
) -> tuple[PortGroup, ...] | None:
    ports, icmps = fields.get("toPorts"), fields.get("icmps")
    if ports and icmps:
        reader.wrong(f"{path}.icmps", "Forbidden: icmps may only be present without toPorts")
    groups = port_groups(reader, ports, f"{path}.toPorts", direction, allow=allow)
    if icmps:
        groups = (*groups, icmp_group(reader, icmps, f"{path}.icmps"))
    return groups or None


def _authentication(reader: Reader, value: object, path: str) -> str:
    mode = reader.text(reader.fields(value, path, {"mode"}).get("mode"), f"{path}.mode")
    return "" if mode in {"", "disabled"} else "mutual authentication required"


def _peer_readers(direction: Direction, *, allow: bool) -> dict[str, _Read]:
    found: dict[str, _Read] = {
        "Endpoints": _endpoints,
        "Nodes": _nodes,
        "Entities": _entities,
        "CIDR": _cidrs,
        "CIDRSet": _cidr_rules,
        "Groups": _cloud_groups,
    }
    if direction is Direction.EGRESS:
        found["Services"] = _services
        if allow:
            found["FQDNs"] = _names
    return found


def _endpoints(reader: Reader, value: object, path: str) -> Iterator[CiliumPeer]:
    return map(EndpointPeer, selectors_of(reader, value, path))


def _nodes(reader: Reader, value: object, path: str) -> Iterator[CiliumPeer]:
    return map(NodePeer, selectors_of(reader, value, path))


def _entities(reader: Reader, value: object, path: str) -> Iterator[CiliumPeer]:
    for number, each in enumerate(reader.items(value, path)):
        found = reader.one_of(each or "", tuple(Entity), f"{path}[{number}]")
        yield EntityPeer(Entity(found or Entity.NONE))


def _cidrs(reader: Reader, value: object, path: str) -> Iterator[CiliumPeer]:
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}]"
        text = reader.text(each, here)
        yield CidrPeer(_address(text) or reader.block(text, here), text)


def _address(text: str) -> IpSet:
    """One bare address, as `CIDR.Validate` lets it be."""
    try:
        return just(ip(text))
    except ValueError:
        return NO_ADDRESSES


def _cidr_rules(reader: Reader, value: object, path: str) -> Iterator[CiliumPeer]:
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}]"
        fields = reader.fields(each, here, _CIDR_RULE)
        given = [name for name in _CIDR_RULE[:3] if fields.get(name) not in (None, "")]
        if len(given) != 1:
            reader.wrong(here, "one of cidr, cidrGroupRef or cidrGroupSelector is required")
            continue
        yield _cidr_rule(reader, given[0], fields, here)


def _cidr_rule(reader: Reader, chosen: str, fields: dict[str, Any], path: str) -> CiliumPeer:
    excepts = NO_ADDRESSES
    for number, each in enumerate(reader.items(fields.get("except"), f"{path}.except")):
        excepts |= reader.block(each, f"{path}.except[{number}]")
    if chosen == "cidr":
        block = reader.block(fields["cidr"], f"{path}.cidr")
        return CidrPeer(block - excepts, reader.text(fields["cidr"], f"{path}.cidr"))
    if chosen == "cidrGroupRef":
        name = reader.text(fields[chosen], f"{path}.{chosen}")
        return OutsidePeer(chosen, name, excepts)
    selector_of(reader, fields[chosen], f"{path}.{chosen}")
    return OutsidePeer(chosen, "", excepts)


def _cloud_groups(reader: Reader, value: object, path: str) -> Iterator[CiliumPeer]:
    return (OutsidePeer("groups of a cloud") for _ in reader.items(value, path))


def _names(reader: Reader, value: object, path: str) -> Iterator[CiliumPeer]:
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}]"
        fields = reader.fields(each, here, ("matchName", "matchPattern"))
        named = [text for name in fields if (text := reader.text(fields[name], f"{here}.{name}"))]
        if not named:
            reader.wrong(here, "one of matchName or matchPattern is required")
        yield OutsidePeer("toFQDNs")


def _services(reader: Reader, value: object, path: str) -> Iterator[CiliumPeer]:
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}]"
        fields = reader.fields(each, here, _SERVICE)
        if fields.get("k8sService") is not None:
            named = reader.fields(
                fields["k8sService"], f"{here}.k8sService", ("serviceName", "namespace")
            )
            home = reader.text(named.get("namespace"), f"{here}.k8sService.namespace")
            name = reader.text(named.get("serviceName"), f"{here}.k8sService.serviceName")
            yield ServicePeer(home, name, None)
        if fields.get("k8sServiceSelector") is not None:
            yield _selected(reader, fields["k8sServiceSelector"], f"{here}.k8sServiceSelector")


def _selected(reader: Reader, value: object, path: str) -> ServicePeer:
    fields = reader.fields(value, path, ("selector", "namespace"))
    home = reader.text(fields.get("namespace"), f"{path}.namespace")
    found = selector_of(reader, fields.get("selector") or {}, f"{path}.selector")
    return ServicePeer(home, "", selector(*(each.requirement for each in found.conditions)))
