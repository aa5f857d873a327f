"""Schemes and the settings of their knobs as points over two quantities of one's choice, and which no other beats."""

from dash import html

from costmodel.analyses.pareto import QUALITY, points
from costmodel.errors import InputError, UnknownName
from costmodel.facts import quality
from costmodel.plots import pareto
from dashboards import place, words
from dashboards.page import Drawn, Found, Page, about
from dashboards.selection import PLACE as WHERE
from dashboards.selection import Selection, command

PLACE = 2
FIELDS = ("x", "y", "benchmark", "price", "schemes", "at_batch", "at_context", *WHERE)
OPTIONS = (*WHERE, "schemes", "at_batch", "at_context", "x", "y", "benchmark", "price")
MARKS = "Large marks: a scheme as it is; small ones: settings of its knobs."
NOTE = (
    "Neither axis is what a scheme does to answers, so an unbeaten point may still be the wrong choice: choose quality loss for "
    "one of them to see what was published."
)


def find(chosen: Selection) -> Found:
    """The points of the chosen schemes."""
    axes, cost = (chosen.x, chosen.y), place.price(chosen)
    for name in axes:
        if name not in pareto.KNOWN:
            raise UnknownName("quantity", name, pareto.KNOWN)
    if "cost_per_million" in axes and cost is None:
        raise InputError(
            "the cost of a token needs the price of a GPU for an hour, in any currency: give one on the left"
        )
    measured = quality.benchmark(chosen.benchmark).id if QUALITY in axes else None
    here, point, names = place.where(chosen), place.point(chosen), place.listed(chosen, baseline=True)
    frame = pareto.table(points(here, names, *point, cost, measured), axes)
    line = command(chosen, ("plot", "pareto"), OPTIONS, schemes=names, benchmark=measured)
    title = f"{here.label}; batch {point[0]:g}, context {point[1]:,.0f}"
    best = ", ".join(frame[frame["unbeaten"]].sort_values("x")["setting"])
    said = [html.P(NOTE, className="quiet")] if measured is None else words.published(frame, measured)
    told = html.Div(
        [html.P([html.Strong("Unbeaten: "), f"{best}."]), *said, html.P(MARKS, className="quiet")], className="heading"
    )
    return Found({"pareto": Drawn(pareto, frame, title, line)}, [*about(here), told], where=here)


PAGE = Page(
    path="/pareto",
    name="Pareto",
    lead="Time, throughput, memory, GPU time, published quality: which schemes and settings no other beats on both axes.",
    fields=FIELDS,
    figures={"pareto": "Trade-offs"},
    find=find,
    uploads=("scheme", "config"),
)
