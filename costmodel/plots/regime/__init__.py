"""The regime map: speed-up over batch × context, where it is inconclusive, and what does not fit.

Maps have one panel per scheme. Where each scheme chooses its own batch there is one ratio per context, and the figure is of
lines.
"""

import math

import pandas as pd

from costmodel.analyses.largest_load import OUTPUT
from costmodel.analyses.regime import Objective, regimes
from costmodel.evaluation.ask.sweep_axes import default_context
from costmodel.language.units import format_quantity
from costmodel.plots.base import BATCH_HELP, CONTEXT_HELP, Figure, Option, Request
from costmodel.plots.regime import page, page_lines, paper
from costmodel.plots.regime.table import cells, nearest_point, to_frame
from costmodel.plots.style import names

__all__ = ["cells", "draw_matplotlib", "draw_plotly", "format_caption", "nearest_point", "to_frame"]

MAP_CAPTION = (
    "Step time of the baseline over step time of the scheme at the same batch and context; blue above 1: the scheme is "
    "faster. The line is 1. Hatched: inconclusive (the 90 % interval contains 1). Cross-hatched: needs a kernel (an ideal one "
    "wins; these were not measured). Grey: does not fit."
)
BATCH_CHOICES = {
    "own-batch": "its own largest batch",
    "objective": "the largest batch that fits and meets the objective",
}
LINES_CAPTION = (
    "Throughput of the scheme over that of its baseline, each at {}, {}; above 1 the scheme gives more tokens per second. "
    "Bands: 90 % intervals."
)


def compute(request: Request) -> tuple[pd.DataFrame, str]:
    """The table of the schemes' regimes, and its title."""
    deployment, targets = request.deployment, {"TPOT": request["tpot"], "TTFT": request["ttft"]}
    axes = request["batch"], request["context"] or default_context([deployment])
    objective = Objective(*targets.values()) if any(targets.values()) else None
    output = None if request["static"] else request["output"]
    maps = regimes(deployment, request.schemes, *axes, request["comparison"], objective, output=output)
    baselines = " and ".join(dict.fromkeys(names.scheme_name(regime_map.baseline) for regime_map in maps))
    schemes = ", ".join(map(names.scheme_name, request.schemes))
    within = "".join(
        f", {name} at most {format_quantity(target, 'second')}"
        for name, target in targets.items()
        if target is not None
    )
    return to_frame(maps), f"{schemes} against {baselines}{within}: {names.describe(deployment)}"


def format_caption(frame: pd.DataFrame) -> str:
    """What the figure shows and how to read it."""
    if "comparison" not in frame:
        return MAP_CAPTION
    output = frame["output"].iloc[0]
    load = "decode steps alone" if math.isnan(output) else f"under load with outputs of {output:,.0f} tokens"
    return LINES_CAPTION.format(BATCH_CHOICES[frame["comparison"].iloc[0]], load)


def draw_matplotlib(frame: pd.DataFrame, title: str = "", width: float = 7.0, binding: bool = False):
    """A Matplotlib figure of a regime table, ``width`` inches wide; ``binding`` labels the binding term of each region."""
    if "baseline_batch" in frame:
        return paper.draw_lines(frame, title, width)
    return paper.draw_maps(frame, title, width, binding)


def draw_plotly(frame: pd.DataFrame, title: str = "", binding: bool = False):
    """A Plotly figure of the same table: a map over batch × context, or lines with their intervals over context."""
    if "baseline_batch" in frame:
        return page_lines.draw_lines(frame, title)
    return page.draw_map(frame, title, binding)


FIGURE = Figure(
    id="regime",
    order=0,
    summary="speed-up over batch and context",
    compute=compute,
    draw_matplotlib=draw_matplotlib,
    draw_plotly=draw_plotly,
    format_caption=format_caption,
    options=(
        Option("batch", "axis", "1:256", BATCH_HELP),
        Option("context", "axis", None, CONTEXT_HELP),
        Option("comparison", "text", "same-batch", "same-batch, own-batch or objective."),
        Option("tpot", "duration", None, "objective, e.g. 50ms."),
        Option("ttft", "duration", None, "objective, e.g. 2s."),
        Option(
            "output", "count", f"{OUTPUT:.0f}", "own-batch and objective: tokens that a request of the load generates."
        ),
        Option("static", "flag", None, "own-batch and objective of decode steps alone."),
        Option("binding", "flag", None, "label the binding term, region by region."),
    ),
    schemes=("fp8",),
    draw_options=("binding",),
)
