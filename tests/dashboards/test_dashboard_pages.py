"""Pages show what the analyses compute and report errors in words."""

from dataclasses import replace

import numpy as np
import pytest
from dash import no_update
from page_helpers import PAGES, SMALL, content_of, text

from costmodel.errors import CostModelError
from costmodel.plots.style import palette
from costmodel.stress import load_tests as stress_tests
from costmodel.stress import run_test
from costmodel.stress.table import tabulate
from dashboards import app as served
from dashboards import callbacks, controls, layout, resolve
from dashboards.pages import calibration, formulas, stress
from dashboards.selection import FIELD_NAMES, Selection, format_query, parse_query

STRESS_TESTS = stress_tests()
MESSAGE, HIDDEN = -2, -1  # indices in what draw returns


def test_pages_are_found_by_file_and_stand_in_order():
    assert list(PAGES) == [
        "regimes",
        "recommend",
        "explore",
        "pareto",
        "breakeven",
        "calibration",
        "stress",
        "referee",
        "equations",
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_control_has_a_label_and_every_figure_its_parts(page):
    parts = list(layout.build_layout(PAGES[page])._traverse())
    ids = {part.id for part in parts if isinstance(getattr(part, "id", None), str)}
    labels = {part.htmlFor for part in parts if type(part).__name__ == "Label"}
    for name in PAGES[page].control_names:
        assert controls.control_id(page, name) in ids & labels
    for key in PAGES[page].figures:
        assert {f"{page}-{key}-{part}" for part in ("graph", "caption", "command")} <= ids
    assert f"{page}-message" in ids


def test_every_fact_file_can_be_chosen_and_numbers_say_what_they_mean():
    from costmodel.facts import store

    for name, folder in (("model", "models"), ("gpu", "gpus"), ("engine", "engines"), ("schemes", "schemes"),
                       ("benchmark", "benchmarks")):  # fmt: skip
        assert {choice["value"] for choice in controls.choices(name)} == set(store.files(folder))
    assert (
        controls.build_control("regimes", "tp").title == "GPUs that share attention and dense layers (tensor parallel)."
    )
    assert "ms" in text(controls.build_control("regimes", "tpot").children[0])
    listed = controls.choices_with("schemes", ["fp8", "h2o[budget=9]"])
    assert listed[0]["value"] == "h2o[budget=9]", "a scheme of the visitor's own is among the choices"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?scheme=kvi", "there is no scheme 'kvi'"),
        ("?model=nope", "there is no model 'nope'"),
        ("?model=hf:org/name", "there is no model 'hf:org/name'"),
        ("?scheme=/etc/x.toml", "takes schemes by name"),
        ("?scheme=upload:abc", "no longer on the server"),
        ("?model=upload:abc", "no longer on the server"),
        ("?tp=3", "attention heads cannot be split over 3 GPUs"),
        ("?tp=two", "expected a whole number"),
        ("?model=llama-3.1-70b&tp=1", "does not fit on 1"),
        ("?batch=1:4000:4000", "expected at most"),
        ("?context=eight", "got 'eight'"),
        ("?comparison=sideways", "there is no comparison"),
        ("?comparison=objective&tpot=", "needs a TPOT or a TTFT"),
        ("?comparison=objective&tpot=-5", "TPOT: expected"),
        ("?schemes=", "no scheme is selected"),
        ("?schemes=" + "|".join(f"h2o[budget={n}]" for n in range(64, 100)), "at most 24"),
        ("?memory_fraction=2", "expected a fraction"),
    ],
)
def test_a_mistake_is_said_and_the_last_figure_stays(query, expected):
    outputs = callbacks.draw(PAGES["regimes"], query, "?model=llama-3.1-8b")
    message = text(outputs[MESSAGE])
    assert expected in message and "last valid selection" in message and outputs[HIDDEN] is False
    assert outputs[0] is no_update and all(part is no_update for parts in outputs[2] for part in parts)
    assert "last valid selection" not in text(callbacks.draw(PAGES["regimes"], query, None)[MESSAGE])


@pytest.mark.parametrize(
    ("page", "query", "expected"),
    [
        ("pareto", "?x=beauty", "there is no quantity"),
        ("pareto", "?x=cost_per_million", "needs the price"),
        ("pareto", "?x=quality_loss&benchmark=longbnch", "there is no benchmark 'longbnch'"),
        ("pareto", "?x=quality_loss&benchmark=ruler&schemes=fp8", "no published score on ruler of none, fp8"),
        ("breakeven", "?scheme=none", "has no break-even"),
        ("equations", "?target=hbm_bandwidth", "there is no formula"),
        ("explore", "?at_batch=-1", "batch: expected"),
    ],
)
def test_every_page_says_its_own_mistakes(page, query, expected):
    assert expected in text(callbacks.draw(PAGES[page], query, None)[MESSAGE])


@pytest.mark.parametrize(
    ("gpu", "badge", "constants"),
    [
        ("h100-sxm", "measured", "profile h100-sxm--vllm"),
        ("a100-pcie", "relative", "inherited from a100-sxm"),
        ("mi300x", "ideal", "UNCALIBRATED"),
    ],
)
def test_where_constants_come_from_stands_in_plain_sight(gpu, badge, constants):
    shown = text(content_of("explore", Selection(gpu=gpu, schemes="fp8")).above)
    assert f"16-bit cache:  {badge}" in shown and constants in shown


def test_every_figure_of_every_page_has_a_table_a_caption_and_colours_of_its_schemes():
    for page in ("explore", "pareto", "breakeven"):
        content = content_of(page)
        assert set(content.figures) == set(PAGES[page].figures)
        for shown in content.figures.values():
            assert len(shown.frame) and shown.figure.format_caption(shown.frame) and shown.plotly_figure.data
    lines = content_of("explore").figures["throughput"].plotly_figure
    colours = {trace.legendgroup: trace.line.color for trace in lines.data if trace.name}
    assert colours == {name: palette.style_of(name).colour for name in ("none", "fp8", "h2o")}


def test_calibration_shows_every_gpu_and_every_profile():
    from costmodel.facts import store

    content = content_of("calibration", Selection(gpu="mi300x"))
    page_text = text(content.below)
    assert all(gpu in page_text for gpu in store.files("gpus")) and "UNCALIBRATED" in page_text
    assert all(name in page_text for name in store.files("profiles") if name != "ideal")
    assert not content.figures and "never measured" in text(content.above)


def test_equations_name_every_symbol_with_value_and_source():
    page_text = text(
        content_of(
            "equations", Selection(target="attention_memory_time", chain="", at_batch="8", at_context="16K")
        ).below
    )
    assert "Datasheet memory bandwidth." in page_text and "3.35 TB/s" in page_text and "gpu.mem_bw" in page_text
    of_scheme = text(content_of("equations", Selection(target="kept_tokens", chain="", scheme="h2o")).below)
    assert "budget" in of_scheme, "what the scheme redefines, with its knob"
    assert formulas.PAGE.figures == {}


@pytest.mark.parametrize("test", STRESS_TESTS)
def test_a_stress_test_is_drawn_and_says_what_decides(test):
    content = content_of("stress", Selection(test=test, schemes="h2o|kivi-2bit"))
    shown, page_text = content.figures["curve"], text(content.below)
    assert [trace.name for trace in shown.plotly_figure.data if trace.name] == ["16-bit cache", "H2O", "KIVI 2-bit"]
    assert set(shown.frame["scheme"]) == {"none", "h2o", "kivi-2bit"}
    trace = next(trace for trace in shown.plotly_figure.data if trace.name == "H2O")
    plot = STRESS_TESTS[test].plot
    assert np.allclose(trace.y, shown.frame[shown.frame["scheme"] == "h2o"][plot.column] * plot.factor, equal_nan=True)
    for name in STRESS_TESTS[test].conditions:
        assert name in page_text
    assert "What decides" in page_text and "the whole cache" in page_text
    chosen = Selection(test=test, schemes="h2o|kivi-2bit")
    table = tabulate(run_test(STRESS_TESTS[test], resolve.deployment_of(chosen), ["none", "h2o", "kivi-2bit"]))
    assert table.legend in page_text and " evidence none " in page_text
    for row in table.rows:
        assert " ".join(row[:-1]) in page_text and f"{row[0]} {row[-1]}" in page_text, "what the command line prints"
    assert f"costmodel stress {test}" in text(content.above) and f"stress-{test}" in shown.command


def test_conditions_of_a_stress_test_are_of_the_link():
    content = content_of("stress", Selection(conditions="context=1K own=64", over="1,4", schemes="fp8"))
    assert "A history of 1,024 tokens, 64 more" in text(content.above)
    assert list(content.figures["curve"].frame["branches"]) == [1, 4, 1, 4]
    for wrong in ({"conditions": "contxt=1"}, {"conditions": "context"}, {"over": "x"}, {"test": "forks"}):
        with pytest.raises(CostModelError):
            stress.build_content(replace(SMALL, **wrong))


def test_a_page_that_is_not_there_says_where_to_go():
    assert "No such page" in text(served.page_at("/nowhere")) and "Explore" in text(served.page_at("/nowhere"))
    assert served.page_at("/explore/").id == served.page_at("/explore").id == "main"


def test_a_link_can_carry_all_fields_through_every_page():
    whole = Selection(tp="2", price="3")
    assert {name for page in PAGES.values() for name in page.control_names} == set(FIELD_NAMES)
    assert parse_query(format_query(whole)) == whole
    assert resolve.price_of(whole) == 3.0 and calibration.PAGE.uploads == ("measurements",)
