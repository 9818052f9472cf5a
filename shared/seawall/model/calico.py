"""Calico's own objects as declared, parsed and with the API's defaults applied.

Sources: `api/pkg/apis/projectcalico/v3` of projectcalico/calico, and what Felix makes of it
(`libcalico-go/lib/backend/syncersv1/updateprocessors`): a rule's selector, namespaceSelector and
serviceAccounts become one expression over the labels of an endpoint, which inherits those of its
namespace under `pcns.` and those of its ServiceAccount under `pcsa.`.
"""

from enum import StrEnum

from msgspec import Struct

from seawall.model.addresses import Family, IpSet
from seawall.model.ir import AtEnd
from seawall.model.policies import Direction, ObjectRef
from seawall.model.ports import Protocol
from seawall.model.selector import Labels

NETWORK_POLICY = "CalicoNetworkPolicy"
"""What a report calls Calico's NetworkPolicy, to tell it from Kubernetes' (its own short name)."""

NAMESPACE_KEY = "projectcalico.org/namespace"
ORCHESTRATOR_KEY = "projectcalico.org/orchestrator"
ACCOUNT_KEY = "projectcalico.org/serviceaccount"
NAME_KEY = "projectcalico.org/name"
"""A namespace's or ServiceAccount's own name, among the labels that its pods inherit."""
NAMESPACE_PREFIX = "pcns."
ACCOUNT_PREFIX = "pcsa."

DEFAULT_TIER = "default"


class Compare(StrEnum):
    """What a selector asks of one label; `!=` and `not in` are written with `Not`."""

    HAS = "has"
    IN = "in"
    CONTAINS = "contains"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"

    def holds(self, value: str, values: tuple[str, ...]) -> bool:
        """Whether a label that is there, with `value`, meets it."""
        match self:
            case Compare.HAS:
                return True
            case Compare.IN:
                return value in values
            case Compare.CONTAINS:
                return values[0] in value
            case Compare.STARTS_WITH:
                return value.startswith(values[0])
            case Compare.ENDS_WITH:
                return value.endswith(values[0])


class LabelTest(Struct, frozen=True, cache_hash=True, gc=False, tag="label"):
    """A test of one label; it fails where the label is absent."""

    key: str
    test: Compare
    values: tuple[str, ...] = ()


class Not(Struct, frozen=True, cache_hash=True, gc=False, tag="not"):
    """What the other expression does not match."""

    of: "Expression"


class AllOf(Struct, frozen=True, cache_hash=True, gc=False, tag="and"):
    """What every part matches; without parts, everything: `all()`."""

    of: "tuple[Expression, ...]" = ()


class AnyOf(Struct, frozen=True, cache_hash=True, gc=False, tag="or"):
    """What any part matches."""

    of: "tuple[Expression, ...]"


Expression = LabelTest | Not | AllOf | AnyOf
ALL = AllOf()


def keys_of(expression: Expression) -> frozenset[str]:
    """The label keys an expression looks at."""
    match expression:
        case LabelTest():
            return frozenset({expression.key})
        case Not():
            return keys_of(expression.of)
        case AllOf() | AnyOf():
            return frozenset(key for part in expression.of for key in keys_of(part))


class CalicoPorts(Struct, frozen=True, cache_hash=True, gc=False):
    """Ports by number, both ends included, and by the name that a destination gives them."""

    ranges: tuple[tuple[int, int], ...] = ()
    names: tuple[str, ...] = ()


class CalicoEntity(Struct, frozen=True, cache_hash=True, gc=False):
    """One end of a connection; everything given must hold, and nothing given is everybody.

    `endpoints` is made of selector, notSelector, namespaceSelector and serviceAccounts, and matches
    endpoints and network sets alone; `excluded` is a notSelector that stands by itself, which also
    matches whoever is neither.
    """

    endpoints: Expression | None = None
    excluded: Expression | None = None
    nets: IpSet | None = None
    not_nets: IpSet | None = None
    ports: CalicoPorts | None = None
    not_ports: CalicoPorts | None = None


ANYONE = CalicoEntity()


class CalicoAction(StrEnum):
    """What a rule does with a packet it matches; after `Log` the next rule is asked."""

    ALLOW = "Allow"
    DENY = "Deny"
    PASS = "Pass"  # noqa: S105  a verb of the API, no password
    LOG = "Log"


class CalicoRule(Struct, frozen=True, cache_hash=True, gc=False):
    """A rule. A protocol is one that has a name here, or its number (RFC 5237).

    `unread`: what it asks for besides, which Seawall cannot answer, each with its field path.
    """

    action: CalicoAction
    source: CalicoEntity = ANYONE
    destination: CalicoEntity = ANYONE
    protocol: Protocol | int | None = None
    not_protocol: Protocol | int | None = None
    family: Family | None = None
    part_of_icmp: bool = False
    """It names ICMP types, so that it matches less than its protocol."""
    http: bool = False
    """It names methods or paths: less than the port is open, to those who see into HTTP."""
    unread: tuple[str, ...] = ()


class CalicoPolicy(Struct, frozen=True, gc=False, tag="policy"):
    """A NetworkPolicy (`namespace` not empty) or GlobalNetworkPolicy.

    `subject` is made of all of its selectors. `doubtful` are directions that it may or may not
    apply to. `only_hosts`: preDNAT or doNotTrack, which are asked for host endpoints alone.
    """

    ref: ObjectRef
    tier: str
    order: float | None
    subject: Expression
    directions: frozenset[Direction]
    ingress: tuple[CalicoRule, ...] = ()
    egress: tuple[CalicoRule, ...] = ()
    doubtful: frozenset[Direction] = frozenset()
    on_forward: bool = False
    only_hosts: bool = False
    unread: tuple[str, ...] = ()
    origin: str = ""
    warnings: tuple[str, ...] = ()

    def rules(self, direction: Direction) -> tuple[CalicoRule, ...]:
        """The rules written for one direction."""
        return self.ingress if direction is Direction.INGRESS else self.egress


class CalicoTier(Struct, frozen=True, gc=False, tag="tier"):
    """A tier; without an order it is asked last."""

    ref: ObjectRef
    order: float | None
    at_end: AtEnd
    origin: str = ""
    warnings: tuple[str, ...] = ()


class CalicoNets(Struct, frozen=True, gc=False, tag="nets"):
    """Labelled addresses: a NetworkSet, GlobalNetworkSet or HostEndpoint.

    `inherits`: it has profiles that may give it more labels. `ports`: it names ports of its own.
    """

    ref: ObjectRef
    labels: Labels
    addresses: IpSet
    inherits: bool = False
    ports: bool = False
    origin: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def is_host(self) -> bool:
        """Whether it is a HostEndpoint: whoever is on that host's network is bound by policies."""
        return self.ref.kind == "HostEndpoint"


class CalicoStaged(Struct, frozen=True, gc=False, tag="staged"):
    """A staged policy: it tells what it would do, and enforces nothing."""

    ref: ObjectRef
    origin: str = ""
    warnings: tuple[str, ...] = ()


CalicoObject = CalicoPolicy | CalicoTier | CalicoNets | CalicoStaged
