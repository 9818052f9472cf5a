"""How a data plane reads what the API leaves open: the switches of `ir.DataPlane`."""

from collections.abc import Collection

from seawall.model.enforcement import Plane
from seawall.model.ir import UPSTREAM, DataPlane

CILIUM = DataPlane(ipblock_matches_pods=False)
"""An ipBlock never means a pod (https://docs.cilium.io/en/stable/security/policy/language/, "IP/
CIDR based"; cilium/cilium#9209)."""

BY_POD = DataPlane(baseline_by_direction=False)
"""The baseline tier is asked for no pod that any NetworkPolicy selects, in either direction (kube-
network-policies, `pkg/networkpolicy`)."""

_CONNECT_ONLY = frozenset({Plane.FLANNEL, Plane.AZURE, Plane.VPC_CNI})
"""Beside an engine these connect pods only."""

_READINGS = dict.fromkeys((Plane.CILIUM, Plane.GKE_DPV2, Plane.AZURE_CILIUM), CILIUM) | {
    Plane.KUBE_NETWORK_POLICIES: BY_POD
}


def reading_of(plane: Plane) -> DataPlane:
    """The readings of one data plane."""
    return _READINGS.get(plane, UPSTREAM)


def readings_of(planes: Collection[Plane]) -> DataPlane:
    """The readings of a cluster's data planes; where they differ, those of the upstream API.

    Upstream's ipBlock means pods as well, so that no opening is overlooked.
    """
    engines = [plane for plane in planes if plane not in _CONNECT_ONLY]
    found = {reading_of(plane) for plane in engines or planes}
    return found.pop() if len(found) == 1 else UPSTREAM


def settled(planes: Collection[Plane]) -> bool:
    """Whether it is known which plug-ins they are, and all of them read alike."""
    engines = [plane for plane in planes if plane not in _CONNECT_ONLY]
    return len({reading_of(plane) for plane in engines or planes}) == 1
