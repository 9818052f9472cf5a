"""The cluster of `tests/cases/cilium`, and questions to the tiers that Cilium policies give."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from seawall.analyse.cilium import cilium_tiers, mentioned_by_cilium
from seawall.analyse.classes import mentioned
from seawall.analyse.networkpolicy import NetworkPolicyCompiler
from seawall.analyse.sides import Row, Side, sides
from seawall.analyse.table import ClassTable
from seawall.collect.cilium import KINDS, cilium_policy
from seawall.collect.parse import network_policy_from
from seawall.model.addresses import NO_ADDRESSES, IpSet, cidr, ip, just
from seawall.model.bits import bits_of
from seawall.model.cilium import CLUSTERWIDE, NAMESPACED, CiliumPolicy
from seawall.model.cilium_settings import (
    CiliumAround,
    CiliumSettings,
    Enforcement,
    KnownService,
)
from seawall.model.ir import DataPlane, Decision
from seawall.model.peers import Mark, PeerSet, everybody
from seawall.model.policies import BrokenObject, Direction, NetworkPolicy, ObjectRef
from seawall.model.ports import ALL_PORTS, PortSet, Protocol, ports
from seawall.model.selector import NAMESPACE_NAME_LABEL, with_labels
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import ContainerPort, Namespace, Pod

CASES = Path(__file__).parents[2] / "cases" / "cilium"

_MARKS = {"nodes": Mark.NODES, "api-server": Mark.API_SERVER}


def _pairs(found: dict[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((found or {}).items()))


def _pod(name: str, told: dict[str, Any]) -> Pod:
    namespace, _, short = name.partition("/")
    named = (ContainerPort(n, *_port(text)) for n, text in told.get("ports", {}).items())
    return Pod(
        namespace,
        short,
        _pairs(told["labels"]),
        ObjectRef("Pod", namespace, short),
        addresses=(ip(told["ip"]),),
        ports=tuple(sorted(named)),
        host_network=told.get("host", False),
        service_account=told.get("account", ""),
    )


def _port(text: str) -> tuple[Protocol, int]:
    protocol, _, number = text.partition("/")
    return Protocol(protocol), int(number)


_CLUSTER = yaml.safe_load((CASES / "cluster.yaml").read_text())
PODS = tuple(_pod(name, told) for name, told in _CLUSTER["pods"].items())
NAMESPACES = tuple(
    Namespace(name, _pairs({**labels, NAMESPACE_NAME_LABEL: name}))
    for name, labels in _CLUSTER["namespaces"].items()
)


def _addresses(texts: list[str]) -> IpSet:
    found = NO_ADDRESSES
    for text in texts:
        found |= just(ip(text))
    return found


NODES = _addresses(_CLUSTER["nodes"])


def read(document: dict[str, Any]) -> CiliumPolicy | NetworkPolicy | BrokenObject:
    """A policy of a case: `{a/name: spec}`, `{name: spec}` or the whole object."""
    if "kind" not in document:
        [(name, spec)] = document.items()
        namespace, slash, short = name.rpartition("/")
        kind = NAMESPACED if slash else CLUSTERWIDE
        document = {"kind": kind, "metadata": {"name": short, "namespace": namespace}, "spec": spec}
    if document["kind"] in KINDS:
        return cilium_policy(document["kind"], document)
    return network_policy_from(document)


def settings(told: dict[str, Any]) -> CiliumAround:
    """The settings of a case, and what else of the cluster it has."""
    nodes: Sight[IpSet] = Seen(NODES) if told.get("nodes_seen", True) else Unseen("403")
    version = tuple(map(int, told["version"].split("."))) if "version" in told else None
    api = told.get("api_server")
    return CiliumAround(
        CiliumSettings(
            Enforcement(told.get("enforcement", "default")),
            (version[0], version[1]) if version else None,
            told.get("cidr_matches_nodes"),
            told.get("host_firewall"),
            told.get("cluster_name", ""),
            tuple(told.get("identity_labels", ())),
        ),
        nodes=nodes,
        api_server=Seen(cidr(api)) if api else Unseen("not read"),
        services=Seen(tuple(map(_service, told["services"]))) if "services" in told else Unseen(""),
        cidr_groups={name: cidr(text) for name, text in told.get("cidr_groups", {}).items()},
    )


def _service(told: dict[str, Any]) -> KnownService:
    chosen = with_labels(told["selector"]) if "selector" in told else None
    return KnownService(told["namespace"], told["name"], _pairs(told.get("labels")), chosen)


@dataclass(frozen=True)
class World:
    """The cluster under some policies."""

    cilium: tuple[CiliumPolicy, ...]
    kubernetes: tuple[NetworkPolicy, ...]
    around: CiliumAround

    @cached_property
    def table(self) -> ClassTable:
        """The endpoint classes."""
        services = self.around.services
        known = services.value if isinstance(services, Seen) else ()
        looked_at = mentioned(self.kubernetes) | mentioned_by_cilium(self.cilium, known)
        return ClassTable(NAMESPACES, PODS, looked_at)

    @cached_property
    def sides(self) -> dict[Direction, tuple[Side, ...]]:
        """All sides of one direction."""
        plane = DataPlane(ipblock_matches_pods=False)
        compiler = NetworkPolicyCompiler(self.table, plane, namespaces_seen=True)
        universe = everybody(self.table.everything)
        found = {}
        for direction in Direction:
            own = compiler.tier(self.kubernetes, direction).policies
            tiers = cilium_tiers(self.cilium, own, self.table, direction, self.around)
            split = sides(direction, tiers, self.table.spans, universe)
            found[direction] = tuple(side for each in split for side in each)
        return found

    def rows(self, question: str) -> list[Row]:
        """What decides "direction subject peer [protocol/port]", piece by piece."""
        direction, subject, peer, *service = question.split(" ")
        number = self._numbers(subject)[0]
        side = next(s for s in self.sides[Direction(direction)] if number in s.subjects)
        return list(side.rows(self._peer(peer), service_ports(*service)))

    def decisions(self, question: str) -> set[Decision]:
        """Everything that becomes of a question's connections."""
        return {row.decision for row in self.rows(question)}

    def _peer(self, text: str) -> PeerSet:
        if text in _MARKS:
            return PeerSet(marks=frozenset({_MARKS[text]}))
        if "/" in text:
            return PeerSet(bits_of(self._numbers(text)))
        return PeerSet(addresses=just(ip(text)))

    def _numbers(self, pod: str) -> list[int]:
        return [n for n, pods in enumerate(self.table.members) if pod in map(str, pods)]


def service_ports(text: str = "") -> PortSet:
    """The ports of "TCP/80", of "other", or all."""
    if not text:
        return ALL_PORTS
    return PortSet(other=True) if text == "other" else ports(*_port(text))


def world(policies: list[dict[str, Any]], told: dict[str, Any] | None = None) -> World:
    """The cluster under the policies of a case."""
    found = [read(each) for each in policies]
    assert not [each for each in found if isinstance(each, BrokenObject)], found
    return World(
        tuple(each for each in found if isinstance(each, CiliumPolicy)),
        tuple(each for each in found if isinstance(each, NetworkPolicy)),
        settings(told or {}),
    )
