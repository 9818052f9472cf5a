"""What nothing carries out is told, what is carried out is not; the rest is UNKNOWN."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.planes import daemon_set, facts
from tests.unit.analyse.hand_made import cluster, pod

from seawall.analyse.isolation import analyse
from seawall.judge.judging import WHOLE_CLUSTER, judge
from seawall.judge.rules.policy_inert import RULE
from seawall.model.admin import AdminPods, AdminPolicy
from seawall.model.cilium import CiliumPolicy
from seawall.model.dialects import Dialects
from seawall.model.enforcement import PlaneFacts
from seawall.model.finding import Outcome, Verdict
from seawall.model.policies import BOTH, Stage, UnmodelledKind
from seawall.model.selector import EVERYTHING
from seawall.model.sight import Seen, Sight, Unseen
from seawall.model.snapshot import Origin, Snapshot

PASS, UNKNOWN, FAIL = Verdict
Change = Callable[[Snapshot], Snapshot]

CILIUM = Seen(facts(daemon_set("kube-system/cilium", "cilium-agent=quay.io/cilium/cilium:v1.18.2")))
CALICO = Seen(facts(daemon_set("calico-system/calico-node", "calico-node=calico/node:v3.30.1")))
NEWER = Seen(facts(daemon_set("calico-system/calico-node", "calico-node=calico/node:v3.32.0")))
FLANNEL = Seen(facts(daemon_set("kube-system/kube-flannel-ds", "kube-flannel=flannel:v0.27")))

L7 = Dialects(cilium=(CiliumPolicy("shop", "l7"),))
REFUSED = Dialects(cilium=(CiliumPolicy("shop", "l7", inert="it is not valid"),))
EVERYBODY = AdminPods(EVERYTHING, EVERYTHING)
GUARD = Dialects(admin=(AdminPolicy("AdminNetworkPolicy", "guard", Stage.BEFORE, 1, EVERYBODY),))


def judged(plane: Sight[PlaneFacts], dialects: Dialects, home: str, **changes: object) -> Outcome:
    found = replace(cluster(pod("shop/web", "10.0.0.1"), **changes), data_plane=plane)
    isolation = analyse(replace(found, dialects=dialects))
    [outcome] = (each for each in judge(isolation, (RULE,)) if each.namespace == home)
    return outcome


@pytest.mark.parametrize(
    "plane, dialects, home, verdict",
    [
        pytest.param(CILIUM, L7, "shop", PASS, id="Cilium with Cilium"),
        pytest.param(CALICO, L7, "shop", FAIL, id="Cilium's on Calico"),
        pytest.param(FLANNEL, L7, "shop", FAIL, id="where nothing enforces anything"),
        pytest.param(CILIUM, REFUSED, "shop", FAIL, id="refused by Cilium itself"),
        pytest.param(Unseen("403"), L7, "shop", UNKNOWN, id="the data plane is not known"),
        pytest.param(CALICO, L7, WHOLE_CLUSTER, PASS, id="told in its own namespace only"),
        pytest.param(CALICO, GUARD, WHOLE_CLUSTER, PASS, id="Calico 3.30 has AdminNetworkPolicy"),
        pytest.param(NEWER, GUARD, WHOLE_CLUSTER, FAIL, id="Calico 3.32 has it no more"),
        pytest.param(NEWER, GUARD, "shop", PASS, id="it is in no namespace"),
        pytest.param(FLANNEL, Dialects(), WHOLE_CLUSTER, PASS, id="nothing there"),
    ],
)
def test_what_nothing_carries_out_is_told(
    plane: Sight[PlaneFacts], dialects: Dialects, home: str, verdict: Verdict
) -> None:
    found = judged(plane, dialects, home)

    assert verdict is found.verdict
    assert (verdict is PASS) == (not found.findings)


def test_the_finding_names_the_policy_and_who_does_not_carry_it_out() -> None:
    [finding] = judged(CALICO, L7, "shop").findings

    assert (
        "CiliumNetworkPolicy shop/l7 does nothing here: calico does not carry out "
        "CiliumNetworkPolicy.cilium.io: it is inert"
    ) == finding.summary
    assert "CiliumNetworkPolicy shop/l7" == str(finding.subject)


@pytest.mark.parametrize("home", ["shop", WHOLE_CLUSTER])
def test_policies_that_could_not_be_listed_may_be_inert(home: str) -> None:
    closed = UnmodelledKind(
        "cilium.io", "ciliumnetworkpolicies", Unseen("403"), BOTH, Stage.BEFORE, binds_hosts=False
    )

    found = judged(CALICO, Dialects(), home, unmodelled=Seen((closed,)))

    assert UNKNOWN is found.verdict


def test_manifests_are_not_asked() -> None:
    found = replace(cluster(pod("shop/web", "10.0.0.1")), origin=Origin.MANIFESTS, dialects=L7)

    assert () == judge(analyse(found), (RULE,))
