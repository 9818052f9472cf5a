"""What was seen of one cluster at one moment: only the fields that are judged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seawall.model.addresses import Ip
from seawall.model.cluster import ClusterKey, ClusterUid, Provider
from seawall.model.dialects import NO_DIALECTS, Dialects
from seawall.model.enforcement import NOT_READ, PlaneFacts
from seawall.model.entrances import UNREAD_ENTRANCES, Entrances
from seawall.model.istio import MESH_NOT_READ, Mesh, PodMesh
from seawall.model.policies import BrokenObject, NetworkPolicy, ObjectRef, UnmodelledKind
from seawall.model.ports import Protocol
from seawall.model.selector import NAMESPACE_NAME_LABEL, Labels
from seawall.model.sight import Seen, Sight, Unseen


class Phase(StrEnum):
    """`PodStatus.phase`; a pod that Succeeded or Failed is no endpoint and binds to no policy."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


COMPLETED = frozenset({Phase.SUCCEEDED, Phase.FAILED})


class Origin(StrEnum):
    """Where a snapshot came from."""

    CLUSTER = "cluster"
    MANIFESTS = "manifests"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace; `assumed` when only objects inside it were found.

    `life` is a digest of its UID: another one had its name before, or has it later. Empty where
    the UID was not seen.
    """

    name: str
    labels: Labels
    assumed: bool = False
    life: str = ""


def assumed_namespace(name: str) -> Namespace:
    """A namespace nobody listed: all that is known is the label the API server sets on each."""
    return Namespace(name, ((NAMESPACE_NAME_LABEL, name),), assumed=True)


@dataclass(frozen=True, slots=True, order=True)
class ContainerPort:
    """A named container port."""

    name: str
    protocol: Protocol
    number: int


@dataclass(frozen=True, slots=True, order=True)
class HostPort:
    """A port of the node, `host`, that leads to `port` of a pod."""

    host: int
    port: int
    protocol: Protocol = Protocol.TCP


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, or the pod a workload would make (`from_template`: no live pod of it was there).

    `owner` is the workload a person knows (a ReplicaSet of a Deployment gives the Deployment).
    `service_account` is empty where the spec names none, as only a manifest may. `mesh` is what it
    says of Istio, if anything.
    """

    namespace: str
    name: str
    labels: Labels
    owner: ObjectRef
    addresses: tuple[Ip, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    host_network: bool = False
    node: str = ""
    phase: Phase = Phase.RUNNING
    from_template: bool = False
    service_account: str = ""
    host_ports: tuple[HostPort, ...] = ()
    mesh: PodMesh | None = None

    @property
    def is_endpoint(self) -> bool:
        """Whether it can hold a connection: not completed."""
        return self.phase not in COMPLETED

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Node:
    """A node and who runs it; `addresses` are those that are IP addresses, of any type."""

    name: str
    provider: Provider
    labels: Labels = ()
    addresses: tuple[Ip, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One cluster (or folder) as it was read. Every kind is Seen or Unseen on its own.

    Attributes:
        key: Names the cluster before it is seen.
        uid: UID of kube-system; Unseen for manifests.
        taken_at: When reading began, UTC.
        tool_version: The Seawall that read it.
        origin: A live cluster, or manifests.
        unmodelled: Policy kinds this version does not model; Unseen when the served kinds could
            not be read, and then nothing can be known.
        broken: Objects that could not be read as their kind.
        counted: Other kinds found in manifests, ("apiVersion/Kind", how many): not judged.
        notes: Assumptions made while reading, each a sentence.
        data_plane: What the cluster says of its network plug-in.
        entrances: What leads to the pods from outside.
        dialects: Policies of other kinds than NetworkPolicy that are modelled.
        mesh: Istio's policies, which come on top and change no verdict.
    """

    key: ClusterKey
    uid: Sight[ClusterUid]
    taken_at: datetime
    tool_version: str
    origin: Origin
    namespaces: Sight[tuple[Namespace, ...]]
    pods: Sight[tuple[Pod, ...]]
    nodes: Sight[tuple[Node, ...]]
    network_policies: Sight[tuple[NetworkPolicy, ...]]
    unmodelled: Sight[tuple[UnmodelledKind, ...]]
    broken: tuple[BrokenObject, ...] = ()
    counted: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    data_plane: Sight[PlaneFacts] = NOT_READ
    entrances: Entrances = UNREAD_ENTRANCES
    dialects: Dialects = NO_DIALECTS
    mesh: Sight[Mesh] = MESH_NOT_READ

    @property
    def unseen(self) -> tuple[tuple[str, str], ...]:
        """What could not be read, each with the reason; manifests have no identity and no nodes."""
        return tuple(self._unseen())

    def _unseen(self) -> Iterator[tuple[str, str]]:
        live: tuple[tuple[str, Sight[object]], ...] = (
            ("identity", self.uid),
            ("data plane", self.data_plane),
        )
        sights: Iterable[tuple[str, Sight[object]]] = (
            *(live if self.origin is Origin.CLUSTER else ()),
            ("namespaces", self.namespaces),
            ("pods", self.pods),
            ("nodes", self.nodes),
            ("networkpolicies", self.network_policies),
            ("API groups", self.unmodelled),
        )
        for what, sight in sights:
            if isinstance(sight, Unseen):
                yield what, sight.why
        if isinstance(self.unmodelled, Seen):
            for kind in self.unmodelled.value:
                if isinstance(kind.objects, Unseen):
                    yield f"{kind.resource}.{kind.group}", kind.objects.why
        if isinstance(self.mesh, Unseen) and self.mesh != MESH_NOT_READ:
            yield "Istio's policies", self.mesh.why
        yield from self.entrances.unread()
        if isinstance(self.data_plane, Seen):
            yield from self.data_plane.value.unseen
