"""Which of Istio's proxies, if any, gets the traffic of a pod.

A container `istio-proxy`, or the annotation of ambient's CNI agent, is a fact; labels are only a
wish. Sources: istio.io "Installing the Sidecar" (Controlling the injection policy);
`injectRequired` of istio/istio `pkg/kube/inject`; `PodRedirectionEnabled` of
`cni/pkg/util/podutil.go`.
"""

from dataclasses import dataclass
from enum import StrEnum

from seawall.model.addresses import Ip
from seawall.model.istio import NO_POD_MESH, YES_WORDS, PodMesh, Proxy
from seawall.model.sight import seen_or
from seawall.model.snapshot import Namespace, Origin, Pod, Snapshot

INJECTION = "istio-injection"
REVISION = "istio.io/rev"
INJECT = "sidecar.istio.io/inject"
MODE = "istio.io/dataplane-mode"
AMBIENT = "ambient"

_NEVER = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})
"""`IgnoredNamespaces` of istio/istio `pkg/kube/inject`: no sidecar, whatever the labels say."""


class Way(StrEnum):
    """How the traffic of a pod gets to a proxy."""

    SIDECAR = "sidecar"
    AMBIENT = "ambient"
    ITSELF = "proxy"
    """It is a gateway or a waypoint itself."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Coverage:
    """The proxy of a pod, whether that is a fact, and what tells it."""

    way: Way
    certain: bool
    why: str


OUTSIDE = Coverage(Way.NONE, certain=False, why="an address outside the cluster")


def coverage_of(snapshot: Snapshot, end: Pod | Ip) -> Coverage:
    """The proxy that gets the traffic of one end of a connection."""
    if isinstance(end, Ip):
        return OUTSIDE
    mesh = end.mesh or NO_POD_MESH
    return _told(end, mesh) or _by_labels(snapshot, end, mesh)


def _told(pod: Pod, mesh: PodMesh) -> Coverage | None:
    """What the pod itself shows; None: nothing."""
    if mesh.proxy is Proxy.ALONE:
        if dict(pod.labels).get("app") == "ztunnel":
            return _fact(Way.NONE, "it is ztunnel")
        return _fact(Way.ITSELF, "istio-proxy is its only container")
    if pod.host_network:
        return _fact(Way.NONE, "hostNetwork pods get no sidecar and are not captured")
    if mesh.proxy is Proxy.SIDECAR and not mesh.intercepts:
        return _fact(Way.NONE, "its interceptionMode is NONE")
    if mesh.proxy is Proxy.SIDECAR:
        return _fact(Way.SIDECAR, "it has a container istio-proxy")
    captured = "ambient.istio.io/redirection is enabled"
    return _fact(Way.AMBIENT, captured) if mesh.redirected else None


def _fact(way: Way, why: str) -> Coverage:
    return Coverage(way, certain=True, why=why)


def _by_labels(snapshot: Snapshot, pod: Pod, mesh: PodMesh) -> Coverage:
    """What the labels ask for: of a live pod that did not happen, of a planned one it may."""
    home = home_of(snapshot, pod)
    wanted, why = wished(dict(home.labels) if home else {}, pod, mesh)
    if not _is_planned(snapshot, pod):
        shown = "it shows none"
        why = f"{shown}, though {why}" if wanted is not Way.NONE else shown
        return Coverage(Way.NONE, certain=True, why=why)
    if wanted is Way.NONE and (home is None or home.assumed):
        why = f"the labels of namespace {pod.namespace} are not known"
    return Coverage(wanted, certain=False, why=why)


def may_have_proxy(snapshot: Snapshot, pod: Pod) -> bool:
    """Whether a look at its labels can matter: what is live and shows no proxy has none."""
    return pod.mesh is not None or _is_planned(snapshot, pod)


def home_of(snapshot: Snapshot, pod: Pod) -> Namespace | None:
    """The namespace of a pod, if it was seen."""
    found = seen_or(snapshot.namespaces, ())
    return next((each for each in found if each.name == pod.namespace), None)


def _is_planned(snapshot: Snapshot, pod: Pod) -> bool:
    """Whether it is only written down: no API server has admitted it, so nothing is injected."""
    written = snapshot.origin is Origin.MANIFESTS and not pod.node and not pod.addresses
    return pod.from_template or written


def wished(home: dict[str, str], pod: Pod, mesh: PodMesh) -> tuple[Way, str]:
    """What the labels of a namespace and its pod ask for, and the label that does."""
    asked = _wished_sidecar(home, pod, mesh)
    if asked:
        return Way.SIDECAR, asked
    labels = dict(pod.labels)
    for whose, found in (("the pod", labels), ("its namespace", home)):
        if found.get(MODE) == AMBIENT and labels.get(MODE) != "none":
            return Way.AMBIENT, f"{MODE}={AMBIENT} on {whose} asks for it"
    return Way.NONE, "no label asks for a proxy"


def _wished_sidecar(home: dict[str, str], pod: Pod, mesh: PodMesh) -> str:
    """Why a sidecar is injected, as the four webhooks decide; empty: it is not.

    A disabled namespace wins over the pod, and a pod that says no wins over its namespace.
    """
    labels = dict(pod.labels)
    said = labels.get(INJECT)
    if pod.namespace in _NEVER or home.get(INJECTION, "enabled") != "enabled":
        return ""
    if (said.lower() not in YES_WORDS) if said else mesh.inject is False:
        return ""
    if home.get(INJECTION) == "enabled":
        return f"{INJECTION}=enabled on its namespace asks for it"
    if REVISION in home:
        return f"{REVISION}={home[REVISION]} on its namespace asks for it"
    if said == "true":  # what the webhook's objectSelector asks for, to the letter
        return f"{INJECT}=true on the pod asks for it"
    return f"{REVISION}={labels[REVISION]} on the pod asks for it" if REVISION in labels else ""
