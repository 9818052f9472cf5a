"""What the agents' settings and the rest of a cluster say about the meaning of Cilium policies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from seawall.model.addresses import IpSet
from seawall.model.selector import Labels, Selector
from seawall.model.sight import Sight, Unseen


class Enforcement(StrEnum):
    """`policyEnforcementMode` (cilium-config: `enable-policy`)."""

    DEFAULT = "default"
    ALWAYS = "always"
    """Every endpoint is in default deny, selected or not."""
    NEVER = "never"
    """Nothing is enforced, NetworkPolicy neither."""


Version = tuple[int, int]
"""Major and minor: what Cilium reads in which way changes with minor versions only."""


@dataclass(frozen=True, slots=True)
class CiliumSettings:
    """What the agents' settings say; None where it is not known, and then no reading is chosen.

    Attributes:
        enforcement: The policy enforcement mode.
        version: The agents' version.
        cidr_matches_nodes: `policy-cidr-match-mode` has `nodes` (since 1.15).
        host_firewall: Are policies with a nodeSelector enforced.
        cluster_name: What `io.cilium.k8s.policy.cluster` of this cluster's pods says.
        identity_labels: The patterns of the setting `labels`: which labels selectors can see.
    """

    enforcement: Enforcement = Enforcement.DEFAULT
    version: Version | None = None
    cidr_matches_nodes: bool | None = None
    host_firewall: bool | None = None
    cluster_name: str = ""
    identity_labels: tuple[str, ...] = ()

    def before(self, *version: int) -> bool:
        """Whether the agents are known to be older."""
        return self.version is not None and self.version < version

    def since(self, *version: int) -> bool:
        """Whether the agents are known to be of this version or newer."""
        return self.version is not None and self.version >= version


@dataclass(frozen=True, slots=True)
class KnownService:
    """A Service, for toServices; its pods are unknown where it has no selector."""

    namespace: str
    name: str
    labels: Labels
    selector: Selector | None


@dataclass(frozen=True, slots=True)
class CiliumAround:
    """What else of the cluster Cilium policies look at.

    Attributes:
        settings: The agents' settings.
        nodes: All addresses of all nodes: they are neither world nor in any CIDR.
        api_server: The addresses behind the Service `default/kubernetes`.
        namespaces_seen: Were the labels of the namespaces read.
        pods_seen: Were the pods read: port names are theirs.
        services: The Services.
        cidr_groups: CiliumCIDRGroups by name.
    """

    settings: CiliumSettings = CiliumSettings()
    nodes: Sight[IpSet] = field(default=Unseen("nodes were not read"))
    api_server: Sight[IpSet] = field(default=Unseen("the API server's own addresses are not read"))
    namespaces_seen: bool = True
    pods_seen: bool = True
    services: Sight[tuple[KnownService, ...]] = field(default=Unseen("Services are not read"))
    cidr_groups: Mapping[str, IpSet] = field(default_factory=dict)
