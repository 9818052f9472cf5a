from datetime import UTC, datetime

import pytest

from seawall.cli.exits import Exit
from seawall.cli.scanning import exit_code
from seawall.collect.manifests import STDIN, read_manifests
from seawall.flow.sources import judged
from seawall.model.cluster import ClusterKey
from seawall.model.finding import Severity, Verdict
from seawall.model.sight import Seen, Skipped, Unseen
from seawall.report.findings import Results

POD = b"""
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: web}]}
"""
POLICIES = b"""
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
STRANGER = b"""
---
apiVersion: k8s.ovn.org/v1
kind: UserDefinedNetwork
metadata: {name: c, namespace: other}
spec: {topology: Layer3}
"""
LOST, AGAIN = Unseen("nobody answers"), Skipped("the same cluster")
Sights = tuple[object, ...]


def of(*results: object) -> Results:
    """Results of sources called 0, 1, 2 ...; bytes stand for what their manifests hold."""

    def one(result: object) -> object:
        if not isinstance(result, bytes):
            return result
        now = datetime(2026, 1, 1, tzinfo=UTC)
        return Seen(judged(read_manifests([STDIN], now=now, stdin=result)))

    return [(ClusterKey(str(n)), one(each)) for n, each in enumerate(results)]  # type: ignore[misc]


@pytest.mark.parametrize(
    "results, fail_on, max_unknown, code",
    [
        pytest.param((), "high", 9, Exit.INCOMPLETE, id="nothing was asked"),
        pytest.param((LOST,), "high", 9, Exit.INCOMPLETE, id="nothing was seen"),
        pytest.param((AGAIN,), "high", 9, Exit.INCOMPLETE, id="everything was skipped"),
        pytest.param((POD,), "high", 0, Exit.FINDINGS, id="a finding"),
        pytest.param((POD,), "critical", 0, Exit.OK, id="a lesser finding"),
        pytest.param((POD,), "never", 0, Exit.OK, id="no gate"),
        pytest.param((POD + POLICIES,), "high", 0, Exit.OK, id="isolated"),
        pytest.param((POD, LOST), "high", 0, Exit.INCOMPLETE, id="one unseen beats findings"),
        pytest.param((POD, LOST), "high", 1, Exit.FINDINGS, id="one unseen is allowed"),
        pytest.param((POD, LOST, LOST), "high", 1, Exit.INCOMPLETE, id="two are too many"),
        pytest.param((POD, LOST), "never", 0, Exit.INCOMPLETE, id="no gate, still incomplete"),
        pytest.param((POD, AGAIN), "critical", 0, Exit.OK, id="a cluster known already"),
        pytest.param((POD + STRANGER,), "high", 0, Exit.INCOMPLETE, id="unknown beats findings"),
        pytest.param((POD + STRANGER,), "high", 99, Exit.FINDINGS, id="unknown is allowed"),
    ],
)
def test_incomplete_beats_findings_and_findings_beat_clean(
    results: Sights, fail_on: str, max_unknown: int, code: Exit
) -> None:
    assert code is exit_code(of(*results), fail_on, max_unknown)


def test_exactly_as_much_unknown_as_allowed_is_allowed() -> None:
    results = of(POD + STRANGER, LOST)
    [(_, seen), _] = results
    assert isinstance(seen, Seen)
    unknown = seen.value.count(Verdict.UNKNOWN) + 1

    assert Exit.INCOMPLETE is exit_code(results, "never", unknown - 1)
    assert Exit.OK is exit_code(results, "never", unknown)


@pytest.mark.parametrize("severity", list(Severity))
def test_a_gate_lets_through_only_what_is_below(severity: Severity) -> None:
    results = of(POD)
    [(_, seen)] = results
    assert isinstance(seen, Seen)
    grave = any(
        f.verdict is Verdict.FAIL and f.severity.rank >= severity.rank for f in seen.value.findings
    )

    assert (Exit.FINDINGS if grave else Exit.OK) is exit_code(results, str(severity), 0)
