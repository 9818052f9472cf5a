"""A live cluster as one Snapshot: each kind is seen, or unseen for its own reason."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import TypeVar

from seawall import __version__
from seawall.collect import parse, wire
from seawall.collect.discovery import served_groups
from seawall.collect.entrances import read_entrances
from seawall.collect.istio import read_mesh
from seawall.collect.lists import KubeApi, objects_read, raw_read, read_list, read_one
from seawall.collect.plane import read_plane
from seawall.collect.served import served_policies
from seawall.model.cluster import IDENTITY, ClusterKey, ClusterUid
from seawall.model.errors import NoEntry, Refused, SeawallError, Trouble, TryLater
from seawall.model.policies import BrokenObject, NetworkPolicy
from seawall.model.sight import Seen, Sight, Unseen, mapped
from seawall.model.snapshot import Namespace, Node, Origin, Pod, Snapshot

__all__ = ["KubeApi", "namesakes", "read_cluster", "sight", "sight_of_cluster"]

NAMESPACES = "/api/v1/namespaces"
PODS = "/api/v1/pods"
NODES = "/api/v1/nodes"
NETWORK_POLICIES = "/apis/networking.k8s.io/v1/networkpolicies"

_UNAUTHORIZED = 401

T = TypeVar("T")
V = TypeVar("V")
Opened = Callable[[], AbstractContextManager[KubeApi]]
"""Opens the way to a cluster; leaving it hangs up."""
Broken = tuple[BrokenObject, ...]
_Named = tuple[Namespace, str]
_Policies = Sight[tuple[NetworkPolicy | BrokenObject, ...]]


class _Heard:
    """The API, and whether it ever said anything to us."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._answered = False
        self._failure: SeawallError | None = None

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
        try:
            body = self._api.get(path, query)
        except (NoEntry, TryLater) as error:
            self._answered |= isinstance(error, Refused) and error.status != _UNAUTHORIZED
            self._failure = self._failure or error
            raise
        self._answered = True
        return body

    def insist(self) -> None:
        """Raise the first failure if there was never anything else."""
        if self._failure is not None and not self._answered:
            raise self._failure


def read_cluster(api: KubeApi, key: ClusterKey, *, now: datetime) -> Snapshot:
    """What is in the cluster; a kind that cannot be read is Unseen, the others go on.

    Raises:
        NoEntry: Nothing at all was answered: no connection, or the credentials are refused.
        TryLater: The same, and later it may be different.
    """
    heard = _Heard(api)
    named, broken_namespaces = _split(_whole(_namespaces(heard)))
    pods, broken_pods = _split(_pods(heard))
    policies, broken_policies = _split(_network_policies(heard))
    nodes = _nodes(heard)
    groups = served_groups(heard)
    served = served_policies(heard, groups)
    snapshot = Snapshot(
        key=key,
        uid=_uid(heard, named),
        taken_at=now,
        tool_version=__version__,
        origin=Origin.CLUSTER,
        namespaces=mapped(named, lambda found: tuple(namespace for namespace, _ in found)),
        pods=pods,
        nodes=nodes,
        network_policies=policies,
        unmodelled=served.unmodelled,
        broken=(*broken_namespaces, *broken_pods, *broken_policies, *served.broken),
        data_plane=read_plane(heard, nodes),
        entrances=read_entrances(heard, groups),
        dialects=served.dialects,
        mesh=read_mesh(heard, groups),
    )
    heard.insist()
    return snapshot


def sight_of_cluster(opened: Opened, key: ClusterKey, *, now: datetime) -> Sight[Snapshot]:
    """The cluster behind `opened`, or why it is unseen. Raises: as `sight`."""
    return sight(opened, lambda api: read_cluster(api, key, now=now))


def sight(opened: Opened, read: Callable[[KubeApi], T]) -> Sight[T]:
    """What `read` gives, or why it gave nothing: one cluster never ends a fleet's run.

    Raises:
        Trouble: The settings are wrong, for this cluster and all others.
    """
    try:
        with opened() as api:
            return Seen(read(api))
    except Trouble:
        raise
    except SeawallError as error:
        return Unseen(str(error))
    except Exception as error:  # noqa: BLE001  # edge: a bug at one cluster must not hide others
        return Unseen(f"a bug in Seawall ended the reading ({type(error).__name__}); please report")


def namesakes(snapshots: Iterable[Snapshot]) -> dict[ClusterKey, ClusterKey]:
    """The clusters met before under another key: each later key, and the first one of the same UID.

    Two contexts of a kubeconfig often lead to one cluster; it is judged once, and the report says
    under which names it is known.
    """
    first: dict[ClusterUid, ClusterKey] = {}
    again: dict[ClusterKey, ClusterKey] = {}
    for snapshot in snapshots:
        if isinstance(snapshot.uid, Seen):
            known = first.setdefault(snapshot.uid.value, snapshot.key)
            if known != snapshot.key:
                again[snapshot.key] = known
    return again


def _namespaces(api: KubeApi) -> Sight[tuple[_Named | BrokenObject, ...]]:
    return read_list(api, NAMESPACES, objects_read("Namespace", wire.Namespace, _named))


def _whole(
    listed: Sight[tuple[_Named | BrokenObject, ...]],
) -> Sight[tuple[_Named | BrokenObject, ...]]:
    """The list, unless it lacks what every cluster has: then somebody on the way filtered it.

    Taken for whole it would say that every namespace is gone, and every finding with it.
    """
    if isinstance(listed, Unseen):
        return listed
    names = (
        each.ref.name if isinstance(each, BrokenObject) else each[0].name for each in listed.value
    )
    if IDENTITY in names:
        return listed
    return Unseen(
        f"the list of namespaces lacks {IDENTITY}, which every cluster has: it is no whole"
    )


def _named(raw: wire.Namespace) -> _Named:
    return parse.namespace_from(raw), raw.metadata.uid or ""


def _pods(api: KubeApi) -> Sight[tuple[Pod | BrokenObject, ...]]:
    change = partial(parse.pod_from, interned=parse.Interned())
    return read_list(api, PODS, objects_read("Pod", wire.Pod, change))


def _nodes(api: KubeApi) -> Sight[tuple[Node, ...]]:
    """The nodes; a broken one is in no namespace that could be set apart, so none is seen then."""
    nodes, broken = _split(read_list(api, NODES, objects_read("Node", wire.Node, parse.node_from)))
    if broken:
        return Unseen(f"{broken[0].ref} cannot be read: {broken[0].problems[0]}")
    return nodes


def _network_policies(api: KubeApi) -> _Policies:
    read = raw_read("NetworkPolicyList", parse.network_policy_from)
    return read_list(api, NETWORK_POLICIES, read)


def _uid(api: KubeApi, named: Sight[tuple[_Named, ...]]) -> Sight[ClusterUid]:
    """The UID of kube-system, asked for by name where the namespaces may not be listed."""
    if isinstance(named, Seen):
        uids = (uid for namespace, uid in named.value if namespace.name == IDENTITY and uid)
        uid = next(uids, "")
        return (
            Seen(ClusterUid(uid)) if uid else Unseen(f"the cluster lists no {IDENTITY} with a UID")
        )
    one = read_one(api, f"{NAMESPACES}/{IDENTITY}", "Namespace", wire.Namespace)
    if isinstance(one, Unseen):
        return one
    uid = one.value.metadata.uid or ""
    return Seen(ClusterUid(uid)) if uid else Unseen(f"{IDENTITY} has no UID")


def _split(sight: Sight[tuple[V | BrokenObject, ...]]) -> tuple[Sight[tuple[V, ...]], Broken]:
    """The objects that could be read, and those that could not."""
    if isinstance(sight, Unseen):
        return sight, ()
    whole = tuple(each for each in sight.value if not isinstance(each, BrokenObject))
    return Seen(whole), tuple(each for each in sight.value if isinstance(each, BrokenObject))
