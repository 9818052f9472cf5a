"""The API server's rules for names, labels, ports and CIDRs: each gives a complaint, or nothing.

Source: apimachinery `pkg/util/validation/validation.go`. All patterns are ASCII and match the
whole text, so that neither a control character nor a trailing newline slips through.
"""

import ipaddress
import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network

from seawall.model.ports import FIRST_PORT, LAST_PORT

Network = IPv4Network | IPv6Network

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_PORT_NAME = re.compile(r"[-a-z0-9]+")
_CIDR = re.compile(r"[0-9A-Fa-f:.]+/(0|[1-9][0-9]{0,2})")
_LEADING_ZERO = re.compile(r"(^|\.)0[0-9]")

LONGEST_SUBDOMAIN = 253
LONGEST_LABEL = 63
LONGEST_PORT_NAME = 15

_BAD_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character"
)
_BAD_LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character"
)
_BAD_QUALIFIED = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character"
)


def subdomain(text: str) -> str | None:
    """The complaint about `text` as a DNS subdomain: most objects' names."""
    if len(text) > LONGEST_SUBDOMAIN:
        return f"must be no more than {LONGEST_SUBDOMAIN} characters"
    return None if _SUBDOMAIN.fullmatch(text) else _BAD_SUBDOMAIN


def dns_label(text: str) -> str | None:
    """The complaint about `text` as a DNS label: a namespace's name."""
    if len(text) > LONGEST_LABEL:
        return f"must be no more than {LONGEST_LABEL} characters"
    return None if _LABEL.fullmatch(text) else _BAD_LABEL


def label_key(text: str) -> str | None:
    """The complaint about a label key: a name, with an optional DNS prefix and slash before it."""
    prefix, slash, name = text.rpartition("/")
    if slash and not prefix:
        return "prefix part must be non-empty"
    if prefix and (complaint := subdomain(prefix)):
        return f"prefix part {complaint}"
    if not name:
        return "name part must be non-empty"
    complaint = label_value(name)
    return complaint and f"name part {complaint}"


def label_value(text: str) -> str | None:
    """The complaint about a label value; the empty one is valid."""
    if len(text) > LONGEST_LABEL:
        return f"must be no more than {LONGEST_LABEL} characters"
    return None if not text or _QUALIFIED.fullmatch(text) else _BAD_QUALIFIED


def port_number(number: int) -> str | None:
    """The complaint about a port number."""
    if FIRST_PORT <= number <= LAST_PORT:
        return None
    return f"must be between {FIRST_PORT} and {LAST_PORT}, inclusive"


def port_name(text: str) -> str | None:
    """The complaint about a port's name (RFC 6335 service name, in lower case)."""
    if len(text) > LONGEST_PORT_NAME:
        return f"must be no more than {LONGEST_PORT_NAME} characters"
    if not _PORT_NAME.fullmatch(text):
        return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
    if not re.search("[a-z]", text):
        return "must contain at least one letter (a-z)"
    if "--" in text:
        return "must not contain consecutive hyphens"
    return "must not begin or end with a hyphen" if text.strip("-") != text else None


@lru_cache(maxsize=4096)  # policies repeat a few blocks, and reading one is most of checking one
def network(text: str) -> Network | str:
    """The network of a CIDR, or the complaint about it.

    Host bits are dropped. What network plug-ins read in different ways is refused, as API servers
    do since they check CIDRs strictly (KEP-4858): zeros before an octet, IPv4 mapped into IPv6.
    """
    complaint = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
    if not _CIDR.fullmatch(text):
        return complaint
    if ":" not in text and _LEADING_ZERO.search(text):
        return "must not have leading 0s: programs read them in different ways"
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return complaint
    if isinstance(found, IPv6Network) and found.network_address.ipv4_mapped is not None:
        return "must not be an IPv4-mapped IPv6 address: programs read it in different ways"
    return found
