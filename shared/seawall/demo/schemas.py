"""What the server knows about the fields of a kind: which there are, and how they are merged.

A list is one value (atomic), keyed by some fields of its items, or a set; a mapping is merged field
by field unless it is atomic. Of kinds that are not written down here every field is accepted, and
how a field is merged is deduced from its value: mappings by field, lists as a whole.
https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from seawall.demo.resources import Json, Resource


class Form(StrEnum):
    """What a value is in JSON."""

    ANY = "anything"
    SCALAR = "a plain value"
    MAP = "map"
    LIST = "list"


_NO_FIELDS: Final[Mapping[str, "Shape"]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Shape:
    """One value and what is in it.

    Attributes:
        form: What it must be.
        fields: The fields that are declared, of a map.
        item: What is in it beside the declared fields; None if there may be nothing else.
        atomic: It is owned and replaced as a whole.
        keys: Of a list, the fields that tell its items apart, and what they are if absent.
    """

    form: Form
    fields: Mapping[str, "Shape"] = field(default_factory=lambda: _NO_FIELDS)
    item: "Shape | None" = None
    atomic: bool = False
    keys: tuple[tuple[str, str | None], ...] = ()

    def of(self, value: object) -> "Shape":
        """This shape, or for anything the one that is deduced from the value."""
        if self.form is not Form.ANY:
            return self
        return _DEDUCED_MAP if isinstance(value, dict) else _deduced_other(value)

    def below(self, name: str) -> "Shape | None":
        """The shape of a field; None if there is no such field."""
        return self.fields.get(name, self.item)


ANY: Final = Shape(Form.ANY)
SCALAR: Final = Shape(Form.SCALAR)
_DEDUCED_MAP: Final = Shape(Form.MAP, item=ANY)
_DEDUCED_LIST: Final = Shape(Form.LIST, item=ANY, atomic=True)
_TEXTS: Final = Shape(Form.MAP, item=SCALAR)


def _deduced_other(value: object) -> Shape:
    return _DEDUCED_LIST if isinstance(value, list) else SCALAR


def _struct(scalars: str = "", /, **fields: Shape) -> Shape:
    return Shape(Form.MAP, MappingProxyType(dict.fromkeys(scalars.split(), SCALAR) | fields))


def _open(**fields: Shape) -> Shape:
    """A struct of which only some fields are written down here."""
    return Shape(Form.MAP, MappingProxyType(fields), item=ANY)


def _atomic(scalars: str = "", /, **fields: Shape) -> Shape:
    return Shape(Form.MAP, _struct(scalars, **fields).fields, atomic=True)


def _whole(item: Shape) -> Shape:
    return Shape(Form.LIST, item=item, atomic=True)


def _keyed(item: Shape, **keys: str | None) -> Shape:
    return Shape(Form.LIST, item=item, keys=tuple(sorted(keys.items())))


_METADATA: Final = _struct(
    "name generateName namespace selfLink uid resourceVersion generation creationTimestamp "
    "deletionTimestamp deletionGracePeriodSeconds",
    labels=_TEXTS,
    annotations=_TEXTS,
    ownerReferences=_keyed(
        _atomic("apiVersion kind name uid controller blockOwnerDeletion"), uid=None
    ),
    finalizers=Shape(Form.LIST, item=SCALAR),
    managedFields=_whole(ANY),
)
_SELECTOR: Final = _atomic(
    matchLabels=_TEXTS,
    matchExpressions=_whole(_struct("key operator", values=_whole(SCALAR))),
)
_PEERS: Final = _whole(
    _struct(
        podSelector=_SELECTOR,
        namespaceSelector=_SELECTOR,
        ipBlock=_struct("cidr", **{"except": _whole(SCALAR)}),
    )
)
_PORTS: Final = _whole(_struct("protocol port endPort"))
_CONTAINER: Final = _open(
    ports=_keyed(_open(), containerPort=None, protocol="TCP"), env=_keyed(_open(), name=None)
)
_SERVICE_SPEC: Final = _struct(
    "allocateLoadBalancerNodePorts clusterIP externalName externalTrafficPolicy "
    "healthCheckNodePort internalTrafficPolicy ipFamilyPolicy loadBalancerClass loadBalancerIP "
    "publishNotReadyAddresses sessionAffinity trafficDistribution type",
    clusterIPs=_whole(SCALAR),
    externalIPs=_whole(SCALAR),
    ipFamilies=_whole(SCALAR),
    loadBalancerSourceRanges=_whole(SCALAR),
    ports=_keyed(
        _struct("appProtocol name nodePort port protocol targetPort"), port=None, protocol="TCP"
    ),
    selector=Shape(Form.MAP, item=SCALAR, atomic=True),
    sessionAffinityConfig=_struct(clientIP=_struct("timeoutSeconds")),
)
_BODIES: Final[Mapping[str, Shape]] = MappingProxyType(
    {
        "v1 Namespace": _struct(spec=_struct(finalizers=_whole(SCALAR)), status=ANY),
        "v1 ConfigMap": _struct("immutable", data=_TEXTS, binaryData=_TEXTS),
        "v1 Secret": _struct("immutable type", data=_TEXTS, stringData=_TEXTS),
        "v1 Service": _struct(spec=_SERVICE_SPEC, status=ANY),
        "v1 ServiceAccount": _struct(
            "automountServiceAccountToken",
            secrets=_keyed(ANY, name=None),
            imagePullSecrets=_keyed(ANY, name=None),
        ),
        "v1 Pod": _open(spec=_open(containers=_keyed(_CONTAINER, name=None)), status=_open()),
        "networking.k8s.io/v1 NetworkPolicy": _struct(
            spec=_struct(
                podSelector=_SELECTOR,
                ingress=_whole(_struct(**{"from": _PEERS}, ports=_PORTS)),
                egress=_whole(_struct(to=_PEERS, ports=_PORTS)),
                policyTypes=_whole(SCALAR),
            )
        ),
    }
)
# What an object of the kind holds before anything is put into it. Its fields are nobody's: a
# manager that creates a policy without a podSelector does not own the empty one (recorded).
_EMPTY_POLICY: Final[Json] = {"spec": {"podSelector": {}}}


def shape_of(resource: Resource) -> Shape:
    """The whole object of a kind."""
    body = _BODIES.get(f"{resource.api_version} {resource.kind}")
    if body is None:
        known = {} if resource.custom else {"spec": _open(), "status": _open()}
        body = _open(**known)
    head = {"apiVersion": SCALAR, "kind": SCALAR, "metadata": _METADATA}
    return Shape(Form.MAP, MappingProxyType({**head, **body.fields}), item=body.item)


def empty(resource: Resource) -> Json:
    """What is there before the first field is set."""
    if resource.kind == "NetworkPolicy" and not resource.custom:
        return {"metadata": {}, **_EMPTY_POLICY}
    parts: Json = {"metadata": {}}
    return parts | ({"spec": {}, "status": {}} if resource.has_status else {})


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where an object is not as its shape says; of a wrong type it tells which one."""

    path: str
    found: str = ""
    wanted: str = ""


def faults(value: object, shape: Shape, path: str = "") -> Iterator[Fault]:
    """Yield every unknown field and every value of a wrong form, the names sorted."""
    actual = shape.of(value)
    if value is None:
        return
    found = _form(value)
    if found is not actual.form:
        yield Fault(path, _GO_TYPES.get(type(value), "value"), actual.form.value)
    elif isinstance(value, dict):
        for name in sorted(value):
            inner = actual.below(name)
            where = f"{path}.{name}" if path else name
            yield from (Fault(where),) if inner is None else faults(value[name], inner, where)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from faults(item, actual.item or ANY, f"{path}[{index}]")


def without_unknown(value: Any, shape: Shape) -> Any:  # noqa: ANN401  JSON is any
    """A copy without the fields that the kind does not have, and without nulls, as if decoded."""
    actual = shape.of(value)
    if isinstance(value, dict):
        return {
            name: without_unknown(inner, below)
            for name, inner in value.items()
            if (below := actual.below(name)) is not None and inner is not None
        }
    if isinstance(value, list):
        return [{} if i is None else without_unknown(i, actual.item or ANY) for i in value]
    return value


_GO_TYPES: Final[Mapping[type, str]] = MappingProxyType(
    {dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number"}
)


def _form(value: object) -> Form:
    if isinstance(value, dict):
        return Form.MAP
    return Form.LIST if isinstance(value, list) else Form.SCALAR
