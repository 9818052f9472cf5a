"""Laws of plans: nothing closed is opened, and what is cut is what the plain procedure says."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.property import oracle
from tests.property.clusters import OUTSIDE, PORTS, policies, snapshots

from seawall.analyse.isolation import Isolation, analyse, with_policy
from seawall.analyse.paths import EVERY_OTHER_NAMESPACE, OTHER_NODES, workload
from seawall.analyse.sides import Row
from seawall.judge.fixes import meaning
from seawall.judge.judging import Judged, judge
from seawall.model.addresses import Ip
from seawall.model.bits import Bits
from seawall.model.cluster import ClusterUid
from seawall.model.exposure import Exposure
from seawall.model.plan import Path, Plan
from seawall.model.policies import Direction, NetworkPolicy, PodPeer, PolicyRule
from seawall.model.ports import Protocol
from seawall.model.selector import EVERYTHING
from seawall.model.sight import Seen, seen_or
from seawall.model.snapshot import Pod, Snapshot
from seawall.remediate.planning import plan_ingress

T = TypeVar("T")

HOME = "a"
INSIDE = PolicyRule((PodPeer(None, EVERYTHING),), None)
NOTHING = Exposure((), Seen(()))
SERVICES = tuple((protocol, port) for protocol in Protocol for port in PORTS)


@st.composite
def open_snapshots(draw: st.DrawFn) -> Snapshot:
    """A cluster where no policy isolates any pod of `a` for ingress."""
    found = draw(snapshots())
    others = (policy for policy in seen_or(found.network_policies, ()) if policy.namespace != HOME)
    egress = (
        replace(policy, directions=frozenset({Direction.EGRESS}))
        for policy in seen_or(found.network_policies, ())
        if policy.namespace == HOME
    )
    return _named(replace(found, network_policies=Seen((*others, *egress))))


def _named(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, uid=Seen(ClusterUid("u")))


def _plan(snapshot: Snapshot, exposure: Exposure = NOTHING) -> Plan | None:
    isolation = analyse(snapshot)
    return plan_ingress(Judged(isolation, judge(isolation)), exposure, HOME)


def _applied(snapshot: Snapshot, plan: Plan) -> Snapshot:
    before = seen_or(snapshot.network_policies, ())
    return replace(snapshot, network_policies=Seen((*before, meaning(plan.manifest))))


@given(snapshots().map(_named) | open_snapshots())
def test_a_plan_that_is_not_refused_never_opens_what_was_closed(snapshot: Snapshot) -> None:
    plan = _plan(snapshot)
    if plan is None or plan.refusals:
        return
    after = _applied(snapshot, plan)
    for source, target in _pairs(snapshot):
        for port in SERVICES:
            if oracle.allowed(after, source, target, port):
                assert oracle.allowed(snapshot, source, target, port), f"{source} -> {target}"


@given(snapshots().map(_named), st.dictionaries(st.just("app"), st.sampled_from(("x", "y", "z"))))
def test_nor_to_or_from_a_pod_that_comes_later(snapshot: Snapshot, labels: dict[str, str]) -> None:
    plan = _plan(snapshot)
    if plan is None or plan.refusals:
        return
    pods = [pod for pod in seen_or(snapshot.pods, ()) if pod.namespace == HOME]
    assume(pods)
    new = replace(pods[0], name="new", labels=tuple(labels.items()), host_network=False)
    grown = replace(snapshot, pods=Seen((*seen_or(snapshot.pods, ()), new)))
    after = _applied(grown, plan)
    for other in pods:
        for source, target in ((new, other), (other, new)):
            for port in SERVICES:
                if oracle.allowed(after, source, target, port):
                    assert oracle.allowed(grown, source, target, port)


@given(open_snapshots())
def test_cuts_between_live_pods_are_what_the_plain_procedure_says(snapshot: Snapshot) -> None:
    plan = _plan(snapshot)
    assert plan is not None
    after = _applied(snapshot, plan)
    for source, target in _pairs(snapshot):
        if isinstance(target, Pod) and not _is_own_node(snapshot, source, target):
            for port in SERVICES:
                cut = oracle.allowed(snapshot, source, target, port) and not oracle.allowed(
                    after, source, target, port
                )

                assert cut == _says(plan.cuts, source, target, port), f"{source} -> {target} {port}"


@given(open_snapshots())
def test_every_live_path_of_a_plan_has_somebody_at_both_ends(snapshot: Snapshot) -> None:
    plan = _plan(snapshot)
    assert plan is not None
    pods = [pod for pod in seen_or(snapshot.pods, ()) if pod.is_endpoint]
    for path in plan.cuts:
        assert path.destination in {workload(pod.owner) for pod in pods}
        if path.live and "address" not in path.source and path.source != OTHER_NODES:
            met = [pod for pod in pods if _means(path, pod)]

            assert met or path.source == "the API server", path


@given(open_snapshots())
def test_what_may_be_closed_unattended_cuts_nobody(snapshot: Snapshot) -> None:
    for found in (snapshot, _emptied(snapshot)):
        plan = _plan(found)
        assert plan is not None
        if plan.safe_unattended:
            after = _applied(found, plan)
            for source, target in _pairs(found):
                for port in SERVICES:
                    before = oracle.allowed(found, source, target, port)

                    assert before == oracle.allowed(after, source, target, port)


@given(open_snapshots())
def test_an_empty_namespace_may_be_closed_unattended(snapshot: Snapshot) -> None:
    plan = _plan(_emptied(snapshot))

    assert plan is not None
    assert plan.safe_unattended or plan.refusals


@given(snapshots().map(_named) | open_snapshots(), st.randoms(use_true_random=False))
def test_an_id_depends_on_no_order_and_no_name_or_number_of_pods(
    snapshot: Snapshot, random: Random
) -> None:
    pods = [
        replace(pod, name=f"renamed-{number}")
        for number, pod in enumerate(_shuffled(seen_or(snapshot.pods, ()), random))
    ]
    policies_ = _shuffled(seen_or(snapshot.network_policies, ()), random)
    namespaces = _shuffled(seen_or(snapshot.namespaces, ()), random)
    changed = replace(
        snapshot,
        pods=Seen((*pods, *(replace(pod, name=f"{pod.name}-2") for pod in pods))),
        network_policies=Seen(policies_),
        namespaces=Seen(namespaces),
    )
    one, other = _plan(snapshot), _plan(changed)

    assert (one and replace(one, pods=0)) == (other and replace(other, pods=0))


# One that looks at no label, as those of plans do, is analysed in a shorter way.
plain_policies = policies.map(
    lambda found: replace(found, subject=EVERYTHING, ingress=(INSIDE,), egress=())
)


@given(snapshots(), policies | plain_policies)
def test_a_policy_added_is_a_policy_analysed(snapshot: Snapshot, policy: NetworkPolicy) -> None:
    before = seen_or(snapshot.network_policies, ())
    expected = analyse(replace(snapshot, network_policies=Seen((*before, policy))))

    assert _rows(expected) == _rows(with_policy(analyse(snapshot), policy))


def _rows(isolation: Isolation) -> list[tuple[Direction, Bits, list[Row]]]:
    return [
        (direction, side.subjects, list(side.rows(side.universe)))
        for direction in Direction
        for sides in isolation.by_namespace[direction]
        for side in sides
    ]


def _emptied(snapshot: Snapshot) -> Snapshot:
    left = (pod for pod in seen_or(snapshot.pods, ()) if pod.namespace != HOME)
    return replace(snapshot, pods=Seen(tuple(left)))


def _shuffled(found: Iterable[T], random: Random) -> tuple[T, ...]:
    listed = list(found)
    random.shuffle(listed)
    return tuple(listed)


def _pairs(snapshot: Snapshot) -> Iterator[tuple[oracle.End, oracle.End]]:
    pods = [pod for pod in seen_or(snapshot.pods, ()) if pod.is_endpoint]
    ends: list[oracle.End] = [*pods, *OUTSIDE]
    yield from ((a, b) for a in ends for b in ends if a != b and (a in pods or b in pods))


def _is_own_node(snapshot: Snapshot, source: oracle.End, target: Pod) -> bool:
    """An address that happens to be a node's: the words of a plan know only "any address"."""
    hosts = (p for p in seen_or(snapshot.pods, ()) if p.host_network and p.node == target.node)
    return isinstance(source, Ip) and any(source in host.addresses for host in hosts)


def _says(cuts: Iterable[Path], source: oracle.End, target: Pod, port: oracle.Port) -> bool:
    """Whether the words of a plan say that this connection is cut."""
    return any(
        path.destination == workload(target.owner)
        and _means(path, source, target)
        and _has(path.ports, port)
        for path in cuts
    )


def _means(path: Path, source: oracle.End, target: Pod | None = None) -> bool:
    if isinstance(source, Ip):
        return path.source in {"any address", f"any IP{source.family.name.lower()} address"}
    if source.host_network:
        elsewhere = target is None or not source.node or source.node != target.node
        return path.source == OTHER_NODES and elsewhere and _speak(source, target)
    words = {f"any pod of namespace {source.namespace}", workload(source.owner)}
    return path.source in words | ({EVERY_OTHER_NAMESPACE} if source.namespace != HOME else set())


def _speak(source: Pod, target: Pod | None) -> bool:
    """Nodes are one in the words of a plan, whatever families they have."""
    if target is None:
        return True
    return any(a.family is b.family for a in source.addresses for b in target.addresses)


def _has(words: str, port: oracle.Port) -> bool:
    protocol, number = port
    for each in words.split(", "):
        name, _, span = each.partition(" ")
        first, _, last = span.partition("-")
        whole = each == "all ports" or (name == protocol and not span)
        if whole or (name == protocol and int(first) <= number <= int(last or first)):
            return True
    return False
