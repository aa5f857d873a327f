"""Every control once: it moves the link, the link moves it, and the figures follow.

A control stands on several pages and is the same on all; each is moved here on the first that has it. That it sets the link
on every page, tests of the server hold, without a browser.
"""

import json

import pytest
from links import FEW

from dashboards.app import all_pages

PAGES = {page.id: page for page in all_pages()}
ENTRIES = {  # by control: the label or text entered, and the value in the link
    "model": ("Qwen3 32B", "qwen3-32b"), "gpu": ("MI300X", "mi300x"), "engine": ("SGLang", "sglang"), "tp": ("2", "2"),
    "weight_dtype": ("nvfp4", "nvfp4"), "memory_fraction": ("0.8", "0.8"), "scheme": ("int4", "int4"),
    "comparison": ("capacity", "own-batch"), "tpot": ("30", "30"), "ttft": ("900", "900"), "batch": ("1,4,16", "1,4,16"),
    "context": ("4K,16K", "4K,16K"), "beside": ("model sizes", "models"), "at_batch": ("4", "4"), "at_context": ("4K", "4K"),
    "x": ("effective batch", "max_batch"), "y": ("time to first", "ttft_ms"), "price": ("2.5", "2.5"),
    "benchmark": ("GSM8K", "gsm8k"), "target": ("codec time", "codec_time"), "measured": ("aiconfigurator", None),
    "kernel": ("gemm", "gemm"), "test": ("Retrieval", "retrieval"), "conditions": ("context=4K", "context=4K"),
    "over": ("16:2K", "16:2K"), "users": ("20", "20"), "gpus": ("1,2", "1,2"), "prompt": ("2K", "2K"), "output": ("256", "256"),
}  # fmt: skip
DROPDOWNS = (
    "model",
    "gpu",
    "engine",
    "weight_dtype",
    "comparison",
    "beside",
    "x",
    "y",
    "benchmark",
    "target",
    "kernel",
    "test",
)


def first_seen() -> dict[str, list[str]]:
    """The controls of every page that no page before it has, or its first where it has none of its own."""
    names, seen = {}, set()
    for page_id, page in PAGES.items():
        names[page_id] = [name for name in page.control_names if name not in seen] or list(page.control_names[:1])
        seen.update(page.control_names)
    return names


@pytest.mark.parametrize(("page", "names"), first_seen().items())
def test_every_control_moves_the_link(visit, page, names):
    visit.open(PAGES[page].path + FEW)
    for name in names:
        control = f"{page}-{name}"
        if name in ("binding", "chain"):
            visit.tab.locator(f"#{control} input").click()
            visit.linked(**{name: "yes" if name == "binding" else ""})
        elif name == "schemes":
            visit.choose(control, "int8")
            visit.linked(schemes="fp8|h2o|int8")
        elif name == "measured":
            assert visit.tab.locator(f"#{control}").is_enabled()
        else:
            entry, value = ENTRIES[name]
            visit.choose(control, entry) if name in DROPDOWNS else visit.type(control, entry)
            visit.linked(**{name: value})
    visit.settle()  # once: what the page draws of every selection on the way, nobody waits for
    assert visit.tab.locator(f"#{page}-message").is_hidden(), visit.tab.locator(f"#{page}-message").inner_text()


def test_a_link_is_a_view_and_back_goes_back(visit):
    link = "/?model=qwen3-32b&gpu=h200-sxm&engine=sglang&scheme=kivi-2bit&binding=yes&batch=1:64&context=1K:32K&schemes=fp8"
    visit.open(link)
    tab = visit.tab
    assert "Qwen3 32B" in tab.locator("#regimes-model").inner_text()
    assert tab.locator("#regimes-scheme").input_value() == "kivi-2bit"
    assert tab.locator("#regimes-binding input").is_checked()
    assert "kivi-2bit against none" in tab.locator("#regimes-above").inner_text()
    visit.type("regimes-scheme", "int4")
    visit.wait_for(scheme="int4")
    visit.says("#regimes-above", "int4 against none")
    tab.go_back()
    visit.wait_for(scheme="kivi-2bit")
    visit.says("#regimes-above", "kivi-2bit against none")
    tab.locator("#to-explore").click()
    visit.wait_for(model="qwen3-32b", scheme="kivi-2bit")
    tab.wait_for_selector("#explore-waterfall-graph .main-svg")
    assert "Qwen3 32B" in tab.locator("#explore-above").inner_text(), "the selection goes along"


def test_the_slider_a_small_map_and_a_click_steer_the_large_map(visit):
    visit.open("/" + FEW)
    tab = visit.tab
    thumb = tab.locator("#regimes-size [role=slider]")
    assert thumb.get_attribute("aria-label") == "Model size"
    thumb.focus()
    tab.keyboard.press("ArrowRight")
    visit.wait_for(model="qwen3-32b")
    tab.locator(".panel", has_text="h2o").click()
    visit.wait_for(scheme="h2o")
    tab.wait_for_selector(".panel.here >> text=h2o")
    before = visit.selection.get("at_context")
    tab.locator("#regimes-map-graph").scroll_into_view_if_needed()
    box = tab.locator("#regimes-map-graph .nsewdrag").first.bounding_box()
    tab.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.85 * box["height"])
    visit.until(f"new URLSearchParams(location.search).get('at_context') !== {json.dumps(before)}")
    visit.settle()
    breakdown = tab.locator("#regimes-apart")
    visit.says("#regimes-apart", "context 32,768")
    assert "with numbers substituted" in breakdown.inner_text() and breakdown.locator(".katex").count() > 5


def test_a_mistake_is_said_and_mended(visit):
    visit.open("/explore" + FEW)
    visit.type("explore-tp", "3")
    message = visit.tab.locator("#explore-message")
    message.wait_for(state="visible")
    assert "cannot be split over 3 GPUs" in message.inner_text() and "last valid selection" in message.inner_text()
    assert visit.tab.locator("#explore-waterfall-graph .main-svg").first.is_visible()
    assert visit.serious() == []
    visit.type("explore-tp", "")
    message.wait_for(state="hidden")


def test_a_figure_and_its_table_are_saved(visit, tmp_path):
    visit.open("/pareto" + FEW)
    visit.tab.locator("summary", has_text="Command and files").click()
    for label in ("CSV", "Parquet", "SVG", "PDF", "PNG"):
        with visit.tab.expect_download() as waiting:
            visit.tab.locator(f"button[aria-label$='as {label}']").click()
        assert waiting.value.suggested_filename == f"costmodel-pareto-pareto.{label.lower()}"
        waiting.value.save_as(tmp_path / label)
        assert (tmp_path / label).stat().st_size > 200
