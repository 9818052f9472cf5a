"""Who is asking and what they may do: bearer tokens, certificate names, simple RBAC."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from seawall.demo.replies import Reply, failure
from seawall.demo.resources import Json
from seawall.demo.routes import Route

SUPERUSERS: Final = "system:masters"


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule of a role: bound in the named namespaces, or cluster wide if there are none.

    With `names`, objects of these names alone (`resourceNames`): no list is covered.
    """

    verbs: tuple[str, ...]
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def covers(self, verb: str, group: str, resource: str, namespace: str, name: str = "") -> bool:
        """True if the request is within this rule."""
        return (
            _listed(verb, self.verbs)
            and _listed(group, self.groups)
            and _listed(resource, self.resources)
            and (not self.namespaces or namespace in self.namespaces)
            and (not self.names or name in self.names)
        )

    def as_rule(self) -> Json:
        """The rule as a SelfSubjectRulesReview shows it."""
        return {
            "verbs": list(self.verbs),
            "apiGroups": list(self.groups),
            "resources": list(self.resources),
            **({"resourceNames": list(self.names)} if self.names else {}),
        }


@dataclass(frozen=True, slots=True)
class PathGrant:
    """Permission to GET plain paths; a trailing `*` stands for anything."""

    paths: tuple[str, ...]

    def covers(self, path: str) -> bool:
        """True if the path is within this rule."""
        return any(
            path.startswith(granted[:-1]) if granted.endswith("*") else path == granted
            for granted in self.paths
        )

    def as_rule(self) -> Json:
        """The rule as a SelfSubjectRulesReview shows it."""
        return {"verbs": ["get"], "nonResourceURLs": list(self.paths)}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may ask; a client certificate's common name matches `name`."""

    name: str
    grants: tuple[Grant, ...] = ()
    token: str = ""
    groups: tuple[str, ...] = ()


# The roles every server starts with (recorded from v1.36.2): system:basic-user, system:discovery,
# system:service-account-issuer-discovery, system:public-info-viewer.
_REVIEWS: Final = (
    Grant(
        ("create",),
        ("authorization.k8s.io",),
        ("selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    ),
    Grant(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
)
_PUBLIC: Final = PathGrant(("/healthz", "/livez", "/readyz", "/version", "/version/"))
_DISCOVERY: Final = (
    PathGrant(
        (
            *("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez"),
            *("/openapi", "/openapi/*", "/readyz", "/version", "/version/"),
        )
    ),
    PathGrant(("/.well-known", "/.well-known/*")),
    _PUBLIC,
)

READ_VERBS: Final = ("list", "get", "watch")
READER_GRANTS: Final = (
    Grant(READ_VERBS, ("",), ("pods", "namespaces", "services", "nodes", "replicationcontrollers")),
    Grant(READ_VERBS, ("apps",), ("deployments", "daemonsets", "replicasets", "statefulsets")),
    Grant(READ_VERBS, ("batch",), ("jobs", "cronjobs")),
    Grant(READ_VERBS, ("networking.k8s.io",), ("networkpolicies", "ingresses")),
    Grant(READ_VERBS, ("apiextensions.k8s.io",), ("customresourcedefinitions",)),
    # Who is reached from outside, and how; and what a plan must know before it closes anything.
    Grant(
        READ_VERBS,
        ("gateway.networking.k8s.io",),
        ("gateways", "httproutes", "grpcroutes", "tlsroutes", "tcproutes", "udproutes"),
    ),
    Grant(READ_VERBS, ("networking.istio.io",), ("gateways", "virtualservices")),
    Grant(READ_VERBS, ("security.istio.io",), ("authorizationpolicies", "peerauthentications")),
    Grant(
        READ_VERBS,
        ("admissionregistration.k8s.io",),
        ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"),
    ),
    Grant(READ_VERBS, ("apiregistration.k8s.io",), ("apiservices",)),
    Grant(READ_VERBS, ("elbv2.k8s.aws",), ("targetgroupbindings",)),
    # What carries policies out: the node classes of EKS Auto Mode; agents are DaemonSets.
    Grant(READ_VERBS, ("eks.amazonaws.com",), ("nodeclasses",)),
    Grant(("get",), ("",), ("configmaps",), ("kube-system",), ("cilium-config", "amazon-vpc-cni")),
    *(
        Grant(READ_VERBS, (group,), ("*",))
        for group in (
            "policy.networking.k8s.io",
            "cilium.io",
            "projectcalico.org",
            "crd.projectcalico.org",
            "k8s.ovn.org",
            "networking.gke.io",
            "networking.k8s.aws",
        )
    ),
)
"""What a scanner and a plan need and no more: no secrets, two config maps by name, no writing."""

WRITER_GRANTS: Final = (
    Grant(("get", "create", "patch", "delete"), ("networking.k8s.io",), ("networkpolicies",)),
)
"""What applying a plan needs beside reading; server-side apply of something new asks for both
patch and create."""

ANONYMOUS: Final = User("system:anonymous", groups=("system:unauthenticated",))


def nobody(token: str) -> None:
    """Whose token it is: nobody's."""


class Directory:
    """The users of one cluster; `reviewed` is asked for the user of a token that none of them has.

    An API server asks a webhook then (TokenReview); that of EKS reads tokens of AWS.
    """

    def __init__(
        self, users: Iterable[User], reviewed: Callable[[str], User | None] = nobody
    ) -> None:
        known = tuple(users)
        self._reviewed = reviewed
        self._by_token = {user.token: user for user in known if user.token}
        self._by_name = {user.name: user for user in known}

    def who(self, authorization: str, certificate_name: str = "") -> User | None:
        """The asking user; nobody (which is a 401) for a credential that is not known."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._by_token.get(token.strip()) or self._reviewed(token.strip())
        if certificate_name:
            return self._by_name.get(certificate_name)
        return ANONYMOUS


def grants_of(user: User) -> Iterator[Grant]:
    """Yield the user's own rules, then those of everyone who is known."""
    if SUPERUSERS in user.groups:
        yield Grant(("*",), ("*",), ("*",))
    yield from user.grants
    if user is not ANONYMOUS:
        yield from _REVIEWS


def path_grants_of(user: User) -> tuple[PathGrant, ...]:
    """The plain paths the user may GET."""
    own = (PathGrant(("*",)),) if SUPERUSERS in user.groups else ()
    return (*own, *((_PUBLIC,) if user is ANONYMOUS else _DISCOVERY))


def allowed(user: User, route: Route) -> bool:
    """True if the user's rules cover the request."""
    if not route.plural:
        return any(grant.covers(route.path) for grant in path_grants_of(user))
    resource = f"{route.plural}/{route.subresource}" if route.subresource else route.plural
    return any(
        grant.covers(route.verb, route.group, resource, route.namespace, route.name)
        for grant in grants_of(user)
    )


def forbidden(user: User, route: Route) -> Reply:
    """The 403 that says who could not do what, where."""
    if not route.plural:
        message = f'forbidden: User "{user.name}" cannot {route.verb} path "{route.path}"'
        return failure(403, "Forbidden", message, details={})
    subject = f'{route.qualified} "{route.name}"' if route.name else route.qualified
    where = f'in the namespace "{route.namespace}"' if route.namespace else "at the cluster scope"
    details = {"name": route.name, "group": route.group, "kind": route.plural}
    return failure(
        403,
        "Forbidden",
        f'{subject} is forbidden: User "{user.name}" cannot {route.verb} resource '
        f'"{route.plural}" in API group "{route.group}" {where}',
        details={key: value for key, value in details.items() if value},
    )


def _listed(item: str, listed: tuple[str, ...]) -> bool:
    return item in listed or "*" in listed
