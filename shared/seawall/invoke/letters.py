"""Messages of a queue, each carried out for itself; what fails comes again, soon or never.

A failed message comes again by itself when its time is over, which is half an hour or more. It need
not wait for so long: what is busy is asked again after half a minute, then a minute, and so on;
what a newer Seawall sent after ten minutes each time, so that an update of this one comes first;
what can never be understood comes at once, and is soon a dead letter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from traceback import extract_tb
from typing import Any, Final

from seawall.flow.holding import ONE_LOOK, ONE_PLAN
from seawall.flow.mending import mend_cluster
from seawall.flow.scanning import scan_recorded
from seawall.invoke.benches import Later, MendBench, ScanBench
from seawall.model.errors import SeawallError, TryLater
from seawall.model.messages import FindingsChanged, Message, ScanOrder
from seawall.publish.events import Expired, Malformed, Newer, decode

FIRST_PAUSE_S: Final = 30
LONGEST_PAUSE_S: Final = 600
SCAN_S: Final = ONE_LOOK.total_seconds()
"""A scan is one look."""
MEND_S: Final = SCAN_S + ONE_PLAN.total_seconds()
"""To read the cluster, and to take one plan to its end; the others as far as time lasts."""


class Outcome(StrEnum):
    """What became of a message; each is counted under this name."""

    SCANNED = "scanned"
    UNSEEN = "unseen"
    SKIPPED = "skipped"
    REFUSED = "refused"
    """The inventory does not know the cluster, or it is none that this function can reach."""
    EXPIRED = "expired"
    LOOKED = "looked"
    """At the plans of a cluster."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message, as a queue hands it out.

    Attributes:
        receipt: Of this delivery; no other one has it.
        tries: Deliveries so far, this one included.
        left_s: Seconds until this function is ended.
    """

    body: str
    receipt: str
    tries: int
    left_s: float

    @classmethod
    def of(cls, record: Mapping[str, Any], *, left_s: float) -> "Delivery":
        """The one in a record of an SQS event."""
        tries = str(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
        return cls(
            str(record.get("body", "")),
            str(record.get("receiptHandle", "")),
            int(tries) if tries.isdecimal() else 1,
            left_s,
        )

    @property
    def attempt(self) -> str:
        """Names this delivery in what it writes."""
        return sha256(self.receipt.encode()).hexdigest()[:32]


def scan(delivery: Delivery, bench: ScanBench, *, now: datetime) -> Outcome:
    """Carry out a scan order.

    Raises:
        SeawallError: It comes again, or cannot be understood.
    """

    def act(message: Message) -> Outcome:
        match message:
            case ScanOrder():
                return _scanned(message, bench, delivery.attempt, now)
            case FindingsChanged():
                raise Malformed("a message for `remediate`, on a queue of scan orders")

    _insist_on_time(delivery, bench.later, SCAN_S)
    return _carried_out(delivery, bench.fleet, bench.later, act, now)


def mend(delivery: Delivery, bench: MendBench, *, now: datetime) -> Outcome:
    """Look at a cluster whose findings changed. Raises as `scan`."""
    process = replace(bench.desk.process, ends_at=now + timedelta(seconds=delivery.left_s))
    desk = replace(bench.desk, process=process)

    def act(message: Message) -> Outcome:
        match message:
            case FindingsChanged():
                mend_cluster(message, desk, now=now)
                return Outcome.LOOKED
            case ScanOrder():
                raise Malformed("a scan order, on the queue of findings")

    _insist_on_time(delivery, bench.later, MEND_S)
    return _carried_out(delivery, bench.fleet, bench.later, act, now)


def why(error: Exception) -> str:
    """What is written down of a failure; of a bug only its place, for its text may be anything."""
    if isinstance(error, SeawallError):
        return str(error)
    frames = extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
    return f"a bug in Seawall ({type(error).__name__} at {where}); please report"


def _scanned(order: ScanOrder, bench: ScanBench, attempt: str, now: datetime) -> Outcome:
    record = bench.desk.inventory.record(order.cluster)
    if record is None or record.ref.service != bench.service:
        return Outcome.REFUSED
    entry = scan_recorded(order, record, bench.desk, attempt=attempt, now=now)
    return Outcome(entry.end.value)


def _carried_out(
    delivery: Delivery, fleet: str, later: Later, act: Callable[[Message], Outcome], now: datetime
) -> Outcome:
    pause_s = 0
    try:
        message = decode(delivery.body.encode(errors="surrogatepass"), fleet=fleet, now=now)
        pause_s = min(FIRST_PAUSE_S * 2 ** (delivery.tries - 1), LONGEST_PAUSE_S)
        return act(message)
    except Expired:
        return Outcome.EXPIRED
    except Newer:
        _put_back(later, delivery, LONGEST_PAUSE_S)
        raise
    except Malformed:
        _put_back(later, delivery, 0)
        raise
    except Exception:  # edge: whatever it is, the message comes again, and the caller hears of it
        _put_back(later, delivery, pause_s)
        raise


def _insist_on_time(delivery: Delivery, later: Later, needed_s: float) -> None:
    if delivery.left_s < needed_s:
        _put_back(later, delivery, 0)
        raise TryLater("this function's time is almost over; another one takes the message")


def _put_back(later: Later, delivery: Delivery, pause_s: int) -> None:
    try:
        later.again_in(delivery.receipt, pause_s)
    except SeawallError:
        return  # it comes anyway, only later
