"""The report in a real browser: phone, tablet, desk; light, dark, print."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from PIL import Image

from shopscore_analysis.show.theme import contrast

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

HEIGHTS = {360: 740, 390: 844, 768: 1024, 1280: 900}
WIDTHS = (390, 768, 1280)
TAP = 44
ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "reports" / "screens"  # git-ignored
OPEN_ALL = "document.querySelectorAll('details').forEach(e => e.open = true)"
GRAVE = {"serious", "critical"}

SMALL_TAPS = """() => [...document.querySelectorAll('a:not(.skip, svg a), summary, button, input')]
  .map(e => [e.textContent.trim().slice(0, 20), e.getBoundingClientRect().height])
  .filter(([, height]) => height > 0 && height < 44)"""
OVERFLOWING = """() => [...document.querySelectorAll('main *, header *')]
  .filter(e => !e.closest('.scroll') && !e.closest('svg') && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.tagName + '.' + e.className)"""
COLOURS = """() => {
  const hex = (e, name) => getComputedStyle(e)[name].match(/[\\d.]+/g).slice(0, 3).map(Number);
  const back = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$|transparent/.test(c)) return hex(e, 'backgroundColor'); } };
  return [...document.querySelectorAll(
      'p, h1, h2, th, td, strong, small, summary, a, dt, dd, mark, .name, .way, .word')]
    .filter(e => e.getClientRects().length && e.textContent.trim())
    .map(e => [e.tagName + '.' + e.className, hex(e, 'color'), back(e)]);
}"""


SCROLLED = """e => {
  e.scrollLeft = 60;
  const left = x => x.getBoundingClientRect().left;
  return [e.scrollLeft, left(e.querySelector('tbody th')) - left(e)];
}"""


def _hex(channels: list[float]) -> str:
    return "#" + "".join(f"{int(channel):02x}" for channel in channels)


@contextmanager
def _opened(
    browser: Browser, page: Path, width: int, scheme: Literal["light", "dark"] = "light"
) -> Iterator[tuple[Page, list[str]]]:
    context = browser.new_context(viewport={"width": width, "height": HEIGHTS[width]}, color_scheme=scheme)
    tab, noise = context.new_page(), []
    tab.on("console", lambda message: noise.append(message.text))
    tab.on("pageerror", lambda error: noise.append(str(error)))
    tab.on(
        "request", lambda request: noise.append(request.url) if not request.url.startswith(("file:", "data:")) else None
    )
    tab.goto(page.as_uri())
    yield tab, noise
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", HEIGHTS)
def test_the_page_fits_its_screen_and_stays_silent(
    browser: Browser, any_page: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    """No sideways scroll, nothing cut, no console message, no request. The screen is kept for a person to look at."""
    with _opened(browser, any_page, width, scheme) as (tab, noise):
        tab.screenshot(path=SCREENS / f"{any_page.stem}-{width}-{scheme}.png")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.evaluate(OVERFLOWING) == []
        assert noise == []


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_to_tap_is_large_enough(browser: Browser, any_page: Path, width: int) -> None:
    """44 px, as a thumb needs, with every box open."""
    with _opened(browser, any_page, width) as (tab, _):
        assert tab.evaluate(SMALL_TAPS) == []
        tab.evaluate(OPEN_ALL)
        assert tab.evaluate(SMALL_TAPS) == []


@pytest.mark.parametrize("name", ["page", "weekly"])
@pytest.mark.parametrize("width", WIDTHS)
def test_cells_and_bars_are_large_enough_to_tap(
    browser: Browser, request: pytest.FixtureRequest, width: int, name: str
) -> None:
    """44 px for every door of a figure."""
    with _opened(browser, request.getfixturevalue(name), width) as (tab, _):
        boxes: list[Any] = tab.evaluate(
            "[...document.querySelectorAll('svg a path')].map(e => e.getBoundingClientRect().toJSON())"
        )
        assert boxes
        assert all(box["width"] >= TAP and box["height"] >= TAP for box in boxes)


@pytest.mark.parametrize("name", ["page", "weekly"])
def test_the_first_screen_of_a_phone_answers_better_why_and_what_now(
    browser: Browser, request: pytest.FixtureRequest, name: str
) -> None:
    """Verdict, three tiles and all things to do, above the navigation."""
    with _opened(browser, request.getfixturevalue(name), 390) as (tab, _):
        last = tab.locator(".todo > li").last.bounding_box()
        strip = tab.locator("nav").bounding_box()
        assert last and strip
        assert last["y"] + last["height"] <= strip["y"]
        assert tab.locator(".tiles li").count() == 3
        assert tab.locator(".verdict").is_visible()


def test_the_last_of_three_figures_is_as_wide_as_both_before_it(browser: Browser) -> None:
    """No hole beside it; a pair behind a table stays a pair."""
    style = (ROOT / "shopscore_analysis/report/template/shopscore/page.css").read_text(encoding="utf-8")
    figure = "<figure class=figure>…</figure>"
    stacks = "".join(f"<div class=stack>{inner}</div>" for inner in (figure * 3, f"<div>…</div>{figure * 2}"))
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_content(f"<style>{style}</style><main>{stacks}</main>")
    wide = tab.evaluate("[...document.querySelectorAll('figure')].map(e => e.getBoundingClientRect().width > 600)")
    context.close()
    assert wide == [False, False, True, False, False]


HINTS = """() => [...document.querySelectorAll('.hint')].map(e => {
  const box = e.closest('.scroll');
  return [e.getBoundingClientRect().height > 10, box.scrollWidth > box.clientWidth]; })"""


@pytest.mark.parametrize("name", ["page", "weekly"])
def test_the_hint_to_swipe_stands_only_where_there_is_something_to_swipe(
    browser: Browser, request: pytest.FixtureRequest, name: str
) -> None:
    """Six products do not fit a phone, two do; nor is anything to swipe on a desk, or on paper."""
    with _opened(browser, request.getfixturevalue(name), 390) as (tab, _):
        for width in (360, 390, 560, 600, 620, 768, 1280):
            tab.set_viewport_size({"width": width, "height": 900})
            hints = tab.evaluate(HINTS)
            assert hints and all(seen == scrolls for seen, scrolls in hints), width
            assert width not in (390, 1280) or hints[0][0] is (name == "weekly" and width == 390), width
        tab.set_viewport_size({"width": 390, "height": 844})
        tab.emulate_media(media="print")
        assert [seen for seen, _ in tab.evaluate(HINTS)] == [False]


@pytest.mark.parametrize("width", [360, 375])
def test_the_word_that_opens_a_card_stays_on_one_line(browser: Browser, page: Path, width: int) -> None:
    """为什么 ＋, beside whoever does it by when."""
    with _opened(browser, page, 360) as (tab, _):
        tab.set_viewport_size({"width": width, "height": 740})
        words = "[...document.querySelectorAll('.todo summary')].map(e => getComputedStyle(e, '::after').height)"
        heights = [float(height.removesuffix("px")) for height in tab.evaluate(words)]
        assert len(heights) == 3 and max(heights) < 30


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(
    browser: Browser, any_page: Path, scheme: Literal["light", "dark"]
) -> None:
    """4.5:1 or more, everywhere."""
    with _opened(browser, any_page, 1280, scheme) as (tab, _):
        tab.evaluate(OPEN_ALL)
        pale = {
            (name, round(contrast(*(_hex(colour) for colour in (ink, back))), 1))
            for name, ink, back in tab.evaluate(COLOURS)
        }  # fmt: skip
        assert {entry for entry in pale if entry[1] < 4.5} == set()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_no_serious_fault(
    browser: Browser, any_page: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    """All rules of axe-core, every box open; its script is the test's, the page has none."""
    axe = pytest.importorskip("axe_playwright_python.base", reason="no axe-core; install axe-playwright-python")
    with _opened(browser, any_page, width, scheme) as (tab, _):
        tab.evaluate(OPEN_ALL)
        tab.evaluate(Path(axe.AXE_FILE_PATH).read_text(encoding="utf-8"))
        faults = tab.evaluate("axe.run(document).then(result => result.violations)")
        told = [(fault["id"], [node["html"][:120] for node in fault["nodes"][:3]]) for fault in faults
                if fault["impact"] in GRAVE]  # fmt: skip
        assert told == []


def test_a_bar_and_a_thing_to_do_open_their_quotes(browser: Browser, weekly: Path) -> None:
    """By tap and by keyboard, in a published report."""
    with _opened(browser, weekly, 390) as (tab, _):
        bar = tab.locator('svg[aria-labelledby^="losses"] a').first
        target = bar.get_attribute("href")
        box = tab.locator(f"details:has(> {target})")
        assert box.get_attribute("open") is None
        bar.focus()
        tab.keyboard.press("Enter")
        assert box.locator("blockquote").first.is_visible()
        assert box.locator("mark").count() > 0


def test_a_cell_of_the_heat_map_opens_its_quotes_by_tap(browser: Browser, page: Path) -> None:
    """No script: the link's target lies in boxes that the browser opens."""
    with _opened(browser, page, 390) as (tab, _):
        quote = tab.locator("mark", has_text="腰围小了一").last
        assert not quote.is_visible()
        tab.locator('svg a[href="#e-size_fit-product-p1"] path').click()
        assert quote.is_visible()


def test_the_reasons_open_by_keyboard(browser: Browser, page: Path) -> None:
    """Focus and Enter."""
    with _opened(browser, page, 1280) as (tab, _):
        tab.locator(".todo summary").first.focus()
        tab.keyboard.press("Enter")
        assert tab.locator(".todo details[open] .door").first.is_visible()
        tab.keyboard.press("Tab")
        tab.keyboard.press("Enter")
        assert tab.locator("mark", has_text="拉链头掉了").first.is_visible()


def test_the_total_after_the_plan_is_seen_on_a_phone_without_scrolling(browser: Browser, weekly: Path) -> None:
    """It is the last column, and what the table is for."""
    with _opened(browser, weekly, 390) as (tab, _):
        plans = tab.locator("table", has=tab.locator("caption", has_text="最省的做法"))
        assert plans.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")


def test_a_wide_table_scrolls_in_its_own_box_and_keeps_its_first_column(browser: Browser, page: Path) -> None:
    """The page itself stays where it is."""
    with _opened(browser, page, 390) as (tab, _):
        box = tab.locator(".scroll:has(table):visible").last
        moved = box.evaluate(SCROLLED)
        assert moved[0] == 60
        assert abs(moved[1]) < 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_shade_shows_on_which_side_of_a_wide_table_something_is_left(
    browser: Browser, page: Path, scheme: Literal["light", "dark"]
) -> None:
    """On a phone: at the right edge until the table is scrolled to its end, then not any more."""
    with _opened(browser, page, 390, scheme) as (tab, _):
        box = tab.locator(".scroll:has(table):visible").last
        box.scroll_into_view_if_needed()
        assert box.evaluate("e => e.scrollWidth - e.clientWidth") > 20
        begun = _edge(tab, box)
        box.evaluate("e => { e.scrollLeft = e.scrollWidth }")
        paper = box.evaluate("e => getComputedStyle(e).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
        assert abs(_edge(tab, box) - sum(paper) / 3) < 4 < abs(begun - sum(paper) / 3)


def _edge(tab: Page, box: Locator) -> float:
    """The usual brightness of the last pixels at the right of a box."""
    place = box.bounding_box()
    assert place
    clip = {"x": place["x"] + place["width"] - 3, "y": place["y"], "width": 2, "height": place["height"]}
    picture = Image.open(io.BytesIO(tab.screenshot(clip=clip, full_page=False))).convert("L")  # type: ignore[arg-type]
    return float(np.median(np.asarray(picture)))


@pytest.mark.parametrize("name", ["page", "weekly"])
def test_the_rows_of_a_heat_map_stay_named_while_its_cells_scroll(
    browser: Browser, request: pytest.FixtureRequest, name: str
) -> None:
    """The causes stay at the left of the box, each as high as its cells, and cover what scrolls under them."""
    with _opened(browser, request.getfixturevalue(name), 360) as (tab, _):
        box = tab.locator(".scroll:has(.heat)").first
        box.evaluate("e => { e.style.width = '180px'; e.scrollLeft = 40 }")
        edges = box.evaluate("e => [e, e.querySelector('.rows')].map(x => x.getBoundingClientRect().left)")
        heights = box.evaluate("e => [...e.querySelectorAll('.heat > div')].map(x => x.getBoundingClientRect().height)")
        assert box.evaluate("e => e.scrollLeft") == 40
        assert abs(edges[0] - edges[1]) < 1
        assert abs(heights[0] - heights[1]) < 1
        assert box.evaluate("e => getComputedStyle(e.querySelector('.rows')).backgroundColor") != "rgba(0, 0, 0, 0)"


def test_hostile_text_is_read_not_run(browser: Browser, page: Path) -> None:
    """The product's name is a script element in letters."""
    with _opened(browser, page, 1280) as (tab, noise):
        assert tab.locator("script").count() == 0
        assert '<script>alert("x")</script>' in tab.locator("main").inner_text()
        assert noise == []


def test_a_real_report_prints_to_a4_without_a_cut(browser: Browser, weekly: Path) -> None:
    """Nothing is wider than the paper; the file is kept for a person to look at."""
    with _opened(browser, weekly, 768, "dark") as (tab, _):
        tab.emulate_media(media="print", color_scheme="dark")
        tab.set_viewport_size({"width": 703, "height": 1000})  # A4 less its margins, in CSS pixels
        assert tab.evaluate("document.documentElement.scrollWidth") <= 703
        assert tab.evaluate(OVERFLOWING) == []
        tab.pdf(path=SCREENS / "weekly.pdf", format="A4", prefer_css_page_size=True)
        printed = (SCREENS / "weekly.pdf").read_bytes()
        assert printed.startswith(b"%PDF")
        assert 5 < len(re.findall(rb"/Type /Page\b", printed)) < 40  # every box open, two columns of quotes


def test_print_is_light_a4_and_open(browser: Browser, page: Path) -> None:
    """Navigation gone, details open, the desk white, also for a reader in dark mode."""
    with _opened(browser, page, 1280, "dark") as (tab, _):
        tab.emulate_media(media="print", color_scheme="dark")
        assert not tab.locator("nav").is_visible()
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        assert tab.locator("mark", has_text="拉链头掉了").first.is_visible()
        assert tab.pdf(format="A4").startswith(b"%PDF")
