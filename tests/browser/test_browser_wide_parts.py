"""Nothing is cut without a sign: what scrolls sideways says so, and placeholders fit their fields, on a desk and on a phone."""

import pytest
from links import FEW

from dashboards.app import all_pages

PAGES = [page.path for page in all_pages() if page.id != "referee"]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SILENT = """[...document.querySelectorAll(".results *")].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
    .filter(e => ["auto", "scroll", "hidden"].includes(getComputedStyle(e).overflowX) && !e.closest(".js-plotly-plot, .katex"))
    .filter(e => !e.matches(".cut") || getComputedStyle(e).backgroundImage === "none"
        || !["::before", "::after"].some(part => getComputedStyle(e, part).content.includes("Scroll sideways")))
    .map(e => e.className + ": " + e.textContent.slice(0, 60))"""
CUT_TEXTS = """[...document.querySelectorAll("input[type=text], input[type=number]")].filter(e => e.clientWidth).filter(e => {
    const style = getComputedStyle(e), pen = document.createElement("canvas").getContext("2d");
    pen.font = style.font;
    const room = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return pen.measureText(e.value || e.placeholder).width > room + 1;
}).map(e => e.id + ": " + (e.value || e.placeholder))"""


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_what_is_wider_than_its_place_says_so_and_no_field_cuts_its_words(visit, path, size):
    visit.tab.set_viewport_size(size)
    visit.open(path + (FEW if path not in ("/recommend", "/calibration") else ""))
    if path == "/recommend":
        visit.tab.wait_for_selector("#recommend-answer table", timeout=90_000)
    visit.until(f"{SILENT}.length === 0")
    assert visit.tab.evaluate(SILENT) == []
    if size is PHONE:
        visit.tab.locator("main > .fold > summary").click()
    assert visit.tab.evaluate(CUT_TEXTS) == []


def test_the_sign_goes_when_there_is_room(visit):
    visit.tab.set_viewport_size(PHONE)
    visit.open("/calibration").until("document.querySelector('.scroll.cut')")
    visit.tab.set_viewport_size({"width": 2400, "height": 900})
    visit.until("!document.querySelector('.scroll.cut')")
