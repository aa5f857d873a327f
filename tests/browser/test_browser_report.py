"""The referee's report in a browser: nothing asked of any host, nothing wider than a phone, headings in order."""

import pytest
from typer.testing import CliRunner

from costmodel.cli.app import app


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    words = ["referee", "kivi-2bit[group=64]", "--model", "llama-3.1-8b", "--gpu", "h100-sxm", "--out", str(out)]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out / "report.html"


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_is_wider_than_its_window(browser, report, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [report.as_uri()] and errors == []
    levels = page.eval_on_selector_all("h1,h2,h3", "all => all.map(h => +h.tagName[1])")
    assert levels[:2] == [1, 2] and all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    assert page.locator("svg").count() >= 4 and page.locator("nav a").count() == page.locator("section").count()
    page.close()


def test_the_findings_are_one_printed_page(browser, report):
    page = browser.new_page()
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 1000})  # what A4 leaves between its margins, in CSS pixels
    assert page.locator("#mirror").evaluate("e => getComputedStyle(e).breakBefore") == "page"
    assert page.locator("#summary").evaluate("e => e.getBoundingClientRect().bottom + window.scrollY") < 1000
    page.close()
