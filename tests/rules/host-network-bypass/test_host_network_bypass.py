from collections.abc import Callable

import pytest

from seawall.judge.rules.host_network_bypass import RULE
from seawall.model.finding import Outcome, Verdict
from seawall.model.snapshot import Snapshot

PASS, UNKNOWN, FAIL = Verdict.PASS, Verdict.UNKNOWN, Verdict.FAIL

Shop = Callable[..., Snapshot]
Ask = Callable[..., Outcome]
Blind = Callable[[Snapshot, str], Snapshot]


def agents(*numbers: int, phase: str = "Running", host: str = "true") -> str:
    """Pods on the host network."""
    return "\n---\n".join(
        f"{{apiVersion: v1, kind: Pod, metadata: {{namespace: shop, name: agent-{number}}}, "
        f"spec: {{hostNetwork: {host}, containers: [{{name: c}}]}}, status: {{phase: {phase}}}}}"
        for number in numbers
    )


DAEMON_SET = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {namespace: shop, name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {hostNetwork: true, containers: [{name: c}]}
"""


@pytest.mark.parametrize(
    "also, pods, what",
    [
        pytest.param(agents(1), ("shop/agent-1",), "shop/agent-1", id="one"),
        pytest.param(agents(2, 1), ("shop/agent-1", "shop/agent-2"), "2 pods", id="two, in order"),
        pytest.param(
            agents(1, phase="Pending"), ("shop/agent-1",), "shop/agent-1", id="still to start"
        ),
        pytest.param(DAEMON_SET, ("shop/agent",), "shop/agent", id="the pod of a workload"),
    ],
)
def test_pods_on_the_host_network_fail(
    shop: Shop, ask: Ask, also: str, pods: tuple[str, ...], what: str
) -> None:
    outcome = ask(shop("{podSelector: {}}", also=also), RULE)
    [finding] = outcome.findings

    assert (FAIL, pods) == (outcome.verdict, finding.pods)
    assert f"NetworkPolicy does not bind {what} on the host network" == finding.summary


@pytest.mark.parametrize(
    "also",
    [
        pytest.param("", id="none"),
        pytest.param(agents(1, host="false"), id="told not to be"),
        pytest.param(agents(1, phase="Succeeded"), id="completed"),
        pytest.param(agents(1, phase="Failed"), id="failed for good"),
    ],
)
def test_pods_with_a_network_of_their_own_pass(shop: Shop, ask: Ask, also: str) -> None:
    assert PASS is ask(shop(also=also), RULE).verdict


def test_pods_of_another_namespace_do_not_count(shop: Shop, ask: Ask) -> None:
    assert PASS is ask(shop(also=agents(1)), RULE, "bank").verdict


@pytest.mark.parametrize(
    "how, verdict",
    [
        ("pods cannot be listed", UNKNOWN),
        ("a pod here is broken", UNKNOWN),
        ("an object of nowhere is broken", UNKNOWN),
        ("policies cannot be listed", PASS),
        ("namespaces cannot be listed", PASS),
        ("a policy elsewhere is broken", PASS),
    ],
)
def test_a_pass_seen_less_well(
    shop: Shop, ask: Ask, blind: Blind, how: str, verdict: Verdict
) -> None:
    assert verdict is ask(blind(shop(), how), RULE).verdict


def test_a_finding_is_the_same_whatever_becomes_of_its_pods(shop: Shop, ask: Ask) -> None:
    found = [ask(shop(also=also), RULE).findings[0] for also in (agents(1), agents(3, 2))]

    assert 1 == len({finding.fingerprint for finding in found})
