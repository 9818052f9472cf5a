"""The mTLS mode of a port of a pod: what its proxy does with plaintext.

Source: `ComposePeerAuthentication` of istio/istio `pilot/pkg/security/authn`: workload before
namespace before mesh, UNSET inherits, the oldest of a level counts, PERMISSIVE where nothing is
said. portLevelMtls counts with a selector only, and a selector in the root namespace counts
nowhere (the same file: "Workload-level configs should not be in root namespace").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from seawall.model.istio import PEER_AUTHENTICATION, ROOT_NAMESPACE, Mesh, Mtls, PeerAuthentication
from seawall.model.policies import Where
from seawall.model.snapshot import Pod


@dataclass(frozen=True, slots=True)
class Mode:
    """What a port does with plaintext; `doubt` says why that is not certain."""

    mtls: Mtls
    because: tuple[Where, ...] = ()
    doubt: str = ""


class _Level(NamedTuple):
    chosen: PeerAuthentication | None
    doubt: str


def mode_at(mesh: Mesh, pod: Pod, port: int) -> Mode:
    """The mode of one port of a pod."""
    level_of_mesh, level_of_namespace, level_of_pod = _levels(mesh, pod)
    found = Mode(Mtls.PERMISSIVE)
    for level in (level_of_mesh, level_of_namespace, level_of_pod):
        found = _narrowed(
            found, level, level.chosen.mode if level.chosen else Mtls.UNSET, "spec.mtls"
        )
    at_port = dict(level_of_pod.chosen.ports).get(port, Mtls.UNSET) if level_of_pod.chosen else None
    if at_port:
        found = _narrowed(found, level_of_pod, at_port, f"spec.portLevelMtls[{port}]")
    doubt = _unreadable(mesh, pod) or next((each.doubt for each in _levels(mesh, pod)), "")
    return Mode(found.mtls, found.because, found.doubt or doubt)


def ports_named(mesh: Mesh, pod: Pod) -> set[int]:
    """The ports that a PeerAuthentication of a pod tells apart."""
    return {port for each in mesh.peers if _is_of_pod(each, pod) for port, _ in each.ports}


def _narrowed(found: Mode, level: _Level, mode: Mtls, path: str) -> Mode:
    if level.chosen is None or mode is Mtls.UNSET:
        return found if not level.doubt else Mode(found.mtls, found.because, level.doubt)
    return Mode(mode, (Where(level.chosen.ref, path),), level.doubt)


def _levels(mesh: Mesh, pod: Pod) -> tuple[_Level, _Level, _Level]:
    plain = [each for each in mesh.peers if not each.selector]
    whole = [each for each in plain if each.namespace == ROOT_NAMESPACE]
    home = [each for each in plain if each.namespace == pod.namespace]
    own = [each for each in mesh.peers if _is_of_pod(each, pod)]
    return _oldest(whole), _oldest(home), _oldest(own)


def _is_of_pod(peer: PeerAuthentication, pod: Pod) -> bool:
    return (
        bool(peer.selector)
        and peer.namespace == pod.namespace != ROOT_NAMESPACE
        and set(peer.selector) <= set(pod.labels)
    )


def _oldest(found: Sequence[PeerAuthentication]) -> _Level:
    """The one that counts; where their age is not told, the first by name and a doubt."""
    if not found:
        return _Level(None, "")
    ordered = sorted(found, key=lambda each: (each.created, each.name))
    first, *others = ordered
    if any(not first.created or each.created == first.created for each in others):
        names = ", ".join(f"{each.namespace}/{each.name}" for each in ordered)
        return _Level(first, f"which {PEER_AUTHENTICATION} of {names} is the oldest is not told")
    return _Level(first, "")


def _unreadable(mesh: Mesh, pod: Pod) -> str:
    for each in mesh.broken:
        if each.ref.kind == PEER_AUTHENTICATION and concerns(each.ref.namespace, pod):
            return f"{each.ref} cannot be read"
    return ""


def concerns(namespace: str, pod: Pod) -> bool:
    """Whether an object of a namespace may bind a pod; one without may be of any."""
    return namespace in {"", ROOT_NAMESPACE, pod.namespace}
