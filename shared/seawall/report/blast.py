"""The blast radius for people and machines: of each pod, each namespace and the cluster."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

from seawall.analyse.blast import CERTAIN, POSSIBLE, Blast, Reach, Tally
from seawall.analyse.isolation import Isolation
from seawall.model.addresses import LAST_ADDRESS, Family
from seawall.model.ir import Decision
from seawall.model.policies import Direction
from seawall.model.snapshot import Pod
from seawall.report.fleet_text import counted

Document = dict[str, object]

_KEYS = {"reaches": Direction.EGRESS, "reachedBy": Direction.INGRESS}


@dataclass(frozen=True, slots=True)
class _Both:
    """What surely is open, and what is open or may be."""

    certain: Tally
    possible: Tally


class BlastOfCluster:
    """The blast radius of one cluster, worked out when it is asked for."""

    def __init__(self, isolation: Isolation) -> None:
        certain = Blast(isolation, CERTAIN)
        self._blasts = (certain, Blast(isolation, POSSIBLE) if _unsure(isolation) else certain)
        self._numbers = {
            (pod.namespace, pod.name): number for number, pod in enumerate(self._blasts[0].pods)
        }

    def of_pod(self, pod: Pod) -> Document:
        """Whom it reaches and who reaches it."""
        number = self._numbers[pod.namespace, pod.name]
        return {
            key: _document(self._both(*(reach[number] for reach in self._reaches[direction])))
            for key, direction in _KEYS.items()
        }

    def document(self) -> Document:
        """The cluster and its namespaces."""
        return {
            "cluster": {
                "pods": len(self._numbers),
                "pairs": self._pairs[0],
                "pairsPerhaps": self._pairs[1] - self._pairs[0],
            },
            "namespaces": [
                {"namespace": name}
                | {key: _document(self._abroad(name, where)) for key, where in _KEYS.items()}
                for name in self._blasts[0].spans
            ],
        }

    def lines(self) -> Iterator[str]:
        """A sentence on the cluster, and one on each namespace."""
        number, (pairs, possible) = len(self._numbers), self._pairs
        perhaps = f", and perhaps {possible - pairs} more" if possible > pairs else ""
        ways = counted(number * (number - 1), "way", "ways")
        yield f"blast radius: of {ways} from one pod to another {pairs} are open{perhaps}"
        for name in self._blasts[0].spans:
            out, into = (self._abroad(name, where) for where in _KEYS.values())
            yield f"  {name} reaches {_text(out)}; is reached by {_text(into)}"

    @cached_property
    def _reaches(self) -> dict[Direction, tuple[tuple[Reach, ...], ...]]:
        found = {
            blast: {
                direction: tuple(blast.of(number, direction) for number in range(len(blast.pods)))
                for direction in Direction
            }
            for blast in dict.fromkeys(self._blasts)
        }
        return {
            direction: tuple(found[blast][direction] for blast in self._blasts)
            for direction in Direction
        }

    @cached_property
    def _pairs(self) -> tuple[int, int]:
        certain, possible = self._reaches[Direction.EGRESS]
        return sum(len(each.pods) for each in certain), sum(len(each.pods) for each in possible)

    def _abroad(self, namespace: str, direction: Direction) -> _Both:
        """What all pods of a namespace reach together, its own pods left out."""
        within = self._blasts[0].spans[namespace]
        found = []
        for reaches in self._reaches[direction]:
            whole = reduce(or_, {reaches[number] for number in within}, Reach())
            found.append(Reach(whole.pods - within, whole.addresses))
        return self._both(*found)

    def _both(self, certain: Reach, possible: Reach) -> _Both:
        sure, perhaps = self._blasts
        return _Both(sure.tally(certain), perhaps.tally(possible))


def _unsure(isolation: Isolation) -> bool:
    """Whether anything may be open of which it cannot be told."""
    return any(
        row.decision is Decision.UNKNOWN
        for namespaces in isolation.by_namespace.values()
        for sides in namespaces
        for side in sides
        for row in side.openings
    )


def _document(found: _Both) -> Document:
    """IPv6 addresses are written as text: a JSON number cannot hold them."""
    sure, most = found.certain, found.possible
    return {
        "pods": sure.pods,
        "podsPerhaps": most.pods - sure.pods,
        "namespaces": sure.namespaces,
        "namespacesPerhaps": most.namespaces - sure.namespaces,
        "addresses": _addresses(sure.addresses[Family.V4], sure.addresses[Family.V6]),
        "addressesPerhaps": _addresses(
            most.addresses[Family.V4] - sure.addresses[Family.V4],
            most.addresses[Family.V6] - sure.addresses[Family.V6],
        ),
    }


def _addresses(v4: int, v6: int) -> Document:
    return {"ipv4": v4, "ipv6": str(v6)}


def _text(found: _Both) -> str:
    sure, most = found.certain, found.possible
    pods = f"{counted(sure.pods, 'pod')} of {counted(sure.namespaces, 'other namespace')}"
    more = f" and perhaps {most.pods - sure.pods} more" if most.pods > sure.pods else ""
    return f"{pods if sure.pods else 'no other pod'}{more}, {_outside(found)}"


def _outside(found: _Both) -> str:
    parts = [_some(family, found) for family in Family if found.possible.addresses[family]]
    return f"{' and '.join(parts)} addresses" if parts else "no address"


def _some(family: Family, found: _Both) -> str:
    """All of a family, most or few of them: nobody can use the number itself."""
    sure, most = found.certain.addresses[family], found.possible.addresses[family]
    whole = LAST_ADDRESS[family] + 1
    perhaps = "perhaps " if most > sure else ""
    words = "all" if most == whole else "most" if 2 * most > whole else "some"
    return f"{perhaps}{words} IPv{int(family)}"
