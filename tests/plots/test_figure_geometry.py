"""Every figure goes into a paper as it is: nothing is cut off, nothing lies on anything else.

At ACM's column width in every run. At every venue and width, with and without a title:
``python -m pytest tests/plots/test_figure_geometry.py -m every_width``
"""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")

from figure_cases import CASES, draw, table
from matplotlib.figure import Figure
from matplotlib.text import Text

from costmodel.plots.style import crowding, venues
from costmodel.plots.style.geometry import find_faults
from costmodel.plots.style.names import NAMES
from costmodel.plots.style.paper import paper_style

WIDTHS = sorted(
    {width for widths in venues.VENUES.values() for width in widths.values()} | {2.5}
)  # narrower: --width 2.5


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_cut_off_or_covered_in_a_column(case):
    figure = draw(case, venues.figure_width("column", "acm"))
    assert not find_faults(figure)
    assert figure.get_figwidth() == venues.figure_width("column", "acm")


UNBROKEN = "an-idea-of-ones-own-with-a-file-name-of-many-words_and+of/many:marks"


@pytest.mark.parametrize("case", ["waterfall", "regime, five", "throughput", "break-even, composed"])
@pytest.mark.parametrize("name", [UNBROKEN, UNBROKEN.replace("-", " "), 3 * "rotationquantization"])
def test_names_of_ones_own_schemes_fit_however_long_they_are(case, name):
    figure, frame, title, options = table(case)
    named = frame.copy()
    named.attrs = {NAMES: {scheme: f"{name}{index}" for index, scheme in enumerate(dict.fromkeys(frame["scheme"]))}}
    with paper_style():
        drawn = figure.draw_matplotlib(named, title, venues.figure_width("column", "acm"), **options)
        assert not find_faults(drawn)
    texts = "".join(text.get_text() for text in drawn.findobj(Text)).replace("\n", "").replace(" ", "")
    assert f"{name}1".replace(" ", "") in texts


@pytest.mark.every_width
@pytest.mark.parametrize("has_title", [False, True], ids=["untitled", "titled"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_cut_off_or_covered_at_any_width(case, width, has_title):
    assert not find_faults(draw(case, width, has_title))


def axes_of(width: float = 3.0):
    figure = Figure(figsize=(width, 2.0), layout="constrained")
    axis = figure.subplots()
    axis.set(xlim=(0, 10), ylim=(0, 10))
    return figure, axis


def with_cut_title():
    figure, _ = axes_of()
    figure.suptitle("Llama 3.1 70B on four GPUs with bfloat16 weights, under load", x=0.0, ha="left")
    return figure


def with_cut_label():
    figure, axis = axes_of()
    axis.set_ylabel("time per output token under load, in milliseconds")
    return figure


def with_cut_colour_bar():
    figure, axis = axes_of()
    mesh = axis.pcolormesh(np.ones((2, 2)))
    figure.colorbar(mesh, ax=axis).set_label("step time of the baseline over that of the scheme")
    return figure


def with_covered_text():
    figure, axis = axes_of()
    for x in (4.0, 4.5):
        axis.text(x, 5, "1.07×")
    return figure


def with_hatched_number():
    figure, axis = axes_of()
    axis.plot([0, 10], [0, 10])
    axis.text(5, 5, "1.07", ha="center", va="center")
    return figure


def with_wide_number():
    figure, axis = axes_of()
    axis.barh([5], [0.4], left=5, height=4)
    axis.text(5.2, 5, "31.5", ha="center", va="center")
    return figure


def with_text_over_the_edge():
    figure, axis = axes_of()
    axis.text(9.8, 5, "matrix-memory").set_in_layout(False)
    return figure


def with_crowded_ticks():
    figure, axis = axes_of(1.5)
    axis.set_xticks(range(11), [f"{1000 * x}" for x in range(11)])
    return figure


def with_legend_on_axes():
    figure, axis = axes_of()
    (line,) = axis.plot([0, 10], [0, 10])
    figure.legend([line], ["FP8 cache"], loc="center")
    return figure


def with_crowded_axes():
    figure = Figure(figsize=(3, 2))
    for left in (0.2, 0.5):
        figure.add_axes((left, 0.2, 0.4, 0.6))
    return figure


def with_hidden_mark():
    figure, axis = axes_of()
    for marker in ("s", "o"):
        axis.plot([5.0], [5.0], linestyle="", marker=marker, markersize=6, gid=crowding.ALONE)
    return figure


BROKEN = {
    with_hidden_mark: "mark at 5, 5 is hidden by mark at 5, 5",
    with_cut_title: "'Llama 3.1 70B on four GPUs with bfloat16 weights, under load' is cut off",
    with_cut_label: "in milliseconds' is cut off",
    with_cut_colour_bar: "over that of the scheme' is cut off",
    with_covered_text: "text '1.07×' lies on text '1.07×'",
    with_hatched_number: "text '1.07' lies on a line",
    with_wide_number: "text '31.5' crosses the end of a bar",
    with_text_over_the_edge: "'matrix-memory' crosses the edge of its axes",
    with_crowded_ticks: "tick '1000' lies on tick '2000'",
    with_legend_on_axes: "legend lies on axes",
    with_crowded_axes: "axes lies on axes",
}


@pytest.mark.parametrize("build", BROKEN, ids=lambda build: build.__name__)
def test_a_broken_figure_is_told(build):
    faults = find_faults(build())
    assert any(BROKEN[build] in fault for fault in faults), faults


def test_text_with_a_box_of_its_own_may_lie_on_a_line_and_plain_axes_are_fine():
    figure, axis = axes_of()
    axis.plot([0, 10], [0, 10])
    axis.text(5, 5, "1.07", ha="center", va="center", bbox={"facecolor": "white", "edgecolor": "none"})
    axis.barh([8], [4], left=1, height=3)
    axis.text(3, 8, "31.5", ha="center", va="center")
    axis.set(xlabel="batch (sequences)", ylabel="throughput (tokens/s)")
    assert find_faults(figure) == []
