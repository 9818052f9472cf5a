"""Where a function in AWS looks for clusters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from seawall.model.errors import NoEntry, SeawallError
from seawall.model.fleet import Presence, Sighting
from seawall.model.sight import Unseen
from seawall.wiring.aws_clusters import Clouds
from seawall.wiring.aws_settings import EVERYWHERE

if TYPE_CHECKING:
    from seawall.flow.ports import Discovery, Inventory

Known = Callable[[], tuple[str, ...]]
"""The scopes that have clusters which are not gone."""


def discoveries(clouds: Clouds, inventory: "Inventory") -> "tuple[Discovery, ...]":
    """One for each cloud that is named in the environment; nothing is looked for in the others.

    Where none is named, one that says so: nothing looked at must not look like nothing there.
    """
    from seawall.flow.closing import EVERYWHERE as FLEET

    wanted = {
        "aws": ("SEAWALL_REGIONS", _eks),
        "gcp": ("SEAWALL_PROJECTS", _gke),
        "azure": ("SEAWALL_SUBSCRIPTIONS", _aks),
    }
    named = tuple(
        Apart(cloud, _way(make, clouds, names, inventory), _known(inventory))
        for cloud, (name, make) in wanted.items()
        if (names := clouds.found.each(name))
    )
    return named or (Apart(FLEET, _nowhere, _known(inventory)),)


@dataclass(frozen=True, slots=True)
class Apart:
    """One cloud's discovery; whatever stops it leaves its own clusters unseen, and only those.

    Attributes:
        begin: Makes it; it may find out that nobody is named to look as.
    """

    cloud: str
    begin: "Callable[[], Discovery]" = field(repr=False)
    known: Known = field(repr=False)

    def look(self, *, now: datetime) -> Iterator[Sighting]:
        """What it finds, then, if it had to stop, that the rest of the cloud is unseen and why."""
        answered = set()
        try:
            for sighting in self.begin().look(now=now):
                answered.add(sighting.scope)
                yield sighting
        except SeawallError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001  # edge: a bug at one cloud must not hide others
            why = f"a bug in Seawall ended the look ({type(error).__name__}); please report"
        else:
            return
        own = {scope for scope in self.known() if scope.startswith(f"{self.cloud}:")}
        for scope in (self.cloud, *sorted(own - answered)):
            yield Sighting(scope, Unseen(why))


Make = Callable[[Clouds, tuple[str, ...], Known], "Discovery"]


def _way(
    make: Make, clouds: Clouds, names: tuple[str, ...], inventory: "Inventory"
) -> "Callable[[], Discovery]":
    return lambda: make(clouds, names, _known(inventory))


def _nowhere() -> "Discovery":
    raise NoEntry(
        "no cloud is named to be looked at: set Regions, GcpProjects or AzureSubscriptions; see "
        "docs/deploy/aws.md"
    )


def _eks(clouds: Clouds, regions: tuple[str, ...], known: Known) -> "Discovery":
    from seawall.discover.eks import EksDiscovery

    accounts = clouds.accounts()
    if not accounts:
        raise NoEntry(
            "no account is named to look for EKS clusters in: set OwnAccount or MemberRoles, or "
            "leave Regions empty; see docs/deploy/aws.md"
        )
    named = () if regions == (EVERYWHERE,) else regions
    return EksDiscovery(clouds.aws, accounts, named, known)


def _gke(clouds: Clouds, projects: tuple[str, ...], known: Known) -> "Discovery":
    from seawall.discover.gke import GkeDiscovery

    return GkeDiscovery(clouds.gcp, projects, known)


def _aks(clouds: Clouds, subscriptions: tuple[str, ...], known: Known) -> "Discovery":  # noqa: ARG001  as the others
    from seawall.discover.aks import AksDiscovery

    return AksDiscovery(clouds.azure, subscriptions)


def _known(inventory: "Inventory") -> Known:
    def scopes() -> tuple[str, ...]:
        there = {each.scope for each in inventory.records() if each.presence is not Presence.GONE}
        return tuple(sorted(there))

    return scopes
