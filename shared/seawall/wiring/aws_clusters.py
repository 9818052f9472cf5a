"""The ways to clusters of three clouds, from a function in AWS."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seawall.model.errors import NoEntry
from seawall.wiring.aws_settings import AwsSettings

if TYPE_CHECKING:
    from seawall.clouds.aws import AccountRole, Aws
    from seawall.clouds.azure import Azure
    from seawall.clouds.gcp import Gcp
    from seawall.model.door import Door
    from seawall.model.fleet import ClusterRecord

    Doors = Callable[[ClusterRecord], Door]


@dataclass(frozen=True)
class Clouds:
    """Who we are in each cloud; nobody is asked before a cluster there is."""

    found: AwsSettings
    aws: "Aws"

    def accounts(self, *, writing: bool = False) -> "tuple[AccountRole, ...]":
        """How accounts are entered: our own as whoever we are, the others by their roles.

        Raises:
            Trouble: What is named is no role.
        """
        from seawall.clouds.aws import OURSELVES, AccountRole

        name = "SEAWALL_MEMBER_WRITE_ROLES" if writing else "SEAWALL_MEMBER_ROLES"
        secret = self.found.maybe("SEAWALL_EXTERNAL_ID")
        members = tuple(AccountRole(role, secret) for role in self.found.each(name))
        return (OURSELVES, *members) if self.found.is_on("SEAWALL_OWN_ACCOUNT") else members

    @cached_property
    def gcp(self) -> "Gcp":
        """Google Cloud, as the service account that trusts us and reads."""
        return self._gcp("SEAWALL_GOOGLE_FEDERATION")

    @cached_property
    def gcp_writing(self) -> "Gcp":
        """The same, as the one that may write."""
        return self._gcp("SEAWALL_GOOGLE_WRITE_FEDERATION")

    @cached_property
    def azure(self) -> "Azure":
        """Azure, as the application that trusts us and reads."""
        return self._azure("SEAWALL_AZURE_CLIENT")

    @cached_property
    def azure_writing(self) -> "Azure":
        """The same, as the one that may write."""
        return self._azure("SEAWALL_AZURE_WRITE_CLIENT")

    def _gcp(self, name: str) -> "Gcp":
        from seawall.clouds.federation import google_login
        from seawall.clouds.gcp import Gcp

        return Gcp(google_login(self._named(name)))

    def _azure(self, name: str) -> "Azure":
        from seawall.clouds.azure import Azure
        from seawall.clouds.federation import azure_login

        tenant = self.found.text("SEAWALL_AZURE_TENANT")
        return Azure(azure_login(self.aws, tenant, self._named(name)))

    def _named(self, name: str) -> str:
        """Who we are in another cloud; there is no other login than the one that is named."""
        if value := self.found.maybe(name):
            return value
        raise NoEntry(f"{name} is not set: nobody is named to enter as; see docs/deploy/aws.md")


def doors(clouds: Clouds, services: Collection[str], *, writing: bool = False) -> "Doors":
    """The doors to the clusters of some services; `writing`: as who may change them."""

    def door(record: "ClusterRecord") -> "Door":
        service = record.ref.service
        if service not in services:
            raise NoEntry(f"the inventory says {service!r} runs it; this function cannot reach it")
        if service == "gke":
            from seawall.connect.gke import gke_door

            return gke_door(record, clouds.gcp_writing if writing else clouds.gcp)
        if service == "aks":
            from seawall.connect.aks import aks_door

            return aks_door(record, clouds.azure_writing if writing else clouds.azure)
        from seawall.connect.eks import eks_door

        return eks_door(record, clouds.aws, clouds.accounts(writing=writing))

    return door
