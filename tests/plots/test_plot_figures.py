"""What figures draw is what their tables hold, and their tables what the analyses found."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")
pytest.importorskip("plotly", reason="needs Plotly: pip install 'costmodel[dashboard]'")

from costmodel.analyses import batches
from costmodel.analyses import breakeven as breaking
from costmodel.analyses import layers as layering
from costmodel.analyses import memory as remembering
from costmodel.analyses import pareto as choosing
from costmodel.analyses import roofline as roofing
from costmodel.analyses import sensitivity as varying
from costmodel.analyses.explain import explain
from costmodel.analyses.regime import ABSENT, Objective, regimes
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.plots import (
    breakeven,
    latency,
    layers,
    memory,
    palette,
    pareto,
    parity,
    regime,
    roofline,
    sensitivity,
    throughput,
    waterfall,
)

HERE = resolve_deployment("llama-3.1-8b", "h100-sxm", engine="vllm")
SCHEMES = ["none", "fp8", "h2o[budget=1024]"]


def bars(axes) -> list[float]:
    return sorted(patch.get_width() for patch in axes.patches if patch.get_width())


def traces(figure, **wanted) -> list:
    return [t for t in figure.data if all(getattr(t, key, None) == value for key, value in wanted.items())]


def test_a_regime_panel_holds_every_cell_of_its_scheme():
    batch, context = np.array([1.0, 8, 64]), np.array([1024.0, 8192, 65536, 131072])
    made = regimes(HERE, SCHEMES[1:], batch, context)
    frame = regime.table(made)
    drawn = regime.paper(frame, "a title")
    for axes, one in zip(drawn.axes, made, strict=False):
        shown = np.where(one.verdict == ABSENT, np.nan, np.log2(one.ratio))
        assert np.allclose(axes.collections[0].get_array().filled(np.nan), shown, equal_nan=True)
        assert axes.get_title(loc="left") == one.scheme
    lines = regime.paper(regime.table(regimes(HERE, SCHEMES[1:], batch, context, "own-batch")))
    assert "own largest batch" in regime.caption(regime.table(regimes(HERE, ["fp8"], batch, context, "own-batch")))
    aimed = regime.table(regimes(HERE, ["fp8"], batch, context, "objective", Objective(tpot=0.05)))
    assert "meets the objective" in regime.caption(aimed)
    assert [line.get_color() for line in lines.axes[0].lines[:2]] == [palette.look(s).colour for s in SCHEMES[1:]]


def test_blue_wins_and_red_loses_in_both_libraries():
    from matplotlib.colors import to_hex

    batch, context = np.array([1.0, 8, 64]), np.array([1024.0, 8192, 65536, 131072])
    frame = regime.table(regimes(HERE, ["fp8"], batch, context))
    tiles = traces(regime.figure(frame), type="heatmap")[0]
    places, colours = zip(*tiles.to_plotly_json()["colorscale"], strict=True)
    assert places[0] == 0 and places[5] == 0.5 and places[-1] == 1, "Plotly takes no colours without their places"
    assert colours[1] == palette.LOSE and colours[-2] == palette.WIN and tiles.zmin == -tiles.zmax
    shades = regime.paper(frame).axes[0].collections[0].get_cmap()
    assert [to_hex(shades(place)) for place in (0.0, 1.0)] == [colours[0], colours[-1]]


def test_the_overlay_names_what_binds():
    batch, context = np.geomspace(1, 256, 24), np.geomspace(1024, 131072, 24)
    frame = regime.table(regimes(HERE, ["fp8"], batch, context))
    named = {text.get_text() for text in regime.paper(frame, overlay=True).axes[0].texts}
    binding = set(frame[frame["verdict"] != ABSENT]["binding"])
    assert named and named <= binding
    noted = {note.text for note in regime.figure(frame, overlay=True).layout.annotations}
    assert noted == named
    assert any(trace.type == "contour" and trace.contours.start == 0 for trace in regime.figure(frame).data)


def test_every_operation_stands_under_the_roof():
    made = roofing.roofline(HERE, SCHEMES, 8, 16384)
    frame = roofline.table(made)
    points = frame[frame["kind"] == "operation"]
    assert len(points) == len(made.operations) == len(SCHEMES) + 5
    assert (points["flop_per_second"] < points["roof"]).all()
    marks = traces(roofline.figure(frame), mode="markers")
    assert sorted(mark.x[0] for mark in marks) == sorted(points["flop_per_byte"])
    drawn = [line for line in roofline.paper(frame).axes[0].lines if line.get_linestyle() == "None"]
    assert np.allclose(sorted(line.get_ydata()[0] for line in drawn), sorted(points["flop_per_second"] / 1e12))
    step = points["seconds"].iloc[1:].sum()
    assert 0 < step < 0.02, "attention of one scheme and the products take less than the step"


def test_a_waterfall_sums_to_its_step():
    found = [explain(HERE, scheme, 8, 16384) for scheme in SCHEMES]
    frame = waterfall.table(found)
    sums = frame.groupby("scheme")["amount"].sum()
    for one in found:
        assert sums[one.scheme] == pytest.approx(one.outputs["tpot_ms"], rel=1e-9)
    assert bars(waterfall.paper(frame).axes[0]) == pytest.approx(sorted(frame["amount"]), rel=1e-9)
    drawn = waterfall.figure(frame)
    assert sum(sum(trace.x) for trace in drawn.data) == pytest.approx(frame["amount"].sum())
    assert {trace.name: trace.marker.color for trace in drawn.data}.items() <= palette.TERMS.items()


def test_a_stack_of_memory_sums_to_what_the_runtime_sees():
    frame = memory.table(remembering.memory(HERE, SCHEMES, 8, 16384))
    sums = frame.groupby("scheme")["amount"].sum()
    assert np.allclose(sums, HERE.gpu.numbers["memory_visible"] / 1e9)
    assert sum(bars(memory.paper(frame).axes[0])) == pytest.approx(frame["amount"].sum())
    assert frame[(frame["scheme"] == "none") & (frame["part"] == "cache")]["amount"].item() == pytest.approx(
        8 * 16384 * 131072 / 1e9
    ), "8 sequences of 16,384 tokens of 131,072 bytes"
    over = memory.table(remembering.memory(HERE, ["none"], 256, 131072))
    assert not over["fits"].any() and "overflows" in memory.notes(over)[0]


def test_break_even_lines_end_where_a_scheme_never_wins():
    found = [b for s in ("fp8", "h2o") for b in breaking.break_even(HERE, s, [1, 8], max_context=4096)]
    frame = breakeven.table(found)
    drawn = traces(breakeven.figure(frame), mode="lines+markers")
    for scheme, trace in zip(("fp8", "h2o"), drawn, strict=True):
        due = frame[frame["scheme"] == scheme]["context"].to_numpy()
        assert np.allclose(np.exp2(trace.y), np.where(np.isfinite(due), due, np.nan), equal_nan=True)
    assert np.isinf(frame["context"]).any()
    lines = breakeven.paper(frame).axes[0].lines
    assert np.isnan(lines[0].get_ydata()[0]) and np.isfinite(lines[0].get_ydata()[1])


def test_the_front_holds_what_no_other_point_beats():
    found = choosing.points(HERE, ["none", "fp8", "h2o"], 8, 16384, price=2.0)
    frame = pareto.table(found, ("tpot_ms", "kv_bytes_per_sequence"))
    assert {"h2o[budget=512]", "h2o[budget=8192]"} <= set(frame["setting"])
    for row in frame.itertuples():
        beaten = ((frame["x"] <= row.x) & (frame["y"] <= row.y) & ((frame["x"] < row.x) | (frame["y"] < row.y))).any()
        assert row.unbeaten == (not beaten)
    drawn = pareto.figure(frame)
    assert sum(len(trace.x) for trace in drawn.data if trace.mode == "markers") == len(frame)
    first = found[0].values
    assert first["cost_per_million"] == pytest.approx(2 * first["gpu_hours_per_million"])
    assert first["gpu_hours_per_million"] == pytest.approx(1e6 / 3600 / first["throughput_at_max_batch_tok_s"])
    sides = choosing.pareto_optimal(found, ("throughput_tok_s", "max_batch"))
    assert sides[frame.index[frame["setting"] == "h2o[budget=512]"][0]], "more is better on both"


def test_a_loss_is_drawn_where_it_was_published_and_nowhere_else():
    found = choosing.points(HERE, ["none", "fp8", "kivi-2bit", "h2o"], 8, 16384, benchmark="longbench")
    frame = pareto.table(found, ("quality_loss", "tpot_ms"))
    rows = frame.set_index("setting")
    # longctx_bench: 38.72 → 38.30, 45.21 → 44.37, 43.54 → 42.43, of which the middle loss is the second, in per cent.
    assert rows.loc["kivi-2bit", ["x_low", "x", "x_high"]].astype(float).tolist() == pytest.approx(
        [100 * (1 - 38.30 / 38.72), 100 * (1 - 44.37 / 45.21), 100 * (1 - 42.43 / 43.54)]
    )
    assert rows.loc["kivi-2bit", "models"] == 3 and set(frame["benchmark"]) == {"longbench"}
    assert np.isnan(rows.loc["fp8", "x"]) and rows.loc["fp8", "source"] == "" and "fp8" in pareto.missing(frame)
    said = pareto.caption(frame)
    for words in ("LongBench average", "no 90 % interval", "longctx_bench@72204d0", "so not drawn: fp8, kivi-2bit[res"):
        assert words in said
    drawn = pareto.figure(frame)
    marks = traces(drawn, mode="markers")
    assert {mark.name for mark in marks} == {"none", "kivi-2bit", "h2o"}
    assert sum(len(mark.x) for mark in marks) == frame["x"].notna().sum() == 6, "none, KIVI, H2O at four budgets"
    assert (
        drawn.layout.xaxis.title.text == "quality loss, LongBench average (%)" and drawn.layout.xaxis.type == "linear"
    )
    assert "median of 3 models" in marks[1].text[0]
    axis = pareto.paper(frame).axes[0]
    assert axis.get_xlabel() == drawn.layout.xaxis.title.text
    shown = [line for line in axis.lines if line.get_marker() != "None"]
    assert sorted(line.get_xdata()[0] for line in shown) == pytest.approx(sorted(frame["x"].dropna()))
    assert "Quality is not shown" in pareto.caption(pareto.table(found, ("tpot_ms", "max_batch")))


def test_layers_of_one_kind_stand_together_and_are_counted():
    where = resolve_deployment("gemma-3-27b", "h100-sxm", engine="vllm")
    frame = layers.table(layering.layers(where, ["none", "pyramidkv"], 8, 16384))
    assert frame.groupby("scheme")["layers"].sum().eq(62).all()
    kinds = layers.kinds(frame)
    assert [word for _, _, word in kinds] == ["10 × full attention", "52 × window"]
    x, y = layers.steps(frame[frame["scheme"] == "none"], "megabytes")
    assert list(x) == [0, 10, 10, 62] and y[0] == pytest.approx(16 * y[-1]), "16,384 tokens against a window of 1,024"
    assert np.allclose(layers.paper(frame).axes[0].lines[0].get_ydata(), y)


def test_an_elasticity_is_a_slope_of_the_model_and_the_tornado_turns_about_the_break_even():
    found = varying.elasticities(HERE, "fp8", 1, 8192, "step_time")
    by_name = {(each.name, each.side): each.elasticity for each in found}
    assert sum(by_name[name, "both"] for name in ("gemm_efficiency", "hbm_efficiency")) < 0
    assert not any(whose == "baseline" for _, whose in by_name), "the scheme's step knows nothing of the baseline"
    at = breaking.break_even(HERE, "fp8", [1])[0].context
    frame = sensitivity.table(varying.tornado(HERE, "fp8", 1, at), "break-even")
    assert np.allclose(np.sqrt(frame["low"] * frame["high"]), at, rtol=0.02)
    slower = HERE.with_options(gpu=HERE.gpu.__class__(**{**HERE.gpu.__dict__, "numbers": HERE.gpu.numbers | {
        "hbm_bandwidth": 1.1 * HERE.gpu.numbers["hbm_bandwidth"]}}))  # fmt: skip
    moved = breaking.break_even(slower, "fp8", [1])[0].context
    told = frame[frame["number"] == "hbm_bandwidth"]["high"].item()
    assert told == pytest.approx(moved, rel=0.05), "a tenth more bandwidth, to first order and in full"
    drawn = sensitivity.paper(frame).axes[0]
    assert drawn.get_yticklabels()[0].get_text() == frame["number"].iloc[0].replace("_", " ")


def test_parity_draws_ratios_and_tells_the_median():
    rows = pd.DataFrame(
        {"what": ["a"] * 3 + ["b"], "measured_us": [10.0, 20, 40, 5], "predicted_us": [11.0, 18, 40, 50]}
    )
    frame = parity.table(rows)
    assert parity.errors(frame) == {"a": "a (n 3, median 10.0 %)", "b": "b (n 1, median 900.0 %)"}
    first, second = parity.figure(frame).data
    assert np.allclose(first.y, [1.1, 0.9, 1]) and list(second.y) == [3.0], "drawn at the edge; the table has all of it"
    assert "µs" in parity.figure(frame).layout.xaxis.title.text and "outside the fits" in parity.caption(frame)
    lines = parity.paper(frame).axes[0].lines
    assert list(lines[0].get_xdata()) == [10, 20, 40] and list(lines[0].get_ydata()) == [11, 18, 40]


def test_parity_of_points_is_in_milliseconds():
    own = {
        "what": "decode step",
        "measured": [9.0],
        "predicted": [8.1],
        "lo": [7.0],
        "hi": [9.5],
        "unit": "ms",
        "error": -0.1,
    }
    frame = parity.own(pd.DataFrame(own))
    assert list(frame) == ["what", "measured_ms", "predicted_ms", "ratio", "predicted_ms_lo", "predicted_ms_hi"]
    assert frame["ratio"].item() == pytest.approx(0.9) and "fits" not in parity.caption(frame)
    drawn, (both, off) = parity.figure(frame), parity.paper(frame).axes
    assert drawn.layout.xaxis.title.text == both.get_xlabel() == off.get_xlabel() == "measured (ms)"
    assert drawn.data[0].hovertemplate.count(" ms") == 2


def test_a_scheme_keeps_its_look_and_no_two_listed_ones_share_it():
    listed = [scheme for schemes in palette.FAMILIES.values() for scheme in schemes]
    looks = [(palette.look(s).colour, palette.look(s).marker) for s in listed]
    assert len(set(looks)) == len(looks)
    assert palette.look("h2o[budget=9]") == palette.look("h2o[budget=9]")
    assert palette.look("h2o[budget=9]").colour == palette.look("h2o").colour
    assert palette.look("somebodys-own").colour in palette.FAMILIES
    assert palette.dark("#332288") and not palette.dark("#ddcc77")


def test_curves_end_at_the_batch_that_fits():
    frame = throughput.table(batches.curves(HERE, SCHEMES, [1, 4, 16, 64, 256], 16384))
    for scheme, part in frame.groupby("scheme"):
        assert part["batch"].max() == part["most"].iloc[0], "each has its own largest batch"
        trace = next(t for t in throughput.figure(frame).data if t.name == scheme)
        assert np.allclose(trace.y, part["throughput_tok_s"])
        assert np.allclose(part["throughput_tok_s"] * part["tpot_ms"] / 1e3, part["batch"])
    lines = latency.paper(frame).axes[0].lines
    assert np.allclose(lines[0].get_ydata(), frame[frame["scheme"] == "none"]["tpot_ms"])


def test_a_load_is_drawn_as_it_was_served():
    """The line is what predict says of the same load; beyond the pool the first token waits and the token does not."""
    from costmodel.analyses.load_curves import curves
    from costmodel.evaluation.ask.predict import predict
    from costmodel.plots import first_token, load

    frame = load.table(curves(HERE, ["none", "fp8"], [1, 8, 64, 512], 16384, 256))
    points = pd.DataFrame(
        {"model": "llama-8b", "gpu": "h100-sxm", "tp": 1, "scheme": "fp8", "mode": "serving"}, index=range(4)
    )
    told = predict(points.assign(concurrency=[1, 8, 64, 512], prompt_len=16384, gen_len=256))[0]
    ours = frame[frame["scheme"] == "fp8"]
    for column in ("tpot_ms", "ttft_ms", "throughput_tok_s"):
        assert np.allclose(ours[column], told[column])
    assert ours["most"].iloc[0] < 512 and ours["ttft_ms"].iloc[3] > 2 * ours["ttft_ms"].iloc[2]
    trace = next(t for t in load.figure(frame).data if t.name == "fp8")
    assert np.allclose(trace.y, ours["tpot_ms"]) and np.allclose(trace.x, np.log2(ours["concurrency"]))
    axis = first_token.paper(frame).axes[0]
    assert axis.get_xlabel() == "requests in flight" and np.allclose(axis.lines[2].get_ydata(), ours["ttft_ms"] / 1e3)
