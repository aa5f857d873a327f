"""The referee's page in a browser: a proposal is dropped, a report asked for, read on a desk and a phone, and downloaded."""

from test_browser_uploads import drop

MINE = """name = "Mine"
source = "our notebook"
[[mechanism]]
kind = "quantize"
bits = "4 bit"
tile = [32, 1, 1]
metadata = "32 bit"
decode_instructions = "int4_channel_work"
"""


def test_a_proposal_is_uploaded_judged_and_downloaded(visit):
    tab = visit.open("/referee").tab
    visit.says("#referee-report", "No report yet")
    assert "Uploaded mine.toml" in drop(visit, "referee", "scheme", "mine.toml", MINE)
    visit.says("#referee-above", "Mine (mine.toml) against none")
    tab.locator("#referee-write").click()
    tab.wait_for_selector("#referee-report .chapter", timeout=90_000)
    visit.settle()
    chapters = tab.locator("#referee-report .chapter h2").all_inner_texts()
    assert chapters[0] == "Findings" and len(chapters) == 9
    assert "no window holds them" in tab.locator("#report-summary").inner_text()
    assert tab.locator("#referee-report img").count() >= 4
    assert tab.evaluate(
        "[...document.querySelectorAll('#referee-report img')].every(i => i.complete && i.naturalWidth > 0)"
    )
    assert visit.tidy().serious() == []
    for label, name in (("HTML", "report.html"), ("Markdown", "report.md"), ("JSON", "report.json")):
        with tab.expect_download() as download:
            tab.locator("#referee-report .files button", has_text=label).click()
        assert download.value.suggested_filename == name
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.emulate_media(color_scheme="dark")
    visit.tidy()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390 and visit.serious() == []
    tab.locator("#report-summary").scroll_into_view_if_needed()
    tab.locator(".contents a", has_text="Is it new?").click()
    visit.until("Math.abs(document.querySelector('#report-novelty').getBoundingClientRect().top) < 200")
    assert tab.locator("#referee-report .chapter").count() == 9, "a link to a chapter asks for nothing anew"


def test_another_selection_takes_the_report_away(visit):
    tab = visit.open("/referee?scheme=fp8").tab
    tab.locator("#referee-write").click()
    tab.wait_for_selector("#referee-report .chapter", timeout=90_000)
    visit.type("referee-scheme", "int8")
    visit.wait_for(scheme="int8").says("#referee-report", "No report yet")
