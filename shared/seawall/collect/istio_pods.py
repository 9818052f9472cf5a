"""What the annotations and containers of a pod say of Istio.

Source: istio/api `annotation/annotations.yaml` and `pkg/kube/inject` of istio/istio. Of an
annotation only what it decides is kept, never its text.
"""

from collections.abc import Callable

from seawall.collect.wire import ContainerName, MeshNotes, PodSpec
from seawall.model.istio import NO_POD_MESH, YES_WORDS, PodMesh, Proxy
from seawall.model.ports import LAST_PORT

NO_NOTES = MeshNotes()

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
"""`strconv.ParseBool`."""
_ALL = "*"
_SIDECAR = "traffic.sidecar.istio.io/"


def pod_mesh_from(notes: MeshNotes | None, spec: PodSpec | None) -> PodMesh | None:
    """What a pod says of Istio; None: nothing."""
    proxy = _proxy(spec)
    if notes is None or notes == NO_NOTES:
        return PodMesh(proxy) if proxy else None
    found = _from_notes(notes, proxy)
    return None if found == NO_POD_MESH else found


def _proxy(spec: PodSpec | None) -> Proxy:
    """A native sidecar is an init container that goes on running (restartPolicy Always)."""
    if spec is None:
        return Proxy.NONE
    for each in spec.containers or ():
        if each.name is ContainerName.MESH_PROXY:
            return Proxy.SIDECAR if len(spec.containers or ()) > 1 else Proxy.ALONE
    for each in spec.init_containers or ():
        if each.name is ContainerName.MESH_PROXY and each.restart_policy == "Always":
            return Proxy.SIDECAR
    return Proxy.NONE


def _from_notes(notes: MeshNotes, proxy: Proxy) -> PodMesh:
    doubts: list[str] = []
    included: tuple[int, ...] | None = None
    if notes.include_in is not None and notes.include_in.strip() != _ALL:
        included = _ports(notes.include_in, f"{_SIDECAR}includeInboundPorts", doubts.append)
    for name in ("includeOutboundIPRanges", "excludeOutboundIPRanges"):
        text = notes.include_ranges if name.startswith("include") else notes.exclude_ranges
        if text and text.strip() != _ALL:
            doubts.append(f"{_SIDECAR}{name}")
    return PodMesh(
        proxy=proxy,
        redirected=notes.redirection == "enabled",
        inject=notes.inject.lower() in YES_WORDS if notes.inject else None,
        intercepts=(notes.interception or "").upper() != "NONE",
        bypasses=(notes.bypass or "") in _TRUE,
        included=included,
        excluded=_ports(notes.exclude_in, f"{_SIDECAR}excludeInboundPorts", doubts.append),
        unsent=_ports(notes.exclude_out, f"{_SIDECAR}excludeOutboundPorts", doubts.append),
        doubts=tuple(doubts),
    )


def _ports(text: str | None, name: str, doubt: Callable[[str], None]) -> tuple[int, ...]:
    """The numbers of a list by commas; one that is no port leaves in doubt what is meant."""
    found: set[int] = set()
    for each in filter(None, (word.strip() for word in (text or "").split(","))):
        if each.isascii() and each.isdigit() and len(each) <= len(str(LAST_PORT)):
            found.add(int(each))
        elif each != _ALL:
            doubt(name)
            break
    return tuple(sorted(found))
