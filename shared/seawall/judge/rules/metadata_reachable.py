"""metadata-reachable: pods that reach the cloud's metadata service, and so the node's credentials.

Addresses: 169.254.169.254 on AWS, Google Cloud, Azure and others; for IPv6 fd00:ec2::254 on AWS
(EC2 user guide, "Instance metadata") and fd20:ce::254 on Google Cloud (Compute Engine, "Access VM
metadata"); all on TCP 80. MITRE ATT&CK T1552.005.
"""

from collections.abc import Collection, Iterator

from seawall.judge.directions import Question, gathered
from seawall.judge.rule import Flaw, Kind, Rule
from seawall.judge.view import Bound, NamespaceView
from seawall.model import ir
from seawall.model.addresses import Family, Ip, ip, just
from seawall.model.cluster import Provider
from seawall.model.finding import Fix, Severity, Verdict
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction
from seawall.model.ports import Protocol, port_set
from seawall.model.sight import Seen

V4 = ip("169.254.169.254")
V6 = {Provider.AWS: ip("fd00:ec2::254"), Provider.GCP: ip("fd20:ce::254")}
_ADDRESSES = (V4, *V6.values())
_SHOWN = {address: str(address) for address in _ADDRESSES}
_THERE = {address: PeerSet(addresses=just(address)) for address in _ADDRESSES}
_HTTP = port_set(Protocol.TCP, ((80, 80),))
_DECIDED = {
    ir.Decision.ALLOW: Verdict.FAIL,
    ir.Decision.UNKNOWN: Verdict.UNKNOWN,
    ir.Decision.DENY: Verdict.PASS,
}


def _check(view: NamespaceView) -> Iterator[Flaw]:
    addresses = _addresses(view)
    verdicts = {
        bound: [_verdict(view, bound, address) for address in addresses]
        for bound in view.bound(Direction.EGRESS)
    }

    def test(bound: Bound) -> Verdict:
        return _worst(verdicts[bound])

    def telling(bound: Bound) -> list[ir.Rule]:
        reached = [a for a in addresses if _reaches(bound, a) is Verdict.FAIL]
        rules = (rule for rule in bound.allowing() if rule.ports & _HTTP)
        return [rule for rule in rules if any(rule.peers.addresses.contains(a) for a in reached)]

    each = zip(addresses, zip(*verdicts.values(), strict=True), strict=False)
    reached = [address for address, found in each if Verdict.FAIL in found]
    where = " and ".join(_SHOWN[address] for address in reached or addresses)
    fix = Fix(_FIXES.get(_provider(view), _FIXES[None]))
    summary = f"{{pods}} can reach the metadata service at {where}"
    return gathered(view, Question(Direction.EGRESS, test, telling, summary, lambda: fix))


def _worst(verdicts: Collection[Verdict]) -> Verdict:
    if Verdict.FAIL in verdicts:
        return Verdict.FAIL
    return Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.PASS


def _provider(view: NamespaceView) -> Provider | None:
    nodes = view.isolation.snapshot.nodes
    if isinstance(nodes, Seen) and nodes.value:
        return nodes.value[0].provider
    return None


def _addresses(view: NamespaceView) -> tuple[Ip, ...]:
    """Every address there may be; without nodes to tell the cloud, those of all clouds."""
    provider = _provider(view)
    return (V4, *(found for cloud, found in V6.items() if provider in {None, cloud}))


def _verdict(view: NamespaceView, bound: Bound, address: Ip) -> Verdict:
    """Whether pods here reach an address, less sure where nobody knows that they speak IPv6."""
    classes = view.isolation.table.classes
    families = {classes[number].family for number in bound.classes}
    if not families & {None, address.family}:
        return Verdict.PASS
    sure = address == V4 or (_provider(view) is not None and Family.V6 in families)
    found = _reaches(bound, address)
    return Verdict.UNKNOWN if found is Verdict.FAIL and not sure else found


def _reaches(bound: Bound, address: Ip) -> Verdict:
    return _worst([_DECIDED[row.decision] for row in bound.side.rows(_THERE[address], _HTTP)])


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
