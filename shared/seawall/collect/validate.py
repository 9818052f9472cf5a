"""What the API server would refuse in a NetworkPolicy, and what it would only warn about.

Source: `pkg/apis/networking/validation/validation.go` and apimachinery's `ValidateLabelSelector`
and `ValidateObjectMeta`. The object comes as plain JSON values, whatever their types; a null is the
same as an absent field. Problems and warnings read like the API server's: path, kind of fault,
value, rule. Unknown fields are pruned by the API server with a warning and refused by kubectl.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from seawall.collect import syntax
from seawall.model.policies import ObjectRef
from seawall.model.ports import Protocol
from seawall.model.selector import Labels, Operator

KIND = "NetworkPolicy"
CLUSTER_SCOPED = frozenset(
    {
        "Namespace",
        "Node",
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
        "ClusterNetworkPolicy",
    }
)
LONGEST_SHOWN = 100
INT32 = range(-(2**31), 2**31)

_TYPES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_METADATA: dict[str, type] = {
    "name": str,
    "generateName": str,
    "namespace": str,
    "selfLink": str,
    "uid": str,
    "resourceVersion": str,
    "generation": int,
    "creationTimestamp": str,
    "deletionTimestamp": str,
    "deletionGracePeriodSeconds": int,
    "labels": dict,
    "annotations": dict,
    "ownerReferences": list,
    "finalizers": list,
    "managedFields": list,
}
# `status` existed from v1.24 to v1.27 and old dumps carry it, empty.
_OBJECT = frozenset({"apiVersion", "kind", "metadata", "spec", "status"})
_SPEC = frozenset({"podSelector", "ingress", "egress", "policyTypes"})
_RULES = (("ingress", "from"), ("egress", "to"))
_PEER = frozenset({"podSelector", "namespaceSelector", "ipBlock"})
_BLOCK = frozenset({"cidr", "except"})
_PORT = frozenset({"protocol", "port", "endPort"})
_SELECTOR = frozenset({"matchLabels", "matchExpressions"})
_REQUIREMENT = frozenset({"key", "operator", "values"})
_POLICY_TYPES = ("Ingress", "Egress")


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in one object; without problems it is as valid as the API server asks."""

    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def identity(kind: str, document: object) -> ObjectRef:
    """As much of who an object is as can be told; a word that no object can have is left empty.

    An empty namespace of a namespaced kind says that it may be any namespace.
    """
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict):
        return ObjectRef(kind, "", "")
    name = metadata.get("name") or f"{metadata.get('generateName') or ''}*"
    namespace = (metadata.get("namespace") or "default") if kind not in CLUSTER_SCOPED else ""
    known = isinstance(namespace, str) and not syntax.dns_label(namespace)
    return ObjectRef(kind, namespace if known else "", name if isinstance(name, str) else "")


def network_policy(document: object) -> Checked:
    """Every problem and warning of a NetworkPolicy."""
    checker = _Checker()
    top = checker.mapping(document, "", _OBJECT)
    checker.metadata(top.get("metadata"), KIND)
    checker.spec(top.get("spec"))
    return Checked(tuple(checker.problems), tuple(checker.warnings))


def metadata(kind: str, document: dict[str, Any]) -> tuple[str, ...]:
    """The problems in the metadata of an object of any kind."""
    checker = _Checker()
    checker.metadata(document.get("metadata"), kind)
    return tuple(checker.problems)


def label_selector(path: str, value: object) -> Checked:
    """Every problem and warning of a label selector at `path`; null and nothing are valid."""
    checker = _Checker()
    checker.selector(value, path)
    return Checked(tuple(checker.problems), tuple(checker.warnings))


def labels(path: str, found: Labels) -> tuple[str, ...]:
    """The problems in labels that are strings already: those of a pod template."""
    checker = _Checker()
    checker.labels(path, dict(found))
    return tuple(checker.problems)


def shown(value: object) -> str:
    """A plain value as Go's %q would write it: no raw control character, cut when long."""
    text = _TYPES[type(value)] if isinstance(value, dict | list) else json.dumps(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@dataclass(slots=True)
class _Checker:
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def wrong(self, path: str, fault: str) -> None:
        self.problems.append(f"{path}: {fault}" if path else fault)

    def invalid(self, path: str, value: object, complaint: str | None) -> None:
        if complaint:
            self.wrong(path, f"Invalid value: {shown(value)}: {complaint}")

    def typed(self, value: object, wanted: type, path: str) -> Any:  # noqa: ANN401  JSON is any
        """`value` if it is of the type; null and anything else are None, the latter a problem."""
        if value is None or type(value) is wanted:
            return value
        found = _TYPES[type(value)]
        self.wrong(path, f"Invalid type: must be {_TYPES[wanted]}, not {found}")
        return None

    def mapping(self, value: object, path: str, known: frozenset[str]) -> dict[str, Any]:
        found: dict[str, Any] = self.typed(value, dict, path) or {}
        for name in sorted(found.keys() - known):
            where = _below(path, shown(name)[1:-1])
            self.warnings.append(
                f"{where}: unknown field; kubectl refuses it, other clients drop it silently"
            )
        return found

    def each(self, value: object, path: str, check: Callable[[Any, str], None]) -> list[Any]:
        found: list[Any] = self.typed(value, list, path) or []
        for number, item in enumerate(found):
            check(item, f"{path}[{number}]")
        return found

    def metadata(self, value: object, kind: str) -> None:
        found = self.mapping(value, "metadata", frozenset(_METADATA))
        typed = {
            name: self.typed(found.get(name), wanted, f"metadata.{name}")
            for name, wanted in _METADATA.items()
        }
        if not (found.get("name") or found.get("generateName")):
            self.wrong("metadata.name", "Required value: name or generateName is required")
        self.names(typed, syntax.dns_label if kind == "Namespace" else syntax.subdomain)
        if kind not in CLUSTER_SCOPED and (namespace := typed["namespace"]):
            self.invalid("metadata.namespace", namespace, syntax.dns_label(namespace))
        self.labels("metadata.labels", typed["labels"] or {})
        self.annotations(typed["annotations"] or {})

    def names(self, typed: dict[str, Any], rule: Callable[[str], str | None]) -> None:
        if name := typed["name"]:
            self.invalid("metadata.name", name, rule(name))
        elif prefix := typed["generateName"]:
            # What is made up starts with the prefix, so that it may end in '-' or '.'.
            self.invalid("metadata.generateName", prefix, rule(f"{prefix}x"))

    def labels(self, path: str, labels: dict[str, object]) -> None:
        # Those of a policy are not judged, so a value is never shown, and a key only if it is good.
        for key, value in labels.items():
            if complaint := syntax.label_key(key):
                self.wrong(path, f"Invalid key: {complaint}")
            elif not isinstance(value, str | None):
                self.wrong(f"{path}[{key}]", "Invalid type: must be a string")
            elif complaint := syntax.label_value(value or ""):
                self.wrong(f"{path}[{key}]", f"Invalid value: {complaint}")

    def annotations(self, annotations: dict[str, object]) -> None:
        # An annotation may hold anything, so neither its key nor its value is ever shown.
        if not all(isinstance(value, str | None) for value in annotations.values()):
            self.wrong("metadata.annotations", "Invalid type: every value must be a string")

    def spec(self, value: object) -> None:
        spec = self.mapping(value, "spec", _SPEC)
        self.selector(spec.get("podSelector"), "spec.podSelector")
        for name, peers in _RULES:
            self.each(spec.get(name), f"spec.{name}", self.rule_check(peers))
        types = self.each(spec.get("policyTypes"), "spec.policyTypes", self.policy_type)
        if len(types) > len(_POLICY_TYPES):
            self.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")

    def rule_check(self, peers: str) -> Callable[[object, str], None]:
        def check(value: object, path: str) -> None:
            rule = self.mapping(value, path, frozenset({peers, "ports"}))
            self.each(rule.get("ports"), f"{path}.ports", self.port)
            self.each(rule.get(peers), f"{path}.{peers}", self.peer)

        return check

    def policy_type(self, value: object, path: str) -> None:
        self.one_of(value, _POLICY_TYPES, path)

    def one_of(self, value: object, allowed: tuple[str, ...], path: str) -> None:
        if value is not None and not isinstance(value, str):
            self.typed(value, str, path)
        elif value not in allowed:
            supported = f"supported values: {', '.join(map(shown, allowed))}"
            self.wrong(path, f"Unsupported value: {shown(value or '')}: {supported}")

    def port(self, value: object, path: str) -> None:
        port = self.mapping(value, path, _PORT)
        if port.get("protocol") is not None:
            self.one_of(port["protocol"], tuple(Protocol), f"{path}.protocol")
        first = port.get("port")
        if isinstance(first, str):
            self.invalid(f"{path}.port", first, syntax.port_name(first))
        elif (
            number := self.int32(first, f"{path}.port", "a whole number or a string")
        ) is not None:
            self.invalid(f"{path}.port", number, syntax.port_number(number))
        last = self.int32(port.get("endPort"), f"{path}.endPort", "a whole number")
        if last is not None:
            self.invalid(f"{path}.endPort", last, _end_port(first, last))

    def int32(self, value: object, path: str, wanted: str) -> int | None:
        if value is None or (type(value) is int and value in INT32):
            return value
        self.wrong(path, f"Invalid type: must be {wanted} (32 bits), not {_TYPES[type(value)]}")
        return None

    def peer(self, value: object, path: str) -> None:
        peer = self.mapping(value, path, _PEER)
        given = [name for name in peer if name in _PEER and peer[name] is not None]
        if not given:
            self.wrong(path, "Required value: must specify a peer")
        elif "ipBlock" in given and len(given) > 1:
            self.wrong(path, "Forbidden: may not specify both ipBlock and another peer")
        for name in sorted(given):
            check = self.block if name == "ipBlock" else self.selector
            check(peer[name], f"{path}.{name}")

    def block(self, value: object, path: str) -> None:
        block = self.mapping(value, path, _BLOCK)
        excepts = self.each(block.get("except"), f"{path}.except", self.network_text)
        cidr = self.typed(block.get("cidr"), str, f"{path}.cidr")
        if not block.get("cidr"):
            self.wrong(f"{path}.cidr", "Required value")
        whole = self.network(cidr, f"{path}.cidr") if cidr else None
        for number, each in enumerate(excepts if whole is not None else ()):
            part = syntax.network(each) if isinstance(each, str) else ""
            if not isinstance(part, str) and not _strictly_within(part, whole):
                complaint = "must be a strict subset of `cidr`"
                self.invalid(f"{path}.except[{number}]", each, complaint)

    def network_text(self, value: object, path: str) -> None:
        text = self.typed(value, str, path)
        if text is not None or value is None:
            self.network(text or "", path)

    def network(self, text: str, path: str) -> syntax.Network | None:
        found = syntax.network(text)
        if isinstance(found, str):
            self.invalid(path, text, found)
            return None
        return found

    def selector(self, value: object, path: str) -> None:
        selector = self.mapping(value, path, _SELECTOR)
        labels = self.typed(selector.get("matchLabels"), dict, f"{path}.matchLabels") or {}
        for key, each in labels.items():
            self.invalid(f"{path}.matchLabels", key, syntax.label_key(key))
            self.label_value(each, f"{path}.matchLabels[{shown(key)[1:-1]}]")
        self.each(selector.get("matchExpressions"), f"{path}.matchExpressions", self.requirement)

    def label_value(self, value: object, path: str) -> None:
        text = self.typed(value, str, path)
        self.invalid(path, text, syntax.label_value(text or ""))

    def requirement(self, value: object, path: str) -> None:
        found = self.mapping(value, path, _REQUIREMENT)
        key = self.typed(found.get("key"), str, f"{path}.key")
        if key is not None or found.get("key") is None:
            self.invalid(f"{path}.key", key or "", syntax.label_key(key or ""))
        values = self.each(found.get("values"), f"{path}.values", self.label_value)
        operator = self.typed(found.get("operator"), str, f"{path}.operator") or ""
        match operator:
            case Operator.IN | Operator.NOT_IN if not values:
                self.wrong(
                    f"{path}.values",
                    "Required value: must be specified when `operator` is 'In' or 'NotIn'",
                )
            case Operator.EXISTS | Operator.DOES_NOT_EXIST if values:
                self.wrong(
                    f"{path}.values",
                    "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                )
            case _ if operator not in tuple(Operator):
                self.invalid(f"{path}.operator", operator, "not a valid selector operator")


def _end_port(first: object, last: int) -> str | None:
    if first is None:
        return "may not be specified when `port` is not specified"
    if not isinstance(first, int):
        return "may not be specified when `port` is non-numeric"
    return "must be greater than or equal to `port`" if last < first else syntax.port_number(last)


def _strictly_within(part: syntax.Network, whole: syntax.Network | None) -> bool:
    return (
        whole is not None
        and part.version == whole.version
        and part.prefixlen > whole.prefixlen
        and part.network_address in whole
    )
