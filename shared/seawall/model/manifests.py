"""Kubernetes objects to be written, as values: JSON in the making, never pasted text."""

from collections.abc import Mapping

from seawall.model.selector import NAMESPACE_NAME_LABEL, Operator, Requirement, Selector

Manifest = Mapping[str, object]
"""A Kubernetes object, or a part of one, as JSON would hold it."""


def network_policy(namespace: str, name: str, spec: Manifest) -> Manifest:
    """One NetworkPolicy."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def match_labels(labels: Mapping[str, str]) -> Manifest:
    """A label selector; no labels match everything."""
    return {"matchLabels": dict(labels)} if labels else {}


def selector_manifest(found: Selector) -> Manifest:
    """A label selector: matchLabels where one value is meant, matchExpressions for the rest."""
    single = [r for r in found.requirements if r.operator is Operator.IN and len(r.values) == 1]
    equal = {each.key: each.values[0] for each in single}
    others = [
        _requirement(each)
        for each in found.requirements
        if each not in single or equal[each.key] != each.values[0]
    ]
    expressions: Manifest = {"matchExpressions": others} if others else {}
    return {**match_labels(equal), **expressions}


def _requirement(found: Requirement) -> Manifest:
    values: Manifest = {"values": list(found.values)} if found.values else {}
    return {"key": found.key, "operator": str(found.operator), **values}


def namespace_named(name: str) -> Manifest:
    """The selector of one namespace, by the label that only the API server sets."""
    return match_labels({NAMESPACE_NAME_LABEL: name})
