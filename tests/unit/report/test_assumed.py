"""Read for a plug-in that somebody names, and what another one would say where none is known."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.analyse.hand_made import cluster, pod, policy

from seawall.analyse.isolation import Isolation, analyse, with_policy
from seawall.analyse.why import answer
from seawall.model.cilium import CiliumPolicy
from seawall.model.dialects import Dialects
from seawall.model.enforcement import IN_MANIFESTS, Plane
from seawall.model.ir import UPSTREAM, DataPlane
from seawall.model.ports import ALL_PORTS
from seawall.report.assumed import assumed_document, assumed_lines
from seawall.report.isolation import isolation_document
from seawall.report.why import why_document, why_lines

STAGE = (pod("shop/web", "10.0.0.1"), pod("shop/db", "10.0.0.2"))
BLOCK = policy("shop/near", "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}]}]}")
FOUND = "kube-network-policies"


def manifests(assumed: DataPlane | Plane | None = None) -> Isolation:
    return analyse(cluster(*STAGE, BLOCK, data_plane=IN_MANIFESTS), assumed)


def lines(isolation: Isolation, source: str = "shop/web") -> list[str]:
    return list(why_lines(answer(isolation, source, "shop/db", ALL_PORTS), isolation))


def document(isolation: Isolation, source: str = "shop/web") -> dict[str, Any]:
    found = answer(isolation, source, "shop/db", ALL_PORTS)
    read: dict[str, Any] = json.loads(json.dumps(why_document(found, isolation)))
    return read


def test_where_the_plug_in_is_not_known_why_tells_who_reads_it_otherwise() -> None:
    told = [line for line in lines(manifests()) if line.startswith("  on ")]

    assert ["  on cilium: denied on all ports; an ipBlock never means a pod there"] == told
    assert [("cilium", False)] == [
        (each["dataplane"], each["allowed"]) for each in document(manifests())["readings"]
    ]


def test_where_all_read_alike_nothing_is_added() -> None:
    assert [] == document(manifests(), "8.8.8.8")["readings"]


@pytest.mark.parametrize("assumed", [UPSTREAM, Plane.CILIUM, Plane.CALICO])
def test_what_is_assumed_has_one_reading(assumed: DataPlane | Plane) -> None:
    assert [] == document(manifests(assumed))["readings"]


def test_a_cluster_that_tells_its_plug_in_has_one_reading() -> None:
    assert [] == document(analyse(cluster(*STAGE, BLOCK)))["readings"]


@pytest.mark.parametrize(
    "assumed, allowed",
    [
        pytest.param(None, True, id="as the API means it"),
        pytest.param(UPSTREAM, True, id="upstream"),
        pytest.param(Plane.VPC_CNI, True, id="VPC CNI"),
        pytest.param(Plane.CILIUM, False, id="Cilium"),
        pytest.param(Plane.GKE_DPV2, False, id="Dataplane V2"),
    ],
)
def test_a_block_is_read_as_the_plug_in_does(
    assumed: DataPlane | Plane | None,
    allowed: bool,  # noqa: FBT001  a row of the table
) -> None:
    assert allowed is document(manifests(assumed))["allowed"]


def test_it_overrides_what_was_found_and_says_so() -> None:
    found = analyse(cluster(*STAGE, BLOCK), Plane.CILIUM)

    assert document(found)["allowed"] is False
    assert {"dataplane": "cilium", "found": [FOUND], "inert": []} == document(found)["assumed"]
    told = f"  read for: cilium, as asked (--dataplane); found: {FOUND}"
    assert told in lines(found)
    assert {"dataplane": "cilium", "found": [FOUND], "inert": []} == isolation_document(found)[
        "assumed"
    ]


def test_it_stays_where_a_policy_is_added() -> None:
    more = policy("shop/more", "{podSelector: {matchLabels: {app: new}}}")
    found = with_policy(manifests(Plane.CILIUM), more)

    assert document(found)["allowed"] is False


def test_kinds_that_it_does_not_carry_out_do_nothing() -> None:
    closed = CiliumPolicy("shop", "closed")
    snapshot = replace(
        cluster(*STAGE, data_plane=IN_MANIFESTS), dialects=Dialects(cilium=(closed,))
    )
    calico, cilium = (analyse(snapshot, plane) for plane in (Plane.CALICO, Plane.CILIUM))

    assert [closed.ref] == [idle.ref for idle in calico.force.inert]
    assert () == cilium.force.inert
    assert [
        "read for: calico, as asked (--dataplane); found: none; 1 policy of kinds it leaves alone"
    ] == list(assumed_lines(calico))


def test_without_it_nothing_is_said() -> None:
    assert assumed_document(manifests()) is None
    assert [] == list(assumed_lines(manifests()))
