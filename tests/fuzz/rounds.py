"""Reads drawn inputs, analyses what came of them, and holds both to what was promised."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

from tests.fuzz import drawing

from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import answer
from seawall.collect.dialects import dialect_read, dialects_of
from seawall.collect.istio import mesh_of, mesh_read
from seawall.collect.parse import network_policy_from
from seawall.collect.saved import load, save
from seawall.judge.judging import judge
from seawall.model.addresses import ip
from seawall.model.admin import AdminPolicy
from seawall.model.calico import CalicoNets, CalicoPolicy, CalicoStaged, CalicoTier
from seawall.model.cilium import CiliumPolicy
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.ir import Decision
from seawall.model.istio import AuthorizationPolicy, PeerAuthentication
from seawall.model.peers import everybody
from seawall.model.policies import BOTH, BrokenObject, Direction, NetworkPolicy, ObjectRef, Stage
from seawall.model.ports import Protocol, port_set
from seawall.model.selector import EVERYTHING, NAMESPACE_NAME_LABEL
from seawall.model.sight import Seen
from seawall.model.snapshot import ContainerPort, Namespace, Origin, Pod, Snapshot

Read = Callable[..., object]

POLICIES = (
    *(NetworkPolicy, AdminPolicy, CiliumPolicy, CalicoPolicy, CalicoTier, CalicoNets, CalicoStaged),
    *(PeerAuthentication, AuthorizationPolicy),
)
MESH = frozenset({"PeerAuthentication", "AuthorizationPolicy"})
TOGETHER = 40
"""Inputs whose objects are analysed as those of one cluster."""

_TCP_80 = port_set(Protocol.TCP, ((80, 80),))
_QUESTIONS = (("a/web", "b/web"), ("b/db", "a/db"), ("a/web", "192.0.2.7"), ("10.9.9.9", "b/host"))


class Broken(Exception):  # noqa: N818  a promise was, not a program
    """A promise was not kept; the text says which."""


@dataclass(slots=True)
class Outcome:
    """What came of the inputs: how each ended, by kind, and those that broke a promise."""

    seed: int
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    analysed: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """How many there were."""
        return sum(self.counts.values())

    def lines(self) -> Iterator[str]:
        """The counts, a kind a line."""
        for kind in sorted({kind for kind, _ in self.counts}):
            policies, broken = self.counts[kind, "policy"], self.counts[kind, "broken"]
            yield f"{kind:>45}: {policies + broken} inputs, {policies} policies, {broken} broken"
        yield f"{'all':>45}: {self.inputs} inputs, {self.analysed} clusters analysed"


def fuzz(seed: int, *, most: int, first: int = 0, until: Callable[[], bool]) -> Outcome:
    """Rounds until there were so many inputs, or it is time."""
    outcome = Outcome(seed)
    for start in range(first, first + most, TOGETHER):
        if until():
            break
        _one_cluster(outcome, range(start, min(start + TOGETHER, first + most)))
    return outcome


def _one_cluster(outcome: Outcome, numbers: range) -> None:
    found = []
    for number in numbers:
        start, raw = drawn(outcome.seed, number)
        kind = f"{start['apiVersion']} {start['kind']}"
        try:
            read = checked(start, raw)
        except Exception as error:  # noqa: BLE001  edge: whatever escapes a reader is what is looked for
            outcome.wrong.append(f"input {number} ({kind}): {type(error).__name__}: {error!s:.300}")
            outcome.counts[kind, "wrong"] += 1
            continue
        outcome.counts[kind, "broken" if isinstance(read, BrokenObject) else "policy"] += 1
        found.append((number, read))
    outcome.analysed += 1
    if (fault := _fault([read for _, read in found])) is not None:
        alone = [number for number, read in found if _fault([read]) is not None]
        outcome.wrong.append(f"analysing inputs {alone or numbers}: {fault}")


def _fault(objects: list[object]) -> str | None:
    try:
        examined(objects)
    except Exception as error:  # noqa: BLE001  edge: whatever escapes the analysis is looked for
        return f"{type(error).__name__}: {error!s:.300}"
    return None


def drawn(seed: int, number: int) -> tuple[drawing.Document, object]:
    """One input, the same for the same two numbers."""
    return drawing.input_of(Random(f"{seed}/{number}"))  # noqa: S311  a repeatable draw is the point


def read_of(start: drawing.Document) -> Read:
    """How an object of the kind of `start` is read."""
    api, kind = start["apiVersion"], start["kind"]
    group, _, version = api.partition("/")
    if group == "networking.k8s.io":
        return network_policy_from
    read = dialect_read(group, version, kind) or mesh_read(group, version, kind)
    if read is None:
        raise Broken(f"nobody reads {api} {kind}")
    return read


def checked(start: drawing.Document, raw: object) -> object:
    """What came of an input, if it is a policy or a broken object that says what it may touch."""
    return held(start["kind"], raw, read_of(start)(raw, "x.yaml:1"))


def held(kind: str, raw: object, found: object) -> object:
    """The same, of what has been read."""
    if isinstance(found, BrokenObject):
        if not (found.problems and all(found.problems)):
            raise Broken("a broken object does not say why")
        if found.directions != _must_touch(kind, raw) | found.directions:
            raise Broken(f"a broken object touches {set(found.directions)} alone")
        return found
    if not isinstance(found, POLICIES):
        raise Broken(f"it ends as {type(found).__name__}")
    return found


def _must_touch(kind: str, raw: object) -> frozenset[Direction]:
    """The directions in which a broken object surely has a word: those it has a list of rules for.

    Istio's come on top of every verdict, and touch none.
    """
    if kind in MESH or not isinstance(raw, dict):
        return frozenset()
    spec = raw.get("spec")
    if kind == "NetworkPolicy" and raw.get("apiVersion") == "networking.k8s.io/v1":
        return BOTH
    rules: dict[str, Any] = spec if isinstance(spec, dict) else {}
    # Calico: rules of a direction that `types` does not name are dead text.
    types = rules.get("types") if kind.endswith("NetworkPolicy") else None
    named = [d for d in Direction if not isinstance(types, list) or not types or d.title() in types]
    return frozenset(d for d in named if isinstance(rules.get(d), list) and rules[d])


def examined(objects: list[object]) -> None:
    """Analyse, judge, ask about and save a cluster with these; hold the broken to account."""
    broken = tuple(each for each in objects if isinstance(each, BrokenObject))
    for b in broken:
        _leaves_unknown(b.ref.namespace, b.directions, b.stage, binds_hosts=b.binds_hosts)
    mesh = [each for each in objects if isinstance(each, PeerAuthentication | AuthorizationPolicy)]
    nps = tuple(each for each in objects if isinstance(each, NetworkPolicy))
    rest = [e for e in objects if isinstance(e, POLICIES) and e not in (*mesh, *nps)]
    engines = (CiliumPolicy, (CalicoPolicy, CalicoTier, CalicoNets, CalicoStaged))
    for engine in engines:
        own = [each for each in rest if isinstance(each, (AdminPolicy, engine))]
        if not own and engine is not CiliumPolicy:
            continue
        snapshot = replace(
            CLUSTER,
            network_policies=Seen(nps),
            dialects=dialects_of(own),
            mesh=Seen(mesh_of(mesh)),
        )
        _asked(analyse(snapshot))
        judge(analyse(replace(snapshot, broken=broken)))
        if load(save(snapshot), "x") != snapshot:
            raise Broken("a snapshot is another one when it was saved and loaded")


def _asked(isolation: Isolation) -> None:
    for way in Direction:
        for sides in isolation.by_namespace[way]:
            for side in sides:
                _ = side.openings
    for source, target in _QUESTIONS:
        answer(isolation, source, target, _TCP_80)


@cache
def _leaves_unknown(
    namespace: str, directions: frozenset[Direction], stage: Stage, *, binds_hosts: bool
) -> None:
    """What such an object could concern is UNKNOWN, and all else is as it was without it."""
    ref = ObjectRef("X", namespace, "x")
    broken = BrokenObject(ref, ("bad",), "", directions, stage, binds_hosts=binds_hosts)
    found, without = analyse(replace(CLUSTER, broken=(broken,))), analyse(CLUSTER)
    for pod in PODS:
        hit = namespace in ("", pod.namespace) and (binds_hosts or not pod.host_network)
        for way in Direction:
            now, before = _decisions(found, pod, way), _decisions(without, pod, way)
            # What is asked after NetworkPolicy has no word where a NetworkPolicy decides.
            touched = hit and way in directions and (stage is Stage.BEFORE or pod.namespace != "a")
            if now != ({Decision.UNKNOWN} if touched else before):
                raise Broken(f"{pod} {way}: {now} with {broken}, {before} without")


def _decisions(isolation: Isolation, pod: Pod, way: Direction) -> set[Decision]:
    everyone = everybody(isolation.table.everything)
    numbers = isolation.classes_of[pod.namespace, pod.name]
    return {row.decision for n in numbers for row in isolation.side(n, way).rows(everyone)}


def _pod(namespace: str, name: str, address: str, *, host: bool = False) -> Pod:
    return Pod(
        namespace,
        name,
        (("app", name), ("tier", "x")),
        ObjectRef("Pod", namespace, name),
        addresses=(ip(address), ip(f"2001:db8::{address.rpartition('.')[2]}")),
        ports=(ContainerPort("http", Protocol.TCP, 80),),
        host_network=host,
    )


PODS = (
    _pod("a", "web", "10.1.0.1"),
    _pod("a", "db", "10.1.0.2"),
    _pod("b", "web", "10.2.0.3"),
    _pod("b", "db", "10.2.0.4"),
    _pod("b", "host", "192.0.2.9", host=True),
)
CLUSTER = Snapshot(
    key=ClusterKey("fuzz"),
    uid=Seen(ClusterUid("fuzz")),
    taken_at=datetime(2026, 1, 1, tzinfo=UTC),
    tool_version="fuzz",
    origin=Origin.CLUSTER,
    namespaces=Seen(
        tuple(
            Namespace(name, ((NAMESPACE_NAME_LABEL, name), ("team", team)))
            for name, team in (("a", "red"), ("b", "blue"))
        )
    ),
    pods=Seen(PODS),
    nodes=Seen(()),
    network_policies=Seen((NetworkPolicy("a", "closed", EVERYTHING, BOTH),)),
    unmodelled=Seen(()),
)
"""Two namespaces; all pods of the first are isolated both ways."""
