"""Which policy kinds a cluster serves beside NetworkPolicy, and what objects it has of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from seawall.collect import groups
from seawall.collect.dialects import DialectRead, dialect_read, dialects_of, is_modelled
from seawall.collect.discovery import (
    GROUPS,
    MOST_VERSIONS,
    Group,
    Resource,
    served_resources,
)
from seawall.collect.groups import KnownKind
from seawall.collect.lists import KubeApi, raw_read, read_list
from seawall.model.dialects import NO_DIALECTS, DialectObject, Dialects
from seawall.model.policies import BrokenObject, UnmodelledKind
from seawall.model.sight import Seen, Sight, Unseen, mapped


@dataclass(frozen=True, slots=True)
class Served:
    """What a cluster has beside NetworkPolicy.

    Attributes:
        unmodelled: Kinds that are not modelled, or could not be listed. Unseen where the served
            groups cannot be read: nobody knows what else decides then.
        dialects: The objects of the kinds that are modelled.
        broken: Those of them that are not what their kind has to be.
    """

    unmodelled: Sight[tuple[UnmodelledKind, ...]]
    dialects: Dialects = NO_DIALECTS
    broken: tuple[BrokenObject, ...] = ()


@dataclass(frozen=True, slots=True)
class _Resource:
    """A policy resource, and the path of its list; empty where it has none."""

    known: KnownKind
    path: str
    read: DialectRead | None


@dataclass(slots=True)
class _Gathered:
    unmodelled: list[UnmodelledKind] = field(default_factory=list)
    objects: list[DialectObject | BrokenObject] = field(default_factory=list)


_Found = dict[str, _Resource]


def served_policies(api: KubeApi, served: Sight[tuple[Group, ...]]) -> Served:
    """Every object of every policy kind that is `served`, NetworkPolicy left out."""
    if isinstance(served, Unseen):
        return Served(served)
    found = _Gathered()
    for group in served.value:
        if group.name in groups.KNOWN_GROUPS:
            _gather(api, group, found)
    return Served(
        Seen(tuple(found.unmodelled)),
        dialects_of(each for each in found.objects if not isinstance(each, BrokenObject)),
        tuple(each for each in found.objects if isinstance(each, BrokenObject)),
    )


def _gather(api: KubeApi, group: Group, found: _Gathered) -> None:
    """Take in the group's kinds, out of all its versions.

    The preferred version is not enough: policy.networking.k8s.io serves AdminNetworkPolicy in
    v1alpha1 and ClusterNetworkPolicy in v1alpha2 only. One that is modelled comes before it.
    """
    versions = group.served()
    if not 0 < len(versions) <= MOST_VERSIONS:
        why = f"it serves {len(versions)} versions"
        found.unmodelled.append(groups.unreadable_group(group.name, why))
        return
    resources: _Found = {}
    for version in sorted(versions, key=lambda each: not is_modelled(group.name, each)):
        here = _resources(api, group.name, version)
        if isinstance(here, Unseen):
            found.unmodelled.append(groups.unreadable_group(group.name, here.why))
        else:
            resources = here.value | resources
    for resource in resources.values():
        _take(api, resource, found)


def _resources(api: KubeApi, group: str, version: str) -> Sight[_Found]:
    return mapped(
        served_resources(api, group, version),
        lambda listed: dict(_known(group, version, listed)),
    )


def _known(group: str, version: str, listed: Iterable[Resource]) -> Iterator[tuple[str, _Resource]]:
    """The policy kinds among the resources, by name."""
    for each in listed:
        known = groups.known_resource(group, each.name, each.kind)
        if known is not None:
            path = f"{GROUPS}/{group}/{version}/{each.name}" if "list" in each.verbs else ""
            yield each.name, _Resource(known, path, dialect_read(group, version, each.kind))


def _take(api: KubeApi, resource: _Resource, found: _Gathered) -> None:
    known = resource.known
    if not resource.path:
        why = Unseen(f"{known.resource}.{known.group} cannot be listed")
        found.unmodelled.append(groups.unmodelled_kind(known, why))
        return
    if resource.read is None:
        read = raw_read(known.list_kind, partial(groups.unmodelled_object, known))
        kind = groups.unmodelled_kind(known, read_list(api, resource.path, read))
        found.unmodelled.append(kind)
        return
    objects = read_list(api, resource.path, raw_read(known.list_kind, resource.read))
    if isinstance(objects, Unseen):
        found.unmodelled.append(groups.unmodelled_kind(known, objects))
    else:
        found.objects += objects.value
