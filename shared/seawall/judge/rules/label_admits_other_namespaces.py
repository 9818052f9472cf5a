"""label-admits-other-namespaces: a namespaceSelector on a label that other namespaces carry too.

A label is not an identity. Whoever may label a namespace decides who is admitted. Only
kubernetes.io/metadata.name is set by the API server itself ("Network Policies": Targeting a
Namespace by its name).
"""

from collections.abc import Iterator

from seawall.analyse.facts import PeerFacts, PolicyFacts
from seawall.judge.directions import unread
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import NamespaceView, because
from seawall.model.finding import Evidence, Fix, Severity, Verdict
from seawall.model.policies import Direction, PodPeer, Where
from seawall.model.selector import NAMESPACE_NAME_LABEL, Operator, Selector


def _check(view: NamespaceView) -> Iterator[Flaw]:
    found = list(_loose(view))
    yield from found
    if not found:
        yield from _unread(view)


def _loose(view: NamespaceView) -> Iterator[Flaw]:
    for facts in view.facts():
        peers = [peer for peer in _ingress_peers(facts) if _rests_on_labels(peer)]
        if peers and not view.isolation.namespaces_known:
            yield _flaw(Verdict.UNKNOWN, facts, peers, "cannot tell which namespaces it admits")
            continue
        loose = [peer for peer in peers if _others(peer, view.namespace)]
        if loose:
            yield _flaw(Verdict.FAIL, facts, loose, _summary(facts, loose, view.namespace))


def _unread(view: NamespaceView) -> Iterator[Flaw]:
    """A policy that was not read, or is not modelled, may admit by labels too."""
    wheres = because(row for bound in view.bound(Direction.INGRESS) for row in bound.unsure)
    if wheres:
        summary = "cannot tell whom the policies admit that were not read or are not modelled"
        yield Flaw(Verdict.UNKNOWN, summary, _FIX, evidence=unread(wheres))


def _ingress_peers(facts: PolicyFacts) -> Iterator[PeerFacts]:
    for rule in facts.rules:
        if rule.direction is Direction.INGRESS:
            yield from rule.peers or ()


def _rests_on_labels(peer: PeerFacts) -> bool:
    selector = _namespaces(peer)
    return selector is not None and not selector.matches_all and not _names_namespaces(selector)


def _namespaces(peer: PeerFacts) -> Selector | None:
    return peer.peer.namespaces if isinstance(peer.peer, PodPeer) else None


def _names_namespaces(selector: Selector) -> bool:
    return any(
        requirement.key == NAMESPACE_NAME_LABEL and requirement.operator is Operator.IN
        for requirement in selector.requirements
    )


def _others(peer: PeerFacts, own: str) -> list[str]:
    return [name for name in peer.namespaces if name != own]


def _summary(facts: PolicyFacts, loose: list[PeerFacts], own: str) -> str:
    others = sorted({name for peer in loose for name in _others(peer, own)})
    selectors = sorted({str(_namespaces(peer)) for peer in loose})
    return (
        f"{facts.policy.ref} admits every namespace with {' or '.join(selectors)}: today also "
        f"{', '.join(others)}; whoever may label a namespace can join"
    )


def _flaw(verdict: Verdict, facts: PolicyFacts, peers: list[PeerFacts], summary: str) -> Flaw:
    policy = facts.policy
    evidence = tuple(
        Evidence(Where(policy.ref, f"{peer.path}.namespaceSelector"), str(_namespaces(peer)))
        for peer in peers
    )
    return Flaw(verdict, summary, _FIX, evidence=evidence, subject=policy.ref)


_FIX = Fix(
    "Use podSelector: {} alone for the policy's own namespace, and kubernetes.io/metadata.name to "
    "name others: the API server sets that label and nobody can borrow it."
)

RULE = Rule(
    id="label-admits-other-namespaces",
    severity=Severity.HIGH,
    title="A namespace label that others carry too decides who gets in.",
    controls=("NIST 800-53 AC-4", "NIST 800-53 SC-7(21)"),
    needs=frozenset({Kind.NAMESPACES, Kind.NETWORK_POLICIES}),
    check=_check,
)
