"""Open findings for a spreadsheet, RFC 4180, and a row for each cluster so that none is missed."""

import csv
import io
import re
from collections.abc import Iterator

from seawall.model.memory import FindingMemory
from seawall.report.fleet import ClusterLine, FleetView, Standing
from seawall.report.fleet_lines import cluster_lines
from seawall.report.fleet_text import moment, shown
from seawall.report.fleet_unseen import not_seen

MOST_CHARACTERS = 32_000
"""A cell of a spreadsheet holds 32,767 characters; a longer one is cut or spilled into others."""

COLUMNS = (
    "kind",
    "cluster",
    "standing",
    "namespace",
    "severity",
    "rule",
    "subject",
    "summary",
    "known debt",
    "first seen",
    "opened at",
    "scanned at",
    "enforced",
    "open findings",
    "fingerprint",
)

# What makes a spreadsheet calculate, in the widths that some of them fold into ASCII. A cell also
# begins after a semicolon where that is the list separator of the reader's country.
_TRIGGERS = r"=+\-@\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
_FORMULA = re.compile(rf"(^|;)(?=[ \"']*[{_TRIGGERS}])")


def csv_text(view: FleetView) -> str:
    """One row a finding, a cluster and a scope that was not seen; `kind` tells them apart."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(view):
        writer.writerow({column: csv_cell(text) for column, text in row.items()})
    return written.getvalue()


def csv_cell(text: str) -> str:
    """The text as a cell that is text to every spreadsheet, on one line.

    Tabs, line breaks and other white space than a blank are shown as escapes, so that a cell has
    no second line that could begin with a formula, and no trigger hides behind a space.
    """
    return _FORMULA.sub(r"\1'", shown(text, MOST_CHARACTERS))


def _rows(view: FleetView) -> Iterator[dict[str, str]]:
    lines = cluster_lines(view)
    for blind in not_seen(view, lines):
        if blind.what == "scope":
            why = {"standing": Standing.UNSEEN, "summary": blind.why}
            yield {"kind": "scope", "cluster": blind.where} | why
    for line in lines:
        yield _cluster(line)
        yield from (_finding(line, finding) for finding in line.open)


def _cluster(line: ClusterLine) -> dict[str, str]:
    return {
        "kind": "cluster",
        "cluster": line.key,
        "standing": line.standing,
        "summary": "; ".join(filter(None, (line.why, *line.notes))),
        "scanned at": moment(line.scanned_at) if line.scanned_at else "",
        "enforced": line.enforced,
        "open findings": "" if line.counts is None else str(len(line.open)),
    }


def _finding(line: ClusterLine, finding: FindingMemory) -> dict[str, str]:
    return {
        "kind": "finding",
        "cluster": line.key,
        "standing": line.standing,
        "namespace": finding.namespace,
        "severity": finding.severity,
        "rule": finding.rule,
        "subject": finding.subject,
        "summary": finding.summary,
        "known debt": "yes" if finding.adopted else "no",
        "first seen": moment(finding.first_seen),
        "opened at": moment(finding.opened_at),
        "scanned at": moment(line.scanned_at) if line.scanned_at else "",
        "enforced": line.enforced,
        "fingerprint": finding.fingerprint,
    }
