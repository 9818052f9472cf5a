"""The documents of a folder to what is in it: each object once, each kind on its own."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import msgspec

from seawall.collect import groups, parse, validate, wire, workloads
from seawall.collect.dialects import DialectRead, dialect_read, dialects_of
from seawall.collect.documents import Document, Found
from seawall.collect.entrances import MEMBERS, Kind, known_entrance, others_among, whole
from seawall.collect.groups import KnownKind
from seawall.collect.istio import mesh_of, mesh_read
from seawall.collect.workloads import Planned
from seawall.model.cilium import CiliumPolicy
from seawall.model.dialects import DialectObject, Dialects
from seawall.model.entrances import Entrances, Forward, Gateway, Service
from seawall.model.errors import Trouble
from seawall.model.istio import Mesh, MeshObject
from seawall.model.policies import (
    BrokenObject,
    NetworkPolicy,
    ObjectRef,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Namespace, Node, Pod

V = TypeVar("V")

NETWORKING = "networking.k8s.io"

_NAMESPACED = frozenset(
    {
        "CiliumNetworkPolicy",
        "CiliumLocalRedirectPolicy",
        "NetworkPolicy",
        "NetworkSet",
        "EgressFirewall",
        "UserDefinedNetwork",
        "FQDNNetworkPolicy",
        "ApplicationNetworkPolicy",
    }
)
"""The kinds of `groups` that live in a namespace: without one, kubectl puts them in `default`."""


@dataclass(frozen=True, slots=True)
class Named:
    """A namespace and its UID, which is empty in a manifest."""

    namespace: Namespace
    uid: str


@dataclass(frozen=True, slots=True)
class Unmodelled:
    """An object of a policy kind that is not modelled."""

    known: KnownKind
    object: UnmodelledObject


Value = Named | Pod | Node | Planned | NetworkPolicy | DialectObject | Unmodelled | BrokenObject
Reading = Callable[[Document], Value]
_RETIRED = {f"{NETWORKING}/v1beta1": f"{NETWORKING}/v1"}
"""Of Ingress; it names Services in another way, and no server has had it since v1.22."""
Leading = Service | Forward | Gateway | BrokenObject


@dataclass(slots=True)
class Contents:
    """What the documents hold.

    Attributes:
        values: The objects that matter to a verdict.
        leading: What leads to pods from outside, by its member of `Entrances`.
        meshed: Istio's policies; what is wrong with one makes no verdict unknown.
        counted: The other kinds, by apiVersion/kind.
        repeated: How many objects are there once more, the same.
        skipped: How many documents are no Kubernetes objects.
        doubtful: The file and line of each word that kubectl alone takes for a boolean.
    """

    values: list[Value] = field(default_factory=list)
    leading: list[tuple[str, Leading]] = field(default_factory=list)
    meshed: list[MeshObject | BrokenObject] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    skipped: int = 0
    doubtful: list[str] = field(default_factory=list)

    def of(self, shape: type[V]) -> tuple[V, ...]:
        """The values of one shape, in the order they were met."""
        return tuple(value for value in self.values if isinstance(value, shape))

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods, and those of workloads that have none."""
        pods = self.of(Pod)
        return (*pods, *workloads.without_live_pods(self.of(Planned), pods))

    @property
    def entrances(self) -> Entrances:
        """What leads to the pods; one that cannot be read may be the one that counts."""
        found: dict[str, list[Any]] = {member: [] for member in MEMBERS}
        for member, each in self.leading:
            found[member].append(each)
        groups = (name.partition("/")[0] for name in self.counted)
        sights = {member: whole(dict.fromkeys(each)) for member, each in found.items()}
        if not found["services"]:
            # Every cluster has some: what is here is a part of one, as it is without nodes.
            sights["services"] = Unseen("no Service objects in the manifests")
        return Entrances(**sights, others=others_among(groups))

    @property
    def unmodelled(self) -> tuple[UnmodelledKind, ...]:
        """The policy kinds that are not modelled, with their objects."""
        found: dict[KnownKind, list[UnmodelledObject]] = {}
        for value in self.of(Unmodelled):
            found.setdefault(value.known, []).append(value.object)
        return tuple(
            groups.unmodelled_kind(known, Seen(tuple(objects))) for known, objects in found.items()
        )

    @property
    def mesh(self) -> Mesh:
        """Istio's policies; the same object twice counts twice, which decides nothing else."""
        return mesh_of(self.meshed)

    @property
    def dialects(self) -> Dialects:
        """The policies of other kinds than NetworkPolicy that are modelled."""
        return dialects_of(each for each in self.values if isinstance(each, DialectObject))


def contents(found_in_files: Iterable[Found]) -> Contents:
    """Everything in the files.

    Raises:
        Trouble: One object is there twice, and not the same.
    """
    gathered = _Gathering()
    for found in found_in_files:
        gathered.contents.skipped += found.others
        gathered.contents.doubtful += found.doubtful
        for document in found.documents:
            gathered.take(document)
    if gathered.doubles:
        raise _ambiguous(gathered.doubles)
    return gathered.contents


class _Gathering:
    """The contents so far, and where each object was met first."""

    def __init__(self) -> None:
        self.contents = Contents()
        self.doubles: list[str] = []
        self._met: dict[tuple[str, ObjectRef], tuple[Value, str]] = {}

    def take(self, document: Document) -> None:
        kind = known_entrance(document.group, document.kind)
        if kind is not None and document.api_version:
            self.contents.leading.append((kind.member, _leading(kind, document)))
            return
        if read := mesh_read(document.group, document.api_version.partition("/")[2], document.kind):
            self.contents.meshed.append(read(document.value, document.origin))
            return
        reading = _reading(document)
        if reading is None:
            self.count(document)
            return
        value = reading(document)
        ref = _ref(value)
        if not ref.name or ref.name.endswith("*"):
            # The API server makes up the rest of the name, or there is none: no two are the same.
            self.contents.values.append(value)
            return
        self.keep(ref, value, document)

    def count(self, document: Document) -> None:
        if document.api_version:
            self.contents.counted[f"{document.api_version}/{document.kind}"] += 1
        else:
            self.contents.skipped += 1

    def keep(self, ref: ObjectRef, value: Value, document: Document) -> None:
        identity = (document.group, ref)
        if identity not in self._met:
            self._met[identity] = (value, document.origin)
            self.contents.values.append(value)
            return
        before, origin = self._met[identity]
        if _placeless(before) == _placeless(value):
            self.contents.repeated += 1
        else:
            self.doubles.append(f"{ref}: {origin} and {document.origin}")


def _leading(kind: Kind, document: Document) -> Leading:
    """What leads in; two of one name both count, so the more open one is not missed."""
    if document.api_version in _RETIRED:
        return _refused(document, _RETIRED[document.api_version])
    found: Leading = parse.one_from(
        document.kind, document.value, kind.shape, kind.change, document.origin
    )
    return found


def _ambiguous(doubles: Sequence[str]) -> Trouble:
    listed = "\n  ".join(doubles)
    return Trouble(
        "the same object is here twice with different content, and which of the two a cluster "
        f"would hold depends on who applies them:\n  {listed}\n"
        "remove one of each; a folder of overlays must be rendered first (kustomize build)"
    )


def _placeless(value: Value) -> Value:
    if isinstance(value, NetworkPolicy | CiliumPolicy | BrokenObject):
        return replace(value, origin="")
    return msgspec.structs.replace(value, origin="") if isinstance(value, DialectObject) else value


def _ref(value: Value) -> ObjectRef:
    match value:
        case Named(namespace):
            return ObjectRef("Namespace", "", namespace.name)
        case Node(name):
            return ObjectRef("Node", "", name)
        case Pod():
            return ObjectRef("Pod", value.namespace, value.name)
        case Unmodelled(object=unmodelled):
            return unmodelled.ref
        case _:
            return value.ref


def _reading(document: Document) -> Reading | None:
    """How to read a document; None: its kind takes no part in any verdict."""
    group, kind = document.group, document.kind
    if read := dialect_read(group, document.api_version.partition("/")[2], kind):
        return partial(_dialect, read)
    if known := groups.known_kind(document.api_version, kind):
        return partial(_unmodelled, known)
    if kind == validate.KIND:
        return _network_policy
    if kind in workloads.GROUPS:
        # Somebody else's Job (a custom group) is counted; a Deployment in no group is a mistake.
        return _workload if group in workloads.GROUPS[kind] or not group else None
    return _CORE.get(kind) if not group else None


def _network_policy(document: Document) -> NetworkPolicy | BrokenObject:
    if document.api_version != f"{NETWORKING}/v1":
        return _refused(document, f"{NETWORKING}/v1")
    return parse.network_policy_from(document.value, document.origin)


def _workload(document: Document) -> Planned | BrokenObject:
    if document.group not in workloads.GROUPS[document.kind] or not document.api_version:
        return _refused(document, f"{min(workloads.GROUPS[document.kind]) or 'v1'}".strip("/"))
    read = partial(workloads.planned_from, document.kind, document.value, document.origin)
    return _checked(document, read)


def _core(shape: type[Any], change: Callable[[Any], Value], document: Document) -> Value:
    if document.api_version != "v1":
        return _refused(document, "v1")
    read = partial(parse.one_from, document.kind, document.value, shape, change, document.origin)
    return _checked(document, read)


def _checked(document: Document, read: Callable[[], V]) -> V | BrokenObject:
    """The object; or what is wrong with its metadata, which the shapes do not look at."""
    problems = validate.metadata(document.kind, document.value)
    return _broken(document, problems) if problems else read()


def _refused(document: Document, served: str) -> BrokenObject:
    written = validate.shown(document.api_version)
    return _broken(
        document,
        (f"apiVersion: Invalid value: {written}: no server has this kind there: {served}",),
    )


def _broken(document: Document, problems: tuple[str, ...]) -> BrokenObject:
    return BrokenObject(parse.ref_from(document.kind, document.value), problems, document.origin)


def _named(raw: wire.Namespace) -> Named:
    return Named(parse.namespace_from(raw), raw.metadata.uid or "")


def _pod(raw: wire.Pod) -> Pod:
    if not (raw.spec and raw.spec.containers):
        raise ValueError("spec.containers: Required value")
    return parse.pod_from(raw)


_CORE: dict[str, Reading] = {
    "Namespace": partial(_core, wire.Namespace, _named),
    "Pod": partial(_core, wire.Pod, _pod),
    "Node": partial(_core, wire.Node, parse.node_from),
}


def _dialect(read: DialectRead, document: Document) -> DialectObject | BrokenObject:
    value = document.value
    metadata = value.get("metadata")
    if document.kind in _NAMESPACED and isinstance(metadata, dict):
        home = metadata.get("namespace") or parse.DEFAULT_NAMESPACE
        value = {**value, "metadata": {**metadata, "namespace": home}}
    return read(value, document.origin)


def _unmodelled(known: KnownKind, document: Document) -> Unmodelled:
    try:
        found = groups.unmodelled_object(known, msgspec.json.encode(document.value))
    except RecursionError:
        found = groups.unmodelled_object(known, b"")
    if known.kind in _NAMESPACED and not found.ref.namespace and found.ref.name != groups.NO_NAME:
        ref = ObjectRef(found.ref.kind, parse.DEFAULT_NAMESPACE, found.ref.name)
        found = replace(found, ref=ref)
    return Unmodelled(known, found)
