"""What leads to pods from outside the policies' view: the reasons not to close a namespace."""

from dataclasses import dataclass
from enum import StrEnum

from seawall.model.policies import ObjectRef
from seawall.model.sight import Sight


class Entrance(StrEnum):
    """A way to pods that must not be cut by a plan."""

    LOAD_BALANCER = "LoadBalancer Service"
    NODE_PORT = "NodePort Service"
    EXTERNAL_IP = "Service with externalIPs"
    EXTERNAL_NAME = "ExternalName Service"
    INGRESS = "Ingress"
    ROUTE = "Gateway route"
    HOST_PORT = "hostPort"
    WEBHOOK = "admission or conversion webhook"
    AGGREGATED_API = "aggregated API"


@dataclass(frozen=True, slots=True, order=True)
class Way:
    """One entrance into a namespace: `by` is the object that makes it, `to` the Service or pod."""

    namespace: str
    entrance: Entrance
    by: ObjectRef
    to: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """The entrances of a cluster, each kind of object seen or not on its own.

    Attributes:
        ways: By what was read for them (`services`, `ingresses`, `routes`, `pods`, `webhooks`,
            `aggregated APIs`, ...): the ways found, or why it could not be read. A group of kinds
            that the cluster does not serve is Seen and empty.
        workloads: `kind namespace/name` of workloads that make pods, those with none now too.
    """

    ways: tuple[tuple[str, Sight[tuple[Way, ...]]], ...]
    workloads: Sight[tuple[ObjectRef, ...]]
