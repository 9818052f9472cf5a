"""What a namespace allows: nothing is made in one that is missing or on its way out.

As the admission plug-in NamespaceLifecycle does it.
"""

from typing import Final

from seawall.demo import replies
from seawall.demo.replies import Refused
from seawall.demo.resources import NAMESPACES, Json, Resource
from seawall.demo.store import Store

_IMMORTAL: Final = frozenset({"default", "kube-system", "kube-public"})


def admit_creation(store: Store, resource: Resource, namespace: str, name: str) -> None:
    """Raises: Refused, if nothing can be created in the namespace."""
    if not resource.namespaced:
        return
    held = store.get(NAMESPACES, "", namespace)
    if held is None:
        raise Refused(replies.not_found(NAMESPACES, namespace))
    if is_terminating(held.obj):
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
        why = (
            f"unable to create new content in namespace {namespace} because it is being terminated"
        )
        raise Refused(replies.refused_content(resource, name, why, [cause]))


def admit_deletion(resource: Resource, name: str) -> None:
    """Raises: Refused, if this is a namespace that no cluster is without."""
    if resource == NAMESPACES and name in _IMMORTAL:
        raise Refused(replies.refused_content(resource, name, "this namespace may not be deleted"))


def is_terminating(namespace: Json) -> bool:
    """True if it has been deleted and is not gone yet."""
    phase = namespace.get("status", {}).get("phase")
    return phase == "Terminating" or "deletionTimestamp" in namespace["metadata"]


def terminating(namespace: Json, now: str) -> Json:
    """The namespace as its deletion leaves it; the namespace controller does the rest."""
    metadata = {**namespace["metadata"], "deletionTimestamp": now}
    status = {**namespace.get("status", {}), "phase": "Terminating"}
    return {**namespace, "metadata": metadata, "status": status}
