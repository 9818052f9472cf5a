"""metadata-reachable: pods that reach the cloud's metadata service, and so the node's credentials.

Addresses: 169.254.169.254 on AWS, Google Cloud, Azure and others, fd00:ec2::254 on AWS for pods
with an IPv6 address (EC2 user guide, "Instance metadata"); both on TCP 80. MITRE ATT&CK T1552.005.
"""

from collections.abc import Iterator

from seawall.analyse.sides import Row
from seawall.judge.directions import Question, gathered
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import Bound, NamespaceView
from seawall.model.addresses import Family, Ip, ip, just
from seawall.model.cluster import Provider
from seawall.model.finding import Fix, Severity, Verdict
from seawall.model.ir import Decision
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction
from seawall.model.ports import Protocol, port_set
from seawall.model.sight import Seen

V4, V6 = ip("169.254.169.254"), ip("fd00:ec2::254")
_HTTP = port_set(Protocol.TCP, ((80, 80),))


def _check(view: NamespaceView) -> Iterator[Flaw]:
    v6 = _v6_exists(view)

    def test(bound: Bound) -> Verdict:
        verdicts = [_reaches(bound, V4)] if _has(view, bound, Family.V4) else []
        if v6 is not Verdict.PASS and _has(view, bound, Family.V6):
            verdicts.append(min(_reaches(bound, V6), v6, key=_badness))
        return max(verdicts, key=_badness, default=Verdict.PASS)

    summary = f"{{pods}} can reach the metadata service at {V4}"
    fix = Fix(_FIXES.get(_provider(view), _FIXES[None]))
    return gathered(view, Question(Direction.EGRESS, test, _telling, summary, fix))


def _telling(row: Row) -> bool:
    addresses = row.peers.addresses
    return bool(row.ports & _HTTP) and (addresses.contains(V4) or addresses.contains(V6))


def _badness(verdict: Verdict) -> int:
    return (Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL).index(verdict)


def _provider(view: NamespaceView) -> Provider | None:
    nodes = view.isolation.snapshot.nodes
    if isinstance(nodes, Seen) and nodes.value:
        return nodes.value[0].provider
    return None


def _v6_exists(view: NamespaceView) -> Verdict:
    """Whether there is an IPv6 metadata address: FAIL is yes, UNKNOWN is that nobody can tell."""
    provider = _provider(view)
    if provider is None:
        return Verdict.UNKNOWN
    return Verdict.FAIL if provider is Provider.AWS else Verdict.PASS


def _has(view: NamespaceView, bound: Bound, family: Family) -> bool:
    """Whether some class here speaks a family; pods without an address yet count as IPv4."""
    classes = view.isolation.table.classes
    return any((classes[number].family or Family.V4) is family for number in bound.classes)


def _reaches(bound: Bound, address: Ip) -> Verdict:
    target = PeerSet(addresses=just(address))
    found = {row.decision for row in bound.side.rows(target, _HTTP)}
    if Decision.ALLOW in found:
        return Verdict.FAIL
    return Verdict.UNKNOWN if Decision.UNKNOWN in found else Verdict.PASS


_FIXES: dict[Provider | None, str] = {
    Provider.AWS: (
        "Except 169.254.169.254/32 (and fd00:ec2::254/128) from every egress block that covers it "
        "and require IMDSv2 with a hop limit of 1; pods on EKS Pod Identity need 169.254.170.23."
    ),
    Provider.GCP: (
        "First move the pods to Workload Identity, whose metadata server hides the node's "
        "credentials and must stay reachable; block 169.254.169.254/32 only for pods that use none."
    ),
    None: "Except 169.254.169.254/32 from every egress block that covers it.",
}

RULE = Rule(
    id="metadata-reachable",
    severity=Severity.MEDIUM,
    title="Pods reach the cloud's metadata service and may take the node's credentials.",
    controls=("MITRE ATT&CK T1552.005", "NIST 800-53 SC-7"),
    needs=frozenset({Kind.PODS, Kind.NETWORK_POLICIES}),
    check=_check,
)
