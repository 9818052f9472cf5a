"""The one place that builds real things, and the only one that reads the environment.

In: settings, and what a person or an event asks for. Out: the ports of the flow, ready to use.
Never: decides anything, or imports an SDK before somebody asks for what needs it.
"""

from seawall.wiring.demo import demo_fleet
from seawall.wiring.environment import Settings, settings
from seawall.wiring.known import KnownFleet
from seawall.wiring.local import LocalFleet, Way, local_fleet, state_path
from seawall.wiring.sources import ClusterSource, ManifestSource, context_sources

__all__ = [
    "ClusterSource",
    "KnownFleet",
    "LocalFleet",
    "ManifestSource",
    "Settings",
    "Way",
    "context_sources",
    "demo_fleet",
    "local_fleet",
    "settings",
    "state_path",
]
