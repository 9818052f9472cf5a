"""What a cluster says of its data plane: agents, two named config maps, node classes, version.

Of images only repository and tag are kept, of arguments, environment and config maps only what is
named here: nothing else of them leaves this module, least of all a secret.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from seawall.collect import wire
from seawall.collect.lists import KubeApi, raw_read, read_list, read_one
from seawall.collect.parse import labels_from
from seawall.model.agents import planes_in
from seawall.model.enforcement import (
    NOT_NEEDED,
    Container,
    DaemonSet,
    NodeClass,
    Pairs,
    Plane,
    PlaneFacts,
    Settings,
)
from seawall.model.errors import NoEntry, Refused, TryLater
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Node

DAEMON_SETS = "/apis/apps/v1/daemonsets"
CONFIG_MAPS = "/api/v1/namespaces/kube-system/configmaps"
NODE_CLASSES = "/apis/eks.amazonaws.com/v1/nodeclasses"
VERSION = "/version"

CILIUM_CONFIG = "cilium-config"
VPC_CNI_CONFIG = "amazon-vpc-cni"

CILIUM_READINGS = ("policy-cidr-match-mode", "enable-host-firewall", "cluster-name", "labels")
"""What else says how Cilium's policies are to be read."""

KEPT_ARGUMENTS = frozenset(
    {
        "enable-network-policy",
        "run-firewall",
        "network-policy",
        "enable-policy",
        "policy-audit-mode",
        "enable-k8s-networkpolicy",
        "cni-chaining-mode",
        *CILIUM_READINGS,
    }
)
KEPT_VARIABLES = frozenset({"NETWORK_POLICY_ENFORCING_MODE", "CALICO_NETWORKING_BACKEND"})
KEPT_KEYS: Mapping[str, frozenset[str]] = {
    CILIUM_CONFIG: frozenset(
        {
            "enable-policy",
            "policy-audit-mode",
            "enable-k8s-networkpolicy",
            "cni-chaining-mode",
            "policy-cidr-match-mode",
            "enable-host-firewall",
            "cluster-name",
            "labels",
        }
    ),
    VPC_CNI_CONFIG: frozenset({"enable-network-policy-controller"}),
}
MOST_CHARACTERS = 1024
"""Of a kept value: what decides is a word, or a list of label patterns."""

_AUTO = ("eks.amazonaws.com/compute-type", "auto")
_NOT_FOUND = 404
_IMAGE = re.compile(r"^(?P<repository>[^@]+?)(?::(?P<tag>[\w.-]+))?(?:@.*)?$")


class _Variable(wire.Wire, frozen=True, gc=False):
    name: str
    value: str | None = None


class _Container(wire.Wire, frozen=True, gc=False):
    name: str
    image: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None
    env: list[_Variable] | None = None


class _PodSpec(wire.Wire, frozen=True, gc=False):
    containers: list[_Container] | None = None
    node_selector: dict[str, str | None] | None = None


class _Template(wire.Wire, frozen=True, gc=False):
    spec: _PodSpec | None = None


class _Spec(wire.Wire, frozen=True, gc=False):
    template: _Template | None = None


class _Status(wire.Wire, frozen=True, gc=False):
    desired_number_scheduled: int = 0
    number_ready: int = 0


class _DaemonSet(wire.Wire, frozen=True, gc=False):
    metadata: wire.Identity
    spec: _Spec | None = None
    status: _Status | None = None


class _ConfigMap(wire.Wire, frozen=True, gc=False):
    data: dict[str, str | None] | None = None


class _Version(wire.Wire, frozen=True, gc=False):
    git_version: str


class _NodeClassSpec(wire.Wire, frozen=True, gc=False):
    network_policy: str | None = None


class _NodeClass(wire.Wire, frozen=True, gc=False):
    metadata: wire.Identity
    spec: _NodeClassSpec | None = None


def read_plane(api: KubeApi, nodes: Sight[tuple[Node, ...]]) -> Sight[PlaneFacts]:
    """The facts; Unseen where the agents could not be listed. What nobody looks at is not asked."""
    listed = read_list(api, DAEMON_SETS, raw_read("DaemonSetList", _agent))
    if isinstance(listed, Unseen):
        return listed
    if any(each is _BROKEN for each in listed.value):
        return Unseen(f"a DaemonSet in the list at {DAEMON_SETS} cannot be read")
    agents = tuple(each for each in listed.value if each is not None)
    planes = {plane for each in agents for plane in planes_in(each)}
    auto = isinstance(nodes, Seen) and any(_AUTO in node.labels for node in nodes.value)
    return Seen(
        PlaneFacts(
            daemon_sets=agents,
            cilium=_settings(api, CILIUM_CONFIG, needed=Plane.CILIUM in planes),
            vpc_cni=_settings(api, VPC_CNI_CONFIG, needed=auto or Plane.VPC_CNI in planes),
            node_classes=_node_classes(api) if auto else NOT_NEEDED,
            version=_version(api) if not agents else NOT_NEEDED,
        )
    )


_BROKEN = DaemonSet("", "(unreadable)", ())


def _agent(raw: msgspec.Raw) -> DaemonSet | None:
    """The DaemonSet, if it is part of a network plug-in."""
    try:
        found = _daemon_set(msgspec.json.decode(raw, type=_DaemonSet))
    except (ValueError, RecursionError):
        return _BROKEN
    return found if planes_in(found) else None


def _daemon_set(raw: _DaemonSet) -> DaemonSet:
    """A DaemonSet, as far as it is kept."""
    spec = (raw.spec and raw.spec.template and raw.spec.template.spec) or _PodSpec()
    status = raw.status or _Status()
    return DaemonSet(
        namespace=raw.metadata.namespace or "",
        name=raw.metadata.name or "",
        containers=tuple(map(_container, spec.containers or ())),
        node_selector=labels_from(spec.node_selector),
        desired=status.desired_number_scheduled,
        ready=status.number_ready,
    )


def _container(raw: _Container) -> Container:
    repository, tag = _image(raw.image or "")
    words = (*(raw.command or ()), *(raw.args or ()))
    variables = ((each.name, each.value) for each in raw.env or ())
    return Container(
        raw.name,
        repository,
        tag,
        _kept(_arguments(words), KEPT_ARGUMENTS),
        _kept(variables, KEPT_VARIABLES),
    )


def _image(image: str) -> tuple[str, str]:
    """Repository and tag, without a digest, and without what stands before an @ in a host."""
    found = _IMAGE.match(image)
    return (found["repository"], found["tag"] or "") if found else ("", "")


def _arguments(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Flags as Go reads them: one dash or two; a switch without a value is on."""
    for word in words:
        if word.startswith("-"):
            name, given, value = word.lstrip("-").partition("=")
            yield name, value if given else "true"


def _kept(pairs: Iterable[tuple[str, str | None]], names: frozenset[str]) -> Pairs:
    """What is on the list and short; of one that is there twice, the last."""
    found = {name: value for name, value in pairs if name in names and value is not None}
    return tuple(
        sorted((name, value) for name, value in found.items() if len(value) <= MOST_CHARACTERS)
    )


def _settings(api: KubeApi, name: str, *, needed: bool) -> Sight[Settings]:
    if not needed:
        return NOT_NEEDED
    asked = _Absent(api)
    found = read_one(asked, f"{CONFIG_MAPS}/{name}", "ConfigMap", _ConfigMap)
    if isinstance(found, Seen):
        pairs = (found.value.data or {}).items()
        return Seen(Settings(name, there=True, values=_kept(pairs, KEPT_KEYS[name])))
    return Seen(Settings(name, there=False)) if asked.absent else found


class _Absent:
    """The API, and whether the last thing asked for is not there."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self.absent = False

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
        try:
            return self._api.get(path, query)
        except Refused as error:
            self.absent = error.status == _NOT_FOUND
            raise


def _node_classes(api: KubeApi) -> Sight[tuple[NodeClass, ...]]:
    found = read_list(api, NODE_CLASSES, raw_read("NodeClassList", _node_class))
    if isinstance(found, Unseen):
        return found
    return Seen(tuple(each for each in found.value if each is not None))


def _node_class(raw: msgspec.Raw) -> NodeClass | None:
    """A class; None for what cannot be read, and then its nodes have none."""
    try:
        found = msgspec.json.decode(raw, type=_NodeClass)
    except (ValueError, RecursionError):
        return None
    return NodeClass(found.metadata.name or "", (found.spec and found.spec.network_policy) or "")


def _version(api: KubeApi) -> Sight[str]:
    """`/version` has no kind, so it is read as it is."""
    try:
        return Seen(msgspec.json.decode(api.get(VERSION), type=_Version).git_version)
    except (NoEntry, TryLater) as error:
        return Unseen(str(error))
    except (ValueError, RecursionError):
        return Unseen(f"malformed answer at {VERSION}")
