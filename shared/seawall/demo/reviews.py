"""The questions a user may ask about themselves: may I, what may I, who am I."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from seawall.demo.access import User, allowed, grants_of, path_grants_of
from seawall.demo.protobuf import is_protobuf, review_from
from seawall.demo.replies import Refused, Reply, bad_request, document, failure
from seawall.demo.resources import Json
from seawall.demo.routes import Route


class _ResourceAttributes(msgspec.Struct, frozen=True, omit_defaults=True):
    verb: str = ""
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""


class _PathAttributes(msgspec.Struct, frozen=True, omit_defaults=True):
    path: str = ""
    verb: str = "get"


class _Spec(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    resource_attributes: _ResourceAttributes | None = None
    non_resource_attributes: _PathAttributes | None = None
    namespace: str = ""


class _Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    spec: _Spec = _Spec()


def reviewed(plural: str, user: User, body: bytes) -> Reply:
    """Answer a posted review; the answer is always a 201, whatever it says."""
    try:
        posted = review_from(body, plural) if is_protobuf(body) else msgspec.json.decode(body)
        asked = msgspec.convert(posted, _Asked)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Refused(bad_request(f"the object provided is unrecognized: {error}")) from error
    return document(_REVIEWS[plural](user, asked.spec), status=201)


def is_review(plural: str) -> bool:
    """True for the plurals that `reviewed` answers."""
    return plural in _REVIEWS


def _access(user: User, spec: _Spec) -> Json:
    verdict = allowed(user, _route(spec))
    status = {"allowed": verdict, "reason": "RBAC: allowed"} if verdict else {"allowed": False}
    return _review(
        "authorization.k8s.io/v1", "SelfSubjectAccessReview", msgspec.to_builtins(spec), status
    )


def _route(spec: _Spec) -> Route:
    match spec.resource_attributes, spec.non_resource_attributes:
        case (_ResourceAttributes() as asked, None):
            return Route(
                asked.verb,
                "",
                asked.group,
                asked.version,
                asked.namespace,
                asked.resource,
                asked.name,
                asked.subresource,
            )
        case (None, _PathAttributes() as asked):
            return Route(asked.verb, asked.path)
    raise Refused(
        failure(
            422,
            "Invalid",
            'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: '
            "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must "
            "be specified",
            details={"group": "authorization.k8s.io", "kind": "SelfSubjectAccessReview"},
        )
    )


def _rules(user: User, spec: _Spec) -> Json:
    namespace = spec.namespace
    if not namespace:
        raise Refused(bad_request("no namespace on request"))
    status = {
        "resourceRules": [
            grant.as_rule()
            for grant in grants_of(user)
            if not grant.namespaces or namespace in grant.namespaces
        ],
        "nonResourceRules": [grant.as_rule() for grant in path_grants_of(user)],
        "incomplete": False,
    }
    # A real server answers with an empty spec, whatever was asked (recorded).
    return _review("authorization.k8s.io/v1", "SelfSubjectRulesReview", {}, status)


def _self(user: User, _spec: _Spec) -> Json:
    groups = [*user.groups, "system:authenticated"]
    return {
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {},
        "status": {"userInfo": {"username": user.name, "groups": groups}},
    }


def _review(api_version: str, kind: str, spec: Json, status: Json) -> Json:
    head = {"kind": kind, "apiVersion": api_version, "metadata": {}}
    return {**head, "spec": spec, "status": status}


_REVIEWS: Mapping[str, Callable[[User, _Spec], Json]] = MappingProxyType(
    {
        "selfsubjectaccessreviews": _access,
        "selfsubjectrulesreviews": _rules,
        "selfsubjectreviews": _self,
    }
)
