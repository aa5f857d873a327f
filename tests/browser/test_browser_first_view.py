"""What a visitor sees before scrolling: the answer, the map, a step beside it, a tile of their own, that something computes."""

import pytest
from links import FEW
from test_browser_uploads import SCHEME, drop

from dashboards.app import all_pages

PAGES = {page.id: page for page in all_pages()}
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
HIDDEN = """[...document.querySelectorAll(".dash-dropdown, .dash-dropdown-value, .dash-dropdown-value *")]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth && getComputedStyle(e).overflowX !== "visible")
    .map(e => e.textContent)"""


def box(visit, selector: str) -> dict:
    """Where the first part of a selector stands in the window."""
    found = visit.tab.locator(selector).first.bounding_box()
    return found | {"right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


def click_cell(visit, across: float, up: float):
    """A click on the map, at shares of its width and height."""
    visit.tab.locator("#regimes-map-graph").scroll_into_view_if_needed()
    plane = box(visit, "#regimes-map-graph .nsewdrag")
    visit.tab.mouse.click(plane["x"] + across * plane["width"], plane["bottom"] - up * plane["height"])


def test_the_answer_and_the_whole_map_are_above_the_fold_of_a_desk(visit):
    visit.tab.set_viewport_size(DESK)
    visit.open("/").tidy()
    answer, axis = box(visit, ".answer"), box(visit, "#regimes-map-graph .xtitle")
    assert answer["bottom"] < box(visit, "#regimes-map-graph")["y"] and axis["bottom"] <= DESK["height"]
    text = visit.tab.locator(".answer").inner_text()
    assert text.startswith("fp8 against none: at the same batch it wins in") and text.count(".") == text.count("1.") + 1


def test_the_answer_is_first_on_a_phone_and_the_controls_open_on_demand(visit):
    visit.tab.set_viewport_size(PHONE)
    visit.open("/").tidy()
    assert box(visit, ".answer")["y"] < 200 and box(visit, "#regimes-map-graph")["y"] < PHONE["height"] - 200
    control = visit.tab.locator("#regimes-scheme")
    assert control.is_hidden()
    visit.tab.locator("main > .fold > summary").click()
    assert control.is_visible() and visit.serious() == []
    visit.tab.set_viewport_size(DESK)
    visit.until("document.querySelector('main > .fold').open")
    assert control.is_visible() and visit.tab.locator("main > .fold > summary").is_hidden()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_click_on_a_cell_opens_its_waterfall_beside_the_map(visit, size):
    visit.tab.set_viewport_size(size)
    visit.open("/" + FEW).tidy()
    click_cell(visit, 0.3, 0.2)
    visit.until("new URLSearchParams(location.search).has('at_batch')").settle()
    batch, context = (float(visit.selection[name]) for name in ("at_batch", "at_context"))
    visit.says("#regimes-step", f"fp8 at batch {batch:,.0f}, context {context:,.0f}: a step takes")
    visit.says("#regimes-apart", f"fp8, batch {batch:,.0f}, context {context:,.0f}")
    assert visit.tab.locator("#regimes-step .bar").count() >= 4
    graph, step = box(visit, "#regimes-map-graph"), box(visit, "#regimes-step")
    if size is DESK:
        assert step["x"] >= graph["right"] and step["y"] < graph["bottom"]
    else:
        assert step["y"] >= graph["bottom"] and step["x"] < graph["right"]
    assert visit.serious() == []


def test_an_uploaded_scheme_has_its_tile_in_view(visit):
    visit.tab.set_viewport_size(DESK)
    visit.open("/" + FEW)
    drop(visit, "regimes", "scheme", "mine.toml", SCHEME)
    tile = "document.querySelector('.panel.here').getBoundingClientRect()"
    visit.until("document.querySelector('.panel.here')?.textContent.includes('mine')")
    visit.until(f"{tile}.top >= 0 && {tile}.bottom <= innerHeight")
    assert visit.tab.locator(".panel").count() == 3
    visit.tab.locator(".panel", has_text="h2o").click()
    visit.wait_for(scheme="h2o")
    visit.tab.locator(".panel", has_text="mine").click()
    visit.until("new URLSearchParams(location.search).get('scheme').startsWith('upload:')").settle()
    assert visit.tab.locator("#regimes-message").is_hidden(), "the tile leads back to the upload"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_at_once_that_it_computes(visit, page):
    held = visit.hold("-above.children")
    visit.tab.goto(visit.address + PAGES[page].path + FEW)
    visit.tab.locator(".results > .busy").wait_for(state="visible")
    assert visit.tab.locator(".answer").count() == 0
    visit.release(held).settle()
    assert visit.tab.locator(".results > .busy").is_hidden()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_select_is_truncated(visit, page, size):
    visit.tab.set_viewport_size(size)
    visit.open(PAGES[page].path + FEW + "&model=deepseek-r1-distill-qwen-14b&y=throughput_at_max_batch_tok_s")
    if size is PHONE:
        visit.tab.locator("main > .fold > summary").click()
    assert visit.tab.evaluate(HIDDEN) == []


def test_throughputs_are_said_to_be_under_load(visit):
    visit.open("/" + FEW + "&comparison=objective")
    visit.says(".answer", "each at the largest batch within the objective under load it")
