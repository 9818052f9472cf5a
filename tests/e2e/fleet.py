"""EKS clusters: demo servers that listen here, and what EKS says of them there."""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.pods import pods
from tests.e2e.cloud import ACCOUNT, REGION, Ministack

from seawall.demo.access import READER_GRANTS, WRITER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.certificates import Certificates
from seawall.demo.eks_tokens import EksTokens
from seawall.demo.fleet import definition
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey

SEED = 20261124

PERSON = "ada"

# As access entries of EKS: the role of a scan may read, that of Remediate and a person may write
# policies too.
ENTRIES = {
    PERSON: User(PERSON, (*READER_GRANTS, *WRITER_GRANTS)),
    "*-Scan*": User("seawall-reader", READER_GRANTS),
    "*-Remediate*": User("seawall-writer", (*READER_GRANTS, *WRITER_GRANTS)),
}


@dataclass(frozen=True, slots=True)
class EksFleet:
    """The clusters by their names."""

    servers: Mapping[str, ApiServer]

    def put(self, cluster: str, *objects: dict[str, Any]) -> None:
        """Somebody makes something in a cluster."""
        for each in objects:
            self.servers[cluster].store.put(each)


def key(name: str) -> ClusterKey:
    """What Seawall calls the cluster."""
    return ClusterKey(f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name}".lower())


def namespace(name: str, uid: str = "") -> dict[str, Any]:
    """A namespace, empty."""
    uids = {"uid": uid} if uid else {}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, **uids}}


def many(count: int, size: int) -> dict[str, list[dict[str, Any]]]:
    """`count` clusters of `size` pods; they share the pods, and each has its own kube-system."""
    shared = list(pods(size, SEED))
    spaces = sorted({pod["metadata"]["namespace"] for pod in shared} | {"kube-system"})
    return {
        f"shop-{number:03}": [
            *(namespace(name, f"{number:08}-{name}") for name in spaces),
            *shared,
        ]
        for number in range(count)
    }


def story(name: str) -> list[dict[str, Any]]:
    """What is in a cluster of `seawall demo`."""
    return list(definition(name).objects)


@contextmanager
def eks_fleet(
    contents: Mapping[str, Iterable[dict[str, Any]]], cloud: Ministack, folder: Path
) -> Iterator[EksFleet]:
    """Serve them, and tell EKS."""
    certificates, eks = Certificates(), cloud.client("eks")
    authority = folder / "ca.pem"
    authority.write_bytes(certificates.ca_pem)
    role = _cluster_role(cloud)
    trust = ssl.create_default_context(cafile=cloud.authority)
    servers = {}
    with ExitStack() as stack:
        for name, objects in contents.items():
            server = ApiServer(
                Store(list(objects)),
                [],
                certificates=certificates,
                reviewed=EksTokens(name, cloud.url, ENTRIES, trust=trust).who,
            )
            servers[name] = stack.enter_context(server)
            eks.create_cluster(
                name=name,
                roleArn=role,
                resourcesVpcConfig={"subnetIds": ["subnet-1", "subnet-2"]},
                tags={"seawall-endpoint": server.url, "seawall-ca": str(authority)},
            )
        yield EksFleet(servers)


def _cluster_role(cloud: Ministack) -> str:
    """Under AUTH=true EKS takes a role only that is there."""
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
        '"Principal": {"Service": "eks.amazonaws.com"}}]}'
    )
    made = cloud.client("iam").create_role(RoleName="eks", AssumeRolePolicyDocument=trust)
    return str(made["Role"]["Arn"])
