import pytest
from rich.console import Console
from tests.fleets import turn

from seawall.model.memory import Transition, Turn
from seawall.report.history import history_records, history_table


def rows(*turns: Transition) -> list[str]:
    console = Console(width=250, no_color=True)
    with console.capture() as captured:
        console.print(history_table(turns))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_row_a_turn_in_the_order_given() -> None:
    found = rows(turn("b"), turn("a", Turn.RESOLVED, why="the policy came"))

    assert ["b", "a"] == [line.split()[1] for line in found[1:]]
    assert found[2].split()[2:6] == ["shop", "resolved", "high", "default-open-ingress"]
    assert "the policy came" in found[2]


@pytest.mark.parametrize(
    "told, note",
    [
        pytest.param(turn("a"), "-", id="news"),
        pytest.param(turn("a", first=True), "first scan", id="day one"),
        pytest.param(turn("a", adopted=True), "known debt", id="adopted"),
        pytest.param(turn("a", adopted=True, first=True), "first scan, known debt", id="both"),
    ],
)
def test_the_note_says_why_nobody_was_alerted(told: Transition, note: str) -> None:
    assert rows(told)[1].endswith(f"  {note}")


def test_a_turn_of_a_whole_cluster_has_no_namespace() -> None:
    assert "-" == rows(turn("a", namespace=""))[1].split()[2]


def test_a_record_has_everything() -> None:
    (record,) = history_records([turn("a", why="because", adopted=True)])

    assert {
        "run": "20260102T115500Z-1",
        "cluster": "a",
        "at": "2026-01-02T11:55:00Z",
        "turn": "opened",
        "rule": "default-open-ingress",
        "severity": "high",
        "namespace": "shop",
        "summary": "anybody can come in",
        "why": "because",
        "first": False,
        "knownDebt": True,
    } == {key: value for key, value in record.items() if key != "fingerprint"}
    assert 32 == len(str(record["fingerprint"]))
