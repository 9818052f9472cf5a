import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fleets import NOBODY, THE_RUN, everything, finding, memory, record

from seawall.report.csv_lines import COLUMNS, csv_cell, csv_text
from seawall.report.fleet import FleetView


def rows(view: FleetView) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(view), newline=""), strict=True))


@pytest.mark.parametrize(
    "text, cell",
    [
        pytest.param("shop", "shop", id="a name"),
        pytest.param("", "", id="nothing"),
        pytest.param("a-b=c+d@e", "a-b=c+d@e", id="triggers inside"),
        pytest.param("=1+1", "'=1+1", id="equals"),
        pytest.param("+1", "'+1", id="plus"),
        pytest.param("-1", "'-1", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("  =1", "'  =1", id="after spaces"),
        pytest.param('"=1', "'\"=1", id="after a quote"),
        pytest.param("'=1", "''=1", id="after an apostrophe, which some swallow"),
        pytest.param("\xa0=1", r"\xa0=1", id="after a no-break space"),
        pytest.param("\t=1", r"\t=1", id="after a tab"),
        pytest.param("\r=1", r"\r=1", id="after a return"),
        pytest.param("a\n=1", r"a\n=1", id="in a second line"),
        pytest.param("\uff1d1", "'\uff1d1", id="full width equals"),
        pytest.param("\uff0b1", "'\uff0b1", id="full width plus"),
        pytest.param("\uff0d1", "'\uff0d1", id="full width minus"),
        pytest.param("\uff20A", "'\uff20A", id="full width at"),
        pytest.param("\u22121", "'\u22121", id="minus sign"),
        pytest.param("a;=1", "a;'=1", id="where a semicolon begins a cell"),
        pytest.param("a; =1", "a;' =1", id="same, after a space"),
        pytest.param("a;b", "a;b", id="a semicolon alone"),
    ],
)
def test_a_cell_is_text_to_every_spreadsheet(text: str, cell: str) -> None:
    assert cell == csv_cell(text)


@given(st.text())
def test_a_cell_that_was_made_safe_stays_as_it_is(text: str) -> None:
    once = csv_cell(text)

    assert once.lstrip(' "')[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20")
    assert len(once.splitlines()) <= 1


def test_a_cell_ends_before_a_spreadsheet_would_cut_it() -> None:
    assert csv_cell("a" * 100_000).endswith("aaa... (100000 characters)")
    assert len(csv_cell(";=" * 100_000)) < 50_000


def test_lines_end_as_rfc_4180_says_and_the_first_names_the_columns() -> None:
    text = csv_text(NOBODY)

    assert ",".join(COLUMNS) + "\r\n" == text


def test_a_quote_and_a_comma_come_back_as_they_were() -> None:
    view = replace(NOBODY, records=(record("a"),), memories=(memory("a", finding('b, "c"')),))

    assert 'b, "c"' == rows(view)[1]["summary"]


def test_a_finding_has_its_row_with_all_that_tells_it_from_others() -> None:
    view = replace(
        NOBODY,
        last_run=THE_RUN,
        records=(record("a"),),
        memories=(memory("a", finding("x", subject="NetworkPolicy shop/y", adopted=True)),),
    )

    row = rows(view)[1]

    assert {
        "kind": "finding",
        "cluster": "a",
        "standing": "seen",
        "namespace": "shop",
        "severity": "high",
        "rule": "default-open-ingress",
        "subject": "NetworkPolicy shop/y",
        "summary": "x",
        "known debt": "yes",
        "first seen": "2025-12-26T12:00:00Z",
        "opened at": "2025-12-26T12:00:00Z",
        "scanned at": "2026-01-02T11:55:00Z",
        "enforced": "yes",
        "open findings": "",
    } == {key: value for key, value in row.items() if key != "fingerprint"}
    assert 32 == len(row["fingerprint"])


def test_what_was_not_seen_has_a_row_and_no_number() -> None:
    found = {row["cluster"]: row for row in rows(everything()) if row["kind"] != "finding"}

    assert ["scope", "unseen", "AccessDenied"] == [
        found["eu-west-1"][column] for column in ("kind", "standing", "summary")
    ]
    assert ["cluster", "unseen", "403", ""] == [
        found["unseen"][column] for column in ("kind", "standing", "summary", "open findings")
    ]
    assert {"gone", "part", "seen", "skipped", "stale", "unseen", "eu-west-1"} == set(found)
