"""Kubernetes objects to be written, as values: JSON in the making, never pasted text."""

from collections.abc import Mapping

from seawall.model.selector import NAMESPACE_NAME_LABEL

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


def namespace_named(name: str) -> Manifest:
    """The selector of one namespace, by the label that only the API server sets."""
    return match_labels({NAMESPACE_NAME_LABEL: name})
