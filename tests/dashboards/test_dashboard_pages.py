"""Pages show what the analyses find, say mistakes in words, and answer for what their command lines say."""

import io
import shlex
import threading
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from said import text
from typer.testing import CliRunner

pytest.importorskip("dash", reason="needs Dash: pip install 'costmodel[dashboard]'")

from dash import no_update

from costmodel.analyses import model_sizes
from costmodel.analyses.explain import explain
from costmodel.analyses.regime import ABSENT, UNSURE, Objective, regime, regimes
from costmodel.cli.app import app as command_line
from costmodel.errors import CostModelError, InputError
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.plots import interactive, palette
from costmodel.stress import load_tests as found_tests
from dashboards import app as served
from dashboards import controls, keep, place, taken_apart, thumbnails
from dashboards.page import KEPT, view
from dashboards.pages import calibration, formulas, stress
from dashboards.pages import regimes as first
from dashboards.selection import NAMES, Selection, only, read, write

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", engine="vllm")
PAGES = {page.id: page for page in served.found()}
STRESS_TESTS = found_tests()
SMALL = Selection(batch="1:64:8", context="1K:32K:8", schemes="fp8|h2o")
MESSAGE, HIDDEN = -2, -1  # places in what draw returns


def found(page: str, chosen: Selection = SMALL):
    return view(PAGES[page], only(chosen, PAGES[page].fields))


def test_pages_are_found_by_file_and_stand_in_order():
    assert list(PAGES) == ["regimes", "explore", "pareto", "breakeven", "calibration", "stress", "equations"]


@pytest.mark.parametrize("page", PAGES)
def test_every_control_has_a_label_and_every_figure_its_parts(page):
    layout = PAGES[page].layout()
    parts = list(layout._traverse())
    known = {each.id for each in parts if isinstance(getattr(each, "id", None), str)}
    labels = {each.htmlFor for each in parts if type(each).__name__ == "Label"}
    for name in PAGES[page].held:
        assert controls.identity(page, name) in known & labels
    for key in PAGES[page].figures:
        assert {f"{page}-{key}-{part}" for part in ("graph", "caption", "command")} <= known
    assert f"{page}-message" in known


def test_every_fact_file_can_be_chosen_and_numbers_say_what_they_mean():
    from costmodel.facts import store

    for name, kind in (("model", "models"), ("gpu", "gpus"), ("engine", "engines"), ("schemes", "schemes"),
                       ("benchmark", "benchmarks")):  # fmt: skip
        assert {each["value"] for each in controls.choices(name)} == set(store.files(kind))
    assert controls.control("regimes", "tp").title == "GPUs that share every layer (tensor parallel)."
    assert "ms" in text(controls.control("regimes", "tpot").children[0])
    own = controls.options("schemes", ["fp8", "h2o[budget=9]"])
    assert own[0]["value"] == "h2o[budget=9]", "a sentence of one's own is among the choices"


@pytest.mark.parametrize("scheme", ["fp8", "h2o[budget=1024]+fp8"])
def test_the_map_is_the_analysis(scheme):
    chosen = Selection(scheme=scheme, batch="1:256", context="1K:128K")
    cells, hatching, frontier = found("regimes", chosen).drawn["map"].figure.data
    made = regime(HERE, scheme, [2.0**k for k in range(9)], [2.0**k for k in range(10, 18)])
    fits = made.verdict != ABSENT
    assert np.array_equal(np.isfinite(cells.z), fits)
    assert np.allclose(np.exp2(cells.z[fits]), made.ratio[fits], rtol=1e-6)
    assert np.allclose(cells.customdata[..., 2], made.ratio)
    told = [f"{verdict}; {word} binds" for verdict, word in zip(made.verdict.flat, made.binding.flat, strict=True)]
    assert cells.hovertext.ravel().tolist() == told
    assert cells.zmin == -cells.zmax, "the palette is centred at 1"
    assert len(hatching.x) == 9 * (made.verdict == UNSURE).sum() and bool(len(frontier.x)) == (not fits.all())


@pytest.mark.parametrize("comparison", ["own-batch", "objective"])
def test_the_lines_are_the_analysis_of_every_scheme(comparison):
    drawn = found("regimes", Selection(tpot="20", context="1K:32K", schemes="fp8|int4")).drawn[comparison].figure
    context = [2.0**k for k in range(10, 16)]
    for scheme, low, high, middle in zip(("fp8", "int4"), *(drawn.data[i::3] for i in range(3)), strict=False):
        made = regime(HERE, scheme, [1.0], context, comparison, Objective(tpot=0.02))
        for trace, due in ((low, made.low), (high, made.high), (middle, made.ratio)):
            assert np.allclose(np.exp2(trace.y), due[0])
        assert middle.line.color == palette.look(scheme).colour
        assert [row[0] for row in middle.customdata] == list(made.scheme_batch[0])


def test_small_maps_are_the_same_cells_in_the_same_colours():
    made = regimes(HERE, ["fp8"], np.array([1.0, 64, 256]), np.array([1024.0, 131072]))[0]
    import base64

    from PIL import Image

    span = thumbnails.span([made])
    shown = Image.open(io.BytesIO(base64.b64decode(thumbnails.image(made, span).partition(",")[2]))).convert("RGB")
    assert shown.size == (4, 6)
    assert shown.getpixel((3, 0)) == thumbnails.GREY, "batch 256 at 128 K, top right, does not fit"
    red, _, blue = shown.getpixel((0, 2))
    assert made.ratio[1, 0] > 1 and blue > red, "above 1 is blue"


def test_model_sizes_stand_side_by_side():
    panels = [each for each in found("regimes", Selection(beside="models", batch="1,8", context="4K")).below[0]._traverse()
              if type(each).__name__ == "Button"]  # fmt: skip
    assert {each.id["panel"] for each in panels} == set(model_sizes.SIZES)
    assert first.size(Selection(model="llama-3.1-70b")) == [model_sizes.SIZES.index("llama-3.1-70b")]
    moved = first.to_size(Selection(tp="1"), model_sizes.SIZES.index("deepseek-v3"))
    assert (moved.model, moved.tp) == ("deepseek-v3", ""), "as many GPUs as the new model needs"


def test_a_figure_where_nothing_fits():
    chosen = Selection(context="64M", batch="256", schemes="fp8")
    for comparison in ("same-batch", "own-batch"):
        done = found("regimes", Selection(**{**chosen.__dict__, "comparison": comparison}))
        assert done.drawn["map"].figure.to_json() and "does not fit 1" in text(done.above)


def test_a_click_finds_its_row():
    plain = Selection(batch="1:256", context="1K:128K", schemes="fp8")
    same, own = (found("regimes", Selection(**{**plain.__dict__, "comparison": each})).drawn["map"].frame
                 for each in ("same-batch", "own-batch"))  # fmt: skip
    assert interactive.nearest(same, 13, 4) == (16, 8192) and interactive.nearest(same, 10.3, 7.6) == (256, 1024)
    assert interactive.nearest(own, 11, 0.63) == (own.batch[1], 2048)
    at = first.to_cell(plain, {"points": [{"x": 13, "y": 4}]})
    assert (at.at_batch, at.at_context) == ("16", "8192")


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("?scheme=kvi", "there is no scheme 'kvi'"),
        ("?model=nope", "there is no model 'nope'"),
        ("?model=hf:org/name", "there is no model 'hf:org/name'"),
        ("?scheme=/etc/x.toml", "takes schemes by name"),
        ("?scheme=upload:abc", "no longer held"),
        ("?model=upload:abc", "no longer held"),
        ("?tp=3", "do not split over 3 GPUs"),
        ("?tp=two", "due a whole number"),
        ("?model=llama-3.1-70b&tp=1", "does not fit on 1"),
        ("?batch=1:4000:4000", "due at most"),
        ("?context=eight", "got 'eight'"),
        ("?comparison=sideways", "there is no comparison"),
        ("?comparison=objective&tpot=", "needs a TPOT or a TTFT"),
        ("?comparison=objective&tpot=-5", "TPOT: expected"),
        ("?schemes=", "no scheme is chosen"),
        ("?schemes=" + "|".join(f"h2o[budget={n}]" for n in range(64, 100)), "at most 24"),
        ("?memory_fraction=2", "expected a fraction"),
    ],
)
def test_a_mistake_is_said_and_the_last_figure_stays(asked, due):
    done = PAGES["regimes"].draw(asked, "?model=llama-3.1-8b")
    assert due in text(done[MESSAGE]) and "last view" in text(done[MESSAGE]) and done[HIDDEN] is False
    assert done[0] is no_update and all(part is no_update for parts in done[2] for part in parts)
    assert "last view" not in text(PAGES["regimes"].draw(asked, None)[MESSAGE])


@pytest.mark.parametrize(
    ("page", "asked", "due"),
    [
        ("pareto", "?x=beauty", "there is no quantity"),
        ("pareto", "?x=cost_per_million", "needs the price"),
        ("pareto", "?x=quality_loss&benchmark=longbnch", "there is no benchmark 'longbnch'"),
        ("pareto", "?x=quality_loss&benchmark=ruler&schemes=fp8", "no published score on ruler of none, fp8"),
        ("breakeven", "?scheme=none", "held against"),
        ("equations", "?target=hbm_bandwidth", "there is no formula"),
        ("explore", "?at_batch=-1", "batch: expected"),
    ],
)
def test_every_page_says_its_own_mistakes(page, asked, due):
    assert due in text(PAGES[page].draw(asked, None)[MESSAGE])


def test_a_step_taken_apart_is_the_analysis():
    said = text(taken_apart.told(write(Selection(at_batch="8", at_context="8192"))))
    due = explain(HERE, "fp8", 8, 8192)
    for term in (*due.time, *due.memory):
        assert term.name in said and f"{term.share:.1%}" in said
    assert "--batch 8 --context 8192" in said and r"t_\mathrm{attn} =" in said and r"\mathrm{TB/s}" in said
    assert taken_apart.told("?scheme=kvi&at_batch=8&at_context=8192") is no_update
    assert "expected" in text(taken_apart.told("?at_batch=-1&at_context=8192"))


@pytest.mark.parametrize(
    ("gpu", "due"), [("h100-sxm", "measured"), ("a100-pcie", "inherited"), ("mi300x", "UNCALIBRATED")]
)
def test_where_constants_come_from_stands_in_plain_sight(gpu, due):
    assert due in text(found("explore", Selection(gpu=gpu, schemes="fp8")).above)


def test_every_figure_of_every_page_has_a_table_a_caption_and_colours_of_its_schemes():
    for page in ("explore", "pareto", "breakeven"):
        done = found(page)
        assert set(done.drawn) == set(PAGES[page].figures)
        for drawn in done.drawn.values():
            assert len(drawn.frame) and drawn.drawing.caption(drawn.frame) and drawn.figure.data
    lines = found("explore").drawn["throughput"].figure
    colours = {trace.name: trace.line.color for trace in lines.data if trace.name}
    assert colours == {name: palette.look(name).colour for name in ("none", "fp8", "h2o")}


def test_a_published_quantity_names_its_benchmark_its_sources_and_what_has_no_figure(tmp_path):
    done = found("pareto", Selection(schemes="fp8|kivi-2bit|h2o", x="quality_loss", benchmark="longbench"))
    drawn, said = done.drawn["pareto"], text(done.above)
    assert "of LongBench average, as published by others, not modelled" in said
    assert "kivi-2bit loses 1.9% of LongBench average and 32.0% of Passkey at 16K tokens" in said
    caption = drawn.drawing.caption(drawn.frame)
    assert "longctx_bench@72204d0" in caption and "so not drawn: fp8, kivi-2bit[res" in caption
    assert {trace.name for trace in drawn.figure.data} == {"unbeaten", "none", "kivi-2bit", "h2o"}
    assert "--x quality_loss" in drawn.command and "--benchmark longbench" in drawn.command
    done = CliRunner().invoke(command_line, [*shlex.split(drawn.command)[1:], "--out", str(tmp_path / "made.svg")])
    assert done.exit_code == 0
    due = pd.read_csv(io.StringIO(drawn.frame.to_csv(index=False)))
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "made.csv"), due)
    plain = found("pareto")
    assert "--benchmark" not in plain.drawn["pareto"].command and "choose quality loss" in text(plain.above)


@pytest.mark.parametrize(
    ("page", "key"), [(p, k) for p in ("regimes", "explore", "pareto", "breakeven") for k in PAGES[p].figures]
)
def test_the_command_line_beside_a_figure_draws_the_same_table(page, key, tmp_path):
    pytest.importorskip("matplotlib")
    drawn = found(page).drawn[key]
    words = [*shlex.split(drawn.command)[1:], "--out", str(tmp_path / "made.svg")]
    done = CliRunner().invoke(command_line, words)
    assert done.exit_code == 0, (drawn.command, done.output, done.exception)
    written = pd.read_csv(tmp_path / "made.csv")
    due = pd.read_csv(io.StringIO(drawn.frame.to_csv(index=False)))
    pd.testing.assert_frame_equal(written, due, check_dtype=False)


@pytest.mark.parametrize("ending", ["csv", "parquet", "svg", "png", "pdf"])
def test_a_download_is_the_table_or_the_figure(ending, monkeypatch):
    import base64

    (sent,) = PAGES["explore"].file(write(SMALL), "waterfall", ending)
    assert sent["filename"] == f"costmodel-explore-waterfall.{ending}"
    content = base64.b64decode(sent["content"]) if sent["base64"] else sent["content"].encode()
    due = found("explore").drawn["waterfall"].frame
    if ending in ("csv", "parquet"):
        read_back = (pd.read_csv if ending == "csv" else pd.read_parquet)(io.BytesIO(content))
        assert np.allclose(read_back["amount"], due["amount"])
    else:
        assert content.lstrip()[:5] in (b"<?xml", b"\x89PNG\r", b"%PDF-")
    with pytest.raises(InputError, match="no such figure"):
        PAGES["explore"].file(write(SMALL), "nothing", ending)


def test_calibration_shows_every_gpu_and_every_profile():
    from costmodel.facts import store

    done = found("calibration", Selection(gpu="mi300x"))
    said = text(done.below)
    assert all(gpu in said for gpu in store.files("gpus")) and "UNCALIBRATED" in said
    assert all(name in said for name in store.files("profiles") if name != "ideal")
    assert not done.drawn and "never measured" in text(done.above)


def test_equations_name_every_symbol_with_value_and_source():
    said = text(
        found("equations", Selection(target="attention_memory_time", chain="", at_batch="8", at_context="16K")).below
    )
    assert "Datasheet memory bandwidth." in said and "3.35 TB/s" in said and "gpu.mem_bw" in said
    own = text(found("equations", Selection(target="kept_tokens", chain="", scheme="h2o")).below)
    assert "budget" in own, "what the scheme redefines, with its knob"
    assert formulas.PAGE.figures == {}


@pytest.mark.parametrize("test", STRESS_TESTS)
def test_a_stress_test_is_drawn_and_says_what_decides(test):
    made = found("stress", Selection(test=test, schemes="h2o|kivi-2bit"))
    drawn, said = made.drawn["curve"], text(made.below)
    assert [trace.name for trace in drawn.figure.data if trace.name] == ["none", "h2o", "kivi-2bit"]
    assert set(drawn.frame["scheme"]) == {"none", "h2o", "kivi-2bit"}
    shown = next(trace for trace in drawn.figure.data if trace.name == "h2o")
    due = drawn.frame[drawn.frame["scheme"] == "h2o"][drawn.drawing.test.plot.column] * drawn.drawing.test.plot.factor
    assert np.allclose(shown.y, due)
    for name in STRESS_TESTS[test].conditions:
        assert name in said
    assert "What decides" in said and "the whole cache" in said
    assert f"costmodel stress {test}" in text(made.above) and f"stress-{test}" in drawn.command


def test_conditions_of_a_stress_test_are_of_the_link():
    made = found("stress", Selection(conditions="context=1K own=64", over="1,4", schemes="fp8"))
    assert "A history of 1,024 tokens, 64 more" in text(made.above)
    assert list(made.drawn["curve"].frame["branches"]) == [1, 4, 1, 4]
    for wrong in ({"conditions": "contxt=1"}, {"conditions": "context"}, {"over": "x"}, {"test": "forks"}):
        with pytest.raises(CostModelError):
            stress.find(replace(SMALL, **wrong))


def test_what_was_computed_is_kept_within_bounds_and_made_once():
    again = [found("explore") for _ in range(2)]
    assert again[0] is again[1] and view.most == KEPT
    made, gate = [], threading.Event()

    @keep.kept(2)
    def slow(name):
        gate.wait(5)
        made.append(name)
        if name == "bad":
            raise CostModelError("no")
        return name

    threads = [threading.Thread(target=slow, args=("one",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert made == ["one"], "four asked at once, one computed"
    for name in ("two", "three"):
        slow(name)
    assert slow.info()[2] == 2, "the oldest went"
    for _ in range(2):
        with pytest.raises(CostModelError):
            slow("bad")
    assert made.count("bad") == 2, "a mistake is not kept"


def test_a_page_that_is_not_there_says_where_to_go():
    assert "No such page" in text(served.content("/nowhere")) and "Explore" in text(served.content("/nowhere"))
    assert served.content("/explore/").id == served.content("/explore").id == "main"


def test_a_link_can_carry_all_fields_through_every_page():
    whole = Selection(tp="2", price="3")
    assert {name for page in PAGES.values() for name in page.held} == set(NAMES)
    assert read(write(whole)) == whole
    assert place.price(whole) == 3.0 and calibration.PAGE.uploads == ("measurements",)
