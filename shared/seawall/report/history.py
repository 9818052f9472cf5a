"""The turns of findings over time, as `seawall history` shows them."""

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from seawall.model.finding import Severity
from seawall.model.memory import Transition, Turn
from seawall.report.fleet_text import NOTHING, moment, shown

Document = dict[str, object]

_STYLES = {Turn.OPENED: "red", Turn.REOPENED: "bold red", Turn.CHANGED: "yellow", Turn.RESOLVED: ""}
_HEADERS = ("AT", "CLUSTER", "NAMESPACE", "TURN", "SEVERITY", "RULE", "WHAT", "WHY", "NOTE")


def history_table(turns: Iterable[Transition]) -> Table:
    """One row a turn, in the order given (the ports give the oldest first)."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in _HEADERS:
        table.add_column(Text(header), overflow="fold")
    for turn in turns:
        table.add_row(*_cells(turn))
    return table


def history_records(turns: Iterable[Transition]) -> Iterator[Document]:
    """The same turns, one record each, with everything that is known of them."""
    for turn in turns:
        yield {
            "run": turn.run,
            "cluster": turn.cluster,
            "at": moment(turn.at),
            "turn": str(turn.turn),
            "fingerprint": turn.fingerprint,
            "rule": turn.rule,
            "severity": str(turn.severity),
            "namespace": turn.namespace,
            "summary": turn.summary,
            "why": turn.why,
            "first": turn.first,
            "knownDebt": turn.adopted,
        }


def _cells(turn: Transition) -> Iterator[Text]:
    style = "" if turn.first or turn.adopted else _STYLES[turn.turn]
    grave = turn.severity.rank >= Severity.HIGH.rank and turn.turn is not Turn.RESOLVED
    yield _cell(moment(turn.at))
    yield _cell(turn.cluster)
    yield _cell(turn.namespace or NOTHING)
    yield _cell(turn.turn, style)
    yield _cell(turn.severity, style if grave else "")
    yield _cell(turn.rule)
    yield _cell(turn.summary)
    yield _cell(turn.why or NOTHING)
    yield _cell(", ".join(_notes(turn)) or NOTHING)


def _notes(turn: Transition) -> Iterator[str]:
    if turn.first:
        yield "first scan"
    if turn.adopted:
        yield "known debt"


def _cell(text: str, style: str = "") -> Text:
    return Text(shown(text), style=style)
