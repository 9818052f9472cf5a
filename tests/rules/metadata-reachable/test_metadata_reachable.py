from collections.abc import Callable
from dataclasses import replace

import pytest

from seawall.judge.rules.metadata_reachable import RULE
from seawall.model.addresses import ip
from seawall.model.cluster import Provider
from seawall.model.finding import Outcome, Verdict
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Node, Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]

CUT_V4 = "{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}"
CUT_V6 = "{ipBlock: {cidr: '::/0', except: ['fd00:ec2::254/128']}}"
ALL_V6 = "{ipBlock: {cidr: '::/0'}}"


def egress(*peers: str, ports: str = "") -> str:
    """A spec that isolates every pod for egress, and opens some peers."""
    rule = f"{{to: [{', '.join(peers)}]{f', ports: [{ports}]' if ports else ''}}}"
    return f"{{policyTypes: [Egress], egress: [{rule if peers else ''}]}}"


def at(snapshot: Snapshot, *addresses: str) -> Snapshot:
    """The snapshot, with these addresses for the pods of `shop`."""
    assert isinstance(snapshot.pods, Seen)
    found = tuple(map(ip, addresses))
    pods = (
        replace(pod, addresses=found) if pod.namespace == "shop" else pod
        for pod in snapshot.pods.value
    )
    return replace(snapshot, pods=Seen(tuple(pods)))


def run_by(snapshot: Snapshot, provider: Provider) -> Snapshot:
    """The snapshot, on one cloud's nodes."""
    return replace(snapshot, nodes=Seen((Node("n1", provider),)))


@pytest.mark.parametrize(
    "specs, verdict",
    [
        pytest.param((), FAIL, id="no policy"),
        pytest.param(("{podSelector: {}}",), FAIL, id="isolated for ingress only"),
        pytest.param(("{policyTypes: [Egress], egress: [{}]}",), FAIL, id="allow-all"),
        pytest.param((egress("{ipBlock: {cidr: 0.0.0.0/0}}"),), FAIL, id="the world"),
        pytest.param((egress("{ipBlock: {cidr: 169.254.0.0/16}}"),), FAIL, id="link-local"),
        pytest.param(
            (egress("{ipBlock: {cidr: 169.254.169.254/32}}", ports="{port: 80}"),),
            FAIL,
            id="the very address",
        ),
        pytest.param(
            (egress(CUT_V4), egress("{ipBlock: {cidr: 0.0.0.0/0}}", ports="{port: 80}")),
            FAIL,
            id="a second policy opens it again",
        ),
        pytest.param(
            (egress(CUT_V4, "{ipBlock: {cidr: 169.254.169.0/24}}"),),
            FAIL,
            id="a second block opens it again",
        ),
        pytest.param(
            (egress(CUT_V4).replace("{", "{podSelector: {matchLabels: {app: web}}, ", 1),),
            FAIL,
            id="cut off for some pods only",
        ),
        pytest.param((egress(),), PASS, id="deny-all"),
        pytest.param((egress(CUT_V4),), PASS, id="the article's except"),
        pytest.param(
            (egress("{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}"),),
            PASS,
            id="a wider except",
        ),
        pytest.param(
            (egress(CUT_V4), egress("{ipBlock: {cidr: 0.0.0.0/0}}", ports="{port: 443}")),
            PASS,
            id="opened again on another port",
        ),
        pytest.param((egress("{namespaceSelector: {}}"),), PASS, id="every pod, no address"),
        pytest.param((egress("{ipBlock: {cidr: 10.0.0.0/8}}"),), PASS, id="a block elsewhere"),
    ],
)
def test_the_metadata_service_is_reached_or_not(
    shop: Shop, ask: Ask, specs: tuple[str, ...], verdict: Verdict
) -> None:
    assert verdict is ask(shop(*specs), RULE).verdict


V6, BOTH_FAMILIES = ("fd00:1::10",), ("10.0.1.10", "fd00:1::10")


@pytest.mark.parametrize(
    "pods, peers, verdict",
    [
        pytest.param((Provider.AWS, V6), (ALL_V6,), FAIL, id="AWS, IPv6"),
        pytest.param((Provider.AWS, V6), (CUT_V6,), PASS, id="AWS, IPv6 cut"),
        pytest.param(
            (Provider.AWS, BOTH_FAMILIES), (CUT_V4, ALL_V6), FAIL, id="AWS, IPv4 cut alone"
        ),
        pytest.param((Provider.AWS, BOTH_FAMILIES), (CUT_V4, CUT_V6), PASS, id="AWS, both cut"),
        pytest.param((Provider.AWS, ("10.0.1.10",)), (CUT_V4, ALL_V6), PASS, id="AWS, no IPv6"),
        pytest.param(
            (Provider.AZURE, BOTH_FAMILIES), (CUT_V4, ALL_V6), PASS, id="Azure has no IPv6"
        ),
    ],
)
def test_each_family_that_a_pod_speaks_counts(
    shop: Shop,
    ask: Ask,
    pods: tuple[Provider, tuple[str, ...]],
    peers: tuple[str, ...],
    verdict: Verdict,
) -> None:
    provider, addresses = pods
    snapshot = run_by(at(shop(egress(*peers)), *addresses), provider)

    assert verdict is ask(snapshot, RULE).verdict


def test_google_answers_over_ipv6_too(shop: Shop, ask: Ask) -> None:
    snapshot = run_by(at(shop(egress(ALL_V6)), *V6), Provider.GCP)

    assert PASS is not ask(snapshot, RULE).verdict


def test_a_pod_without_an_address_yet_may_speak_ipv6(shop: Shop, ask: Ask) -> None:
    assert PASS is not ask(at(shop(egress(CUT_V4, ALL_V6))), RULE).verdict


def test_without_nodes_nobody_knows_of_an_ipv6_address(shop: Shop, ask: Ask) -> None:
    snapshot = replace(at(shop(egress(ALL_V6)), *V6), nodes=Unseen("403 Forbidden"))

    assert UNKNOWN is ask(snapshot, RULE).verdict


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("pods cannot be listed", UNKNOWN),
        ("policies cannot be listed", UNKNOWN),
        ("served groups cannot be read", UNKNOWN),
        ("a policy here is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("an admin policy for egress is there", UNKNOWN),
        ("a Cilium policy is here", UNKNOWN),
        ("an admin policy for ingress is there", PASS),
        ("nodes cannot be listed", PASS),  # the pods speak IPv4 only
        ("a policy elsewhere is broken", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(egress(CUT_V4)), how), RULE).verdict


@pytest.mark.parametrize(
    "provider, told",
    [
        (Provider.AWS, "IMDSv2 with a hop limit of 1"),
        (Provider.GCP, "First move the pods to Workload Identity"),
        (Provider.AZURE, "Except 169.254.169.254/32"),
        (Provider.OTHER, "Except 169.254.169.254/32"),
    ],
)
def test_the_fix_is_that_of_the_cloud(shop: Shop, ask: Ask, provider: Provider, told: str) -> None:
    [finding] = ask(run_by(shop(), provider), RULE).findings

    assert told in finding.fix.text


def test_the_rule_that_opens_it_is_the_evidence(shop: Shop, ask: Ask) -> None:
    [finding] = ask(
        shop(egress(CUT_V4), egress("{ipBlock: {cidr: 169.254.0.0/16}}")), RULE
    ).findings

    assert ["NetworkPolicy shop/p1 spec.egress[0]"] == [str(e.where) for e in finding.evidence]
    assert "2 pods can reach the metadata service at 169.254.169.254" == finding.summary


def test_the_summary_names_the_address_that_is_reached(shop: Shop, ask: Ask) -> None:
    [finding] = ask(at(shop(egress(CUT_V4, ALL_V6)), *BOTH_FAMILIES), RULE).findings

    assert finding.summary.endswith("fd00:ec2::254")
