"""The objects of one demo cluster, encoded once, and the past views that tokens point to.

`put` and `remove` are for whoever sets a cluster up and ask no questions; what clients send goes
through `writes`, which holds the store while it looks and then calls `write` and `drop`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
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
    """What the cluster holds; safe to change from a test's thread while the server reads.

    A namespace that a client has deleted is emptied and removed before the next request, as the
    namespace controller would do it; without `finalises` it stays, terminating, as on a server that
    has no controllers.
    """

    def __init__(self, objects: Iterable[Json] = (), *, finalises: bool = True) -> None:
        self._finalises = finalises
        self._doomed: set[str] = set()
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

    @property
    def version(self) -> int:
        """The resource version of the last change."""
        return self._version

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

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other thread from changing anything within the `with` block."""
        with self._lock:
            yield

    def write(self, resource: Resource, obj: Json) -> Json:
        """Store a complete object as it is; what comes back has its new resource version."""
        with self._lock:
            self._version += 1
            versioned = {**obj["metadata"], "resourceVersion": str(self._version)}
            stored = {**obj, "metadata": versioned}
            if resource.kind == "CustomResourceDefinition":
                self._serve(stored)
            held = _held(stored, resource)
            self._held.setdefault(resource, {})[held.key] = held
            self._sorted.pop(resource, None)
            return stored

    def drop(self, resource: Resource, namespace: str, name: str) -> None:
        """Delete an object; with a CustomResourceDefinition its kind goes, and all of that kind."""
        with self._lock:
            self._version += 1
            gone = self._held[resource].pop(f"{namespace}/{name}" if namespace else name)
            self._sorted.pop(resource, None)
            if resource.kind == "CustomResourceDefinition":
                for served in resources.of_definition(gone.obj):
                    self._resources.pop((served.group, served.version, served.plural), None)
                    self._held.pop(served, None)
                    self._sorted.pop(served, None)

    def doom(self, namespace: str) -> None:
        """A client has deleted this namespace: finalise it at the next opportunity."""
        with self._lock:
            if self._finalises:
                self._doomed.add(namespace)

    def finalise(self) -> None:
        """Empty the doomed namespaces; one that is empty goes. Finalizers hold an object back."""
        with self._lock:
            for name in sorted(self._doomed):
                if not self._emptied(name):
                    continue
                self._doomed.discard(name)
                if self.get(resources.NAMESPACES, "", name):
                    self.drop(resources.NAMESPACES, "", name)

    def _emptied(self, namespace: str) -> bool:
        left = 0
        for resource in (resource for resource in self.resources if resource.namespaced):
            view = self.view(resource)
            low, high = view.bounds(namespace)
            for held in view.items[low:high]:
                if held.obj["metadata"].get("finalizers"):
                    left += 1
                else:
                    self.drop(resource, namespace, held.name)
        return not left

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
