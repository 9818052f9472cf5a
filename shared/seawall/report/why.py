"""The answer to `why`, for people and machines, and many questions at once."""

from collections.abc import Iterator

import msgspec
import yaml

from seawall.analyse.changes import Allow, Change, Isolate, Narrow, manifest
from seawall.analyse.connection import Half, Ruling
from seawall.analyse.elsewhere import Elsewhere, elsewhere
from seawall.analyse.isolation import Isolation
from seawall.analyse.istio import Overlay, overlay_of
from seawall.analyse.istio_tunnel import Tunnel, tunnel_of
from seawall.analyse.why import Answer, answer
from seawall.model import enforcement
from seawall.model.errors import Trouble
from seawall.model.ir import Decision
from seawall.model.manifests import Manifest
from seawall.model.policies import NETWORK_POLICY, Direction
from seawall.model.ports import ALL_PORTS, EVERY_PORT, PortSet, Protocol, port_set
from seawall.model.snapshot import Pod
from seawall.report.assumed import assumed_document, assumed_lines
from seawall.report.enforcement import ruling_document
from seawall.report.istio import headline, istio_document, istio_lines
from seawall.report.peers import ports_document, where_document

ALLOWED = {Decision.ALLOW: True, Decision.UNKNOWN: None, Decision.DENY: False}

_WORDS = {Decision.ALLOW: "allowed", Decision.DENY: "denied", Decision.UNKNOWN: "unknown"}
_SAYS = {
    Decision.ALLOW: "allows it",
    Decision.DENY: "denies it",
    Decision.UNKNOWN: "cannot be told",
}

Document = dict[str, object]


def why_document(found: Answer, isolation: Isolation) -> Document:
    """The whole answer: `allowed` is true, false, or null where it cannot be told."""
    return {
        "schemaVersion": 1,
        "cluster": isolation.snapshot.key,
        "enforced": ruling_document(enforced_between(found, isolation)),
        "from": str(found.source),
        "to": str(found.target),
        "allowed": ALLOWED[found.decision],
        "because": [where_document(where) for where in found.because],
        "rulings": [_ruling(ruling) for ruling in found.rulings],
        "changes": [_change(change) for change in found.changes],
        "istio": istio_document(*_of_istio(found, isolation)),
        "assumed": assumed_document(isolation),
        "readings": [_reading(each) for each in elsewhere(isolation, found)],
    }


def why_lines(found: Answer, isolation: Isolation) -> Iterator[str]:
    """The answer as sentences; texts are as read, not yet made safe for a terminal."""
    open_ports = _decided(found, found.decision)
    overlay, tunnel = _of_istio(found, isolation)
    asked = f"{found.source} -> {found.target} on {open_ports}{headline(tunnel)}"
    yield f"{_WORDS[found.decision]}: {asked}"
    for ruling in found.rulings:
        yield from _ruling_lines(ruling)
    yield f"  enforced: {enforced_between(found, isolation)}"
    yield from (f"  {line}" for line in assumed_lines(isolation))
    for other in elsewhere(isolation, found):
        yield f"  on {other.plane}: {_WORDS[other.decision]} on {other.ports}; {other.why}"
    yield from istio_lines(overlay, tunnel)
    yield from _change_lines(found)


def _of_istio(found: Answer, isolation: Isolation) -> tuple[Overlay | None, Tunnel | None]:
    """What Istio adds; it changes no ruling."""
    overlay = overlay_of(isolation.snapshot, found.source, found.target, found.ports)
    return overlay, tunnel_of(isolation, found.source, found.target, found.rulings)


def enforced_between(found: Answer, isolation: Isolation) -> enforcement.Ruling:
    """The verdict on the pods at both ends: each side's policies are enforced where its pod is."""
    ends = (found.source, found.target)
    return isolation.enforced.over(end for end in ends if isinstance(end, Pod))


def answer_query(isolation: Isolation, line: bytes) -> Document:
    """One line of a queries file: what was asked, with `allowed` and `because`, or an `error`.

    `throughMesh` is there where HBONE takes a connection to another answer than its own port.

    Never raises for what the line says: a question that cannot be answered is an `error`.
    """
    try:
        asked = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return {"error": f"not JSON: {error}"}
    if not isinstance(asked, dict):
        return {"error": "not a JSON object with from, to, protocol and port"}
    try:
        query = msgspec.convert(asked, _Query)
        ports = asked_ports(query.protocol, query.port)
        found = answer(isolation, query.source, query.target, ports)
    except (msgspec.ValidationError, Trouble) as error:
        return {**asked, "error": str(error)}
    because = [where_document(where) for where in found.because]
    told: Document = {**asked, "allowed": ALLOWED[found.decision], "because": because}
    tunnel = tunnel_of(isolation, found.source, found.target, found.rulings)
    if tunnel is not None and tunnel.contrary:
        told["throughMesh"] = ALLOWED[tunnel.decision]
    return told


class _Query(msgspec.Struct, rename={"source": "from", "target": "to"}):
    source: str
    target: str
    protocol: Protocol | None = None
    port: int | None = None


def asked_ports(protocol: Protocol | None, port: int | None) -> PortSet:
    """The ports meant: a port alone is TCP, a protocol alone all its ports, neither everything.

    Raises:
        Trouble: The port is no number from 1 to 65535.
    """
    if port is None:
        return ALL_PORTS if protocol is None else port_set(protocol, EVERY_PORT)
    if not EVERY_PORT[0][0] <= port <= EVERY_PORT[0][1]:
        raise Trouble(f"port {port} does not exist; ports are 1 to 65535")
    return port_set(protocol or Protocol.TCP, ((port, port),))


def _ruling(ruling: Ruling) -> Document:
    return {
        "ports": ports_document(ruling.ports),
        "family": None if ruling.family is None else int(ruling.family),
        "decision": str(ruling.decision),
        "egress": _half(ruling.egress),
        "ingress": _half(ruling.ingress),
        "note": ruling.note,
    }


def _reading(found: Elsewhere) -> Document:
    """Another reading of the same policies, where nobody knows which one holds here."""
    return {
        "dataplane": found.plane,
        "allowed": ALLOWED[found.decision],
        "ports": ports_document(found.ports),
        "why": found.why,
    }


def _half(half: Half) -> Document:
    return {
        "decision": str(half.decision),
        "because": [where_document(where) for where in half.because],
        "tier": half.tier,
        "passedOnBy": [where_document(where) for where in half.via],
    }


def _ruling_lines(ruling: Ruling) -> Iterator[str]:
    family = "" if ruling.family is None else f" over IPv{int(ruling.family)}"
    yield f"  {ruling.ports}{family}: {_SAYS[ruling.decision]}" + (
        f" ({ruling.note})" if ruling.note else ""
    )
    for direction in (Direction.EGRESS, Direction.INGRESS):
        half = ruling.side(direction)
        yield f"    {direction}: {half.decision} ({'; '.join(_proof(half))})"


def _proof(half: Half) -> Iterator[str]:
    """Who decided, in which tier, and who had passed it on to there."""
    yield ", ".join(map(str, half.because)) or "no policy has a word"
    if half.tier not in {"", NETWORK_POLICY}:
        yield f"tier {half.tier}"
    if half.via:
        yield f"passed on by {', then '.join(map(str, half.via))}"


def _decided(found: Answer, decision: Decision) -> PortSet:
    ports = PortSet()
    for ruling in found.rulings:
        if ruling.decision is decision:
            ports |= ruling.ports
    return ports


def _change(change: Change) -> Document:
    if isinstance(change, Narrow):
        return {"narrow": where_document(change.rule)}
    return {"add": manifest(change)}


def _change_lines(found: Answer) -> Iterator[str]:
    if found.changes:
        yield "the smallest change that would flip it:"
    for change in found.changes:
        if isinstance(change, Narrow):
            yield f"  narrow {change.rule}, so that it no longer covers this"
        else:
            yield f"  add a NetworkPolicy: {_purpose(change)}"
            yield from _indented(manifest(change))


def _purpose(change: Isolate | Allow) -> str:
    if isinstance(change, Isolate):
        return (
            f"it isolates {change.pod} for {change.direction}, and closes all else there too; "
            "allow in it what is still needed"
        )
    preposition = "from" if change.direction is Direction.INGRESS else "to"
    return f"it allows {change.direction} of {change.pod} {preposition} {change.other}"


def _indented(found: Manifest) -> Iterator[str]:
    text = yaml.safe_dump(msgspec.to_builtins(found), sort_keys=False, default_flow_style=False)
    return (f"    {line}" for line in text.splitlines())
