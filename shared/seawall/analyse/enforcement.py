"""Does anything carry the policies out: for each pod, each pool of nodes, and the cluster."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from seawall.analyse.dataplane.agents import agents_of
from seawall.analyse.dataplane.kinds_of_node import is_auto, pool_of
from seawall.analyse.dataplane.nodes import NodeJudge
from seawall.analyse.dataplane.rows import ROWS
from seawall.analyse.dataplane.states import ruling_of
from seawall.model.cluster import Provider
from seawall.model.enforcement import Enforced, NodePool, Plane, Ruling, together
from seawall.model.sight import Unseen
from seawall.model.snapshot import Node, Pod, Snapshot

_ON_HOST = Ruling(Enforced.NO, "it is on the host network, where no policy binds it")

_OWNED_ONLY = ("vpc-cni-on", "eks-auto-on")
"""Rows that do not hold for pods without an owner."""

TO_COME = Node("(a node to come)", Provider.OTHER)
"""Judged where there is no node: a pod that is started waits for one."""


@dataclass(frozen=True, eq=False)
class Enforcement:
    """The verdicts on one cluster.

    Attributes:
        whole: On a pod that may be started on any node.
        pools: On the nodes by pool, sorted; none where they were not seen.
        by_node: On the pods of each node.
        bare: On pods without an owner where they are a case of their own, by the row that decided
            about their node.
        planes: The data planes that were found on any node, and the versions of their images.
    """

    whole: Ruling
    pools: tuple[NodePool, ...]
    by_node: Mapping[str, Ruling]
    bare: Mapping[str, Ruling]
    planes: Mapping[Plane, str]

    def of(self, pod: Pod) -> Ruling:
        """The verdict on one pod."""
        if pod.host_network:
            return _ON_HOST
        found = self._node_of(pod)
        alone = pod.owner.kind == "Pod" and found.enforced is Enforced.YES
        return self.bare.get(found.row, found) if alone else found

    def over(self, pods: Iterable[Pod]) -> Ruling:
        """The verdict on several pods together; on none, that on a pod to come."""
        rulings = _distinct(self.of(pod) for pod in pods)
        return _summed(rulings) if rulings else self.whole

    def _node_of(self, pod: Pod) -> Ruling:
        if not pod.node or not self.by_node:
            return self.whole
        unseen = Ruling(Enforced.UNKNOWN, f"its node {pod.node} is not among the nodes listed")
        return self.by_node.get(pod.node, unseen)


def enforcement_of(snapshot: Snapshot) -> Enforcement:
    """What is known of the enforcement of a cluster, on the day that it was read."""
    facts, nodes = snapshot.data_plane, snapshot.nodes
    if isinstance(facts, Unseen):
        return _unknown(facts.why)
    if isinstance(nodes, Unseen):
        return _unknown(f"the nodes were not seen: {nodes.why}")
    judged = nodes.value or (TO_COME,)
    agents = agents_of(facts.value, judged, snapshot.pods)
    judge = NodeJudge(facts.value, agents, snapshot.taken_at.date())
    by_node = {node.name: judge.ruling(node) for node in judged}
    bare = dict.fromkeys(_OWNED_ONLY, ruling_of(ROWS["vpc-cni-bare-pod"], judge.on))
    pools = tuple(_pools(judged, by_node))
    planes = dict(_planes(judge, judged))
    rulings = _distinct(by_node.values())
    return Enforcement(
        _summed(rulings),
        pools if nodes.value else (),
        by_node if nodes.value else {},
        bare,
        planes,
    )


def _planes(judge: NodeJudge, nodes: Iterable[Node]) -> Iterator[tuple[Plane, str]]:
    for node in nodes:
        if is_auto(node):
            yield Plane.EKS_AUTO, ""
        for here in judge.here(node):
            yield here.plane, here.version


def _unknown(why: str) -> Enforcement:
    return Enforcement(Ruling(Enforced.UNKNOWN, why), (), {}, {}, {})


def _pools(nodes: Iterable[Node], by_node: Mapping[str, Ruling]) -> Iterator[NodePool]:
    found: dict[str, list[str]] = {}
    for node in nodes:
        found.setdefault(pool_of(node), []).append(node.name)
    for name, members in sorted(found.items()):
        rulings = _distinct(by_node[member] for member in members)
        yield NodePool(name, tuple(sorted(members)), _summed(rulings))


def _distinct(rulings: Iterable[Ruling]) -> list[Ruling]:
    """One of each reason; nodes differ in the evidence that names them."""
    by_identity = {id(ruling): ruling for ruling in rulings}
    return list({(each.enforced, each.why): each for each in by_identity.values()}.values())


def _summed(rulings: list[Ruling]) -> Ruling:
    """One verdict on all; several parts are told apart in its reason, the worst first."""
    if len(rulings) == 1:
        return rulings[0]
    order = (Enforced.NO, Enforced.PARTLY, Enforced.UNKNOWN, Enforced.YES)
    parts = sorted(rulings, key=lambda ruling: (order.index(ruling.enforced), ruling.why))
    bad = [each for each in parts if each.enforced is not Enforced.YES] or parts
    first = bad[0]
    more = f"; and {len(bad) - 1} more reasons" if len(bad) > 1 else ""
    caveats = tuple(dict.fromkeys(note for each in parts for note in each.caveats))
    row = first.row if all(each.row == first.row for each in parts) else ""
    return Ruling(together(parts), f"{first.why}{more}", first.evidence, first.source, caveats, row)
