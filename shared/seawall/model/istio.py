"""Istio's security objects as declared, and what a pod says of its proxy.

Source: istio/api `security/v1` (PeerAuthentication, AuthorizationPolicy) and
`annotation/annotations.yaml`. What a rule asks of a request is here by its name alone: no method,
path, host or claim is kept, since none is judged.
"""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.selector import Labels
from seawall.model.sight import Unseen

ROOT_NAMESPACE = "istio-system"
"""`MeshConfig.rootNamespace` by default. It is in a ConfigMap that is not read: it is assumed."""
PEER_AUTHENTICATION = "PeerAuthentication"
AUTHORIZATION_POLICY = "AuthorizationPolicy"
WAYPOINT_CLASS = "istio-waypoint"
HBONE_PORT = 15008

YES_WORDS = frozenset({"y", "yes", "true", "on"})
"""Of `sidecar.istio.io/inject`, whatever the case (`injectRequired`: as in YAML 1.1)."""

PRINCIPAL = "source.principal"
NAMESPACE = "source.namespace"
ACCOUNT = "source.serviceAccount"
SOURCE_IP = "source.ip"
TARGET_IP = "destination.ip"
TARGET_PORT = "destination.port"
CONNECTION_KEYS = frozenset({PRINCIPAL, NAMESPACE, ACCOUNT, SOURCE_IP, TARGET_IP, TARGET_PORT})
"""What a connection alone tells; every other key depends on the request."""


class Mtls(StrEnum):
    """`PeerAuthentication.MutualTLS.Mode`."""

    UNSET = "UNSET"
    DISABLE = "DISABLE"
    PERMISSIVE = "PERMISSIVE"
    STRICT = "STRICT"


class Action(StrEnum):
    """`AuthorizationPolicy.Action`."""

    ALLOW = "ALLOW"
    DENY = "DENY"
    AUDIT = "AUDIT"
    CUSTOM = "CUSTOM"


class PeerAuthentication(Struct, frozen=True, gc=False):
    """A PeerAuthentication; without a selector it is one for its namespace, or for the mesh.

    `created` is when, in RFC 3339: of two at one level the oldest counts. Empty: not told.
    """

    namespace: str
    name: str
    mode: Mtls = Mtls.UNSET
    selector: Labels = ()
    ports: tuple[tuple[int, Mtls], ...] = ()
    created: str = ""
    origin: str = ""

    @property
    def ref(self) -> ObjectRef:
        """Its kind, namespace and name."""
        return ObjectRef(PEER_AUTHENTICATION, self.namespace, self.name)


class Condition(Struct, frozen=True, gc=False):
    """One attribute: any of `values` if there are some, and none of `excepts`."""

    key: str
    values: tuple[str, ...] = ()
    excepts: tuple[str, ...] = ()


class MeshRule(Struct, frozen=True, gc=False):
    """Any source, any operation (none written is any), and all conditions."""

    path: str
    sources: tuple[tuple[Condition, ...], ...] = ()
    operations: tuple[tuple[Condition, ...], ...] = ()
    conditions: tuple[Condition, ...] = ()


class Target(Struct, frozen=True, gc=False):
    """`PolicyTargetReference`: what is bound instead of pods by labels."""

    group: str
    kind: str
    name: str


class AuthorizationPolicy(Struct, frozen=True, gc=False):
    """An AuthorizationPolicy; an empty selector is every workload of its namespace.

    `rehearsed`: `istio.io/dry-run`, it decides nothing.
    """

    namespace: str
    name: str
    action: Action = Action.ALLOW
    rules: tuple[MeshRule, ...] = ()
    selector: Labels = ()
    targets: tuple[Target, ...] = ()
    rehearsed: bool = False
    origin: str = ""

    @property
    def ref(self) -> ObjectRef:
        """Its kind, namespace and name."""
        return ObjectRef(AUTHORIZATION_POLICY, self.namespace, self.name)


MeshObject = PeerAuthentication | AuthorizationPolicy


@dataclass(frozen=True, slots=True)
class Mesh:
    """The objects of security.istio.io; `broken` are those that cannot be read.

    They are apart from every other policy on purpose: none of them changes what is judged at
    layers 3 and 4.
    """

    peers: tuple[PeerAuthentication, ...] = ()
    policies: tuple[AuthorizationPolicy, ...] = ()
    broken: tuple[BrokenObject, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.peers or self.policies or self.broken)


NO_MESH = Mesh()
MESH_NOT_READ = Unseen("it was not read")


class Proxy(StrEnum):
    """The container `istio-proxy` of a pod."""

    NONE = ""
    SIDECAR = "sidecar"
    ALONE = "alone"
    """It is all there is: a gateway, a waypoint or ztunnel."""


class PodMesh(Struct, frozen=True, gc=False):
    """What a pod says of Istio.

    Attributes:
        proxy: Its container `istio-proxy`.
        redirected: `ambient.istio.io/redirection` is enabled: Istio has captured it.
        inject: The annotation `sidecar.istio.io/inject`, if there is one.
        intercepts: Whether the sidecar captures traffic at all (`interceptionMode` is not NONE).
        bypasses: `ambient.istio.io/bypass-inbound-capture` is true.
        included: The only ports whose traffic the sidecar captures on its way in; None: all.
        excluded: Ports that it does not capture on its way in.
        unsent: Ports to which traffic leaves past the sidecar.
        doubts: Annotations that leave open what is captured.
    """

    proxy: Proxy = Proxy.NONE
    redirected: bool = False
    inject: bool | None = None
    intercepts: bool = True
    bypasses: bool = False
    included: tuple[int, ...] | None = None
    excluded: tuple[int, ...] = ()
    unsent: tuple[int, ...] = ()
    doubts: tuple[str, ...] = ()


NO_POD_MESH = PodMesh()
