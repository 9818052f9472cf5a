"""An object from its creation on: identity, defaults, generation, and what is nobody's to write."""

from typing import Final
from uuid import uuid4

from seawall.demo.defaults import defaulted
from seawall.demo.resources import Json, Resource

# What the server alone writes; in an object to be created it is dropped, in others kept as it was.
_IDENTITY: Final = frozenset(
    {"uid", "resourceVersion", "generation", "creationTimestamp", "selfLink"}
    | {"deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"}
)
_KEPT: Final = _IDENTITY | {"name", "namespace", "generateName"}
# Built-in kinds whose specs have no generations.
_WITHOUT_GENERATION: Final = frozenset(
    {"ConfigMap", "Endpoints", "EndpointSlice", "Event", "LimitRange", "Namespace", "Node"}
    | {"PersistentVolume", "PersistentVolumeClaim", "ResourceQuota", "Secret", "Service"}
    | {"ServiceAccount", "ControllerRevision", "Lease", "CertificateSigningRequest"}
    | {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "CSIDriver", "CSINode"}
    | {"StorageClass", "VolumeAttachment", "RuntimeClass", "APIService"}
)


def born(given: Json, resource: Resource, namespace: str, now: str) -> Json:
    """The object as it begins, without a resource version: it has none until it is stored."""
    sent = given["metadata"]
    place = {"namespace": namespace} if resource.namespaced else {}
    generation = {"generation": 1} if _has_generation(resource) else {}
    fresh = {"name": sent["name"], **place, "uid": str(uuid4()), **generation}
    own = {key: value for key, value in sent.items() if key not in _IDENTITY and value != []}
    metadata = {**fresh, "creationTimestamp": now, **own, **place}
    head = {"kind": resource.kind, "apiVersion": resource.api_version}
    rest = tracked(given, resource)
    return {**head, **defaulted({**rest, **head, "metadata": _lean(metadata)}, resource)}


def changed(live: Json, given: Json, resource: Resource) -> Json:
    """The live object with what was given, its identity and its status as they were."""
    before = live["metadata"]
    kept = {key: before[key] for key in before if key in _KEPT}
    own = {key: value for key, value in given["metadata"].items() if key not in _KEPT}
    metadata = _lean({**kept, **own})
    rest = tracked(given, resource) | {
        key: live[key] for key in live if key not in tracked(live, resource)
    }
    new = defaulted({**rest, "metadata": metadata}, resource)
    if _has_generation(resource) and _content(new) != _content(live):
        new["metadata"]["generation"] = before.get("generation", 1) + 1
    return new


def tracked(obj: Json, resource: Resource) -> Json:
    """The object without what a write to it does not reach."""
    out = {"status"} if resource.has_status else set()
    if resource.kind == "Namespace":
        out.add("spec")  # its finalizers are written by `finalize` alone
    return {key: value for key, value in obj.items() if key not in out}


def ended(live: Json, now: str) -> Json:
    """The object when it has been deleted and something still holds it back."""
    metadata = {**live["metadata"], "deletionTimestamp": now, "deletionGracePeriodSeconds": 0}
    return {**live, "metadata": metadata}


def _content(obj: Json) -> Json:
    return {key: obj[key] for key in obj if key not in {"metadata", "status"}}


def _lean(metadata: Json) -> Json:
    return {key: value for key, value in metadata.items() if value not in ({}, [], None)}


def _has_generation(resource: Resource) -> bool:
    return resource.custom or resource.kind not in _WITHOUT_GENERATION
