"""Whether a rule of an AuthorizationPolicy matches a connection: no, perhaps, or yes.

Source: `pilot/pkg/security/authz/model` of istio/istio: any entry of from, any entry of to, every
`when`; within an entry every field, within a field any value and none of the negative ones. Of a
string: `abc`, `abc*`, `*abc`, and `*` for whatever is there (AuthorizationPolicy, "Rule").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import NamedTuple

from seawall.model.addresses import Ip, cidr
from seawall.model.istio import (
    CONNECTION_KEYS,
    NAMESPACE,
    PRINCIPAL,
    SOURCE_IP,
    TARGET_IP,
    TARGET_PORT,
    Condition,
    MeshRule,
)

TRUST_DOMAIN = "cluster.local"
"""In a policy it stands for the mesh's own, whatever its name ("Trust Domain Migration")."""
_NS, _SA = "/ns/", "/sa/"


class Sure(IntEnum):
    """Kleene's three values."""

    NO = 0
    PERHAPS = 1
    YES = 2


class Doubt(NamedTuple):
    """What a PERHAPS hangs on: what is asked of the request, or a fact that nobody told us."""

    text: str
    of_request: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Whether something matches, and what it hangs on."""

    sure: Sure
    doubts: frozenset[Doubt] = frozenset()


YES, NO = Match(Sure.YES), Match(Sure.NO)


def perhaps(text: str, *, of_request: bool = False) -> Match:
    """A match that hangs on something."""
    return Match(Sure.PERHAPS, frozenset({Doubt(text, of_request)}))


def every(found: Iterable[Match]) -> Match:
    """All together; of nothing, YES."""
    matches = list(found)
    sure = min((each.sure for each in matches), default=Sure.YES)
    return _hanging(sure, matches)


def any_of(found: Iterable[Match]) -> Match:
    """One of them; of nothing, NO."""
    matches = list(found)
    sure = max((each.sure for each in matches), default=Sure.NO)
    return _hanging(sure, matches)


def inverse(found: Match) -> Match:
    """The contrary."""
    return Match(Sure(Sure.YES - found.sure), found.doubts)


def _hanging(sure: Sure, found: list[Match]) -> Match:
    if sure is not Sure.PERHAPS:
        return Match(sure)
    return Match(sure, frozenset(doubt for each in found for doubt in each.doubts))


class Stranger(Enum):
    """A caller that is no pod we know."""

    PLAIN = "plaintext"
    """Without a certificate: no identity."""
    SOMEBODY = "somebody"
    """With a certificate of the mesh, and nobody knows whose."""


@dataclass(frozen=True, slots=True)
class Account:
    """The service account that a certificate names."""

    namespace: str
    name: str


Caller = Account | Stranger


@dataclass(frozen=True, slots=True)
class Call:
    """A connection as the proxy in front of the target sees it.

    Attributes:
        caller: Who calls, as far as mTLS tells.
        source: The addresses that it may come from; none where they are not known.
        target: The same of the target.
        port: Of the target.
    """

    caller: Caller
    source: tuple[Ip, ...]
    target: tuple[Ip, ...]
    port: int


def rule_matches(rule: MeshRule, call: Call, home: str) -> Match:
    """Whether a rule of a policy in namespace `home` matches."""
    return every(
        (
            _entries(rule.sources, call, home),
            _entries(rule.operations, call, home),
            *(condition_matches(each, call, home) for each in rule.conditions),
        )
    )


def _entries(found: tuple[tuple[Condition, ...], ...], call: Call, home: str) -> Match:
    """Any of the entries; none written is any source, any operation."""
    if not found:
        return YES
    return any_of(every(condition_matches(each, call, home) for each in one) for one in found)


def condition_matches(condition: Condition, call: Call, home: str) -> Match:
    """Whether one attribute is as it has to be."""
    if condition.key not in CONNECTION_KEYS:
        return perhaps(condition.key, of_request=True)
    told: list[Match] = []
    if condition.values:
        told.append(any_of(_value(condition.key, each, call, home) for each in condition.values))
    excepts = any_of(_value(condition.key, each, call, home) for each in condition.excepts)
    return every((*told, inverse(excepts)))


def _value(key: str, value: str, call: Call, home: str) -> Match:
    if key == TARGET_PORT:
        return YES if value == str(call.port) else NO
    if key == SOURCE_IP:
        return _within(value, call.source, "the address of the source")
    if key == TARGET_IP:
        return _within(value, call.target, "the address of the target")
    return _identity(key, value, call.caller, home)


def _within(block: str, found: tuple[Ip, ...], what: str) -> Match:
    inside = {cidr(block).contains(each) for each in found}
    if inside == {True}:
        return YES
    return NO if inside == {False} else perhaps(f"{what} is not known, or they are several")


def _identity(key: str, value: str, caller: Caller, home: str) -> Match:
    """Without a certificate no name matches; `*` is any that there is."""
    if caller is Stranger.PLAIN:
        return NO
    if value == "*":
        return YES
    if isinstance(caller, Stranger):
        return perhaps("the identity of the caller is not known")
    if key == PRINCIPAL:
        return _principal(value, caller)
    if key == NAMESPACE:
        return _text(value, caller.namespace)
    return YES if value in _names(caller, home) else NO


def _names(caller: Account, home: str) -> set[str]:
    """`serviceAccounts`: `namespace/name`, or a name of the policy's own namespace."""
    whole = f"{caller.namespace}/{caller.name}"
    return {whole, caller.name} if caller.namespace == home else {whole}


def _principal(pattern: str, caller: Account) -> Match:
    """`<trust domain>/ns/<namespace>/sa/<account>`; another trust domain may be the mesh's name."""
    tail = f"{_NS}{caller.namespace}{_SA}{caller.name}"
    found = _text(pattern, f"{TRUST_DOMAIN}{tail}")
    if found.sure is not Sure.NO:
        return found
    domain, slash, rest = pattern.partition(_NS)
    if not slash:
        # A suffix within the tail was told above; a prefix may be that of another trust domain.
        return NO if pattern.startswith("*") or not pattern.endswith("*") else _TRUST
    other = domain and domain != TRUST_DOMAIN
    return _TRUST if other and _text(f"{_NS}{rest}", tail).sure is not Sure.NO else NO


_TRUST = perhaps("the trust domain of the mesh is not read")


def _text(pattern: str, text: str) -> Match:
    """Exact, prefix or suffix; a star elsewhere is read one way by Envoy, another by ztunnel."""
    if "*" in pattern[1:-1]:
        return perhaps("a star within a word is read in different ways")
    if pattern.startswith("*") and pattern.endswith("*"):
        return perhaps("a star at both ends is read in different ways") if text else NO
    if pattern.startswith("*"):
        return YES if text.endswith(pattern[1:]) else NO
    if pattern.endswith("*"):
        return YES if text.startswith(pattern[:-1]) else NO
    return YES if text == pattern else NO
