"""Manifests as one Snapshot: files, folders, dumps, standard input, or a saved snapshot.

A file that cannot be read may hold any policy: there is no verdict without it, so every fault of
every file is told at once, and that is all.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from seawall import __version__
from seawall.collect import documents, files, saved
from seawall.collect.contents import Contents, Named, contents
from seawall.collect.documents import Found
from seawall.model.cluster import IDENTITY, ClusterKey, ClusterUid
from seawall.model.enforcement import IN_MANIFESTS
from seawall.model.errors import Trouble
from seawall.model.policies import BrokenObject, NetworkPolicy
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Namespace, Node, Origin, Snapshot, assumed_namespace

STDIN = Path("-")
MOST_LISTED = 20


def read(paths: Sequence[Path], *, now: datetime, stdin: bytes = b"") -> Snapshot:
    """The snapshot saved in the one file of `paths`, or else what their manifests hold.

    Raises:
        Trouble: A path is not there, or what is there cannot be read whole.
    """
    if len(paths) == 1 and not files.is_folder(paths[0]):
        content = _content(paths[0], stdin)
        if saved.is_saved(content):
            return saved.load(content, _shown(paths[0]))
    return read_manifests(paths, now=now, stdin=stdin)


def read_manifests(paths: Sequence[Path], *, now: datetime, stdin: bytes = b"") -> Snapshot:
    """What the manifests in files and folders hold; `-` stands for `stdin`.

    Raises:
        Trouble: A path is not there, a file cannot be read whole, or there is nothing to judge.
    """
    notes: list[str] = []
    found = contents(_found(_files(paths, notes), stdin))
    if not found.values:
        raise Trouble(
            f"{', '.join(map(_shown, paths))}: no namespace, workload, pod or policy in here; "
            "name a folder of manifests, or dump a cluster (kubectl get ns,po,netpol -A -o yaml)"
        )
    return _snapshot(found, _key(paths), now, (*notes, *_notes(found)))


def _files(paths: Sequence[Path], notes: list[str]) -> Iterator[Path]:
    for path in paths:
        if not files.is_folder(path):
            yield path
            continue
        listing = files.manifest_files(path)
        notes += (f"{link} is a link to a folder and was not followed" for link in listing.links)
        notes += (
            f"{file} was not rendered; what it would make is judged only from its output "
            "(kustomize build)"
            for file in listing.files
            if file.name in files.KUSTOMIZATIONS
        )
        yield from listing.files


def _found(paths: Iterable[Path], stdin: bytes) -> Iterator[Found]:
    """What each file holds; after the last one, every fault that was met."""
    faults: list[str] = []
    for path in paths:
        try:
            yield documents.read(_text(path, stdin), _shown(path))
        except Trouble as error:
            faults.append(str(error))
    if faults:
        more = [f"and {len(faults) - MOST_LISTED} more"] if len(faults) > MOST_LISTED else []
        listed = "\n  ".join([*faults[:MOST_LISTED], *more])
        raise Trouble(f"what cannot be read may hold any policy, so nothing is judged:\n  {listed}")


def _text(path: Path, stdin: bytes) -> str:
    content = _content(path, stdin)
    if saved.is_saved(content):
        raise Trouble(f"{_shown(path)}: a saved snapshot is read alone; name nothing beside it")
    return files.text(content, _shown(path))


def _content(path: Path, stdin: bytes) -> bytes:
    return files.within_limit(stdin, "stdin") if path == STDIN else files.content(path)


def _shown(path: Path) -> str:
    return "stdin" if path == STDIN else str(path)


def _key(paths: Sequence[Path]) -> ClusterKey:
    names = (_shown(path) if path == STDIN else path.resolve().name or str(path) for path in paths)
    return ClusterKey("+".join(names))


def _snapshot(found: Contents, key: ClusterKey, now: datetime, notes: tuple[str, ...]) -> Snapshot:
    broken = found.of(BrokenObject)
    return Snapshot(
        key=key,
        uid=_uid(found),
        taken_at=now,
        tool_version=__version__,
        origin=Origin.MANIFESTS,
        namespaces=Seen(_namespaces(found)),
        pods=Seen(tuple(sorted(found.pods, key=lambda pod: (pod.namespace, pod.name)))),
        nodes=_nodes(found, broken),
        network_policies=Seen(tuple(sorted(found.of(NetworkPolicy), key=lambda each: each.ref))),
        unmodelled=Seen(found.unmodelled),
        broken=tuple(each for each in broken if each.ref.kind != "Node"),
        counted=tuple(sorted(found.counted.items())),
        dialects=found.dialects,
        notes=notes,
        data_plane=IN_MANIFESTS,
        entrances=found.entrances,
        mesh=Seen(found.mesh),
    )


def _uid(found: Contents) -> Sight[ClusterUid]:
    uids = (each.uid for each in found.of(Named) if each.namespace.name == IDENTITY)
    uid = next(uids, "")
    return Seen(ClusterUid(uid)) if uid else Unseen("manifests have no cluster UID")


def _namespaces(found: Contents) -> tuple[Namespace, ...]:
    assumed = map(assumed_namespace, _assumed(found))
    present = (each.namespace for each in found.of(Named))
    return tuple(sorted((*present, *assumed), key=lambda namespace: namespace.name))


def _assumed(found: Contents) -> list[str]:
    """The namespaces that objects are in, and that are not there themselves."""
    used = {pod.namespace for pod in found.pods}
    used |= {policy.namespace for policy in found.of(NetworkPolicy)}
    used |= {each.ref.namespace for each in found.of(BrokenObject)}
    used |= {each.ref.namespace for each in (*found.dialects.cilium, *found.dialects.calico)}
    used |= {
        each.ref.namespace
        for kind in found.unmodelled
        if isinstance(kind.objects, Seen)
        for each in kind.objects.value
    }
    return sorted(used - {each.namespace.name for each in found.of(Named)} - {""})


def _nodes(found: Contents, broken: Sequence[BrokenObject]) -> Sight[tuple[Node, ...]]:
    for each in broken:
        if each.ref.kind == "Node":
            return Unseen(f"{each.ref} cannot be read: {each.problems[0]} ({each.origin})")
    nodes = found.of(Node)
    return Seen(nodes) if nodes else Unseen("no Node objects in the manifests")


def _notes(found: Contents) -> Iterator[str]:
    if assumed := _assumed(found):
        yield (
            f"assumed to exist, with no label of their own: {_listed('namespace', assumed)}; "
            "add their Namespace objects to have their labels judged"
        )
    if found.repeated:
        yield f"objects met once more, always the same: {found.repeated}"
    if found.doubtful:
        yield (
            f"{len(found.doubtful)} times a plain y or n was read as a string, while kubectl takes "
            f"it for a boolean and refuses the object: quote it (first {found.doubtful[0]})"
        )
    if found.skipped:
        yield f"documents skipped, as they are no Kubernetes objects: {found.skipped}"


def _listed(noun: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_LISTED])
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return f"{noun}{'s' if len(names) > 1 else ''} {shown}{more}"
