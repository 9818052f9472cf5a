"""What the flow needs of the world. SQLite, the cloud and the demo each have an adapter.

Every adapter passes the contract suite of its port (`tests/contract`). All of them raise:
    TryLater: The store is busy or away; nothing was changed, or it is not known whether it was.
    Trouble: The store cannot be used at all (no permission, no space, made by a newer version).
Times are UTC and handed in; no adapter asks a clock what the flow should have told it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.digest import Digest, DigestId, Notice, Untold
from seawall.model.exposure import Exposure
from seawall.model.fleet import ClusterRecord, Sighting
from seawall.model.memory import Memory, Transition
from seawall.model.messages import Message, RunId
from seawall.model.plan import Applied, Mode, Plan, PlanId, PlanState, Stage, Undo
from seawall.model.run import Entry, Run
from seawall.model.sight import Sight
from seawall.model.snapshot import Snapshot
from seawall.model.telling import Teller


class Discovery(Protocol):
    """Looks for clusters in some scopes; a scope that fails is Unseen, the others go on."""

    def look(self, *, now: datetime) -> Iterable[Sighting]:
        """What each scope holds. Never raises for one scope; Trouble: the settings are wrong."""
        ...


class Inventory(Protocol):
    """The clusters that discovery found. Only `observe` writes."""

    def record(self, key: ClusterKey) -> ClusterRecord | None:
        """One cluster."""
        ...

    def records(self) -> tuple[ClusterRecord, ...]:
        """All clusters by key, those that are gone included."""
        ...

    def observe(self, sighting: Sighting, *, now: datetime) -> None:
        """Take in what a scope holds, by a look that began at `now`.

        Seen: its clusters are present, others recorded under this scope are gone. Unseen: those
        recorded under it are stale (gone ones stay gone). `first_seen` never changes, `last_seen`
        never goes back. A cluster that two scopes hold belongs to the one that saw it last.

        Looks are written in any order, and the later one decides: nothing changes in a record that
        a later look has found or missed (`ClusterRecord.heeds`). So an old look takes away nothing
        that was found since, and brings back nothing that was missed since. What nobody knew is
        taken in by any look.

        Where clocks differ, whoever is ahead decides until the others have come as far, at most
        `AHEAD`: what comes or goes meanwhile is found by the first look after that. What lies
        further ahead was decided by a clock that was wrong, and any look decides anew.
        """
        ...


class Outbox(Protocol):
    """Sends messages; each has an id made of what it says, so that a second copy is dropped."""

    def send(self, messages: Iterable[Message], *, now: datetime) -> None:
        """Put them on the queues of their kinds, all or none."""
        ...


class Memories(Protocol):
    """What is remembered of each cluster."""

    def recall(self, key: ClusterKey) -> Memory | None:
        """A cluster's memory; None: it was never met."""
        ...

    def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:
        """Write a memory and its turns together, if `memory.version - 1` is the stored version.

        Also True if the stored one is of this version and was written by this very attempt: its
        answer was lost on the way. False: somebody else wrote it; recall it and begin again.
        """
        ...

    def claim(self, uid: ClusterUid, key: ClusterKey) -> ClusterKey:
        """The key that a cluster is judged under: the first that claimed its UID, maybe `key`."""
        ...


class Fleet(Protocol):
    """All memories at once, for tables and reports."""

    def memories(self) -> tuple[Memory, ...]:
        """Every memory, by key."""
        ...

    def history(self, cluster: ClusterKey | None, most: int) -> tuple[Transition, ...]:
        """The last turns of a cluster, or of all; oldest first, at most `most`."""
        ...


class Runs(Protocol):
    """The runs and their ledger."""

    def begin(self, now: datetime, only: tuple[str, ...] = ()) -> Run:
        """The run that has not ended yet, or a new one; two that begin at once get the same.

        A new one remembers what it was begun for (`Run.only`); whoever joins it changes nothing.
        """
        ...

    def enter(self, entry: Entry) -> None:
        """Write a cluster's end in a run; the first one stands, later ones change nothing."""
        ...

    def entries(self, run: RunId) -> tuple[Entry, ...]:
        """The ledger of a run, by cluster."""
        ...

    def end(self, run: Run) -> bool:
        """End it (`run.ended_at` is set); False: somebody else did already."""
        ...

    def open(self) -> Run | None:
        """The run that has not ended yet."""
        ...

    def last(self) -> Run | None:
        """The run that ended last."""
        ...


class News(Protocol):
    """Turns and notices that no digest has told yet."""

    def note(self, run: RunId, notice: Notice, *, now: datetime) -> None:
        """Keep a notice for the digest of a run; the same words in the same run only once."""
        ...

    def untold(self) -> Untold:
        """What no digest has taken up, oldest first."""
        ...

    def waits(self) -> bool:
        """Whether there is anything to tell: a digest that was not sent, or what none took up."""
        ...

    def draft(self, digest: Digest, untold: Untold, teller: Teller) -> Digest | None:
        """Take up what `digest` was made of, and keep the digest until it was sent.

        A digest that waits to be sent already comes first: it is the answer, and nothing is taken
        up. An empty one takes up what it was made of (nobody need be told), and gives None.

        What is given is the teller's alone for a while (`model.telling.LEASE`): another one gets
        None, and nothing is taken up. Whoever asks when that time is over, or when that teller is
        surely dead, is given the same digest; nobody knows if it was delivered.
        """
        ...

    def sent(self, digest: DigestId) -> None:
        """It was delivered."""
        ...


class Modes(Protocol):
    """How far Seawall may go. Read before every write; what cannot be read allows nothing."""

    def mode(self, key: ClusterKey) -> Mode:
        """The lower of the fleet's ceiling (auto unless set) and the cluster's (observe)."""
        ...

    def set_mode(self, key: ClusterKey | None, mode: Mode) -> None:
        """Set it for a cluster, or the ceiling of the fleet (None)."""
        ...


class Plans(Protocol):
    """Plans and how far they came."""

    def plan(self, plan: PlanId) -> PlanState | None:
        """One plan."""
        ...

    def plans(self, cluster: ClusterKey | None = None) -> tuple[PlanState, ...]:
        """All plans of a cluster, or of the fleet, the oldest first."""
        ...

    def put(self, state: PlanState, *, before: Stage | None, holder: str = "") -> bool:
        """Write where a plan is, if it was at `before` (None: not known yet), held by `holder`.

        False: it was not.
        """
        ...


class Clusters(Protocol):
    """Reads the clusters of the inventory; what cannot be read is Unseen. Raises Trouble alone."""

    def snapshot(self, record: ClusterRecord, *, now: datetime) -> Sight[Snapshot]:
        """What is judged."""
        ...

    def exposed(self, record: ClusterRecord, *, now: datetime) -> Sight[tuple[Snapshot, Exposure]]:
        """The same, and what leads to its pods from outside: what a plan has to know."""
        ...


class Writing(Protocol):
    """The one way anything is written to a cluster; `remediate.apply` is behind it."""

    def look(self, record: ClusterRecord, plan: Plan) -> Applied | None:
        """What it made, if that is there now. Raises as `rehearse`."""
        ...

    def rehearse(self, record: ClusterRecord, plan: Plan) -> None:
        """Let the API server check it and store nothing.

        Raises:
            Refused: The API server said no, or would store something else.
            NoEntry: It cannot be reached, or is not the planned cluster's: nothing is known.
            TryLater: It is busy.
        """
        ...

    def apply(self, record: ClusterRecord, plan: Plan) -> Applied:
        """Write it. After a TryLater it is not known whether it was; after any other it was not.

        Raises: as `rehearse`.
        """
        ...

    def undo(self, record: ClusterRecord, undo: Undo) -> None:
        """Delete what it made; gone already is as good, edited by others is Refused.

        Raises: as `rehearse`.
        """
        ...


class Alerts(Protocol):
    """Tells people."""

    def send(self, digest: Digest) -> None:
        """Deliver it; the same digest may be delivered twice and must then be told by its id.

        Raises:
            TryLater: It could not be delivered now.
        """
        ...
