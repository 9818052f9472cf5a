"""One connection: what both sides make of which ports, over which family."""

from itertools import combinations

import pytest
from tests.unit.analyse.hand_made import ALLOW, DENY, cluster, host, pod, policy

from seawall.analyse.connection import FREE, End, Half, Ruling, most_open, rulings
from seawall.analyse.isolation import analyse
from seawall.model.addresses import Family, ip
from seawall.model.errors import Trouble
from seawall.model.ir import Decision
from seawall.model.policies import Direction, ObjectRef, Where
from seawall.model.ports import ALL_PORTS, NO_PORTS, PortSet, Protocol, ports
from seawall.model.snapshot import Pod

WEB = pod("shop/web", "10.0.0.1", "app=web", node="n1")
DB = pod("shop/db", "10.0.0.2", "app=db", node="n2")
AGENT = host("shop/agent", "192.168.0.2", "n2")
OUT = policy(
    "shop/out",
    "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: "
    "[{ports: [{port: 80}, {port: 443}]}]}",
)
INTO = policy(
    "shop/into",
    "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80}, {port: 22}]}]}",
)
STAGE = cluster(WEB, DB, AGENT, OUT, INTO)
HTTP = ports(Protocol.TCP, 80)


def ruled(asked: PortSet = ALL_PORTS) -> tuple[Ruling, ...]:
    return rulings(analyse(STAGE), WEB, DB, asked)


@pytest.mark.parametrize("asked", [ALL_PORTS, HTTP, ports(Protocol.TCP, 79, 81), NO_PORTS])
def test_every_port_asked_for_is_ruled_on_once(asked: PortSet) -> None:
    found = ruled(asked)
    whole = NO_PORTS
    for ruling in found:
        whole |= ruling.ports

    assert asked == whole
    assert not any(a.ports & b.ports for a, b in combinations(found, 2))


def test_a_port_is_open_where_both_sides_open_it() -> None:
    expected = {
        ports(Protocol.TCP, 80): (ALLOW, ALLOW),
        ports(Protocol.TCP, 443): (ALLOW, DENY),
        ports(Protocol.TCP, 22): (DENY, ALLOW),
    }
    for port, sides in expected.items():
        (ruling,) = ruled(port)

        assert sides == (ruling.egress.decision, ruling.ingress.decision)
        assert sides == tuple(
            ruling.side(d).decision for d in (Direction.EGRESS, Direction.INGRESS)
        )


@pytest.mark.parametrize(
    "port, because",
    [
        pytest.param(80, ["into spec.ingress[0]", "out spec.egress[0]"], id="open: both rules"),
        pytest.param(443, ["into "], id="shut on one side: who shuts it"),
        pytest.param(22, ["out "], id="shut on the other side"),
        pytest.param(9, ["into ", "out "], id="shut on both sides"),
    ],
)
def test_the_side_that_counts_says_why(port: int, because: list[str]) -> None:
    (ruling,) = ruled(ports(Protocol.TCP, port))

    assert because == [f"{where.ref.name} {where.path}" for where in ruling.because]


@pytest.mark.parametrize(
    "other, families",
    [
        pytest.param(pod("bank/four", "10.0.1.1"), [4], id="the same family"),
        pytest.param(pod("bank/both", "10.0.1.1 fd00::1"), [4], id="the one that both have"),
        pytest.param(pod("bank/late"), [4], id="an address not known yet: the known end's"),
        pytest.param(pod("bank/six", "fd00::1"), [None], id="none in common"),
    ],
)
def test_a_ruling_says_over_which_family(other: Pod, families: list[int | None]) -> None:
    found = rulings(analyse(cluster(WEB, other)), WEB, other)

    assert families == [ruling.family for ruling in found]


def test_two_pods_of_both_families_meet_over_each() -> None:
    a, b = pod("shop/a", "10.0.0.1 fd00::1"), pod("shop/b", "10.0.0.2 fd00::2")
    found = rulings(analyse(cluster(a, b)), a, b)

    assert [Family.V4, Family.V6] == [ruling.family for ruling in found]


def test_two_pods_without_addresses_meet_over_none_known() -> None:
    a, b = pod("shop/a"), pod("shop/b")
    (ruling,) = rulings(analyse(cluster(a, b)), a, b)

    assert (None, ALLOW, "") == (ruling.family, ruling.decision, ruling.note)


@pytest.mark.parametrize(
    "source, note",
    [
        pytest.param(AGENT, "a pod's own node always reaches it", id="a pod of its own node"),
        pytest.param(ip("192.168.0.2"), "a pod's own node always reaches it", id="its address"),
        pytest.param(DB, "a pod always reaches itself", id="itself"),
        pytest.param(ip("192.168.0.3"), "", id="the address of no node seen"),
        pytest.param(WEB, "", id="another pod"),
    ],
)
def test_a_note_says_why_no_policy_is_asked(source: End, note: str) -> None:
    found = rulings(analyse(STAGE), source, DB, ports(Protocol.TCP, 9))

    assert {note} == {ruling.note for ruling in found}
    assert (ALLOW if note else DENY) == most_open(found)


def test_a_pod_whose_node_is_not_known_is_on_nobodys_own() -> None:
    nowhere = host("shop/nowhere", "192.168.0.9")
    db = pod("shop/db", "10.0.0.2", "app=db")
    found = rulings(analyse(cluster(nowhere, db, INTO)), nowhere, db, ports(Protocol.TCP, 9))

    assert DENY == most_open(found)


def test_two_addresses_are_nobodys_business() -> None:
    with pytest.raises(Trouble, match="name a pod at one end"):
        rulings(analyse(STAGE), ip("8.8.8.8"), ip("1.1.1.1"))


@pytest.mark.parametrize(
    "decisions, expected",
    [
        pytest.param((), DENY, id="nothing was ruled on"),
        pytest.param(("deny", "allow", "unknown"), ALLOW, id="any allowed"),
        pytest.param(("deny", "unknown"), Decision.UNKNOWN, id="none allowed, some unknown"),
        pytest.param(("deny",), DENY, id="all denied"),
    ],
)
def test_the_most_open_decision_counts(decisions: tuple[str, ...], expected: Decision) -> None:
    found = tuple(Ruling(None, HTTP, Half(Decision(each)), FREE) for each in decisions)

    assert expected == most_open(found)


def test_only_the_side_that_decided_is_named() -> None:
    ours = Where(ObjectRef("NetworkPolicy", "shop", "ours"))
    theirs = Where(ObjectRef("NetworkPolicy", "shop", "theirs"))
    ruling = Ruling(None, HTTP, Half(ALLOW, (ours,)), Half(DENY, (theirs,)))

    assert (DENY, (theirs,)) == (ruling.decision, ruling.because)
