"""Which policy kinds a cluster serves beside NetworkPolicy, and what objects it has of them."""

from collections.abc import Collection, Iterator
from functools import partial

from seawall.collect import groups
from seawall.collect.discovery import (
    GROUPS,
    MOST_VERSIONS,
    Group,
    Resource,
    served_resources,
)
from seawall.collect.groups import KnownKind
from seawall.collect.lists import KubeApi, raw_read, read_list
from seawall.model.policies import UnmodelledKind, UnmodelledObject
from seawall.model.sight import Seen, Sight, Unseen, mapped

_Found = dict[str, tuple[KnownKind, str]]
"""Policy resources by name: what is known of each, and the path of its list (empty: has none)."""


def unmodelled_policies(
    api: KubeApi, policies: Collection[tuple[str, str]], served: Sight[tuple[Group, ...]]
) -> Sight[tuple[UnmodelledKind, ...]]:
    """Every served policy kind that is not modelled; `policies` are the NetworkPolicies seen.

    Unseen where the groups that are `served` cannot be read: nobody knows what else decides then.
    """
    if isinstance(served, Unseen):
        return served
    known = [group for group in served.value if group.name in groups.KNOWN_GROUPS]
    return Seen(tuple(kind for group in known for kind in _of_group(api, group, policies)))


def _of_group(
    api: KubeApi, group: Group, policies: Collection[tuple[str, str]]
) -> Iterator[UnmodelledKind]:
    """Yield the group's kinds, out of all its versions.

    The preferred version is not enough: policy.networking.k8s.io serves AdminNetworkPolicy in
    v1alpha1 and ClusterNetworkPolicy in v1alpha2 only.
    """
    versions = group.served()
    if not 0 < len(versions) <= MOST_VERSIONS:
        yield groups.unreadable_group(group.name, f"it serves {len(versions)} versions")
        return
    found: _Found = {}
    for version in versions:
        here = _resources(api, group.name, version)
        if isinstance(here, Unseen):
            yield groups.unreadable_group(group.name, here.why)
        else:
            found = here.value | found
    for known, path in found.values():
        yield groups.unmodelled_kind(known, _objects(api, known, path, policies))


def _resources(api: KubeApi, group: str, version: str) -> Sight[_Found]:
    path = f"{GROUPS}/{group}/{version}"
    return mapped(served_resources(api, group, version), partial(_known, group, path))


def _known(group: str, path: str, listed: tuple[Resource, ...]) -> _Found:
    """The policy kinds among the resources."""
    return {
        each.name: (known, f"{path}/{each.name}" if "list" in each.verbs else "")
        for each in listed
        if (known := groups.known_resource(group, each.name, each.kind)) is not None
    }


def _objects(
    api: KubeApi, known: KnownKind, path: str, policies: Collection[tuple[str, str]]
) -> Sight[tuple[UnmodelledObject, ...]]:
    if not path:
        return Unseen(f"{known.resource}.{known.group} cannot be listed")
    read = raw_read(known.list_kind, partial(groups.unmodelled_object, known))
    objects = read_list(api, path, read)
    return mapped(objects, lambda found: groups.without_mirrors(known, found, policies))
