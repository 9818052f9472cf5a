"""The same folder read for one network plug-in and for another."""

from pathlib import Path

import pytest
from tests.journeys.setting import Seawall

POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: near, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: shop}
spec: {containers: [{name: c, image: i}]}
status: {phase: Running, podIP: IP, podIPs: [{ip: IP}]}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    pods = (
        POD.replace("NAME", n).replace("IP", ip) for n, ip in (("a", "10.0.0.1"), ("b", "10.0.0.2"))
    )
    path = tmp_path / "shop.yaml"
    path.write_text("---".join((POLICY, *pods)))
    return path


def test_why_says_who_reads_it_otherwise(seawall: Seawall, shop: Path) -> None:
    found = seawall("why", "shop/a", "shop/b", "80", shop)

    assert "allowed: shop/a -> shop/b on TCP 80" == found.out.splitlines()[0]
    assert "  on cilium: denied on TCP 80; an ipBlock never means a pod there" in found.out


def test_why_answers_for_the_plug_in_named(seawall: Seawall, shop: Path) -> None:
    found = seawall("why", "shop/a", "shop/b", "80", shop, "--dataplane", "cilium")

    assert "denied: shop/a -> shop/b on TCP 80" == found.out.splitlines()[0]
    assert "  read for: cilium, as asked (--dataplane); found: none" in found.out


def test_isolation_and_scan_say_what_they_were_read_for(seawall: Seawall, shop: Path) -> None:
    isolation = seawall("isolation", shop, "--dataplane", "cilium")
    scan = seawall("scan", shop, "--dataplane", "cilium", "-o", "json")

    assert "read for: cilium" in isolation.out
    assert "read for: cilium" in scan.err
    assert ["cilium"] == [each["assumed"]["dataplane"] for each in scan.document["clusters"]]


def test_a_plug_in_nobody_knows_is_a_wrong_usage(seawall: Seawall, shop: Path) -> None:
    found = seawall("scan", shop, "--dataplane", "ciliun")

    assert 5 == found.code
    assert "'ciliun' is none of: upstream, aks-calico" in found.err


def test_the_day_of_the_switch_is_about_the_plug_in_that_is_there(
    seawall: Seawall, shop: Path
) -> None:
    found = seawall("isolation", shop, "--assume-enforced", "--dataplane", "cilium")

    assert 5 == found.code
    assert "--dataplane" in found.err
