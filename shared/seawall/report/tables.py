"""Tables for a terminal. Every cell is text, never markup, and made harmless first."""

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from seawall.analyse.isolation import Isolation
from seawall.judge.judging import Judged
from seawall.model.enforcement import Enforced
from seawall.model.finding import Finding, Severity, Verdict
from seawall.model.sight import Seen, Sight, Skipped, Unseen
from seawall.report.findings import Results
from seawall.report.isolation import isolation_rows
from seawall.report.text import for_terminal

_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
_ENFORCED = {
    Enforced.YES: "",
    Enforced.PARTLY: "red",
    Enforced.NO: "red",
    Enforced.UNKNOWN: "magenta",
}
_NOTHING = "-"
"""Not scanned is no zero; and no policy is no reason."""


def cell(text: object, style: str = "") -> Text:
    """One cell: untrusted text as it may be shown."""
    return Text(for_terminal(str(text)), style=style)


def clusters_table(results: Results) -> Table:
    """One row a cluster. PASS means that policy isolates, not that anything is protected."""
    table = _table("CLUSTER", "STATUS", "PASS (policy isolates)", "FAIL", "UNKNOWN", "ENFORCED")
    for key, result in results:
        table.add_row(cell(key), *_standing(result))
    return table


def _standing(result: Sight[Judged] | Skipped) -> Iterator[Text]:
    match result:
        case Seen(judged):
            yield cell("scanned")
            yield cell(judged.count(Verdict.PASS))
            yield cell(judged.count(Verdict.FAIL), "red" if judged.count(Verdict.FAIL) else "")
            unknown = judged.count(Verdict.UNKNOWN)
            yield cell(unknown, "magenta" if unknown else "")
            yield enforced_cell(judged.isolation.enforced.whole.enforced)
        case Unseen(why):
            yield cell(f"unseen: {why}", "magenta")
            yield from map(cell, (_NOTHING,) * 4)
        case Skipped(why):
            yield cell(f"skipped: {why}")
            yield from map(cell, (_NOTHING,) * 4)


def enforced_cell(enforced: Enforced) -> Text:
    """Whether policies are carried out, in a word."""
    return cell(enforced, _ENFORCED[enforced])


def findings_table(judged: Judged, least: Severity = Severity.LOW) -> Table:
    """One row a finding of one cluster from a severity up, the gravest first."""
    table = _table("SEVERITY", "VERDICT", "RULE", "NAMESPACE", "WHAT", "BECAUSE")
    for finding in judged.findings:
        if finding.severity.rank >= least.rank:
            table.add_row(
                cell(finding.severity, _STYLES[finding.severity]),
                cell(finding.verdict),
                cell(finding.rule),
                cell(finding.namespace or _NOTHING),
                cell(finding.summary),
                cell(_because(finding)),
            )
    return table


def _because(finding: Finding) -> str:
    if not finding.evidence:
        return _NOTHING
    more = f" and {len(finding.evidence) - 1} more" if len(finding.evidence) > 1 else ""
    return f"{finding.evidence[0].where}{more}"


def isolation_table(isolation: Isolation) -> Table:
    """One row a pod and direction: a policy is present, has an effect, and is enforced, or not."""
    table = _table("POD", "DIRECTION", "PRESENT", "EFFECTIVE", "BECAUSE", "ENFORCED", "EXPOSED")
    for row in isolation_rows(isolation):
        effective = "closed" if row.open_to == "nobody" else f"open to {row.open_to}"
        cells: Iterable[object] = (
            row.pod,
            row.direction,
            "yes" if row.selected else "no",
            effective,
            row.because,
        )
        exposed = cell(row.exposed or _NOTHING)
        table.add_row(*map(cell, cells), enforced_cell(row.enforced), exposed)
    return table


def _table(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(Text(header), overflow="fold")
    return table
