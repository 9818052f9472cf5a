"""Two severities: open and exposed, open only; and what a change of exposure changes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seawall.analyse.isolation import analyse
from seawall.collect.manifests import STDIN, read_manifests
from seawall.flow.substance import substance
from seawall.judge.judging import judge
from seawall.model.finding import Finding, Severity
from seawall.model.sight import Unseen
from seawall.model.snapshot import Snapshot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: shop, labels: {{app: web}}}}
spec: {{containers: [{{name: c}}]}}
status: {{podIP: {address}}}
"""
WEB = POD.format(name="web", address="10.0.0.5")
SECOND = POD.format(name="web-2", address="10.0.0.6")
SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}], externalTrafficPolicy: Local}
"""
INNER = """
apiVersion: v1
kind: Service
metadata: {name: inner, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
BEHIND = "Service shop/web (LoadBalancer Service, internet) leads there on TCP 80"
OPEN = "[{}]"
INSIDE = "[{from: [{namespaceSelector: {}}]}]"


def policy(ingress: str) -> str:
    return (
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
        "metadata: {name: p, namespace: shop}, "
        f"spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: {ingress}}}}}"
    )


def read(*documents: str) -> Snapshot:
    text = "\n---\n".join((INNER, *documents))
    return read_manifests([STDIN], now=NOW, stdin=text.encode())


def finding(snapshot: Snapshot, rule: str) -> Finding:
    outcomes = judge(analyse(snapshot), identity="k")
    (found,) = (f for each in outcomes if each.rule == rule for f in each.findings)
    return found


@pytest.mark.parametrize(
    "rule, rules, open_only, exposed",
    [
        pytest.param(
            "default-open-ingress", (), Severity.HIGH, Severity.CRITICAL, id="open by default"
        ),
        pytest.param(
            "allow-all-ingress",
            (policy(OPEN),),
            Severity.HIGH,
            Severity.CRITICAL,
            id="opened to everybody",
        ),
        pytest.param(
            "cluster-open-ingress",
            (policy(OPEN),),
            Severity.MEDIUM,
            Severity.HIGH,
            id="opened to every namespace, and to everybody else",
        ),
        pytest.param(
            "cluster-open-ingress",
            (policy(INSIDE),),
            Severity.MEDIUM,
            Severity.MEDIUM,
            id="opened to every namespace, and closed to what comes from outside",
        ),
    ],
)
def test_open_and_exposed_is_graver_than_open(
    rule: str, rules: tuple[str, ...], open_only: Severity, exposed: Severity
) -> None:
    before, after = (finding(read(WEB, *rules, *more), rule) for more in ((), (SERVICE,)))

    assert (open_only, exposed) == (before.severity, after.severity)
    assert BEHIND not in before.summary
    assert (exposed is not open_only) is (BEHIND in after.summary)


def test_exposure_changes_what_is_told_and_not_which_finding_it_is() -> None:
    before, after = (finding(read(WEB, *more), "default-open-ingress") for more in ((), (SERVICE,)))

    assert before.fingerprint == after.fingerprint
    assert substance(before) != substance(after)


def test_more_pods_behind_the_same_way_are_no_change() -> None:
    one, two = (
        finding(read(WEB, SERVICE, *more), "default-open-ingress") for more in ((), (SECOND,))
    )

    assert one.pods != two.pods
    assert substance(one) == substance(two)


def test_egress_has_nothing_to_do_with_who_comes_in() -> None:
    before, after = (finding(read(WEB, *more), "default-open-egress") for more in ((), (SERVICE,)))

    assert (before.severity, before.summary) == (after.severity, after.summary)


def test_what_was_not_read_is_said_and_makes_nothing_graver() -> None:
    whole = read(WEB)
    partly = replace(whole, entrances=replace(whole.entrances, services=Unseen("refused")))

    known, unknown = (finding(each, "default-open-ingress") for each in (whole, partly))
    assert known.severity is unknown.severity
    assert "whether anything outside leads there is not known" in unknown.summary
    assert "outside leads there" not in known.summary


def test_an_object_is_told_once_by_its_most_open_way() -> None:
    cluster = SERVICE.replace(", externalTrafficPolicy: Local", "")

    assert 1 == finding(read(WEB, cluster), "default-open-ingress").summary.count("leads there")


def test_of_many_ways_some_are_told_and_the_others_counted() -> None:
    more = [SERVICE.replace("name: web\n", f"name: web-{n}\n") for n in range(4)]

    assert "; 2 more lead there" in finding(read(WEB, *more), "default-open-ingress").summary


def test_source_ranges_are_told() -> None:
    office = SERVICE.replace(
        "type: LoadBalancer", "type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24]"
    )

    summary = finding(read(WEB, office), "default-open-ingress").summary
    assert "(LoadBalancer Service, internet from 192.0.2.0/24)" in summary
