"""Who is at a plan: one process at a time, and nobody for ever.

A plan that is on its way is held for a while; each step renews that. Another process goes on with
it only when that time is over, when the holder is surely dead, or when it let go.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from seawall.flow.desks import MendDesk
from seawall.model.errors import SeawallError
from seawall.model.plan import PlanState, Stage

UNFINISHED: Final = frozenset({Stage.APPLYING, Stage.UNDOING})
"""The stages in which something may be in the cluster that nobody has looked at."""

LEASE: Final = timedelta(minutes=15)
"""Longer than the longest way from one step to the next: six visits to a cluster, 90 s at most
each (`connect.limits`), and judging it twice. No cloud function lives longer."""

ONE_PLAN: Final = timedelta(seconds=760)
"""The longest way of a plan from its beginning to its end. Eight visits to the cluster, 90 s at
most each: two to rehearse it (one reads, one writes), one to see that it still holds, two to write
it, one to look again, two to take it back; and 40 s to judge and to write down each step."""

ONE_LOOK: Final = timedelta(seconds=110)
"""The longest that it takes to read a cluster and to judge it: a visit, and some more for a huge
one."""


def held(desk: MendDesk, state: PlanState, now: datetime) -> PlanState:
    """The state as this process holds it, from now on."""
    at = _time(desk, now)
    holder = state.holder
    if _process_of(holder) != desk.process.owner or not holder:
        holder = f"{desk.process.owner} {at:%Y%m%dT%H%M%S.%f}"
    return replace(state, holder=holder, held_until=at + LEASE)


def let_go(state: PlanState) -> PlanState:
    """The state as nobody holds it."""
    return replace(state, holder="", held_until=None)


def is_free(desk: MendDesk, state: PlanState, now: datetime) -> bool:
    """Whether nobody who may be alive is at it."""
    if not state.holder or state.held_until is None:
        return True
    return state.held_until <= _time(desk, now) or desk.process.is_dead(_process_of(state.holder))


def has_time(desk: MendDesk, now: datetime, needed: timedelta = ONE_PLAN) -> bool:
    """Whether this process surely lives until what is begun now, a plan, has come to its end."""
    ends_at = desk.process.ends_at
    return ends_at is None or _time(desk, now) + needed <= ends_at


def is_left(state: PlanState) -> bool:
    """Whether there is still something to be done: to look, to undo, or to tell."""
    return state.stage in UNFINISHED or bool(state.holder)


def moved(desk: MendDesk, before: PlanState, after: PlanState) -> bool:
    """Write the next state, if the plan is still where it was, and held by the same."""
    return desk.plans.put(after, before=before.stage, holder=before.holder)


def known(desk: MendDesk, state: PlanState) -> PlanState:
    """Where the plan is now, by what somebody else wrote."""
    return desk.plans.plan(state.plan.id) or state


@contextmanager
def letting_go(desk: MendDesk, state: PlanState) -> Iterator[None]:
    """An attempt that ends in doubt lets the plan go at once; what cannot be written runs out."""
    try:
        yield
    except SeawallError:
        with suppress(SeawallError):
            now = known(desk, state)
            if now.holder == state.holder and is_left(now):
                moved(desk, now, replace(now, held_until=None))
        raise


def _time(desk: MendDesk, now: datetime) -> datetime:
    return desk.process.clock() if desk.process.clock else now


def _process_of(holder: str) -> str:
    return holder.rpartition(" ")[0]
