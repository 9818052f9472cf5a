"""What the AuthorizationPolicies that bind a pod say to a connection.

Sources: AuthorizationPolicy reference: CUSTOM, DENY, ALLOW, in this order; no ALLOW policy at all
allows. `ShouldAttachPolicy` of istio/istio `pilot/pkg/model/policyattachment.go`: whom one binds.
`convertAuthorizationPolicy` and `handleRule` of `.../controller/ambient/authorization.go`: what
ztunnel makes of what it cannot see (a request).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from seawall.analyse.istio_matching import (
    YES,
    Call,
    Match,
    Sure,
    any_of,
    every,
    inverse,
    perhaps,
    rule_matches,
)
from seawall.analyse.istio_mtls import concerns
from seawall.model.istio import (
    AUTHORIZATION_POLICY,
    CONNECTION_KEYS,
    ROOT_NAMESPACE,
    WAYPOINT_CLASS,
    Action,
    AuthorizationPolicy,
    Condition,
    Mesh,
    MeshRule,
    Target,
)
from seawall.model.policies import Where
from seawall.model.selector import Labels
from seawall.model.snapshot import Pod

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
GATEWAY_CLASS = "gateway.networking.k8s.io/gateway-class-name"
_GATEWAY_API = "gateway.networking.k8s.io"

_Entry = tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """Whether a connection is let through, and who says so."""

    match: Match
    because: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ruled:
    where: Where
    match: Match


def bound(mesh: Mesh, pod: Pod, *, by_ztunnel: bool) -> tuple[AuthorizationPolicy, ...]:
    """The policies that bind a pod, as the proxy before it reads them; rehearsals bind nobody."""
    found = (each for each in mesh.policies if not each.rehearsed and binds(each, pod))
    return tuple(map(_as_ztunnel, found)) if by_ztunnel else tuple(found)


def binds(policy: AuthorizationPolicy, pod: Pod) -> bool:
    """Whether a policy is one for the proxy of a pod."""
    labels = dict(pod.labels)
    if GATEWAY_NAME in labels and policy.targets:
        return any(_names(each, policy, pod, labels) for each in policy.targets)
    if policy.targets or labels.get(GATEWAY_CLASS) == WAYPOINT_CLASS:
        return False
    return policy.namespace in {ROOT_NAMESPACE, pod.namespace} and _selects(policy.selector, pod)


def _selects(selector: Labels, pod: Pod) -> bool:
    return set(selector) <= set(pod.labels)


def _names(target: Target, policy: AuthorizationPolicy, pod: Pod, labels: dict[str, str]) -> bool:
    """Whether a target is the gateway that a pod is one of; Services may be behind a waypoint."""
    waypoint = labels.get(GATEWAY_CLASS) == WAYPOINT_CLASS
    if target.kind in {"Service", "ServiceEntry"}:
        return waypoint
    if target.kind == "GatewayClass":
        return waypoint and policy.namespace == ROOT_NAMESPACE and target.name == WAYPOINT_CLASS
    named = target.kind == "Gateway" and target.name == labels[GATEWAY_NAME]
    return named and target.group == _GATEWAY_API and policy.namespace == pod.namespace


def _as_ztunnel(policy: AuthorizationPolicy) -> AuthorizationPolicy:
    """What ztunnel enforces: it drops ALLOW rules on requests, and of DENY rules that part.

    It does not support CUSTOM. All three are more restrictive than written, or the same.
    """
    if policy.action is Action.ALLOW:
        return replace(policy, rules=tuple(r for r in policy.rules if not _is_of_request(r)))
    if policy.action is Action.DENY:
        return replace(policy, rules=tuple(map(_without_request, policy.rules)))
    return replace(policy, rules=())


def _is_of_request(rule: MeshRule) -> bool:
    entries = (*rule.sources, *rule.operations, rule.conditions)
    return any(each.key not in CONNECTION_KEYS for entry in entries for each in entry)


def _without_request(rule: MeshRule) -> MeshRule:
    return replace(
        rule,
        sources=tuple(map(_seen, rule.sources)),
        operations=tuple(map(_seen, rule.operations)),
        conditions=_seen(rule.conditions),
    )


def _seen(entry: _Entry) -> _Entry:
    return tuple(each for each in entry if each.key in CONNECTION_KEYS)


def said(mesh: Mesh, pod: Pod, policies: tuple[AuthorizationPolicy, ...], call: Call) -> Said:
    """What the policies that bind a pod say to a call; YES: it is let through."""
    ruled = {action: list(_ruled(policies, action, call)) for action in Action}
    denied = any_of(each.match for each in ruled[Action.DENY])
    allowing = [each for each in policies if each.action is Action.ALLOW]
    allowed = any_of(each.match for each in ruled[Action.ALLOW]) if allowing else YES
    asked = any_of(each.match for each in ruled[Action.CUSTOM])
    told = every((inverse(denied), allowed, _by_extension(asked), _unreadable(mesh, pod)))
    return Said(told, _because(told, denied, ruled, allowing))


def _ruled(
    policies: tuple[AuthorizationPolicy, ...], action: Action, call: Call
) -> Iterator[_Ruled]:
    for policy in policies:
        if policy.action is action:
            for rule in policy.rules:
                where = Where(policy.ref, rule.path)
                yield _Ruled(where, rule_matches(rule, call, policy.namespace))


def _by_extension(asked: Match) -> Match:
    """A CUSTOM policy that may match hands the decision to a program of the user's."""
    if asked.sure is Sure.NO:
        return YES
    return perhaps("an external authorizer (action CUSTOM)", of_request=True)


def _unreadable(mesh: Mesh, pod: Pod) -> Match:
    for each in mesh.broken:
        if each.ref.kind == AUTHORIZATION_POLICY and concerns(each.ref.namespace, pod):
            return perhaps(f"{each.ref} cannot be read")
    return YES


def _because(
    told: Match,
    denied: Match,
    ruled: dict[Action, list[_Ruled]],
    allowing: list[AuthorizationPolicy],
) -> tuple[Where, ...]:
    if told.sure is Sure.YES:
        return _where(ruled[Action.ALLOW], lambda sure: sure is Sure.YES)
    if denied.sure is Sure.YES:
        return _where(ruled[Action.DENY], lambda sure: sure is Sure.YES)
    if told.sure is Sure.NO:
        return tuple(Where(each.ref) for each in allowing)
    every_rule = [each for found in ruled.values() for each in found]
    return _where(every_rule, lambda sure: sure is not Sure.NO)


def _where(found: list[_Ruled], chosen: Callable[[Sure], bool]) -> tuple[Where, ...]:
    return tuple(dict.fromkeys(each.where for each in found if chosen(each.match.sure)))
