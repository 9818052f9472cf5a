from dataclasses import replace

import pytest
from tests.fleets import NOBODY, THE_RUN, everything, memory, record

from seawall.report.markdown import code, markdown


@pytest.mark.parametrize(
    "text, span",
    [
        pytest.param("shop", "`shop`", id="a name"),
        pytest.param("", "-", id="nothing"),
        pytest.param(" ", "` `", id="a space"),
        pytest.param("a`b``c", "`a'b''c`", id="backticks"),
        pytest.param("a|b", "`a\u00a6b`", id="a bar"),
        pytest.param("a\nb", r"`a\nb`", id="a line break"),
        pytest.param("@ann #1 <b>", "`@ann #1 <b>`", id="what code does not obey"),
    ],
)
def test_untrusted_text_is_code(text: str, span: str) -> None:
    assert span == code(text)


def test_the_parts_come_in_the_order_of_the_page() -> None:
    headings = [line for line in markdown(everything()).splitlines() if line.startswith("#")]

    assert [
        "# Seawall: fleet `prod`",
        "## Not seen",
        "## Fleet",
        "## Changed in the last run",
        "## Worst namespaces",
        "## Plans",
    ] == headings


def test_a_cluster_is_a_row_and_what_is_not_known_a_dash() -> None:
    lines = markdown(everything()).splitlines()

    assert "| `seen` | seen | 5 min ago | 8 | 4 | 0 | 4 | 1 | yes |" in lines
    assert "| `unseen` | unseen | - | - | - | - | - | - | - |" in lines


def test_a_refused_plan_says_why() -> None:
    assert (
        "- refused `seen` `shop`, plan `refused`, cuts 2: `behind a LoadBalancer; a note`"
    ) in markdown(everything()).splitlines()


def test_nothing_known_is_said() -> None:
    text = markdown(NOBODY)

    assert "No run has ended yet. No cluster is known" in text
    assert "last run: none has ended yet" in text
    assert 4 == text.count("Nothing to tell.")


def test_a_large_fleet_is_cut_and_counted() -> None:
    keys = [f"{n:04}" for n in range(300)]
    view = replace(
        NOBODY,
        last_run=THE_RUN,
        records=tuple(map(record, keys)),
        memories=tuple(memory(key, unseen="timed out") for key in keys),
    )

    text = markdown(view)

    assert text.endswith("\n")
    assert 2 == text.count("and 250 more")
    assert len(text) < 20_000
