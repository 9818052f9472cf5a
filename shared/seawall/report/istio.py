"""What Istio adds to an answer of `why`, for people and machines; `docs/istio.md` explains it."""

from collections.abc import Iterable, Iterator

from seawall.analyse.istio import Control, Overlay, Row
from seawall.analyse.istio_coverage import Coverage, Way
from seawall.analyse.istio_mtls import Mode
from seawall.analyse.istio_tunnel import Tunnel
from seawall.model.ir import Decision
from seawall.model.istio import HBONE_PORT, ROOT_NAMESPACE
from seawall.model.policies import Where
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
        return
    source, target = _told(overlay.source), _told(overlay.target)
    yield f"  {TITLE}: target: {target}; source: {source}"
    for row in overlay.rows:
        yield f"    {row.ports}: {_control(row, planned=overlay.planned)}"
    if any(row.control is not Control.NONE for row in overlay.rows):
        yield f"    assumed: the mesh's root namespace is {ROOT_NAMESPACE}"
    if tunnel is not None:
        yield from _tunnel_lines(tunnel)


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
        yield f"    cut off: what is open on {tunnel.contrary} does not get through the mesh"
    elif tunnel.opens:
        yield (
            f"    not closed: what is said above of {tunnel.contrary} holds for plaintext alone; "
            "all that the mesh lets through gets in"
        )
