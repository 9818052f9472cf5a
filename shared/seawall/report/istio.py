"""What Istio adds to an answer of `why`, for people and machines; `docs/istio.md` explains it."""

from collections.abc import Iterable, Iterator

from seawall.analyse.isolation import Isolation
from seawall.analyse.istio import Control, Overlay, Row
from seawall.analyse.istio_coverage import Coverage, Way, coverage_of, may_have_proxy
from seawall.analyse.istio_mtls import Mode
from seawall.analyse.istio_tunnel import Hbone, Tunnel, hbone_of
from seawall.analyse.sides import Side
from seawall.model.ir import Decision
from seawall.model.istio import HBONE_PORT, ROOT_NAMESPACE
from seawall.model.policies import Where
from seawall.model.snapshot import Pod
from seawall.report.peers import ports_document, where_document

Document = dict[str, object]

TITLE = "Istio (additional L7 control)"
_PROXIES = {
    Way.SIDECAR: "a sidecar",
    Way.AMBIENT: "ambient, by ztunnel",
    Way.ITSELF: "a proxy itself",
    Way.NONE: "no proxy",
}
_SAYS = {Decision.ALLOW: "open", Decision.DENY: "closed", Decision.UNKNOWN: "unknown"}


_HBONE = {
    Hbone.SAME: "",
    Hbone.CUT: f"; ambient: cut off, TCP {HBONE_PORT} is closed",
    Hbone.EVERYTHING: f"; ambient: on every port through the mesh, by TCP {HBONE_PORT}",
}


class PodsOfMesh:
    """The proxy of each pod, and what its ingress makes of 15008; sides alike are told once."""

    def __init__(self, isolation: Isolation) -> None:
        self._isolation = isolation
        self._told: dict[int, Hbone] = {}

    def document(self, pod: Pod, side: Side) -> Document | None:
        """The field `istio` of a pod; null where it has no proxy."""
        found = self._coverage(pod)
        if found is None:
            return None
        hbone = self._hbone(side) if found.way is Way.AMBIENT else None
        return _coverage(found) | {"hbone": None if hbone is None else str(hbone)}

    def text(self, pod: Pod, side: Side) -> str:
        """What to add to what a pod is open to; empty where that is the whole truth."""
        found = self._coverage(pod)
        return _HBONE[self._hbone(side)] if found and found.way is Way.AMBIENT else ""

    def _coverage(self, pod: Pod) -> Coverage | None:
        if not may_have_proxy(self._isolation.snapshot, pod):
            return None
        found = coverage_of(self._isolation.snapshot, pod)
        return None if found.way is Way.NONE else found

    def _hbone(self, side: Side) -> Hbone:
        if id(side) not in self._told:
            self._told[id(side)] = hbone_of(side)
        return self._told[id(side)]


def istio_document(overlay: Overlay | None, tunnel: Tunnel | None) -> Document | None:
    """The field `istio`; null where there is nothing of Istio at either end."""
    if overlay is None:
        return None
    return {
        "source": _coverage(overlay.source),
        "target": _coverage(overlay.target),
        "planned": overlay.planned,
        "rows": [_row(row) for row in overlay.rows],
        "unread": overlay.unread,
        "assumed": {"rootNamespace": ROOT_NAMESPACE},
        "tunnel": None if tunnel is None else _tunnel(tunnel),
    }


def _coverage(found: Coverage) -> Document:
    return {"proxy": str(found.way), "certain": found.certain, "why": found.why}


def _row(row: Row) -> Document:
    return {
        "ports": ports_document(row.ports),
        "control": str(row.control),
        "because": [where_document(where) for where in row.because],
        "why": list(row.why),
        "mtls": None if row.mode is None else _mode(row.mode),
    }


def _mode(mode: Mode) -> Document:
    because = [where_document(where) for where in mode.because]
    return {"mode": str(mode.mtls), "because": because, "doubt": mode.doubt}


def _tunnel(tunnel: Tunnel) -> Document:
    return {
        "port": HBONE_PORT,
        "decision": str(tunnel.decision),
        "because": [where_document(where) for where in tunnel.because],
        "certain": tunnel.certain,
        "decidesInsteadOf": ports_document(tunnel.contrary),
    }


def headline(tunnel: Tunnel | None) -> str:
    """What the first line has to add, lest it be read as the whole truth."""
    if tunnel is None or not tunnel.contrary:
        return ""
    sure = "" if tunnel.certain else " may"
    return (
        f"; mesh traffic{sure} arrive{'s' * tunnel.certain} at TCP {HBONE_PORT}, which is "
        + (_SAYS[tunnel.decision])
    )


def istio_lines(overlay: Overlay | None, tunnel: Tunnel | None) -> Iterator[str]:
    """The paragraph; texts are as read."""
    if overlay is None:
        return
    if overlay.unread:
        yield f"  {TITLE}: not known: {overlay.unread}"
    else:
        yield from _row_lines(overlay)
    if tunnel is not None:
        yield from _tunnel_lines(tunnel)


def _row_lines(overlay: Overlay) -> Iterator[str]:
    source, target = _told(overlay.source), _told(overlay.target)
    yield f"  {TITLE}: target: {target}; source: {source}"
    for row in overlay.rows:
        yield f"    {row.ports}: {_control(row, planned=overlay.planned)}"
    if any(row.control is not Control.NONE for row in overlay.rows):
        yield f"    assumed: the mesh's root namespace is {ROOT_NAMESPACE}"


def _told(found: Coverage) -> str:
    wish = "" if found.certain or found.way is Way.NONE else "would be "
    return f"{wish}{_PROXIES[found.way]} ({found.why})"


def _control(row: Row, *, planned: bool) -> str:
    if row.control is Control.NONE:
        return f"no control ({'; '.join(row.why)})"
    words = [f"{row.control}{_in_brackets(row.because)}"]
    if row.mode is not None:
        words.append(f"mTLS {row.mode.mtls}{_in_brackets(row.mode.because)}")
    words += row.why
    if planned:
        words.append("once it has its proxy")
    return "; ".join(words)


def _in_brackets(found: Iterable[Where]) -> str:
    who = ", ".join(map(str, found))
    return f" ({who})" if who else ""


def _tunnel_lines(tunnel: Tunnel) -> Iterator[str]:
    says = f"{_SAYS[tunnel.decision]}{_in_brackets(tunnel.because)}"
    through = "goes" if tunnel.certain else "may go"
    yield f"    HBONE: it {through} through TCP {HBONE_PORT}, which is {says} at layer 4"
    if tunnel.cuts:
        cut = "cut off" if tunnel.certain else "perhaps cut off"
        yield f"    {cut}: what is open on {tunnel.contrary} does not get through the mesh"
    elif tunnel.opens:
        gets = "gets in" if tunnel.decision is Decision.ALLOW else "may get in"
        yield (
            f"    not closed: what is said above of {tunnel.contrary} holds for plaintext alone; "
            f"all that the mesh lets through {gets}"
        )
