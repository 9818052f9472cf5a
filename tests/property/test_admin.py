"""Laws of the admin tiers, and their agreement with the procedure written down literally."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from tests.property import admin_oracle
from tests.property.clusters import (
    BLOCKS,
    OUTSIDE,
    PORTS,
    namespace_selectors,
    pod_selectors,
    snapshots,
)
from tests.unit.analyse.admin_by_hand import judged, node

from seawall.analyse.connection import End, most_open, rulings
from seawall.analyse.isolation import Isolation
from seawall.model.addresses import NO_ADDRESSES, cidr
from seawall.model.admin import (
    ADMIN,
    BASELINE,
    CLUSTER,
    AdminDomains,
    AdminNetworks,
    AdminNodes,
    AdminPeer,
    AdminPods,
    AdminPolicy,
    AdminPortName,
    AdminPorts,
    AdminRule,
    AdminUnknownPeer,
)
from seawall.model.ir import Action, Decision
from seawall.model.policies import Stage
from seawall.model.ports import Protocol, port_set
from seawall.model.selector import EVERYTHING, with_labels
from seawall.model.sight import Seen, seen_or
from seawall.model.snapshot import Node, Snapshot

SERVICES = (
    (Protocol.TCP, 80),
    (Protocol.TCP, 443),
    (Protocol.UDP, 53),
    (Protocol.UDP, 80),
    (Protocol.SCTP, 65535),
)
NODES: tuple[Node, ...] = (
    # Every host-network pod that is drawn has the address of one of these.
    node("node-1", "10.0.0.1 fd00::1 10.0.0.3 fd00::3 10.0.0.5 fd00::5", (("role", "x"),)),
    node("node-2", "10.0.0.2 fd00::2 10.0.0.4 fd00::4 10.0.0.6 fd00::6", (("role", "y"),)),
    node("node-3", "10.0.9.9 8.8.8.8", (("role", "y"),)),
)

admin_pods = st.builds(AdminPods, namespace_selectors, pod_selectors)
unknown_peers = st.just(AdminUnknownPeer(("spec.x",)))
networks = st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=2).map(
    lambda found: AdminNetworks(NO_ADDRESSES | cidr(found[0]) | cidr(found[-1]))
)
nodes = st.sampled_from(
    (
        AdminNodes(EVERYTHING),
        AdminNodes(with_labels({"role": "x"})),
        AdminNodes(with_labels({"role": "y"})),
        AdminNodes(with_labels({"role": "z"})),
    )
)
domains = st.just(AdminDomains(("a.example",)))
names = st.builds(AdminPortName, st.sampled_from(("http", "dns")))


@st.composite
def ranges(draw: st.DrawFn) -> AdminPorts:
    """One port or a range of them."""
    first, last = sorted(draw(st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS))))
    return AdminPorts(draw(st.sampled_from(Protocol)), first, last)


def rules(
    peers: st.SearchStrategy[AdminPeer], ports: st.SearchStrategy[AdminPorts | AdminPortName]
) -> st.SearchStrategy[AdminRule]:
    return st.builds(
        AdminRule,
        st.sampled_from((Action.ALLOW, Action.DENY, Action.PASS)),
        st.lists(peers, min_size=1, max_size=2).map(tuple),
        st.none() | st.lists(ports, min_size=1, max_size=2).map(tuple),
    )


rarely_unknown = st.one_of(*[admin_pods] * 7, unknown_peers)
ingress_rules = st.lists(rules(rarely_unknown, st.one_of(ranges(), names)), max_size=3).map(tuple)
egress_rules = st.lists(
    st.one_of(
        rules(rarely_unknown, st.one_of(ranges(), names)),
        rules(st.one_of(admin_pods, networks, nodes, domains), ranges()),
    ),
    max_size=3,
).map(tuple)


@st.composite
def admin_policies(draw: st.DrawFn) -> tuple[AdminPolicy, ...]:
    """One to four, of both stages, of few priorities, and at most one without any."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        stage = draw(st.sampled_from(Stage))
        kind = draw(st.sampled_from((ADMIN, CLUSTER) if stage is Stage.BEFORE else (CLUSTER,)))
        found.append(_drawn(draw, kind, f"a-{number}", stage))
    if draw(st.booleans()):
        found.append(_drawn(draw, BASELINE, "default", Stage.AFTER))
    return tuple(found)


def _drawn(draw: st.DrawFn, kind: str, name: str, stage: Stage) -> AdminPolicy:
    priority = None if kind == BASELINE else draw(st.integers(0, 2))
    subject, into, out = draw(admin_pods), draw(ingress_rules), draw(egress_rules)
    return AdminPolicy(kind, name, stage, priority, subject, into, out)


with_nodes = snapshots().map(lambda found: replace(found, nodes=Seen(NODES)))

Table = dict[tuple[str, str, Protocol, int], Decision]


@given(with_nodes, admin_policies())
def test_agrees_with_the_procedure_written_down_literally(
    snapshot: Snapshot, admin: tuple[AdminPolicy, ...]
) -> None:
    isolation = judged(snapshot, admin)
    for source, target in _pairs(snapshot):
        for service in SERVICES:
            expected = admin_oracle.decision(snapshot, admin, source, target, service)

            assert expected == _decided(isolation, source, target, service), (
                f"{source} -> {target} {service}"
            )


@given(with_nodes, admin_policies(), st.randoms(use_true_random=False))
def test_the_order_they_are_listed_in_never_matters(
    snapshot: Snapshot, admin: tuple[AdminPolicy, ...], random: Random
) -> None:
    shuffled = list(admin)
    random.shuffle(shuffled)

    assert _table(snapshot, admin) == _table(snapshot, shuffled)


@given(with_nodes, admin_policies())
def test_priorities_count_by_their_order_alone(
    snapshot: Snapshot, admin: tuple[AdminPolicy, ...]
) -> None:
    spread = [
        each if each.priority is None else changed(each, priority=each.priority * 100 + 7)
        for each in admin
    ]

    assert _table(snapshot, admin) == _table(snapshot, spread)


@given(with_nodes, admin_policies())
def test_what_is_said_twice_is_said_once(
    snapshot: Snapshot, admin: tuple[AdminPolicy, ...]
) -> None:
    doubled = [changed(each, name=f"{each.name}-again") for each in admin if each.priority]

    assert _table(snapshot, admin) == _table(snapshot, [*admin, *doubled])


@given(with_nodes, admin_policies())
def test_a_rule_that_is_not_understood_is_never_surer_than_one_that_is(
    snapshot: Snapshot, admin: tuple[AdminPolicy, ...]
) -> None:
    """With every rule unread, whatever was decided by one is UNKNOWN or was so all the same."""
    doubtful = [
        changed(
            each,
            ingress=tuple(changed(rule, unread=("spec.x",)) for rule in each.ingress),
            egress=tuple(changed(rule, unread=("spec.x",)) for rule in each.egress),
        )
        for each in admin
    ]
    before, after = _table(snapshot, admin), _table(snapshot, doubtful)
    plain = _table(snapshot, ())

    assert all(
        after[key] in {Decision.UNKNOWN, Decision.DENY, before[key]}
        and (after[key] is not Decision.DENY or plain[key] is Decision.DENY)
        for key in before
    )


def _table(snapshot: Snapshot, admin: Sequence[AdminPolicy]) -> Table:
    isolation = judged(snapshot, admin)
    return {
        (str(source), str(target), *service): _decided(isolation, source, target, service)
        for source, target in _pairs(snapshot)
        for service in SERVICES
    }


def _decided(
    isolation: Isolation, source: End, target: End, service: tuple[Protocol, int]
) -> Decision:
    protocol, port = service
    return most_open(rulings(isolation, source, target, port_set(protocol, ((port, port),))))


def _pairs(snapshot: Snapshot) -> Iterator[tuple[End, End]]:
    pods = [pod for pod in seen_or(snapshot.pods, ()) if pod.is_endpoint]
    ends: list[End] = [*pods, *OUTSIDE]
    for source in ends:
        for target in ends:
            if source in pods or target in pods:
                yield source, target
