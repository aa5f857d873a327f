"""What figures draw is what their tables hold, and their tables what the analyses found."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")
pytest.importorskip("plotly", reason="needs Plotly: pip install 'costmodel[dashboard]'")

from costmodel.analyses.batches import curves as batch_curves
from costmodel.analyses.breakeven import break_even
from costmodel.analyses.explain import explain
from costmodel.analyses.layers import layers as layer_groups
from costmodel.analyses.memory import memory as memory_stacks
from costmodel.analyses.pareto import pareto_optimal, points
from costmodel.analyses.regime import ABSENT, Objective, regimes
from costmodel.analyses.roofline import roofline as compute_roofline
from costmodel.analyses.sensitivity import elasticities, tornado
from costmodel.evaluation.ask.sweep_axes import MAIN_SCHEMES
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.plots import (
    breakeven,
    latency,
    layers,
    memory,
    pareto,
    parity,
    regime,
    roofline,
    sensitivity,
    throughput,
    waterfall,
)
from costmodel.plots.style import page, palette
from costmodel.plots.style.names import scheme_name

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", engine="vllm")
SCHEMES = ["none", "fp8", "h2o[budget=1024]"]


def bars(axes) -> list[float]:
    return sorted(patch.get_width() for patch in axes.patches if patch.get_width())


def traces(figure, **properties) -> list:
    return [t for t in figure.data if all(getattr(t, key, None) == value for key, value in properties.items())]


def test_a_regime_panel_holds_every_cell_of_its_scheme():
    batch, context = np.array([1.0, 8, 64]), np.array([1024.0, 8192, 65536, 131072])
    maps = regimes(DEPLOYMENT, SCHEMES[1:], batch, context)
    frame = regime.to_frame(maps)
    figure = regime.draw_matplotlib(frame, "a title")
    for axes, regime_map in zip(figure.axes, maps, strict=False):
        shown = np.where(regime_map.verdict == ABSENT, np.nan, np.log2(regime_map.ratio))
        assert np.allclose(axes.collections[0].get_array().filled(np.nan), shown, equal_nan=True)
        assert axes.get_title(loc="left").replace("\n", " ") == scheme_name(regime_map.scheme)
    lines = regime.draw_matplotlib(regime.to_frame(regimes(DEPLOYMENT, SCHEMES[1:], batch, context, "own-batch")))
    assert "own largest batch" in regime.format_caption(
        regime.to_frame(regimes(DEPLOYMENT, ["fp8"], batch, context, "own-batch"))
    )
    under_objective = regime.to_frame(regimes(DEPLOYMENT, ["fp8"], batch, context, "objective", Objective(tpot=0.05)))
    assert "meets the objective" in regime.format_caption(under_objective)
    assert [line.get_color() for line in lines.axes[0].lines[:2]] == [palette.style_of(s).colour for s in SCHEMES[1:]]


def test_blue_wins_and_red_loses_in_both_libraries():
    from matplotlib.colors import to_hex

    batch, context = np.array([1.0, 8, 64]), np.array([1024.0, 8192, 65536, 131072])
    frame = regime.to_frame(regimes(DEPLOYMENT, ["fp8"], batch, context))
    tiles = traces(regime.draw_plotly(frame), type="heatmap")[0]
    positions, colours = zip(*tiles.to_plotly_json()["colorscale"], strict=True)
    assert positions[0] == 0 and positions[5] == 0.5 and positions[-1] == 1, (
        "Plotly takes no colours without their places"
    )
    assert colours[1] == palette.LOSE and colours[-2] == palette.WIN and tiles.zmin == -tiles.zmax
    shades = regime.draw_matplotlib(frame).axes[0].collections[0].get_cmap()
    assert [to_hex(shades(position)) for position in (0.0, 1.0)] == [colours[0], colours[-1]]


def test_the_overlay_names_what_binds():
    batch, context = np.geomspace(1, 256, 24), np.geomspace(1024, 131072, 24)
    frame = regime.to_frame(regimes(DEPLOYMENT, ["fp8"], batch, context))
    labels = {text.get_text() for text in regime.draw_matplotlib(frame, binding=True).axes[0].texts}
    binding = set(frame[frame["verdict"] != ABSENT]["binding"])
    assert labels and labels <= binding
    annotations = {note.text for note in regime.draw_plotly(frame, binding=True).layout.annotations}
    assert annotations == labels
    assert any(trace.type == "contour" and trace.contours.start == 0 for trace in regime.draw_plotly(frame).data)


def test_every_operation_stands_under_the_roof():
    result = compute_roofline(DEPLOYMENT, SCHEMES, 8, 16384)
    frame = roofline.to_frame(result)
    operations = frame[frame["kind"] == "operation"]
    assert len(operations) == len(result.operations) == len(SCHEMES) + 5
    assert (operations["flop_per_second"] < operations["roof"]).all()
    marks = traces(roofline.draw_plotly(frame), mode="markers")
    of_schemes = operations[operations["scheme"] != ""]
    assert {mark.x[0] for mark in marks} >= set(of_schemes["flop_per_byte"])
    named = [name for mark in marks[len(of_schemes) :] for name in mark.name.split(", ")]
    products = operations[operations["scheme"] == ""]["operation"].str.replace("_", " ")
    assert sorted(named) == sorted(products), "every product has a mark, alone or with those on the same place"
    marked = [line for line in roofline.draw_matplotlib(frame).axes[0].lines if line.get_linestyle() == "None"]
    assert np.allclose([line.get_xdata()[0] for line in marked], [mark.x[0] for mark in marks])
    assert np.allclose([line.get_ydata()[0] * 1e12 for line in marked], [mark.y[0] for mark in marks])
    rates = operations["flop_per_second"]
    assert all(rates.min() * 0.999 <= mark.y[0] <= rates.max() * 1.001 for mark in marks)
    step = operations["seconds"].iloc[1:].sum()
    assert 0 < step < 0.02, "attention of one scheme and the products take less than the step"


def test_a_waterfall_sums_to_its_step():
    explanations = [explain(DEPLOYMENT, scheme, 8, 16384) for scheme in SCHEMES]
    frame = waterfall.to_frame(explanations)
    sums = frame.groupby("scheme")["amount"].sum()
    for explanation in explanations:
        assert sums[explanation.scheme] == pytest.approx(explanation.outputs["tpot_ms"], rel=1e-9)
    assert bars(waterfall.draw_matplotlib(frame).axes[0]) == pytest.approx(sorted(frame["amount"]), rel=1e-9)
    figure = waterfall.draw_plotly(frame)
    assert sum(sum(trace.x) for trace in figure.data) == pytest.approx(frame["amount"].sum())
    assert {trace.name: trace.marker.color for trace in figure.data}.items() <= waterfall.term_colours().items()


def test_a_stack_of_memory_sums_to_what_the_runtime_sees():
    frame = memory.to_frame(memory_stacks(DEPLOYMENT, SCHEMES, 8, 16384))
    sums = frame.groupby("scheme")["amount"].sum()
    assert np.allclose(sums, DEPLOYMENT.gpu.numbers["memory_visible"] / 1e9)
    assert sum(bars(memory.draw_matplotlib(frame).axes[0])) == pytest.approx(frame["amount"].sum())
    assert frame[(frame["scheme"] == "none") & (frame["part"] == "cache")]["amount"].item() == pytest.approx(
        8 * 16384 * 131072 / 1e9
    ), "8 sequences of 16,384 tokens of 131,072 bytes"
    overflow = memory.to_frame(memory_stacks(DEPLOYMENT, ["none"], 256, 131072))
    assert not overflow["fits"].any() and "overflows" in memory.format_notes(overflow)[0]


def test_break_even_lines_end_where_a_scheme_never_wins():
    rows = [row for scheme in ("fp8", "h2o") for row in break_even(DEPLOYMENT, scheme, [1, 8], max_context=4096)]
    frame = breakeven.to_frame(rows)
    lines = traces(breakeven.draw_plotly(frame), mode="lines+markers")
    for scheme, trace in zip(("fp8", "h2o"), lines, strict=True):
        expected = frame[frame["scheme"] == scheme]["context"].to_numpy()
        assert np.allclose(np.exp2(trace.y), np.where(np.isfinite(expected), expected, np.nan), equal_nan=True)
    assert np.isinf(frame["context"]).any()
    lines = breakeven.draw_matplotlib(frame).axes[0].lines
    assert np.isnan(lines[0].get_ydata()[0]) and np.isfinite(lines[0].get_ydata()[1])


def test_the_front_holds_what_no_other_point_beats():
    settings = points(DEPLOYMENT, ["none", "fp8", "h2o"], 8, 16384, price=2.0)
    frame = pareto.to_frame(settings, ("tpot_ms", "kv_bytes_per_sequence"))
    assert {"h2o[budget=512]", "h2o[budget=8192]"} <= set(frame["setting"])
    for row in frame.itertuples():
        beaten = ((frame["x"] <= row.x) & (frame["y"] <= row.y) & ((frame["x"] < row.x) | (frame["y"] < row.y))).any()
        assert row.pareto_optimal == (not beaten)
    figure = pareto.draw_plotly(frame)
    assert sum(len(trace.x) for trace in figure.data if trace.mode == "markers") == len(frame)
    first = settings[0].values
    assert first["cost_per_million"] == pytest.approx(2 * first["gpu_hours_per_million"])
    assert first["gpu_hours_per_million"] == pytest.approx(1e6 / 3600 / first["throughput_at_max_batch_tok_s"])
    optimal = pareto_optimal(settings, ("throughput_tok_s", "max_batch"))
    assert optimal[frame.index[frame["setting"] == "h2o[budget=512]"][0]], "more is better on both"


def test_a_loss_is_drawn_where_it_was_published_and_nowhere_else():
    settings = points(DEPLOYMENT, ["none", "fp8", "kivi-2bit", "h2o"], 8, 16384, benchmark="longbench")
    frame = pareto.to_frame(settings, ("quality_loss", "tpot_ms"))
    rows = frame.set_index("setting")
    # longctx_bench: 38.72 → 38.30, 45.21 → 44.37, 43.54 → 42.43, of which the middle loss is the second, in per cent.
    assert rows.loc["kivi-2bit", ["x_low", "x", "x_high"]].astype(float).tolist() == pytest.approx(
        [100 * (1 - 38.30 / 38.72), 100 * (1 - 44.37 / 45.21), 100 * (1 - 42.43 / 43.54)]
    )
    assert rows.loc["kivi-2bit", "models"] == 3 and set(frame["benchmark"]) == {"longbench"}
    assert (
        np.isnan(rows.loc["fp8", "x"])
        and rows.loc["fp8", "source"] == ""
        and "fp8" in pareto.unpublished_settings(frame)
    )
    caption = pareto.format_caption(frame)
    for text in (
        "LongBench average",
        "no 90 % interval",
        "longctx_bench@72204d0",
        "so not drawn: FP8 cache, KIVI 2-bit (res",
    ):
        assert text in caption
    figure = pareto.draw_plotly(frame)
    marks = traces(figure, mode="markers")
    assert {mark.name for mark in marks} == {"16-bit cache", "KIVI 2-bit", "H2O"}
    assert sum(len(mark.x) for mark in marks) == frame["x"].notna().sum() == 6, "none, KIVI, H2O at four budgets"
    assert (
        figure.layout.xaxis.title.text == "quality loss, LongBench average (%)" and figure.layout.xaxis.type == "linear"
    )
    assert "median of 3 models" in marks[1].text[0]
    axis = pareto.draw_matplotlib(frame).axes[0]
    assert axis.get_xlabel() == figure.layout.xaxis.title.text
    shown = [line for line in axis.lines if line.get_marker() != "None"]
    assert sorted(line.get_xdata()[0] for line in shown) == pytest.approx(sorted(frame["x"].dropna()))
    assert "Quality is not shown" in pareto.format_caption(pareto.to_frame(settings, ("tpot_ms", "max_batch")))


def test_layers_of_one_kind_stand_together_and_are_counted():
    deployment = resolve_deployment("gemma-3-27b", "h100-sxm", engine="vllm")
    frame = layers.to_frame(layer_groups(deployment, ["none", "pyramidkv"], 8, 16384))
    assert frame.groupby("scheme")["layers"].sum().eq(62).all()
    kinds = layers.kinds(frame)
    assert [label for _, _, label in kinds] == ["10 × full attention", "52 × window"]
    x, y = layers.steps(frame[frame["scheme"] == "none"], "megabytes")
    assert list(x) == [0, 10, 10, 62] and y[0] == pytest.approx(16 * y[-1]), "16,384 tokens against a window of 1,024"
    assert np.allclose(layers.draw_matplotlib(frame).axes[0].lines[0].get_ydata(), y)


def test_an_elasticity_is_a_slope_of_the_model_and_the_tornado_turns_about_the_break_even():
    entries = elasticities(DEPLOYMENT, "fp8", 1, 8192, "step_time")
    by_name = {(entry.name, entry.side): entry.elasticity for entry in entries}
    assert sum(by_name[name, "both"] for name in ("gemm_efficiency", "hbm_efficiency")) < 0
    assert not any(side == "baseline" for _, side in by_name), "the scheme's step knows nothing of the baseline"
    context = break_even(DEPLOYMENT, "fp8", [1])[0].context
    frame = sensitivity.to_frame(tornado(DEPLOYMENT, "fp8", 1, context), "break-even")
    assert np.allclose(np.sqrt(frame["low"] * frame["high"]), context, rtol=0.02)
    gpu = DEPLOYMENT.gpu
    faster = DEPLOYMENT.with_options(
        gpu=replace(gpu, numbers=gpu.numbers | {"hbm_bandwidth": 1.1 * gpu.numbers["hbm_bandwidth"]})
    )
    moved = break_even(faster, "fp8", [1])[0].context
    first_order = frame[frame["number"] == "hbm_bandwidth"]["high"].item()
    assert first_order == pytest.approx(moved, rel=0.05), "a tenth more bandwidth, to first order and in full"
    axes = sensitivity.draw_matplotlib(frame).axes[0]
    assert axes.get_yticklabels()[0].get_text() == frame["number"].iloc[0].replace("_", " ")


def test_parity_draws_ratios_and_tells_the_median():
    rows = pd.DataFrame(
        {"what": ["a"] * 3 + ["b"], "measured_us": [10.0, 20, 40, 5], "predicted_us": [11.0, 18, 40, 50]}
    )
    frame = parity.to_frame(rows)
    assert parity.label_kinds(frame) == {"a": "a (n 3, median 10.0 %)", "b": "b (n 1, median 900.0 %)"}
    first, second = parity.draw_plotly(frame).data
    assert np.allclose(first.y, [1.1, 0.9, 1]) and list(second.y) == [3.0], "drawn at the edge; the table has all of it"
    assert "µs" in parity.draw_plotly(frame).layout.xaxis.title.text and "outside the fits" in parity.format_caption(
        frame
    )
    lines = parity.draw_matplotlib(frame).axes[0].lines
    assert list(lines[0].get_xdata()) == [10, 20, 40] and list(lines[0].get_ydata()) == [11, 18, 40]


def test_parity_of_points_is_in_milliseconds():
    row = {
        "what": "decode step",
        "measured": [9.0],
        "predicted": [8.1],
        "lo": [7.0],
        "hi": [9.5],
        "unit": "ms",
        "error": -0.1,
    }
    frame = parity.user_rows_to_frame(pd.DataFrame(row))
    assert list(frame) == ["what", "measured_ms", "predicted_ms", "ratio", "predicted_ms_lo", "predicted_ms_hi"]
    assert frame["ratio"].item() == pytest.approx(0.9) and "fits" not in parity.format_caption(frame)
    figure, (times, ratios) = parity.draw_plotly(frame), parity.draw_matplotlib(frame).axes
    assert figure.layout.xaxis.title.text == times.get_xlabel() == ratios.get_xlabel() == "measured (ms)"
    assert figure.data[0].hovertemplate.count(" ms") == 2


def test_a_scheme_keeps_its_look_and_no_two_listed_ones_share_it():
    listed = [scheme for schemes in palette.FAMILIES.values() for scheme in schemes]
    looks = [(palette.style_of(s).colour, palette.style_of(s).marker) for s in listed]
    assert len(set(looks)) == len(looks)
    assert palette.style_of("h2o[budget=9]") == palette.style_of("h2o[budget=9]")
    assert palette.style_of("h2o[budget=9]").colour == palette.style_of("h2o").colour
    base, composed = palette.style_of("kivi-2bit"), palette.style_of("kivi-2bit[group=64]+streaming-llm")
    assert base.colour == composed.colour and base.marker != composed.marker and base.dash != composed.dash
    assert palette.style_of("somebodys-own").colour in palette.OWN
    assert palette.is_dark("#332288") and not palette.is_dark("#ddcc77")


def test_curves_end_at_the_batch_that_fits():
    frame = throughput.to_frame(batch_curves(DEPLOYMENT, SCHEMES, [1, 4, 16, 64, 256], 16384))
    for scheme, part in frame.groupby("scheme"):
        assert part["batch"].max() == part["most"].iloc[0], "each has its own largest batch"
        trace = next(t for t in throughput.draw_plotly(frame).data if t.name == scheme_name(scheme))
        assert np.allclose(trace.y, part["throughput_tok_s"])
        assert np.allclose(part["throughput_tok_s"] * part["tpot_ms"] / 1e3, part["batch"])
    lines = latency.draw_matplotlib(frame).axes[0].lines
    assert np.allclose(lines[0].get_ydata(), frame[frame["scheme"] == "none"]["tpot_ms"])


def test_a_load_is_drawn_as_it_was_served():
    """The line is what predict says of the same load long after its beginning; beyond the pool the first token alone waits."""
    from costmodel.analyses.load_curves import curves
    from costmodel.evaluation.ask.predict import predict
    from costmodel.plots import first_token, load

    frame = load.to_frame(curves(DEPLOYMENT, ["none", "fp8"], [1, 8, 64, 512], 16384, 256))
    requests = pd.DataFrame(
        {"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "scheme": "fp8", "mode": "serving"}, index=range(4)
    )
    loads = requests.assign(concurrency=[1, 8, 64, 512], prompt_len=16384, gen_len=256, num_prompts=5e8)
    predicted = predict(loads)[0]
    rows = frame[frame["scheme"] == "fp8"]
    for column in ("tpot_ms", "ttft_ms", "throughput_tok_s"):
        assert np.allclose(rows[column], predicted[column], rtol=1e-4)
    assert rows["most"].iloc[0] < 512 and rows["ttft_ms"].iloc[3] > 2 * rows["ttft_ms"].iloc[2]
    trace = next(t for t in load.draw_plotly(frame).data if t.name == "FP8 cache")
    assert np.allclose(trace.y, rows["tpot_ms"]) and np.allclose(trace.x, np.log2(rows["concurrency"]))
    axis = first_token.draw_matplotlib(frame).axes[0]
    assert axis.get_xlabel() == "requests in flight" and np.allclose(axis.lines[2].get_ydata(), rows["ttft_ms"] / 1e3)


def test_ticks_of_a_logarithmic_axis_are_whole_numbers():
    few, many = page.decade_ticks([0.03, 4]), page.decade_ticks([3e-6, 40, np.nan, 0])
    assert few["ticktext"] == ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50"]
    assert many["tickvals"] == [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100]
    assert many["ticktext"][:3] == ["10<sup>-6</sup>", "10<sup>-5</sup>", "0.0001"]
    assert page.decade_ticks([]) == {"type": "log"}


def test_no_two_schemes_of_a_figure_share_a_colour():
    together = [scheme for family in list(palette.FAMILIES.values())[:7] for scheme in family][:20]
    together += ["h2o[budget=9]", "mine", "another", "fp8+h2o"]
    styles = palette.styles_of(together)
    assert len({style.colour for style in styles.values()}) == len(together) == 24
    first = {palette.style_of(scheme).colour: scheme for scheme in reversed(together)}
    for colour, scheme in first.items():
        assert styles[scheme].colour == colour, "the first of a hue keeps it"
    assert all(style.marker == palette.style_of(scheme).marker for scheme, style in styles.items())
    frame = throughput.to_frame(batch_curves(DEPLOYMENT, ["fp8", "nvfp4", "int8", "int4"], [1, 4], 4096))
    lines = {trace.legendgroup: trace.line.color for trace in throughput.draw_plotly(frame).data if trace.name}
    assert len(set(lines.values())) == 4 and lines["fp8"] == palette.style_of("fp8").colour


def test_a_logarithmic_pareto_figure_has_ticks_in_full():
    frame = pareto.to_frame(points(DEPLOYMENT, SCHEMES, 8, 16384), ("tpot_ms", "throughput_tok_s"))
    frame["x"] = frame["x_low"] = frame["x_high"] = np.geomspace(2.0, 300.0, len(frame))
    axis = pareto.draw_plotly(frame).layout.xaxis
    assert axis.type == "log" and axis.ticktext == (
        "1",
        "2",
        "5",
        "10",
        "20",
        "50",
        "100",
        "200",
        "500",
        *axis.ticktext[9:],
    )


def test_no_two_schemes_of_a_default_and_none_of_ones_own_share_a_colour():
    colours = [palette.style_of(scheme).colour for scheme in MAIN_SCHEMES]
    assert len(set(colours)) == len(MAIN_SCHEMES)
    own = {palette.style_of(f"mine-{number}").colour for number in range(50)}
    assert own == set(palette.OWN) and not own & set(palette.FAMILIES)
