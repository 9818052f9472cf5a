"""What every policy dialect compiles to: rules in policies in tiers, for one direction.

Sources: NetworkPolicy is additive and final (`NetworkPolicySpec`, networking.k8s.io/v1); admin
tiers are asked in priority order and may pass a connection on (policy.networking.k8s.io).
"""

from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from seawall.model.bits import Bits
from seawall.model.peers import PeerSet
from seawall.model.policies import ObjectRef, Where
from seawall.model.ports import PortSet


class Action(StrEnum):
    """What a rule does with a connection it matches."""

    ALLOW = "allow"
    DENY = "deny"
    PASS = "pass"  # noqa: S105  a verb of the admin APIs, no password
    UNKNOWN = "unknown"
    """Something decides here that cannot be read or is not modelled."""


class Decision(StrEnum):
    """What becomes of a connection; across its two sides DENY beats UNKNOWN beats ALLOW."""

    ALLOW = "allow"
    UNKNOWN = "unknown"
    DENY = "deny"

    def both(self, that: "Decision") -> "Decision":
        """What becomes of it when both sides must let the connection through."""
        order = tuple(Decision)
        return max(self, that, key=order.index)


class Mode(StrEnum):
    """How the policies of one tier are read together."""

    FIRST_MATCH = "first-match"
    """Policies in order, rules in order: the first rule that matches decides."""
    UNION = "union"
    """Any ALLOW is enough, whatever the order."""
    DENY_FIRST = "deny-first"
    """Any DENY beats any ALLOW, whatever the order."""


class AtEnd(StrEnum):
    """What becomes of a subject that an isolating policy selects and no rule decides."""

    ALLOW = "allow"
    DENY = "deny"
    PASS = "pass"  # noqa: S105  a verb of the admin APIs, no password


class Rule(Struct, frozen=True, gc=False):
    """Connections from or to `peers` on `ports` get `action`, says `where`."""

    action: Action
    peers: PeerSet
    ports: PortSet
    where: Where


class Policy(Struct, frozen=True, gc=False):
    """What one object means for the endpoint classes in `subjects`, in one direction.

    `isolates`: does selecting a subject already close whatever no rule of the tier opens.
    """

    ref: ObjectRef
    subjects: Bits
    isolates: bool
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Tier:
    """Policies that are asked together; `policies` is in order where the mode reads an order."""

    name: str
    mode: Mode
    policies: tuple[Policy, ...]
    at_end: AtEnd


@dataclass(frozen=True, slots=True)
class DataPlane:
    """The readings that differ between network plug-ins; each a named switch.

    Attributes:
        ipblock_matches_pods: Does an ipBlock also match a pod's own address. Upstream conformance
            tests say yes; Cilium says no.
        baseline_by_direction: Is the baseline tier asked for each direction on its own, where no
            NetworkPolicy isolates the pod in that direction. So np-guard and the API's conformance
            tests; kube-network-policies asks it for no pod that any NetworkPolicy selects.
        unknown_peers_fail_closed: Does an admin rule with a peer field that nobody knows deny
            everybody, or match nobody where it accepts. So `ClusterNetworkPolicyEgressPeer`
            (policy.networking.k8s.io); where it is not so, nobody can tell what such a rule does.
    """

    ipblock_matches_pods: bool = True
    baseline_by_direction: bool = True
    unknown_peers_fail_closed: bool = True


UPSTREAM = DataPlane()
"""The readings of the upstream API and its conformance tests."""
