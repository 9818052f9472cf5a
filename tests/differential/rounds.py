"""One round: a cluster is written down, read by the public way in, and both are asked."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from tests.differential.drawing import NODES, OUTSIDE, PORT_NAMES, PORTS, PROTOCOLS, Obj
from tests.differential.worlds import ENGINES, cluster
from tests.oracle.asking import allowed
from tests.oracle.cluster import Cluster, Maybe

from seawall.analyse.connection import most_open, rulings
from seawall.analyse.dataplane.readings import CILIUM
from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import end
from seawall.collect.manifests import STDIN, read_manifests
from seawall.model.ir import UPSTREAM, Decision
from seawall.model.ports import Protocol, ports

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SERVICES = tuple((protocol, port) for protocol in PROTOCOLS for port in (*PORTS, 65535))
KUBERNETES_ORDER = 1000
"""Where Calico has NetworkPolicies in its tier `default`."""

MEANT: dict[Decision, Maybe] = {
    Decision.ALLOW: True,
    Decision.DENY: False,
    Decision.UNKNOWN: None,
}

Question = tuple[str, str, str, int]
Ask = Callable[[Cluster, str, str, str, int], Maybe]
"""The oracle, or one with a mistake to be found."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A question that the two answer differently."""

    question: Question
    expected: Maybe
    found: Maybe

    def __str__(self) -> str:
        words = {True: "allowed", False: "denied", None: "not to be known"}
        source, target, protocol, port = self.question
        return (
            f"{source} -> {target} {protocol}/{port}: the oracle says {words[self.expected]}, "
            f"the analysis says {words[self.found]}"
        )


@dataclass(frozen=True, slots=True)
class Round:
    """A cluster, the engine that reads it, and what is asked about it."""

    engine: str
    objects: tuple[Obj, ...]
    questions: tuple[Question, ...]


def drawn(random: Random, engine: str, most: int) -> Round:
    """A cluster and at most so many questions about it."""
    objects = tuple(cluster(random, engine))
    return Round(engine, objects, tuple(_questions(random, objects, most)))


def engine_of(number: int) -> str:
    """All engines in turn."""
    return ENGINES[number % len(ENGINES)]


def _questions(random: Random, objects: Iterable[Obj], most: int) -> Iterator[Question]:
    """Pods with one another and with addresses outside.

    Completed pods are not asked about: they are no endpoints. Nor are pods that share one address,
    as host-network pods do, about each other: what becomes of that no policy says.
    """
    pods = [each for each in objects if each["kind"] == "Pod"]
    names = [_name(pod) for pod in pods if pod["status"]["phase"] == "Running"]
    others = [*names, *names, *OUTSIDE, *(address for _, *own in NODES for address in own)]
    if not names:
        return
    for _ in range(most):
        pair = [names[random.randrange(len(names))], others[random.randrange(len(others))]]
        if random.randrange(2):
            pair.reverse()
        yield (*pair, *SERVICES[random.randrange(len(SERVICES))])  # type: ignore[misc]


def _name(pod: Obj) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def read(one: Round) -> Isolation:
    """What the package makes of a cluster, from its text.

    An object that cannot be read would make everything unknown: the generator must not draw it.
    """
    snapshot = read_manifests([STDIN], now=NOW, stdin=_text(one.objects))
    assert not snapshot.broken, [(each.ref, each.problems) for each in snapshot.broken]
    return analyse(snapshot, CILIUM if one.engine == "cilium" else UPSTREAM)


def _text(objects: Iterable[Obj]) -> bytes:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}).encode()


def answered(isolation: Isolation, question: Question) -> Maybe:
    """What the package says."""
    source, target, protocol, port = question
    a, b = end(isolation, source), end(isolation, target)
    return MEANT[most_open(rulings(isolation, a, b, ports(Protocol(protocol), port)))]


def compared(one: Round, counts: Counter[str], ask: Ask = allowed) -> list[Wrong]:
    """Every question asked of both; what the two answer differently.

    Where the oracle knows, the package may say UNKNOWN only if the cluster has something of
    `uncertain`. Where it does not, the package has to say UNKNOWN; but see `_left_open`.
    """
    isolation, oracle = read(one), Cluster(one.objects, one.engine)
    doubts = uncertain(one)
    wrong = []
    for question in one.questions:
        expected, found = ask(oracle, *question), answered(isolation, question)
        verdict = _verdict(expected, found)
        counts[verdict] += 1
        is_right = expected is found
        is_right |= verdict == CAUTIOUS and doubts
        is_right |= found is True and expected is None and _left_open(one, oracle, question)
        if not is_right:
            wrong.append(Wrong(question, expected, found))
    counts["clusters"] += 1
    counts["clusters with doubts"] += doubts
    return wrong


CAUTIOUS, LEFT_OPEN = "unknown to the analysis alone", "unknown to the oracle alone"


def _verdict(expected: Maybe, found: Maybe) -> str:
    if found is None:
        return "unknown" if expected is None else CAUTIOUS
    if expected is None:
        return LEFT_OPEN
    return "allowed" if found else "denied"


def uncertain(one: Round) -> bool:
    """Whether a cluster has anything that the analysis is documented not to tell apart.

    docs/cilium.md, "What is unknown": one node from all others, a CIDR and a node, whom the API
    server's address may belong to, whose number a port name is at egress. And policies of equal
    rank that do otherwise, also where it comes to the same further down.
    """
    ranks = list(filter(None, map(_rank, one.objects)))
    ties = len(ranks) > len(set(ranks)) or any(order == KUBERNETES_ORDER for _, order in ranks)
    return ties or (one.engine == "cilium" and _has_doubts(one))


def _rank(policy: Obj) -> tuple[str, float | None] | None:
    """The tier and place of a policy, where there are any."""
    spec = policy.get("spec", {})
    match policy["kind"], policy["apiVersion"].partition("/")[0]:
        case kind, "policy.networking.k8s.io":
            return f"{kind} {spec.get('tier')}", spec.get("priority")
        case "NetworkPolicy" | "GlobalNetworkPolicy", "projectcalico.org":
            return spec["tier"], spec.get("order")
        case _:
            return None


def _has_doubts(one: Round) -> bool:
    return any(
        word in json.dumps(policy)
        for policy in one.objects
        if policy["apiVersion"] == "cilium.io/v2"
        for word in ("host", "remote-node", "cluster", "CIDR", *(f'"{n}"' for n in PORT_NAMES))
    )


def _left_open(one: Round, oracle: Cluster, question: Question) -> bool:
    """NetworkPolicy's ipBlock and a node's address: open, where Cilium's setting may close it."""
    return one.engine == "cilium" and any(
        oracle.node_of(end) for name in question[:2] for end in oracle.ends(name)
    )
