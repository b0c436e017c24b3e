"""The pages in a real browser: quiet, narrow and wide, light and dark, by keyboard.

Chromium is looked for where Debian has it. Without it the tests are skipped, but not in CI.
"""

import os
from pathlib import Path

import pytest

from lingweave.report import write_report
from made_results import make_probe_results, make_results

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
MADE = {"study": make_results, "probe": make_probe_results}
WIDTHS = (1280, 390)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not CHROMIUM.exists() and not os.environ.get("CI"),
        reason=f"there is no {CHROMIUM}: apt-get install chromium",
    ),
]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=[*MADE])
def address(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    write_report(MADE[request.param](), folder)
    return (folder / "report.html").as_uri()


@pytest.fixture(params=WIDTHS)
def page(request, browser, address):
    """The page, with all that it asked for and said in `page.asked` and `page.said`."""
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    page = context.new_page()
    page.asked, page.said = [], []
    page.on("request", lambda one: page.asked.append(one.url))
    page.on("console", lambda one: page.said.append(one.text))
    page.on("pageerror", lambda one: page.said.append(str(one)))
    page.goto(address)
    yield page
    context.close()


def test_nothing_is_asked_of_the_network_and_nothing_said(page, address):
    page.wait_for_load_state("networkidle")
    assert [url for url in page.asked if not url.startswith("data:")] == [address]
    assert page.said == []


def test_the_page_is_no_wider_than_its_window_nor_are_boxes_wider_than_the_page(page):
    width = page.viewport_size["width"]
    for opened in (False, True):
        page.eval_on_selector_all(
            "details", "(all, opened) => all.forEach(one => { one.open = opened })", opened
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        beyond = page.evaluate(
            """() => [...document.querySelectorAll('body *')]
                .filter(one => !one.closest('.scroll > *, pre > *, .hidden, .skip, svg *'))
                .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5)
                .map(one => one.outerHTML.slice(0, 80))"""
        )
        assert beyond == []


def test_no_word_of_a_picture_is_cut_or_laid_over_another(page):
    """Names, ticks and values of each picture, pairwise; and all of them inside the window."""
    troubles = page.evaluate(
        """() => {
            const found = [];
            for (const picture of document.querySelectorAll('svg[role=img]')) {
                const boxes = [...picture.querySelectorAll('text')].map(
                    one => [one.textContent, one.getBoundingClientRect()]);
                boxes.forEach(([text, box], first) => {
                    if (box.left < 0 || box.right > innerWidth) found.push('cut: ' + text);
                    for (const [other, next] of boxes.slice(first + 1)) {
                        const apart = box.right <= next.left || next.right <= box.left
                            || box.bottom <= next.top + 4 || next.bottom <= box.top + 4;
                        if (!apart) found.push(text + ' over ' + other);
                    }
                });
            }
            return found;
        }"""
    )
    assert troubles == []


def test_a_table_that_is_too_wide_scrolls_in_a_box_that_the_keyboard_reaches(page):
    page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true })")
    boxes = page.locator(".scroll")
    assert boxes.count() > 0
    wide = [
        box for box in boxes.all() if box.evaluate("one => one.scrollWidth > one.clientWidth + 1")
    ]
    if page.viewport_size["width"] == min(WIDTHS):
        assert wide
    for box in wide:
        box.focus()
        assert box.evaluate("one => document.activeElement === one")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => document.activeElement.scrollLeft > 0")


def test_the_browser_reads_headings_tables_and_pictures_aloud(page):
    tree = page.locator("body").aria_snapshot()
    assert 'heading "' in tree
    assert tree.count("- table") >= 2
    assert "rowheader" in tree
    assert "columnheader" in tree
    assert tree.count("- img") >= 3
    assert 'navigation "Sections"' in tree
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(one => +one.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


CONTRASTS = """() => {
    const light = colour => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ground = one => {
        for (let at = one; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (!/, 0\\)$/.test(colour)) return colour;
        }
    };
    const low = [];
    for (const one of document.querySelectorAll('body *')) {
        const own = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!own || one.closest('.skip, .hidden')) continue;
        const style = getComputedStyle(one);
        const ink = one instanceof SVGElement ? style.fill : style.color;
        const [dark, bright] = [light(ink), light(ground(one))].sort((a, b) => a - b);
        const contrast = (bright + 0.05) / (dark + 0.05);
        if (contrast < 4.5) low.push(contrast.toFixed(2) + ' ' + one.textContent.slice(0, 40));
    }
    return low;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_read_easily_in_light_and_in_dark(page, scheme):
    page.emulate_media(color_scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")
    assert page.evaluate(CONTRASTS) == []


def test_on_paper_nothing_is_hidden(page):
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    for table in page.locator("details table").all():
        assert table.is_visible()
    assert page.evaluate(CONTRASTS) == []


def test_scripts_from_right_to_left_run_so(browser, tmp_path):
    write_report(make_results(), tmp_path)
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    mark = page.locator("mark[lang=ar]").first
    assert mark.evaluate("one => getComputedStyle(one).direction") == "rtl"
    fonts = page.locator("th[lang=ur]").first.evaluate("one => getComputedStyle(one).fontFamily")
    assert fonts.startswith('"Noto Naskh Arabic"')
    # A Chinese word of two letters takes two lines of its column: they do not lie on each other.
    height = page.locator("th[lang=zh] span").first.evaluate("one => one.offsetHeight")
    assert height >= 30
    page.close()
