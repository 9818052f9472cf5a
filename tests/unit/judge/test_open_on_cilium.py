"""What is open to everybody on Cilium, where no block means a node."""

from dataclasses import replace
from typing import Any

import pytest
from tests.planes import daemon_set, facts, node
from tests.unit.analyse.hand_made import cluster, pod

from seawall.analyse.isolation import analyse
from seawall.collect.cilium import cilium_policy
from seawall.judge.judging import judge
from seawall.judge.rules.allow_all_ingress import RULE
from seawall.model.addresses import ip
from seawall.model.cilium import CiliumPolicy
from seawall.model.dialects import Dialects
from seawall.model.finding import Verdict
from seawall.model.sight import Seen

PASS, UNKNOWN, FAIL = Verdict
AGENT = daemon_set("kube-system/cilium", "cilium-agent=quay.io/cilium/cilium:v1.18.2")
HALVES = [{"cidr": "0.0.0.0/1"}, {"cidr": "128.0.0.0/1"}]
HOLE = [{"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}]


@pytest.mark.parametrize(
    "rule, verdict",
    [
        pytest.param({"fromCIDR": ["0.0.0.0/0"]}, FAIL, id="every address"),
        pytest.param({"fromCIDRSet": HALVES}, FAIL, id="its two halves"),
        pytest.param({"fromEntities": ["world-ipv4"]}, FAIL, id="the world"),
        pytest.param({"fromCIDRSet": HOLE}, PASS, id="all but one"),
        pytest.param({"fromCIDR": ["10.0.0.0/8"]}, PASS, id="a private range"),
    ],
)
def test_everybody_but_the_nodes_is_everybody(rule: dict[str, Any], verdict: Verdict) -> None:
    spec = {"endpointSelector": {}, "ingress": [rule]}
    document = {"metadata": {"name": "c", "namespace": "shop"}, "spec": spec}
    policy = cilium_policy("CiliumNetworkPolicy", document)
    assert isinstance(policy, CiliumPolicy)
    found = cluster(
        pod("shop/web", "10.0.0.1", node="n1"),
        data_plane=Seen(facts(AGENT, cilium="cluster-name=x")),
        nodes=Seen((replace(node("n1"), addresses=(ip("192.168.0.1"),)),)),
        dialects=Dialects(cilium=(policy,)),
    )

    [outcome] = (each for each in judge(analyse(found), (RULE,)) if each.namespace == "shop")

    assert verdict is outcome.verdict
