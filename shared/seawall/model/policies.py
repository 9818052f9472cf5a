"""Policy objects as declared, parsed and with the API's defaults applied.

Source: `NetworkPolicySpec` (networking.k8s.io/v1) and its defaults (`pkg/apis/networking/v1/
defaults.go`): no policyTypes means Ingress, plus Egress where there is any egress rule; a port
without protocol is TCP.
"""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from seawall.model.addresses import IpSet
from seawall.model.ports import Protocol
from seawall.model.selector import Selector
from seawall.model.sight import Sight


class Direction(StrEnum):
    """The two directions a pod is isolated in, each on its own."""

    INGRESS = "ingress"
    EGRESS = "egress"


BOTH = frozenset(Direction)
NETWORK_POLICY = "NetworkPolicy"
"""What `ObjectRef.kind` is for a NetworkPolicy of networking.k8s.io, and for nothing else."""


class ObjectRef(Struct, frozen=True, order=True, gc=False):
    """One object of a cluster; `namespace` is empty for cluster-scoped kinds."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.namespace}/{self.name}"
            if self.namespace
            else f"{self.kind} {self.name}"
        )


class Where(Struct, frozen=True, order=True, gc=False):
    """The field of an object that decided something; `path` is empty for the whole object."""

    ref: ObjectRef
    path: str = ""

    def __str__(self) -> str:
        return f"{self.ref} {self.path}" if self.path else str(self.ref)


class PodPeer(Struct, frozen=True, cache_hash=True, gc=False):
    """Pods by selector: without `namespaces`, pods of the policy's own namespace."""

    namespaces: Selector | None
    pods: Selector


class BlockPeer(Struct, frozen=True, cache_hash=True, gc=False):
    """An ipBlock; `addresses` is the CIDR without its excepts, `text` the CIDR as written."""

    addresses: IpSet
    text: str


Peer = PodPeer | BlockPeer


class PortRange(Struct, frozen=True, gc=False):
    """Numbered ports `first`..`last` of one protocol."""

    protocol: Protocol
    first: int
    last: int


class PortName(Struct, frozen=True, gc=False):
    """A container port by name; matches the numbers that the destination pod gives that name."""

    protocol: Protocol
    name: str


class PolicyRule(Struct, frozen=True, cache_hash=True, gc=False):
    """One ingress or egress rule; `None` peers are everybody, `None` ports every port."""

    peers: tuple[Peer, ...] | None
    ports: tuple[PortRange | PortName, ...] | None


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """A valid NetworkPolicy. Rules of a direction that is not in `directions` are dead text.

    `origin` is file:line where it was read from a manifest, else empty. `warnings` are faults the
    API server would accept with a warning (unknown fields), each with its field path.
    """

    namespace: str
    name: str
    subject: Selector
    directions: frozenset[Direction]
    ingress: tuple[PolicyRule, ...] = ()
    egress: tuple[PolicyRule, ...] = ()
    origin: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def ref(self) -> ObjectRef:
        """Its kind, namespace and name."""
        return ObjectRef(NETWORK_POLICY, self.namespace, self.name)

    def rules(self, direction: Direction) -> tuple[PolicyRule, ...]:
        """The rules written for one direction, dead or alive."""
        return self.ingress if direction is Direction.INGRESS else self.egress


class Stage(StrEnum):
    """When a policy of a kind that Seawall does not model is asked, against NetworkPolicy."""

    BEFORE = "before"
    """It may overrule NetworkPolicy or be merged with it."""
    AFTER = "after"
    """It is asked only where no NetworkPolicy isolates the pod."""


@dataclass(frozen=True, slots=True)
class BrokenObject:
    """An object that could not be read as its kind: what the API server would reject.

    Its namespace cannot be judged (empty: which namespace is not known, so none can), in the
    directions and from the stage on that it could touch. `binds_hosts`: nor can host-network pods.
    """

    ref: ObjectRef
    problems: tuple[str, ...]
    origin: str = ""
    directions: frozenset[Direction] = BOTH
    stage: Stage = Stage.BEFORE
    binds_hosts: bool = False


@dataclass(frozen=True, slots=True)
class UnmodelledObject:
    """A policy of a kind that this version does not model, and the directions it may touch."""

    ref: ObjectRef
    directions: frozenset[Direction]
    stage: Stage


@dataclass(frozen=True, slots=True)
class UnmodelledKind:
    """A served policy kind that this version does not model.

    An Unseen list makes every direction in `directions` of every pod unknown. `binds_hosts`: may
    it also bind pods on the host network.
    """

    group: str
    resource: str
    objects: Sight[tuple[UnmodelledObject, ...]]
    directions: frozenset[Direction]
    stage: Stage
    binds_hosts: bool
