"""Which API groups, versions and resources a cluster serves."""

import msgspec

from seawall.collect.lists import KubeApi, read_one
from seawall.model.sight import Sight, mapped

GROUPS = "/apis"
MOST_VERSIONS = 8
"""Of one group; real ones have up to four."""


class _Version(msgspec.Struct):
    version: str


class Group(msgspec.Struct, rename="camel"):
    """`metav1.APIGroup`."""

    name: str
    versions: list[_Version]
    preferred_version: _Version | None = None

    def served(self) -> list[str]:
        """Every version, the preferred one first."""
        preferred = [self.preferred_version] if self.preferred_version else []
        return list(dict.fromkeys(each.version for each in (*preferred, *self.versions)))


class _GroupList(msgspec.Struct):
    """`metav1.APIGroupList`."""

    groups: list[Group]


class Resource(msgspec.Struct):
    """`metav1.APIResource`; the name `a/b` is a subresource of `a`."""

    name: str
    kind: str
    verbs: list[str]


class _ResourceList(msgspec.Struct):
    """`metav1.APIResourceList`."""

    resources: list[Resource] | None


def served_groups(api: KubeApi) -> Sight[tuple[Group, ...]]:
    """The groups beside the core."""
    return mapped(
        read_one(api, GROUPS, "APIGroupList", _GroupList), lambda found: tuple(found.groups)
    )


def served_resources(api: KubeApi, group: str, version: str) -> Sight[tuple[Resource, ...]]:
    """What one version of a group serves, subresources left out."""
    listed = read_one(api, f"{GROUPS}/{group}/{version}", "APIResourceList", _ResourceList)
    return mapped(listed, _without_subresources)


def _without_subresources(listed: _ResourceList) -> tuple[Resource, ...]:
    return tuple(each for each in listed.resources or () if "/" not in each.name)
