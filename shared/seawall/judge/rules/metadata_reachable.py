"""metadata-reachable: pods that reach the cloud's metadata service, and so the node's credentials.

Addresses: 169.254.169.254 on AWS, Google Cloud, Azure and others; for IPv6 fd00:ec2::254 on AWS
(EC2 user guide, "Instance metadata") and fd20:ce::254 on Google Cloud (Compute Engine, "Access VM
metadata"); all on TCP 80. MITRE ATT&CK T1552.005.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False)
class _Service:
    """The metadata service at one address, in the forms that are asked for in each namespace."""

    address: Ip
    peers: PeerSet
    shown: str


_V4, *_V6 = (
    _Service(each, PeerSet(addresses=just(each)), str(each)) for each in (V4, *V6.values())
)
_OF = {None: (_V4, *_V6)} | {
    cloud: tuple(each for each in (_V4, *_V6) if each.address in {V4, V6.get(cloud)})
    for cloud in Provider
}
"""Every address there may be; without nodes to tell the cloud, those of all clouds."""
_HTTP = port_set(Protocol.TCP, ((80, 80),))
_BADNESS = {Verdict.PASS: 0, Verdict.UNKNOWN: 1, Verdict.FAIL: 2}
_DECIDED = {
    ir.Decision.ALLOW: Verdict.FAIL,
    ir.Decision.UNKNOWN: Verdict.UNKNOWN,
    ir.Decision.DENY: Verdict.PASS,
}


def _check(view: NamespaceView) -> Iterator[Flaw]:
    provider = _provider(view)
    services = _OF[provider]
    verdicts = {bound: _verdicts(view, bound, services) for bound in view.bound(Direction.EGRESS)}

    def test(bound: Bound) -> Verdict:
        return _worst(verdicts[bound])

    def telling(bound: Bound) -> list[ir.Rule]:
        reached = [each.address for each in services if _reaches(bound, each) is Verdict.FAIL]
        rules = (rule for rule in bound.allowing() if rule.ports & _HTTP)
        return [rule for rule in rules if any(rule.peers.addresses.contains(a) for a in reached)]

    told = zip(services, zip(*verdicts.values(), strict=True), strict=False)
    reached = [service for service, found in told if Verdict.FAIL in found]
    where = " and ".join(service.shown for service in reached or services)
    fix = Fix(_FIXES.get(provider, _FIXES[None]))
    summary = f"{{pods}} can reach the metadata service at {where}"
    return gathered(view, Question(Direction.EGRESS, test, telling, summary, lambda: fix))


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of them; of none at all there is no best, and that is a mistake."""
    return max(verdicts, key=_BADNESS.__getitem__)


def _provider(view: NamespaceView) -> Provider | None:
    nodes = view.isolation.snapshot.nodes
    if isinstance(nodes, Seen) and nodes.value:
        return nodes.value[0].provider
    return None


def _verdicts(view: NamespaceView, bound: Bound, services: tuple[_Service, ...]) -> list[Verdict]:
    """Whether pods here reach each, less sure where nobody knows that they speak IPv6."""
    classes = view.isolation.table.classes
    families = {classes[number].family for number in bound.classes}
    v6_is_sure = _provider(view) is not None and Family.V6 in families
    return [_verdict(bound, each, families, sure=each is _V4 or v6_is_sure) for each in services]


def _verdict(
    bound: Bound, service: _Service, families: set[Family | None], *, sure: bool
) -> Verdict:
    if families.isdisjoint({None, service.address.family}):
        return Verdict.PASS
    found = _reaches(bound, service)
    return Verdict.UNKNOWN if found is Verdict.FAIL and not sure else found


def _reaches(bound: Bound, service: _Service) -> Verdict:
    return _worst(_DECIDED[row.decision] for row in bound.side.rows(service.peers, _HTTP))


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
