"""What judging finds: one outcome a rule and namespace, findings for all that is not a PASS."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.manifests import Manifest
from seawall.model.policies import ObjectRef, Where
from seawall.model.sight import Sight


class Verdict(StrEnum):
    """The answer of a rule. UNKNOWN is never a PASS."""

    PASS = "pass"  # noqa: S105  a verdict, no password
    UNKNOWN = "unknown"
    FAIL = "fail"


class Severity(StrEnum):
    """How much a FAIL matters, least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Its place in the order, 0 the least."""
        return tuple(Severity).index(self)

    @property
    def graver(self) -> "Severity":
        """The next one up; there is nothing above critical."""
        return tuple(Severity)[min(self.rank + 1, len(Severity) - 1)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The object and field that decided, and what it says in a sentence."""

    where: Where
    says: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What to do about it, in a sentence, and a manifest to start from where there is one."""

    text: str
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not right, or that could not be judged, in one namespace of a cluster.

    Attributes:
        facet: Tells findings of one rule and namespace apart (a direction, a peer class).
        subject: The object a lint finding is about; None for findings about a namespace's pods.
        pods: `namespace/name` of the pods concerned today; no part of the identity.
        fingerprint: Depends only on rule, cluster, namespace, subject and facet.
    """

    rule: str
    severity: Severity
    verdict: Verdict
    cluster: ClusterKey
    uid: Sight[ClusterUid]
    namespace: str
    facet: str
    subject: ObjectRef | None
    summary: str
    pods: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    fix: Fix
    controls: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict of one rule on one namespace; an empty namespace stands for the whole cluster."""

    rule: str
    namespace: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()


def fingerprint(*identity: str) -> str:
    """128 bits in hex over a finding's identity: rule, cluster, namespace, subject, facet."""
    return hashlib.sha256("\0".join(identity).encode()).hexdigest()[:32]
