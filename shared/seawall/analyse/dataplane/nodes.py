"""The verdict on one node: which of the agents on it decides, and whether they fit together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from seawall.analyse.dataplane.agents import Agent
from seawall.analyse.dataplane.kinds_of_node import (
    AKS_POLICY,
    COMPUTE_TYPE,
    GKE_POOL,
    NODE_CLASS,
    is_aks,
    is_auto,
    is_fargate,
    is_gke,
    is_linux,
    is_virtual,
)
from seawall.analyse.dataplane.rows import ROWS
from seawall.analyse.dataplane.states import State, controller, ruling_of, state_of
from seawall.model.enforcement import Enforced, Plane, PlaneFacts, Ruling
from seawall.model.finding import Evidence
from seawall.model.policies import ObjectRef, Where
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Node

_CONNECT_ONLY = frozenset({Plane.FLANNEL, Plane.AZURE})
"""Agents that connect pods and never filter."""

_WINDOWS = {
    Plane.VPC_CNI: "vpc-cni-windows",
    Plane.GKE_DPV2: "gke-windows",
    Plane.AZURE_CILIUM: "aks-cilium-windows",
    Plane.CILIUM: "cilium-windows",
    Plane.AZURE_NPM: "aks-npm-windows",
}
"""What the plug-in of the Linux nodes means for a Windows node that has no agent of its own."""


@dataclass(frozen=True, slots=True)
class Here:
    """An agent on a node, and its state."""

    agent: Agent
    state: State

    @property
    def plane(self) -> Plane:
        """The plane, as its provider's edition where it is one."""
        return ROWS[self.state.row].plane if self.state.row else self.agent.plane

    @property
    def version(self) -> str:
        """The tag of the plug-in's own image."""
        if self.agent.plane is Plane.VPC_CNI:
            return self.agent.container("aws-node").tag
        return self.state.container.tag if self.state.container else ""


@dataclass(frozen=True, slots=True)
class NodeJudge:
    """Judges nodes of one cluster as they are on a day."""

    facts: PlaneFacts
    agents: tuple[Agent, ...]
    on: date

    def ruling(self, node: Node) -> Ruling:
        """Whether policies are carried out for the pods of a node."""
        if is_fargate(node):
            return self._row("eks-fargate", _label(node, COMPUTE_TYPE))
        if is_virtual(node):
            row = "aks-virtual" if is_aks(node) else "virtual-node"
            return self._row(row, _label(node, "type"))
        if is_auto(node):
            return self._auto(node)
        if not is_linux(node):
            return self._windows(node)
        return self._by_agents(node)

    def here(self, node: Node) -> tuple[Here, ...]:
        """The agents that are on a node for certain, in their states."""
        return tuple(
            Here(agent, self._state(agent, node))
            for agent in self.agents
            if isinstance(agent.nodes, Seen) and node.name in agent.nodes.value and agent.at_home
        )

    def _row(self, row: str, *evidence: Evidence) -> Ruling:
        return ruling_of(ROWS[row], self.on, evidence=evidence)

    def _state(self, agent: Agent, node: Node) -> State:
        return state_of(agent, self.facts, on_aks=is_aks(node), on_gke=is_gke(node))

    def _auto(self, node: Node) -> Ruling:
        on, evidence, why = controller(self.facts.vpc_cni)
        if on is None:
            return Ruling(Enforced.UNKNOWN, why)
        if not on:
            return self._row("eks-auto-controller-off", *evidence)
        if isinstance(self.facts.node_classes, Unseen):
            why = f"the node classes were not seen: {self.facts.node_classes.why}"
            return Ruling(Enforced.UNKNOWN, why, evidence)
        name = dict(node.labels).get(NODE_CLASS, "")
        modes = {each.name: each.network_policy for each in self.facts.node_classes.value}
        where = Where(ObjectRef("NodeClass", "", name), "spec.networkPolicy")
        mode = modes.get(name, "")
        told = Evidence(where, mode or "is not set")
        if mode not in {"DefaultAllow", "DefaultDeny"}:
            return self._row("eks-auto-class-unset", *evidence, told)
        return self._row("eks-auto-on", *evidence, told)

    def _windows(self, node: Node) -> Ruling:
        for each in self.here(node):
            if each.state.row == "calico-windows":
                return each.state.ruling(self.on)
        if dict(node.labels).get(AKS_POLICY) == "none":
            return self._row("aks-none", _label(node, AKS_POLICY))
        for agent in filter(lambda agent: agent.at_home, self.agents):
            row = _WINDOWS.get(Here(agent, self._state(agent, node)).plane)
            if row is not None:
                return self._row(row, _label(node, "kubernetes.io/os"))
        return self._row("other-windows", _label(node, "kubernetes.io/os"))

    def _by_agents(self, node: Node) -> Ruling:
        strays = [a for a in self.agents if node.name in a.may_be_on and not a.at_home]
        if strays:
            home = strays[0].daemon_set.namespace
            why = f"{strays[0]} looks like an agent, and {home} is no place where agents live"
            return Ruling(Enforced.UNKNOWN, why)
        for agent in self.agents:
            if isinstance(agent.nodes, Unseen) and node.name in agent.may_be_on:
                return Ruling(Enforced.UNKNOWN, f"{agent}: {agent.nodes.why}")
        here = self.here(node)
        active = [each for each in here if each.state.enforced is not Enforced.NO]
        if len(active) > 1:
            return self._two(active)
        if active:
            return self._one(active[0], [each for each in here if each is not active[0]])
        if here:
            return self._nothing_enforces(here, node)
        return self._none(node)

    def _one(self, engine: Here, others: Sequence[Here]) -> Ruling:
        """One policy engine, and perhaps a plug-in that connects the pods for it."""
        linked = {each.agent.plane for each in others}
        if not linked or _fit(engine, linked):
            return engine.state.ruling(self.on, _edition(engine, linked))
        return self._two([engine, *others])

    def _two(self, found: Sequence[Here]) -> Ruling:
        evidence = tuple(Evidence(each.agent.where(), str(each.agent.plane)) for each in found)
        if any(each.state.row == "vpc-cni-on" for each in found):
            return self._row("two-on-vpc-cni", *evidence)
        names = " and ".join(str(each.agent) for each in found)
        why = f"two network plug-ins at once, and which of them decides is not known: {names}"
        return Ruling(Enforced.UNKNOWN, why, evidence)

    def _nothing_enforces(self, here: Iterable[Here], node: Node) -> Ruling:
        """What could enforce and does not is a better reason than what never does."""
        first = min(here, key=lambda each: each.agent.plane in _CONNECT_ONLY)
        told = dict(node.labels).get(AKS_POLICY, "none")
        if first.state.row == "aks-none" and told != "none":
            why = f"AKS says that the node's policies are the affair of {told}, which was not found"
            return Ruling(Enforced.UNKNOWN, why, (_label(node, AKS_POLICY),))
        return first.state.ruling(self.on)

    def _none(self, node: Node) -> Ruling:
        absent = [agent for agent in self.agents if agent.at_home and not agent.for_windows]
        if absent:
            why = f"no pod of {absent[0]} is on the node, and no other plug-in was found there"
            return Ruling(Enforced.UNKNOWN, why)
        if is_gke(node):
            return self._row("gke-none", _label(node, GKE_POOL))
        if dict(node.labels).get(AKS_POLICY) == "none":
            return self._row("aks-none", _label(node, AKS_POLICY))
        if isinstance(self.facts.version, Seen) and "+k3s" in self.facts.version.value:
            return self._row("k3s")
        return Ruling(Enforced.UNKNOWN, "no network plug-in that Seawall knows was found")


def _fit(engine: Here, linked: set[Plane]) -> bool:
    """Whether an engine is known to enforce for pods that other plug-ins connect.

    Azure's agent hands out addresses to whatever engine AKS was made with.
    """
    if linked == {Plane.AZURE}:
        return engine.plane in {Plane.AZURE_CILIUM, Plane.AZURE_NPM, Plane.AKS_CALICO} or (
            engine.state.chained
        )
    return engine.state.chained and len(linked - {Plane.AZURE}) == 1


def _edition(engine: Here, linked: set[Plane]) -> str:
    """The row for an engine on top of another plug-in, where there is one."""
    if Plane.VPC_CNI in linked and engine.state.enforced is Enforced.YES:
        rows = {Plane.CALICO: "calico-on-vpc-cni", Plane.CILIUM: "cilium-on-vpc-cni"}
        return rows.get(engine.agent.plane, "")
    if Plane.FLANNEL in linked and engine.agent.plane is Plane.CALICO:
        return "canal"
    return ""


def _label(node: Node, key: str) -> Evidence:
    where = Where(ObjectRef("Node", "", node.name), f"metadata.labels.{key}")
    return Evidence(where, dict(node.labels).get(key, "is not set"))
