"""What an API server fills in when an object is created: the part of it that readers depend on.

Objects are taken to be valid here; `checks` and `bodies` look at those that clients send.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from seawall.demo.resources import Json, Resource

BORN: Final = "2026-11-02T06:00:00Z"
"""When everything was created: fixed, so that two starts of a demo give the same bytes."""


def completed(obj: Json, resource: Resource, *, version: int) -> Json:
    """A copy of `obj` with the metadata and the defaults that the server would have added."""
    head: Json = {"kind": resource.kind, "apiVersion": resource.api_version}
    head["metadata"] = _metadata(obj["metadata"], resource, version)
    # kind, apiVersion and metadata come first, as a server writes them
    return head | defaulted({**obj, **head}, resource)


def defaulted(obj: Json, resource: Resource) -> Json:
    """A copy of `obj` with the defaults of its kind; its metadata must be there."""
    return obj if resource.custom else _BY_KIND.get(resource.kind, _unchanged)(obj)


def _metadata(given: Json, resource: Resource, version: int) -> Json:
    place: Json = {"namespace": given.get("namespace", "default")} if resource.namespaced else {}
    identity = f"{resource.qualified}/{place.get('namespace', '')}/{given['name']}"
    added = {
        "uid": str(uuid5(NAMESPACE_URL, identity)),
        "resourceVersion": str(version),
        "creationTimestamp": BORN,
    }
    kept = {key: value for key, value in given.items() if key != "resourceVersion"}
    return {"name": given["name"], **place, **added} | kept


def _unchanged(obj: Json) -> Json:
    return obj


def _namespace(obj: Json) -> Json:
    # https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name
    metadata = obj["metadata"]
    own = {"kubernetes.io/metadata.name": metadata["name"]}
    return (
        {
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        | obj
        | {"metadata": {**metadata, "labels": own | metadata.get("labels", {}) | own}}
    )


def _network_policy(obj: Json) -> Json:
    # NetworkPolicySpec.policyTypes: without it Ingress is assumed, and Egress if there is a rule.
    given = _without_empties(obj.get("spec") or {})
    types = ["Ingress", "Egress"] if given.get("egress") else ["Ingress"]
    spec: Json = {"podSelector": {}, "policyTypes": types} | given
    for direction in ("ingress", "egress"):
        if direction in spec:
            spec[direction] = [_rule(rule) for rule in spec[direction]]
    return {**obj, "spec": spec}


def _rule(rule: Json) -> Json:
    ports = rule.get("ports")
    return {**rule, "ports": [{"protocol": "TCP"} | port for port in ports]} if ports else rule


# Fields that the API types mark `omitempty`: written as [] or {} they come back as nothing, whereas
# an empty podSelector, namespaceSelector or rule means something and stays.
_OMITTED_IF_EMPTY: Final = frozenset(
    {"ingress", "egress", "policyTypes", "from", "to", "ports", "except"}
    | {"matchLabels", "matchExpressions", "values"}
)


def _without_empties(obj: Json) -> Json:
    return {
        key: _inner(value)
        for key, value in obj.items()
        if value is not None and (value or key not in _OMITTED_IF_EMPTY)
    }


def _inner(value: object) -> object:
    match value:
        case dict():
            return _without_empties(value)
        case list():
            return [{} if item is None else _inner(item) for item in value]
    return value


def _pod(obj: Json) -> Json:
    spec = obj.get("spec") or {}
    containers = [_container(container) for container in spec.get("containers", ())]
    status = {"phase": "Pending"} | (obj.get("status") or {})
    return {**obj, "spec": {**spec, "containers": containers}, "status": status}


def _container(container: Json) -> Json:
    ports = container.get("ports")
    defaulted = [{"protocol": "TCP"} | port for port in ports or ()]
    return {**container, "ports": defaulted} if ports else container


_BY_KIND: Mapping[str, Callable[[Json], Json]] = MappingProxyType(
    {"Namespace": _namespace, "NetworkPolicy": _network_policy, "Pod": _pod}
)
