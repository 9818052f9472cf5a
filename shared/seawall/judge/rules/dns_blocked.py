"""dns-blocked: pods whose policies cut them off from the cluster's DNS on UDP or TCP 53.

An egress allow-list that forgets DNS is an outage, and one with UDP alone breaks large answers
(RFC 7766: TCP is not optional). DNS pods are those that EKS, GKE, AKS and kubeadm label
k8s-app=kube-dns in kube-system; where none was read, one is assumed. Where NodeLocal DNSCache
runs, its address 169.254.20.10 will do.
"""

from collections.abc import Iterator

from seawall.analyse.classes import DNS_NAMESPACE, DNS_SELECTOR
from seawall.judge.directions import counted, unread
from seawall.judge.fixes import allow_dns
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import Bound, NamespaceView, because
from seawall.model.addresses import cidr
from seawall.model.bits import NO_BITS, Bits, bits_of
from seawall.model.finding import Evidence, Severity, Verdict
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction, Where
from seawall.model.ports import PortSet, Protocol, port_set
from seawall.model.selector import with_labels

NODE_LOCAL = PeerSet(addresses=cidr("169.254.20.10/32"))
NODE_LOCAL_SELECTOR = with_labels({"k8s-app": "node-local-dns"})


def _check(view: NamespaceView) -> Iterator[Flaw]:
    cut, unsure, protocols = NO_BITS, NO_BITS, set()
    bounds = list(view.bound(Direction.EGRESS)) if view.has_pods() else []
    for protocol in (Protocol.UDP, Protocol.TCP):
        for bound in bounds:
            asked = bound.classes - _dns_pods(view)
            answers = _reaching(view, bound, asked, port_set(protocol, ((53, 53),)))
            blocked = _nowhere(view, asked, answers[Decision.ALLOW] | answers[Decision.UNKNOWN])
            cut |= blocked
            unsure |= _nowhere(view, asked, answers[Decision.ALLOW])
            protocols |= {protocol} if blocked else set()
    if cut:
        yield _flaw(view, cut, bounds, " and ".join(sorted(protocols, reverse=True)))
    elif unsure:
        yield _unknown(view, unsure, bounds)


def _dns_pods(view: NamespaceView) -> Bits:
    table = view.isolation.table
    return table.pods_matching(DNS_SELECTOR, table.span_of(DNS_NAMESPACE) - table.hosts)


def _reaching(
    view: NamespaceView, bound: Bound, asked: Bits, ports: PortSet
) -> dict[Decision, Bits]:
    """Which of the classes `asked` reach some DNS: surely, perhaps, surely not."""
    found = dict.fromkeys(Decision, NO_BITS)
    for server in _dns_pods(view):
        peers = PeerSet(Bits(server, 1))
        for out in bound.side.rows(peers, ports):
            for decision, classes in _let_in(view, server, asked, ports):
                both = out.decision.both(decision)
                found[both] |= classes
    if _has_node_local(view):
        for row in bound.side.rows(NODE_LOCAL, ports):
            found[row.decision] |= asked
    return found


def _let_in(
    view: NamespaceView, server: int, asked: Bits, ports: PortSet
) -> Iterator[tuple[Decision, Bits]]:
    """What the DNS pods' own policies make of the classes that speak the server's family."""
    classes = view.isolation.table.classes
    family = classes[server].family
    speaking = asked
    if family is not None:
        speaking = bits_of(n for n in asked if classes[n].family in {None, family})
    side = view.isolation.side(server, Direction.INGRESS)
    for row in side.rows(PeerSet(speaking), ports):
        yield row.decision, row.peers.pods


def _has_node_local(view: NamespaceView) -> bool:
    table = view.isolation.table
    span = table.span_of(DNS_NAMESPACE) & table.live
    return bool(table.pods_matching(NODE_LOCAL_SELECTOR, span))


def _nowhere(view: NamespaceView, asked: Bits, reaching: Bits) -> Bits:
    """The classes none of whose pods reaches it over any of its families."""
    table = view.isolation.table
    served = {str(pod) for pod in table.pods(reaching)}
    return bits_of(
        number
        for number in asked - reaching
        if not all(str(pod) in served for pod in table.members[number])
    )


def _flaw(view: NamespaceView, cut: Bits, bounds: list[Bound], protocols: str) -> Flaw:
    pods = view.names(cut)
    isolating = {ref for b in bounds if b.classes & cut for ref in b.side.isolating}
    evidence = tuple(Evidence(Where(ref), "isolates for egress") for ref in sorted(isolating))
    summary = f"{counted(pods)} cannot reach the cluster's DNS over {protocols} 53"
    fix = allow_dns(view.namespace)
    return Flaw(Verdict.FAIL, summary, fix, pods, evidence, facet=Direction.EGRESS)


def _unknown(view: NamespaceView, unsure: Bits, bounds: list[Bound]) -> Flaw:
    pods = view.names(unsure)
    evidence = unread(because(row for bound in bounds for row in bound.unsure()))
    summary = f"cannot tell whether {counted(pods)} can reach the cluster's DNS"
    fix = allow_dns(view.namespace)
    return Flaw(Verdict.UNKNOWN, summary, fix, pods, evidence, facet=Direction.EGRESS)


RULE = Rule(
    id="dns-blocked",
    severity=Severity.MEDIUM,
    title="Policies cut these pods off from the cluster's DNS.",
    controls=("NIST 800-53 CM-6",),
    needs=frozenset({Kind.NAMESPACES, Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
