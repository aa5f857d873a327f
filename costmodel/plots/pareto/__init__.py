"""Schemes and the settings of their knobs as points over two quantities, and the front of those that no other beats.

Which direction is better is known of every quantity; the front is drawn as steps on its good side. A setting without a
published loss has a row in the table and no mark in the figure.
"""

import math

import pandas as pd

from costmodel.analyses.largest_load import OUTPUT
from costmodel.analyses.pareto import QUALITY, points
from costmodel.errors import InputError, UnknownName
from costmodel.facts import quality
from costmodel.plots.base import POINT, Figure, Option, Request
from costmodel.plots.pareto.draw import draw_matplotlib, draw_plotly
from costmodel.plots.pareto.table import AXES, LABELS, QUANTITIES, to_frame, unpublished_settings
from costmodel.plots.style import names

__all__ = [
    "LABELS",
    "QUANTITIES",
    "draw_matplotlib",
    "draw_plotly",
    "format_caption",
    "to_frame",
    "unpublished_settings",
]

SHOWN = "Schemes and the settings of their knobs; the steps join the Pareto-optimal ones, which no other beats on both axes."
STATIC = "Decode steps alone."
LOADED = "In steady state, prompts included: outputs of {:,.0f} tokens, prompts of the context less half of them."
HOLLOW = "A hollow mark does not fit at this batch."
UNMODELLED = "Quality is not shown: it is not modelled, and published for few settings."


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the schemes and their settings at one operating point, and its title.

    Raises UnknownName for an axis that is no quantity, InputError for a cost without a price.
    """
    axes = request["x"], request["y"]
    for name in axes:
        if name not in QUANTITIES:
            raise UnknownName("quantity", name, QUANTITIES)
    if "cost_per_million" in axes and request["price"] is None:
        raise InputError("cost_per_million needs --price, the price of one GPU for an hour; costmodel knows no prices")
    benchmark = quality.benchmark(request["benchmark"]).id if QUALITY in axes else None
    output = None if request["static"] else request["output"]
    settings = points(request.deployment, request.schemes, *request.point, request["price"], benchmark, output)
    return to_frame(settings, axes), request.point_title


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows; of a published quantity, its sources and which settings have none."""
    output = frame["output"].iloc[0]
    load = STATIC if math.isnan(output) else LOADED.format(output)
    if "benchmark" not in frame:
        return f"{SHOWN} {load} {UNMODELLED} {HOLLOW}"
    name = frame["benchmark_name"].iloc[0]
    sources = "; ".join(dict.fromkeys(frame["source"][frame["source"] != ""]))
    missing = ", ".join(map(names.scheme_name, unpublished_settings(frame)))
    return " ".join([
        SHOWN, load, HOLLOW, f"Quality loss: published, not modelled; relative to the score of the 16-bit cache on {name}. "
        "Median over the models measured, with a bar from the smallest to the largest of them: a range of models, no 90 % "
        "interval; the deployed model alone where it was measured. Optimality compares medians, possibly of different models. "
        f"Sources: {sources}.",
        *([f"No published figure on {name}, so not drawn: {missing}."] if missing else []),
    ])  # fmt: skip


FIGURE = Figure(
    id="pareto",
    order=2,
    summary="schemes and knob settings over two quantities",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(
        *POINT,
        Option("x", "text", AXES[0], f"quantity of this axis: {', '.join(QUANTITIES)}."),
        Option("y", "text", AXES[1], "quantity of this axis."),
        Option("output", "count", f"{OUTPUT:.0f}", "tokens that a request of the load generates."),
        Option("static", "flag", None, "decode steps alone, without a load."),
        Option("price", "number", None, "price of one GPU for an hour, for cost_per_million."),
        Option("benchmark", "text", quality.DEFAULT, "benchmark of quality_loss (costmodel quality)."),
    ),
)
