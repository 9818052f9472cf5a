"""NetworkPolicy v1 by its edges: small clusters, each for one sentence about the API.

Sources: `NetworkPolicySpec` and its defaults (networking.k8s.io/v1), the upstream end-to-end tests
(test/e2e/network/netpol), and "Network Policies" of the Kubernetes documentation.
"""

from dataclasses import dataclass

import pytest
from tests.unit.analyse.hand_made import (
    ALLOW,
    DENY,
    cluster,
    decided,
    done,
    host,
    namespace,
    pod,
    policy,
)

from seawall.analyse.isolation import analyse
from seawall.model.policies import NetworkPolicy
from seawall.model.snapshot import Namespace, Phase, Pod

WEB = pod("shop/web", "10.0.0.1", "app=web", ports="http=TCP/80 dns=UDP/53")
DB = pod("shop/db", "10.0.0.2", "app=db tier=back", ports="http=TCP/8080")
TELLER = pod("bank/teller", "10.0.1.1", "app=teller")
TEAM = namespace("bank", "team=money")
STAGE = (WEB, DB, TELLER, TEAM)

FROM_ALL_PODS = "{ingress: [{from: [{namespaceSelector: {}}]}]}"
NO_INGRESS = "{podSelector: {}, policyTypes: [Ingress]}"
NO_EGRESS = "{podSelector: {}, policyTypes: [Egress]}"


@dataclass(frozen=True)
class Case:
    """The policies of `shop` by their specs, what else is there, and what is open and what not."""

    specs: tuple[str, ...]
    open: tuple[str, ...] = ()
    shut: tuple[str, ...] = ()
    also: tuple[Pod | Namespace | NetworkPolicy, ...] = ()


CASES = {
    "01 no policy: everything is open": Case(
        (), open=("bank/teller -> shop/web", "8.8.8.8 -> shop/web", "shop/web -> 8.8.8.8")
    ),
    "02 all pods, Ingress, no rules: ingress shut, egress open": Case(
        (NO_INGRESS,),
        open=("shop/web -> bank/teller", "shop/web -> 8.8.8.8"),
        shut=("shop/db -> shop/web", "bank/teller -> shop/web", "8.8.8.8 -> shop/web"),
    ),
    "03 only a podSelector means Ingress": Case(
        ("{podSelector: {matchLabels: {app: web}}}",),
        open=("shop/web -> shop/db", "bank/teller -> shop/db"),
        shut=("shop/db -> shop/web",),
    ),
    "04 no policyTypes and an egress rule mean both": Case(
        ("{podSelector: {}, egress: [{}]}",),
        open=("shop/web -> bank/teller",),
        shut=("bank/teller -> shop/web", "shop/web -> shop/db"),
    ),
    "05 no policyTypes and an empty egress list mean Ingress": Case(
        ("{podSelector: {}, egress: []}",),
        open=("shop/web -> 8.8.8.8",),
        shut=("8.8.8.8 -> shop/web",),
    ),
    "06 Egress alone: its ingress rules are dead": Case(
        ("{podSelector: {}, policyTypes: [Egress], ingress: [{ports: [{port: 1}]}]}",),
        open=("bank/teller -> shop/web TCP/80",),
        shut=("shop/web -> bank/teller",),
    ),
    "07 Ingress alone: its egress rules are dead": Case(
        ("{podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 1}]}]}",),
        open=("shop/web -> bank/teller TCP/80",),
        shut=("bank/teller -> shop/web",),
    ),
    "08 both types, no rules: shut both ways": Case(
        ("{podSelector: {}, policyTypes: [Ingress, Egress]}",),
        shut=("bank/teller -> shop/web", "shop/web -> bank/teller"),
    ),
    "09 an empty ingress list shuts": Case(
        ("{podSelector: {}, ingress: []}",), shut=("shop/db -> shop/web",)
    ),
    "10 one empty ingress rule opens to everybody": Case(
        ("{podSelector: {}, ingress: [{}]}",),
        open=("bank/teller -> shop/web", "8.8.8.8 -> shop/web", "2001:db8::1 -> shop/six"),
        also=(pod("shop/six", "fd00::1"),),
    ),
    "11 an empty from with ports opens these ports to all": Case(
        ("{podSelector: {}, ingress: [{from: [], ports: [{port: 80}]}]}",),
        open=("8.8.8.8 -> shop/web TCP/80", "bank/teller -> shop/web TCP/80"),
        shut=("8.8.8.8 -> shop/web TCP/81",),
    ),
    "12 an empty ports list opens all ports and protocols": Case(
        ("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: []}]}",),
        open=("shop/db -> shop/web SCTP/9", "shop/db -> shop/web"),
        shut=("bank/teller -> shop/web",),
    ),
    "13 isolated for ingress: its own connections go out": Case(
        ("{podSelector: {matchLabels: {app: web}}}",), open=("shop/web -> bank/teller",)
    ),
    "14 egress allows, the destination's ingress denies": Case(
        (
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}",
            "{podSelector: {matchLabels: {app: db}}}",
        ),
        shut=("shop/web -> shop/db",),
    ),
    "15 deny all and an allowing policy are a union": Case(
        (NO_INGRESS, "{ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}"),
        open=("shop/db -> shop/web",),
        shut=("bank/teller -> shop/web",),
    ),
    "16 port 80 and everything is everything": Case(
        ("{ingress: [{ports: [{port: 80}]}]}", "{ingress: [{}]}"),
        open=("bank/teller -> shop/web TCP/81",),
    ),
    "17 a policy of another namespace has no effect here": Case(
        (),
        open=("bank/teller -> shop/web",),
        shut=("shop/web -> bank/teller",),
        also=(policy("bank/deny", NO_INGRESS),),
    ),
    "19 a podSelector that matches no pod protects none": Case(
        ("{podSelector: {matchLabels: {app: wbe}}}",), open=("bank/teller -> shop/web",)
    ),
    "20 a pod that gains the label is isolated": Case(
        ("{podSelector: {matchLabels: {app: wbe}}}",),
        shut=("bank/teller -> shop/late",),
        also=(pod("shop/late", "10.0.0.9", "app=wbe"),),
    ),
    "21 null or empty matchLabels match everything": Case(
        (
            (
                "{podSelector: {matchLabels: null}, ingress: [{from: [{podSelector: "
                "{matchLabels: {}}}]}]}"
            ),
        ),
        open=("shop/db -> shop/web",),
        shut=("bank/teller -> shop/web",),
    ),
    "22 NotIn matches where the key is missing": Case(
        (
            (
                "{ingress: [{from: [{podSelector: {matchExpressions: "
                "[{key: tier, operator: NotIn, values: [back]}]}}]}]}"
            ),
        ),
        open=("shop/web -> shop/late", "shop/late -> shop/web"),
        shut=("shop/db -> shop/web",),
        also=(pod("shop/late", "10.0.0.9"),),
    ),
    "23 DoesNotExist matches unlabelled namespaces": Case(
        (
            (
                "{ingress: [{from: [{namespaceSelector: {matchExpressions: "
                "[{key: team, operator: DoesNotExist}]}}]}]}"
            ),
        ),
        open=("tools/ci -> shop/web", "shop/db -> shop/web"),
        shut=("bank/teller -> shop/web",),
        also=(pod("tools/ci", "10.0.2.1"),),
    ),
    "24 matchLabels and matchExpressions must both hold": Case(
        (
            (
                "{ingress: [{from: [{podSelector: {matchLabels: {app: db}, matchExpressions: "
                "[{key: tier, operator: In, values: [front]}]}}]}]}"
            ),
        ),
        open=("shop/db2 -> shop/web",),
        shut=("shop/db -> shop/web",),
        also=(pod("shop/db2", "10.0.0.9", "app=db tier=front"),),
    ),
    "25 a podSelector alone means the policy's namespace": Case(
        ("{ingress: [{from: [{podSelector: {matchLabels: {app: teller}}}]}]}",),
        shut=("bank/teller -> shop/web", "shop/db -> shop/web"),
    ),
    "26 an empty podSelector is the own namespace, not the cluster": Case(
        ("{ingress: [{from: [{podSelector: {}}]}]}",),
        open=("shop/db -> shop/web",),
        shut=("bank/teller -> shop/web", "8.8.8.8 -> shop/web"),
    ),
    "26b equal rules of two namespaces mean two namespaces": Case(
        ("{ingress: [{from: [{podSelector: {}}]}]}",),
        open=("shop/db -> shop/web", "bank/clerk -> bank/teller"),
        shut=("bank/teller -> shop/web", "shop/web -> bank/teller"),
        also=(
            policy("bank/p", "{ingress: [{from: [{podSelector: {}}]}]}"),
            pod("bank/clerk", "10.0.1.9"),
        ),
    ),
    "27 an empty namespaceSelector is every pod, nobody outside, no host": Case(
        (FROM_ALL_PODS,),
        open=("bank/teller -> shop/web", "shop/db -> shop/web"),
        shut=("8.8.8.8 -> shop/web", "bank/proxy -> shop/web"),
        also=(host("bank/proxy", "192.168.0.1", "n1"),),
    ),
    "28 both selectors in one entry must both hold": Case(
        (
            (
                "{ingress: [{from: [{namespaceSelector: {matchLabels: {team: money}}, "
                "podSelector: {matchLabels: {app: clerk}}}]}]}"
            ),
        ),
        open=("bank/clerk -> shop/web",),
        shut=("bank/teller -> shop/web", "shop/clerk -> shop/web"),
        also=(pod("bank/clerk", "10.0.1.9", "app=clerk"), pod("shop/clerk", "10.0.0.9")),
    ),
    "29 two entries: either is enough": Case(
        (
            (
                "{ingress: [{from: [{namespaceSelector: {matchLabels: {team: money}}}, "
                "{podSelector: {matchLabels: {app: db}}}]}]}"
            ),
        ),
        open=("bank/teller -> shop/web", "shop/db -> shop/web"),
        shut=("shop/web2 -> shop/web",),
        also=(pod("shop/web2", "10.0.0.9"),),
    ),
    "30 a namespace label admits every namespace that carries it": Case(
        ("{ingress: [{from: [{namespaceSelector: {matchLabels: {team: money}}}]}]}",),
        open=("bank/teller -> shop/web", "casino/bot -> shop/web"),
        shut=("tools/ci -> shop/web",),
        also=(
            pod("casino/bot", "10.0.3.1"),
            namespace("casino", "team=money"),
            pod("tools/ci", "10.0.2.1"),
        ),
    ),
    "31 the own namespace without that label is cut off": Case(
        ("{ingress: [{from: [{namespaceSelector: {matchLabels: {team: money}}}]}]}",),
        shut=("shop/db -> shop/web",),
    ),
    "32 metadata.name is exactly that namespace": Case(
        (
            (
                "{ingress: [{from: [{namespaceSelector: "
                "{matchLabels: {kubernetes.io/metadata.name: bank}}}]}]}"
            ),
        ),
        open=("bank/teller -> shop/web",),
        shut=("shop/db -> shop/web", "bank2/teller -> shop/web"),
        also=(pod("bank2/teller", "10.0.3.1"),),
    ),
    "33 a label added to a namespace opens": Case(
        ("{ingress: [{from: [{namespaceSelector: {matchLabels: {vip: 'yes'}}}]}]}",),
        open=("tools/ci -> shop/web",),
        shut=("bank/teller -> shop/web",),
        also=(pod("tools/ci", "10.0.2.1"), namespace("tools", "vip=yes")),
    ),
    "34 a selector that matches no namespace today is shut today": Case(
        ("{ingress: [{from: [{namespaceSelector: {matchLabels: {vip: 'yes'}}}]}]}",),
        shut=("bank/teller -> shop/web", "shop/db -> shop/web"),
    ),
    "35 0.0.0.0/0 is all of IPv4, pods included, and no IPv6": Case(
        ("{ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}",),
        open=("8.8.8.8 -> shop/web", "bank/teller -> shop/web"),
        shut=("2001:db8::1 -> shop/six",),
        also=(pod("shop/six", "fd00::1"),),
    ),
    "36 ::/0 is all of IPv6 and no IPv4": Case(
        ("{ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]}",),
        open=("2001:db8::1 -> shop/six",),
        shut=("8.8.8.8 -> shop/web", "bank/teller -> shop/web"),
        also=(pod("shop/six", "fd00::1"),),
    ),
    "37 0.0.0.0/0 except the metadata address": Case(
        ("{egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]}",),
        open=("shop/web -> 8.8.8.8", "shop/web -> 169.254.169.253"),
        shut=("shop/web -> 169.254.169.254",),
    ),
    "38 the same, and a second policy opens port 80 to it": Case(
        (
            "{egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]}",
            "{egress: [{ports: [{port: 80}]}]}",
        ),
        open=("shop/web -> 169.254.169.254 TCP/80",),
        shut=("shop/web -> 169.254.169.254 TCP/81",),
    ),
    "39 a second block adds again what an except took": Case(
        (
            (
                "{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.1.0/24]}}, "
                "{ipBlock: {cidr: 10.0.1.1/32}}]}]}"
            ),
        ),
        open=("shop/web -> bank/teller",),
        shut=("shop/web -> 10.0.1.2",),
    ),
    "40 several excepts, exact to the first and last address": Case(
        (
            (
                "{egress: [{to: [{ipBlock: {cidr: 20.0.0.0/8, "
                "except: [20.1.0.0/16, 20.3.0.0/16, 20.0.0.0/32]}}]}]}"
            ),
        ),
        open=("shop/web -> 20.0.0.1", "shop/web -> 20.0.255.255", "shop/web -> 20.2.0.0"),
        shut=(
            "shop/web -> 20.0.0.0",
            "shop/web -> 20.1.0.0",
            "shop/web -> 20.1.255.255",
            "shop/web -> 20.3.255.255",
            "shop/web -> 21.0.0.0",
        ),
    ),
    "41 excepts that cover the block leave nothing": Case(
        ("{egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/9, 10.128.0.0/9]}}]}]}",),
        shut=("shop/web -> 10.9.9.9", "shop/web -> shop/db"),
    ),
    "42 two halves of the address space are the world": Case(
        ("{ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}]}]}",),
        open=("8.8.8.8 -> shop/web", "200.0.0.1 -> shop/web", "bank/teller -> shop/web"),
    ),
    "43 host bits in a CIDR are dropped": Case(
        ("{ingress: [{from: [{ipBlock: {cidr: 20.1.2.3/16}}]}]}",),
        open=("20.1.0.0 -> shop/web", "20.1.255.255 -> shop/web"),
        shut=("20.2.0.0 -> shop/web",),
    ),
    "44 a block of a pod's address is that pod": Case(
        ("{ingress: [{from: [{ipBlock: {cidr: 10.0.1.1/32}}]}]}",),
        open=("bank/teller -> shop/web",),
        shut=("shop/db -> shop/web",),
    ),
    "45 a port without a protocol is TCP": Case(
        ("{egress: [{ports: [{port: 53}]}]}",),
        open=("shop/web -> 8.8.8.8 TCP/53",),
        shut=("shop/web -> 8.8.8.8 UDP/53", "shop/web -> 8.8.8.8 SCTP/53"),
    ),
    "46 a protocol without a port is all its ports": Case(
        ("{ingress: [{ports: [{protocol: UDP}]}]}",),
        open=("8.8.8.8 -> shop/web UDP/1", "8.8.8.8 -> shop/web UDP/65535"),
        shut=("8.8.8.8 -> shop/web TCP/1",),
    ),
    "47 endPort is part of the range": Case(
        ("{ingress: [{ports: [{port: 80, endPort: 82}]}]}",),
        open=("8.8.8.8 -> shop/web TCP/80", "8.8.8.8 -> shop/web TCP/82"),
        shut=("8.8.8.8 -> shop/web TCP/79", "8.8.8.8 -> shop/web TCP/83"),
    ),
    "48 a named port is what each destination calls so": Case(
        ("{ingress: [{ports: [{port: http}]}]}",),
        open=("8.8.8.8 -> shop/web TCP/80", "8.8.8.8 -> shop/db TCP/8080"),
        shut=("8.8.8.8 -> shop/web TCP/8080", "8.8.8.8 -> shop/db TCP/80"),
    ),
    "48b the same for egress, in other namespaces too": Case(
        (
            (
                "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: "
                "[{ports: [{port: http}]}]}"
            ),
        ),
        open=("shop/web -> shop/db TCP/8080", "shop/web -> tools/ci TCP/9000"),
        shut=("shop/web -> shop/db TCP/80", "shop/web -> bank/teller TCP/80"),
        also=(pod("tools/ci", "10.0.2.1", ports="http=TCP/9000"),),
    ),
    "48c a name and a number in one egress rule": Case(
        (
            (
                "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: "
                "[{ports: [{port: http}, {port: 9}]}]}"
            ),
        ),
        open=("shop/web -> shop/db TCP/8080", "shop/web -> shop/db TCP/9", "shop/web -> 8.8.8.8"),
        shut=("shop/web -> shop/db TCP/80", "shop/web -> 8.8.8.8 TCP/8080"),
    ),
    "49 a name under another protocol is no match": Case(
        ("{ingress: [{ports: [{port: dns, protocol: TCP}]}]}",),
        shut=("8.8.8.8 -> shop/web TCP/53", "8.8.8.8 -> shop/web UDP/53"),
    ),
    "50 a name that the pod does not have is no match": Case(
        ("{ingress: [{ports: [{port: metrics}]}]}",),
        shut=("8.8.8.8 -> shop/web",),
    ),
    "51 a named port towards an outside address is no match": Case(
        (
            (
                "{policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], "
                "ports: [{port: http}]}]}"
            ),
        ),
        open=("shop/web -> shop/db TCP/8080",),
        shut=("shop/web -> 8.8.8.8 TCP/80", "shop/web -> 8.8.8.8 TCP/8080"),
    ),
    "51b a named port of a host-network pod is not its node's": Case(
        ("{egress: [{ports: [{port: http}]}]}",),
        shut=("shop/web -> bank/proxy TCP/80",),
        also=(pod("bank/proxy", "192.168.0.1", ports="http=TCP/80", host_network=True, node="n1"),),
    ),
    "52 an SCTP rule opens no TCP and isolates": Case(
        ("{ingress: [{ports: [{protocol: SCTP, port: 80}]}]}",),
        open=("8.8.8.8 -> shop/web SCTP/80",),
        shut=("8.8.8.8 -> shop/web TCP/80",),
    ),
    "53 a UDP rule opens no TCP": Case(
        ("{ingress: [{ports: [{protocol: UDP, port: 80}]}]}",),
        open=("8.8.8.8 -> shop/web UDP/80",),
        shut=("8.8.8.8 -> shop/web TCP/80",),
    ),
    "54 all of TCP is not everything": Case(
        ("{ingress: [{ports: [{port: 1, endPort: 65535}]}]}",),
        open=("8.8.8.8 -> shop/web TCP",),
        shut=("8.8.8.8 -> shop/web UDP", "8.8.8.8 -> shop/web SCTP"),
    ),
    "56 a host-network pod is not bound by a policy that selects it": Case(
        (NO_INGRESS, NO_EGRESS),
        open=("bank/teller -> shop/agent", "shop/agent -> bank/teller"),
        also=(host("shop/agent", "192.168.0.1", "n1"),),
    ),
    "57 a host-network client is in no namespaceSelector or podSelector": Case(
        ("{ingress: [{from: [{namespaceSelector: {}}, {podSelector: {}}]}]}",),
        shut=("shop/agent -> shop/web", "192.168.0.1 -> shop/web"),
        also=(host("shop/agent", "192.168.0.1", "n1"),),
    ),
    "58 a host-network client is in the block of its node": Case(
        ("{ingress: [{from: [{ipBlock: {cidr: 192.168.0.0/16}}]}]}",),
        open=("shop/agent -> shop/web", "192.168.0.1 -> shop/web"),
        shut=("shop/db -> shop/web",),
        also=(host("shop/agent", "192.168.0.1", "n1"),),
    ),
    "60 a node always reaches its own pods, and only those": Case(
        (NO_INGRESS,),
        open=("bank/proxy -> shop/near", "192.168.0.1 -> shop/near"),
        shut=("bank/proxy -> shop/far", "192.168.0.1 -> shop/far", "bank/proxy -> shop/web"),
        also=(
            host("bank/proxy", "192.168.0.1", "n1"),
            pod("shop/near", "10.0.0.8", node="n1"),
            pod("shop/far", "10.0.0.9", node="n2"),
        ),
    ),
    "60b but its own pods do not always reach the node": Case(
        (NO_EGRESS,),
        shut=("shop/near -> bank/proxy", "shop/near -> 192.168.0.1"),
        also=(
            host("bank/proxy", "192.168.0.1", "n1"),
            pod("shop/near", "10.0.0.8", node="n1"),
        ),
    ),
    "61 a pod always reaches itself": Case(
        (NO_INGRESS, NO_EGRESS), open=("shop/web -> shop/web", "10.0.0.1 -> shop/web")
    ),
    "63 a Pending pod without an address: its selectors count": Case(
        ("{ingress: [{from: [{podSelector: {matchLabels: {app: late}}}]}]}",),
        open=("shop/late -> shop/web",),
        shut=("shop/db -> shop/late", "8.8.8.8 -> shop/late"),
        also=(pod("shop/late", "", "app=late", phase=Phase.PENDING),),
    ),
    "82 an egress allow-list without DNS cuts DNS": Case(
        ("{egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}",),
        shut=("shop/web -> kube-system/dns UDP/53", "shop/web -> kube-system/dns TCP/53"),
        also=(pod("kube-system/dns", "10.0.4.1", "k8s-app=kube-dns"),),
    ),
    "83 DNS opened to its pods: these ports and no others": Case(
        (
            (
                "{egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: "
                "kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], "
                "ports: [{port: 53, protocol: UDP}, {port: 53}]}]}"
            ),
        ),
        open=("shop/web -> kube-system/dns UDP/53", "shop/web -> kube-system/dns TCP/53"),
        shut=(
            "shop/web -> kube-system/dns TCP/9153",
            "shop/web -> kube-system/other UDP/53",
            "shop/web -> 8.8.8.8 UDP/53",
        ),
        also=(
            pod("kube-system/dns", "10.0.4.1", "k8s-app=kube-dns"),
            pod("kube-system/other", "10.0.4.2"),
        ),
    ),
    "84 'allow external' on a port opens it to every pod too": Case(
        ("{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 80}]}]}",),
        open=("8.8.8.8 -> shop/web TCP/80", "bank/teller -> shop/web TCP/80"),
        shut=("bank/teller -> shop/web TCP/22",),
    ),
    "95 the same policy twice is the same": Case(
        (FROM_ALL_PODS, FROM_ALL_PODS),
        open=("bank/teller -> shop/web",),
        shut=("8.8.8.8 -> shop/web",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_api_is_read_as_it_is_written(name: str) -> None:
    case = CASES[name]
    policies = (policy(f"shop/p{number}", spec) for number, spec in enumerate(case.specs))
    isolation = analyse(cluster(*STAGE, *policies, *case.also))
    expected = dict.fromkeys(case.open, ALLOW) | dict.fromkeys(case.shut, DENY)

    assert expected == {asked: decided(isolation, asked) for asked in expected}


def test_18_only_the_policies_there_are_now_count() -> None:
    shut = cluster(*STAGE, policy("shop/p", NO_INGRESS))
    updated = cluster(*STAGE, policy("shop/p", FROM_ALL_PODS))
    way = "bank/teller -> shop/web"

    assert [DENY, ALLOW, ALLOW] == [decided(s, way) for s in (shut, updated, cluster(*STAGE))]


def test_59_a_completed_pod_is_nobody_and_its_address_is_free() -> None:
    spec = "{ingress: [{from: [{podSelector: {matchLabels: {app: job}}}]}]}"
    job = done("shop/job", "10.0.0.7", "app=job")
    heir = pod("bank/heir", "10.0.0.7", "app=heir")
    alone = analyse(cluster(*STAGE, job, policy("shop/p", spec)))
    both = analyse(cluster(*STAGE, job, heir, policy("shop/p", spec)))

    assert DENY == decided(alone, "10.0.0.7 -> shop/web")
    assert DENY == decided(both, "10.0.0.7 -> shop/web")
    assert ("bank", "heir") in both.classes_of
    assert ("shop", "job") not in both.classes_of
