"""The page about enforcement has every row of the table of data planes, as it is."""

import re
from pathlib import Path

from seawall.analyse.dataplane.row import GOOD_UNTIL, REVIEWED
from seawall.analyse.dataplane.rows import ROWS


def test_the_page_has_the_rows_of_the_table(checkout: Path) -> None:
    page = (checkout / "docs/enforcement.md").read_text()
    rows = re.findall(
        r"^\| (\S+) \| .+ \| (yes|no|unknown) \| (.+) \| \[.+\]\((.+)\) \|$", page, re.MULTILINE
    )

    assert [(row.id, str(row.enforced), row.says, row.source) for row in ROWS.values()] == rows
    assert f"last reviewed on {REVIEWED}; none is believed after {GOOD_UNTIL}" in page
