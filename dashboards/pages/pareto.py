"""Schemes and their knob settings as points over two quantities of the visitor's choice, and which are Pareto-optimal."""

import pandas as pd
from dash import html

from costmodel.analyses.largest_load import OUTPUT
from costmodel.analyses.pareto import QUALITY
from costmodel.errors import InputError
from costmodel.facts import quality
from costmodel.facts.evidence import weakest
from costmodel.plots import Request
from costmodel.plots import pareto as pareto_plot
from dashboards import resolve, text
from dashboards.commands import format_command
from dashboards.page import FigureView, Page, PageContent
from dashboards.selection import DEPLOYMENT_FIELDS, POINT_FIELDS, Selection

NAV_ORDER = 3
OPTIONS = (*DEPLOYMENT_FIELDS, "schemes", *POINT_FIELDS, "x", "y", "benchmark", "price")
MARKS = "Large marks: a scheme with its default knobs; small ones: other settings."
NOTE = (
    "Neither axis is the quality of answers, so a Pareto-optimal point may still be the wrong choice: select quality loss for "
    "one axis to see what was published."
)


def build_content(selection: Selection) -> PageContent:
    """The points of the selected schemes."""
    axes, price = (selection.x, selection.y), resolve.price_of(selection)
    if "cost_per_million" in axes and price is None:
        raise InputError(
            "the cost per token needs the price of a GPU for an hour, in any currency: enter one on the left"
        )
    benchmark = quality.benchmark(selection.benchmark).id if QUALITY in axes else None
    deployment, (batch, context) = resolve.deployment_of(selection), resolve.point_of(selection)
    schemes = resolve.schemes_of(selection, baseline=True)
    values = {"batch": batch, "context": context, "x": axes[0], "y": axes[1], "price": price, "benchmark": benchmark}
    values |= {"output": OUTPUT, "static": False}
    frame, title = pareto_plot.compute(Request(deployment, schemes, values))
    command = format_command(selection, ("plot", "pareto"), OPTIONS, schemes=schemes, benchmark=benchmark)
    optimal = ", ".join(frame[frame["pareto_optimal"]].sort_values("x")["setting"])
    note = [html.P(NOTE, className="quiet")] if benchmark is None else text.published_quality(frame, benchmark)
    heading = html.P([html.Strong("Pareto-optimal: "), f"{optimal}."])
    above = [
        html.Div([heading, *note, html.P(MARKS, className="quiet")], className="heading"),
        text.deployment_section(deployment, _evidence_of(frame)),
    ]
    return PageContent({"pareto": FigureView(pareto_plot.FIGURE, frame, title, command)}, above)


def _evidence_of(frame: pd.DataFrame) -> dict[str, str]:
    """The weakest evidence of the settings of each scheme."""
    return {scheme: weakest(rows["evidence"]) for scheme, rows in frame.groupby("scheme", sort=False)}


PAGE = Page(
    path="/pareto",
    name="Pareto",
    lead="Time, throughput, memory, GPU time, published quality: which schemes and settings no other beats on both axes.",
    fields=("x", "y", "benchmark", "price", "schemes", *POINT_FIELDS, *DEPLOYMENT_FIELDS),
    figures={"pareto": "Trade-offs"},
    build_content=build_content,
    uploads=("scheme", "config"),
)
