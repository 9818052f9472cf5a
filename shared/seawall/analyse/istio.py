"""What Istio adds to the answer on one connection: a control on top, never a verdict of its own.

It only ever takes away: whatever it says here, what layers 3 and 4 deny stays denied, and what they
leave open stays a finding. TCP alone goes through a proxy.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from seawall.analyse.connection import End
from seawall.analyse.istio_callers import Question, question_of, told
from seawall.analyse.istio_coverage import Coverage, Way, coverage_of
from seawall.analyse.istio_matching import Match, Sure
from seawall.analyse.istio_mtls import Mode, mode_at, ports_named
from seawall.model.addresses import Ip
from seawall.model.istio import TARGET_PORT, AuthorizationPolicy
from seawall.model.policies import Where
from seawall.model.ports import PortSet, Protocol, ports
from seawall.model.sight import Unseen
from seawall.model.snapshot import Snapshot


class Control(StrEnum):
    """What Istio does with some ports of a connection."""

    NONE = "none"
    """No proxy stands in the way."""
    ALLOWS = "allows"
    DENIES = "denies"
    DEPENDS = "depends on the request"
    UNPROVEN = "not proven"


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of some ports, who decides, what it hangs on, and the mode if one counts."""

    ports: PortSet
    control: Control
    because: tuple[Where, ...] = ()
    why: tuple[str, ...] = ()
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """What Istio adds; `unread` says why it is not known, and then there is no row."""

    source: Coverage
    target: Coverage
    rows: tuple[Row, ...] = ()
    unread: str = ""

    @property
    def planned(self) -> bool:
        """Whether the target has no proxy yet: it is asked as if it had what its labels ask for."""
        return self.target.way is not Way.NONE and not self.target.certain


def overlay_of(snapshot: Snapshot, source: End, target: End, asked: PortSet) -> Overlay | None:
    """What Istio adds to a connection; None: there is nothing of Istio in it."""
    calls, called = coverage_of(snapshot, source), coverage_of(snapshot, target)
    if isinstance(snapshot.mesh, Unseen):
        return Overlay(calls, called, unread=snapshot.mesh.why)
    mesh = snapshot.mesh.value
    if not mesh and calls.way is Way.NONE and called.way is Way.NONE:
        return None
    if isinstance(target, Ip) or source == target:
        why = "it calls itself" if source == target else "only what stands before pods is judged"
        return Overlay(calls, called, (Row(asked, Control.NONE, why=(why,)),))
    question = question_of(snapshot, mesh, source, target)
    return Overlay(calls, called, tuple(_rows(question, asked)))


def _rows(asked: Question, found: PortSet) -> Iterator[Row]:
    """The ports, those that are told alike together."""
    tcp = PortSet(tcp=found.tcp)
    alike: dict[Row, PortSet] = {}
    for part in _parts(asked, tcp):
        row = _row(asked, part.tcp[0][0])
        alike[row] = alike.get(row, PortSet()) | part
    for row, together in alike.items():
        yield Row(together, row.control, row.because, row.why, row.mode)
    if rest := found - tcp:
        yield Row(rest, Control.NONE, why=("Istio's proxies take TCP alone",))


def _parts(asked: Question, tcp: PortSet) -> Iterator[PortSet]:
    """Each port that something tells apart, and all the others together."""
    rest = tcp
    for number in sorted(_told_apart(asked)):
        if part := ports(Protocol.TCP, number) & tcp:
            rest -= part
            yield part
    if rest:
        yield rest


def _told_apart(asked: Question) -> set[int]:
    """Every port that a rule, a mode or an annotation names."""
    marks = asked.marks
    found = {*marks.excluded, *(marks.included or ()), *asked.marks_of_source.unsent}
    found |= ports_named(asked.mesh, asked.target)
    for policy in asked.policies:
        found |= _ports_of(policy)
    return found


def _ports_of(policy: AuthorizationPolicy) -> set[int]:
    return {
        int(text)
        for rule in policy.rules
        for entry in (*rule.operations, rule.conditions)
        for condition in entry
        if condition.key == TARGET_PORT
        for text in (*condition.values, *condition.excepts)
    }


def _row(asked: Question, port: int) -> Row:
    """What becomes of one port; the set of ports is left to whoever joins them."""
    if past := _past(asked, port):
        return Row(PortSet(), Control.NONE, why=(past,))
    mode = mode_at(asked.mesh, asked.target, port)
    found = told(asked, mode, port)
    why = tuple(sorted(doubt.text for doubt in found.match.doubts))
    counts = None if asked.called.way is Way.ITSELF else mode
    return Row(PortSet(), _control(found.match), found.because, why, counts)


def _past(asked: Question, port: int) -> str:
    """Why no proxy gets what comes in at a port; empty: one does."""
    marks = asked.marks
    match asked.called.way:
        case Way.NONE:
            return asked.called.why
        case Way.AMBIENT if marks.bypasses:
            return "ambient.istio.io/bypass-inbound-capture is true"
        case Way.SIDECAR if marks.included is not None and port not in marks.included:
            return "traffic.sidecar.istio.io/includeInboundPorts leaves it out"
        case Way.SIDECAR if marks.included is None and port in marks.excluded:
            return "traffic.sidecar.istio.io/excludeInboundPorts names it"
        case _:
            return ""


def _control(match: Match) -> Control:
    match match.sure:
        case Sure.YES:
            return Control.ALLOWS
        case Sure.NO:
            return Control.DENIES
        case Sure.PERHAPS:
            of_request = all(each.of_request for each in match.doubts)
            return Control.DEPENDS if of_request else Control.UNPROVEN
