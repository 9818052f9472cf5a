"""Page one in Markdown, short: for an issue, a chat, a wiki.

Untrusted text is put into code spans. There nothing is markup, nothing is made a link, and no
forge turns `@name` or `#1` into a mention: those look at text, not at code (CommonMark 6.1, GFM).
"""

from collections.abc import Iterable, Iterator, Sequence

from seawall import __version__
from seawall.model.plan import PlanState
from seawall.report.digest import first_few
from seawall.report.fleet import ClusterLine, Enforced, FleetView
from seawall.report.fleet_lead import lead
from seawall.report.fleet_lines import cluster_lines, fleet_totals
from seawall.report.fleet_places import Place, changes, plans_to_tell, worst_places
from seawall.report.fleet_text import NOTHING, age, counted, moment, shown
from seawall.report.fleet_unseen import Blind, not_seen

MOST_ROWS = 50
MOST_PLACES = 10
MOST_EACH = 3

_NO_DELIMITERS = str.maketrans({"`": "'", "|": "\N{BROKEN BAR}"})
"""A backtick ends a span, a bar a cell (GFM splits cells first); CSV and JSON keep both."""


def markdown(view: FleetView) -> str:
    """The same counts as every other format."""
    lines = cluster_lines(view)
    parts = [
        [f"# Seawall: fleet {code(view.fleet)}"],
        [f"{moment(view.now)}, Seawall {__version__}, last run: {_last_run(view)}"],
        [" ".join(lead(view, lines, fleet_totals(lines)))],
        _glance(lines),
        _section("Not seen", [_blind(view, each) for each in not_seen(view, lines)], MOST_ROWS),
        _fleet(view, lines),
        _section("Changed in the last run", list(_changes(view)), MOST_ROWS),
        _section("Worst namespaces", [_place(each) for each in worst_places(lines)], MOST_PLACES),
        _section("Plans", [_plan(each) for each in plans_to_tell(view)], MOST_PLACES),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def code(text: str) -> str:
    """Untrusted text as a code span; `-` for none, since an empty span is two stray backticks."""
    return f"`{shown(text).translate(_NO_DELIMITERS)}`" if text else NOTHING


def _last_run(view: FleetView) -> str:
    ended = view.last_run.ended_at if view.last_run else None
    return moment(ended) if ended else "none has ended yet"


def _glance(lines: tuple[ClusterLine, ...]) -> list[str]:
    totals = fleet_totals(lines)
    graded = ", ".join(f"{n} {severity}" for severity, n in totals.by_severity.items() if n)
    before = f" (and {totals.passed_before} of earlier scans)" if totals.passed_before else ""
    enforced = ", ".join(f"{each} {number}" for each, number in totals.enforced.items())
    standings = [f"{number} {each}" for each, number in totals.by_standing.items() if number]
    checks = f"{counted(totals.passed, 'check')}{before}; fail {totals.failed}"
    found = f"{totals.open}{f' ({graded})' if graded else ''}, known debt {totals.adopted}"
    return [
        f"- **Policy isolates**: {checks}, unknown {totals.unknown}",
        f"- **Enforced** (clusters): {enforced}",
        f"- **Seen** (clusters): {', '.join(standings) or 'none known'}",
        f"- **Open findings**: {found}",
    ]


def _section(title: str, items: Sequence[str], most: int) -> list[str]:
    named, left = first_few(items, most)
    more = [f"- and {left} more"] if left else []
    return [f"## {title}", "", *(f"- {item}" for item in named), *more, *_none(items)]


def _none(items: Sequence[str]) -> Iterator[str]:
    if not items:
        yield "Nothing to tell."


def _blind(view: FleetView, blind: Blind) -> str:
    as_of = f" (numbers of {age(blind.as_of, view.now)})" if blind.as_of else ""
    return f"{blind.what} {code(blind.where)}: {code(blind.why)}{as_of}"


def _fleet(view: FleetView, lines: tuple[ClusterLine, ...]) -> list[str]:
    header = (
        "Cluster",
        "Standing",
        "Last scan",
        "Policy isolates",
        "Fail",
        "Unknown",
        "Open",
        "Known debt",
        "Enforced",
    )
    named, left = first_few(lines, MOST_ROWS)
    return [
        "## Fleet",
        "",
        _row(header),
        _row("---" for _ in header),
        *(_row(_cells(view, line)) for line in named),
        *(["", f"and {left} more"] if left else []),
    ]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(view: FleetView, line: ClusterLine) -> Iterator[str]:
    yield code(line.key)
    yield line.standing
    yield age(line.scanned_at, view.now) if line.scanned_at else NOTHING
    counts = line.counts
    yield from (
        (NOTHING,) * 5
        if counts is None
        else map(str, (counts.passed, counts.failed, counts.unknown, len(line.open), line.adopted))
    )
    yield line.enforced if line.enforced is Enforced.YES else code(line.enforced_says)


def _changes(view: FleetView) -> Iterator[str]:
    found = changes(view.turns)
    for group in found.groups:
        named, left = first_few(group.places, MOST_EACH)
        places = ", ".join(f"{code(cluster)} {code(namespace)}" for cluster, namespace, _ in named)
        more = f" and {left} more" if left else ""
        yield f"{group.turn} {group.severity} {code(group.rule)}: {places}{more}"
    for cluster, number in found.first:
        yield f"first complete scan of {code(cluster)}: {counted(number, 'finding')}"
    if found.adopted:
        yield f"{counted(found.adopted, 'change')} of known debt"


def _place(place: Place) -> str:
    named, left = first_few(place.findings, MOST_EACH)
    said = "; ".join(f"{each.severity} {code(each.summary)}" for each in named)
    more = f"; and {left} more" if left else ""
    return f"{code(place.cluster)} {code(place.namespace)} ({len(place.findings)}): {said}{more}"


def _plan(state: PlanState) -> str:
    why = "; ".join(filter(None, (*state.plan.refusals, *state.plan.held, state.note)))
    said = f": {code(why)}" if why else ""
    where = f"{code(state.plan.cluster)} {code(state.plan.namespace)}"
    return f"{state.stage} {where}, plan {code(state.plan.id)}, cuts {len(state.plan.cuts)}{said}"
