"""The page in a real browser: nothing runs, nothing is asked for, and everything can be reached."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.fleets import NOBODY, THE_RUN, everything, finding, memory, record, turn
from tests.hostile import HOSTILE

from seawall.report.fleet import FleetView
from seawall.report.page import html

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",  # a container's root has no user namespace to put the browser into
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]


def crowd() -> FleetView:
    """A fleet in which every hostile text is the name of a cluster, and everything else of it."""
    texts = tuple(HOSTILE.values())
    return replace(
        NOBODY,
        last_run=replace(THE_RUN, scopes_unseen=tuple((text, text) for text in texts)),
        records=tuple(map(record, texts)),
        memories=tuple(memory(text, finding(text, namespace=text), unseen=text) for text in texts),
        turns=tuple(turn(text, namespace=text, summary=text, rule=text) for text in texts),
    )


@dataclass
class Watched:
    """A page that was opened, and whatever it did that no report should."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(f"dialog: {dialog.message}"))
        self.page.on("request", lambda request: self.asked.append(request.url))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the machine has it; playwright's own download is never used."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("NOT RUN: no Chromium on PATH, so that no page was opened in a browser")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    page = browser.new_page()
    yield Watched(page)
    page.close()


def opened(watched: Watched, text: str, folder: Path) -> str:
    """Open a text as the file it would be; its address."""
    file = folder / "report.html"
    file.write_text(text)
    watched.page.goto(file.as_uri(), wait_until="load")
    return file.as_uri()


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(everything(), id="a bit of everything"),
        pytest.param(NOBODY, id="nothing known"),
        pytest.param(crowd(), id="every hostile text"),
        pytest.param(everything("</style><script>alert(1)</script>"), id="one in every place"),
    ],
)
def test_a_page_says_nothing_and_asks_for_nothing(
    watched: Watched, tmp_path: Path, view: FleetView
) -> None:
    address = opened(watched, html(view), tmp_path)
    strangers = watched.page.locator(
        "script, img, iframe, object, embed, form, link, base, [onload]"
    )

    assert [] == watched.said
    assert [address] == watched.asked
    assert 0 == strangers.count()
    assert 1 == watched.page.locator("h1").count()


def test_the_watch_sees_what_a_page_must_not_do_and_the_policy_stops_it(
    watched: Watched, tmp_path: Path
) -> None:
    evil = "<script>document.title = 'run'</script><img src='beacon.png' onerror='alert(1)'></main>"

    opened(watched, html(everything()).replace("</main>", evil), tmp_path)

    assert len(watched.said) >= 2
    assert all("Content Security Policy" in said for said in watched.said)
    assert "prod: Seawall fleet report" == watched.page.title()


def test_the_style_is_the_one_that_the_policy_names(watched: Watched, tmp_path: Path) -> None:
    opened(watched, html(everything()), tmp_path)

    assert "grid" == watched.page.locator(".cards").evaluate("e => getComputedStyle(e).display")


def test_a_keyboard_reaches_the_report_first_and_every_wide_table(
    watched: Watched, tmp_path: Path
) -> None:
    opened(watched, html(everything()), tmp_path)
    focused = (
        "() => document.activeElement.getAttribute('href') || document.activeElement.className"
    )

    stops = []
    for _ in range(9):
        watched.page.keyboard.press("Tab")
        stops.append(watched.page.evaluate(focused))

    links = ["#main", "#unseen", "#fleet", "#changed", "#worst", "#plans", "#words"]
    assert [*links, "wide", "wide"] == stops


def test_a_screen_reader_is_told_the_landmarks_and_the_tables(
    watched: Watched, tmp_path: Path
) -> None:
    opened(watched, html(everything()), tmp_path)

    told = watched.page.locator("body").aria_snapshot()

    for part in (
        "- banner:",
        '- navigation "Sections":',
        "- main:",
        '- region "What was not seen":',
        '- region "Fleet":',
        "- contentinfo:",
        '- columnheader "Pass (policy isolates)"',
        '- rowheader "unseen"',
    ):
        assert part in told


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_a_page_is_never_wider_than_the_screen(
    watched: Watched, tmp_path: Path, width: int
) -> None:
    watched.page.set_viewport_size({"width": width, "height": 800})

    opened(watched, html(everything("a-rather-long-name-" * 12)), tmp_path)

    assert watched.page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_a_page_can_be_printed(watched: Watched, tmp_path: Path) -> None:
    opened(watched, html(everything()), tmp_path)

    assert watched.page.pdf(format="A4").startswith(b"%PDF-")
    watched.page.emulate_media(media="print")
    assert not watched.page.locator("nav").is_visible()
