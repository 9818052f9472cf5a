"""Manifests to start a fix from, as values: reports write them out, nothing pastes text."""

from collections.abc import Collection
from dataclasses import replace

from seawall.analyse.classes import DNS_LABELS, DNS_NAMESPACE
from seawall.collect.parse import network_policy_from
from seawall.model.errors import Trouble
from seawall.model.finding import Fix
from seawall.model.manifests import Manifest, match_labels, namespace_named, network_policy
from seawall.model.policies import BrokenObject, Direction, NetworkPolicy

DNS_PEER = {
    "namespaceSelector": namespace_named(DNS_NAMESPACE),
    "podSelector": match_labels(dict(DNS_LABELS)),
}
DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]
DNS_RULE = {"to": [DNS_PEER], "ports": DNS_PORTS}
SAME_NAMESPACE: Manifest = {"podSelector": {}}


def isolate(namespace: str, direction: Direction, taken: Collection[str]) -> Fix:
    """Close a direction of a namespace, but for traffic inside it (and DNS, for egress).

    `taken` are the names of its policies: a fix adds one and never replaces one.
    """
    if direction is Direction.INGRESS:
        spec: Manifest = {
            "podSelector": {},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [SAME_NAMESPACE]}],
        }
        text = (
            "Deny ingress by default and allow the namespace's own pods; add who else must come in."
        )
    else:
        spec = {
            "podSelector": {},
            "policyTypes": ["Egress"],
            "egress": [{"to": [SAME_NAMESPACE]}, DNS_RULE],
        }
        text = "Deny egress by default, allow the namespace's own pods and DNS; add what is needed."
    return Fix(text, network_policy(namespace, _free(f"isolate-{direction}", taken), spec))


def allow_dns(namespace: str, taken: Collection[str]) -> Fix:
    """Let every pod of a namespace ask the cluster's DNS, over UDP and TCP; `taken` as above."""
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [DNS_RULE]}
    text = "Allow UDP and TCP 53 to the cluster's DNS pods."
    return Fix(text, network_policy(namespace, _free("allow-dns", taken), spec))


def meaning(manifest: Manifest) -> NetworkPolicy:
    """The NetworkPolicy that a cluster would hold: it is read like any other.

    Raises:
        Trouble: No API server would take it.
    """
    found = network_policy_from(dict(manifest))
    if isinstance(found, BrokenObject):
        raise Trouble(f"{found.ref} cannot be applied: {'; '.join(found.problems)}")
    return found


def means(found: NetworkPolicy | BrokenObject, manifest: Manifest) -> bool:
    """Whether a policy that was read is what the manifest says, however either is written."""
    if isinstance(found, BrokenObject):
        return False
    return replace(found, origin="", warnings=()) == replace(meaning(manifest), warnings=())


def _free(name: str, taken: Collection[str]) -> str:
    """The name, or the first of name-2, name-3, ... that no policy has."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
