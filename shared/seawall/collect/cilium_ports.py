"""toPorts and icmps of a Cilium rule.

Source: cilium `pkg/policy/api/l4.go` and `rule_validation.go` (`PortProtocol.Validate`): a port is
a text, a number or an IANA service name; 0 is every port; no protocol is ANY, which is TCP, UDP
and SCTP.
"""

import re
from typing import Any

from seawall.collect.cilium_fields import Reader
from seawall.model.cilium import CiliumPort, PortGroup
from seawall.model.policies import Direction
from seawall.model.ports import FIRST_PORT, LAST_PORT, Protocol

_GROUP = ("ports", "rules", "listener", "serverNames", "terminatingTLS", "originatingTLS")
_PORT = ("port", "endPort", "protocol")
_L7 = ("http", "kafka", "dns", "l7proto", "l7")
_PROTOCOLS = ("", "ANY", "TCP", "UDP", "SCTP", "ICMP", "ICMPv6", "ICMPV6", "VRRP", "IGMP")
_PORTLESS = frozenset({"VRRP", "IGMP"})
_NUMBER = re.compile(r"0|[1-9][0-9]{0,4}")
_NAME = re.compile(r"(?=.*[A-Za-z])(?!.*--)[A-Za-z0-9](?:[-A-Za-z0-9]{0,13}[A-Za-z0-9])?")
MOST_PORTS = 40


def port_groups(
    reader: Reader, value: object, path: str, direction: Direction, *, allow: bool
) -> tuple[PortGroup, ...]:
    """The entries of toPorts."""
    return tuple(
        _group(reader, each, f"{path}[{number}]", direction, allow=allow)
        for number, each in enumerate(reader.items(value, path))
    )


def icmp_group(reader: Reader, value: object, path: str) -> PortGroup:
    """The icmps: a few types of one protocol that we do not tell apart from any other."""
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}].fields"
        fields = reader.fields(each, f"{path}[{number}]", ("fields",))
        for place, one in enumerate(reader.items(fields.get("fields"), here)):
            found = reader.fields(one, f"{here}[{place}]", ("family", "type"))
            reader.one_of(found.get("family"), ("IPv4", "IPv6"), f"{here}[{place}].family")
            _icmp_type(reader, found.get("type"), f"{here}[{place}].type")
    return PortGroup(path, (CiliumPort((), other=True),))


def _icmp_type(reader: Reader, value: object, path: str) -> None:
    """A number, or its name in CamelCase."""
    if not isinstance(value, str) and not (type(value) is int and 0 <= value <= 255):  # noqa: PLR2004  a byte
        reader.wrong(path, "Invalid type: must be 0 to 255, or the name of a type")


def _group(
    reader: Reader, value: object, path: str, direction: Direction, *, allow: bool
) -> PortGroup:
    fields = reader.fields(value, path, _GROUP if allow else _GROUP[:1])
    entries = reader.items(fields.get("ports"), f"{path}.ports")
    if len(entries) > MOST_PORTS:
        reader.wrong(f"{path}.ports", f"too many ports, the max is {MOST_PORTS}")
    ports = tuple(
        _port(reader, each, f"{path}.ports[{number}]") for number, each in enumerate(entries)
    )
    return PortGroup(path, ports, _restricted(reader, fields, path, direction, ports))


def _port(reader: Reader, value: object, path: str) -> CiliumPort:
    fields = reader.fields(value, path, _PORT)
    protocol = reader.one_of(fields.get("protocol") or "", _PROTOCOLS, f"{path}.protocol") or "ANY"
    text = reader.text(fields.get("port"), f"{path}.port")
    if protocol not in {"ANY", *Protocol}:
        if protocol not in _PORTLESS and not text:
            reader.wrong(f"{path}.port", "Required value: port must be specified")
        return CiliumPort((), other=True)
    protocols = tuple(Protocol) if protocol == "ANY" else (Protocol(protocol),)
    last = reader.typed(fields.get("endPort"), int, f"{path}.endPort") or 0
    if _NUMBER.fullmatch(text):
        return _numbers(reader, protocols, int(text), last, path)
    if not _NAME.fullmatch(text):
        # ParseUint(text, 0, 16) would read 010 as eight: programs read that in different ways.
        reader.invalid(f"{path}.port", text, "must be a port number or a service name")
    return CiliumPort(protocols, name=text.lower())


def _numbers(
    reader: Reader, protocols: tuple[Protocol, ...], first: int, last: int, path: str
) -> CiliumPort:
    if not first and not last:
        every = len(protocols) > 1
        return CiliumPort(protocols, FIRST_PORT, LAST_PORT, other=every)
    if first > LAST_PORT or not (last == 0 or first <= last <= LAST_PORT):
        reader.wrong(path, "Invalid value: port and endPort must be a range within 0 to 65535")
        return CiliumPort(protocols, FIRST_PORT, LAST_PORT)
    return CiliumPort(protocols, max(first, FIRST_PORT), last or first)


def _restricted(
    reader: Reader,
    fields: dict[str, Any],
    path: str,
    direction: Direction,
    ports: tuple[CiliumPort, ...],
) -> str:
    """What narrows an allow above layer 4, in words."""
    rules = reader.fields(fields.get("rules"), f"{path}.rules", _L7)
    seven = [name for name in _L7 if rules.get(name) is not None]
    if rules.get("dns") and direction is Direction.INGRESS:
        reader.wrong(f"{path}.rules.dns", "Forbidden: DNS rules are not allowed on ingress")
    if len({"l7proto" if name == "l7" else name for name in seven}) > 1:
        reader.wrong(f"{path}.rules", "multiple L7 protocol rule types in a single rule")
    if seven and not rules.get("dns") and any(p.protocols != (Protocol.TCP,) for p in ports):
        reader.wrong(f"{path}.rules", "L7 rules can only apply to TCP, except for DNS rules")
    words = [f"L7 restricted: {' '.join(seven)}"] if seven else []
    if fields.get("serverNames"):
        words.append("L7 restricted: TLS server names")
    if fields.get("listener") is not None:
        words.append("handed to an Envoy listener")
    return "; ".join(words)
