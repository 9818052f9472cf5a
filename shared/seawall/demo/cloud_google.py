"""A stand-in for GKE's REST API: the clusters of some projects, zones that do not answer, refusals.

Shapes: cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters and
the error model of AIP-193.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from seawall.demo.cloud import Asked, Said

LIST: Final = re.compile(r"/v1/projects/([^/]+)/locations/([^/?]+)/clusters(?:\?.*)?")


def refusal(status: int, name: str, message: str, reason: str = "") -> Said:
    """An error as Google words it; `reason` is the machine's word for it."""
    detail = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}
    error = {"code": status, "status": name, "message": message}
    return Said(status, {"error": {**error, "details": [detail] if reason else []}})


BUSY: Final = Said(429, refusal(429, "RESOURCE_EXHAUSTED", "quota").body, (("Retry-After", "1"),))
DENIED: Final = refusal(
    403, "PERMISSION_DENIED", 'Required "container.clusters.list" permission(s).'
)
OFF: Final = refusal(403, "PERMISSION_DENIED", "GKE API is not in use", "SERVICE_DISABLED")
GONE: Final = refusal(404, "NOT_FOUND", "no such project")


@dataclass
class Google:
    """What the API says; `missing` zones are left out of every list, and named."""

    clusters: dict[str, list[Mapping[str, object]]] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    refused: dict[str, Said] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Said:
        """The list of a project's clusters, in one location or all."""
        match = LIST.fullmatch(asked.path)
        if match is None:
            return GONE
        project, place = match.groups()
        if project in self.refused or project not in self.clusters:
            return self.refused.get(project, GONE)
        there = [c for c in self.clusters[project] if c["location"] not in self.missing]
        if place == "-":
            return Said(200, {"clusters": there, "missingZones": sorted(self.missing)})
        # A region that is asked for by name answers for itself; a zone that is down still does not.
        down = sorted(self.missing & {place})
        return Said(200, {"clusters": _at(place, there), "missingZones": down})


def _at(place: str, clusters: Iterable[Mapping[str, object]]) -> list[Mapping[str, object]]:
    return [cluster for cluster in clusters if cluster["location"] == place]
