"""The first sentences of a report: what it can say at all, before any number."""

from collections.abc import Iterator

from seawall.report.fleet import ClusterLine, Enforced, FleetView, Standing, Totals
from seawall.report.fleet_text import counted

_LOOKED_FOR = frozenset({Standing.UNSEEN, Standing.STALE, Standing.PARTLY, Standing.SEEN})


def lead(view: FleetView, lines: tuple[ClusterLine, ...], totals: Totals) -> Iterator[str]:
    """What was seen, what is open in it, and whether anything enforces it. Never "all is well"."""
    if view.last_run is None:
        yield "No run has ended yet."
    yield from _scopes(view)
    looked_for = sum(line.standing in _LOOKED_FOR for line in lines)
    current = sum(line.standing.current for line in lines)
    yield _sight(looked_for, current)
    if any(line.counts is not None for line in lines):
        yield _open(totals)
        yield _enforced(totals, looked_for)


def _scopes(view: FleetView) -> Iterator[str]:
    scopes = len(view.last_run.scopes_unseen) if view.last_run else 0
    if scopes:
        yield (
            f"{counted(scopes, 'scope')} could not be looked at: "
            "there may be clusters that nobody knows of."
        )


def _sight(looked_for: int, current: int) -> str:
    if not looked_for:
        return "No cluster is known, so that nothing can be said about any."
    if not current:
        return (
            f"None of {counted(looked_for, 'cluster')} was seen by the last run: "
            "this report says nothing about their isolation now."
        )
    if current < looked_for:
        return (
            f"Not seen by the last run: {looked_for - current} of "
            f"{counted(looked_for, 'cluster')}; what passes is said of the others alone."
        )
    return f"Seen by the last run: {current} of {counted(looked_for, 'cluster')}."


def _open(totals: Totals) -> str:
    if not totals.open:
        return "No finding is open in what was seen."
    debt = f", {totals.adopted} of them known debt" if totals.adopted else ""
    return f"{counted(totals.open, 'finding')} open{debt}."


def _enforced(totals: Totals, looked_for: int) -> str:
    said = f"Something enforces the policies in {totals.enforced[Enforced.YES]} of {looked_for}"
    if partly := totals.enforced[Enforced.PARTLY]:
        said += f", in part of {partly}"
    if nothing := totals.enforced[Enforced.NO]:
        said += f", nothing in {nothing}"
    known = sum(totals.enforced.values()) - totals.enforced[Enforced.UNKNOWN]
    if looked_for > known:
        said += f"; for {looked_for - known} that is not known"
    return f"{said}."
