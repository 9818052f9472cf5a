"""Why a namespace must not be closed, or not unattended; each reason is a sentence to act on.

That a namespace is being deleted cannot be told from a Snapshot: the API server then refuses to
create anything in it, so the rehearsal does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from seawall.analyse.classes import DNS_SELECTOR, Standing
from seawall.analyse.differences import Connections
from seawall.analyse.isolation import Isolation
from seawall.analyse.paths import paths
from seawall.judge.judging import Judged
from seawall.judge.view import because
from seawall.model.enforcement import Enforced
from seawall.model.exposure import Exposure, Way
from seawall.model.ir import Action, Decision
from seawall.model.policies import Direction, NetworkPolicy, Peer, PodPeer, PolicyRule, Where
from seawall.model.selector import Labels
from seawall.model.sight import Seen, Sight, Unseen, seen_or
from seawall.model.snapshot import Snapshot
from seawall.remediate.system import runs_here


@dataclass(frozen=True, slots=True)
class Change:
    """What adding the policy closes and opens."""

    closed: tuple[Connections, ...]
    opened: tuple[Connections, ...]


def refusals(judged: Judged, exposure: Exposure, namespace: str, change: Change) -> tuple[str, ...]:
    """Everything that forbids the change, each once."""
    found = (
        *_system(judged.snapshot, namespace),
        *_entrances(exposure, namespace),
        *_unread(judged.snapshot, namespace),
        *_undecided(judged.isolation, namespace),
        *_opens(judged.isolation, namespace, change.opened),
        *_named(judged.isolation, namespace, change.closed),
    )
    return tuple(dict.fromkeys(found))


def held_back(judged: Judged, namespace: str) -> tuple[str, ...]:
    """Why nothing is applied here unattended: where policies are not enforced, or only perhaps.

    A policy that nothing carries out closes nothing today. It closes everything on the day on which
    somebody switches the plug-in on, with nobody there to look. A pod to come may be put on any
    node, so all of them count, and so does each pod of the namespace.
    """
    enforced, seen = judged.isolation.enforced, seen_or(judged.snapshot.pods, ())
    here = [pod for pod in seen if pod.namespace == namespace and not pod.host_network]
    rulings = (enforced.whole, enforced.over(here))
    return tuple(
        dict.fromkeys(
            f"it is left to a person, because policies may not be enforced here ({ruling})"
            for ruling in rulings
            if ruling.enforced is not Enforced.YES
        )
    )


def ways_into(exposure: Exposure, namespace: str) -> tuple[Way, ...]:
    """The entrances that were seen and lead into a namespace, sorted."""
    seen = (way for _, ways in exposure.ways for way in seen_or(ways, ()))
    return tuple(sorted({way for way in seen if way.namespace == namespace}))


def _system(snapshot: Snapshot, namespace: str) -> Iterator[str]:
    if owner := runs_here(namespace):
        yield f"{namespace} is a system namespace ({owner}): policies there are its makers' affair"
    servers = (
        pod
        for pod in seen_or(snapshot.pods, ())
        if pod.namespace == namespace and DNS_SELECTOR.matches(dict(pod.labels))
    )
    if any(servers):
        yield f"{namespace} runs DNS for the cluster ({DNS_SELECTOR}): everybody must reach it"


def _entrances(exposure: Exposure, namespace: str) -> Iterator[str]:
    for way in ways_into(exposure, namespace):
        yield (
            f"{way.by} leads to {way.to} ({way.entrance}) and would be cut off: close the "
            "namespace by hand, with a policy that lets in who comes that way"
        )
    for kind, ways in exposure.ways:
        if isinstance(ways, Unseen):
            yield f"what leads here by {kind} is not known: {ways.why}"
    if isinstance(exposure.workloads, Unseen):
        yield f"which workloads may start pods here is not known: {exposure.workloads.why}"


def _unread(snapshot: Snapshot, namespace: str) -> Iterator[str]:
    """What may bear on the namespace and could not be read, or not be understood."""
    kinds: tuple[tuple[str, Sight[object]], ...] = (
        ("namespaces", snapshot.namespaces),
        ("pods", snapshot.pods),
        ("network policies", snapshot.network_policies),
        ("policies of other kinds", snapshot.unmodelled),
    )
    for kind, sight in kinds:
        if isinstance(sight, Unseen):
            yield f"the {kind} were not seen: {sight.why}"
    listed = snapshot.namespaces
    if isinstance(listed, Seen) and all(each.name != namespace for each in listed.value):
        yield f"{namespace} is not among the namespaces listed, it came or went: scan again"
    for broken in snapshot.broken:
        if broken.ref.namespace in {namespace, ""}:
            yield f"{broken.ref} cannot be read: {broken.problems[0]}"


def _undecided(isolation: Isolation, namespace: str) -> Iterator[str]:
    """Who leaves open whether pods of the namespace, today's or new ones, can be reached."""
    bound = isolation.table.bound_in(namespace)
    unsure = because(
        row
        for side in isolation.sides(namespace, Direction.INGRESS)
        if side.subjects & bound
        for row in side.openings
        if row.decision is Decision.UNKNOWN
    )
    for where in unsure:
        yield f"{where} may decide who gets in, and was not read or is not modelled yet"


def _opens(isolation: Isolation, namespace: str, opened: tuple[Connections, ...]) -> Iterator[str]:
    """Policies are additive: pods that are isolated more tightly would be reached by all others."""
    found = paths(isolation.table, opened, namespace)
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        first = f"{found[0].source} -> {found[0].destination} on {found[0].ports}"
        yield f"it would open what is closed now: {first}{more}; isolate the other pods by label"
        return
    labels = next((each.labels for each in isolation.table.judged if each.name == namespace), ())
    for policy in seen_or(isolation.snapshot.network_policies, ()):
        tight = Direction.INGRESS in policy.directions and not _admits_all_inside(policy, labels)
        if policy.namespace == namespace and tight:
            yield (
                f"it would open pods that {policy.ref} closes more tightly once there are any "
                f"({policy.subject}): remove that policy if there will be none"
            )


def _admits_all_inside(policy: NetworkPolicy, labels: Labels) -> bool:
    """Whether one of its rules lets in every pod of the namespace on every port, and says so."""
    return any(rule.ports is None and _names_all_inside(rule, labels) for rule in policy.ingress)


def _names_all_inside(rule: PolicyRule, labels: Labels) -> bool:
    return rule.peers is None or any(_is_all_inside(peer, labels) for peer in rule.peers)


def _is_all_inside(peer: Peer, labels: Labels) -> bool:
    """No ipBlock is: whether it means pods at all differs between network plug-ins."""
    if not isinstance(peer, PodPeer) or not peer.pods.matches_all:
        return False
    return peer.namespaces is None or peer.namespaces.matches(dict(labels))


def _named(isolation: Isolation, namespace: str, closed: tuple[Connections, ...]) -> Iterator[str]:
    """Egress rules written for what would be cut.

    No ingress rule can be: pods that one speaks of are isolated already, and one policy more
    takes nothing from them.
    """
    for where in sorted({where for each in closed for where in _naming(isolation, each)}):
        yield (
            f"{where} names a path that would be cut, somebody means pods to reach {namespace}: "
            "close it by hand, with a policy that lets them in"
        )


def _naming(isolation: Isolation, cut: Connections) -> Iterator[Where]:
    """The rules that allow it to some pods, and not to any pod of any namespace to come."""
    if not cut.sources.pods:
        return
    anybody = isolation.table.standing[Standing.NEW_NAMESPACE]
    side = isolation.side(cut.sources.pods.lowest, Direction.EGRESS)  # they all share it
    for applying in side.applying:
        for rule in applying.rules():
            meant = rule.peers.pods & cut.targets and rule.ports & cut.ports
            if rule.action is Action.ALLOW and meant and not rule.peers.pods & anybody:
                yield rule.where
