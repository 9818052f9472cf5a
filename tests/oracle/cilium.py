"""Cilium: its own policies and NetworkPolicy together, deny first.

Sources: cilium/cilium `Documentation/security/policy/` (intro, deny, layer3, kubernetes), and where
these are silent `pkg/k8s/apis/cilium.io/utils/utils.go` and `pkg/policy/`. Mode `default`.
"""

from collections.abc import Iterator

from tests.oracle import networkpolicy
from tests.oracle.cluster import (
    Cluster,
    End,
    Labels,
    Maybe,
    Obj,
    Wanted,
    all_of,
    any_of,
    ends_of,
    ports_named,
    within,
)
from tests.oracle.selectors import holds

NAMESPACE = "io.kubernetes.pod.namespace"
NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
ACCOUNT = "io.cilium.k8s.policy.serviceaccount"

Home = str
"""The namespace of a policy; empty for a clusterwide one."""


def decide(cluster: Cluster, subject: End, other: End, direction: str, wanted: Wanted) -> Maybe:
    """deny.rst: "Deny policies [...] take precedence over allow policies", whoever allows.

    intro.rst: an endpoint "transitions to a default-deny state" when a policy selects it.
    """
    key = direction.lower()
    rules = list(_selecting(cluster, subject))
    own = networkpolicy.isolating(cluster, subject, direction)
    denied = any_of(
        _matches(cluster, home, rule, (subject, other), wanted)
        for home, spec in rules
        for rule in spec.get(f"{key}Deny") or []
    )
    closed = bool(own) or any(_closes(spec, key) for _, spec in rules)
    admitted = [
        networkpolicy.admitted(cluster, each, other, direction, wanted, _block) for each in own
    ]
    allowed = any_of(
        _matches(cluster, home, rule, (subject, other), wanted)
        for home, spec in rules
        for rule in spec.get(key) or []
    )
    opened = any_of((not closed, *admitted, allowed))
    return all_of((None if denied is None else not denied, opened))


def _closes(spec: Obj, key: str) -> bool:
    """EnableDefaultDeny: "any policy requesting default deny" wins; the default is true.

    Only where there are rules of the direction; deny.rst: denying ones count as well.
    """
    has_rules = bool(spec.get(key) or spec.get(f"{key}Deny"))
    return has_rules and spec.get("enableDefaultDeny", {}).get(key, True) is not False


def _selecting(cluster: Cluster, subject: End) -> Iterator[tuple[Home, Obj]]:
    """The specs whose endpointSelector selects a pod; those of a namespace select in it alone."""
    for kind in ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"):
        for policy in cluster.of(kind, "cilium.io"):
            home = policy["metadata"].get("namespace", "")
            specs = [policy["spec"]] if "spec" in policy else []
            for spec in [*specs, *policy.get("specs", [])]:
                if home in {"", subject.namespace} and _selects(
                    spec["endpointSelector"], labels_of(cluster, subject)
                ):
                    yield home, spec


def labels_of(cluster: Cluster, pod: End) -> Labels:
    """All labels of an endpoint, of the source `k8s` (kubernetes.rst, "Namespaces")."""
    found = pod.labels
    found[NAMESPACE] = pod.namespace
    if pod.pod:
        found[ACCOUNT] = pod.pod["spec"].get("serviceAccountName", "default")
    for key, value in cluster.namespaces[pod.namespace].items():
        found[NAMESPACE_LABELS + key] = value
    return found


def _selects(selector: Obj, labels: Labels) -> bool:
    """A key may have a source: `k8s:` is that of every label of a pod, `any:` is any."""
    pairs = (selector.get("matchLabels") or {}).items()
    expressions = selector.get("matchExpressions") or []
    return all(labels.get(_plain(key)) == value for key, value in pairs) and all(
        holds(_plain(each["key"]), each["operator"], each.get("values") or [], labels)
        for each in expressions
    )


def _plain(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:")


def _matches(
    cluster: Cluster, home: Home, rule: Obj, ends: tuple[End, End], wanted: Wanted
) -> Maybe:
    """A rule matches whom its peer means, on one of its ports; each of them may be left out."""
    return all_of((_peers(cluster, home, rule, ends), _ports(cluster, rule, ends[0], wanted)))


def _peers(cluster: Cluster, home: Home, rule: Obj, ends: tuple[End, End]) -> Maybe:
    subject, other = ends
    kinds = {key.removeprefix("from").removeprefix("to"): each for key, each in rule.items()}
    kinds.pop("Ports", None)
    if not kinds:
        return True  # layer4.rst: "a layer 4 policy without layer 3 matches all"
    [(kind, told)] = kinds.items()
    match kind:
        case "Endpoints":
            return any_of(_endpoint(cluster, home, each, ends) for each in told)
        case "Entities":
            return any_of(_entity(cluster, each, subject, other) for each in told)
        case "CIDR":
            return any_of(_block(cluster, {"cidr": each}, other) for each in told)
        case "CIDRSet":
            return any_of(_block(cluster, each, other) for each in told)
        case _:
            raise ValueError(kind)


def _outside(cluster: Cluster, end: End) -> bool:
    return end.pod is None and not cluster.node_of(end)


def _block(cluster: Cluster, block: Obj, other: End) -> Maybe:
    """layer3.rst: CIDR rules "do not apply to traffic where both sides are managed by Cilium".

    Nodes are meant only with `policy-cidr-match-mode: nodes`, a setting that manifests do not tell;
    and cilium/cilium#16308: earlier versions read them now as a host, now as a CIDR.
    """
    if other.selectable or not within(other.address, block["cidr"], block.get("except") or []):
        return False
    return True if _outside(cluster, other) else None


def _endpoint(cluster: Cluster, home: Home, selector: Obj, ends: tuple[End, End]) -> Maybe:
    """`getEndpointSelector`: without a namespace it means that of the policy."""
    subject, other = ends
    keys = list(selector.get("matchLabels") or {})
    keys += [each["key"] for each in selector.get("matchExpressions") or []]
    if reserved := [key for key in keys if key.startswith("reserved:")]:
        return all_of(
            _entity(cluster, key.removeprefix("reserved:"), subject, other) for key in reserved
        )
    if not other.selectable:
        return False
    anywhere = any(
        _plain(key) == NAMESPACE or _plain(key).startswith(NAMESPACE_LABELS) for key in keys
    )
    at_home = anywhere or home in {"", other.namespace}
    return at_home and _selects(selector, labels_of(cluster, other))


def _entity(cluster: Cluster, entity: str, subject: End, other: End) -> Maybe:
    """layer3.rst, "Entities based"."""
    node = cluster.node_of(other)
    own = subject.pod["spec"].get("nodeName", "") if subject.pod else ""
    is_outside = _outside(cluster, other)
    match entity:
        case "all":
            return True
        case "world":
            return is_outside
        case "cluster":
            # The API server belongs to it (`EntitySelectorMapping`), wherever its address is.
            return None if is_outside else True
        case "host":
            return bool(node) and node == own
        case "remote-node":
            return bool(node) and node != own
        case "none":
            return False
        case _:
            raise ValueError(entity)


def _ports(cluster: Cluster, rule: Obj, subject: End, wanted: Wanted) -> Maybe:
    entries = [port for each in rule.get("toPorts") or [] for port in each["ports"]]
    return not entries or any_of(_port(cluster, each, subject, wanted) for each in entries)


def _port(cluster: Cluster, told: Obj, subject: End, wanted: Wanted) -> Maybe:
    """layer4.rst: the default protocol is ANY; port 0 is every port; endPort is inclusive."""
    if told.get("protocol", "ANY") not in {"ANY", wanted.protocol}:
        return False
    text = str(told["port"])
    if text.isdigit():
        first, last = int(text), told.get("endPort", int(text))
        return first == 0 or bool(first <= wanted.port <= last)
    if subject.pod is wanted.target.pod:
        return (wanted.protocol, wanted.port) in ports_named(subject, text)
    return _named_elsewhere(cluster, text, wanted)


def _named_elsewhere(cluster: Cluster, name: str, wanted: Wanted) -> Maybe:
    """`namedPortMultiMap`: at egress a name is the one number that the cluster's pods give it.

    Where they give it several, earlier versions drop the rule, later ones ask each destination.
    """
    numbers = _numbers(cluster, name, wanted.protocol)
    if wanted.port not in numbers:
        return False
    return True if len(numbers) == 1 else None


def _numbers(cluster: Cluster, name: str, protocol: str) -> set[int]:
    return {
        port
        for pod in cluster.pods.values()
        for end in ends_of(pod)
        if end.selectable
        for its_protocol, port in ports_named(end, name)
        if its_protocol == protocol
    }
