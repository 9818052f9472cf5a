"""A stand-in for Azure Resource Manager: the AKS clusters of some subscriptions, page by page.

Shapes: learn.microsoft.com/rest/api/aks/managed-clusters. `asked` of its server shows that nothing
but reads came.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlsplit

from seawall.demo.cloud import Asked, Said

PROVIDER: Final = "/providers/Microsoft.ContainerService/managedClusters"
LIST: Final = re.compile(rf"/subscriptions/([^/]+){re.escape(PROVIDER)}")
USER: Final = re.compile(
    r"(/subscriptions/[^/]+/resourceGroups/[^/]+/.+)/listClusterUserCredential"
)


def refusal(status: int, code: str, message: str, after: str = "") -> Said:
    """An error as Resource Manager words it."""
    headers = (("Retry-After", after),) if after else ()
    return Said(status, {"error": {"code": code, "message": message}}, headers)


BUSY: Final = refusal(429, "TooManyRequests", "slow down", "1")
DENIED: Final = refusal(403, "AuthorizationFailed", "may not read managedClusters")
GONE: Final = refusal(404, "SubscriptionNotFound", "no such subscription")
OFF: Final = refusal(409, "MissingSubscriptionRegistration", "not registered to use AKS")


@dataclass
class Arm:
    """What Resource Manager says; `url` is where it listens, once it does."""

    clusters: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    refused: dict[str, Said] = field(default_factory=dict)
    kubeconfigs: dict[str, str] = field(default_factory=dict)
    page: int = 50
    url: str = ""

    def answer(self, asked: Asked) -> Said:
        """A page of a list, or the kubeconfig of a cluster."""
        url = urlsplit(asked.path)
        if match := USER.fullmatch(url.path):
            return self._kubeconfig(match[1])
        match = LIST.fullmatch(url.path)
        if match is None:
            return GONE
        skip = int(parse_qs(url.query).get("skip", ["0"])[0])
        return self.refused.get(match[1]) or self._page(match[1], url.path, skip)

    def _page(self, subscription: str, path: str, skip: int) -> Said:
        if subscription not in self.clusters:
            return GONE
        clusters: Sequence[Mapping[str, object]] = self.clusters[subscription]
        end = skip + self.page
        more = {"nextLink": f"{self.url}{path}?skip={end}"} if end < len(clusters) else {}
        return Said(200, {"value": clusters[skip:end], **more})

    def _kubeconfig(self, resource: str) -> Said:
        text = self.kubeconfigs.get(resource.lower())
        if text is None:
            return refusal(403, "AuthorizationFailed", "may not listClusterUserCredential")
        value = b64encode(text.encode()).decode()
        return Said(200, {"kubeconfigs": [{"name": "clusterUser", "value": value}]})
