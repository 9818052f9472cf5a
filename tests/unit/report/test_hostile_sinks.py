"""Every hostile text in every place of every format: each sink is parsed back.

The measure is always the same report about names that are harmless. Whatever a hostile name adds
to the structure (an element, a row, a link, a line) is a way out of its place.
"""

import csv
import io
import json
import unicodedata
from functools import cache
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tests.fleets import digest_of, everything, turn
from tests.hostile import HOSTILE

from seawall.report.csv_lines import COLUMNS, csv_text
from seawall.report.digest import digest_document, digest_lines
from seawall.report.fleet import FleetView
from seawall.report.fleet_document import fleet_document
from seawall.report.fleet_table import fleet_table, totals_lines
from seawall.report.history import history_records, history_table
from seawall.report.markdown import markdown
from seawall.report.page import MOST_BYTES, html
from seawall.report.text import as_json

EACH = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
HARMLESS = "a harmless name "
TRIGGERS = frozenset("=+-@\t\r\n\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20")


class Structure(HTMLParser):
    """All of a page but its text: elements with their attributes, comments, declarations."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[object] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.parts.append((tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """An element ends."""
        self.parts.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        """A comment, which the template has none of."""
        self.parts.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        """The document type."""
        self.parts.append(decl)

    def handle_pi(self, data: str) -> None:
        """A processing instruction, which the template has none of."""
        self.parts.append(f"<?{data}")

    def unknown_decl(self, data: str) -> None:
        """A CDATA section or the like, which the template has none of."""
        self.parts.append(f"<![{data}")


def unprintable(text: str) -> set[str]:
    """Characters that a terminal, a browser or an editor obeys or hides."""
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return {c for c in set(text) if unicodedata.category(c) in hidden} - {"\n"}


@cache
def harmless_structure() -> list[object]:
    return Structure(html(everything(HARMLESS))).parts


def rows(view: FleetView) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_text(view), newline=""), strict=True))


def marks(text: str) -> list[tuple[str, str, str]]:
    """The tokens of a Markdown text; what stands in a code span is left out."""
    blocks = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    inner = [child for block in blocks for child in block.children or ()]
    return [
        (token.type, token.tag, token.content if token.type == "text" else "")
        for token in (*blocks, *inner)
    ]


@cache
def harmless_marks() -> list[tuple[str, str, str]]:
    return marks(markdown(everything(HARMLESS)))


def texts(*tables: Table) -> list[str]:
    """Every cell as it is drawn; drawing itself is tested once, with all hostile texts at once."""
    return [
        cell.plain
        for table in tables
        for column in table.columns
        for cell in column.cells
        if isinstance(cell, Text)
    ]


def test_there_are_enough_hostile_texts() -> None:
    assert len(set(HOSTILE.values())) >= 500


@EACH
def test_a_page_has_no_element_or_attribute_beyond_its_template(hostile: str) -> None:
    page = html(everything(hostile))

    assert harmless_structure() == Structure(page).parts
    assert set() == unprintable(page)
    assert len(page.encode()) <= MOST_BYTES


@EACH
def test_a_spreadsheet_has_no_row_column_or_formula_beyond_its_own(hostile: str) -> None:
    found = rows(everything(hostile))

    assert len(rows(everything(HARMLESS))) == len(found)
    assert {len(COLUMNS)} == {len(row) for row in found}
    cells = [cell for row in found for cell in row]
    # A semicolon begins a cell where it is the list separator of the reader's country.
    begins = {part.lstrip(' "')[:1] for cell in cells for part in cell.split(";")}
    assert set() == begins & TRIGGERS
    assert set() == set().union(*map(unprintable, cells))
    assert all("\n" not in cell and len(cell) < 32_767 for cell in cells)


@EACH
def test_markdown_has_no_mark_link_or_word_beyond_its_own(hostile: str) -> None:
    text = markdown(everything(hostile))

    assert harmless_marks() == marks(text)
    assert set() == unprintable(text)


@EACH
def test_a_terminal_is_sent_nothing_that_it_obeys(hostile: str) -> None:
    view = everything(hostile)

    cells = texts(fleet_table(view), history_table(view.turns))
    assert 6 * 11 + 7 * 9 == len(cells)
    assert set() == unprintable("".join(cells))
    assert all("\n" not in cell for cell in cells)
    assert set() == unprintable("".join(totals_lines(view)))
    lines = digest_lines(digest_of(hostile))
    assert len(digest_lines(digest_of(HARMLESS))) == len(lines)
    assert all("\n" not in line for line in lines)
    assert set() == unprintable("".join(lines))


@EACH
def test_json_is_ascii_and_keeps_every_text_as_it_was(hostile: str) -> None:
    view = everything(hostile)
    documents = [
        fleet_document(view),
        digest_document(digest_of(hostile)),
        *history_records(view.turns),
    ]

    text = as_json(documents)

    assert text.isascii()
    assert set() == unprintable(text)
    assert documents == json.loads(text)


def test_a_terminal_without_colours_is_sent_no_escape_at_all() -> None:
    turns = [turn(text, summary=text, namespace=text) for text in HOSTILE.values()]
    console = Console(file=io.StringIO(), width=200, no_color=True)

    with console.capture() as captured:
        console.print(history_table(turns))

    assert set() == unprintable(captured.get())
