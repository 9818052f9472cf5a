"""One set of findings: every format counts the same, whatever the fleet."""

import csv
import io
import re
from dataclasses import replace

import pytest
from tests.fleets import NOBODY, THE_RUN, everything, finding, memory, record

from seawall.model.finding import Severity
from seawall.model.fleet import Presence
from seawall.report.csv_lines import csv_text
from seawall.report.fleet import FleetView
from seawall.report.fleet_document import fleet_document
from seawall.report.fleet_table import totals_lines
from seawall.report.markdown import markdown
from seawall.report.page import html

ONE_SEEN = replace(NOBODY, last_run=THE_RUN, records=(record("a"),), memories=(memory("a"),))
MANY = tuple(
    finding(f"{n}", severity=tuple(Severity)[n % 4], namespace=f"n{n % 90}", adopted=n % 3 == 0)
    for n in range(700)
)

Counts = tuple[int, int]
"""Open findings, and those of them that are known debt."""


def on_the_page(view: FleetView) -> Counts:
    page = html(view)
    found = [re.search(rf'id="{name}">(\d+|-)<', page) for name in ("open", "debt")]
    texts = [match.group(1) for match in found if match]
    return int(texts[0].replace("-", "0")), int(texts[1].replace("-", "0"))


def in_the_table(view: FleetView) -> Counts:
    (line,) = [line for line in totals_lines(view) if line.startswith("open findings")]
    first, second = re.findall(r"\d+", line)
    return int(first), int(second)


def in_the_document(view: FleetView) -> Counts:
    totals = fleet_document(view)["totals"]
    assert isinstance(totals, dict)
    return totals["openFindings"], totals["knownDebt"]


def in_the_clusters_of_the_document(view: FleetView) -> Counts:
    clusters = fleet_document(view)["clusters"]
    assert isinstance(clusters, list)
    return (
        sum(cluster["openFindings"] or 0 for cluster in clusters),
        sum(cluster["knownDebt"] or 0 for cluster in clusters),
    )


def in_the_spreadsheet(view: FleetView) -> Counts:
    rows = csv.DictReader(io.StringIO(csv_text(view), newline=""))
    debts = [row["known debt"] for row in rows if row["kind"] == "finding"]
    return len(debts), debts.count("yes")


def in_the_cells_of_clusters(view: FleetView) -> Counts:
    rows = list(csv.DictReader(io.StringIO(csv_text(view), newline="")))
    return sum(int(row["open findings"] or 0) for row in rows), in_the_spreadsheet(view)[1]


def in_markdown(view: FleetView) -> Counts:
    found = re.search(r"\*\*Open findings\*\*: (\d+).* known debt (\d+)", markdown(view))
    assert found
    return int(found[1]), int(found[2])


@pytest.mark.parametrize(
    "view, counts",
    [
        pytest.param(NOBODY, (0, 0), id="nothing known"),
        pytest.param(ONE_SEEN, (0, 0), id="nothing open"),
        pytest.param(everything(), (6, 1), id="a bit of everything"),
        pytest.param(
            replace(ONE_SEEN, memories=(memory("a", *MANY),)), (700, 234), id="more than is shown"
        ),
        pytest.param(
            replace(ONE_SEEN, memories=(memory("a", *MANY, unseen="timed out"),)),
            (700, 234),
            id="stale",
        ),
        pytest.param(
            replace(
                ONE_SEEN,
                records=(record("a", Presence.GONE),),
                memories=(memory("a", *MANY),),
            ),
            (0, 0),
            id="gone",
        ),
    ],
)
def test_every_format_counts_the_same(view: FleetView, counts: Counts) -> None:
    assert {
        "page": counts,
        "table": counts,
        "document": counts,
        "clusters of the document": counts,
        "spreadsheet": counts,
        "cells of clusters": counts,
        "markdown": counts,
    } == {
        "page": on_the_page(view),
        "table": in_the_table(view),
        "document": in_the_document(view),
        "clusters of the document": in_the_clusters_of_the_document(view),
        "spreadsheet": in_the_spreadsheet(view),
        "cells of clusters": in_the_cells_of_clusters(view),
        "markdown": in_markdown(view),
    }
