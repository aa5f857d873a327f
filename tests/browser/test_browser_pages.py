"""Every page in a real browser: drawn, readable by all, as wide as its window, quiet in the console."""

import pytest
from links import MANY

from dashboards.app import all_pages

PAGES = {page.id: page for page in all_pages()}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_and_fits_a_desk_and_a_phone_light_and_dark(visit, page):
    visit.open(PAGES[page].path + MANY)
    tab = visit.tab
    visit.until(f"document.title.startsWith({PAGES[page].name!r})")
    assert tab.locator("h1").inner_text() == PAGES[page].name
    assert tab.locator("nav a[aria-current=page]").inner_text() == PAGES[page].name
    for key in PAGES[page].figures:
        tab.wait_for_selector(f"#{page}-{key}-graph .main-svg")
        assert tab.locator(f"#{page}-{key}-caption").inner_text()
    form, results = (tab.locator(name).bounding_box() for name in ("form.controls", ".results"))
    assert form["x"] + form["width"] <= results["x"], "controls beside the figures"
    assert visit.tidy().serious() == []
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.emulate_media(color_scheme="dark")
    visit.tidy()
    fold, results = (tab.locator(name).bounding_box() for name in ("main > .fold", ".results"))
    assert fold["y"] + fold["height"] <= results["y"], "controls, folded, above the figures"
    assert fold["height"] < 60 and tab.locator("form.controls label").first.is_hidden()
    assert visit.serious() == []


def test_an_address_that_is_no_page_says_where_to_go(visit):
    visit.open("/nowhere")
    assert visit.tab.locator("h1").inner_text() == "No such page" and visit.serious() == []
    visit.tab.locator("main a", has_text="Stress").click()
    visit.tab.wait_for_selector("#stress-above section")


def test_formulas_are_drawn_here_and_can_be_read_aloud(visit):
    visit.open("/equations?target=attention_memory_time&chain=")
    visit.tab.wait_for_selector(".equation .katex")
    assert visit.tab.locator(".equation .katex-error").count() == 0
    assert visit.tab.locator(".equation math").count() == visit.tab.locator(".equation .tex").count()
    assert visit.tab.evaluate("document.fonts.check('16px KaTeX_Main')")


def test_every_formula_of_the_model_can_be_drawn(visit):
    visit.open("/equations?target=step_time&chain=yes&scheme=kivi-2bit")
    visit.tab.wait_for_selector("table.symbols .katex")
    assert visit.tab.locator(".katex-error").count() == 0
    assert visit.tab.locator(".tex").count() == visit.tab.locator(".tex .katex").count() > 100


def test_the_theme_is_a_choice_that_stays(visit):
    visit.open("/stress")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = visit.tab.evaluate(ground)
    visit.tab.locator("#theme").click()
    assert visit.tab.evaluate(ground) != light
    visit.tab.reload()
    visit.settle()
    assert visit.tab.evaluate(ground) != light


def test_a_page_works_by_keyboard_alone(visit):
    visit.open("/stress")
    visit.tab.keyboard.press("Tab")
    assert visit.tab.evaluate("document.activeElement.textContent") == "Skip to the page"
    visit.tab.keyboard.press("Tab")
    assert visit.tab.evaluate("document.activeElement.id") == "to-regimes"
    reached = set()
    for _ in range(13):
        visit.tab.keyboard.press("Tab")
        reached.add(visit.tab.evaluate("document.activeElement.id"))
    assert {"to-equations", "theme", "stress-schemes"} <= reached
    visit.tab.locator("#stress-schemes").focus()
    visit.tab.keyboard.press("Enter")
    visit.tab.wait_for_selector(".dash-dropdown-content")
    visit.tab.keyboard.press("Escape")
