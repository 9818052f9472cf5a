"""Who may be calling, as mTLS tells or does not, and what all of these together are told.

A name in a certificate is proven only where plaintext is refused (STRICT): "principals" and
"namespaces" need mTLS (AuthorizationPolicy, `Source`). So a connection is asked once for each
caller that it may be, and where the answers differ, nothing is proven.
"""

from dataclasses import dataclass

from seawall.analyse.connection import End
from seawall.analyse.istio_coverage import Coverage, Way, coverage_of, home_of
from seawall.analyse.istio_matching import (
    YES,
    Account,
    Call,
    Caller,
    Doubt,
    Match,
    Stranger,
    Sure,
    every,
    perhaps,
)
from seawall.analyse.istio_mtls import Mode
from seawall.analyse.istio_policies import Said, bound, said
from seawall.model.addresses import Ip
from seawall.model.istio import (
    NO_POD_MESH,
    WAYPOINT_CLASS,
    AuthorizationPolicy,
    Mesh,
    Mtls,
    PodMesh,
)
from seawall.model.sight import Unseen
from seawall.model.snapshot import Pod, Snapshot

USE_WAYPOINT = "istio.io/use-waypoint"
DEFAULT_ACCOUNT = "default"
"""The service account of a pod that names none."""

_PLAINTEXT = "plaintext is accepted too, so who calls is not proven"
_PLANNED = "whether the source will have a proxy is not certain"


@dataclass(frozen=True, slots=True)
class Question:
    """Both ends of a connection and what is known of them."""

    snapshot: Snapshot
    mesh: Mesh
    source: End
    target: Pod
    calls: Coverage
    called: Coverage
    policies: tuple[AuthorizationPolicy, ...]

    @property
    def marks(self) -> PodMesh:
        """What the target says of Istio."""
        return self.target.mesh or NO_POD_MESH

    @property
    def marks_of_source(self) -> PodMesh:
        """What the source says of Istio; nothing, if it is no pod."""
        return (isinstance(self.source, Pod) and self.source.mesh) or NO_POD_MESH

    @property
    def by_ztunnel(self) -> bool:
        """Whether ztunnel stands before the target."""
        return self.called.way is Way.AMBIENT


def question_of(snapshot: Snapshot, mesh: Mesh, source: End, target: Pod) -> Question:
    """The question whether Istio lets `source` through to `target`."""
    called = coverage_of(snapshot, target)
    policies = bound(mesh, target, by_ztunnel=called.way is Way.AMBIENT)
    return Question(snapshot, mesh, source, target, coverage_of(snapshot, source), called, policies)


def told(asked: Question, mode: Mode, port: int) -> Said:
    """What the proxy of the target says to a connection to one port, whoever calls."""
    callers = _callers(asked, mode, port)
    answers = {each: _to(asked, mode, port, each) for each in callers}
    because = tuple(dict.fromkeys(w for each in answers.values() for w in each.because))
    sures = {each.match.sure for each in answers.values()}
    match = every(each.match for each in answers.values())
    if len(sures) > 1:
        doubts = {Doubt(_apart(asked, mode))}
        doubts |= {each for found in answers.values() for each in found.match.doubts}
        match = Match(Sure.PERHAPS, frozenset(doubts))
    if match.sure is not Sure.NO:
        match = every((match, _captured(asked), _waypoint(asked), _listeners(asked)))
    return Said(match, because)


def _apart(asked: Question, mode: Mode) -> str:
    """Why callers that may be the same one are told different things."""
    if mode.mtls is Mtls.STRICT and isinstance(asked.source, Pod):
        return mode.doubt or _PLANNED
    if mode.mtls is Mtls.STRICT:
        return "plaintext is refused; whether it shows a certificate of the mesh is not known"
    return _PLAINTEXT


def _callers(asked: Question, mode: Mode, port: int) -> tuple[Caller, ...]:
    """Whom the proxy may take the caller for; plaintext is last."""
    source = asked.source
    if mode.mtls is Mtls.DISABLE and asked.called.way is Way.SIDECAR and not mode.doubt:
        return (Stranger.PLAIN,)
    through = (Stranger.SOMEBODY,) if _waypoint_name(asked) else ()
    if isinstance(source, Ip):
        return (Stranger.SOMEBODY, Stranger.PLAIN)
    plain = asked.calls.way is Way.NONE or port in asked.marks_of_source.unsent
    if plain and asked.calls.certain:
        return (*through, Stranger.PLAIN)
    account = Account(source.namespace, source.service_account or DEFAULT_ACCOUNT)
    proven = asked.calls.certain and mode.mtls is Mtls.STRICT and not mode.doubt
    proven = proven and not asked.marks_of_source.doubts
    return (account, *through) if proven else (account, *through, Stranger.PLAIN)


def _to(asked: Question, mode: Mode, port: int, caller: Caller) -> Said:
    """What one caller is told: STRICT refuses plaintext before any policy is asked."""
    if caller is Stranger.PLAIN and mode.mtls is Mtls.STRICT and _has_modes(asked):
        refused = perhaps(mode.doubt) if mode.doubt else Match(Sure.NO)
        return Said(refused, mode.because)
    source = (asked.source,) if isinstance(asked.source, Ip) else asked.source.addresses
    call = Call(caller, source, asked.target.addresses, port)
    found = said(asked.mesh, asked.target, asked.policies, call)
    if caller is Stranger.PLAIN and mode.doubt and _has_modes(asked):
        return Said(every((found.match, perhaps(mode.doubt))), found.because)
    return found


def _has_modes(asked: Question) -> bool:
    """A gateway's listeners decide what it takes, no PeerAuthentication (its documentation)."""
    return asked.called.way in {Way.SIDECAR, Way.AMBIENT}


def _captured(asked: Question) -> Match:
    """What of the annotations of the target leaves open which ports its sidecar gets."""
    inbound = [each for each in asked.marks.doubts if "Inbound" in each]
    return perhaps(f"the annotation {inbound[0]} is not understood") if inbound else YES


def _listeners(asked: Question) -> Match:
    if asked.called.way is not Way.ITSELF:
        return YES
    return perhaps("the target is a proxy itself: its listeners decide, and are not judged")


def _waypoint(asked: Question) -> Match:
    name = _waypoint_name(asked)
    if not name:
        return YES
    return perhaps(f"a waypoint may stand before it ({name})", of_request=True)


def _waypoint_name(asked: Question) -> str:
    return waypoint_of(asked.snapshot, asked.target) if asked.by_ztunnel else ""


def waypoint_of(snapshot: Snapshot, target: Pod) -> str:
    """The waypoint that traffic to an ambient pod may go through; empty: none that is known of.

    A Service may ask for one of another namespace by a label of its own, which is not read.
    """
    home = home_of(snapshot, target)
    for labels in (target.labels, home.labels if home else ()):
        if name := dict(labels).get(USE_WAYPOINT, ""):
            return "" if name == "none" else name
    gateways = snapshot.entrances.gateways
    if isinstance(gateways, Unseen):
        return "gateways were not read"
    names = (
        f"{each.namespace}/{each.name}"
        for each in gateways.value
        if each.class_name == WAYPOINT_CLASS and each.namespace == target.namespace
    )
    return next(names, "")
