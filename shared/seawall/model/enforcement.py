"""What carries policies out: facts of the network plug-in as read, and the verdict drawn from them.

A NetworkPolicy is a wish: "creating a NetworkPolicy resource without a controller that implements
it will have no effect" (Kubernetes, "Network Policies").
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from seawall.model.finding import Evidence
from seawall.model.selector import Labels
from seawall.model.sight import Sight, Unseen

NOT_READ = Unseen("the data plane was not read")
NOT_NEEDED = Unseen("it is not read where no agent looks at it")
IN_MANIFESTS = Unseen("manifests tell nothing of the data plane")

Pairs = tuple[tuple[str, str], ...]
"""Names and values, sorted by name."""


class Enforced(StrEnum):
    """Does anything carry the policies out. UNKNOWN is never a YES."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"
    UNKNOWN = "unknown"


class Plane(StrEnum):
    """A network plug-in, or a provider's edition of one, as far as policies differ with it."""

    VPC_CNI = "vpc-cni"
    EKS_AUTO = "eks-auto"
    FARGATE = "fargate"
    GKE_DPV2 = "gke-dpv2"
    GKE = "gke"
    AZURE = "azure"
    AZURE_NPM = "azure-npm"
    AZURE_CILIUM = "azure-cilium"
    AKS_CALICO = "aks-calico"
    CILIUM = "cilium"
    CALICO = "calico"
    GKE_CALICO = "gke-calico"
    OVN_KUBERNETES = "ovn-kubernetes"
    OPENSHIFT_SDN = "openshift-sdn"
    ANTREA = "antrea"
    KUBE_ROUTER = "kube-router"
    KUBE_OVN = "kube-ovn"
    KUBE_NETWORK_POLICIES = "kube-network-policies"
    KINDNET = "kindnet"
    FLANNEL = "flannel"
    WEAVE = "weave"
    K3S = "k3s"
    VIRTUAL = "virtual-node"


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a DaemonSet; of its arguments and environment only named ones are kept.

    Attributes:
        repository: Of its image, without registry credentials, tag or digest.
        tag: Of its image; empty where it is pinned by digest alone.
    """

    name: str
    repository: str = ""
    tag: str = ""
    args: Pairs = ()
    env: Pairs = ()

    @property
    def image(self) -> str:
        """Repository and tag."""
        return f"{self.repository}:{self.tag}" if self.tag else self.repository

    def arg(self, name: str) -> str | None:
        """The value of an argument, if it is given."""
        return dict(self.args).get(name)

    def variable(self, name: str) -> str | None:
        """The value of an environment variable, if it is written out."""
        return dict(self.env).get(name)


@dataclass(frozen=True, slots=True)
class DaemonSet:
    """One DaemonSet of a network plug-in; `desired` and `ready` are what its controller counted."""

    namespace: str
    name: str
    containers: tuple[Container, ...]
    node_selector: Labels = ()
    desired: int = 0
    ready: int = 0

    def container(self, name: str) -> Container | None:
        """The container of a name, if there is one."""
        return next((each for each in self.containers if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Settings:
    """A ConfigMap, as far as its named keys go; `there` is false where no such object is."""

    name: str
    there: bool
    values: Pairs = ()

    def value(self, key: str) -> str | None:
        """The value of a key, if it is set."""
        return dict(self.values).get(key)


@dataclass(frozen=True, slots=True)
class NodeClass:
    """A NodeClass of EKS Auto Mode and its `networkPolicy`; empty where it is not set."""

    name: str
    network_policy: str = ""


@dataclass(frozen=True, slots=True)
class PlaneFacts:
    """What a cluster says of its data plane.

    Attributes:
        daemon_sets: Those that look like a part of a network plug-in, wherever they are.
        cilium: ConfigMap kube-system/cilium-config.
        vpc_cni: ConfigMap kube-system/amazon-vpc-cni.
        node_classes: Of EKS Auto Mode; none where no node is of it.
        version: `gitVersion` of the API server.
    """

    daemon_sets: tuple[DaemonSet, ...]
    cilium: Sight[Settings]
    vpc_cni: Sight[Settings]
    node_classes: Sight[tuple[NodeClass, ...]]
    version: Sight[str]

    @property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """What was asked for and could not be read, each with the reason."""
        sights: tuple[tuple[str, Sight[object]], ...] = (
            ("ConfigMap kube-system/cilium-config", self.cilium),
            ("ConfigMap kube-system/amazon-vpc-cni", self.vpc_cni),
            ("nodeclasses.eks.amazonaws.com", self.node_classes),
            ("the version of the API server", self.version),
        )
        return tuple(
            (what, sight.why)
            for what, sight in sights
            if isinstance(sight, Unseen) and sight != NOT_NEEDED
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict on some pods or nodes.

    Attributes:
        why: One sentence that a person can act on.
        evidence: The objects and fields that decided.
        source: Where it is documented that these facts mean this; empty where nothing was to be
            interpreted.
        caveats: What holds besides: a window at start-up, nodes it does not speak of.
        row: Id of the table row that decided, for tests and for support.
    """

    enforced: Enforced
    why: str
    evidence: tuple[Evidence, ...] = ()
    source: str = ""
    caveats: tuple[str, ...] = ()
    row: str = ""

    def __str__(self) -> str:
        return (
            str(self.enforced) if self.enforced is Enforced.YES else f"{self.enforced}: {self.why}"
        )


@dataclass(frozen=True, slots=True)
class NodePool:
    """Nodes that are alike, as their provider names them, and the verdict on all of them."""

    name: str
    nodes: tuple[str, ...]
    ruling: Ruling


def together(rulings: Iterable[Ruling]) -> Enforced:
    """The verdict on a whole of which parts were judged; nothing at all is UNKNOWN.

    One part that is not enforced among others that are makes it PARTLY. Where the rest is not
    known, "partly" would say too much of it.
    """
    found = {ruling.enforced for ruling in rulings}
    if len(found) == 1:
        return found.pop()
    if Enforced.PARTLY in found or {Enforced.YES, Enforced.NO} <= found:
        return Enforced.PARTLY
    return Enforced.UNKNOWN
