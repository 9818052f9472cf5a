"""What was not read, or is not modelled, may decide anything: UNKNOWN, exactly where it may."""

import pytest
from tests.unit.analyse.hand_made import (
    ALLOW,
    DENY,
    UNKNOWN,
    cluster,
    decided,
    host,
    namespace,
    pod,
    policy,
)

from seawall.analyse.isolation import analyse
from seawall.analyse.why import answer
from seawall.model.errors import Trouble
from seawall.model.ir import DataPlane, Decision
from seawall.model.policies import (
    BOTH,
    BrokenObject,
    Direction,
    NetworkPolicy,
    ObjectRef,
    Stage,
    UnmodelledKind,
    UnmodelledObject,
)
from seawall.model.ports import ALL_PORTS
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Origin, Pod, Snapshot

WEB = pod("shop/web", "10.0.0.1", "app=web")
DB = pod("shop/db", "10.0.0.2", "app=db")
TELLER = pod("bank/teller", "10.0.1.1")
AGENT = host("shop/agent", "192.168.0.1", "n1")
STAGE = (WEB, DB, TELLER, AGENT)
WHY = Unseen("403 Forbidden")
INGRESS, EGRESS = frozenset({Direction.INGRESS}), frozenset({Direction.EGRESS})

SHUT = policy("shop/shut", "{podSelector: {matchLabels: {app: web}}}")
"""shop/web is isolated for ingress, and nothing is open."""

INTO_WEB, INTO_DB = "bank/teller -> shop/web", "bank/teller -> shop/db"
OUT_OF_WEB, OUT_OF_BANK = "shop/web -> bank/teller", "bank/teller -> 8.8.8.8"
INTO_AGENT = "8.8.8.8 -> shop/agent"


def kind(
    found: Sight[tuple[UnmodelledObject, ...]],
    directions: frozenset[Direction] = BOTH,
    stage: Stage = Stage.BEFORE,
    *,
    binds_hosts: bool = False,
) -> Snapshot:
    """The stage, and one kind of policy that is not modelled."""
    one = UnmodelledKind("example.io", "walls", found, directions, stage, binds_hosts)
    return cluster(*STAGE, SHUT, unmodelled=Seen((one,)))


def wall(
    home: str, directions: frozenset[Direction] = BOTH, stage: Stage = Stage.BEFORE
) -> Sight[tuple[UnmodelledObject, ...]]:
    """One object of the kind; without a home it is cluster-scoped."""
    return Seen((UnmodelledObject(ObjectRef("Wall", home, "w"), directions, stage),))


def broken(home: str) -> Snapshot:
    found = BrokenObject(ObjectRef("NetworkPolicy", home, "odd"), ("spec: no object",))
    return cluster(*STAGE, SHUT, broken=(found,))


@pytest.mark.parametrize(
    "snapshot, expected",
    [
        pytest.param(
            kind(Seen(())),
            {INTO_WEB: DENY, INTO_DB: ALLOW, OUT_OF_WEB: ALLOW, INTO_AGENT: ALLOW},
            id="a kind that is served and has no object changes nothing",
        ),
        pytest.param(
            kind(wall("shop")),
            {INTO_WEB: UNKNOWN, INTO_DB: UNKNOWN, OUT_OF_WEB: UNKNOWN, OUT_OF_BANK: ALLOW},
            id="a namespaced object makes its namespace unknown, even what is denied",
        ),
        pytest.param(
            kind(wall("bank")),
            {INTO_WEB: DENY, INTO_DB: UNKNOWN, "shop/web -> shop/db": ALLOW, OUT_OF_BANK: UNKNOWN},
            id="denied on one side is denied, whatever the other may say",
        ),
        pytest.param(
            kind(wall("")),
            {INTO_WEB: UNKNOWN, INTO_DB: UNKNOWN, OUT_OF_BANK: UNKNOWN, INTO_AGENT: ALLOW},
            id="a cluster-scoped object makes every namespace unknown",
        ),
        pytest.param(
            kind(wall("shop", INGRESS)),
            {INTO_WEB: UNKNOWN, "shop/web -> 8.8.8.8": ALLOW},
            id="for ingress alone",
        ),
        pytest.param(
            kind(wall("shop", EGRESS)),
            {INTO_WEB: DENY, INTO_DB: ALLOW, "shop/web -> 8.8.8.8": UNKNOWN},
            id="for egress alone",
        ),
        pytest.param(
            kind(wall("", BOTH, Stage.AFTER), stage=Stage.AFTER),
            {INTO_WEB: DENY, "8.8.8.8 -> shop/web": DENY, INTO_DB: UNKNOWN, OUT_OF_WEB: UNKNOWN},
            id="asked after, it only touches pods that no NetworkPolicy isolates",
        ),
        pytest.param(
            kind(WHY),
            {INTO_WEB: UNKNOWN, INTO_DB: UNKNOWN, OUT_OF_WEB: UNKNOWN, INTO_AGENT: ALLOW},
            id="a kind that cannot be listed may have any object",
        ),
        pytest.param(
            kind(WHY, EGRESS),
            {"8.8.8.8 -> shop/web": DENY, "8.8.8.8 -> shop/db": ALLOW, OUT_OF_WEB: UNKNOWN},
            id="but only for the directions it has",
        ),
        pytest.param(
            kind(WHY, stage=Stage.AFTER),
            {"8.8.8.8 -> shop/web": DENY, "8.8.8.8 -> shop/db": UNKNOWN},
            id="and at the stage it is asked",
        ),
        pytest.param(
            kind(wall(""), binds_hosts=True),
            {INTO_AGENT: UNKNOWN},
            id="a kind that binds host-network pods too",
        ),
        pytest.param(
            cluster(*STAGE, SHUT, unmodelled=WHY),
            {INTO_WEB: UNKNOWN, INTO_DB: UNKNOWN, OUT_OF_WEB: UNKNOWN, INTO_AGENT: UNKNOWN},
            id="served kinds that cannot be read: nothing is known",
        ),
        pytest.param(
            cluster(*STAGE, network_policies=WHY),
            {INTO_WEB: UNKNOWN, OUT_OF_WEB: UNKNOWN, OUT_OF_BANK: UNKNOWN, INTO_AGENT: ALLOW},
            id="policies that cannot be listed bind no host-network pod",
        ),
        pytest.param(
            broken("shop"),
            {INTO_WEB: UNKNOWN, INTO_DB: UNKNOWN, OUT_OF_WEB: UNKNOWN, OUT_OF_BANK: ALLOW},
            id="a broken object makes its namespace unknown",
        ),
        pytest.param(
            broken(""),
            {INTO_WEB: UNKNOWN, OUT_OF_BANK: UNKNOWN},
            id="a broken object of nobody knows where makes all unknown",
        ),
        pytest.param(
            broken("void"),
            {INTO_WEB: DENY, INTO_DB: ALLOW, OUT_OF_BANK: ALLOW},
            id="a broken object elsewhere changes nothing here",
        ),
    ],
)
def test_unknown_is_what_something_unread_may_decide(
    snapshot: Snapshot, expected: dict[str, Decision]
) -> None:
    isolation = analyse(snapshot)

    assert expected == {asked: decided(isolation, asked) for asked in expected}


def test_the_unread_says_itself_why_it_decides() -> None:
    isolation = analyse(cluster(*STAGE, network_policies=WHY))
    (where, *_) = answer(isolation, "8.8.8.8", "shop/web", ALL_PORTS).because

    assert "networkpolicies.networking.k8s.io" in where.ref.kind
    assert "403 Forbidden" == where.path


@pytest.mark.parametrize(
    "snapshot", [kind(wall("")), kind(WHY), cluster(*STAGE, unmodelled=WHY), broken("shop")]
)
def test_what_is_unread_isolates_nobody_in_the_sense_of_the_api(snapshot: Snapshot) -> None:
    isolation = analyse(snapshot)
    (db,) = isolation.classes_of["shop", "db"]

    assert not isolation.side(db, Direction.INGRESS).selected


def test_pods_that_were_not_seen_cannot_be_asked_about() -> None:
    with pytest.raises(Trouble, match="the pods were not seen: 403 Forbidden"):
        decided(cluster(pods=WHY), "8.8.8.8 -> shop/web")


# Namespaces that could not be listed


def rule(entry: str, more: str = "") -> NetworkPolicy:
    return policy("shop/p", f"{{ingress: [{{from: [{entry}]{more}}}]}}")


@pytest.mark.parametrize(
    "found, expected",
    [
        pytest.param(
            rule("{podSelector: {}}"),
            {"shop/db -> shop/web": ALLOW, INTO_WEB: DENY, "8.8.8.8 -> shop/web": DENY},
            id="a podSelector asks for no namespace's labels",
        ),
        pytest.param(
            rule("{ipBlock: {cidr: 8.0.0.0/8}}"),
            {INTO_WEB: DENY, "8.8.8.8 -> shop/web": ALLOW},
            id="nor does a block",
        ),
        pytest.param(
            rule("{namespaceSelector: {matchLabels: {team: money}}}"),
            {INTO_WEB: UNKNOWN, "shop/db -> shop/web": UNKNOWN},
            id="what a namespaceSelector admits is not known",
        ),
        pytest.param(
            rule("{namespaceSelector: {matchLabels: {team: money}}}", ", ports: [{port: 80}]"),
            {f"{INTO_WEB} TCP/80": UNKNOWN, f"{INTO_WEB} TCP/81": DENY},
            id="but on which ports is",
        ),
        pytest.param(
            policy(
                "shop/p", "{ingress: [{from: [{namespaceSelector: {}}]}, {ports: [{port: 80}]}]}"
            ),
            {f"{INTO_WEB} TCP/80": ALLOW, f"{INTO_WEB} TCP/81": UNKNOWN},
            id="and what another rule opens is open",
        ),
        pytest.param(
            policy(
                "shop/p",
                "{policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], "
                "ports: [{port: dns, protocol: UDP}]}]}",
            ),
            {"shop/web -> bank/teller UDP/53": UNKNOWN},
            id="a port by name may be any",
        ),
    ],
)
def test_without_namespaces_only_namespace_selectors_are_unknown(
    found: NetworkPolicy, expected: dict[str, Decision]
) -> None:
    isolation = analyse(cluster(*STAGE, found, namespaces=WHY))

    assert expected == {asked: decided(isolation, asked) for asked in expected}


LABELS = rule("{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}")


@pytest.mark.parametrize(
    "origin, decision",
    [
        pytest.param(Origin.CLUSTER, UNKNOWN, id="a live list lacks it: it came or went meanwhile"),
        pytest.param(Origin.MANIFESTS, ALLOW, id="a folder lacks it: it is assumed bare"),
    ],
)
@pytest.mark.parametrize(
    "more",
    [
        pytest.param((pod("ghost/x", "10.0.5.1"),), id="a pod's"),
        pytest.param((pod("shop/x", "10.0.5.1"), policy("ghost/p", "{}")), id="a policy's"),
    ],
)
def test_a_namespace_that_is_not_in_the_list_has_labels_nobody_read(
    more: tuple[Pod | NetworkPolicy, ...], origin: Origin, decision: Decision
) -> None:
    listed = Seen((namespace("shop"), namespace("bank")))
    isolation = analyse(cluster(*STAGE, *more, LABELS, namespaces=listed, origin=origin))

    assert decision == decided(isolation, INTO_WEB)
    assert ["bank", "ghost", "shop"] == [n.name for n in isolation.table.judged]
    assert [False, True, False] == [found.assumed for found in isolation.table.judged]


def test_a_namespace_that_is_not_there_has_no_sides() -> None:
    isolation = analyse(cluster(*STAGE, SHUT))

    assert () == isolation.sides("ghost", Direction.INGRESS)
    assert [False, True] == sorted(
        side.selected for side in isolation.sides("shop", Direction.INGRESS)
    )


# The reading of ipBlock


BLOCKS = policy("shop/p", "{ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}")


@pytest.mark.parametrize(
    "matches, pods",
    [
        pytest.param(True, ALLOW, id="upstream"),
        pytest.param(False, DENY, id="a data plane whose blocks are for outside addresses"),
    ],
)
def test_whether_a_block_matches_pods_is_up_to_the_data_plane(
    pods: Decision, *, matches: bool
) -> None:
    plane = DataPlane(ipblock_matches_pods=matches)
    snapshot = cluster(*STAGE, BLOCKS)

    assert pods == decided(snapshot, INTO_WEB, plane)
    assert ALLOW == decided(snapshot, "8.8.8.8 -> shop/web", plane)


# Two families


@pytest.mark.parametrize(
    "spec, expected",
    [
        pytest.param(
            "{ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}",
            {"bank/both -> shop/both": {4: ALLOW, 6: DENY}, "bank/six -> shop/both": {6: DENY}},
            id="IPv4 alone is open",
        ),
        pytest.param(
            "{ingress: [{from: [{ipBlock: {cidr: 'fd00::/8'}}]}]}",
            {"bank/both -> shop/both": {4: DENY, 6: ALLOW}, "bank/six -> shop/both": {6: ALLOW}},
            id="IPv6 alone is open",
        ),
        pytest.param(
            "{ingress: [{from: [{namespaceSelector: {}}]}]}",
            {"bank/both -> shop/both": {4: ALLOW, 6: ALLOW}, "8.8.8.8 -> shop/both": {4: DENY}},
            id="selectors know no family",
        ),
    ],
)
def test_each_family_is_judged_on_its_own(
    spec: str, expected: dict[str, dict[int, Decision]]
) -> None:
    pods = (pod("shop/both", "10.0.0.1 fd00::1"), pod("bank/both", "10.0.1.1 fd00::2"))
    isolation = analyse(cluster(*pods, pod("bank/six", "fd00::3"), policy("shop/p", spec)))
    for way, families in expected.items():
        source, target = way.split(" -> ")
        found = answer(isolation, source, target, ALL_PORTS)

        assert families == {r.family: r.decision for r in found.rulings}
        assert max(families.values(), key=[DENY, ALLOW].index) == found.decision


def test_ends_without_a_common_family_never_meet() -> None:
    snapshot = cluster(pod("shop/four", "10.0.0.1"), pod("shop/six", "fd00::1"), namespace("shop"))

    assert DENY == decided(snapshot, "shop/four -> shop/six")
    assert DENY == decided(snapshot, "2001:db8::1 -> shop/four")
