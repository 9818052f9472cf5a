"""What makes an open pod a graver matter: that something outside leads to it, and is let in."""

from collections.abc import Iterable

from seawall.analyse.exposure import State, WayIn
from seawall.judge.view import NamespaceView
from seawall.model.bits import Bits
from seawall.model.policies import ObjectRef
from seawall.model.ports import NO_PORTS, PortSet

MOST_WAYS = 2
"""A summary names so many; `seawall isolation` has them all."""
NOT_KNOWN = "whether anything outside leads there is not known"


def exposed(view: NamespaceView, classes: Bits) -> tuple[bool, str]:
    """Whether policies let in what leads to any of these pods, and what to say of it.

    The words name no pod: they stay the same while pods come and go.
    """
    found = [view.exposure.of(pod) for pod in view.isolation.table.pods(classes)]
    ways = [way for each in found for way in each.open]
    if ways:
        return True, _told(ways)
    return False, NOT_KNOWN if any(each.state is State.UNKNOWN for each in found) else ""


def _told(ways: Iterable[WayIn]) -> str:
    """The objects that lead in, each by its most open way, the most open first."""
    ports: dict[ObjectRef, PortSet] = {}
    first: dict[ObjectRef, WayIn] = {}
    for way in sorted(ways, key=_most_open):
        ports[way.by] = ports.get(way.by, NO_PORTS) | way.ports
        first.setdefault(way.by, way)
    told = [f"{_words(way)} leads there on {ports[by]}" for by, way in first.items()]
    more = [f"{len(told) - MOST_WAYS} more lead there"] if len(told) > MOST_WAYS else []
    return "; ".join([*told[:MOST_WAYS], *more])


def _most_open(way: WayIn) -> tuple[int, ObjectRef, str]:
    return way.facing.openness, way.by, way.entrance


def _words(way: WayIn) -> str:
    who = " ".join((way.facing, "from", *way.clients)) if way.clients else str(way.facing)
    return f"{way.by} ({way.entrance}, {who})"
