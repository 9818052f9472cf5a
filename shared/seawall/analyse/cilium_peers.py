"""Whom the peers of a Cilium rule mean: for certain, and at most.

Source: cilium Documentation/security/policy/layer3.rst and `pkg/policy/api`. A CIDR never means a
pod, and a node only where the agents are told so (`policy-cidr-match-mode`). What is known to
Cilium alone (addresses behind a name, a cloud's groups) may be any address outside.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from seawall.analyse.cilium_selectors import POSITIVE, Meant, peers_of, terms_of
from seawall.analyse.regions import LINK_LOCAL
from seawall.analyse.table import ClassTable
from seawall.model.addresses import EVERY_ADDRESS, EVERY_V4, EVERY_V6, NO_ADDRESSES, IpSet
from seawall.model.cilium import (
    K8S,
    CidrPeer,
    CiliumPeer,
    Condition,
    EndpointPeer,
    EndpointSelector,
    Entity,
    EntityPeer,
    NodePeer,
    OutsidePeer,
    ServicePeer,
)
from seawall.model.cilium_settings import CiliumAround, KnownService
from seawall.model.peers import NO_PEERS, Mark, PeerSet, everybody
from seawall.model.policies import Direction
from seawall.model.selector import Operator
from seawall.model.sight import Seen, seen_or


@dataclass(frozen=True, slots=True)
class Reach:
    """The peers that are meant for certain, and those that may be; the former are among them."""

    certain: PeerSet = NO_PEERS
    possible: PeerSet = NO_PEERS

    def __or__(self, that: "Reach") -> "Reach":
        if that is NOBODY or self is NOBODY:
            return self if that is NOBODY else that
        return Reach(self.certain | that.certain, self.possible | that.possible)

    @property
    def doubtful(self) -> PeerSet:
        """Those that only may be meant."""
        sure = self.possible is self.certain
        return NO_PEERS if sure else self.possible - self.certain


NOBODY = Reach()

_WORLDS = {
    Entity.WORLD: EVERY_ADDRESS,
    Entity.WORLD_IPV4: EVERY_V4,
    Entity.WORLD_IPV6: EVERY_V6,
}


def surely(peers: PeerSet) -> Reach:
    """These, and nobody else."""
    return Reach(peers, peers)


def perhaps(peers: PeerSet) -> Reach:
    """At most these."""
    return Reach(NO_PEERS, peers)


class CiliumPeers:
    """Answers for the peers of one cluster, each of them worked out once."""

    def __init__(self, table: ClassTable, around: CiliumAround) -> None:
        self._table = table
        self._around = around
        self._found: dict[tuple[str, bool, Direction, tuple[CiliumPeer, ...]], Reach] = {}

    @cached_property
    def everybody(self) -> PeerSet:
        """Everybody there is."""
        return everybody(self._table.everything)

    @cached_property
    def pods(self) -> PeerSet:
        """All pods, but for those on the host network: these are their node to Cilium."""
        return PeerSet(self._table.everything - self._table.hosts)

    @cached_property
    def nodes(self) -> PeerSet:
        """All nodes, with whatever runs on their network."""
        addresses = seen_or(self._around.nodes, NO_ADDRESSES)
        return PeerSet(self._table.hosts, addresses, frozenset({Mark.NODES}))

    def reach(
        self,
        peers: tuple[CiliumPeer, ...],
        namespace: str,
        direction: Direction,
        *,
        allow: bool,
    ) -> Reach:
        """Everybody that any of these means, in a policy of `namespace`."""
        home = namespace if any(map(_is_scoped, peers)) else ""
        key = (home, allow, direction, peers)
        found = self._found.get(key)
        if found is None:
            found = _of_all(self._peer(peer, namespace, allow=allow) for peer in peers)
            found |= self._all_nodes(peers, direction, allow=allow)
            self._found[key] = found
        return found

    def _all_nodes(
        self, peers: Iterable[CiliumPeer], direction: Direction, *, allow: bool
    ) -> Reach:
        """`host` and `remote-node` together are all nodes.

        `host` alone is the pod's own node, `remote-node` all others. Ingress from the own node is
        allowed anyway (layer3.rst, `--allow-localhost`), so an allow of the others is one of all.
        """
        named = {peer.entity for peer in peers if isinstance(peer, EntityPeer)}
        needed = {Entity.HOST, Entity.REMOTE_NODE}
        if allow and direction is Direction.INGRESS:
            needed = {Entity.REMOTE_NODE}
        return surely(self.nodes) if needed <= named else NOBODY

    def _peer(self, peer: CiliumPeer, namespace: str, *, allow: bool) -> Reach:
        match peer:
            case EndpointPeer(selector):
                return self.endpoints(selector, namespace, allow=allow)
            case EntityPeer(entity):
                return self._entity(entity, allow=allow)
            case CidrPeer(addresses):
                return self._block(addresses, allow=allow)
            case OutsidePeer():
                return self._outside(peer, allow=allow)
            case ServicePeer():
                return self._service(peer)
            case NodePeer():
                return perhaps(self.nodes)

    def endpoints(self, wanted: EndpointSelector, namespace: str, *, allow: bool = True) -> Reach:
        """Whom a selector means, the peers that are no pods among them."""
        meant = peers_of(wanted, namespace, self._table, self._around)
        return _of(meant) | self._no_pods(wanted, allow=allow)

    def _no_pods(self, wanted: EndpointSelector, *, allow: bool) -> Reach:
        """World, nodes and their like have reserved labels only, and meet what is all negation."""
        terms = terms_of(wanted)
        if terms.reserved and len(wanted.conditions) == 1:
            return self._reserved(wanted.conditions[0], allow=allow)
        scoped = not terms.names_namespace and not terms.reserved
        if terms.positive or scoped:
            return NOBODY
        return perhaps(self.everybody)

    def _reserved(self, found: Condition, *, allow: bool) -> Reach:
        name, operator = found.requirement.key, found.requirement.operator
        means = operator is Operator.EXISTS or found.requirement.values == ("",)
        if operator in POSITIVE and means and name in tuple(Entity) and name != Entity.ALL:
            return self._entity(Entity(name), allow=allow)
        return perhaps(self.everybody)

    def _entity(self, entity: Entity, *, allow: bool) -> Reach:
        world = _WORLDS.get(entity)
        if world is not None:
            return self._world(world, allow=allow)
        match entity:
            case Entity.ALL:
                return surely(self.everybody)
            case Entity.CLUSTER:
                return surely(self.pods | self.nodes) | perhaps(self._api_server())
            case Entity.HOST | Entity.REMOTE_NODE | Entity.UNMANAGED:
                return perhaps(self.pods if entity is Entity.UNMANAGED else self.nodes)
            case Entity.KUBE_APISERVER:
                return self._kube_apiserver()
            case _:
                # Cilium's own endpoints, or none: no peer that we know of is one of them.
                return NOBODY

    def _kube_apiserver(self) -> Reach:
        """The API server, and every node that may be one of its own."""
        known = self._around.api_server
        sure = PeerSet(addresses=seen_or(known, NO_ADDRESSES), marks=frozenset({Mark.API_SERVER}))
        nodes = self._around.nodes
        elsewhere = isinstance(known, Seen) and isinstance(nodes, Seen)
        if elsewhere and not sure.addresses & seen_or(nodes, NO_ADDRESSES):
            return surely(sure)
        return Reach(sure, sure | self._api_server() | self.nodes)

    def _api_server(self) -> PeerSet:
        """Where the API server may be: anywhere outside, where its addresses are not known."""
        addresses = seen_or(self._around.api_server, EVERY_ADDRESS - LINK_LOCAL)
        return PeerSet(addresses=addresses, marks=frozenset({Mark.API_SERVER}))

    def _world(self, addresses: IpSet, *, allow: bool) -> Reach:
        """What is outside the cluster: no node is (`reserved:world`)."""
        match self._around.nodes:
            case Seen(nodes):
                return surely(PeerSet(addresses=addresses - nodes))
            case _:
                found = PeerSet(addresses=addresses)
                return surely(found) if allow else perhaps(found)

    def _block(self, addresses: IpSet, *, allow: bool) -> Reach:
        """A CIDR; by default no node is meant by one, whatever its address."""
        settings = self._around.settings
        found = self._world(addresses, allow=allow)
        if settings.cidr_matches_nodes is False or settings.before(1, 15) or not addresses:
            return found
        nodes = self._around.nodes
        meant = seen_or(nodes, NO_ADDRESSES) & addresses
        if isinstance(nodes, Seen) and not meant:
            return found
        return found | perhaps(PeerSet(self._table.hosts, meant, self.nodes.marks))

    def _outside(self, peer: OutsidePeer, *, allow: bool) -> Reach:
        group = self._around.cidr_groups.get(peer.name) if peer.name else None
        if group is not None:
            return self._block(group - peer.excepts, allow=allow)
        whole = self._world(EVERY_ADDRESS - peer.excepts, allow=True)
        return perhaps(whole.possible)

    def _service(self, peer: ServicePeer) -> Reach:
        """The pods of the Services meant; addresses outside for one without a selector."""
        anything = perhaps(self.pods | PeerSet(addresses=EVERY_ADDRESS))
        match self._around.services:
            case Seen(services):
                meant = [each for each in services if _is_meant(each, peer)]
                if not meant or any(each.selector is None for each in meant):
                    return anything
                return _of_all(self._behind(each) for each in meant)
            case _:
                return anything

    def _behind(self, service: KnownService) -> Reach:
        chosen = service.selector.requirements if service.selector else ()
        wanted = EndpointSelector(tuple(Condition(K8S, each) for each in chosen))
        return _of(peers_of(wanted, service.namespace, self._table, self._around))


def _is_scoped(peer: CiliumPeer) -> bool:
    """Whether whom it means depends on the policy's namespace."""
    if not isinstance(peer, EndpointPeer):
        return False
    terms = terms_of(peer.selector)
    return not (terms.names_namespace or terms.reserved)


def _of(meant: Meant) -> Reach:
    if meant.certain is meant.possible:
        return surely(PeerSet(meant.certain))
    return Reach(PeerSet(meant.certain), PeerSet(meant.possible))


def _of_all(reaches: Iterable[Reach]) -> Reach:
    found = NOBODY
    for each in reaches:
        found |= each
    return found


def _is_meant(service: KnownService, peer: ServicePeer) -> bool:
    if peer.labels is None:
        return (service.namespace, service.name) == (peer.namespace, peer.name)
    home = peer.namespace in {"", service.namespace}
    return home and peer.labels.matches(dict(service.labels))
