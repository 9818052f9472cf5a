"""That policies were read for a network plug-in that somebody named, and not for the one found."""

from collections.abc import Iterator

from seawall.analyse.isolation import Isolation
from seawall.model.enforcement import Plane
from seawall.report.fleet_text import counted

Document = dict[str, object]

UPSTREAM = "upstream"


def assumed_document(isolation: Isolation) -> Document | None:
    """The plug-in named, those that were found, and how many policies do nothing on it."""
    if isolation.assumed is None:
        return None
    return {
        "dataplane": _name(isolation),
        "found": sorted(isolation.enforced.planes),
        "inert": [str(idle.ref) for idle in isolation.force.inert],
    }


def assumed_lines(isolation: Isolation) -> Iterator[str]:
    """The same as a sentence; nothing where nothing was assumed."""
    if isolation.assumed is not None:
        found = ", ".join(sorted(isolation.enforced.planes)) or "none"
        inert = len(isolation.force.inert)
        idle = f"; {counted(inert, 'policy', 'policies')} of kinds it leaves alone" if inert else ""
        yield f"read for: {_name(isolation)}, as asked (--dataplane); found: {found}{idle}"


def _name(isolation: Isolation) -> str:
    return str(isolation.assumed) if isinstance(isolation.assumed, Plane) else UPSTREAM
