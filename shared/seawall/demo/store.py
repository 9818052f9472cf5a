"""The objects of one demo cluster, encoded once, and the past views that tokens point to."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import RLock

import msgspec

from seawall.demo import resources
from seawall.demo.defaults import completed
from seawall.demo.resources import Json, Resource

KEPT_VIEWS = 32
"""How many past views of a kind can still be paged through; a real server keeps five minutes."""


@dataclass(frozen=True, slots=True)
class Held:
    """One stored object; `body` is its JSON as it stands in a list."""

    key: str
    labels: Mapping[str, str]
    obj: Json
    body: bytes

    @property
    def name(self) -> str:
        """The object's own name."""
        return str(self.obj["metadata"]["name"])


@dataclass(frozen=True, slots=True)
class View:
    """All objects of a kind at one resource version, in the order of their keys."""

    version: int
    items: tuple[Held, ...]
    keys: tuple[str, ...]

    def bounds(self, namespace: str) -> tuple[int, int]:
        """The half-open range of the namespace's objects; everything for the empty namespace."""
        if not namespace:
            return 0, len(self.items)
        # "0" is the character after "/": the range is every key that starts with "namespace/".
        return bisect_left(self.keys, f"{namespace}/"), bisect_left(self.keys, f"{namespace}0")


class Store:
    """What the cluster holds; safe to change from a test's thread while the server reads."""

    def __init__(self, objects: Iterable[Json] = ()) -> None:
        self._lock = RLock()
        self._version = 1
        self._resources = {(r.group, r.version, r.plural): r for r in resources.BUILT_IN}
        self._held: dict[Resource, dict[str, Held]] = {}
        self._sorted: dict[Resource, tuple[tuple[Held, ...], tuple[str, ...]]] = {}
        self._past: dict[Resource, dict[int, View]] = {}
        for obj in objects:
            self.put(obj)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Everything served, built in first."""
        with self._lock:
            return tuple(self._resources.values())

    def resource(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource that a path names, if the cluster serves it."""
        return self._resources.get((group, version, plural))

    def put(self, obj: Json) -> None:
        """Create or replace an object; a CustomResourceDefinition also starts to serve its kind."""
        with self._lock:
            resource = self._resource_of(obj)
            self._version += 1
            filled = completed(obj, resource, version=self._version)
            if resource.kind == "CustomResourceDefinition":
                self._serve(filled)
            held = _held(filled, resource)
            self._held.setdefault(resource, {})[held.key] = held
            self._sorted.pop(resource, None)

    def remove(self, obj: Json) -> None:
        """Delete the object of the same kind, namespace and name; a KeyError if there is none."""
        with self._lock:
            resource = self._resource_of(obj)
            self._version += 1
            del self._held[resource][_key(completed(obj, resource, version=0), resource)]
            self._sorted.pop(resource, None)

    def get(self, resource: Resource, namespace: str, name: str) -> Held | None:
        """One object, or nothing."""
        key = f"{namespace}/{name}" if resource.namespaced else name
        return self._held.get(resource, {}).get(key)

    def view(self, resource: Resource) -> View:
        """The objects of this kind now; only this kind is sorted, and only after a change."""
        with self._lock:
            if resource not in self._sorted:
                held = self._held.get(resource, {})
                keys = tuple(sorted(held))
                self._sorted[resource] = tuple(held[key] for key in keys), keys
            items, keys = self._sorted[resource]
            return View(self._version, items, keys)

    def keep(self, resource: Resource, view: View) -> None:
        """Remember a view, because a continue token that points to it is about to be given out."""
        with self._lock:
            past = self._past.setdefault(resource, {})
            past[view.version] = view
            while len(past) > KEPT_VIEWS:
                del past[min(past)]

    def past_view(self, resource: Resource, version: int) -> View | None:
        """The kept view of that version, or nothing once it has been compacted away."""
        return self._past.get(resource, {}).get(version)

    def compact(self) -> None:
        """Forget every past view: each continue token given out so far is expired from now on."""
        with self._lock:
            self._past.clear()

    def _serve(self, definition: Json) -> None:
        for resource in resources.of_definition(definition):
            self._resources[resource.group, resource.version, resource.plural] = resource

    def _resource_of(self, obj: Json) -> Resource:
        for resource in self._resources.values():
            if (resource.api_version, resource.kind) == (obj["apiVersion"], obj["kind"]):
                return resource
        raise KeyError(
            f"{obj['apiVersion']} {obj['kind']} is served by no demo cluster: "
            "put its CustomResourceDefinition first"
        )


def _key(obj: Json, resource: Resource) -> str:
    """The key under which etcd would sort it, so that `shop-a/x` comes before `shop/x`."""
    metadata = obj["metadata"]
    name: str = metadata["name"]
    return f"{metadata['namespace']}/{name}" if resource.namespaced else name


def _held(obj: Json, resource: Resource) -> Held:
    # In a list the items of built-in kinds carry no kind and apiVersion, those of custom kinds do.
    bare = obj if resource.custom else {k: obj[k] for k in obj if k not in {"kind", "apiVersion"}}
    labels = obj["metadata"].get("labels") or {}
    return Held(_key(obj, resource), labels, obj, msgspec.json.encode(bare))
