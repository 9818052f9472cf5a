"""Calico: tiers, policies in them, rules in these, each in its order.

Sources: docs.tigera.io, "Tier", "NetworkPolicy", "GlobalNetworkPolicy"; where they are silent,
projectcalico/calico `libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go`.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from tests.oracle import admin, networkpolicy
from tests.oracle.admin import Actions
from tests.oracle.calico_selector import selects
from tests.oracle.cluster import Cluster, End, Labels, Maybe, Obj, Wanted, ports_named, within

GROUP = "projectcalico.org"
NAMESPACE = "projectcalico.org/namespace"
NUMBERS = {"TCP": 6, "UDP": 17, "SCTP": 132}


class Tier(NamedTuple):
    """Tier: `order` (absent: last) and what becomes of whom no policy of it acts on."""

    order: float
    name: str
    default_action: str


class Asked(NamedTuple):
    """One question, as every step passes it on."""

    cluster: Cluster
    subject: End
    other: End
    direction: str
    wanted: Wanted


def decide(cluster: Cluster, subject: End, other: End, direction: str, wanted: Wanted) -> Maybe:
    """Tier, "How policy is evaluated"; None where it turns on how equal orders are sorted.

    By name (documented); up to 3.30 the name began with the namespace, if there is one (`PolKV`).
    """
    asked = Asked(cluster, subject, other, direction, wanted)
    outcomes = _outcomes(asked, with_namespace=False) | _outcomes(asked, with_namespace=True)
    return outcomes.pop() if len(outcomes) == 1 else None


def _outcomes(asked: Asked, *, with_namespace: bool) -> set[bool]:
    """Tiers by order, until one allows or denies; then the namespace's profile, which allows."""
    outcomes: set[bool] = set()
    for tier in sorted(_tiers(asked.cluster)):
        found = _tier(tier, asked, with_namespace=with_namespace)
        outcomes |= {action == "Allow" for action in found - {"Pass"}}
        if "Pass" not in found:
            return outcomes
    return outcomes | {True}


def _tiers(cluster: Cluster) -> Iterator[Tier]:
    """Beside those written down Calico makes these itself (Tier; tiered-policy.mdx)."""
    made = {
        "default": Tier(1_000_000, "default", "Deny"),
        "kube-admin": Tier(1_000, "kube-admin", "Pass"),
        "kube-baseline": Tier(10_000_000, "kube-baseline", "Pass"),
    }
    for each in cluster.of("Tier", GROUP):
        spec, name = each["spec"], each["metadata"]["name"]
        order = math.inf if spec.get("order") is None else float(spec["order"])
        made[name] = Tier(order, name, spec.get("defaultAction", "Deny"))
    yield from made.values()


def _tier(tier: Tier, asked: Asked, *, with_namespace: bool) -> Actions:
    """What a tier may do: Allow, Deny, or Pass, also where it has no policy for the pod.

    "If the tier applies to the endpoint, but takes no action on the packet, the packet is dropped.
    This behaviour can be changed by setting the `defaultAction`."
    """
    if tier.name in {"kube-admin", "kube-baseline"}:
        name = tier.name.removeprefix("kube-").capitalize()
        found = admin.asked(asked.cluster, name, *asked[1:])
        return frozenset({"Accept": "Allow", "": "Pass"}.get(each, each) for each in found)
    applying = sorted(
        _policies(tier.name, asked),
        key=lambda each: (each.order, (each.namespace if with_namespace else "") + each.name),
    )
    acting = [each.action for each in applying if each.action]
    return frozenset({acting[0] if acting else tier.default_action if applying else "Pass"})


class Applying(NamedTuple):
    """A policy of a tier that selects the pod, and what it does; "" for nothing."""

    order: float
    namespace: str
    name: str
    action: str


def _policies(tier: str, asked: Asked) -> Iterator[Applying]:
    """`order`: "lowest first", absent: last. NetworkPolicies are in `default` at 1000."""
    cluster, subject, other, direction, wanted = asked
    for kind in ("NetworkPolicy", "GlobalNetworkPolicy"):
        for policy in cluster.of(kind, GROUP):
            spec, metadata = policy["spec"], policy["metadata"]
            if spec.get("tier", "default") == tier and _applies(policy, asked):
                order = math.inf if spec.get("order") is None else float(spec["order"])
                home = f"{metadata['namespace']}/" if "namespace" in metadata else ""
                yield Applying(order, home, metadata["name"], _action(policy, asked))
    if tier == "default":
        for policy in networkpolicy.isolating(cluster, subject, direction):
            admits = networkpolicy.admitted(cluster, policy, other, direction, wanted)
            name = f"knp.default.{policy['metadata']['name']}"
            yield Applying(1000.0, f"{subject.namespace}/", name, "Allow" if admits else "")


def _applies(policy: Obj, asked: Asked) -> bool:
    """`selector`, `namespaceSelector`, and `types`."""
    spec, home = policy["spec"], policy["metadata"].get("namespace", "")
    if asked.direction not in spec["types"] or home not in {"", asked.subject.namespace}:
        return False
    labels = labels_of(asked.cluster, asked.subject)
    return _of_namespace(spec.get("namespaceSelector", ""), labels) and selects(
        spec.get("selector", ""), labels
    )


def _of_namespace(selector: str, labels: Labels) -> bool:
    """The selector is asked about what begins with `pcns.`, also of what is in no namespace.

    `all()` is "any namespace", `global()` is "none" (`getEndpointSelector`).
    """
    has_namespace = NAMESPACE in labels
    if selector in {"all()", "global()"}:
        return has_namespace == (selector == "all()")
    inherited = {
        key.removeprefix("pcns."): value for key, value in labels.items() if key.startswith("pcns.")
    }
    return selects(selector, inherited)


def labels_of(cluster: Cluster, pod: End) -> Labels:
    """calico-labels: what Calico gives to pods; and under `pcns.` what they have by namespace."""
    account = pod.pod["spec"].get("serviceAccountName", "default") if pod.pod else ""
    inherited = {f"pcns.{key}": value for key, value in cluster.namespaces[pod.namespace].items()}
    return {
        **inherited,
        f"pcns.{GROUP}/name": pod.namespace,
        **pod.labels,
        NAMESPACE: pod.namespace,
        f"{GROUP}/orchestrator": "k8s",
        f"{GROUP}/serviceaccount": account,
    }


def _action(policy: Obj, asked: Asked) -> str:
    """Rule: top-down, the first that matches acts; Log "continues with the next rule"."""
    home = policy["metadata"].get("namespace", "")
    for rule in policy["spec"].get(asked.direction.lower()) or []:
        if rule["action"] != "Log" and _matches(rule, home, asked):
            return str(rule["action"])
    return ""


def _matches(rule: Obj, home: str, asked: Asked) -> bool:
    """Rule: everything that is written must be so."""
    incoming = asked.direction == "Ingress"
    source, target = (asked.other, asked.subject) if incoming else (asked.subject, asked.other)
    return (
        _protocols(rule, asked.wanted.protocol)
        and rule.get("ipVersion", target.address.version) == target.address.version
        and _entity(rule.get("source") or {}, home, source, asked.cluster)
        and _entity(rule.get("destination") or {}, home, target, asked.cluster)
        and _ports(rule.get("destination") or {}, asked.wanted)
    )


def _protocols(rule: Obj, protocol: str) -> bool:
    """`protocol`: a name or a number."""
    same = {protocol, NUMBERS[protocol]}
    is_meant = "protocol" not in rule or rule["protocol"] in same
    return is_meant and rule.get("notProtocol") not in same


def _entity(told: Obj, home: str, end: End, cluster: Cluster) -> bool:
    """EntityRule, all but its ports."""
    nets, not_nets = told.get("nets") or [], told.get("notNets") or []
    if nets and not any(within(end.address, each) for each in nets):
        return False
    if any(within(end.address, each) for each in not_nets):
        return False
    return _selected(told, home, end, cluster)


def _selected(told: Obj, home: str, end: End, cluster: Cluster) -> bool:
    """`GetEntityRuleSelector`: any selector in a namespaced policy keeps to its namespace.

    Beside one, `notSelector` is a part of it; alone it means every address but those that it
    selects (felix `calc/rule_scanner.go`, `combineMatchesIfPossible`).
    """
    namespaces, selector = told.get("namespaceSelector", ""), told.get("selector", "")
    accounts = (told.get("serviceAccounts") or {}).get("names") or []
    excluded = told.get("notSelector", "")
    known = list(_known(cluster, end))
    if not (namespaces or selector or accounts or (home and excluded)):
        return not (excluded and any(selects(excluded, labels) for labels, _ in known))
    return any(
        (_of_namespace(namespaces, labels) if namespaces else home in {"", name})
        and (not accounts or labels.get(f"{GROUP}/serviceaccount") in accounts)
        and selects(selector, labels)
        and not (excluded and selects(excluded, labels))
        for labels, name in known
    )


def _known(cluster: Cluster, end: End) -> Iterator[tuple[Labels, str]]:
    """(labels, namespace) of what Calico knows this address as: a pod, and sets of networks."""
    if end.selectable:
        yield labels_of(cluster, end), end.namespace
    for kind in ("NetworkSet", "GlobalNetworkSet"):
        for each in cluster.of(kind, GROUP):
            home = each["metadata"].get("namespace", "")
            if any(within(end.address, net) for net in each["spec"].get("nets") or []):
                yield _labels_of_set(cluster, each, home), home


def _labels_of_set(cluster: Cluster, told: Obj, home: str) -> Labels:
    """A NetworkSet has the labels of its namespace as pods have."""
    own = dict(told["metadata"].get("labels") or {})
    if not home:
        return own
    inherited = {f"pcns.{key}": value for key, value in cluster.namespaces[home].items()}
    return {**inherited, f"pcns.{GROUP}/name": home, **own, NAMESPACE: home}


def _ports(told: Obj, wanted: Wanted) -> bool:
    """`ports`, `notPorts`: a number, a range "first:last", or a name of the destination's."""
    ports, excluded = told.get("ports") or [], told.get("notPorts") or []
    return (not ports or any(_port(each, wanted) for each in ports)) and not any(
        _port(each, wanted) for each in excluded
    )


def _port(told: int | str, wanted: Wanted) -> bool:
    if isinstance(told, int):
        return told == wanted.port
    first, colon, last = told.partition(":")
    if colon:
        return int(first) <= wanted.port <= int(last)
    # Only workload endpoints have names for ports; a host-network pod is none.
    named = ports_named(wanted.target, told) if wanted.target.selectable else []
    return (wanted.protocol, wanted.port) in named
