"""One run on this machine: discover, then workers at the queue until it is empty, then the digest.

Any number of processes may do this on one state at once, and any of them may be killed: a run that
did not end is taken up again, and every step finds out what was done already.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from seawall.flow.alerting import alert_changes
from seawall.flow.closing import close_run, overdue, unlooked
from seawall.flow.discovering import Discovered, discover_fleet, misnamed
from seawall.flow.mending import mend_cluster
from seawall.flow.scanning import UNKNOWN_CLUSTER, scan_cluster
from seawall.model.digest import Digest
from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.model.fleet import Presence
from seawall.model.messages import FindingsChanged, Message, RunId, ScanOrder
from seawall.model.run import End, Entry, Run
from seawall.publish.events import Expired, Malformed, decode
from seawall.publish.owners import owner_is_dead
from seawall.publish.queue import FINDINGS, SCANS, Delivery

if TYPE_CHECKING:
    from seawall.wiring import LocalFleet

VISIBILITY_S = 300.0
"""How long a letter is one worker's. Reading a cluster has its own, shorter limit."""
WORTH_A_LOOK_S = 0.05
"""Pause of a worker that found nothing to do while others are still busy."""
FIRST_PAUSE_S = 1.0
"""Before something busy is asked again; doubled with each try."""

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run gave.

    Attributes:
        ledger: One entry for each cluster the inventory knows.
        digests: What was told; empty where nothing changed.
        untold: Why the digest could not be delivered; it is kept for the next run.
        dropped: Letters that were taken and led to nothing, by reason.
        dead: Letters that became dead letters in this run.
        taken: Letters that this process took from the queue.
    """

    run: Run
    ledger: tuple[Entry, ...]
    digests: tuple[Digest, ...]
    untold: str = ""
    dropped: tuple[tuple[str, int], ...] = ()
    dead: int = 0
    taken: int = 0


def run_once(
    fleet: "LocalFleet",
    *,
    only: Sequence[str] = (),
    workers: int,
    clock: Clock,
    told: Callable[[Entry], None] = lambda _entry: None,
) -> Ran:
    """Take up the run that did not end, or begin one, and bring it to its end.

    Args:
        fleet: The ports, wired.
        only: Clusters to scan, by key or name, globs; all without one.
        workers: Threads that take letters from the queue.
        clock: Gives the time, UTC.
        told: Is called after each scan, from a worker's thread.

    Raises:
        Trouble: The state, the kubeconfig or the settings cannot be used, or a name in `only` is
            none of a cluster.
        TryLater: The state is locked by somebody for too long.
    """
    fleet.queue.release(owner_is_dead, now=clock())
    dead = _dead(fleet, clock())
    run = _begun(fleet, clock())
    found = discover_fleet(fleet.discover, run=run.id, only=only, now=clock())
    if found.unmatched:
        raise Trouble(f"{misnamed(found.unmatched)}; `seawall status` names them")
    crew = _Workers(fleet, clock, told)
    crew.work(workers)
    now = clock()
    _enter_left_out(fleet, run.id, found, now)
    ended = replace(run, ended_at=now, scopes_unseen=found.scopes_unseen)
    ordered = [record.key for record in found.ordered]
    close_run(fleet.runs, fleet.alert.news, ended, ordered, now=now)
    # Also by whoever finds the run ended: what was remembered since is told by nobody else.
    digests, untold = _alert(fleet, run.id, now)
    return Ran(
        ended,
        fleet.runs.entries(run.id),
        digests,
        untold,
        tuple(sorted(crew.dropped.items())),
        max(0, _dead(fleet, now) - dead),
        crew.taken,
    )


def _begun(fleet: "LocalFleet", now: datetime) -> Run:
    """The run that did not end, or a new one; one that is too old to be taken up is ended first."""
    run = fleet.runs.begin(now)
    if not overdue(run, now):
        return run
    there = (r.key for r in fleet.inventory.records() if r.presence is not Presence.GONE)
    left = unlooked(fleet.runs, run, "a run was not taken up for half a day")
    close_run(fleet.runs, fleet.alert.news, left, there, now=now)
    return fleet.runs.begin(now)


def _alert(fleet: "LocalFleet", run: RunId, now: datetime) -> tuple[tuple[Digest, ...], str]:
    """A channel that is down ends no run: what it should have told comes first next time."""
    if not fleet.alert.channels:
        return (), ""  # nobody listens: it is kept for whoever will
    try:
        return alert_changes(run, fleet.alert, now=now), ""
    except TryLater as error:
        return (), str(error)


def _enter_left_out(fleet: "LocalFleet", run: RunId, found: Discovered, now: datetime) -> None:
    """Who was left out on purpose is in the ledger, too, unless another process scanned it."""
    for record, why in found.left_out:
        fleet.runs.enter(Entry(run, record.key, End.SKIPPED, now, why))


def _dead(fleet: "LocalFleet", now: datetime) -> int:
    return sum(counts.dead for counts in fleet.queue.counts(now=now))


class _Workers:
    """Threads that take letters until none is left, nor held by anybody."""

    def __init__(self, fleet: "LocalFleet", clock: Clock, told: Callable[[Entry], None]) -> None:
        self._fleet = fleet
        self._clock = clock
        self._told = told
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.dropped: Counter[str] = Counter()
        self.taken = 0

    def work(self, workers: int) -> None:
        """Work with this many threads; the first trouble ends them all, and so does a Ctrl-C."""
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(self._take_turns) for _ in range(workers)]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            finally:
                self._stop.set()
        _raise_first(done)

    def _take_turns(self) -> None:
        while not self._stop.is_set():
            if not (self._take(SCANS) or self._take(FINDINGS)):
                self._fleet.queue.release(owner_is_dead, now=self._clock())
                if not self._fleet.queue.busy():
                    return
                self._stop.wait(WORTH_A_LOOK_S)

    def _take(self, queue: str) -> bool:
        """Carry out one letter, if there is one."""
        deliveries = self._fleet.queue.receive(
            queue, now=self._clock(), most=1, visibility_s=VISIBILITY_S, owner=self._fleet.owner
        )
        with self._lock:
            self.taken += len(deliveries)
        for delivery in deliveries:
            self._carry_out(delivery)
        return bool(deliveries)

    def _carry_out(self, delivery: Delivery) -> None:
        try:
            self._act(delivery)
        except Malformed as error:
            self._put_back(delivery, str(error), pause_s=0)  # time mends no text
        except Trouble as error:
            self._put_back(delivery, str(error))
            raise
        except SeawallError as error:
            self._put_back(delivery, str(error))
        except Exception as error:  # noqa: BLE001  # edge: a bug at one cluster must not hide others
            self._put_back(delivery, f"a bug in Seawall ({type(error).__name__}); please report")

    def _act(self, delivery: Delivery) -> None:
        try:
            message = decode(delivery.body, fleet=self._fleet.name, now=self._clock())
        except Expired:
            self._drop("expired")
            self._fleet.queue.done(delivery.receipt)
            return
        self._handle(message, delivery.receipt)
        self._fleet.queue.done(delivery.receipt)

    def _handle(self, message: Message, receipt: str) -> None:
        match message:
            case ScanOrder():
                now = self._clock()
                entry = scan_cluster(message, self._fleet.scan, attempt=receipt, now=now)
                if entry.why == UNKNOWN_CLUSTER:
                    self._drop("for clusters that the inventory does not know")
                self._told(entry)
            case FindingsChanged():
                mend_cluster(message, self._fleet.mend, now=self._clock())

    def _drop(self, why: str) -> None:
        with self._lock:
            self.dropped[why] += 1

    def _put_back(self, delivery: Delivery, why: str, pause_s: float | None = None) -> None:
        """The letter comes again later; after its last try it is a dead letter."""
        if pause_s is None:
            pause_s = FIRST_PAUSE_S * 2 ** (delivery.tries - 1)
        self._fleet.queue.retry(delivery.receipt, now=self._clock(), delay_s=pause_s, why=why)


def _raise_first(done: "set[Future[None]]") -> None:
    for future in done:
        future.result()
