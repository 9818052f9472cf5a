"""The page as text; tests/journeys/test_page.py opens it in a browser."""

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

import pytest
from tests.fleets import NOBODY, NOW, THE_RUN, everything, finding, memory, plan, record, turn

from seawall import __version__
from seawall.model.fleet import Presence
from seawall.model.memory import Counts
from seawall.model.plan import Stage
from seawall.report.fleet import FleetView
from seawall.report.page import MOST_BYTES, html, shares

ALL_WELL = replace(NOBODY, last_run=THE_RUN, records=(record("a"),), memories=(memory("a"),))
ALL_UNSEEN = replace(
    NOBODY,
    last_run=THE_RUN,
    records=(record("a"), record("b")),
    memories=(memory("a", scanned_at=None, unseen="403"), memory("b", unseen="timed out")),
)
STATES = {
    "no state": NOBODY,
    "a run and no cluster": replace(NOBODY, last_run=THE_RUN),
    "clusters and no run": replace(NOBODY, records=(record("a"),)),
    "all well": ALL_WELL,
    "all unseen": ALL_UNSEEN,
    "everything": everything(),
}


def words(view: FleetView) -> str:
    """What a reader sees, without tags."""
    body = html(view).partition("<body>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def part(view: FleetView, name: str) -> str:
    """One section, without tags."""
    section = html(view).partition(f'<section id="{name}"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section.partition(">")[2])).strip()


@pytest.mark.parametrize("view", STATES.values(), ids=STATES)
def test_the_same_view_makes_the_same_bytes(view: FleetView) -> None:
    assert html(view).encode() == html(view).encode()


@pytest.mark.parametrize("view", STATES.values(), ids=STATES)
def test_a_page_never_says_that_anything_is_protected(view: FleetView) -> None:
    assert [] == re.findall(
        r"protected|secure\b|safe\b|compliant|healthy", words(view), re.IGNORECASE
    )
    assert "Policy isolates" in words(view)


@pytest.mark.parametrize("view", STATES.values(), ids=STATES)
def test_a_page_asks_for_nothing_outside_itself(view: FleetView) -> None:
    page = html(view)

    assert [] == re.findall(r"<(?:script|link|img|iframe|object|embed|form|base)\b", page)
    assert [] == re.findall(r"url\(|@import|\bsrc=|\bstyle=|\bon\w+=", page)
    assert {True} == {href.startswith("#") for href in re.findall(r'href="([^"]*)"', page)}
    assert "default-src &#39;none&#39;" in page


@pytest.mark.parametrize("view", STATES.values(), ids=STATES)
def test_every_link_leads_to_a_place_of_the_page(view: FleetView) -> None:
    page = html(view)

    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(re.findall(r'\bid="([^"]*)"', page))


def test_what_was_not_seen_comes_before_the_table() -> None:
    page = html(everything())

    assert page.index('<section id="unseen"') < page.index('<section id="fleet"')
    assert (
        "scope eu-west-1 AccessDenied - unseen unseen 403 - stale stale timed out 7 d ago"
        in part(everything(), "unseen")
    )


def test_the_head_says_which_fleet_when_and_by_which_version() -> None:
    seen = words(everything())

    assert f"Seawall {__version__} Fleet prod" in seen
    assert "Written 2026-01-02T12:00:00Z" in seen
    assert "Last run 2026-01-02T11:59:00Z , 60 s ago" in seen


def test_without_any_state_the_page_says_what_to_do_and_no_number() -> None:
    assert (
        "What was not seen Nothing was looked for yet. seawall run --once discovers and scans."
        == (part(NOBODY, "unseen"))
    )
    assert "Policy isolates - of 0 checks" in words(NOBODY)
    assert "Open findings -" in words(NOBODY)
    assert "No finding is open" not in words(NOBODY)


def test_a_fleet_that_nobody_saw_has_no_finding_to_be_glad_of() -> None:
    unread = replace(ALL_UNSEEN, memories=ALL_UNSEEN.memories[:1], records=ALL_UNSEEN.records[:1])

    assert "No finding is open" not in words(unread)
    assert "None of 1 cluster was seen by the last run" in words(unread)


def test_a_fleet_that_is_well_is_said_to_be_read_whole_and_no_more() -> None:
    assert (
        "What was not seen Nothing: every scope was looked at, and every cluster was read whole."
        == (part(ALL_WELL, "unseen"))
    )
    assert "Policy isolates 8 of 8 checks" in words(ALL_WELL)
    assert "Enforced 1 of 1 clusters" in words(ALL_WELL)


def test_enforcement_that_was_not_judged_is_no_enforcement() -> None:
    view = replace(ALL_WELL, memories=(memory("a", enforced="it was not judged"),))

    assert "Enforced 0 of 1 clusters in part 0 not enforced 0 not known 1" in words(view)


def test_a_cluster_without_numbers_has_dashes() -> None:
    view = replace(ALL_WELL, records=(record("a", Presence.GONE),))

    assert "a gone 5 min ago - - - - - - - -" in part(view, "fleet")


def test_a_proposal_says_what_it_cuts_and_how_to_apply_it() -> None:
    seen = part(replace(ALL_WELL, plans=(plan("a"),)), "plans")

    assert "would cut web to db on TCP 80" in seen
    assert "would cut (nobody there today) web to db on TCP 80" in seen
    assert "seawall apply proposed" in seen


def test_a_refused_plan_says_every_reason_and_cannot_be_applied() -> None:
    reasons = ("behind a LoadBalancer", "the webhooks could not be read")
    view = replace(ALL_WELL, plans=(plan("a", Stage.REFUSED, refusals=reasons),))

    seen = part(view, "plans")

    assert "refused: behind a LoadBalancer refused: the webhooks could not be read" in seen
    assert "seawall apply" not in seen


def test_changes_are_grouped_and_a_long_group_is_counted() -> None:
    view = replace(ALL_WELL, turns=tuple(turn(f"c{n:02}") for n in range(12)))

    seen = part(view, "changed")

    assert "opened high default-open-ingress 12 places" in seen
    assert "c04 shop anybody can come in and 7 more" in seen


@pytest.mark.parametrize(
    "view, said",
    [
        pytest.param(NOBODY, "There is no run to compare.", id="no run"),
        pytest.param(ALL_WELL, "Nothing changed in what was seen.", id="quiet"),
    ],
)
def test_nothing_changed_is_said(view: FleetView, said: str) -> None:
    assert f"What changed in the last run {said}" == part(view, "changed")


def test_the_twenty_worst_namespaces_are_shown_and_the_others_counted() -> None:
    found = tuple(finding(f"{n}", namespace=f"n{n:03}") for n in range(50))
    page = html(replace(ALL_WELL, memories=(memory("a", *found),)))

    assert 20 == page.count('<article class="place">')
    assert "and 30 more namespaces that are not shown here" in page


def test_a_rule_is_explained_once() -> None:
    page = html(everything())

    assert 1 == page.count("seawall explain default-open-ingress")
    assert "seawall explain rule" not in page


@pytest.mark.parametrize(
    "text, clusters",
    [
        pytest.param("", 2_500, id="harmless"),
        pytest.param('"' * 300, 600, id="each character escaped to five"),
        pytest.param("\U000e0041" * 300, 600, id="each character shown as ten"),
    ],
)
def test_a_large_fleet_fits_and_says_what_is_left_out(text: str, clusters: int) -> None:
    keys = [f"{n:04}{text}" for n in range(clusters)]
    view = replace(
        ALL_WELL,
        records=tuple(map(record, keys)),
        memories=tuple(
            memory(key, finding(text), enforced=text, counts=Counts(1, 1, 1, (text,)))
            for key in keys
        ),
        plans=tuple(plan(key, refusals=(text,) * 50, text=text) for key in keys),
        turns=tuple(turn(key, rule=f"{key}", summary=text) for key in keys),
    )

    page = html(view)

    assert len(page.encode()) <= MOST_BYTES
    assert "more clusters that are not shown here" in page
    assert f'<span id="open">{clusters}</span>' in page


@pytest.mark.parametrize(
    "parts, drawn",
    [
        pytest.param((0, 0, 0), ((0, 0), (0, 0), (0, 0)), id="nothing"),
        pytest.param((1, 1, 2), ((0, 25), (25, 25), (50, 50)), id="halves and quarters"),
        pytest.param((5, 0, 0), ((0, 100), (100, 0), (100, 0)), id="one alone"),
    ],
)
def test_a_bar_is_shared_out(
    parts: tuple[int, ...], drawn: tuple[tuple[float, float], ...]
) -> None:
    assert drawn == shares(*parts)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    values = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def palettes() -> list[Mapping[str, str]]:
    """The light and the dark one; print is a light one on white."""
    css = (files("seawall.report") / "templates" / "page.css").read_text()
    blocks = re.findall(r":root \{([^}]*)\}", css)
    return [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks[:2]]


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark"])
@pytest.mark.parametrize(
    "ink", ["ink", "soft", "sea", "fail", "doubt", "critical", "high", "medium", "low"]
)
def test_every_ink_can_be_read_on_every_paper(palette: Mapping[str, str], ink: str) -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text of any size."""
    papers = ("paper", "card", "doubt-paper")

    assert {} == {
        paper: ratio
        for paper in papers
        if (ratio := round(contrast(palette[ink], palette[paper]), 2)) < 4.5
    }


def test_a_table_names_its_rows_and_columns_for_those_who_hear_it() -> None:
    page = html(everything())

    assert [] == re.findall(r"<th(?![^>]*scope=)(?!ead)[^>]*>", page)
    assert 1 == page.count("<main ")
    assert 1 == page.count("<h1>")
    assert page.startswith('<!doctype html>\n<html lang="en">')


def test_the_page_is_of_its_time() -> None:
    later = replace(everything(), now=NOW.replace(year=2027))

    assert html(later) != html(everything())
    assert "its last scan is too old" in words(later)
