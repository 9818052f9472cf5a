"""The IR by hand: how tiers, their modes and their ends decide, beyond what NetworkPolicy needs.

Classes 0-3 are one namespace, 4-7 another. Whoever asks is class 7, and outside there is nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from seawall.analyse.sides import Side, sides
from seawall.model.bits import bits_of, span
from seawall.model.ir import Action, AtEnd, Decision, Mode, Policy, Rule, Tier
from seawall.model.peers import PeerSet
from seawall.model.policies import Direction, ObjectRef, Where
from seawall.model.ports import ALL_PORTS, PortSet, Protocol, ports

ALLOW, UNKNOWN, DENY = Decision
SPANS = (span(0, 4), span(4, 8))
EVERYBODY = PeerSet(span(0, 8))
HTTP = ports(Protocol.TCP, 80)
SSH = ports(Protocol.TCP, 22)


def rule(action: str, found: PortSet = ALL_PORTS, peers: PeerSet = EVERYBODY) -> Rule:
    return Rule(Action(action), peers, found, Where(ObjectRef("Rule", "", action)))


def one(name: str, *rules: Rule, on: Sequence[int] = (0,), isolates: bool = False) -> Policy:
    return Policy(ObjectRef("Policy", "", name), bits_of(on), isolates, rules)


def tier(mode: Mode, *policies: Policy, at_end: AtEnd = AtEnd.PASS) -> Tier:
    return Tier("by hand", mode, policies, at_end)


def side_of(number: int, *tiers: Tier) -> Side:
    """The side that one class is on."""
    found = (s for group in sides(Direction.INGRESS, tiers, SPANS, EVERYBODY) for s in group)
    (side,) = (each for each in found if number in each.subjects)
    return side


def decision(tiers: Sequence[Tier], port: PortSet = HTTP, number: int = 0) -> Decision:
    """What becomes of a connection from class 7."""
    (row,) = side_of(number, *tiers).rows(PeerSet(bits_of([7])), port)
    return row.decision


@dataclass(frozen=True)
class Case:
    """Tiers, and what becomes of port 80 and of port 22."""

    tiers: tuple[Tier, ...]
    http: Decision
    ssh: Decision


FIRST, UNION, DENY_FIRST = Mode.FIRST_MATCH, Mode.UNION, Mode.DENY_FIRST
SHUT = tier(UNION, one("shut", isolates=True), at_end=AtEnd.DENY)

CASES = {
    "no tier has a word": Case((), ALLOW, ALLOW),
    "a policy that neither decides nor isolates": Case((tier(FIRST, one("p")),), ALLOW, ALLOW),
    "the first rule that matches decides": Case(
        (tier(FIRST, one("p", rule("deny", HTTP), rule("allow"))), SHUT), DENY, ALLOW
    ),
    "and not the strictest": Case(
        (tier(FIRST, one("p", rule("allow"), rule("deny", HTTP))), SHUT), ALLOW, ALLOW
    ),
    "policies are asked in order, then their rules": Case(
        (tier(FIRST, one("p", rule("allow", SSH)), one("q", rule("deny"))),), DENY, ALLOW
    ),
    "an unknown rule hides the rules after it": Case(
        (tier(FIRST, one("p", rule("unknown", HTTP), rule("deny"))),), UNKNOWN, DENY
    ),
    "and not those before it": Case(
        (tier(FIRST, one("p", rule("deny", HTTP), rule("unknown"))),), DENY, UNKNOWN
    ),
    "what no rule decides falls to the next tier": Case(
        (tier(FIRST, one("p", rule("allow", HTTP))), SHUT), ALLOW, DENY
    ),
    "pass skips the rest of its tier": Case(
        (tier(FIRST, one("p", rule("pass", HTTP)), one("q", rule("deny"))),), ALLOW, DENY
    ),
    "pass leaves it to the next tier": Case(
        (tier(FIRST, one("p", rule("pass", HTTP), rule("allow"))), SHUT), DENY, ALLOW
    ),
    "pass goes past a tier's end, too": Case(
        (
            tier(FIRST, one("p", rule("pass", HTTP), isolates=True), at_end=AtEnd.DENY),
            tier(FIRST, one("q", rule("allow"))),
        ),
        ALLOW,
        DENY,
    ),
    "pass twice and nobody decides": Case(
        (tier(FIRST, one("p", rule("pass"))), tier(FIRST, one("q", rule("pass")))), ALLOW, ALLOW
    ),
    "in a union any allow is enough": Case(
        (
            tier(
                UNION,
                one("p", isolates=True),
                one("q", rule("allow", HTTP), isolates=True),
                at_end=AtEnd.DENY,
            ),
        ),
        ALLOW,
        DENY,
    ),
    "in a union an allow beats an unknown": Case(
        (
            tier(
                UNION,
                one("p", rule("unknown"), rule("allow", HTTP), isolates=True),
                at_end=AtEnd.DENY,
            ),
        ),
        ALLOW,
        UNKNOWN,
    ),
    "deny first: any deny beats any allow": Case(
        (
            tier(
                DENY_FIRST,
                one("p", rule("allow")),
                one("q", rule("deny", HTTP)),
            ),
        ),
        DENY,
        ALLOW,
    ),
    "deny first: an unknown beats an allow and no deny": Case(
        (
            tier(
                DENY_FIRST,
                one("p", rule("allow"), rule("unknown")),
                one("q", rule("deny", HTTP)),
            ),
        ),
        DENY,
        UNKNOWN,
    ),
    "deny first: an allow is enough where none denies": Case(
        (
            tier(
                DENY_FIRST,
                one("p", rule("allow", HTTP), rule("deny", SSH), isolates=True),
                at_end=AtEnd.DENY,
            ),
        ),
        ALLOW,
        DENY,
    ),
    "isolated and at the end denied": Case(
        (SHUT, tier(FIRST, one("p", rule("allow")))), DENY, DENY
    ),
    "isolated and at the end allowed": Case(
        (
            tier(FIRST, one("p", rule("deny", SSH), isolates=True), at_end=AtEnd.ALLOW),
            tier(FIRST, one("q", rule("deny"))),
        ),
        ALLOW,
        DENY,
    ),
    "isolated and at the end passed on": Case(
        (
            tier(FIRST, one("p", isolates=True), at_end=AtEnd.PASS),
            tier(FIRST, one("q", rule("deny", HTTP))),
        ),
        DENY,
        ALLOW,
    ),
    "a tier whose policies do not isolate has no end": Case(
        (
            tier(FIRST, one("p", rule("allow", SSH)), at_end=AtEnd.DENY),
            tier(FIRST, one("q", rule("deny"))),
        ),
        DENY,
        ALLOW,
    ),
    "admin, then policies, then baseline": Case(
        (
            tier(FIRST, one("admin", rule("pass", HTTP), rule("deny", SSH))),
            tier(UNION, one("np", rule("allow", SSH), isolates=True), at_end=AtEnd.DENY),
            tier(FIRST, one("baseline", rule("allow"))),
        ),
        DENY,
        DENY,
    ),
    "the baseline decides where no policy isolates": Case(
        (
            tier(FIRST, one("admin", rule("pass", HTTP))),
            tier(UNION, one("np", on=(1,), isolates=True), at_end=AtEnd.DENY),
            tier(FIRST, one("baseline", rule("deny"))),
        ),
        DENY,
        DENY,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_tiers_decide_in_turn(name: str) -> None:
    case = CASES[name]

    assert (case.http, case.ssh) == (decision(case.tiers, HTTP), decision(case.tiers, SSH))


@pytest.mark.parametrize("name", CASES)
def test_openings_are_what_the_rows_leave_open(name: str) -> None:
    side = side_of(0, *CASES[name].tiers)
    for port, expected in ((HTTP, CASES[name].http), (SSH, CASES[name].ssh)):
        open_here = {
            row.decision for row in side.openings if port <= row.ports and 7 in row.peers.pods
        }

        assert (expected is ALLOW) == (ALLOW in open_here)
        assert expected is not UNKNOWN or UNKNOWN in open_here
        assert DENY not in open_here


def test_only_the_peers_a_rule_names_are_decided_by_it() -> None:
    to_some = rule("deny", HTTP, PeerSet(bits_of([6])))
    side = side_of(0, tier(FIRST, one("p", to_some, rule("allow"))), SHUT)
    rows = {
        number: row.decision
        for number in (6, 7)
        for row in side.rows(PeerSet(bits_of([number])), HTTP)
    }

    assert {6: DENY, 7: ALLOW} == rows


def test_rows_cover_what_was_asked_for_and_nothing_else() -> None:
    to_some = rule("allow", HTTP, PeerSet(bits_of([5, 6])))
    side = side_of(0, tier(FIRST, one("p", to_some)), SHUT)
    rows = list(side.rows(PeerSet(bits_of([6, 7])), HTTP | SSH))
    cells = [(n, str(port)) for row in rows for n in row.peers.pods for port in _each(row.ports)]

    assert [(n, str(port)) for n in (6, 7) for port in (SSH, HTTP)] == sorted(
        cells, key=lambda cell: (cell[0], -int(cell[1] == str(SSH)))
    )


def _each(found: PortSet) -> list[PortSet]:
    return [port for port in (HTTP, SSH) if port <= found]


def test_rows_say_which_rule_or_which_isolation_decided() -> None:
    side = side_of(0, tier(FIRST, one("p", rule("allow", HTTP))), SHUT)
    because = {row.decision: row.because for row in side.rows(EVERYBODY)}

    assert (Where(ObjectRef("Rule", "", "allow")),) == because[ALLOW]
    assert (Where(ObjectRef("Policy", "", "shut")),) == because[DENY]


@pytest.mark.parametrize(
    "policies",
    [
        pytest.param(
            (one("wide", rule("deny"), on=range(8)), one("here", rule("allow"))), id="wide first"
        ),
        pytest.param(
            (one("here", rule("allow")), one("wide", rule("deny"), on=range(8))), id="wide last"
        ),
        pytest.param(
            (
                one("there", rule("allow"), on=(5,)),
                one("wide", rule("unknown"), on=(0, 5)),
                one("here", rule("deny")),
            ),
            id="wide between",
        ),
    ],
)
def test_policies_of_one_namespace_and_of_several_keep_their_order(
    policies: tuple[Policy, ...],
) -> None:
    for number in (0, 5):
        applying = [policy for policy in policies if number in policy.subjects]
        first = Decision(applying[0].rules[0].action)

        assert first == decision([tier(FIRST, *policies)], number=number)


def test_tiers_keep_their_order_where_a_later_one_is_local() -> None:
    wide = tier(FIRST, one("wide", rule("deny"), on=range(8)))
    local = tier(FIRST, one("local", rule("allow")))

    assert [DENY, ALLOW] == [decision([wide, local]), decision([local, wide])]


def test_classes_are_grouped_by_the_policies_that_select_them() -> None:
    policies = (one("a", on=(0, 1), isolates=True), one("b", on=(1, 2), isolates=True))
    here, there = sides(Direction.INGRESS, [tier(UNION, *policies)], SPANS, EVERYBODY)
    found = {frozenset(side.subjects): [ref.name for ref in side.isolating] for side in here}

    expected = {
        frozenset({0}): ["a"],
        frozenset({1}): ["a", "b"],
        frozenset({2}): ["b"],
        frozenset({3}): [],
    }
    assert expected == found
    assert [span(4, 8)] == [side.subjects for side in there]


@pytest.mark.parametrize(
    "ours, theirs, both",
    [
        pytest.param(ALLOW, ALLOW, ALLOW, id="both allow"),
        pytest.param(ALLOW, UNKNOWN, UNKNOWN, id="unknown beats allow"),
        pytest.param(UNKNOWN, DENY, DENY, id="deny beats unknown"),
        pytest.param(ALLOW, DENY, DENY, id="deny beats allow"),
    ],
)
def test_both_sides_must_let_a_connection_through(
    ours: Decision, theirs: Decision, both: Decision
) -> None:
    assert [both, both] == [ours.both(theirs), theirs.both(ours)]
