"""The report as one HTML file that opens offline: no script, no link out, nothing fetched.

Every text goes through one door before it is escaped (`_harmless`), so that no part of the
template can forget it; and the page's own policy (CSP) lets nothing run or load if it did.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from seawall import __version__
from seawall.report.digest import TITLES, first_few
from seawall.report.fleet import ClusterLine, FleetView, Standing
from seawall.report.fleet_lead import lead
from seawall.report.fleet_lines import cluster_lines, fleet_totals
from seawall.report.fleet_places import Place, changes, plans_to_tell, worst_places
from seawall.report.fleet_text import age, counted, moment, shown
from seawall.report.fleet_unseen import not_seen

MOST_BYTES = 2_000_000
"""What a mail takes and a browser opens at once."""

_STYLE = "page.css"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each list is on the page; what is left out is counted in its place.

    Attributes:
        rows: Of what was not seen, of clusters, of groups of changes, of plans.
        places: Namespaces.
        each: Findings of a namespace, places of a group, paths of a plan.
    """

    rows: int
    places: int
    each: int


LIMITS = (Limits(2_000, 20, 5), Limits(400, 20, 3), Limits(40, 10, 2))
"""Tried in this order until a page is small enough; the last one always is."""


def html(view: FleetView) -> str:
    """The page; the same view makes the same bytes."""
    pages = (_page(view, limits) for limits in LIMITS)
    return next(
        (page for page in pages if len(page.encode()) <= MOST_BYTES), _page(view, LIMITS[-1])
    )


def _page(view: FleetView, limits: Limits) -> str:
    lines = cluster_lines(view)
    totals = fleet_totals(lines)
    places = worst_places(lines)
    found = changes(view.turns)
    environment = _environment()
    return environment.get_template("page.html").render(
        view=view,
        version=__version__,
        policy=_policy(environment.get_template(_STYLE).render()),
        lead=list(lead(view, lines, totals)),
        totals=totals,
        judged=any(line.counts is not None for line in lines),
        checks=shares(totals.passed, totals.failed, totals.unknown),
        blinds=first_few(not_seen(view, lines), limits.rows),
        lines=first_few(sorted(lines, key=_rank), limits.rows),
        groups=first_few(found.groups, limits.rows),
        first=first_few(found.first, limits.rows),
        adopted=found.adopted,
        places=first_few(places, limits.places),
        plans=first_few(plans_to_tell(view), limits.rows),
        rules=_rules(places),
        each=limits.each,
    )


def shares(*parts: int) -> tuple[tuple[float, float], ...]:
    """Where each part of a bar that is 100 wide begins, and its width."""
    whole = sum(parts)
    begins = [sum(parts[:number]) for number in range(len(parts))]
    return tuple(
        (round(100 * begin / whole, 2), round(100 * part / whole, 2)) if whole else (0.0, 0.0)
        for begin, part in zip(begins, parts, strict=True)
    )


@cache
def _environment() -> Environment:
    found = Environment(
        loader=PackageLoader("seawall.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"moment": moment, "counted": counted, "first_few": first_few}
    found.globals |= {"age": age, "zip": zip}
    return found


def _harmless(value: object) -> object:
    """Whatever the template is about to write; what it made itself is marked, and stays."""
    is_text = isinstance(value, str) and not hasattr(value, "__html__")
    return shown(str(value)) if is_text else value


def _policy(style: str) -> str:
    """Nothing runs, nothing loads; the one style is named by its hash (CSP Level 3, 2.3.1)."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _rank(line: ClusterLine) -> tuple[object, ...]:
    """What was not seen first, then the most of the gravest findings."""
    return (tuple(Standing).index(line.standing), [-n for n in line.severities], line.key)


def _rules(places: Sequence[Place]) -> list[tuple[str, str]]:
    """The rules that some open finding is of, and what they say; a hostile name is no rule."""
    named = {finding.rule for place in places for finding in place.findings}
    return [(rule, TITLES[rule]) for rule in sorted(named & TITLES.keys())]
