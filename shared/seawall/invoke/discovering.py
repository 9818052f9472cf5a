"""Discover, as a function: begin a run or join it, look everywhere, order the scans, answer."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from seawall.flow.discovering import Discovered, discover_fleet, misnamed, named
from seawall.invoke.asking import Answer, Asked, AskedWrongly, asked, wrong
from seawall.invoke.benches import DiscoverBench
from seawall.invoke.closing import close_and_tell
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence
from seawall.model.run import End, Entry, Run
from seawall.model.sight import Unseen

MOST_NAMED: Final = 50
"""Things an answer names; the rest is counted."""


def discover(event: object, bench: DiscoverBench, *, now: datetime) -> Answer:
    """Do what the event asks for; a wrong one gets an answer, and nothing is done.

    Raises:
        TryLater: A store or a queue is busy; ask again, what is done is not done twice.
        Trouble: The settings are wrong.
    """
    try:
        wanted = asked(event)
    except AskedWrongly as error:
        return wrong(error)
    return _look_only(wanted, bench, now) if wanted.dry else _look_and_order(wanted, bench, now)


def counts(answer: Answer) -> dict[str, int]:
    """What is counted of an answer."""
    ordered, unseen = answer.get("ordered"), answer.get("unseen")
    return {
        "ordered": ordered if isinstance(ordered, int) else 0,
        "unseen-scopes": len(unseen) if isinstance(unseen, list) else 0,
    }


def _look_and_order(wanted: Asked, bench: DiscoverBench, now: datetime) -> Answer:
    closed = close_and_tell(bench.closing, now=now)
    run = bench.closing.runs.begin(now, wanted.only)
    found = discover_fleet(bench.desk, run=run.id, only=wanted.only, now=now)
    _enter_look(bench, run, wanted, found, now)
    if found.unmatched:
        return _misnamed(bench, found)
    return {
        "ok": True,
        "run": run.id,
        "joined": run.started_at != now,
        "ordered": len(found.ordered),
        "leftOut": len(found.left_out),
        "unseen": _unseen(found.scopes_unseen),
        **({"closedBefore": closed.run} if closed.run else {}),
        **({"untold": closed.untold} if closed.untold else {}),
        "next": dict(bench.places),
    }


def _enter_look(
    bench: DiscoverBench, run: Run, wanted: Asked, found: Discovered, now: datetime
) -> None:
    """Who nobody asked for has ended this run; in a run of somebody else, others may scan them.

    A run is ours if it was begun for the same clusters, so that a call that failed half-way and
    comes again does what it had left. Once a look has ended, that was done, or others joined.

    A typing error is no run of the fleet: nobody waits for it, and nobody is missing in it. In a
    run of somebody else it orders nothing that a look could have come to its end for.
    """
    looked = bench.closing.looks.look(run.id) is not None
    ours = run.only == wanted.only
    if ours and not looked:
        _leave_out(bench, run, found.left_out, now)
    if ours or looked or not found.unmatched:
        # Last: from here on the run may be found complete.
        bench.closing.looks.looked(run.id, found.scopes_unseen, now=now)


def _leave_out(
    bench: DiscoverBench, run: Run, left_out: Iterable[tuple[ClusterRecord, str]], now: datetime
) -> None:
    for record, why in left_out:
        if record.presence is not Presence.GONE:
            bench.closing.runs.enter(Entry(run.id, record.key, End.SKIPPED, now, why))


def _misnamed(bench: DiscoverBench, found: Discovered) -> Answer:
    return {
        "ok": False,
        "error": f"{misnamed(found.unmatched)}; those that are known are in `clusters`",
        "clusters": _few(_names(bench)),
        "unseen": _unseen(found.scopes_unseen),
    }


def _names(bench: DiscoverBench) -> list[str]:
    """How a person may call the clusters."""
    records = bench.desk.inventory.records()
    return sorted(record.ref.fact("name") or record.key for record in records)


def _look_only(wanted: Asked, bench: DiscoverBench, now: datetime) -> Answer:
    """What there is now, and what would be ordered."""
    seen: list[ClusterRef] = []
    unseen: list[tuple[str, str]] = []
    for discovery in bench.desk.discoveries:
        for sighting in discovery.look(now=now):
            if isinstance(sighting.found, Unseen):
                unseen.append((sighting.scope, sighting.found.why))
            else:
                seen.extend(sighting.found.value)
    chosen = [ref for ref in seen if not wanted.only or named(_record(ref, now), wanted.only)]
    return {
        "ok": True,
        "dryRun": True,
        "found": dict(Counter(ref.service for ref in seen)),
        "wouldOrder": len(chosen),
        "clusters": _few(sorted(ref.key for ref in chosen)),
        "unseen": _unseen(unseen),
        "next": {"to scan them": "the same event without dryRun"},
    }


def _record(ref: ClusterRef, now: datetime) -> ClusterRecord:
    return ClusterRecord(ref, "", Presence.PRESENT, now, now)


def _unseen(scopes: Iterable[tuple[str, str]]) -> list[str]:
    return _few([f"{scope}: {why}" for scope, why in scopes])


def _few(lines: list[str]) -> list[str]:
    left = len(lines) - MOST_NAMED
    return lines if left <= 0 else [*lines[:MOST_NAMED], f"... and {left} more"]
