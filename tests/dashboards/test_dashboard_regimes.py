"""The Regimes page shows what the analyses compute: maps, lines, small maps, the breakdown of one step."""

import io

import numpy as np
import pytest
from dash import no_update
from page_helpers import content_of, text

from costmodel.analyses import model_sizes
from costmodel.analyses.explain import explain
from costmodel.analyses.regime import ABSENT, NEEDS_KERNEL, UNSURE, Objective, regime, regimes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.language.units import format_quantity
from costmodel.plots.regime import nearest_point
from costmodel.plots.style import palette
from dashboards import step_breakdown, thumbnails
from dashboards.pages import regimes as regimes_page
from dashboards.selection import Selection, format_query

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", engine="vllm")


@pytest.mark.parametrize("scheme", ["fp8", "h2o[budget=1024]+fp8"])
def test_the_map_is_the_analysis(scheme):
    selection = Selection(scheme=scheme, batch="1:256", context="1K:128K")
    cells, hatching, crosses, frontier = content_of("regimes", selection).figures["map"].plotly_figure.data
    result = regime(DEPLOYMENT, scheme, [2.0**k for k in range(9)], [2.0**k for k in range(10, 18)])
    fits = result.verdict != ABSENT
    assert np.array_equal(np.isfinite(cells.z), fits)
    assert np.allclose(np.exp2(cells.z[fits]), result.ratio[fits], rtol=1e-6)
    assert np.allclose(cells.customdata[..., 2], result.ratio)
    cells_of = zip(result.verdict.flat, result.binding.flat, strict=True)
    texts = cells.hovertext.ravel().tolist()
    assert [text.split("<br>")[0] for text in texts] == [f"{verdict}; {term} binds" for verdict, term in cells_of]
    assert all("budget" in text for text in texts)
    assert len(crosses.x) == 18 * (result.verdict == NEEDS_KERNEL).sum()
    assert cells.zmin == -cells.zmax, "the palette is centred at 1"
    assert len(hatching.x) == 9 * (result.verdict == UNSURE).sum() and bool(len(frontier.x)) == (not fits.all())


@pytest.mark.parametrize("comparison", ["own-batch", "objective"])
def test_the_lines_are_the_analysis_of_every_scheme(comparison):
    selection = Selection(tpot="20", context="1K:32K", schemes="fp8|int4")
    figure = content_of("regimes", selection).figures[comparison].plotly_figure
    context = [2.0**k for k in range(10, 16)]
    for scheme, low, high, middle in zip(("fp8", "int4"), *(figure.data[i::3] for i in range(3)), strict=False):
        result = regime(DEPLOYMENT, scheme, [1.0], context, comparison, Objective(tpot=0.02))
        for trace, expected in ((low, result.low), (high, result.high), (middle, result.ratio)):
            assert np.allclose(np.exp2(trace.y), expected[0])
        assert middle.line.color == palette.style_of(scheme).colour
        assert [row[0] for row in middle.customdata] == list(result.scheme_batch[0])


def test_small_maps_are_the_same_cells_in_the_same_colours():
    result = regimes(DEPLOYMENT, ["fp8"], np.array([1.0, 64, 256]), np.array([1024.0, 131072]))[0]
    import base64

    from PIL import Image

    span = thumbnails.common_span([result])
    content = base64.b64decode(thumbnails.draw_thumbnail(result, span).partition(",")[2])
    image = Image.open(io.BytesIO(content)).convert("RGB")
    assert image.size == (4, 6)
    assert image.getpixel((3, 0)) == thumbnails.GREY, "batch 256 at 128 K, top right, does not fit"
    red, _, blue = image.getpixel((0, 2))
    assert result.ratio[1, 0] > 1 and blue > red, "above 1 is blue"


def test_model_sizes_stand_side_by_side():
    def panels(gpu: str) -> set[str]:
        below = content_of("regimes", Selection(gpu=gpu, beside="models", batch="1,8", context="4K")).below
        buttons = [part for section in below for part in section._traverse() if type(part).__name__ == "Button"]
        return {button.id["panel"] for button in buttons}

    assert panels("b200-sxm") == set(model_sizes.SIZES)
    assert panels("h100-sxm") == set(model_sizes.SIZES[:5]), "what fits on no node of 8 is left out"
    assert regimes_page.slider_position(Selection(model="llama-3.1-70b")) == [model_sizes.SIZES.index("llama-3.1-70b")]
    moved = regimes_page.select_size(Selection(tp="1"), model_sizes.SIZES.index("deepseek-v3"))
    assert (moved.model, moved.tp) == ("deepseek-v3", ""), "as many GPUs as the new model needs"


def test_a_figure_where_nothing_fits():
    selection = Selection(gpu="rtx-4090", context="128K", batch="256", schemes="fp8")
    for comparison in ("same-batch", "own-batch"):
        content = content_of("regimes", Selection(**{**selection.__dict__, "comparison": comparison}))
        assert content.figures["map"].plotly_figure.to_json() and "does not fit 1" in text(content.below)
        assert "it does not fit." in text(content.above)


def test_a_figure_beyond_the_models_context():
    content = content_of("regimes", Selection(context="64M", batch="256", schemes="fp8"))
    assert content.figures["map"].plotly_figure.to_json() and "beyond context limit 1" in text(content.below)
    assert "it is beyond the model's context limit." in text(content.above)


def test_a_click_finds_its_row():
    plain = Selection(batch="1:256", context="1K:128K", schemes="fp8")
    same, own = (content_of("regimes", Selection(**{**plain.__dict__, "comparison": comparison})).figures["map"].frame
                 for comparison in ("same-batch", "own-batch"))  # fmt: skip
    assert nearest_point(same, 13, 4) == (16, 8192) and nearest_point(same, 10.3, 7.6) == (256, 1024)
    assert nearest_point(own, 11, 0.63) == (own.batch[1], 2048)
    clicked = regimes_page.select_cell(plain, {"points": [{"x": 13, "y": 4}]})
    assert (clicked.at_batch, clicked.at_context) == ("16", "8192")


def test_a_step_taken_apart_is_the_analysis():
    beside, page_text = map(
        text, step_breakdown.describe_point(format_query(Selection(at_batch="8", at_context="8192")))
    )
    expected = explain(DEPLOYMENT, "fp8", 8, 8192)
    for term in (*expected.time, *expected.memory):
        assert term.name in page_text and f"{term.share:.1%}" in page_text
    for term in (*expected.time, *explain(DEPLOYMENT, "none", 8, 8192).time):
        assert term.name in beside and format_quantity(term.amount, "second") in beside
    assert "fp8 at batch 8, context 8,192: a step takes" in beside
    assert (
        "--batch 8 --context 8192" in page_text and r"t_\mathrm{attn} =" in page_text and r"\mathrm{TB/s}" in page_text
    )
    assert step_breakdown.describe_point("?scheme=kvi&at_batch=8&at_context=8192") == (no_update, no_update)
    assert "expected" in text(step_breakdown.describe_point("?at_batch=-1&at_context=8192")[0])
