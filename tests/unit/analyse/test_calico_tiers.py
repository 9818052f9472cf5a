"""Calico's tiers, orders and ends: who is asked first, and what is left at the end.

Every case names where its expectation comes from: a page of docs.tigera.io/calico or a file of
github.com/projectcalico/calico.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from tests.unit.analyse.calico_world import (
    PODS,
    World,
    allow,
    calico,
    deny,
    gnp,
    np,
    rule,
    source,
    tier,
)
from tests.unit.analyse.hand_made import host, policy

from seawall.model.calico import CalicoObject
from seawall.model.ir import Action, AtEnd, Decision, Mode, Policy, Rule, Tier
from seawall.model.peers import everybody
from seawall.model.policies import NetworkPolicy, ObjectRef, Where
from seawall.model.ports import ALL_PORTS

ALLOW, UNKNOWN, DENY = Decision

TIER = "docs.tigera.io/calico/latest/reference/resources/tier"
POLICY = "docs.tigera.io/calico/latest/reference/resources/globalnetworkpolicy"
HOSTS = "docs.tigera.io/calico/latest/reference/host-endpoints/forwarded"
SORTER = "felix/calc/policy_sorter.go"
SEQUENCER = "felix/calc/event_sequencer.go"
CONVERSION = "libcalico-go/lib/backend/k8s/conversion/conversion.go"
STAGED = "docs.tigera.io/calico/latest/reference/resources/stagednetworkpolicy"
NAMES = "libcalico-go/lib/names/policy.go"

WEB_TO_DB = "shop/web -> shop/db TCP/80"
SHUT = policy("shop/shut", "{podSelector: {}}")
OPEN = policy("shop/open", "{podSelector: {}, ingress: [{}]}")


@dataclass(frozen=True)
class Case:
    """Objects, what becomes of each question, and who says so."""

    says: str
    objects: tuple[CalicoObject, ...]
    expected: dict[str, Decision]
    policies: tuple[NetworkPolicy, ...] = ()


def hep(name: str = "eth0", **spec: object) -> CalicoObject:
    return calico(
        "HostEndpoint",
        name,
        {"node": "n1", "interfaceName": "eth0", "expectedIPs": ["192.168.0.1"], **spec},
        labels={"role": "node"},
    )


EARLY, LATE = tier("early", 10), tier("late", 20)

CASES = {
    "nobody has a word: the profile of the namespace allows": Case(
        CONVERSION, (), {WEB_TO_DB: ALLOW}
    ),
    "a policy applies and no rule acts: dropped": Case(
        TIER, (gnp(selector="app == 'db'"),), {WEB_TO_DB: DENY, "shop/db -> shop/web": ALLOW}
    ),
    "default action Pass: on to the profile": Case(
        TIER, (tier("t", 1, "Pass"), gnp("t.g", tier="t")), {WEB_TO_DB: ALLOW}
    ),
    "default action Pass: on to the tier default": Case(
        TIER, (tier("t", 1, "Pass"), gnp("t.g", tier="t")), {WEB_TO_DB: DENY}, (SHUT,)
    ),
    "default action Deny is the default": Case(
        TIER, (tier("t", 1), gnp("t.g", tier="t")), {WEB_TO_DB: DENY}, (OPEN,)
    ),
    "default action Deny, written out": Case(
        TIER, (tier("t", 1, "Deny"), gnp("t.g", tier="t")), {WEB_TO_DB: DENY}
    ),
    "a tier whose policies do not apply is passed by": Case(
        TIER, (tier("t", 1), gnp("t.g", tier="t", selector="app == 'x'")), {WEB_TO_DB: ALLOW}
    ),
    "a tier that applies to the other direction is passed by": Case(
        SEQUENCER,
        (tier("t", 1), gnp("t.g", tier="t", types=["Egress"], selector="app=='db'")),
        {WEB_TO_DB: ALLOW, "shop/db -> shop/web": DENY},
    ),
    "the smaller order of a tier is asked first: allow": Case(
        TIER,
        (
            EARLY,
            LATE,
            gnp("late.g", tier="late", ingress=[deny()]),
            gnp("early.g", tier="early", ingress=[allow()]),
        ),
        {WEB_TO_DB: ALLOW},
    ),
    "the smaller order of a tier is asked first: deny": Case(
        TIER,
        (
            EARLY,
            LATE,
            gnp("late.g", tier="late", ingress=[allow()]),
            gnp("early.g", tier="early", ingress=[deny()]),
        ),
        {WEB_TO_DB: DENY},
    ),
    "a tier without an order is asked last, behind the tier default": Case(
        SORTER,
        (tier("t", None), gnp("t.g", tier="t", ingress=[deny()])),
        {WEB_TO_DB: ALLOW},
        (OPEN,),
    ),
    "tiers of equal order are asked by name": Case(
        SORTER,
        (
            tier("b", 5),
            tier("a", 5),
            gnp("b.g", tier="b", ingress=[deny()]),
            gnp("a.g", tier="a", ingress=[allow()]),
        ),
        {WEB_TO_DB: ALLOW},
    ),
    "the tier default has the order 1,000,000": Case(
        "api/pkg/apis/projectcalico/v3/tier.go",
        (tier("t", 1_000_001), gnp("t.g", tier="t", ingress=[deny()])),
        {WEB_TO_DB: ALLOW},
        (OPEN,),
    ),
    "a tier before the default overrules NetworkPolicy": Case(
        TIER, (EARLY, gnp("early.g", tier="early", ingress=[allow()])), {WEB_TO_DB: ALLOW}, (SHUT,)
    ),
    "Pass leads to the next tier": Case(
        TIER,
        (EARLY, gnp("early.g", tier="early", ingress=[rule("Pass")]), gnp(ingress=[deny()])),
        {WEB_TO_DB: DENY},
    ),
    "Pass skips the rest of its tier": Case(
        TIER,
        (
            EARLY,
            gnp("early.a", tier="early", order=1, ingress=[rule("Pass"), deny()]),
            gnp("early.b", tier="early", order=2, ingress=[deny()]),
        ),
        {WEB_TO_DB: ALLOW},
    ),
    "what is passed is decided by NetworkPolicy": Case(
        TIER,
        (EARLY, gnp("early.g", tier="early", ingress=[rule("Pass")])),
        {WEB_TO_DB: DENY},
        (SHUT,),
    ),
    "Pass in the last tier leads to the profile": Case(
        TIER, (gnp(ingress=[rule("Pass"), deny()]),), {WEB_TO_DB: ALLOW}
    ),
    "Log goes on to the next rule": Case(
        POLICY, (gnp(ingress=[rule("Log"), deny(), allow()]),), {WEB_TO_DB: DENY}
    ),
    "Log alone decides nothing": Case(POLICY, (gnp(ingress=[rule("Log")]),), {WEB_TO_DB: DENY}),
    "the first rule that matches decides": Case(
        POLICY,
        (gnp(ingress=[allow(protocol="TCP"), deny()]),),
        {WEB_TO_DB: ALLOW, "shop/web -> shop/db UDP/80": DENY},
    ),
    "the smaller order of a policy is asked first": Case(
        POLICY,
        (gnp("a", order=2, ingress=[deny()]), gnp("b", order=1, ingress=[allow()])),
        {WEB_TO_DB: ALLOW},
    ),
    "an order may be a fraction, and negative": Case(
        POLICY,
        (gnp("a", order=-0.25, ingress=[deny()]), gnp("b", order=-0.5, ingress=[allow()])),
        {WEB_TO_DB: ALLOW},
    ),
    "a policy without an order is asked last": Case(
        POLICY,
        (gnp("a", ingress=[deny()]), gnp("b", order=9e9, ingress=[allow()])),
        {WEB_TO_DB: ALLOW},
    ),
    "equal orders are asked by name": Case(
        POLICY,
        (gnp("b", order=1, ingress=[deny()]), gnp("a", order=1, ingress=[allow()])),
        {WEB_TO_DB: ALLOW},
    ),
    "no orders are equal orders": Case(
        POLICY,
        (np("shop/b", ingress=[deny()]), np("shop/a", ingress=[allow()])),
        {WEB_TO_DB: ALLOW},
    ),
    "equal orders that versions sort differently: not known": Case(
        SORTER, (np("shop/a", ingress=[allow()]), gnp("b", ingress=[deny()])), {WEB_TO_DB: UNKNOWN}
    ),
    "equal orders that all versions sort alike": Case(
        SORTER, (np("shop/z", ingress=[deny()]), gnp("b", ingress=[allow()])), {WEB_TO_DB: ALLOW}
    ),
    "it matters only where the two differ": Case(
        SORTER,
        (np("shop/a", ingress=[allow(protocol="TCP")]), gnp("b", ingress=[deny(protocol="UDP")])),
        {WEB_TO_DB: ALLOW, "shop/web -> shop/db UDP/80": DENY},
    ),
    "NetworkPolicy has the order 1000: asked behind 999": Case(
        CONVERSION, (gnp(order=999, ingress=[deny()]),), {WEB_TO_DB: DENY}, (OPEN,)
    ),
    "NetworkPolicy has the order 1000: asked before 1001": Case(
        CONVERSION, (gnp(order=1001, ingress=[deny()]),), {WEB_TO_DB: ALLOW}, (OPEN,)
    ),
    "NetworkPolicy has the order 1000: with another of 1000 nobody can tell": Case(
        SORTER, (gnp(order=1000, ingress=[deny()]),), {WEB_TO_DB: UNKNOWN}, (OPEN,)
    ),
    "a Kubernetes policy that shuts shuts behind what Calico allows": Case(
        CONVERSION,
        (gnp(order=2000, ingress=[allow(protocol="TCP")]),),
        {WEB_TO_DB: ALLOW, "shop/web -> shop/db UDP/80": DENY},
        (SHUT,),
    ),
    "the mirror of a NetworkPolicy counts once": Case(
        NAMES,
        (np("shop/knp.default.open", order=1000, ingress=[deny()]),),
        {WEB_TO_DB: ALLOW},
        (OPEN,),
    ),
    "a name like a mirror's is not enough": Case(
        NAMES,
        (np("shop/knp.default.other", order=1, ingress=[deny()]),),
        {WEB_TO_DB: DENY},
        (OPEN,),
    ),
    "no types, no rules: ingress": Case(
        POLICY, (gnp(),), {"shop/web -> 8.8.8.8": ALLOW, "8.8.8.8 -> shop/web": DENY}
    ),
    "no types, only egress rules: egress": Case(
        POLICY, (gnp(egress=[deny()]),), {"shop/web -> 8.8.8.8": DENY, "8.8.8.8 -> shop/web": ALLOW}
    ),
    "no types, both rules: both": Case(
        POLICY,
        (gnp(egress=[deny()], ingress=[deny()]),),
        {"shop/web -> 8.8.8.8": DENY, "8.8.8.8 -> shop/web": DENY},
    ),
    "no types, ingress rules: ingress": Case(
        POLICY,
        (gnp(ingress=[deny()]),),
        {"shop/web -> 8.8.8.8": ALLOW, "8.8.8.8 -> shop/web": DENY},
    ),
    "rules of a direction that is not among the types are dead": Case(
        POLICY, (gnp(types=["Egress"], ingress=[deny()], egress=[allow()]),), {WEB_TO_DB: ALLOW}
    ),
    "stored without types: the other direction is not known": Case(
        SORTER,
        (
            calico(
                "GlobalNetworkPolicy",
                "default.g",
                {"ingress": [deny()]},
                group="crd.projectcalico.org/v1",
            ),
        ),
        {"8.8.8.8 -> shop/web": DENY, "shop/web -> 8.8.8.8": UNKNOWN},
    ),
    "served by both groups, it counts once": Case(
        NAMES,
        (
            calico(
                "GlobalNetworkPolicy",
                "default.g",
                {"types": ["Ingress"], "ingress": [rule("Pass")]},
                group="crd.projectcalico.org/v1",
            ),
            gnp("g", types=["Ingress"], ingress=[rule("Pass")]),
        ),
        {WEB_TO_DB: ALLOW},
    ),
    "a tier that is not there: not known": Case(
        SORTER, (gnp("t.g", tier="t", ingress=[deny()]),), {WEB_TO_DB: UNKNOWN}
    ),
    "and only for those it selects": Case(
        SORTER,
        (gnp("t.g", tier="t", selector="app == 'db'"),),
        {WEB_TO_DB: UNKNOWN, "shop/db -> shop/web": ALLOW},
    ),
    "a tier that is declared in two ways: not known": Case(
        SORTER, (tier("t", 1), tier("t", 2), gnp("t.g", tier="t")), {WEB_TO_DB: UNKNOWN}
    ),
    "a tier that is served by both groups is one tier": Case(
        NAMES,
        (tier("t", 1), tier("t", 1), gnp("t.g", tier="t", ingress=[deny()])),
        {WEB_TO_DB: DENY},
    ),
    "staged policies enforce nothing": Case(
        STAGED,
        (
            calico("StagedGlobalNetworkPolicy", "s", {"ingress": [deny()]}),
            calico("StagedNetworkPolicy", "shop/s", {"ingress": [deny()]}),
            calico("StagedKubernetesNetworkPolicy", "shop/s", {"podSelector": {}}),
        ),
        {WEB_TO_DB: ALLOW},
    ),
    "preDNAT is asked for host endpoints alone": Case(
        SEQUENCER,
        (gnp(preDNAT=True, applyOnForward=True, types=["Ingress"], ingress=[deny()]),),
        {WEB_TO_DB: ALLOW},
    ),
    "doNotTrack is asked for host endpoints alone": Case(
        SEQUENCER,
        (gnp(doNotTrack=True, applyOnForward=True, ingress=[deny()]),),
        {WEB_TO_DB: ALLOW},
    ),
    "applyOnForward changes nothing for pods": Case(
        HOSTS, (gnp(applyOnForward=True, ingress=[deny()]),), {WEB_TO_DB: DENY}
    ),
    "without host endpoints, no policy binds a host": Case(
        HOSTS,
        (gnp(types=["Ingress", "Egress"]),),
        {"8.8.8.8 -> shop/agent": ALLOW, "shop/agent -> 8.8.8.8": ALLOW},
    ),
    "with a host endpoint, what hosts do is not known": Case(
        HOSTS,
        (hep(),),
        {"8.8.8.8 -> shop/agent": UNKNOWN, "shop/agent -> 8.8.8.8": UNKNOWN, WEB_TO_DB: ALLOW},
    ),
    "a policy on forward that selects a host endpoint: pods are not known": Case(
        HOSTS,
        (hep(), gnp(selector="role == 'node'", applyOnForward=True, ingress=[deny()])),
        {"8.8.8.8 -> shop/web": UNKNOWN, "shop/web -> 8.8.8.8": ALLOW},
    ),
    "a policy on forward that selects none: pods are known": Case(
        HOSTS,
        (hep(), gnp(selector="role == 'other'", applyOnForward=True, ingress=[deny()])),
        {"8.8.8.8 -> shop/web": ALLOW},
    ),
    "a host endpoint with profiles of its own may have any label": Case(
        "api/pkg/apis/projectcalico/v3/hostendpoint.go",
        (hep(profiles=["mine"]), gnp(selector="x == 'y'", applyOnForward=True, ingress=[deny()])),
        {"8.8.8.8 -> shop/web": UNKNOWN},
    ),
    "the default profile has no labels": Case(
        "api/pkg/apis/projectcalico/v3/hostendpoint.go",
        (
            hep(profiles=["projectcalico-default-allow"]),
            gnp(selector="x == 'y'", applyOnForward=True, ingress=[deny()]),
        ),
        {"8.8.8.8 -> shop/web": ALLOW},
    ),
    "performanceHints never change anything": Case(
        POLICY,
        (gnp(performanceHints=["AssumeNeededOnEveryNode"], ingress=[deny()]),),
        {WEB_TO_DB: DENY},
    ),
    "a field nobody knows: not known": Case(
        POLICY, (gnp(selektor="app == 'x'", ingress=[deny()]),), {WEB_TO_DB: UNKNOWN}
    ),
    "both ends must allow": Case(
        "docs.tigera.io/calico/latest/network-policy/get-started/calico-policy/calico-network-policy",
        (
            gnp(types=["Egress"], selector="app == 'web'", egress=[deny()]),
            gnp("i", selector="app == 'db'", ingress=[source(selector="app == 'web'")]),
        ),
        {WEB_TO_DB: DENY},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_tiers_decide(case: Case) -> None:
    world = World(case.objects, case.policies)

    assert case.expected == {asked: world.decided(asked) for asked in case.expected}
    assert case.says


def admin(action: Action, name: str = "cnp") -> Tier:
    """What one administrators' policy for everybody compiles to."""
    whole = World(()).table.everything
    ref = ObjectRef("ClusterNetworkPolicy", "", name)
    found = Rule(action, everybody(whole), ALL_PORTS, Where(ref))
    one = Policy(ref, whole, isolates=False, rules=(found,))
    return Tier("admin", Mode.FIRST_MATCH, (one,), AtEnd.PASS)


BEFORE_ADMIN, BEHIND_ADMIN = tier("t", 999), tier("t", 1001)
BEHIND_BASELINE = tier("t", 10_000_001)
BOTH_WAYS: dict[str, Any] = {"ingress": [allow()], "egress": [allow()]}
IN_T = gnp("t.g", tier="t", **BOTH_WAYS)
MIRROR = gnp("kcnp.kube-admin.cnp", tier="kube-admin", **BOTH_WAYS)
OWN = gnp("kube-admin.own", tier="kube-admin", **BOTH_WAYS)


@pytest.mark.parametrize(
    "objects, before, after, expected",
    [
        pytest.param((), admin(Action.DENY), None, DENY, id="alone"),
        pytest.param((BEFORE_ADMIN, IN_T), admin(Action.DENY), None, ALLOW, id="a tier before it"),
        pytest.param((BEHIND_ADMIN, IN_T), admin(Action.DENY), None, DENY, id="a tier behind it"),
        pytest.param((gnp(**BOTH_WAYS),), None, admin(Action.DENY), ALLOW, id="default first"),
        pytest.param((), None, admin(Action.DENY), DENY, id="baseline decides the rest"),
        pytest.param((BEHIND_BASELINE, IN_T), None, admin(Action.DENY), DENY, id="then the others"),
        pytest.param((MIRROR,), admin(Action.DENY), None, DENY, id="its mirror counts once"),
        pytest.param((OWN,), admin(Action.DENY), None, UNKNOWN, id="one of Calico's in its tier"),
        pytest.param((OWN,), None, None, ALLOW, id="one of Calico's alone in its tier"),
    ],
)
def test_administrators_policies_have_their_order(
    objects: tuple[CalicoObject, ...], before: Tier | None, after: Tier | None, expected: Decision
) -> None:
    # docs.tigera.io/calico "Get started with tiered policy": kube-admin 1,000, baseline 10,000,000.
    world = World(objects, before=(before,) if before else (), after=(after,) if after else ())

    assert world.decided(WEB_TO_DB) is expected


def test_the_isolating_policies_are_those_of_tiers_that_drop() -> None:
    objects = (tier("t", 1, "Pass"), gnp("t.g", tier="t"), gnp("g", ingress=[allow()]))

    found = {
        ref.name for sides in World(objects).sides.values() for s in sides for ref in s.isolating
    }

    assert found == {"g"}


def test_a_second_agent_on_a_host_is_still_no_subject() -> None:
    pods = (*PODS, host("bank/agent", "192.168.0.2"))

    assert World((gnp(),), pods=pods).decided("8.8.8.8 -> bank/agent") is ALLOW
