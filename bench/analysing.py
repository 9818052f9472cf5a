"""Analysing whole clusters: time, growth and memory; and the literal procedure beside it.

`analyse` answers for every pair of pods and every port at once: selectors resolved, each rule with
the object and field it came from. Not counted are the lazy parts, shown on lines of their own: what
is open to each side (`openings`) and the findings (`judge`).

The alternative is the decision procedure as the Kubernetes documentation tells it, pair by pair
(`tests/property/oracle.py`), at a size that it can do. It is asked on the few ports where anything
can change; ours answers on all. Where they disagree there is no benchmark.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial, reduce
from itertools import product
from operator import or_
from types import MappingProxyType
from typing import Final

from tests.property import oracle

from bench import measured
from bench.clusters import cluster
from bench.measured import Facts, Spent, Target, plain
from seawall.analyse.connection import rulings
from seawall.analyse.isolation import Isolation, analyse
from seawall.judge.judging import judge
from seawall.model.ir import Decision
from seawall.model.policies import Direction
from seawall.model.ports import Protocol, port_set
from seawall.model.sight import seen_or
from seawall.model.snapshot import Pod, Snapshot

MODULE: Final = "bench.analysing"
Port = tuple[Protocol, int]
Size = tuple[int, int]
"""Namespaces, and pods in each."""

BASE: Final = (1_000, 10)
WIDE: Final = (10_000, 10)
DENSE: Final = (1_000, 100)
LITERAL: Final = (20, 10)
TINY: Final = {BASE: (20, 2), WIDE: (200, 2), DENSE: (20, 20), LITERAL: (3, 4)}

PORTS: Final[tuple[Port, ...]] = (
    (Protocol.TCP, 53),
    (Protocol.UDP, 53),
    (Protocol.TCP, 443),
    (Protocol.TCP, 8080),
    (Protocol.TCP, 8081),
    (Protocol.TCP, 9999),
)
"""Each number that some rule or named port of `clusters` means, and one that none does."""


def main() -> None:
    """The report, or one of the processes it is made of."""
    match sys.argv[1:]:
        case [kind, namespaces, pods] if kind in WAYS:
            measured.tell(WAYS[kind]((int(namespaces), int(pods))))
        case _:
            report(measured.options("Analysing clusters."))


def report(options: argparse.Namespace) -> None:
    """Every size in turns, then the alternative."""
    rounds = options.rounds or (1 if options.tiny else 5)
    sizes = {size: TINY[size] if options.tiny else size for size in (BASE, WIDE, DENSE)}
    runs = {
        str(size): partial(measured.in_fresh_process, MODULE, "one", *size)
        for size in sizes.values()
    }
    found = measured.taking_turns(rounds, runs)
    base = found[str(sizes[BASE])]
    print(f"analyse: medians of {rounds} rounds in turns, a fresh process each, CPU seconds")
    _print_one(base, Target("analyse", 0.3, "s"))
    for size in (WIDE, DENSE):
        _print_one(found[str(sizes[size])], None)
        growth = found[str(sizes[size])]["analyse_s"] / base["analyse_s"]
        more = found[str(sizes[size])]["pods"] / base["pods"]
        print(plain(f"growth for {more:g} times the pods (1: linear)", growth / more, "x"))
    _print_literal(rounds, TINY[LITERAL] if options.tiny else LITERAL)


def _print_one(found: Facts, target: Target | None) -> None:
    pods, namespaces, policies = (int(found[k]) for k in ("pods", "namespaces", "policies"))
    print(f"  {pods:,} pods, {namespaces:,} namespaces, {policies:,} policies:")
    print(target.line(found["analyse_s"]) if target else plain("analyse", found["analyse_s"], "s"))
    print(plain("the snapshot alone: memory", found["snapshot_mb"], "MB"))
    print(Target("analyse: peak memory, snapshot included", 300, "MB").line(found["peak_mb"]))
    print(plain("then the openings of all sides", found["openings_s"], "s"))
    print(plain("then judge (all rules)", found["judge_s"], "s"))
    print(plain("its findings", found["findings"], ""))
    print(plain("then: peak memory", found["after_mb"], "MB"))


def _print_literal(rounds: int, size: Size) -> None:
    runs = {
        kind: partial(measured.in_fresh_process, MODULE, kind, *size)
        for kind in ("literal", "ours", "one-by-one")
    }
    found = measured.taking_turns(min(rounds, 3), runs)
    other, mine, asked = found["literal"], found["ours"], found["one-by-one"]
    if not other["digest"] == mine["digest"] == asked["digest"]:
        raise SystemExit(f"they do not agree on who reaches whom: {found}")
    print(f"  {int(mine['pairs']):,} pairs of pods on {len(PORTS)} ports, the same answers:")
    print(plain("the literal procedure, pair by pair", other["cpu_s"], "s"))
    print(plain("seawall: analyse and all openings", mine["cpu_s"], "s"))
    print(plain("times less CPU", other["cpu_s"] / mine["cpu_s"], "x"))
    print(plain("seawall: analyse and ask pair by pair", asked["cpu_s"], "s"))
    print(plain("times less CPU", other["cpu_s"] / asked["cpu_s"], "x"))


def one(size: Size) -> Facts:
    """Analyse one cluster once, cold, as a scan does."""
    snapshot = cluster(*size)
    snapshot_mb = measured.peak_mb()
    with Spent() as analysing:
        isolation = analyse(snapshot)
    peak_mb = measured.peak_mb()
    with Spent() as opening:
        _openings(isolation)
    with Spent() as judging:
        outcomes = judge(isolation)
    return {
        "namespaces": len(seen_or(snapshot.namespaces, ())),
        "pods": len(seen_or(snapshot.pods, ())),
        "policies": len(seen_or(snapshot.network_policies, ())),
        "analyse_s": analysing.cpu_s,
        "snapshot_mb": snapshot_mb,
        "peak_mb": peak_mb,
        "openings_s": opening.cpu_s,
        "judge_s": judging.cpu_s,
        "findings": sum(len(outcome.findings) for outcome in outcomes),
        "after_mb": measured.peak_mb(),
    }


def _openings(isolation: Isolation) -> int:
    """Make what is lazy, and count it."""
    sides = (side for way in Direction for found in isolation.by_namespace[way] for side in found)
    return sum(len(side.openings) for side in sides)


def ours(size: Size) -> Facts:
    """Work out who reaches whom, as sets; read the pairs off them only after the clock."""
    snapshot = cluster(*size)
    with Spent() as spent:
        isolation = analyse(snapshot)
        _openings(isolation)
    pods = seen_or(snapshot.pods, ())
    open_to = {way: _open_to(isolation, pods, way) for way in Direction}
    answers = [
        source == target
        or (
            (port, target) in open_to[Direction.EGRESS][source]
            and (port, source) in open_to[Direction.INGRESS][target]
        )
        for source, target in product(pods, repeat=2)
        for port in PORTS
    ]
    return _compared(spent, pods, answers)


def _open_to(
    isolation: Isolation, pods: tuple[Pod, ...], way: Direction
) -> dict[Pod, frozenset[tuple[Port, Pod]]]:
    """Who is open to each pod on which of `PORTS`."""
    found: dict[Pod, frozenset[tuple[Port, Pod]]] = {}
    for pod in pods:
        (number,) = isolation.classes_of[pod.namespace, pod.name]
        rows = [r for r in isolation.side(number, way).openings if r.decision is Decision.ALLOW]
        found[pod] = frozenset(
            (port, other)
            for row in rows
            for port in PORTS
            if row.ports & port_set(port[0], ((port[1], port[1]),))
            for other in isolation.table.pods(row.peers.pods)
        )
    return found


def one_by_one(size: Size) -> Facts:
    """Analyse, then ask about every pair as `why` does, its ports at once."""
    snapshot = cluster(*size)
    pods = seen_or(snapshot.pods, ())
    singles = [port_set(protocol, ((number, number),)) for protocol, number in PORTS]
    asked = reduce(or_, singles)
    answers: list[bool] = []
    with Spent() as spent:
        isolation = analyse(snapshot)
        for source, target in product(pods, repeat=2):
            found = rulings(isolation, source, target, asked)
            allowed = [each.ports for each in found if each.decision is Decision.ALLOW]
            answers += (any(port & ports for ports in allowed) for port in singles)
    return _compared(spent, pods, answers)


def literal(size: Size) -> Facts:
    """Ask the literal procedure about every pair."""
    snapshot: Snapshot = cluster(*size)
    pods = seen_or(snapshot.pods, ())
    with Spent() as spent:
        answers = [
            oracle.allowed(snapshot, source, target, port)
            for source, target in product(pods, repeat=2)
            for port in PORTS
        ]
    return _compared(spent, pods, answers)


def _compared(spent: Spent, pods: tuple[Pod, ...], answers: Iterable[bool]) -> Facts:
    """What both report; the digest, exact as a float, tells all answers in their order."""
    bits = int("".join(str(int(answer)) for answer in answers), 2)
    return {"cpu_s": spent.cpu_s, "pairs": len(pods) ** 2, "digest": bits % (2**52 - 47)}


WAYS: Final[Mapping[str, Callable[[Size], Facts]]] = MappingProxyType(
    {"one": one, "ours": ours, "one-by-one": one_by_one, "literal": literal}
)
"""What a fresh process can be asked to measure."""


if __name__ == "__main__":
    main()
