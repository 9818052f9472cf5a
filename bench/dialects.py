"""Clusters of 1,000 namespaces and 10,000 pods under policies of each kind, and `why` about them.

The policies are written as documents and read by the readers, as a scan does; reading is not
counted, `analyse` is. The rows of one run stand side by side; plain NetworkPolicy is the first of
them. In the adversarial cluster each pod is an endpoint class of its own, and 30,000 policies
select one pod each.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from bench import measured
from bench.clusters import TEAMS, cluster
from bench.measured import Facts, Spent, Target, plain
from seawall.analyse.isolation import Isolation, analyse
from seawall.analyse.why import answer
from seawall.collect.dialects import dialect_read, dialects_of
from seawall.collect.parse import network_policy_from
from seawall.model.dialects import DialectObject
from seawall.model.policies import BrokenObject, NetworkPolicy
from seawall.model.ports import Protocol, port_set
from seawall.model.sight import Seen, seen_or
from seawall.model.snapshot import Pod, Snapshot

MODULE: Final = "bench.dialects"
Document = dict[str, Any]

NAMESPACES: Final = 1_000
TINY: Final = 20
PODS_EACH: Final = 10
ADMIN_RULES: Final = 500
RULES_EACH: Final = 5
TIERS: Final = 3
EACH_POD: Final = 3
QUESTIONS: Final = 10_000

_ASKED = port_set(Protocol.TCP, ((8080, 8080),))


def _name(number: int) -> str:
    return f"ns-{number:05}"


def _team(number: int) -> str:
    return f"t{number % TEAMS}"


def _read(document: Document) -> DialectObject:
    group, _, version = document["apiVersion"].partition("/")
    read = dialect_read(group, version, document["kind"])
    found = read(document) if read else None
    if found is None or isinstance(found, BrokenObject):
        raise SystemExit(f"not valid: {found}")
    return found


def _with_dialects(snapshot: Snapshot, documents: Iterator[Document], *, alone: bool) -> Snapshot:
    dialects = dialects_of(map(_read, documents))
    policies = Seen(()) if alone else snapshot.network_policies
    return replace(snapshot, dialects=dialects, network_policies=policies)


def plain_cluster(namespaces: int) -> Snapshot:
    """NetworkPolicy alone, four a namespace."""
    return cluster(namespaces, PODS_EACH)


def with_admin(namespaces: int) -> Snapshot:
    """The same and 500 rules of administrators, five a policy."""
    return _with_dialects(plain_cluster(namespaces), _admin(), alone=False)


def with_cilium(namespaces: int) -> Snapshot:
    """Four of Cilium's policies a namespace instead."""
    return _with_dialects(plain_cluster(namespaces), _cilium(namespaces), alone=True)


def with_calico(namespaces: int) -> Snapshot:
    """Four of Calico's policies a namespace instead, in three tiers."""
    return _with_dialects(plain_cluster(namespaces), _calico(namespaces), alone=True)


def adversarial(namespaces: int) -> Snapshot:
    """Each pod its own class; three policies about each, that name other pods."""
    snapshot = plain_cluster(namespaces)
    pods = tuple(
        replace(pod, labels=(*pod.labels, ("id", f"p{number}")))
        for number, pod in enumerate(seen_or(snapshot.pods, ()))
    )
    policies = tuple(map(_network_policy, _about_each(pods)))
    return replace(snapshot, pods=Seen(pods), network_policies=Seen(policies))


def _network_policy(document: Document) -> NetworkPolicy:
    found = network_policy_from(document)
    if isinstance(found, BrokenObject):
        raise SystemExit(f"not valid: {found}")
    return found


def _about_each(pods: tuple[Pod, ...]) -> Iterator[Document]:
    for number, pod in enumerate(pods):
        for which in range(EACH_POD):
            other = (number * 7 + which * 13) % len(pods)
            peer = {
                "namespaceSelector": {"matchLabels": {"team": _team(other)}},
                "podSelector": {"matchLabels": {"id": f"p{other}"}},
            }
            yield {
                "metadata": {"name": f"p{number}-{which}", "namespace": pod.namespace},
                "spec": {
                    "podSelector": {"matchLabels": {"id": f"p{number}"}},
                    "ingress": [{"from": [peer], "ports": [{"port": 8000 + which}]}],
                },
            }


def _admin() -> Iterator[Document]:
    for number in range(ADMIN_RULES // RULES_EACH):
        rules = [
            {
                "action": ("Allow", "Deny", "Pass")[rule % 3],
                "from": [{"namespaces": {"matchLabels": {"team": _team(number + rule)}}}],
                "ports": [{"portNumber": {"protocol": "TCP", "port": 8000 + rule}}],
            }
            for rule in range(RULES_EACH)
        ]
        yield {
            "apiVersion": "policy.networking.k8s.io/v1alpha1",
            "kind": "AdminNetworkPolicy",
            "metadata": {"name": f"admin-{number}"},
            "spec": {
                "priority": number,
                "subject": {"namespaces": {"matchLabels": {"team": _team(number)}}},
                "ingress": rules,
            },
        }


def _cilium(namespaces: int) -> Iterator[Document]:
    for number in range(namespaces):
        near = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": _name((number + 1) % 100)}}
        specs: tuple[Document, ...] = (
            {"endpointSelector": {}, "ingress": [{"fromEndpoints": [{}]}]},
            {
                "endpointSelector": {"matchLabels": {"app": "app-1"}},
                "ingress": [
                    {
                        "fromEntities": ["world"],
                        "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
                    }
                ],
            },
            {
                "endpointSelector": {"matchLabels": {"tier": "x1"}},
                "egress": [{"toEndpoints": [near]}],
            },
            {
                "endpointSelector": {"matchLabels": {"tier": "x2"}},
                "ingressDeny": [{"fromCIDR": [f"10.{number % 256}.0.0/16"]}],
            },
        )
        for which, spec in enumerate(specs):
            yield {
                "apiVersion": "cilium.io/v2",
                "kind": "CiliumNetworkPolicy",
                "metadata": {"name": f"c{which}", "namespace": _name(number)},
                "spec": spec,
            }


def _calico(namespaces: int) -> Iterator[Document]:
    calico: Document = {"apiVersion": "projectcalico.org/v3"}
    for place in range(TIERS):
        spec = {"order": place * 100, "defaultAction": "Pass"}
        yield {**calico, "kind": "Tier", "metadata": {"name": f"t{place}"}, "spec": spec}
    for number in range(namespaces):
        for which in range(4):
            tier = f"t{which % TIERS}"
            source = {
                "selector": f"app == 'app-{which}'",
                "namespaceSelector": f"team == '{_team(number + which)}'",
            }
            rules = [
                {"action": "Allow", "source": {"selector": "all()"}},
                {
                    "action": ("Deny", "Allow", "Pass")[which % 3],
                    "protocol": "TCP",
                    "source": source,
                    "destination": {"ports": [8080, "9000:9010"]},
                },
            ]
            yield {
                **calico,
                "kind": "NetworkPolicy",
                "metadata": {"name": f"{tier}.p{which}", "namespace": _name(number)},
                "spec": {
                    "tier": tier,
                    "order": which,
                    "selector": f"tier == 'x{which % 3}'",
                    "types": ["Ingress"],
                    "ingress": rules[which % 2 :],
                },
            }


WORLDS: Final[Mapping[str, tuple[Callable[[int], Snapshot], float]]] = MappingProxyType(
    {
        "NetworkPolicy": (plain_cluster, 0.3),
        "with 500 admin rules": (with_admin, 0.6),
        "Cilium": (with_cilium, 0.6),
        "Calico, three tiers": (with_calico, 0.6),
        "adversarial": (adversarial, 3.0),
    }
)
"""What is measured, and the seconds that `analyse` may take."""


def one(name: str, namespaces: int) -> Facts:
    """Analyse one cluster once, cold, then ask why; the lazy rows are not counted."""
    snapshot = WORLDS[name][0](namespaces)
    with Spent() as analysing:
        isolation = analyse(snapshot)
    peak_mb = measured.peak_mb()
    pods = seen_or(snapshot.pods, ())
    with Spent() as first:
        _asked(isolation, pods, 1)
    many = min(QUESTIONS, len(pods))
    with Spent() as all_of_them:
        _asked(isolation, pods, many)
    found = snapshot.dialects
    return {
        "pods": len(pods),
        "classes": len(isolation.table.classes),
        "policies": len(seen_or(snapshot.network_policies, ()))
        + sum(map(len, (found.admin, found.cilium, found.calico))),
        "analyse_s": analysing.cpu_s,
        "peak_mb": peak_mb,
        "first_ms": first.cpu_s * 1000,
        "questions": many,
        "questions_s": all_of_them.cpu_s,
    }


def _asked(isolation: Isolation, pods: tuple[Pod, ...], many: int) -> None:
    for number in range(many):
        source, target = pods[number % len(pods)], pods[(number * 7 + 13) % len(pods)]
        answer(isolation, str(source), str(target), _ASKED)


def main() -> None:
    """The report, or one of the processes it is made of."""
    match sys.argv[1:]:
        case [name, namespaces] if name in WORLDS:
            measured.tell(one(name, int(namespaces)))
        case _:
            report(measured.options("Analysing each kind of policy."))


def report(options: argparse.Namespace) -> None:
    """Every kind in turns."""
    rounds = options.rounds or (1 if options.tiny else 5)
    namespaces = TINY if options.tiny else NAMESPACES
    runs = {name: partial(measured.in_fresh_process, MODULE, name, namespaces) for name in WORLDS}
    found = measured.taking_turns(rounds, runs)
    print(
        f"analyse by kind: medians of {rounds} rounds in turns, a fresh process each, CPU seconds"
    )
    for name, facts in found.items():
        pods, classes, policies = (int(facts[key]) for key in ("pods", "classes", "policies"))
        print(f"  {name}: {pods:,} pods, {classes:,} classes, {policies:,} policies:")
        print(Target("analyse", WORLDS[name][1], "s").line(facts["analyse_s"]))
        print(Target("peak memory, snapshot included", 300, "MB").line(facts["peak_mb"]))
        print(Target("why: the first question", 50, "ms").line(facts["first_ms"]))
        print(plain("why: each of the next", facts["questions_s"] / facts["questions"] * 1e6, "us"))
        if facts["questions"] == QUESTIONS:
            print(Target(f"why: {QUESTIONS:,} questions", 5, "s").line(facts["questions_s"]))


if __name__ == "__main__":
    main()
