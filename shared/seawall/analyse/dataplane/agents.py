"""The agents of network plug-ins that a cluster runs, and on which of its nodes they are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seawall.analyse.dataplane.kinds_of_node import OS_LABELS, is_linux, takes_agents
from seawall.model.agents import PLACES, planes_in
from seawall.model.enforcement import Container, DaemonSet, Plane, PlaneFacts
from seawall.model.policies import ObjectRef, Where
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Node, Phase, Pod


@dataclass(frozen=True, slots=True)
class Agent:
    """One plane as one DaemonSet runs it.

    Attributes:
        nodes: Names of the nodes that it is on; Unseen where that cannot be told of any it may be
            on.
        may_be_on: Names of the nodes that it could be on.
    """

    plane: Plane
    daemon_set: DaemonSet
    nodes: Sight[frozenset[str]]
    may_be_on: frozenset[str]

    @property
    def for_windows(self) -> bool:
        """Whether it is for nodes that run Windows."""
        return for_windows(self.daemon_set)

    @property
    def at_home(self) -> bool:
        """Whether it is where plug-ins live."""
        return self.daemon_set.namespace in PLACES

    def container(self, *names: str) -> Container:
        """The first container of these names, else the first of all."""
        found = (self.daemon_set.container(name) for name in names)
        first = self.daemon_set.containers[0] if self.daemon_set.containers else Container("")
        return next((each for each in found if each is not None), first)

    def where(self, path: str = "") -> Where:
        """The DaemonSet, or a part of it."""
        ref = ObjectRef("DaemonSet", self.daemon_set.namespace, self.daemon_set.name)
        return Where(ref, path)

    def __str__(self) -> str:
        return f"{self.plane} (DaemonSet {self.daemon_set.namespace}/{self.daemon_set.name})"


def for_windows(daemon_set: DaemonSet) -> bool:
    """Whether its pods are for nodes that run Windows."""
    chosen = dict(daemon_set.node_selector)
    return any(chosen.get(key) == "windows" for key in OS_LABELS) or "-win" in daemon_set.name


def agents_of(
    facts: PlaneFacts, nodes: Iterable[Node], pods: Sight[tuple[Pod, ...]]
) -> tuple[Agent, ...]:
    """Every agent, with the nodes it is on."""
    known = tuple(nodes)
    return tuple(
        Agent(plane, each, *_coverage(each, known, pods))
        for each in facts.daemon_sets
        for plane in planes_in(each)
    )


def _coverage(
    daemon_set: DaemonSet, nodes: tuple[Node, ...], pods: Sight[tuple[Pod, ...]]
) -> tuple[Sight[frozenset[str]], frozenset[str]]:
    """The nodes with an agent, and those that its node selector allows it on.

    Where the controller counted as many as there are nodes for it, nothing else needs to be asked;
    affinities, which are not read, may leave some out, and then its pods tell.
    """
    possible = frozenset(node.name for node in nodes if _may_run_on(daemon_set, node))
    if daemon_set.ready < daemon_set.desired:
        counted = f"{daemon_set.ready} of {daemon_set.desired}"
        return Unseen(f"only {counted} of its pods are ready"), possible
    if daemon_set.desired >= len(possible):
        return Seen(possible), possible
    if isinstance(pods, Unseen):
        return Unseen(f"its pods were not seen: {pods.why}"), possible
    return Seen(possible & frozenset(_nodes_with_pods(daemon_set, pods.value))), possible


def _may_run_on(daemon_set: DaemonSet, node: Node) -> bool:
    if not takes_agents(node) or is_linux(node) is for_windows(daemon_set):
        return False
    labels = dict(node.labels)
    return all(
        key in OS_LABELS or labels.get(key) == value for key, value in daemon_set.node_selector
    )


def _nodes_with_pods(daemon_set: DaemonSet, pods: Iterable[Pod]) -> Iterator[str]:
    owner = ObjectRef("DaemonSet", daemon_set.namespace, daemon_set.name)
    for pod in pods:
        if pod.owner == owner and pod.phase is Phase.RUNNING:
            yield pod.node
