"""Why a connection is allowed or not, and the smallest change that would flip it.

NetworkPolicy is additive: a denied connection needs an allowing rule on each side that denies it;
an allowed one is closed by one side alone, the side where that takes least. Where a policy of
another kind has a word as well, no change is offered: what would flip it depends on all of them.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from seawall.analyse.changes import Allow, Change, Isolate, Narrow
from seawall.analyse.connection import End, Ruling, most_open, rulings
from seawall.analyse.isolation import Isolation
from seawall.model.addresses import Family, Ip, ip, just
from seawall.model.bits import bits_of
from seawall.model.errors import Trouble
from seawall.model.ir import Action, Decision
from seawall.model.peers import NO_PEERS, PeerSet
from seawall.model.policies import NETWORK_POLICY, Direction, Where
from seawall.model.ports import PortSet
from seawall.model.selector import Selector
from seawall.model.sight import Unseen
from seawall.model.snapshot import Pod


@dataclass(frozen=True, slots=True)
class Answer:
    """Why, for the ports asked about.

    Attributes:
        source: Who connects.
        target: To whom.
        ports: The ports asked about.
        rulings: What becomes of which ports, a family at a time.
        changes: All of these together flip it; none where no NetworkPolicy can, or where something
            unread decides.
    """

    source: End
    target: End
    ports: PortSet
    rulings: tuple[Ruling, ...]
    changes: tuple[Change, ...]

    @property
    def decision(self) -> Decision:
        """ALLOW if any of the ports is open, else UNKNOWN if any may be."""
        return most_open(self.rulings)

    @property
    def because(self) -> tuple[Where, ...]:
        """Who decided, on the side or sides that count, for the most open ports."""
        telling = (ruling for ruling in self.rulings if ruling.decision is self.decision)
        return tuple(sorted({where for ruling in telling for where in ruling.because}))


def answer(isolation: Isolation, source: str, target: str, ports: PortSet) -> Answer:
    """Why `source` can or cannot reach `target`; each is `namespace/pod` or an IP address.

    Raises:
        Trouble: There is no such pod, or both ends are outside the cluster.
    """
    a, b = end(isolation, source), end(isolation, target)
    found = rulings(isolation, a, b, ports)
    return Answer(a, b, ports, found, _changes(isolation, a, b, found))


def end(isolation: Isolation, text: str) -> End:
    """The pod or address meant by `text`; an address that one pod alone holds is that pod.

    Raises:
        Trouble: It is neither, with the nearest name there is.
    """
    pods = isolation.snapshot.pods
    if isinstance(pods, Unseen):
        raise Trouble(f"the pods were not seen: {pods.why}")
    try:
        address = ip(text)
    except ValueError:
        return _pod(isolation, text)
    held = isolation.pods_by_address.get(address, ())
    return held[0] if len(held) == 1 else address


def _pod(isolation: Isolation, text: str) -> Pod:
    pod = isolation.pods_by_name.get(text)
    if pod is None:
        near = difflib.get_close_matches(text, isolation.pods_by_name, n=1)
        hint = f"did you mean {near[0]}?" if near else "write namespace/pod, or an IP address"
        raise Trouble(f"there is no pod {text}; {hint}")
    if not pod.is_endpoint:
        raise Trouble(f"pod {text} has completed ({pod.phase}) and holds no connection")
    return pod


def _changes(
    isolation: Isolation, source: End, target: End, found: tuple[Ruling, ...]
) -> tuple[Change, ...]:
    decided = most_open(found)
    if decided is Decision.UNKNOWN or any(ruling.note for ruling in found):
        return ()
    if decided is Decision.ALLOW:
        return _closing(isolation, source, target, found)
    return _opening(isolation, source, target, found)


def _opening(
    isolation: Isolation, source: End, target: End, found: tuple[Ruling, ...]
) -> tuple[Change, ...]:
    """One policy to add on each side that denies some of the ports."""
    changes: list[Change] = []
    for pod, other, direction in _sides(source, target):
        denied = _all(r.ports for r in found if r.side(direction).decision is Decision.DENY)
        if denied:
            if isinstance(other, Pod) and other.host_network and not other.addresses:
                return ()  # nothing can name it: neither a selector nor an address
            if not _by_network_policies(isolation, pod, direction):
                return ()
            within = _isolated_by(isolation, pod, direction)
            changes.append(Allow(pod, direction, other, denied, within))
    return tuple(changes)


def _by_network_policies(isolation: Isolation, pod: Pod, direction: Direction) -> bool:
    """Whether no policy of another kind has a word: only then is it certain what a change does."""
    return all(
        policy.ref.kind == NETWORK_POLICY
        for number in isolation.classes_of[(pod.namespace, pod.name)]
        for applying in isolation.side(number, direction).applying
        for policy in applying.policies
    )


def _isolated_by(isolation: Isolation, pod: Pod, direction: Direction) -> Selector:
    """Whom one of the policies that isolate a pod selects."""
    number = isolation.classes_of[(pod.namespace, pod.name)][0]
    refs = isolation.side(number, direction).isolating
    return min(isolation.written[ref] for ref in refs)[1]


def _closing(
    isolation: Isolation, source: End, target: End, found: tuple[Ruling, ...]
) -> tuple[Change, ...]:
    """The side that closes with the fewest changes; ingress where it is a draw."""
    open_ports = _all(ruling.ports for ruling in found if ruling.decision is Decision.ALLOW)
    ways: list[tuple[Change, ...]] = []
    for pod, other, direction in reversed(_sides(source, target)):
        if not pod.host_network and _by_network_policies(isolation, pod, direction):
            rules = _allowing(isolation, pod, other, direction, open_ports)
            ways.append(tuple(map(Narrow, rules)) or (Isolate(pod, direction),))
    return min(ways, key=len, default=())


def _sides(source: End, target: End) -> list[tuple[Pod, End, Direction]]:
    sides: list[tuple[Pod, End, Direction]] = []
    if isinstance(source, Pod):
        sides.append((source, target, Direction.EGRESS))
    if isinstance(target, Pod):
        sides.append((target, source, Direction.INGRESS))
    return sides


def _allowing(
    isolation: Isolation, pod: Pod, other: End, direction: Direction, ports: PortSet
) -> tuple[Where, ...]:
    """Every rule that allows any of it, not only the first that does."""
    found: set[Where] = set()
    for number in isolation.classes_of[(pod.namespace, pod.name)]:
        peers = _peers(isolation, other, isolation.table.classes[number].family)
        for applying in isolation.side(number, direction).applying:
            for rule in applying.rules():
                if rule.action is Action.ALLOW and rule.ports & ports and rule.peers & peers:
                    found.add(rule.where)
    return tuple(sorted(found))


def _peers(isolation: Isolation, other: End, family: Family | None) -> PeerSet:
    """The other end as far as it speaks a family, or may."""
    if isinstance(other, Ip):
        return PeerSet(addresses=just(other)) if family in {None, other.family} else NO_PEERS
    classes, numbers = isolation.table.classes, isolation.classes_of[(other.namespace, other.name)]
    may = {None, family}
    return PeerSet(bits_of(n for n in numbers if family is None or classes[n].family in may))


def _all(found: Iterable[PortSet]) -> PortSet:
    whole = PortSet()
    for ports in found:
        whole |= ports
    return whole
