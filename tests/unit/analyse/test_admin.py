"""Admin policies: who decides, and where nobody can tell. Each case names its source.

API: types and comments of kubernetes-sigs/network-policy-api (v1alpha1: AdminNetworkPolicy,
BaselineAdminNetworkPolicy; v1alpha2: ClusterNetworkPolicy). CONF: its conformance tests. KNP:
kube-network-policies, its reference data plane. NP: `NetworkPolicySpec` (networking.k8s.io/v1).
"""

from dataclasses import dataclass, replace

import pytest
from tests.unit.analyse.admin_by_hand import anp, banp, cnp, decision, judged, node
from tests.unit.analyse.hand_made import (
    ALLOW,
    DENY,
    UNKNOWN,
    cluster,
    host,
    namespace,
    pod,
    policy,
)

from seawall.analyse.admin import admin_tiers, mentioned_by_admin
from seawall.analyse.table import ClassTable
from seawall.model.addresses import NO_ADDRESSES, cidr
from seawall.model.admin import AdminPolicy
from seawall.model.ir import UPSTREAM, Action, AtEnd, Decision, Mode
from seawall.model.policies import Direction, NetworkPolicy
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Namespace, Node, Pod

STAGE: tuple[Pod | Namespace, ...] = (
    pod("shop/web", "10.0.0.1", "app=web", ports="http=TCP/80 dns=UDP/53"),
    pod("shop/db", "10.0.0.2", "app=db", ports="http=TCP/8080"),
    pod("bank/teller", "10.0.1.1", "app=teller"),
    pod("bank/both", "10.0.1.2 fd00::2", "app=both"),
    host("ops/agent", "192.168.0.1", "node-1", "app=agent"),
    host("ops/other", "192.168.0.2", "node-2", "app=agent"),
    namespace("shop", "team=sales"),
    namespace("bank", "team=money"),
    namespace("ops"),
)
NODES = (
    node("node-1", "192.168.0.1", (("role", "worker"),)),
    node("node-2", "192.168.0.2", (("role", "control-plane"),)),
)
INTO_WEB = "bank/teller -> shop/web"
OUT_OF_WEB = "shop/web -> bank/teller"
TO_WORLD = "shop/web -> 8.8.8.8"

ON_WEB = "subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}"
ON_ALL = "subject: {namespaces: {}}"
BANK = "{namespaces: {matchLabels: {team: money}}}"
SHOP = "{namespaces: {matchLabels: {team: sales}}}"
SHUT = policy("shop/shut", "{podSelector: {}, policyTypes: [Ingress, Egress]}")
SHUT_OUT = policy("shop/out", "{podSelector: {}, policyTypes: [Egress]}")
FREE = policy("shop/free", "{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}")


def ingress(action: str, peer: str = BANK, more: str = "") -> str:
    """One ingress rule on shop/web."""
    return f"{{{ON_WEB}, ingress: [{{action: {action}, from: [{peer}]{more}}}]}}"


def egress(action: str, peer: str = BANK, more: str = "") -> str:
    """One egress rule on shop/web."""
    return f"{{{ON_WEB}, egress: [{{action: {action}, to: [{peer}]{more}}}]}}"


def rules(*found: str) -> str:
    """Ingress rules on shop/web, each as `action peer[ more]`."""
    parts = [each.split(" ", 1) for each in found]
    return (
        f"{{{ON_WEB}, ingress: ["
        + ", ".join(f"{{action: {action}, from: [{rest}]}}" for action, rest in parts)
        + "]}"
    )


TCP_80 = ", protocols: [{tcp: {destinationPort: {number: 80}}}]"
OLD_TCP_80 = ", ports: [{portNumber: {protocol: TCP, port: 80}}]"

Found = tuple[AdminPolicy | NetworkPolicy, ...]


@dataclass(frozen=True)
class Case:
    """Policies, what becomes of each connection, and who says so."""

    policies: Found
    expected: dict[str, Decision]
    source: str


CASES = {
    # Tiers
    "an Allow beats a NetworkPolicy that denies": Case(
        (anp(ingress("Allow")), SHUT), {INTO_WEB: ALLOW, "shop/db -> shop/web": DENY}, "API, CONF"
    ),
    "so does an Accept": Case((cnp(ingress("Accept")), SHUT), {INTO_WEB: ALLOW}, "API"),
    "a Deny beats a NetworkPolicy that allows": Case(
        (anp(ingress("Deny")), FREE), {INTO_WEB: DENY, "shop/db -> shop/web": ALLOW}, "API, CONF"
    ),
    "Pass leaves it to NetworkPolicy": Case(
        (cnp(rules(f"Pass {BANK}", f"Accept {BANK}")), SHUT), {INTO_WEB: DENY}, "API, CONF"
    ),
    "Pass skips the policies after it, too": Case(
        (cnp(ingress("Pass"), 1, "p"), cnp(ingress("Deny"), 2, "q"), FREE),
        {INTO_WEB: ALLOW},
        "API: skips all further rules in the current tier",
    ),
    "Pass without a NetworkPolicy leaves it to the baseline": Case(
        (anp(ingress("Pass")), banp(ingress("Deny"))), {INTO_WEB: DENY}, "CONF integration"
    ),
    "Pass with nothing after it allows": Case((cnp(ingress("Pass")),), {INTO_WEB: ALLOW}, "API"),
    "Pass in the baseline falls out of it": Case(
        (cnp(rules(f"Pass {BANK}", f"Deny {BANK}"), tier="Baseline"),), {INTO_WEB: ALLOW}, "API"
    ),
    "nothing matches: allowed": Case(
        (cnp(ingress("Deny", SHOP)),), {INTO_WEB: ALLOW, "shop/db -> shop/web": DENY}, "API"
    ),
    "the baseline denies where no NetworkPolicy selects": Case(
        (banp(ingress("Deny")),), {INTO_WEB: DENY, OUT_OF_WEB: ALLOW}, "API, CONF"
    ),
    "a NetworkPolicy is final: the baseline is not asked": Case(
        (banp(ingress("Deny")), FREE), {INTO_WEB: ALLOW}, "API: always makes a final decision"
    ),
    "nor is a baseline that would allow": Case(
        (cnp(ingress("Accept"), tier="Baseline"), SHUT), {INTO_WEB: DENY}, "API"
    ),
    "a NetworkPolicy of the other direction leaves the baseline its own": Case(
        (banp(ingress("Deny")), SHUT_OUT), {INTO_WEB: DENY, OUT_OF_WEB: DENY}, "API by direction"
    ),
    "the admin tier comes before the baseline": Case(
        (cnp(ingress("Accept")), cnp(ingress("Deny"), 0, "b", tier="Baseline")),
        {INTO_WEB: ALLOW},
        "API: all Admin tier rules have higher precedence",
    ),
    "a policy without rules of a direction does not touch it": Case(
        (cnp(ingress("Deny", BANK)),), {OUT_OF_WEB: ALLOW, TO_WORLD: ALLOW}, "API"
    ),
    "no policy isolates: an Accept closes nothing else": Case(
        (cnp(ingress("Accept", SHOP)),), {INTO_WEB: ALLOW, "8.8.8.8 -> shop/web": ALLOW}, "API"
    ),
    "both sides must let it through": Case(
        (
            cnp(egress("Accept"), 1, "out"),
            cnp(f"{{{ON_ALL}, ingress: [{{action: Deny, from: [{SHOP}]}}]}}", 2, "in"),
        ),
        {OUT_OF_WEB: DENY},
        "API: ingress rules at the destination do apply",
    ),
    # Order
    "a lower priority is asked first": Case(
        (anp(ingress("Deny"), 2, "a"), anp(ingress("Allow"), 1, "b"), SHUT),
        {INTO_WEB: ALLOW},
        "API, CONF priority",
    ),
    "priority 0 is the first of all": Case(
        (cnp(ingress("Deny"), 0, "z"), cnp(ingress("Accept"), 1, "a")), {INTO_WEB: DENY}, "API"
    ),
    "the first rule that matches decides": Case(
        (cnp(rules(f"Accept {BANK}", f"Deny {BANK}")), SHUT), {INTO_WEB: ALLOW}, "CONF gress"
    ),
    "the other way round it denies": Case(
        (cnp(rules(f"Deny {BANK}", f"Accept {BANK}")), FREE), {INTO_WEB: DENY}, "CONF gress"
    ),
    "what the first does not match the next decides": Case(
        (
            cnp(
                f"{{{ON_WEB}, ingress: [{{action: Accept, from: [{BANK}]{TCP_80}}}, "
                f"{{action: Deny, from: [{BANK}]}}]}}"
            ),
        ),
        {f"{INTO_WEB} TCP/80": ALLOW, f"{INTO_WEB} TCP/81": DENY, f"{INTO_WEB} UDP/80": DENY},
        "CONF gress",
    ),
    # Equal priorities
    "equal priority, both decide, and differ: undefined": Case(
        (anp(ingress("Allow"), 5, "a"), anp(ingress("Deny"), 5, "b"), SHUT),
        {INTO_WEB: UNKNOWN, "shop/db -> shop/web": DENY},
        "API: no way to reliably determine which one",
    ),
    "equal priority and the same answer is no question": Case(
        (cnp(ingress("Deny"), 5, "a"), cnp(ingress("Deny"), 5, "b")), {INTO_WEB: DENY}, "API"
    ),
    "equal priority, undefined on the common ports alone": Case(
        (cnp(ingress("Accept", BANK, TCP_80), 5, "a"), cnp(ingress("Deny"), 5, "b")),
        {f"{INTO_WEB} TCP/80": UNKNOWN, f"{INTO_WEB} TCP/81": DENY},
        "API: any of the matching policies",
    ),
    "equal priority on other pods is no question": Case(
        (
            cnp(ingress("Accept"), 5, "a"),
            cnp(
                f"{{subject: {{namespaces: {{matchLabels: {{team: money}}}}}}, "
                f"ingress: [{{action: Deny, from: [{SHOP}]}}]}}",
                5,
                "b",
            ),
        ),
        {INTO_WEB: ALLOW, OUT_OF_WEB: DENY},
        "API",
    ),
    "equal priority: what a rule before shadows does not count": Case(
        (
            cnp(rules(f"Accept {BANK}", "Deny {namespaces: {}}"), 5, "a"),
            cnp(rules(f"Accept {BANK}", "Deny {namespaces: {}}"), 5, "b"),
        ),
        {INTO_WEB: ALLOW, "shop/db -> shop/web": DENY},
        "API: order within one object is defined",
    ),
    "a policy of a lower number is asked before the tie": Case(
        (
            cnp(ingress("Accept"), 5, "a"),
            cnp(ingress("Deny"), 5, "b"),
            cnp(ingress("Deny"), 4, "c"),
        ),
        {INTO_WEB: DENY},
        "API",
    ),
    "Pass and Deny of one priority are undefined": Case(
        (cnp(ingress("Pass"), 5, "a"), cnp(ingress("Deny"), 5, "b")), {INTO_WEB: UNKNOWN}, "API"
    ),
    "equal numbers in two tiers are no tie": Case(
        (cnp(ingress("Accept"), 5, "a"), cnp(ingress("Deny"), 5, "b", tier="Baseline")),
        {INTO_WEB: ALLOW},
        "API: precedence within its tier",
    ),
    "old and new API of one priority tie as well": Case(
        (anp(ingress("Allow"), 5), cnp(ingress("Deny"), 5)), {INTO_WEB: UNKNOWN}, "by analogy"
    ),
    "a baseline without priority ties with every baseline policy": Case(
        (banp(ingress("Allow")), cnp(ingress("Deny"), 7, tier="Baseline")),
        {INTO_WEB: UNKNOWN},
        "API: nothing orders the two",
    ),
    # Subjects
    "host-network pods are never a subject": Case(
        (cnp(f"{{{ON_ALL}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]}}"),),
        {"shop/web -> ops/agent": ALLOW, INTO_WEB: DENY},
        "API: host-networked pods are not included in subject selection",
    ),
    "namespaces and pods of a subject must both match": Case(
        (
            cnp(
                "{subject: {pods: {namespaceSelector: {matchLabels: {team: money}}, "
                "podSelector: {matchLabels: {app: web}}}}, ingress: "
                "[{action: Deny, from: [{namespaces: {}}]}]}"
            ),
        ),
        {INTO_WEB: ALLOW, OUT_OF_WEB: ALLOW},
        "API: namespace AND pod selectors",
    ),
    # Peers
    "host-network pods are no pod peer": Case(
        (cnp(ingress("Deny", "{namespaces: {}}")),),
        {"ops/agent -> shop/web": ALLOW, INTO_WEB: DENY},
        "API: host-networked pods are not included in this type of peer",
    ),
    "namespaces {} are all pods, and nobody outside": Case(
        (cnp(egress("Deny", "{namespaces: {}}")),),
        {OUT_OF_WEB: DENY, "shop/web -> shop/db": DENY, TO_WORLD: ALLOW},
        "API",
    ),
    "a pods peer asks for both labels": Case(
        (
            cnp(
                ingress(
                    "Deny",
                    "{pods: {namespaceSelector: {matchLabels: {team: money}}, "
                    "podSelector: {matchLabels: {app: both}}}}",
                )
            ),
        ),
        {INTO_WEB: ALLOW, "bank/both -> shop/web": DENY},
        "API",
    ),
    "peers of one rule are alternatives": Case(
        (cnp(ingress("Deny", f"{BANK}, {SHOP}")),),
        {INTO_WEB: DENY, "shop/db -> shop/web": DENY},
        "API: if any element matches",
    ),
    "networks 0.0.0.0/0 cut pod to pod as well": Case(
        (cnp(egress("Deny", "{networks: [0.0.0.0/0]}")),),
        {OUT_OF_WEB: DENY, TO_WORLD: DENY, "shop/web -> ops/agent": DENY},
        "API: will deny all IPv4 pod-to-pod traffic as well",
    ),
    "but no IPv6": Case(
        (cnp(f"{{{ON_ALL}, egress: [{{action: Deny, to: [{{networks: ['0.0.0.0/0']}}]}}]}}"),),
        {"bank/both -> 2001:db8::1": ALLOW, "bank/both -> 8.8.8.8": DENY},
        "API: 0.0.0.0/0 will match both IPv4 and ICMP traffic",
    ),
    "pods passed before the networks are not cut": Case(
        (
            cnp(
                f"{{{ON_WEB}, egress: [{{action: Pass, to: [{{namespaces: {{}}}}]}}, "
                f"{{action: Deny, to: [{{networks: ['0.0.0.0/0']}}]}}]}}"
            ),
        ),
        {OUT_OF_WEB: ALLOW, TO_WORLD: DENY},
        "API: add a rule that Passes all pod traffic before the Networks rule",
    ),
    "networks match a pod's own address": Case(
        (cnp(egress("Deny", "{networks: [10.0.1.1/32]}")),),
        {OUT_OF_WEB: DENY, "shop/web -> bank/both": ALLOW},
        "CONF inline CIDR",
    ),
    "nodes are meant by their labels": Case(
        (cnp(egress("Deny", "{nodes: {matchLabels: {role: worker}}}")),),
        {
            "shop/web -> ops/agent": DENY,
            "shop/web -> 192.168.0.1": DENY,
            "shop/web -> ops/other": ALLOW,
            OUT_OF_WEB: ALLOW,
        },
        "API: matching on the IPs present in node.Status.Addresses",
    ),
    "nodes {} are all nodes": Case(
        (cnp(egress("Deny", "{nodes: {}}")),),
        {"shop/web -> ops/agent": DENY, "shop/web -> ops/other": DENY, TO_WORLD: ALLOW},
        "API: if present but empty, it selects all Nodes",
    ),
    "an Accept of a name may open any address outside, and no pod": Case(
        (
            cnp(
                f"{{{ON_WEB}, egress: [{{action: Accept, to: [{{domainNames: [a.example]}}]"
                f"{TCP_80}}}, {{action: Deny, to: [{{networks: ['0.0.0.0/0']}}]}}]}}"
            ),
        ),
        {f"{TO_WORLD} TCP/80": UNKNOWN, f"{TO_WORLD} TCP/81": DENY, f"{OUT_OF_WEB} TCP/80": DENY},
        "API: should be used with a lower precedence egress deny",
    ),
    "what is decided before a name stays decided": Case(
        (
            cnp(egress("Deny", "{networks: [8.0.0.0/8]}"), 1, "a"),
            cnp(egress("Accept", "{domainNames: ['*.example.com']}"), 2, "b"),
        ),
        {TO_WORLD: DENY, "shop/web -> 9.9.9.9": UNKNOWN},
        "API",
    ),
    # Peers of an API to come
    "an unknown peer of an Accept matches nothing": Case(
        (cnp(ingress("Accept", f"{{realms: [a]}}, {BANK}")), SHUT),
        {INTO_WEB: DENY},
        "API: treat the rule as matching no traffic",
    ),
    "an unknown peer of a Deny denies everybody": Case(
        (cnp(ingress("Deny", "{realms: [a]}")), FREE),
        {INTO_WEB: DENY, "8.8.8.8 -> shop/web": DENY},
        "API: treat the rule as a Deny all rule",
    ),
    "and so it does in a Pass": Case(
        (anp(egress("Pass", "{realms: [a]}")),), {OUT_OF_WEB: DENY, TO_WORLD: DENY}, "API"
    ),
    "on other ports than its own nobody says": Case(
        (cnp(ingress("Deny", "{realms: [a]}", TCP_80)),),
        {f"{INTO_WEB} TCP/80": DENY, f"{INTO_WEB} TCP/81": UNKNOWN},
        "API is silent",
    ),
    "ingress knows no networks": Case(
        (cnp(ingress("Accept", "{networks: [10.0.1.1/32]}")), SHUT), {INTO_WEB: DENY}, "API"
    ),
    "the baseline of v1alpha1 knows no names": Case(
        (banp(egress("Deny", "{domainNames: [a.example]}")),), {TO_WORLD: DENY}, "API"
    ),
    "an unknown field of a rule: nobody knows what it matches": Case(
        (cnp(ingress("Deny", BANK, OLD_TCP_80)), FREE),
        {INTO_WEB: UNKNOWN, "shop/db -> shop/web": UNKNOWN, OUT_OF_WEB: ALLOW},
        "ClusterNetworkPolicy had `ports` before its first release",
    ),
    "but the rules before it stand": Case(
        (
            cnp(
                f"{{{ON_WEB}, ingress: [{{action: Deny, from: [{BANK}]}}, "
                f"{{action: Accept, from: [{SHOP}], when: now}}]}}"
            ),
        ),
        {INTO_WEB: DENY, "shop/db -> shop/web": UNKNOWN},
        "API: order within one object is defined",
    ),
    "an unknown protocol, too": Case(
        (cnp(ingress("Deny", BANK, ", protocols: [{icmp: {type: 8}}]")),),
        {INTO_WEB: UNKNOWN},
        "API to come",
    ),
    "an unknown field of a selector, too": Case(
        (anp(ingress("Deny", "{namespaces: {namespaceSelector: {matchLabels: {team: x}}}}")),),
        {INTO_WEB: UNKNOWN},
        "v0.1.1 wrote peers so",
    ),
    "an unknown field of the spec makes its subjects unknown": Case(
        (cnp(ingress("Deny")[:-1] + ", schedule: nightly}"),),
        {INTO_WEB: UNKNOWN, OUT_OF_WEB: UNKNOWN, "bank/both -> bank/teller": ALLOW},
        "API to come",
    ),
    "an unknown subject may be everybody": Case(
        (cnp(f"{{subject: {{accounts: [a]}}, ingress: [{{action: Deny, from: [{BANK}]}}]}}"),),
        {INTO_WEB: UNKNOWN, OUT_OF_WEB: UNKNOWN},
        "API to come",
    ),
    # Ports
    "without ports a rule is about all of them": Case(
        (anp(ingress("Deny")),),
        {f"{INTO_WEB} TCP/1": DENY, f"{INTO_WEB} SCTP/65535": DENY, INTO_WEB: DENY},
        "API: does not filter traffic via port",
    ),
    "a numbered port of v1alpha1": Case(
        (anp(ingress("Deny", BANK, OLD_TCP_80)),),
        {f"{INTO_WEB} TCP/80": DENY, f"{INTO_WEB} TCP/81": ALLOW, f"{INTO_WEB} UDP/80": ALLOW},
        "API",
    ),
    "without a protocol it is TCP": Case(
        (anp(ingress("Deny", BANK, ", ports: [{portNumber: {port: 80}}]")),),
        {f"{INTO_WEB} TCP/80": DENY, f"{INTO_WEB} UDP/80": ALLOW},
        "API: if not specified, this field defaults to TCP",
    ),
    "a range of v1alpha1 has both its ends": Case(
        (anp(ingress("Deny", BANK, ", ports: [{portRange: {protocol: UDP, start: 5, end: 7}}]")),),
        {f"{INTO_WEB} UDP/{port}": ALLOW if port in {4, 8} else DENY for port in (4, 5, 6, 7, 8)},
        "API: inclusive range",
    ),
    "a range of v1alpha2, too": Case(
        (
            cnp(
                ingress(
                    "Deny",
                    BANK,
                    ", protocols: [{sctp: {destinationPort: {range: {start: 5, end: 7}}}}]",
                )
            ),
        ),
        {f"{INTO_WEB} SCTP/{port}": ALLOW if port in {4, 8} else DENY for port in (4, 5, 7, 8)}
        | {f"{INTO_WEB} TCP/5": ALLOW},
        "API: inclusive range",
    ),
    "a name into the subject is the subject's own": Case(
        (
            cnp(
                f"{{{ON_ALL}, ingress: [{{action: Deny, from: [{BANK}], "
                "protocols: [{destinationNamedPort: http}]}]}"
            ),
        ),
        {
            f"{INTO_WEB} TCP/80": DENY,
            f"{INTO_WEB} TCP/8080": ALLOW,
            "bank/teller -> shop/db TCP/8080": DENY,
            "bank/teller -> shop/db TCP/80": ALLOW,
        },
        "API: selects a destination port on a pod based on the ContainerPort name",
    ),
    "a name has the protocol it has there": Case(
        (cnp(ingress("Deny", BANK, ", protocols: [{destinationNamedPort: dns}]")),),
        {f"{INTO_WEB} UDP/53": DENY, f"{INTO_WEB} TCP/53": ALLOW},
        "CONF named port",
    ),
    "a name out of the subject is each destination's": Case(
        (
            anp(
                f"{{{ON_ALL}, egress: [{{action: Deny, to: [{SHOP}], "
                "ports: [{namedPort: http}]}]}"
            ),
        ),
        {
            f"{INTO_WEB} TCP/80": DENY,
            "bank/teller -> shop/db TCP/8080": DENY,
            "bank/teller -> shop/db TCP/80": ALLOW,
            "bank/teller -> 8.8.8.8 TCP/80": ALLOW,
        },
        "API, KNP",
    ),
    "a name that no pod has matches nothing": Case(
        (cnp(ingress("Deny", BANK, ", protocols: [{destinationNamedPort: gone}]")),),
        {INTO_WEB: ALLOW},
        "KNP",
    ),
    "names and networks together: only pods have names": Case(
        (anp(egress("Deny", "{networks: ['0.0.0.0/0']}", ", ports: [{namedPort: http}]")),),
        {"shop/web -> shop/db TCP/8080": DENY, f"{TO_WORLD} TCP/80": ALLOW},
        "KNP; later releases refuse it",
    ),
    "a host-network pod's names are nobody's to tell": Case(
        (anp(egress("Deny", "{nodes: {}}", ", ports: [{namedPort: http}]")),),
        {"shop/web -> ops/agent TCP/80": UNKNOWN, TO_WORLD: ALLOW},
        "no source",
    ),
    "a pod always reaches itself": Case(
        (cnp(ingress("Deny", "{namespaces: {}}")),), {"shop/web -> shop/web": ALLOW}, "API: hairpin"
    ),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_who_decides(case: Case) -> None:
    admin = [each for each in case.policies if isinstance(each, AdminPolicy)]
    others = [each for each in case.policies if isinstance(each, NetworkPolicy)]
    isolation = judged(cluster(*STAGE, *others, nodes=Seen(NODES)), admin)

    assert case.expected == {asked: decision(isolation, asked) for asked in case.expected}
    assert case.source


# Other readings


def test_where_the_baseline_is_not_asked_by_direction_any_networkpolicy_ends_it() -> None:
    snapshot = cluster(*STAGE, SHUT_OUT)
    plane = replace(UPSTREAM, baseline_by_direction=False)
    everywhere = banp(f"{{{ON_ALL}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]}}")

    assert DENY == decision(judged(snapshot, [everywhere]), INTO_WEB)
    assert ALLOW == decision(judged(snapshot, [everywhere], plane), INTO_WEB)
    assert DENY == decision(judged(snapshot, [everywhere], plane), "bank/both -> bank/teller")


@pytest.mark.parametrize("action", ["Accept", "Deny", "Pass"])
def test_where_unknown_peers_do_not_fail_closed_nobody_knows_what_they_do(action: str) -> None:
    plane = replace(UPSTREAM, unknown_peers_fail_closed=False)
    isolation = judged(cluster(*STAGE, FREE), [cnp(ingress(action, "{realms: [a]}"))], plane)

    assert UNKNOWN == decision(isolation, INTO_WEB)


# What was not seen

DENY_NODES = cnp(egress("Deny", "{nodes: {matchLabels: {role: worker}}}"))
BARE = (node("node-1", "", (("role", "worker"),)), NODES[1])


@pytest.mark.parametrize(
    "nodes, expected",
    [
        pytest.param(Unseen("403 Forbidden"), (UNKNOWN, UNKNOWN, UNKNOWN), id="nodes not seen"),
        pytest.param(Seen(()), (UNKNOWN, UNKNOWN, UNKNOWN), id="no cluster is without nodes"),
        pytest.param(Seen(BARE), (UNKNOWN, UNKNOWN, UNKNOWN), id="one without addresses"),
        pytest.param(Seen(NODES[1:]), (ALLOW, ALLOW, ALLOW), id="no node with the label"),
        pytest.param(Seen(NODES), (DENY, ALLOW, ALLOW), id="seen"),
    ],
)
def test_nodes_are_only_what_was_seen_of_them(
    nodes: Seen[tuple[Node, ...]] | Unseen, expected: tuple[Decision, ...]
) -> None:
    isolation = judged(cluster(*STAGE, nodes=nodes), [DENY_NODES])
    asked = ("shop/web -> ops/agent", "shop/web -> ops/other", TO_WORLD)

    assert expected == tuple(decision(isolation, each) for each in asked)
    assert ALLOW == decision(isolation, OUT_OF_WEB)


def test_a_host_network_pod_of_unknown_address_may_be_on_any_node() -> None:
    stage = (*STAGE, host("ops/new", ""))
    some = judged(cluster(*stage, nodes=Seen(NODES)), [DENY_NODES])
    all_of_them = judged(cluster(*stage, nodes=Seen(NODES)), [cnp(egress("Deny", "{nodes: {}}"))])

    assert UNKNOWN == decision(some, "shop/web -> ops/new")
    assert DENY == decision(all_of_them, "shop/web -> ops/new")


@pytest.mark.parametrize(
    "found, expected",
    [
        pytest.param(cnp(ingress("Deny", BANK)), UNKNOWN, id="a peer by labels"),
        pytest.param(cnp(ingress("Deny", "{namespaces: {}}")), DENY, id="a peer in all of them"),
        pytest.param(
            cnp(
                ingress(
                    "Deny",
                    "{namespaces: {matchLabels: {kubernetes.io/metadata.name: bank}}}",
                )
            ),
            DENY,
            id="a peer by the name of its namespace",
        ),
        pytest.param(
            cnp(
                "{subject: {namespaces: {matchLabels: {team: sales}}}, ingress: "
                "[{action: Deny, from: [{namespaces: {}}]}]}"
            ),
            UNKNOWN,
            id="a subject by labels",
        ),
        pytest.param(
            cnp(
                ingress(
                    "Deny",
                    "{pods: {namespaceSelector: {matchLabels: {team: money}}, "
                    "podSelector: {matchLabels: {app: other}}}}",
                )
            ),
            ALLOW,
            id="a peer whose own labels do not match",
        ),
    ],
)
def test_without_namespaces_what_their_labels_select_is_unknown(
    found: AdminPolicy, expected: Decision
) -> None:
    isolation = judged(cluster(*STAGE, namespaces=Unseen("403 Forbidden")), [found])

    assert expected == decision(isolation, INTO_WEB)


# What is handed to the fold


def test_tiers_are_only_there_where_a_policy_touches_the_direction() -> None:
    policies = [cnp(ingress("Deny")), banp(egress("Allow"))]
    pods = [each for each in STAGE if isinstance(each, Pod)]
    table = ClassTable((), pods, mentioned_by_admin(policies, Seen(())))
    seen, nodes = True, Seen(NODES)
    found = {
        direction: admin_tiers(policies, table, direction, namespaces_seen=seen, nodes=nodes)
        for direction in Direction
    }

    assert found[Direction.INGRESS][1] == found[Direction.EGRESS][0] == ()
    ((admin,), (baseline,)) = (found[Direction.INGRESS][0], found[Direction.EGRESS][1])
    assert ("Admin", Mode.FIRST_MATCH, AtEnd.PASS) == (admin.name, admin.mode, admin.at_end)
    assert "Baseline" == baseline.name
    assert not any(each.isolates for tier in (admin, baseline) for each in tier.policies)


def test_everything_that_is_looked_at_is_mentioned() -> None:
    found = mentioned_by_admin(
        [
            cnp(
                "{subject: {pods: {namespaceSelector: {matchLabels: {a: x}}, podSelector: "
                "{matchLabels: {b: x}}}}, ingress: [{action: Deny, from: [{pods: "
                "{namespaceSelector: {matchLabels: {c: x}}, podSelector: {matchLabels: {d: x}}}}],"
                " protocols: [{destinationNamedPort: http}]}], egress: [{action: Deny, to: "
                "[{networks: [10.0.0.0/8]}, {nodes: {matchLabels: {role: worker}}}]}]}"
            )
        ],
        Seen(NODES),
    )

    assert {"b", "d"} == found.pod_keys
    assert {"a", "c"} == found.namespace_keys
    assert {"http"} == found.port_names
    assert {cidr("10.0.0.0/8"), cidr("192.168.0.1/32")} == set(found.blocks)
    assert NO_ADDRESSES not in found.blocks


def test_a_tie_says_who_and_why() -> None:
    policies = [cnp(ingress("Accept"), 5, "a"), cnp(ingress("Deny"), 5, "b")]
    isolation = judged(cluster(*STAGE), policies)
    number = isolation.classes_of["shop", "web"][0]
    rows = isolation.side(number, Direction.INGRESS).openings
    (where,) = {where for row in rows if row.decision is UNKNOWN for where in row.because}

    assert "ClusterNetworkPolicy a" == str(where.ref)
    assert (
        "spec.ingress[0], or ClusterNetworkPolicy b spec.ingress[0]: equal priority, undefined"
        == where.path
    )


def test_too_many_of_one_priority_are_unknown_where_they_meet() -> None:
    crowd = [cnp(ingress("Deny"), 5, f"c-{number}") for number in range(40)]
    agreed = judged(cluster(*STAGE), crowd)
    split = judged(cluster(*STAGE), [*crowd, cnp(ingress("Accept", SHOP), 5, "z")])

    assert DENY == decision(agreed, INTO_WEB)
    assert UNKNOWN == decision(split, INTO_WEB)
    assert ALLOW == decision(split, "bank/both -> bank/teller")


def test_every_action_is_one_of_the_irs() -> None:
    found = {
        rule.action
        for action in ("Accept", "Deny", "Pass")
        for rule in cnp(ingress(action)).rules(Direction.INGRESS)
    }

    assert {Action.ALLOW, Action.DENY, Action.PASS} == found
