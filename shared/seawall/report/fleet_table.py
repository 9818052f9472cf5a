"""The table of `seawall status`. Every cell is text, never markup, and made harmless first."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from seawall.report.fleet import ClusterLine, Enforced, FleetView, Standing
from seawall.report.fleet_lines import cluster_lines, fleet_totals
from seawall.report.fleet_text import NOTHING, age, counted, moment, shown

_DOUBT = "magenta"
_HEADERS = (
    "CLUSTER",
    "PRESENCE",
    "MODE",
    "LAST SCAN",
    "PASS (policy isolates)",
    "FAIL",
    "UNKNOWN",
    "OPEN",
    "KNOWN DEBT",
    "ENFORCED",
    "NOTE",
)


_NOT_ALL = frozenset({Enforced.PARTLY, Enforced.NO})


def fleet_table(view: FleetView) -> Table:
    """One row a cluster, by key. PASS, FAIL and UNKNOWN count checks, OPEN counts findings."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in _HEADERS:
        table.add_column(Text(header), overflow="fold")
    for line in cluster_lines(view):
        table.add_row(*_cells(view, line))
    return table


def totals_lines(view: FleetView) -> list[str]:
    """The sums under the table: what was seen comes first, what passes is said of that alone."""
    lines = cluster_lines(view)
    totals = fleet_totals(lines)
    standings = [f"{number} {each}" for each, number in totals.by_standing.items() if number]
    before = f" (and {totals.passed_before} of earlier scans)" if totals.passed_before else ""
    enforced = ", ".join(f"{each} {number}" for each, number in totals.enforced.items())
    scopes = len(view.last_run.scopes_unseen) if view.last_run else 0
    checks = (
        f"checks: policy isolates {totals.passed}{before}, "
        f"fail {totals.failed}, unknown {totals.unknown}"
    )
    return [
        f"last run: {_last_run(view)}",
        f"{counted(totals.clusters, 'cluster')}: {', '.join(standings) or 'none known'}"
        + (f"; {counted(scopes, 'scope')} could not be looked at" if scopes else ""),
        checks,
        f"open findings: {totals.open}, {totals.adopted} of them known debt",
        f"enforced: {enforced}",
    ]


def _last_run(view: FleetView) -> str:
    ended = view.last_run.ended_at if view.last_run else None
    return f"{moment(ended)} ({age(ended, view.now)})" if ended else "none has ended yet"


def _cells(view: FleetView, line: ClusterLine) -> Iterator[Text]:
    doubt = "" if line.standing.current else _DOUBT
    yield _cell(line.key)
    yield _cell(line.presence or NOTHING)
    yield _cell(line.mode or NOTHING)
    yield _cell(age(line.scanned_at, view.now) if line.scanned_at else NOTHING, doubt)
    yield from _numbers(line, doubt)
    yield _cell(_enforced(view, line), "red" if line.enforced in _NOT_ALL else doubt)
    yield _cell("; ".join(_notes(line)) or NOTHING, doubt)


def _numbers(line: ClusterLine, doubt: str) -> Iterator[Text]:
    if line.counts is None:
        yield from (_cell(NOTHING) for _ in range(5))
        return
    yield _cell(line.counts.passed, doubt)
    yield _cell(line.counts.failed, "red" if line.counts.failed else doubt)
    yield _cell(line.counts.unknown, _DOUBT if line.counts.unknown else doubt)
    yield _cell(len(line.open), "red" if len(line.open) > line.adopted else doubt)
    yield _cell(line.adopted, doubt)


def _enforced(view: FleetView, line: ClusterLine) -> str:
    if not line.enforced_says:
        return NOTHING
    if line.scanned_at is not None and not line.standing.current:
        return f"{line.enforced_says} ({age(line.scanned_at, view.now)})"
    return line.enforced_says


def _notes(line: ClusterLine) -> Iterator[str]:
    if line.standing is not Standing.SEEN:
        yield f"{line.standing}: {line.why}"
    yield from line.notes


def _cell(text: object, style: str = "") -> Text:
    return Text(shown(str(text)), style=style)
