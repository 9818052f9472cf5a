"""Laws of the analysis, and its agreement with the decision procedure written down literally."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from tests.property import oracle
from tests.property.clusters import NAMESPACES, OUTSIDE, PORTS, policies, snapshots

from seawall.analyse.connection import rulings
from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.sides import Row, Side
from seawall.model.addresses import Ip
from seawall.model.ir import Decision
from seawall.model.peers import NO_PEERS, PeerSet
from seawall.model.policies import Direction, NetworkPolicy, Peer, PodPeer, PolicyRule
from seawall.model.ports import NO_PORTS, PortSet, Protocol, port_set
from seawall.model.selector import NAMESPACE_NAME_LABEL, Labels, Selector, selector
from seawall.model.sight import Seen, seen_or
from seawall.model.snapshot import Namespace, Snapshot

SERVICES = tuple((protocol, port) for protocol in Protocol for port in PORTS)
NEW_NAMES = {name: f"new-{name}" for name in NAMESPACES}

Table = dict[tuple[str, str], PortSet]


@given(snapshots())
def test_agrees_with_the_procedure_written_down_literally(snapshot: Snapshot) -> None:
    isolation = analyse(snapshot)
    for source, target in _pairs(snapshot):
        open_ports = _open_ports(isolation, source, target)
        for protocol, port in SERVICES:
            expected = oracle.allowed(snapshot, source, target, (protocol, port))
            found = bool(open_ports & port_set(protocol, ((port, port),)))

            assert expected == found, f"{source} -> {target} {protocol} {port}"


@given(snapshots(), st.randoms(use_true_random=False))
def test_order_and_duplicates_of_policies_never_matter(snapshot: Snapshot, random: Random) -> None:
    shuffled = [*_policies(snapshot), *_policies(snapshot)[:1]]
    random.shuffle(shuffled)

    assert _table(snapshot) == _table(_with(snapshot, shuffled))


@given(snapshots(), policies)
def test_one_more_policy_never_takes_a_path_from_isolated_pods(
    snapshot: Snapshot, extra: NetworkPolicy
) -> None:
    before = analyse(snapshot)
    after = analyse(_with(snapshot, [*_policies(snapshot), extra]))
    for source, target in _pairs(snapshot):
        newly = _newly_selected(before, after, source, Direction.EGRESS) or _newly_selected(
            before, after, target, Direction.INGRESS
        )
        if not newly:
            lost = _open_ports(before, source, target) - _open_ports(after, source, target)

            assert lost == NO_PORTS


@given(snapshots())
def test_splitting_a_policy_into_one_a_rule_changes_nothing(snapshot: Snapshot) -> None:
    split = [part for policy in _policies(snapshot) for part in _one_a_rule(policy)]

    assert _table(snapshot) == _table(_with(snapshot, split))


@given(snapshots())
def test_renaming_namespaces_consistently_changes_nothing(snapshot: Snapshot) -> None:
    expected = {
        (_new(source), _new(target)): ports for (source, target), ports in _table(snapshot).items()
    }

    assert expected == _table(_renamed(snapshot))


@given(snapshots())
def test_rows_are_disjoint_and_cover_everything(snapshot: Snapshot) -> None:
    for side in _sides(analyse(snapshot)):
        rows = list(side.rows(side.universe))
        for index, row in enumerate(rows):
            assert not any(_meet(row, other) for other in rows[index + 1 :])
        for service in SERVICES:
            assert side.universe == _peers_on(rows, service)


@given(snapshots())
def test_openings_say_what_the_rows_say(snapshot: Snapshot) -> None:
    for side in _sides(analyse(snapshot)):
        rows = [row for row in side.rows(side.universe) if row.decision is Decision.ALLOW]
        for service in SERVICES:
            assert _peers_on(rows, service) == _peers_on(side.openings, service)


def _pairs(snapshot: Snapshot) -> Iterator[tuple[oracle.End, oracle.End]]:
    pods = [pod for pod in seen_or(snapshot.pods, ()) if pod.is_endpoint]
    ends: list[oracle.End] = [*pods, *OUTSIDE]
    yield from ((a, b) for a in ends for b in ends if a != b and (a in pods or b in pods))


def _open_ports(isolation: Isolation, source: oracle.End, target: oracle.End) -> PortSet:
    found = NO_PORTS
    for ruling in rulings(isolation, source, target):
        if ruling.decision is Decision.ALLOW:
            found |= ruling.ports
    return found


def _table(snapshot: Snapshot) -> Table:
    isolation = analyse(snapshot)
    return {(str(a), str(b)): _open_ports(isolation, a, b) for a, b in _pairs(snapshot)}


def _policies(snapshot: Snapshot) -> tuple[NetworkPolicy, ...]:
    return seen_or(snapshot.network_policies, ())


def _with(snapshot: Snapshot, found: Iterable[NetworkPolicy]) -> Snapshot:
    return replace(snapshot, network_policies=Seen(tuple(found)))


def _newly_selected(
    before: Isolation, after: Isolation, end: oracle.End, direction: Direction
) -> bool:
    if isinstance(end, Ip):
        return False
    was, now = (
        isolation.side(isolation.classes_of[(end.namespace, end.name)][0], direction).selected
        for isolation in (before, after)
    )
    return now and not was


def _one_a_rule(policy: NetworkPolicy) -> Iterator[NetworkPolicy]:
    yield replace(policy, ingress=(), egress=())
    for direction in Direction:
        for number, rule in enumerate(policy.rules(direction)):
            if direction in policy.directions:
                yield replace(
                    policy,
                    name=f"{policy.name}-{direction}-{number}",
                    directions=frozenset({direction}),
                    ingress=(rule,) if direction is Direction.INGRESS else (),
                    egress=(rule,) if direction is Direction.EGRESS else (),
                )


def _new(end: str) -> str:
    namespace, slash, name = end.partition("/")
    return f"{NEW_NAMES[namespace]}/{name}" if slash else end


def _renamed(snapshot: Snapshot) -> Snapshot:
    namespaces = tuple(map(_renamed_namespace, seen_or(snapshot.namespaces, ())))
    pods = tuple(replace(p, namespace=NEW_NAMES[p.namespace]) for p in seen_or(snapshot.pods, ()))
    found = tuple(map(_renamed_policy, _policies(snapshot)))
    return replace(
        snapshot, namespaces=Seen(namespaces), pods=Seen(pods), network_policies=Seen(found)
    )


def _renamed_namespace(namespace: Namespace) -> Namespace:
    def value(key: str, found: str) -> str:
        return NEW_NAMES[found] if key == NAMESPACE_NAME_LABEL else found

    labels: Labels = tuple((key, value(key, found)) for key, found in namespace.labels)
    return replace(namespace, name=NEW_NAMES[namespace.name], labels=labels)


def _renamed_policy(policy: NetworkPolicy) -> NetworkPolicy:
    return replace(
        policy,
        namespace=NEW_NAMES[policy.namespace],
        ingress=tuple(map(_renamed_rule, policy.ingress)),
        egress=tuple(map(_renamed_rule, policy.egress)),
    )


def _renamed_rule(rule: PolicyRule) -> PolicyRule:
    return changed(rule, peers=rule.peers and tuple(map(_renamed_peer, rule.peers)))


def _renamed_peer(peer: Peer) -> Peer:
    if isinstance(peer, PodPeer) and peer.namespaces is not None:
        return changed(peer, namespaces=_renamed_selector(peer.namespaces))
    return peer


def _renamed_selector(found: Selector) -> Selector:
    return selector(
        *(
            changed(each, values=tuple(sorted(NEW_NAMES[value] for value in each.values)))
            if each.key == NAMESPACE_NAME_LABEL
            else each
            for each in found.requirements
        )
    )


def _sides(isolation: Isolation) -> Iterator[Side]:
    for namespaces in isolation.by_namespace.values():
        for sides in namespaces:
            yield from sides


def _peers_on(rows: Iterable[Row], service: tuple[Protocol, int]) -> PeerSet:
    protocol, port = service
    found = NO_PEERS
    for row in rows:
        if row.ports & port_set(protocol, ((port, port),)):
            found |= row.peers
    return found


def _meet(row: Row, other: Row) -> bool:
    return bool(row.ports & other.ports) and bool(row.peers & other.peers)
