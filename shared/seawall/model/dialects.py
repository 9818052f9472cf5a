"""Policies of the kinds beside NetworkPolicy that are modelled."""

from dataclasses import dataclass

from seawall.model.admin import AdminPolicy
from seawall.model.calico import CalicoObject
from seawall.model.cilium import CiliumPolicy

DialectObject = AdminPolicy | CiliumPolicy | CalicoObject


@dataclass(frozen=True, slots=True)
class Dialects:
    """The objects of one cluster, each dialect in order of their references.

    Attributes:
        admin: AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.
        cilium: CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy.
        calico: Calico's policies, and the tiers and sets of addresses that they speak of.
    """

    admin: tuple[AdminPolicy, ...] = ()
    cilium: tuple[CiliumPolicy, ...] = ()
    calico: tuple[CalicoObject, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.admin or self.cilium or self.calico)


NO_DIALECTS = Dialects()
