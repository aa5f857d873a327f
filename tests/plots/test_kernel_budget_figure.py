"""The figure of kernel budgets: a line a scheme, a mark a kernel, and the words for budgets that no kernel meets."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")
pytest.importorskip("plotly", reason="needs Plotly: pip install 'costmodel[dashboard]'")

from costmodel.analyses.kernel_budget import kernel_budget
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.plots import kernel_budget as figure
from costmodel.plots.base import Request
from costmodel.plots.style import palette

DEPLOYMENT = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
CONTEXT = np.array([1024.0, 8192, 65536])
SCHEMES = ("none", "fp8", "int8", "kivi-2bit")


def table(schemes=SCHEMES, batch=16.0):
    request = Request(DEPLOYMENT, list(schemes), {"batch": batch, "context": CONTEXT})
    return figure.compute(request)


@pytest.fixture(scope="module")
def frame():
    return table()[0]


def test_the_table_holds_budgets_and_kernels(frame):
    kernels = {scheme: set(rows["kernel"]) for scheme, rows in frame.groupby("scheme")}
    common = {"budget", "none, vllm", "ideal", "compiled"}
    assert kernels == {"fp8": common | {"vllm--fp8"}, "int8": common | {"vllm--int8"}, "kivi-2bit": common}
    for scheme in kernels:
        budget = kernel_budget(DEPLOYMENT, scheme, 16.0, CONTEXT)
        rows = frame[(frame["scheme"] == scheme) & (frame["kernel"] == "budget")]
        np.testing.assert_allclose(rows["nanoseconds"], 1e9 * budget.latency, rtol=1e-12)
    assert set(frame[frame["baseline"]]["kernel"]) == {"none, vllm"} and (frame["batch"] == 16).all()
    assert set(frame[frame["kernel"] == "budget"]["evidence"]) == {""}


def test_both_drawings_hold_what_the_table_holds(frame):
    paper, page = figure.draw_matplotlib(frame, "a title"), figure.draw_plotly(frame, "a title")
    (axis,) = paper.axes
    shown = frame[~frame["baseline"]]
    groups = list(shown.groupby(["scheme", "kernel"], sort=False))
    assert len(axis.lines) == len(page.data) == len(groups) + 1, "and one line of the 16-bit kernel"
    for ((_, kernel), rows), line, trace in zip(groups, axis.lines, page.data, strict=False):
        np.testing.assert_allclose(line.get_ydata(), rows["nanoseconds"], rtol=1e-12)
        np.testing.assert_allclose(trace.y, rows["nanoseconds"], rtol=1e-12)
        np.testing.assert_allclose(np.exp2(trace.x), CONTEXT, rtol=1e-12)
        assert (line.get_linestyle() == "None") == (trace.mode == "markers") == (kernel != "budget")
    baseline = frame[frame["baseline"] & (frame["scheme"] == "fp8")]["nanoseconds"]
    assert axis.lines[-1].get_color() == page.data[-1].line.color == palette.INK
    np.testing.assert_allclose(page.data[-1].y, baseline, rtol=1e-12)
    assert axis.get_yscale() == "log" and page.layout.yaxis.type == "log"


def test_marks_tell_kernels_apart_and_colours_schemes(frame):
    axis = figure.draw_matplotlib(frame).axes[0]
    groups = [key for key, _ in frame[~frame["baseline"]].groupby(["scheme", "kernel"], sort=False)]
    marks = {key: line.get_marker() for key, line in zip(groups, axis.lines, strict=False)}
    assert (marks["fp8", "ideal"], marks["fp8", "compiled"], marks["fp8", "vllm--fp8"]) == ("v", "s", "o")
    for (scheme, _), line in zip(groups, axis.lines, strict=False):
        assert line.get_color() == palette.style_of(scheme).colour


def test_a_budget_that_no_kernel_meets_is_no_point_and_is_said():
    lost, _ = table(("hypothetical[saving=0,overhead=10ms]", "fp8"), batch=1.0)
    hypothetical = lost[(lost["kernel"] == "budget") & (lost["scheme"] != "fp8")]
    assert (hypothetical["nanoseconds"] < 0).all()
    line = figure.draw_matplotlib(lost).axes[0].lines[0]
    assert np.isnan(line.get_ydata()).all() and np.isnan(figure.draw_plotly(lost).data[0].y).all()
    caption = figure.format_caption(lost)
    assert (
        "even a kernel that takes no time loses (Hypothetical codec (overhead 10 ms, saving 0))." in caption
        and "FP8" not in caption
    )
    kept = figure.format_caption(lost[lost["scheme"] == "fp8"])
    assert kept == figure.CAPTION and "A mark under the line of its colour wins" in kept


def test_the_title_says_where(frame):
    where = "Llama 3.1 8B on 1\u00a0×\u00a0NVIDIA H100 SXM5 80GB, vLLM, bfloat16 weights"
    assert table(("fp8",))[1] == f"Kernel budgets: {where}, batch 16"
