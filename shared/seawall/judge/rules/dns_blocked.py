"""dns-blocked: pods whose policies cut them off from the cluster's DNS on UDP or TCP 53.

An egress allow-list that forgets DNS is an outage, and one with UDP alone breaks large answers
(RFC 7766: TCP is not optional). DNS pods are those that EKS, GKE, AKS and kubeadm label
k8s-app=kube-dns in kube-system; where none was read, one is assumed. Where NodeLocal DNSCache
runs, its address 169.254.20.10 will do.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from seawall.analyse.classes import DNS_NAMESPACE
from seawall.analyse.sides import Row
from seawall.judge.directions import counted, unread
from seawall.judge.fixes import allow_dns
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import Bound, NamespaceView, because
from seawall.model.addresses import cidr
from seawall.model.bits import NO_BITS, Bits, all_of, bits_of
from seawall.model.finding import Evidence, Fix, Severity, Verdict
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction, Where
from seawall.model.ports import PortSet, Protocol, port_set
from seawall.model.selector import with_labels

NODE_LOCAL = PeerSet(addresses=cidr("169.254.20.10/32"))
_DNS_PORTS = {
    protocol: port_set(protocol, ((53, 53),)) for protocol in (Protocol.UDP, Protocol.TCP)
}
NODE_LOCAL_SELECTOR = with_labels({"k8s-app": "node-local-dns"})


class Reach(Struct, frozen=True, gc=False):
    """Which classes reach some DNS server, and which only their own policies keep from it.

    A Struct like the sets in it: several are made on each way from a side to a server.
    """

    surely: Bits = NO_BITS
    perhaps: Bits = NO_BITS
    let_out: Bits = NO_BITS

    def __or__(self, that: "Reach") -> "Reach":
        return Reach(
            self.surely | that.surely, self.perhaps | that.perhaps, self.let_out | that.let_out
        )


def _check(view: NamespaceView) -> Iterator[Flaw]:
    bounds = view.bound(Direction.EGRESS) if view.has_pods() else ()
    if not bounds:
        return
    asked = all_of(bound.classes for bound in bounds) - view.isolation.table.dns_servers
    local = _has_node_local(view)
    cut, shut_out, unsure = NO_BITS, NO_BITS, NO_BITS
    protocols = []
    for protocol in (Protocol.UDP, Protocol.TCP):
        reach = _reach(view, bounds, _DNS_PORTS[protocol], local=local)
        blocked = _nowhere(view, asked, reach.surely | reach.perhaps)
        protocols += [protocol] if blocked else []
        cut |= blocked
        shut_out |= blocked & reach.let_out
        unsure |= _nowhere(view, asked, reach.surely)
    if cut:
        yield _flaw(view, cut, shut_out, bounds, " and ".join(protocols))
    elif unsure:
        yield _unknown(view, unsure, bounds)


def _reach(view: NamespaceView, bounds: tuple[Bound, ...], ports: PortSet, *, local: bool) -> Reach:
    """Both sides of every way from here to a DNS server; `local`: one runs on each node."""
    found = Reach()
    for bound in bounds:
        for server in view.isolation.table.dns_servers:
            found |= _reach_one(view, bound, server, ports)
        if local:
            found |= _reached(bound.side.rows(NODE_LOCAL, ports), bound.classes)
    return found


def _reach_one(view: NamespaceView, bound: Bound, server: int, ports: PortSet) -> Reach:
    found = Reach()
    for out in bound.side.rows(PeerSet(Bits(server, 1)), ports):
        if out.decision is Decision.DENY:
            continue
        found |= Reach(let_out=bound.classes)
        side = view.isolation.side(server, Direction.INGRESS)
        for into in side.rows(PeerSet(_speaking(view, bound.classes, server)), ports):
            found |= _decided(out.decision.both(into.decision), into.peers.pods)
    return found


def _reached(rows: Iterable[Row], classes: Bits) -> Reach:
    found = Reach()
    for row in rows:
        found |= _decided(row.decision, classes)
    return found


def _decided(decision: Decision, classes: Bits) -> Reach:
    match decision:
        case Decision.ALLOW:
            return Reach(surely=classes)
        case Decision.UNKNOWN:
            return Reach(perhaps=classes)
        case Decision.DENY:
            return Reach()


def _speaking(view: NamespaceView, asked: Bits, server: int) -> Bits:
    """The classes that share a family with the server, or whose family nobody knows."""
    table = view.isolation.table
    family = table.classes[server].family
    return asked if family is None else asked & table.speaking[family]


def _has_node_local(view: NamespaceView) -> bool:
    table = view.isolation.table
    span = table.span_of(DNS_NAMESPACE) & table.live
    return bool(table.pods_matching(NODE_LOCAL_SELECTOR, span))


def _nowhere(view: NamespaceView, asked: Bits, reaching: Bits) -> Bits:
    """The classes none of whose pods reaches it over any of its families."""
    left = asked - reaching
    if not left:
        return NO_BITS
    table = view.isolation.table
    served = {str(pod) for pod in table.pods(reaching)}
    return bits_of(
        number for number in left if not all(str(pod) in served for pod in table.members[number])
    )


def _flaw(
    view: NamespaceView, cut: Bits, shut_out: Bits, bounds: tuple[Bound, ...], protocols: str
) -> Flaw:
    """A manifest is offered only where it cuts nothing: every pod is isolated for egress anyway."""
    pods = view.names(cut)
    refs = {ref for b in bounds if b.classes & cut - shut_out for ref in b.side.isolating}
    evidence = [Evidence(Where(ref), "isolates for egress") for ref in sorted(refs)]
    fix = Fix("Allow UDP and TCP 53 to the cluster's DNS pods in the policies named.")
    if all(bound.side.selected for bound in bounds):
        fix = allow_dns(view.namespace, view.policy_names())
    if shut_out:
        evidence += _guards(view)
        fix = Fix("Let the pods in by the policies that isolate the DNS pods for ingress.")
    summary = f"{counted(pods)} cannot reach the cluster's DNS over {protocols} 53"
    return Flaw(Verdict.FAIL, summary, fix, pods, tuple(evidence), facet=Direction.EGRESS)


def _guards(view: NamespaceView) -> list[Evidence]:
    """The policies that isolate the DNS pods themselves."""
    sides = (
        view.isolation.side(server, Direction.INGRESS)
        for server in view.isolation.table.dns_servers
    )
    refs = sorted({ref for side in sides for ref in side.isolating})
    return [Evidence(Where(ref), "isolates the DNS pods for ingress") for ref in refs]


def _unknown(view: NamespaceView, unsure: Bits, bounds: tuple[Bound, ...]) -> Flaw:
    pods = view.names(unsure)
    evidence = unread(because(row for bound in bounds for row in bound.unsure))
    summary = f"cannot tell whether {counted(pods)} can reach the cluster's DNS"
    fix = Fix("Let the scanner read what it could not, then scan again.")
    return Flaw(Verdict.UNKNOWN, summary, fix, pods, evidence, facet=Direction.EGRESS)


RULE = Rule(
    id="dns-blocked",
    severity=Severity.MEDIUM,
    title="Policies cut these pods off from the cluster's DNS.",
    controls=("NIST 800-53 CM-6",),
    needs=frozenset({Kind.NAMESPACES, Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
