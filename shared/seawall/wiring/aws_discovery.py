"""Where a function in AWS looks for clusters."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from seawall.model.errors import Trouble
from seawall.model.fleet import Presence, Sighting
from seawall.model.sight import Unseen
from seawall.wiring.aws_clusters import Clouds
from seawall.wiring.aws_settings import EVERYWHERE

if TYPE_CHECKING:
    from seawall.flow.ports import Discovery, Inventory


def discoveries(clouds: Clouds, inventory: "Inventory") -> "tuple[Discovery, ...]":
    """One for each cloud that is named in the environment; nothing is looked for in the others."""
    found, known = clouds.found, _Known(inventory)
    ways: list[Discovery] = []
    if regions := found.each("SEAWALL_REGIONS"):
        from seawall.discover.eks import EksDiscovery

        named = () if regions == (EVERYWHERE,) else regions
        ways.append(Apart("aws", EksDiscovery(clouds.aws, clouds.accounts(), named, known), known))
    if projects := found.each("SEAWALL_PROJECTS"):
        from seawall.discover.gke import GkeDiscovery

        ways.append(Apart("gcp", GkeDiscovery(clouds.gcp, projects, known), known))
    if subscriptions := found.each("SEAWALL_SUBSCRIPTIONS"):
        from seawall.discover.aks import AksDiscovery

        ways.append(Apart("azure", AksDiscovery(clouds.azure, subscriptions), known))
    return tuple(ways)


@dataclass(frozen=True, slots=True)
class _Known:
    """The scopes that have clusters which are not gone."""

    inventory: "Inventory"

    def __call__(self) -> tuple[str, ...]:
        records = self.inventory.records()
        return tuple(sorted({each.scope for each in records if each.presence is not Presence.GONE}))


@dataclass(frozen=True, slots=True)
class Apart:
    """One cloud's discovery; wrong settings for it leave its clusters unseen, and only those."""

    cloud: str
    discovery: "Discovery"
    known: _Known

    def look(self, *, now: datetime) -> Iterator[Sighting]:
        """What it finds, then, if it had to stop, that the cloud is unseen and why."""
        answered = set()
        try:
            for sighting in self.discovery.look(now=now):
                answered.add(sighting.scope)
                yield sighting
        except Trouble as error:
            own = {scope for scope in self.known() if scope.startswith(f"{self.cloud}:")}
            for scope in (self.cloud, *sorted(own - answered)):
                yield Sighting(scope, Unseen(str(error)))
