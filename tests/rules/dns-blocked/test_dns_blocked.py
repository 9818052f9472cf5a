from collections.abc import Callable
from dataclasses import replace

import pytest

from seawall.judge.rules.dns_blocked import RULE
from seawall.model.addresses import ip
from seawall.model.finding import Finding, Outcome, Verdict
from seawall.model.sight import Seen
from seawall.model.snapshot import Pod, Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]
Mend = Callable[[Snapshot, Finding], Snapshot]

KUBE_SYSTEM = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}"
BOTH = "{protocol: UDP, port: 53}, {protocol: TCP, port: 53}"


def egress(peer: str = "", ports: str = BOTH) -> str:
    """A spec that isolates every pod for egress, and opens some ports of one peer."""
    peers = f"to: [{peer}], " if peer else ""
    return f"{{policyTypes: [Egress], egress: [{{{peers}ports: [{ports}]}}]}}"


DENY_ALL = "{policyTypes: [Egress]}"
TO_DNS = egress(KUBE_SYSTEM)


@pytest.mark.parametrize(
    "specs, verdict",
    [
        pytest.param((TO_DNS,), PASS, id="UDP and TCP to the DNS namespace"),
        pytest.param((egress(),), PASS, id="the ports to everybody"),
        pytest.param(
            (
                egress(KUBE_SYSTEM, "{protocol: UDP, port: 53}"),
                egress("", "{protocol: TCP, port: 53}"),
            ),
            PASS,
            id="one policy a protocol",
        ),
        pytest.param(
            (egress(KUBE_SYSTEM, "{protocol: UDP, port: dns}, {port: dns-tcp}"),),
            PASS,
            id="by the names of the ports",
        ),
        pytest.param(
            (egress("{ipBlock: {cidr: 10.0.3.10/32}}"),), PASS, id="the DNS pod's address"
        ),
        pytest.param((DENY_ALL, "{policyTypes: [Egress], egress: [{}]}"), PASS, id="allow-all"),
        pytest.param((), PASS, id="no policy"),
        pytest.param(("{podSelector: {}}",), PASS, id="isolated for ingress only"),
        pytest.param((DENY_ALL,), FAIL, id="deny-all"),
        pytest.param((egress("{podSelector: {}}"),), FAIL, id="the own namespace only"),
        pytest.param((egress(KUBE_SYSTEM, "{port: 53}"),), FAIL, id="a port without protocol"),
        pytest.param((egress(KUBE_SYSTEM, "{protocol: UDP, port: 53}"),), FAIL, id="UDP only"),
        pytest.param((egress(KUBE_SYSTEM, "{protocol: TCP, port: 53}"),), FAIL, id="TCP only"),
        pytest.param(
            (egress("{ipBlock: {cidr: 10.96.0.10/32}}"),), FAIL, id="the address of the Service"
        ),
        pytest.param(
            (egress("{ipBlock: {cidr: 8.8.8.8/32}}"),), FAIL, id="somebody else's DNS server"
        ),
    ],
)
def test_dns_is_reached_or_cut_off(
    shop: Shop, ask: Ask, specs: tuple[str, ...], verdict: Verdict
) -> None:
    assert verdict is ask(shop(*specs), RULE).verdict


def test_without_a_dns_pod_one_is_assumed(shop: Shop, ask: Ask) -> None:
    outcomes = [
        ask(pods(shop(spec), lambda _: None), RULE) for spec in (TO_DNS, "{podSelector: {}}")
    ]

    assert [PASS, PASS] == [outcome.verdict for outcome in outcomes]


def test_the_dns_pod_that_is_assumed_can_be_out_of_reach(shop: Shop, ask: Ask) -> None:
    assert FAIL is ask(pods(shop(DENY_ALL), lambda _: None), RULE).verdict


def test_dns_pods_on_the_host_network_cut_nobody_off(shop: Shop, ask: Ask) -> None:
    assert FAIL is not ask(pods(shop(), lambda pod: replace(pod, host_network=True)), RULE).verdict


DENY_DNS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: kube-system, name: only-metrics}
spec: {podSelector: {matchLabels: {k8s-app: kube-dns}}, ingress: [{ports: [{port: 9153}]}]}
"""


def test_the_policy_of_the_dns_pods_can_cut_everybody_off(shop: Shop, ask: Ask) -> None:
    outcome = ask(shop(TO_DNS, also=DENY_DNS), RULE)

    assert (FAIL, ("shop/db-0", "shop/web-0")) == (outcome.verdict, outcome.findings[0].pods)


def test_the_policy_of_the_dns_pods_is_evidence_when_it_cuts_off(shop: Shop, ask: Ask) -> None:
    [finding] = ask(shop(also=DENY_DNS), RULE).findings

    assert "NetworkPolicy kube-system/only-metrics" in {str(e.where) for e in finding.evidence}


NODE_LOCAL = """
apiVersion: v1
kind: Pod
metadata: {namespace: kube-system, name: node-local-dns-0, labels: {k8s-app: node-local-dns}}
spec: {hostNetwork: true, containers: [{name: c}]}
status: {phase: Running, podIP: 192.168.7.1}
"""
TO_CACHE = egress("{ipBlock: {cidr: 169.254.20.10/32}}")


def test_the_cache_on_the_node_will_do(shop: Shop, ask: Ask) -> None:
    verdicts = [
        ask(shop(TO_CACHE, also=NODE_LOCAL), RULE).verdict,
        ask(shop(TO_CACHE), RULE).verdict,
        ask(shop(DENY_ALL, also=NODE_LOCAL), RULE).verdict,
    ]

    assert [PASS, FAIL, FAIL] == verdicts


def test_one_family_of_a_dual_stack_pod_is_enough(shop: Shop, ask: Ask) -> None:
    to_dns_v4 = shop(egress("{ipBlock: {cidr: 10.0.3.0/24}}"))
    both = ("10.0.1.10", "fd00:1::10")
    dual = pods(to_dns_v4, lambda pod: pod, lambda pod: at(pod, *both))
    v6 = pods(to_dns_v4, lambda pod: pod, lambda pod: at(pod, both[1]))

    assert (PASS, FAIL) == (ask(dual, RULE).verdict, ask(v6, RULE).verdict)


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("namespaces cannot be listed", UNKNOWN),
        ("pods cannot be listed", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("served groups cannot be read", UNKNOWN),
        ("a policy here is broken", UNKNOWN),
        ("a policy of the DNS namespace is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("an admin policy for egress is there", UNKNOWN),
        ("an admin policy for ingress is there", UNKNOWN),  # it may close the DNS pods
        ("a Cilium policy is here", UNKNOWN),
        ("a policy elsewhere is broken", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(TO_DNS), how), RULE).verdict


def test_named_ports_of_unseen_namespaces_cannot_be_told(
    shop: Shop, ask: Ask, blind: Blind
) -> None:
    named = egress(
        "{namespaceSelector: {matchExpressions: [{key: role, operator: DoesNotExist}]}}",
        "{protocol: UDP, port: dns}, {port: dns-tcp}",
    )
    by_label = named.replace("DoesNotExist", "Exists")
    verdicts = [
        ask(blind(shop(spec), "namespaces cannot be listed"), RULE).verdict
        for spec in (named, by_label)
    ]

    assert [UNKNOWN, UNKNOWN] == verdicts


def test_the_finding_names_the_protocols_pods_and_policies(shop: Shop, ask: Ask) -> None:
    web = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}"
    [both] = ask(shop(web), RULE).findings
    [tcp] = ask(shop(egress(KUBE_SYSTEM, "{protocol: UDP, port: 53}")), RULE).findings

    assert "shop/web-0 cannot reach the cluster's DNS over UDP and TCP 53" == both.summary
    assert "2 pods cannot reach the cluster's DNS over TCP 53" == tcp.summary
    assert (("shop/web-0",), "egress") == (both.pods, both.facet)
    assert ["NetworkPolicy shop/p0"] == [str(each.where) for each in both.evidence]


@pytest.mark.parametrize(
    "specs",
    [
        pytest.param((DENY_ALL,), id="deny-all"),
        pytest.param((egress(KUBE_SYSTEM, "{protocol: UDP, port: 53}"),), id="UDP only"),
    ],
)
def test_the_fix_mends_it(shop: Shop, ask: Ask, mend: Mend, specs: tuple[str, ...]) -> None:
    snapshot = shop(*specs)
    [finding] = ask(snapshot, RULE).findings

    assert PASS is ask(mend(snapshot, finding), RULE).verdict


def test_beside_free_pods_no_manifest_is_offered(shop: Shop, ask: Ask) -> None:
    """It would isolate them too, and leave them nothing but DNS."""
    [finding] = ask(
        shop("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}"), RULE
    ).findings

    assert finding.fix.manifest is None
    assert "Allow UDP and TCP 53 to the cluster's DNS pods in the policies named." == (
        finding.fix.text
    )


def test_no_policy_here_mends_what_the_dns_pods_refuse(shop: Shop, ask: Ask) -> None:
    [finding] = ask(shop(also=DENY_DNS), RULE).findings

    assert finding.fix.manifest is None


def at(pod: Pod, *addresses: str) -> Pod:
    return replace(pod, addresses=tuple(map(ip, addresses)))


def pods(
    snapshot: Snapshot,
    of_dns: Callable[[Pod], Pod | None],
    of_shop: Callable[[Pod], Pod | None] = lambda pod: pod,
) -> Snapshot:
    """The snapshot with its DNS pods and those of `shop` changed, or gone."""
    assert isinstance(snapshot.pods, Seen)
    change = {"kube-system": of_dns, "shop": of_shop}
    changed = (
        change[pod.namespace](pod) if pod.namespace in change else pod
        for pod in snapshot.pods.value
    )
    return replace(snapshot, pods=Seen(tuple(pod for pod in changed if pod is not None)))
