"""Who a cluster is: the key that names it before it is seen, the UID learned by seeing it."""

from enum import StrEnum
from typing import NewType

ClusterKey = NewType("ClusterKey", str)
"""Names a cluster before it is seen: lower-cased cloud id, else server + context, else folder."""

ClusterUid = NewType("ClusterUid", str)
"""UID of the `kube-system` namespace: what a cluster is, however it was reached."""


IDENTITY = "kube-system"
"""The namespace every cluster has from its first second on; its UID is the cluster's."""


class Provider(StrEnum):
    """Who runs the nodes, read from `Node.spec.providerID`."""

    AWS = "aws"
    GCP = "gcp"
    AZURE = "azure"
    OTHER = "other"
