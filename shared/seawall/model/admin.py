"""The cluster-wide policies of administrators, parsed and with the API's defaults applied.

Sources: AdminNetworkPolicy and BaselineAdminNetworkPolicy (policy.networking.k8s.io/v1alpha1) and
ClusterNetworkPolicy (v1alpha2, and v1beta1, which only refuses more). One shape holds all three:
a tier, a priority, a subject, and rules that are asked in the order they are written in.
"""

from msgspec import Struct

from seawall.model.addresses import IpSet
from seawall.model.ir import Action
from seawall.model.policies import Direction, ObjectRef, Stage
from seawall.model.ports import Protocol
from seawall.model.selector import Selector

ADMIN, BASELINE, CLUSTER = ADMIN_KINDS = (
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "ClusterNetworkPolicy",
)


class AdminPods(Struct, frozen=True, cache_hash=True, gc=False, tag="pods"):
    """Pods by their own labels and their namespaces'; never a pod on the host network."""

    namespaces: Selector
    pods: Selector


class AdminNetworks(Struct, frozen=True, cache_hash=True, gc=False, tag="networks"):
    """CIDR blocks. They match whatever has such an address, pods of the cluster too."""

    addresses: IpSet


class AdminNodes(Struct, frozen=True, cache_hash=True, gc=False, tag="nodes"):
    """Nodes by their labels: whatever has an address of `Node.status.addresses`."""

    nodes: Selector


class AdminDomains(Struct, frozen=True, cache_hash=True, gc=False, tag="domains"):
    """Domain names. Which addresses they stand for is decided by the DNS, packet by packet."""

    names: tuple[str, ...]


class AdminUnknownPeer(Struct, frozen=True, cache_hash=True, gc=False, tag="unknown"):
    """A peer of which no field is known here: a newer API has it."""

    fields: tuple[str, ...]


AdminPeer = AdminPods | AdminNetworks | AdminNodes | AdminDomains | AdminUnknownPeer


class AdminPorts(Struct, frozen=True, cache_hash=True, gc=False, tag="range"):
    """Numbered ports `first`..`last` of one protocol."""

    protocol: Protocol
    first: int
    last: int


class AdminPortName(Struct, frozen=True, cache_hash=True, gc=False, tag="name"):
    """A container port by name, whatever its protocol: each destination pod says what it is."""

    name: str


class AdminRule(Struct, frozen=True, cache_hash=True, gc=False):
    """What becomes of connections with any of `peers` on any of `ports` (None: on all of them).

    `unread` are the paths of fields nobody here knows: what such a rule matches is not known.
    """

    action: Action
    peers: tuple[AdminPeer, ...]
    ports: tuple[AdminPorts | AdminPortName, ...] | None
    unread: tuple[str, ...] = ()


class AdminPolicy(Struct, frozen=True, gc=False, tag="admin"):
    """One of `ADMIN_KINDS`.

    Attributes:
        kind: Which of them.
        name: Its name; none is in a namespace.
        stage: Before NetworkPolicy, or after it: the baseline tier.
        priority: Lower ones are asked first. None for a BaselineAdminNetworkPolicy: it has none.
        subject: The pods it is about.
        ingress: Its rules for connections into the subject, in order.
        egress: The same for connections out of it.
        origin: File and line it was read from, else empty.
        warnings: Faults that do not change what it means, each with its path.
        unread: Paths of fields, outside the rules, that nobody here knows: so nobody can tell what
            it does to the pods it may select.
    """

    kind: str
    name: str
    stage: Stage
    priority: int | None
    subject: AdminPods
    ingress: tuple[AdminRule, ...] = ()
    egress: tuple[AdminRule, ...] = ()
    origin: str = ""
    warnings: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def ref(self) -> ObjectRef:
        """Its kind and name."""
        return ObjectRef(self.kind, "", self.name)

    def rules(self, direction: Direction) -> tuple[AdminRule, ...]:
        """The rules of one direction; without any, the policy does not touch it."""
        return self.ingress if direction is Direction.INGRESS else self.egress
