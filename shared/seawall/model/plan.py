"""Changes to a cluster as data: what would be written, what it would cut, what forbids it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.manifests import Manifest
from seawall.model.messages import RunId

PlanId = NewType("PlanId", str)
"""A digest of everything a plan says: two plans with one id are one plan."""


class Mode(StrEnum):
    """How far Seawall may go at a cluster, least first. The lower of fleet and cluster wins."""

    OBSERVE = "observe"
    PROPOSE = "propose"
    APPROVE = "approve"
    """Behaves as propose until approvals exist."""
    AUTO = "auto"

    @property
    def rank(self) -> int:
        """Its place in the order, 0 the least."""
        return tuple(Mode).index(self)


@dataclass(frozen=True, slots=True, order=True)
class Path:
    """Connections that are open and would be cut.

    Attributes:
        source: Pods, addresses or nodes in words: `shop/deployment/web`, `any address`, ...
        destination: The workload that could be reached.
        ports: In words: `TCP 80`, `all ports`.
        live: There are pods at both ends today; the rest is who might come.
    """

    source: str
    destination: str
    ports: str
    live: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """One object to add to one namespace, worked out from one reading of the cluster.

    Attributes:
        id: Digest of all other fields.
        name: Of the NetworkPolicy.
        manifest: The NetworkPolicy; it carries the plan's id as an annotation once applied.
        fingerprints: The findings it mends.
        cuts: Paths that would be cut, sorted; none where nobody can be reached.
        pods: How many pods run in the namespace.
        workloads: Workloads of the namespace, those without a running pod now included.
        refusals: Why it must not be applied, not even by a person; empty: it may.
        basis: Digest of what the plan rests on (the policies and services that bear on it).
        namespace_life: `Namespace.life`: one that is made anew under this name is another one.
        held: Why it is not applied unattended, though nothing would be cut; a person may.
    """

    id: PlanId
    cluster: ClusterKey
    uid: ClusterUid
    namespace: str
    name: str
    manifest: Manifest
    fingerprints: tuple[str, ...]
    cuts: tuple[Path, ...]
    pods: int
    workloads: tuple[str, ...]
    refusals: tuple[str, ...]
    basis: str
    namespace_life: str = ""
    held: tuple[str, ...] = ()

    @property
    def safe_unattended(self) -> bool:
        """Nothing runs in the namespace or waits to, so that nothing can be cut; it is enforced."""
        return not (self.refusals or self.held or self.cuts or self.pods or self.workloads)


class Stage(StrEnum):
    """Where a plan is. Each step is a conditional write from the one before."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    """The cluster changed, so that another plan, or none, holds for the namespace."""
    APPLYING = "applying"
    """Written down before the cluster is: whoever finds this after a crash looks and goes on."""
    DONE = "done"
    """Applied and verified."""
    UNDOING = "undoing"
    ROLLED_BACK = "rolled-back"
    FAILED = "failed"
    """A person must look: neither applied and verified, nor surely undone."""


NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.PROPOSED: frozenset({Stage.APPLYING, Stage.REFUSED, Stage.SUPERSEDED, Stage.UNDOING}),
    Stage.REFUSED: frozenset({Stage.PROPOSED, Stage.SUPERSEDED, Stage.UNDOING}),
    Stage.SUPERSEDED: frozenset({Stage.PROPOSED, Stage.REFUSED, Stage.UNDOING}),
    Stage.APPLYING: frozenset(
        {Stage.APPLYING, Stage.DONE, Stage.UNDOING, Stage.FAILED, Stage.PROPOSED}
    ),
    Stage.DONE: frozenset({Stage.DONE, Stage.UNDOING, Stage.SUPERSEDED}),
    Stage.UNDOING: frozenset({Stage.UNDOING, Stage.ROLLED_BACK, Stage.FAILED}),
    Stage.ROLLED_BACK: frozenset({Stage.ROLLED_BACK, Stage.SUPERSEDED, Stage.UNDOING}),
    Stage.FAILED: frozenset({Stage.FAILED, Stage.UNDOING, Stage.SUPERSEDED}),
}
"""The steps a plan can take; one to the same stage only changes who holds it.

What waits or is over can become UNDOING: its object may be found in the cluster all the same.
"""


@dataclass(frozen=True, slots=True)
class Applied:
    """What the API server stored: the object's UID, and whether it is ours alone.

    Attributes:
        ours: It was created by this plan, and no other field manager has a word in it.
    """

    uid: str
    resource_version: str
    ours: bool


@dataclass(frozen=True, slots=True)
class Undo:
    """Delete exactly this object, if it is the one that this plan made and ours alone.

    Attributes:
        identity: UID of the cluster's kube-system.
        plan: What made the object.
        uid: Of the object.
    """

    cluster: ClusterKey
    identity: ClusterUid
    plan: PlanId
    namespace: str
    name: str
    uid: str
    why: str


@dataclass(frozen=True, slots=True)
class PlanState:
    """A plan and how far it came.

    Attributes:
        by: Who set it going: `auto`, or the name of a person.
        object_uid: UID of the object it made, once known.
        note: Why it is where it is, in a sentence.
        run: The run in which its namespace was offered, since when one plan has followed another.
        unattended: Nobody set it going; a person may be called `auto` as well.
        for_person: It was tried and did not last, or a person has tried: it is not begun
            unattended.
        holder: The process that is at it, and the attempt; empty: nobody is. Who has ended a plan
            holds it until that was told.
        held_until: Nobody else goes on before that, unless the holder is surely dead; None: it
            was let go.
    """

    plan: Plan
    stage: Stage
    run: RunId
    made_at: datetime
    changed_at: datetime
    by: str = ""
    object_uid: str = ""
    note: str = ""
    unattended: bool = False
    for_person: bool = False
    holder: str = ""
    held_until: datetime | None = None
