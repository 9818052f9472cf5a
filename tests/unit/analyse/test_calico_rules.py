"""What a rule of Calico's matches: labels of every kind, sets, nets, ports and protocols.

Every case names where its expectation comes from: a page of docs.tigera.io/calico or a file of
github.com/projectcalico/calico.
"""

from dataclasses import dataclass

import pytest
from tests.unit.analyse.calico_world import PODS, World, allow, calico, deny, gnp, np, source
from tests.unit.analyse.hand_made import pod

from seawall.model.calico import CalicoObject
from seawall.model.ir import Decision
from seawall.model.peers import Mark, PeerSet
from seawall.model.policies import Direction
from seawall.model.ports import PortSet

ALLOW, UNKNOWN, DENY = Decision

COMMON = "api/pkg/apis/projectcalico/v3/policy_common.go"
RULES = "libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go"
SCANNER = "felix/calc/rule_scanner.go"
ENDPOINT = "libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go"
PROFILES = "libcalico-go/lib/backend/k8s/conversion/conversion.go"
SETS = "libcalico-go/lib/backend/syncersv1/updateprocessors/networksetprocessor.go"
STORED = "libcalico-go/lib/backend/k8s/resources"
SELECTOR = "docs.tigera.io/calico/latest/reference/resources/globalnetworkpolicy#selectors"
DOMAINS = "docs.tigera.io/calico-enterprise/latest/reference/resources/globalnetworkpolicy"

WEB, DB, VAULT, SIX, AGENT, OUT = (
    "shop/web -> shop/db TCP/80",
    "shop/db -> shop/db TCP/80",
    "bank/vault -> shop/db TCP/80",
    "bank/six -> shop/db TCP/80",
    "shop/agent -> shop/db TCP/80",
    "8.8.8.8 -> shop/db TCP/80",
)


@dataclass(frozen=True)
class Case:
    """Objects, what becomes of each question, and who says so."""

    says: str
    objects: tuple[CalicoObject, ...]
    expected: dict[str, Decision]
    namespaces_seen: bool = True


def asked(web: Decision, vault: Decision, six: Decision, out: Decision) -> dict[str, Decision]:
    """What becomes of four that come to shop/db."""
    return {WEB: web, VAULT: vault, SIX: six, OUT: out}


def from_(home: str = "", **fields: object) -> tuple[CalicoObject, ...]:
    """A policy that lets only these in: a global one, or one of a namespace."""
    rules = [source(**fields)]
    return (np(f"{home}/p", ingress=rules),) if home else (gnp(ingress=rules),)


def to(**fields: object) -> tuple[CalicoObject, ...]:
    """A policy by which shop/web gets only there."""
    return (gnp(selector="app == 'web'", egress=[allow(destination=fields)]),)


def on(rule_protocol: str | int | None = None, **fields: object) -> tuple[CalicoObject, ...]:
    """A policy that lets everybody in by these fields of a rule."""
    protocol = {} if rule_protocol is None else {"protocol": rule_protocol}
    return (gnp(ingress=[allow(**protocol, **fields)]),)


def net_set(name: str, nets: list[str], **labels: str) -> CalicoObject:
    kind = "NetworkSet" if "/" in name else "GlobalNetworkSet"
    return calico(kind, name, {"nets": nets}, labels=labels)


def selects(selector: str) -> tuple[CalicoObject, ...]:
    """A policy that shuts whom the selector matches."""
    return (gnp(selector=selector),)


NOBODY = dict.fromkeys((WEB, VAULT, SIX, OUT), DENY)

SUBJECTS = {
    "==": (SELECTOR, "app == 'db'", True),
    "== with another value": (SELECTOR, "app == 'web'", False),
    "== with an absent label": (SELECTOR, "x == 'db'", False),
    "!=": (SELECTOR, "app != 'db'", False),
    "!= with an absent label": (SELECTOR, "x != 'db'", True),
    "in": (SELECTOR, "app in {'web', 'db'}", True),
    "in nothing": (SELECTOR, "app in {}", False),
    "not in": (SELECTOR, "app not in {'db'}", False),
    "not in, with an absent label": (SELECTOR, "x not in {'db'}", True),
    "has": (SELECTOR, "has(app)", True),
    "has not": (SELECTOR, "!has(app)", False),
    "contains": (SELECTOR, "app contains 'd'", True),
    "contains with an absent label": (SELECTOR, "x contains ''", False),
    "starts with": (SELECTOR, "app starts with 'd'", True),
    "does not start with": (SELECTOR, "app starts with 'b'", False),
    "ends with": (SELECTOR, "app ends with 'b'", True),
    "does not end with": (SELECTOR, "app ends with 'd'", False),
    "all": (SELECTOR, "all()", True),
    "not all": (SELECTOR, "!all()", False),
    "and": (SELECTOR, "app == 'db' && has(x)", False),
    "or": (SELECTOR, "app == 'db' || has(x)", True),
    "and binds before or": (SELECTOR, "app == 'db' || has(x) && has(y)", True),
    "parentheses": (SELECTOR, "(app == 'db' || has(x)) && has(y)", False),
    "not before parentheses": (SELECTOR, "!(app == 'db' && has(x))", True),
    "two nots": (SELECTOR, "!!(app == 'db')", True),
    "the other quotes": (SELECTOR, 'app == "db"', True),
    "nothing written": (SELECTOR, "", True),
    "a namespace": (ENDPOINT, "projectcalico.org/namespace == 'shop'", True),
    "another namespace": (ENDPOINT, "projectcalico.org/namespace == 'bank'", False),
    "the orchestrator": (ENDPOINT, "projectcalico.org/orchestrator == 'k8s'", True),
    "a service account": (ENDPOINT, "projectcalico.org/serviceaccount == 'default'", True),
    "another service account": (ENDPOINT, "projectcalico.org/serviceaccount == 'keeper'", False),
    "a label of its namespace": (PROFILES, "pcns.team == 'blue'", True),
    "the name of its namespace": (PROFILES, "pcns.projectcalico.org/name == 'shop'", True),
    "the name of its service account": (PROFILES, "pcsa.projectcalico.org/name == 'default'", True),
}


@pytest.mark.parametrize("says, selector, matched", SUBJECTS.values(), ids=SUBJECTS.keys())
def test_selectors_choose_subjects(says: str, selector: str, *, matched: bool) -> None:
    world = World(selects(selector))

    assert (DENY if matched else ALLOW) is world.decided(WEB)
    assert says


KEEPER = {"names": ["keeper"]}
HEP = calico(
    "HostEndpoint", "h", {"node": "n", "expectedIPs": ["192.168.0.1"]}, labels={"role": "node"}
)
KEPT = calico(
    "GlobalNetworkSet",
    "kept",
    {"nets": ["8.8.8.0/24"]},
    group="crd.projectcalico.org/v1",
    annotations={"projectcalico.org/metadata": '{"labels":{"app":"out"}}'},
)
TORN = calico(
    "GlobalNetworkSet",
    "torn",
    {"nets": ["8.8.8.0/24"]},
    group="crd.projectcalico.org/v1",
    annotations={"projectcalico.org/metadata": "{"},
)
OUTSIDE = net_set("out", ["8.8.8.0/24"], app="out")
SHOPS = net_set("shop/out", ["8.8.8.0/24"], app="out")
WIDE = net_set("wide", ["10.1.0.0/16"], app="out")

CASES = {
    "no entity: everybody": Case(COMMON, from_(), asked(ALLOW, ALLOW, ALLOW, ALLOW)),
    "a global selector: pods of all namespaces": Case(
        RULES, from_(selector="app in {'web','vault'}"), asked(ALLOW, ALLOW, DENY, DENY)
    ),
    "a namespaced selector: pods of its own namespace": Case(
        RULES, from_("shop", selector="all()"), asked(ALLOW, DENY, DENY, DENY)
    ),
    "all() is not everybody": Case(
        RULES, from_(selector="all()"), asked(ALLOW, ALLOW, ALLOW, DENY)
    ),
    "a namespaceSelector": Case(
        RULES, from_("shop", namespaceSelector="team == 'red'"), asked(DENY, ALLOW, ALLOW, DENY)
    ),
    "a namespaceSelector and a selector": Case(
        RULES,
        from_("shop", namespaceSelector="all()", selector="app == 'vault'"),
        asked(DENY, ALLOW, DENY, DENY),
    ),
    "a namespaceSelector all() is any namespace, not outside": Case(
        RULES, from_(namespaceSelector="all()"), asked(ALLOW, ALLOW, ALLOW, DENY)
    ),
    "a namespaceSelector by name": Case(
        PROFILES,
        from_(namespaceSelector="projectcalico.org/name == 'bank'"),
        asked(DENY, ALLOW, ALLOW, DENY),
    ),
    "a namespaceSelector has not": Case(
        RULES, from_(namespaceSelector="!has(env)"), asked(ALLOW, DENY, DENY, DENY)
    ),
    "labels of namespaces that were not read": Case(
        PROFILES,
        from_(namespaceSelector="has(env)"),
        asked(UNKNOWN, UNKNOWN, UNKNOWN, DENY),
        namespaces_seen=False,
    ),
    "names of namespaces are known all the same": Case(
        PROFILES,
        from_(namespaceSelector="kubernetes.io/metadata.name == 'bank'"),
        asked(DENY, ALLOW, ALLOW, DENY),
        namespaces_seen=False,
    ),
    "global() is no pod": Case(
        RULES, (OUTSIDE, *from_(namespaceSelector="global()")), asked(DENY, DENY, DENY, ALLOW)
    ),
    "global() with a selector": Case(
        RULES,
        (OUTSIDE, *from_(namespaceSelector="global()", selector="app == 'web'")),
        NOBODY,
    ),
    "an inherited label, written out": Case(
        PROFILES, from_(selector="pcns.team == 'red'"), asked(DENY, ALLOW, ALLOW, DENY)
    ),
    "a notSelector alone: those outside, too": Case(
        COMMON, from_(notSelector="app == 'web'"), asked(DENY, ALLOW, ALLOW, ALLOW)
    ),
    "a namespaced notSelector: its own namespace": Case(
        RULES, from_("shop", notSelector="app == 'web'"), {**NOBODY, DB: ALLOW}
    ),
    "a selector and a notSelector": Case(
        SCANNER,
        from_(selector="all()", notSelector="app == 'web'"),
        asked(DENY, ALLOW, ALLOW, DENY),
    ),
    "service accounts by name": Case(
        RULES, from_(serviceAccounts=KEEPER), asked(DENY, ALLOW, DENY, DENY)
    ),
    "service accounts of a namespaced policy are its own": Case(
        RULES, from_("shop", serviceAccounts=KEEPER), NOBODY
    ),
    "service accounts by labels are not read": Case(
        PROFILES,
        from_(serviceAccounts={"selector": "role == 'x'"}),
        asked(UNKNOWN, UNKNOWN, UNKNOWN, DENY),
    ),
    "service accounts by labels and names": Case(
        RULES,
        from_(serviceAccounts={"selector": "role == 'x'", **KEEPER}),
        asked(DENY, UNKNOWN, DENY, DENY),
    ),
    "what is denied by labels of service accounts": Case(
        PROFILES,
        (gnp(ingress=[deny(source={"serviceAccounts": {"selector": "!has(x)"}}), allow()]),),
        asked(UNKNOWN, UNKNOWN, UNKNOWN, ALLOW),
    ),
    "a policy that chooses by labels of service accounts": Case(
        RULES,
        (gnp(serviceAccountSelector="role == 'x'"),),
        asked(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ),
    "a policy that chooses service accounts by name": Case(
        RULES,
        (gnp(serviceAccountSelector="projectcalico.org/name == 'keeper'"),),
        {"shop/web -> bank/vault": DENY, "shop/web -> bank/six": ALLOW},
    ),
    "a policy that chooses namespaces": Case(
        RULES,
        (gnp(namespaceSelector="team == 'red'", selector="app == 'six'"),),
        {"shop/web -> bank/vault": ALLOW, "shop/web -> bank/six": DENY, WEB: ALLOW},
    ),
    "a policy that chooses all namespaces": Case(RULES, (gnp(namespaceSelector="all()"),), NOBODY),
    "a global network set": Case(
        COMMON, (OUTSIDE, *from_(selector="app == 'out'")), asked(DENY, DENY, DENY, ALLOW)
    ),
    "a global network set is in no namespace": Case(
        COMMON, (OUTSIDE, *from_("shop", selector="app == 'out'")), NOBODY
    ),
    "a network set is in its namespace": Case(
        SETS, (SHOPS, *from_("shop", selector="app == 'out'")), asked(DENY, DENY, DENY, ALLOW)
    ),
    "and in no other": Case(SETS, (SHOPS, *from_("bank", selector="app == 'out'")), {OUT: ALLOW}),
    "a network set inherits the labels of its namespace": Case(
        SETS,
        (SHOPS, *from_(namespaceSelector="team == 'blue'", selector="app == 'out'")),
        asked(DENY, DENY, DENY, ALLOW),
    ),
    "labels of its namespace that were not read": Case(
        SETS,
        (SHOPS, *from_(namespaceSelector="team == 'blue'", selector="app == 'out'")),
        asked(DENY, DENY, DENY, UNKNOWN),
        namespaces_seen=False,
    ),
    "a set matches pods within its nets": Case(
        SCANNER, (WIDE, *from_(selector="app == 'out'")), asked(DENY, ALLOW, ALLOW, DENY)
    ),
    "a set without the label": Case(COMMON, (OUTSIDE, *from_(selector="app == 'x'")), NOBODY),
    "labels of a stored set are in its annotation": Case(
        STORED, (KEPT, *from_(selector="app == 'out'")), asked(DENY, DENY, DENY, ALLOW)
    ),
    "labels that cannot be read": Case(
        STORED, (TORN, *from_(selector="app == 'out'")), asked(DENY, DENY, DENY, UNKNOWN)
    ),
    "a host endpoint by its addresses": Case(
        "api/pkg/apis/projectcalico/v3/hostendpoint.go",
        (HEP, *from_(selector="role == 'node'")),
        {**NOBODY, "192.168.0.1 -> shop/db TCP/80": ALLOW},
    ),
    "a pod on the host network is no endpoint": Case(
        PROFILES, from_(selector="app == 'agent'"), {"192.168.0.1 -> shop/db TCP/80": DENY}
    ),
    "nets": Case(COMMON, from_(nets=["8.8.8.0/24"]), asked(DENY, DENY, DENY, ALLOW)),
    "a net of one address": Case(COMMON, from_(nets=["8.8.8.8"]), asked(DENY, DENY, DENY, ALLOW)),
    "nets match pods by their addresses": Case(
        "felix/rules/policy.go",
        from_(nets=["10.0.0.0/24", "10.1.0.1/32"]),
        asked(ALLOW, ALLOW, DENY, DENY),
    ),
    "nets and a selector": Case(
        COMMON,
        from_(nets=["10.0.0.0/8"], selector="app == 'vault'"),
        asked(DENY, ALLOW, DENY, DENY),
    ),
    "notNets": Case(COMMON, from_(notNets=["10.1.0.0/16"]), asked(ALLOW, DENY, DENY, ALLOW)),
    "nets and notNets": Case(
        COMMON, from_(nets=["10.0.0.0/8"], notNets=["10.1.0.0/16"]), asked(ALLOW, DENY, DENY, DENY)
    ),
    "nets of the other family": Case(COMMON, from_(nets=["::/0"]), NOBODY),
    "nets name no host by its labels": Case(COMMON, from_(nets=["192.168.0.1"]), NOBODY),
    "the destination of an ingress rule is the pod itself": Case(
        COMMON,
        (gnp(ingress=[allow(destination={"selector": "app == 'db'"})]),),
        {WEB: ALLOW, "shop/db -> shop/web": DENY},
    ),
    "the source of an egress rule is the pod itself": Case(
        COMMON,
        (gnp(egress=[allow(source={"selector": "app == 'web'"})]),),
        {WEB: ALLOW, "shop/db -> 8.8.8.8": DENY},
    ),
    "the nets of the pod itself": Case(
        COMMON,
        (gnp(ingress=[allow(destination={"nets": ["10.0.0.2/32"]})]),),
        {WEB: ALLOW, "shop/db -> shop/web": DENY},
    ),
    "egress by selector": Case(
        COMMON, to(selector="app == 'db'"), {WEB: ALLOW, "shop/web -> bank/vault": DENY}
    ),
    "a protocol": Case(COMMON, on("TCP"), {WEB: ALLOW, "shop/web -> shop/db UDP/80": DENY}),
    "a protocol in small letters": Case(
        "api/pkg/lib/numorstring/protocol.go", on("tcp"), {WEB: ALLOW}
    ),
    "a protocol by number": Case("api/pkg/lib/numorstring/protocol.go", on(17), {WEB: DENY}),
    "a protocol by number as text": Case(
        "api/pkg/lib/numorstring/protocol.go", on("6"), {WEB: ALLOW}
    ),
    "SCTP": Case(COMMON, on("SCTP"), {WEB: DENY, "shop/web -> shop/db SCTP/80": ALLOW}),
    "ICMP opens no port": Case(COMMON, on("ICMP"), {WEB: DENY, "shop/web -> shop/db UDP/80": DENY}),
    "ICMP is a part of what has no ports": Case(
        COMMON, (gnp(ingress=[deny(protocol="ICMP"), allow()]),), {WEB: ALLOW}
    ),
    "an ICMP type": Case(COMMON, on("ICMP", icmp={"type": 8}), {WEB: DENY}),
    "notProtocol": Case(
        COMMON, on(notProtocol="TCP"), {WEB: DENY, "shop/web -> shop/db UDP/80": ALLOW}
    ),
    "notProtocol ICMP": Case(COMMON, on(notProtocol="ICMP"), {WEB: ALLOW}),
    "notICMP without a protocol": Case(COMMON, on(notICMP={"type": 8}), {WEB: UNKNOWN}),
    "ports": Case(
        COMMON,
        on("TCP", destination={"ports": [80, "90:91"]}),
        {WEB: ALLOW, "shop/web -> shop/db TCP/91": ALLOW, "shop/web -> shop/db TCP/92": DENY},
    ),
    "a port as text": Case(
        "api/pkg/lib/numorstring/port.go", on("TCP", destination={"ports": ["80"]}), {WEB: ALLOW}
    ),
    "notPorts": Case(
        COMMON,
        on("TCP", destination={"notPorts": [80]}),
        {WEB: DENY, "shop/web -> shop/db TCP/81": ALLOW, "shop/web -> shop/db UDP/81": DENY},
    ),
    "ports and notPorts": Case(
        COMMON,
        on("TCP", destination={"ports": ["80:90"], "notPorts": [80]}),
        {WEB: DENY, "shop/web -> shop/db TCP/81": ALLOW},
    ),
    "a port by name on ingress": Case(
        SCANNER,
        on("TCP", destination={"ports": ["sql"]}),
        {
            "shop/web -> shop/db TCP/5432": ALLOW,
            "shop/web -> bank/vault TCP/6000": ALLOW,
            "shop/web -> shop/db TCP/6000": DENY,
        },
    ),
    "a port by name on egress": Case(
        SCANNER,
        (gnp(egress=[allow(protocol="TCP", destination={"ports": ["sql"]})]),),
        {
            "shop/web -> shop/db TCP/5432": ALLOW,
            "shop/web -> bank/vault TCP/5432": DENY,
            "shop/web -> 8.8.8.8 TCP/5432": DENY,
            "shop/web -> bank/six TCP/5432": DENY,
        },
    ),
    "a port by name and one by number on egress": Case(
        SCANNER,
        (gnp(egress=[allow(protocol="TCP", destination={"ports": ["sql", 53]})]),),
        {"shop/web -> shop/db TCP/5432": ALLOW, "shop/web -> 8.8.8.8 TCP/53": ALLOW},
    ),
    "a port's name belongs to its protocol": Case(
        SCANNER, on("TCP", destination={"ports": ["dns"]}), {"shop/web -> shop/db TCP/53": DENY}
    ),
    "a port's name among notPorts": Case(
        SCANNER,
        on("TCP", destination={"notPorts": ["sql"]}),
        {"shop/web -> shop/db TCP/5432": DENY, WEB: ALLOW},
    ),
    "a port that nobody names so": Case(
        SCANNER, on("TCP", destination={"ports": ["x"]}), {WEB: DENY}
    ),
    "source ports are the kernel's choice": Case(
        COMMON,
        on("TCP", source={"ports": [1024]}),
        {WEB: UNKNOWN, "shop/web -> shop/db UDP/80": DENY},
    ),
    "UDPLite has ports, too": Case(
        COMMON, on("UDPLite", destination={"notPorts": [80]}), {WEB: DENY}
    ),
    "ipVersion 6": Case(
        COMMON,
        (gnp(selector="app == 'six'", ingress=[allow(ipVersion=6)]),),
        {"8.8.8.8 -> bank/six": DENY, "2001:db8::1 -> bank/six": ALLOW},
    ),
    "ipVersion 4": Case(COMMON, on(ipVersion=4), asked(ALLOW, ALLOW, ALLOW, ALLOW)),
    "HTTP opens the port of those who look no further": Case(
        COMMON,
        on("TCP", http={"methods": ["GET"]}),
        {WEB: ALLOW, "shop/web -> shop/db UDP/80": DENY},
    ),
    "HTTP without a protocol is TCP": Case(
        COMMON, on(http={"methods": ["GET"]}), {WEB: ALLOW, "shop/web -> shop/db UDP/80": DENY}
    ),
    "a service is not read": Case(
        COMMON,
        to(services={"name": "db", "namespace": "shop"}),
        {WEB: UNKNOWN, "shop/web -> 8.8.8.8": UNKNOWN},
    ),
    "a domain is not read": Case(
        DOMAINS, to(domains=["*.example.com"]), {"shop/web -> 8.8.8.8": UNKNOWN}
    ),
    "a field of a rule that nobody knows": Case(COMMON, on(wat=1), {WEB: UNKNOWN}),
    "a field of an entity that nobody knows": Case(
        COMMON, from_(nets=["8.8.8.8"], wat=1), asked(DENY, DENY, DENY, UNKNOWN)
    ),
    "a rule that cannot be judged spares what is decided before it": Case(
        COMMON, (gnp(ingress=[allow(protocol="TCP"), allow(wat=1)]),), {WEB: ALLOW}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rules_match(case: Case) -> None:
    world = World(case.objects, namespaces_seen=case.namespaces_seen)

    assert case.expected == {asked: world.decided(asked) for asked in case.expected}
    assert case.says


def test_a_part_of_the_other_protocols_makes_them_unknown() -> None:
    side = next(iter(World(on("ICMP")).sides[Direction.INGRESS]))

    assert {(UNKNOWN, PortSet(other=True))} == {(row.decision, row.ports) for row in side.openings}


def test_a_pods_own_label_wins_over_what_it_inherits() -> None:
    # felix/labelindex: own labels are looked up first, whatever their prefix.
    pods = (*PODS, pod("shop/liar", "10.0.0.9", "app=liar pcns.team=red"))
    world = World(from_(namespaceSelector="team == 'red'"), pods=pods)

    assert world.decided("shop/liar -> shop/db") is ALLOW
    assert world.decided("shop/web -> shop/db") is DENY


def test_a_long_name_of_a_service_account_is_no_label() -> None:
    # workload_endpoint_default.go: the label is there for names of less than 63 letters.
    long, short = "k" * 63, "k" * 62
    pods = (
        *PODS,
        pod("bank/long", "10.1.0.8", service_account=long),
        pod("bank/short", "10.1.0.9", service_account=short),
    )
    world = World(from_(serviceAccounts={"names": [long, short]}), pods=pods)

    assert world.decided("bank/long -> shop/db") is DENY
    assert world.decided("bank/short -> shop/db") is ALLOW


def test_pods_whose_address_nobody_knows_may_be_of_any_ip_version() -> None:
    pods = (*PODS, pod("shop/new", ""))

    assert World(on(ipVersion=6), pods=pods).decided("shop/new -> bank/six") is UNKNOWN


def test_names_of_ports_that_host_endpoints_have_are_not_known() -> None:
    spec = {"node": "n", "expectedIPs": ["192.168.0.1"], "ports": [{"name": "sql", "port": 1}]}
    objects = (
        calico("HostEndpoint", "h", spec),
        gnp(egress=[allow(protocol="TCP", destination={"ports": ["sql"]})]),
    )

    assert World(objects).decided("shop/web -> 192.168.0.1 TCP/1") is UNKNOWN


def test_nodes_that_may_be_among_the_excepted_addresses_are_not_certain() -> None:
    world = World((gnp(ingress=[deny(source={"notNets": ["10.0.0.0/8"]}), allow()]),))
    side = next(iter(world.sides[Direction.INGRESS]))

    nodes = PeerSet(marks=frozenset({Mark.NODES}))

    assert {UNKNOWN} == {row.decision for row in side.rows(nodes)}


def test_where_says_that_http_restricts() -> None:
    world = World(on("TCP", http={"methods": ["GET"]}))
    side = next(iter(world.sides[Direction.INGRESS]))

    assert {"spec.ingress[0] (L7 restricted)"} == {
        w.path for row in side.openings for w in row.because
    }
