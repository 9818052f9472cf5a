"""Wire shapes of Kubernetes objects: only the fields that are judged, so nothing else is decoded.

Unknown fields are skipped. Every field may be absent or null, as the API's own decoder allows: in
Go a null decodes to the zero value. Nothing here holds references to itself, hence `gc=False`.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from seawall.model.ports import FIRST_PORT, LAST_PORT, Protocol

LabelsIn = dict[str, str | None]
PortNumber = Annotated[int, Meta(ge=FIRST_PORT, le=LAST_PORT)]


class Wire(Struct, frozen=True, gc=False, rename="camel"):
    """Base of every shape: camelCase names, immutable, outside the garbage collector."""


class OwnerReference(Wire, frozen=True, gc=False):
    """`metav1.OwnerReference`; the one with `controller` true manages the object."""

    kind: str = ""
    name: str = ""
    controller: bool | None = None


class MeshNotes(
    Wire,
    frozen=True,
    gc=False,
    rename={
        "inject": "sidecar.istio.io/inject",
        "interception": "sidecar.istio.io/interceptionMode",
        "include_in": "traffic.sidecar.istio.io/includeInboundPorts",
        "exclude_in": "traffic.sidecar.istio.io/excludeInboundPorts",
        "exclude_out": "traffic.sidecar.istio.io/excludeOutboundPorts",
        "include_ranges": "traffic.sidecar.istio.io/includeOutboundIPRanges",
        "exclude_ranges": "traffic.sidecar.istio.io/excludeOutboundIPRanges",
        "redirection": "ambient.istio.io/redirection",
        "bypass": "ambient.istio.io/bypass-inbound-capture",
    },
):
    """The annotations of a pod by which Istio's proxies get its traffic or do not; no others."""

    inject: str | None = None
    interception: str | None = None
    include_in: str | None = None
    exclude_in: str | None = None
    exclude_out: str | None = None
    include_ranges: str | None = None
    exclude_ranges: str | None = None
    redirection: str | None = None
    bypass: str | None = None


class Metadata(Wire, frozen=True, gc=False):
    """`metav1.ObjectMeta`."""

    name: str | None = None
    generate_name: str | None = None
    namespace: str | None = None
    labels: LabelsIn | None = None
    owner_references: list[OwnerReference] | None = None
    annotations: MeshNotes | None = None


class Identity(Wire, frozen=True, gc=False):
    """The metadata of an object of which only the name counts."""

    name: str | None = None
    generate_name: str | None = None
    namespace: str | None = None


class NamespaceMetadata(Wire, frozen=True, gc=False):
    """The metadata of a namespace; the UID of `kube-system` tells the cluster."""

    name: str
    uid: str | None = None
    labels: LabelsIn | None = None


class Namespace(Wire, frozen=True, gc=False):
    """`v1.Namespace`."""

    metadata: NamespaceMetadata


class ContainerPort(Wire, frozen=True, gc=False):
    """`v1.ContainerPort`."""

    container_port: PortNumber
    name: str | None = None
    protocol: Protocol | None = None
    host_port: int | None = None
    host_ip: str | None = field(name="hostIP", default=None)


class ContainerName(StrEnum):
    """The one name of a container that is judged; every other is OTHER, and not kept."""

    OTHER = ""
    MESH_PROXY = "istio-proxy"

    @classmethod
    def _missing_(cls, value: object) -> "ContainerName | None":
        return cls.OTHER if isinstance(value, str) else None


class Container(Wire, frozen=True, gc=False):
    """`v1.Container`; `restart_policy` Always makes an init container a sidecar."""

    name: ContainerName | None = None
    ports: list[ContainerPort] | None = None
    restart_policy: str | None = None


class PodSpec(Wire, frozen=True, gc=False):
    """`v1.PodSpec`."""

    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    host_network: bool | None = None
    node_name: str | None = None
    service_account_name: str | None = None


class PodIP(Wire, frozen=True, gc=False):
    """`v1.PodIP`."""

    ip: str | None = None


class PodStatus(Wire, frozen=True, gc=False, rename={"pod_ip": "podIP", "pod_ips": "podIPs"}):
    """`v1.PodStatus`."""

    phase: str | None = None
    pod_ip: str | None = None
    pod_ips: list[PodIP] | None = None


class Pod(Wire, frozen=True, gc=False):
    """`v1.Pod`."""

    metadata: Metadata
    spec: PodSpec | None = None
    status: PodStatus | None = None


class PodTemplate(Wire, frozen=True, gc=False):
    """`v1.PodTemplateSpec`."""

    metadata: Metadata | None = None
    spec: PodSpec | None = None


class WorkloadSpec(Wire, frozen=True, gc=False):
    """The spec of a Deployment and its like: only the pod it makes."""

    template: PodTemplate | None = None


class Workload(Wire, frozen=True, gc=False):
    """Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController or Job."""

    metadata: Metadata
    spec: WorkloadSpec | None = None


class JobTemplate(Wire, frozen=True, gc=False):
    """`batch/v1.JobTemplateSpec`."""

    spec: WorkloadSpec | None = None


class CronJobSpec(Wire, frozen=True, gc=False):
    """`batch/v1.CronJobSpec`."""

    job_template: JobTemplate | None = None


class CronJob(Wire, frozen=True, gc=False):
    """`batch/v1.CronJob`."""

    metadata: Metadata
    spec: CronJobSpec | None = None


class NodeMetadata(Wire, frozen=True, gc=False):
    """The metadata of a node."""

    name: str
    labels: LabelsIn | None = None


class NodeSpec(Wire, frozen=True, gc=False, rename={"provider_id": "providerID"}):
    """`v1.NodeSpec`."""

    provider_id: str | None = None


class NodeAddress(Wire, frozen=True, gc=False):
    """`v1.NodeAddress`; a host name is an address, too."""

    address: str | None = None


class NodeStatus(Wire, frozen=True, gc=False):
    """`v1.NodeStatus`."""

    addresses: list[NodeAddress] | None = None


class Node(Wire, frozen=True, gc=False):
    """`v1.Node`."""

    metadata: NodeMetadata
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


class Requirement(Wire, frozen=True, gc=False):
    """`metav1.LabelSelectorRequirement`."""

    key: str
    operator: str
    values: list[str | None] | None = None


class LabelSelector(Wire, frozen=True, gc=False):
    """`metav1.LabelSelector`."""

    match_labels: LabelsIn | None = None
    match_expressions: list[Requirement] | None = None


class IPBlock(Wire, frozen=True, gc=False, rename={"excepts": "except"}):
    """`networking.k8s.io/v1.IPBlock`."""

    cidr: str
    excepts: list[str] | None = None


class Peer(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.NetworkPolicyPeer`."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class Port(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.NetworkPolicyPort`."""

    protocol: Protocol | None = None
    port: int | str | None = None
    end_port: int | None = None


class IngressRule(Wire, frozen=True, gc=False, rename={"peers": "from"}):
    """`networking.k8s.io/v1.NetworkPolicyIngressRule`."""

    peers: list[Peer] | None = None
    ports: list[Port | None] | None = None


class EgressRule(Wire, frozen=True, gc=False, rename={"peers": "to"}):
    """`networking.k8s.io/v1.NetworkPolicyEgressRule`."""

    peers: list[Peer] | None = None
    ports: list[Port | None] | None = None


class NetworkPolicySpec(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.NetworkPolicySpec`."""

    pod_selector: LabelSelector | None = None
    ingress: list[IngressRule | None] | None = None
    egress: list[EgressRule | None] | None = None
    policy_types: list[str] | None = None


class NetworkPolicy(Wire, frozen=True, gc=False):
    """`networking.k8s.io/v1.NetworkPolicy`; decoded only after `validate` found no problem."""

    metadata: Identity
    spec: NetworkPolicySpec | None = None


class ListMeta(
    Wire,
    frozen=True,
    gc=False,
    rename={
        "resume": "continue",
        "resource_version": "resourceVersion",
        "remaining": "remainingItemCount",
    },
):
    """`metav1.ListMeta`; `resume` is the `continue` token of the next page."""

    resume: str | None = None
    resource_version: str | None = None
    remaining: int | None = None
