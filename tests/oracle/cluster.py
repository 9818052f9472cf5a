"""A cluster as plain Kubernetes objects, and the two ends of a question.

Nothing here or beside it imports the package under test: objects are what YAML or JSON gives.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple

Obj = dict[str, Any]
Ip = IPv4Address | IPv6Address
Labels = dict[str, str]

Maybe = bool | None
"""None: the documentation does not say, or says that it is undefined."""

ENDED = {"Succeeded", "Failed"}


def any_of(values: Iterable[Maybe]) -> Maybe:
    """Whether one of them is so."""
    found = set(values)
    return True if True in found else None if None in found else False


def all_of(values: Iterable[Maybe]) -> Maybe:
    """Whether each of them is so."""
    found = set(values)
    return False if False in found else None if None in found else True


class End(NamedTuple):
    """One end of a connection over one of its addresses; `pod` is None outside the cluster."""

    address: Ip
    pod: Obj | None = None

    @property
    def namespace(self) -> str:
        """Of the pod."""
        return str(self.pod["metadata"]["namespace"]) if self.pod else ""

    @property
    def labels(self) -> Labels:
        """Of the pod."""
        return dict(self.pod["metadata"].get("labels") or {}) if self.pod else {}

    @property
    def on_host(self) -> bool:
        """Whether it is a pod on its node's network: to policies it is that node."""
        return bool(self.pod and self.pod["spec"].get("hostNetwork"))

    @property
    def ended(self) -> bool:
        """A completed pod is no endpoint any more, its address may be somebody else's."""
        return bool(self.pod and self.pod["status"].get("phase") in ENDED)

    @property
    def selectable(self) -> bool:
        """Whether policies can select it by labels.

        ClusterNetworkPolicy: host-network pods are never included in subjects or peers; OpenShift
        and "Network Policies" (kubernetes.io) say the same of NetworkPolicy for most plug-ins.
        """
        return self.pod is not None and not self.on_host and not self.ended


class Wanted(NamedTuple):
    """What is asked for: a port of the target, after any Service."""

    target: End
    protocol: str
    port: int


@dataclass(frozen=True)
class Cluster:
    """All objects, and the engine that reads them: see `asking.ENGINES`."""

    objects: tuple[Obj, ...]
    engine: str

    def of(self, kind: str, group: str = "") -> list[Obj]:
        """The objects of one kind of one API group."""
        return [
            each
            for each in self.objects
            if each["kind"] == kind and each["apiVersion"].rpartition("/")[0] == group
        ]

    @cached_property
    def namespaces(self) -> dict[str, Labels]:
        """The labels of each; the API server sets `kubernetes.io/metadata.name` itself."""
        return {
            each["metadata"]["name"]: {
                **(each["metadata"].get("labels") or {}),
                "kubernetes.io/metadata.name": each["metadata"]["name"],
            }
            for each in self.of("Namespace")
        }

    @cached_property
    def pods(self) -> dict[str, Obj]:
        """By namespace/name."""
        return {
            f"{each['metadata']['namespace']}/{each['metadata']['name']}": each
            for each in self.of("Pod")
        }

    @cached_property
    def nodes(self) -> dict[str, Labels]:
        """The labels of each node."""
        return {
            each["metadata"]["name"]: each["metadata"].get("labels") or {}
            for each in self.of("Node")
        }

    @cached_property
    def node_addresses(self) -> dict[Ip, str]:
        """Which node has an address: its own `status`, or that of a pod on its network."""
        found = {
            ip_address(address["address"]): node["metadata"]["name"]
            for node in self.of("Node")
            for address in node.get("status", {}).get("addresses", [])
            if address["type"] in {"InternalIP", "ExternalIP"}
        }
        for pod in self.pods.values():
            if pod["spec"].get("hostNetwork"):
                found |= {each.address: pod["spec"]["nodeName"] for each in ends_of(pod)}
        return found

    def ends(self, name: str) -> list[End]:
        """The end `namespace/pod` or an address stands for, once for each address."""
        return ends_of(self.pods[name]) if "/" in name else [End(ip_address(name))]

    def node_of(self, end: End) -> str:
        """The node that this end is, to policies; empty if it is none."""
        if end.on_host and end.pod:
            return str(end.pod["spec"].get("nodeName", ""))
        return "" if end.pod else self.node_addresses.get(end.address, "")


def ends_of(pod: Obj) -> list[End]:
    """A pod over each of its addresses."""
    return [End(ip_address(each["ip"]), pod) for each in pod["status"].get("podIPs", [])]


def within(address: Ip, cidr: str, excepts: Iterable[str] = ()) -> bool:
    """Whether an address is of the same family, in the block and in none of the exceptions.

    Bits behind the prefix length are read as zero (Go's `net.ParseCIDR`).
    """
    return _in(address, cidr) and not any(_in(address, each) for each in excepts)


def _in(address: Ip, cidr: str) -> bool:
    network = ip_network(cidr, strict=False)
    return network.version == address.version and address in network


def ports_named(end: End, name: str) -> list[tuple[str, int]]:
    """(protocol, number) of each container port of that name; nothing outside the cluster has one.

    `ContainerPort.protocol` (core/v1): "Defaults to TCP".
    """
    containers = end.pod["spec"].get("containers", []) if end.pod else []
    return [
        (port.get("protocol", "TCP"), port["containerPort"])
        for container in containers
        for port in container.get("ports", [])
        if port.get("name") == name
    ]
