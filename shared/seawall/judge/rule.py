"""What a rule is: an id, a severity, a title, and one pure function."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from seawall.judge.view import NamespaceView
from seawall.model.finding import Evidence, Fix, Severity, Verdict
from seawall.model.policies import ObjectRef


class Kind(StrEnum):
    """A resource kind that a rule's PASS rests on."""

    NAMESPACES = "namespaces"
    PODS = "pods"
    NODES = "nodes"
    NETWORK_POLICIES = "network_policies"
    OTHER_POLICIES = "policies_of_other_kinds"


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a check yields: something that fails, or that cannot be told.

    `graver`: one step above the severity of its rule, as something outside leads there.
    """

    verdict: Verdict
    summary: str
    fix: Fix
    pods: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    subject: ObjectRef | None = None
    facet: str = ""
    graver: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: Kebab-case; names the file, the test folder and the doc page too.
        severity: Of its FAIL.
        title: What is wrong when it fails, in a sentence.
        controls: Ids in public benchmarks, as "CIS Kubernetes 5.3.2".
        needs: Kinds without which there is no PASS.
        check: Yields the flaws of one namespace; nothing is a PASS.
        live_only: It asks what manifests do not tell, and is not asked of them.
        clusterwide: It has a verdict on what is in no namespace, too.
    """

    id: str
    severity: Severity
    title: str
    controls: tuple[str, ...]
    needs: frozenset[Kind]
    check: Callable[[NamespaceView], Iterator[Flaw]]
    live_only: bool = False
    clusterwide: bool = False
