"""The contexts of a kubeconfig as a scope of discovery, and the doors to what was found there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from seawall.discover.kubeconfig import ContextRef, Kubeconfig
from seawall.discover.plugins import Allowed
from seawall.model.door import Door
from seawall.model.errors import NoEntry
from seawall.model.fleet import ClusterRecord, ClusterRef, Sighting
from seawall.model.sight import Seen

SERVICE = "kubeconfig"
CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class ContextDiscovery:
    """Every context of a kubeconfig; `scope` names the files it was read from."""

    kubeconfig: Kubeconfig
    scope: str

    def look(self, *, now: datetime) -> Iterator[Sighting]:  # noqa: ARG002  a port's parameter
        """One scope: the file was read already, so that it is always seen."""
        yield Sighting(self.scope, Seen(tuple(self._found())))

    def _found(self) -> Iterator[ClusterRef]:
        """A cluster each; contexts that lead to one key are one, the first of them."""
        met = set()
        for ref in self.kubeconfig.matching(["*"]):
            if ref.key not in met:
                met.add(ref.key)
                facts = ((CONTEXT, ref.context),)
                yield ClusterRef(ref.key, SERVICE, ref.server, self._authority(ref), facts)

    def _authority(self, ref: ContextRef) -> bytes | None:
        try:
            return self.kubeconfig.authority(ref)
        except NoEntry:
            return None  # its door will not open either, and that says why


def context_door(kubeconfig: Kubeconfig, record: ClusterRecord, allowed: Allowed) -> Door:
    """The door to a recorded cluster; this may run a plug-in, once.

    Raises:
        NoEntry: The kubeconfig names another server or authority than discovery recorded, or its
            context is incomplete.
    """
    context = record.ref.fact(CONTEXT)
    if context not in kubeconfig.merged.contexts:
        raise NoEntry(f"the kubeconfig has no context {context!r} any more")
    (ref,) = kubeconfig.matching([context])
    door = kubeconfig.door(ref, allowed)
    if (ref.key, ref.server, door.ca) != (record.key, record.ref.server, record.ref.ca):
        raise NoEntry(f"the kubeconfig's context {context!r} is not what discovery recorded of it")
    return door
