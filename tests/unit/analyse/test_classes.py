"""Pods no policy can tell apart are one class; whatever some policy looks at tells them apart."""

import pytest
from tests.unit.analyse.hand_made import cluster, done, host, pod, policy

from seawall.analyse.classes import Standing
from seawall.analyse.isolation import analyse
from seawall.analyse.regions import AddressRegions, plausible_addresses
from seawall.model.addresses import Family, cidr, ip
from seawall.model.policies import NetworkPolicy
from seawall.model.snapshot import Pod

ALL = policy("shop/all", "{podSelector: {}}")
BY_APP = policy("shop/by-app", "{podSelector: {matchLabels: {app: web}}}")
BY_PEER = policy("bank/by-peer", "{ingress: [{from: [{podSelector: {matchLabels: {app: x}}}]}]}")
BY_NAME = policy("shop/by-name", "{ingress: [{ports: [{port: http}]}]}")
BY_BLOCK = policy("bank/by-block", "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}]}]}")


def two(a: str = "", b: str = "", **more: str) -> tuple[Pod, Pod]:
    """Two pods of one namespace in one block, with these labels."""
    return pod("shop/a", "10.0.0.1", a, **more), pod("shop/b", "10.0.0.2", b)


@pytest.mark.parametrize(
    "pods, policies, classes",
    [
        pytest.param(two(), (), 1, id="alike"),
        pytest.param(two("app=web", "app=db"), (ALL,), 1, id="labels nobody mentions"),
        pytest.param(two("hash=1", "hash=2"), (BY_APP,), 1, id="other labels than are mentioned"),
        pytest.param(two("app=web", "app=db"), (BY_APP,), 2, id="a label that a subject mentions"),
        pytest.param(two("app=web", ""), (BY_APP,), 2, id="a label, and none"),
        pytest.param(two("app=x", "app=y"), (BY_PEER,), 2, id="a label that a peer mentions"),
        pytest.param(two(ports="http=TCP/80"), (ALL,), 1, id="port names nobody mentions"),
        pytest.param(two(ports="http=TCP/80"), (BY_NAME,), 2, id="a port name that is mentioned"),
        pytest.param(two(ports="web=TCP/80"), (BY_NAME,), 1, id="another port name"),
        pytest.param(two(), (BY_BLOCK,), 1, id="addresses in the same blocks"),
        pytest.param(
            (pod("shop/a", "10.0.0.1"), pod("shop/b", "10.9.0.1")), (ALL,), 1, id="any addresses"
        ),
        pytest.param(
            (pod("shop/a", "10.0.0.1"), pod("shop/b", "10.9.0.1")),
            (BY_BLOCK,),
            2,
            id="one inside a block, one outside",
        ),
        pytest.param(
            (pod("shop/a", "10.0.0.1"), pod("shop/b", "fd00::1")), (), 2, id="two families"
        ),
        pytest.param((pod("shop/a", "10.0.0.1"), pod("shop/b")), (), 2, id="no address"),
        pytest.param(
            (pod("shop/a", "10.0.0.1"), host("shop/b", "10.0.0.2")), (), 2, id="a host-network pod"
        ),
        pytest.param(
            (pod("shop/a", "10.0.0.1"), pod("bank/b", "10.0.0.2")), (), 2, id="two namespaces"
        ),
        pytest.param(
            (pod("shop/a", "10.0.0.1"), done("shop/b", "10.0.0.2")), (), 1, id="one has completed"
        ),
        pytest.param((pod("shop/a", "10.0.0.1 fd00::1"),), (), 2, id="one pod of two families"),
    ],
)
def test_a_class_for_what_policies_can_tell_apart(
    pods: tuple[Pod, ...], policies: tuple[NetworkPolicy, ...], classes: int
) -> None:
    assert classes == len(analyse(cluster(*pods, *policies)).table.live)


def test_a_dual_stack_pod_is_one_pod_with_an_endpoint_a_family() -> None:
    both = pod("shop/both", "10.0.0.1 fd00::1")
    isolation = analyse(cluster(both))
    numbers = isolation.classes_of["shop", "both"]

    assert [Family.V4, Family.V6] == sorted(isolation.table.classes[n].family or 0 for n in numbers)
    assert (both,) == isolation.table.pods(isolation.table.live)


def test_classes_of_a_namespace_stand_together() -> None:
    pods = (pod("b/1", "10.0.0.1"), pod("a/1", "10.0.0.2"), pod("b/2", "10.0.0.3", "app=web"))
    table = analyse(cluster(*pods, BY_APP)).table

    for number, span in enumerate(table.spans):
        assert {number} == {table.classes[member].namespace for member in span}
    assert list(table.everything) == sorted(member for span in table.spans for member in span)


def test_every_class_has_one_standing() -> None:
    table = analyse(cluster(*two())).table

    assert len(table.classes) == sum(len(table.standing[standing]) for standing in Standing)


def test_a_label_of_the_dns_pods_is_always_looked_at() -> None:
    pods = (
        pod("kube-system/dns", "10.0.0.1", "k8s-app=kube-dns"),
        pod("kube-system/x", "10.0.0.2"),
    )

    assert 2 == len(analyse(cluster(*pods)).table.live)


# Regions


@pytest.mark.parametrize(
    "a, b, alike",
    [
        pytest.param("10.0.0.0", "10.0.0.255", True, id="both ends of a block"),
        pytest.param("10.0.0.255", "10.0.1.0", False, id="on both sides of its last border"),
        pytest.param("9.255.255.255", "10.0.0.0", False, id="on both sides of its first border"),
        pytest.param("9.255.255.255", "10.0.1.0", True, id="before and after a block"),
        pytest.param("10.0.0.7", "10.0.0.8", False, id="an except"),
        pytest.param("10.0.0.8", "11.0.0.0", True, id="an except and the outside"),
        pytest.param("0.0.0.1", "255.255.255.255", True, id="both ends of IPv4"),
        pytest.param("::1", "0.0.0.1", False, id="the families' first addresses"),
        pytest.param("fd00::1", "fd00::2", True, id="in one IPv6 block"),
        pytest.param("fd00::1", "fe00::1", False, id="in and out of an IPv6 block"),
    ],
)
def test_addresses_in_the_same_blocks_are_in_one_region(a: str, b: str, *, alike: bool) -> None:
    regions = AddressRegions([cidr("10.0.0.0/24") - cidr("10.0.0.8/32"), cidr("fd00::/64")])

    assert alike == (regions.region_of(ip(a)) == regions.region_of(ip(b)))
    assert Family.V4 == regions.family_of[regions.region_of(ip("10.0.0.1"))]
    assert Family.V6 == regions.family_of[regions.region_of(ip("fd00::1"))]


def test_blocks_that_touch_are_two_regions() -> None:
    regions = AddressRegions([cidr("10.0.0.0/24"), cidr("10.0.1.0/24")])
    first, second, after = (
        regions.region_of(ip(text)) for text in ("10.0.0.255", "10.0.1.0", "10.0.2.0")
    )

    assert 3 == len({first, second, after})


@pytest.mark.parametrize(
    "seen, expected",
    [
        pytest.param(
            [],
            ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
            id="nothing: the private ranges",
        ),
        pytest.param(["10.1.2.3"], ["10.1.2.0/24"], id="one address: its node's range"),
        pytest.param(["10.1.2.3", "10.1.3.3"], ["10.1.2.0/23"], id="two: a range around both"),
        pytest.param(["10.1.2.3", "10.1.4.3"], ["10.1.0.0/21"], id="aligned"),
        pytest.param(["fd00::1"], ["fd00::/64"], id="one address of IPv6"),
        pytest.param(
            ["20.0.0.1", "fd00::1"], ["20.0.0.0/24", "fd00::/64"], id="both families, public too"
        ),
    ],
)
def test_new_pods_are_expected_around_those_seen(seen: list[str], expected: list[str]) -> None:
    assert expected == list(plausible_addresses(map(ip, seen)).cidrs())


def test_without_blocks_a_family_is_one_region() -> None:
    regions = AddressRegions([])

    assert regions.region_of(ip("1.2.3.4")) == regions.region_of(ip("200.0.0.1"))
    assert regions.region_of(ip("1.2.3.4")) != regions.region_of(ip("::1"))
