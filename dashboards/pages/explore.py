"""One step of several schemes from every side: what it waits for, what it stores, where it is under the roofline."""

import numpy as np

from costmodel.plots import Request, load_figure
from dashboards import resolve, text
from dashboards.commands import format_command
from dashboards.page import FigureView, Page, PageContent
from dashboards.selection import DEPLOYMENT_FIELDS, POINT_FIELDS, Selection

NAV_ORDER = 2
CURVES = ("throughput", "latency", "load", "first-token")  # figures over the batch
CURVE_POINTS = 60
GENERATED = 256  # output tokens of a request under load, as in costmodel plot load


def build_content(selection: Selection) -> PageContent:
    """Eight figures of the selected schemes and the uncompressed cache."""
    deployment, names = resolve.deployment_of(selection), resolve.schemes_of(selection, baseline=True)
    batch, context = resolve.point_of(selection)
    max_batch = int(deployment.engine.numbers["max_sequences"])
    batches = np.unique(np.geomspace(1, max_batch, CURVE_POINTS).round())
    at_point = Request(deployment, names, {"batch": batch, "context": context})
    over_batch = Request(deployment, names, {"batch": batches, "context": context, "generated": GENERATED})
    figures, computed = {}, {}
    for key in PAGE.figures:
        figure, is_curve = load_figure(key), key in CURVES
        if figure.compute not in computed:  # two figures may draw one table
            computed[figure.compute] = figure.compute(over_batch if is_curve else at_point)
        overrides = {"at_batch": f"1:{max_batch}:{CURVE_POINTS}"} if is_curve else {}
        options = (*DEPLOYMENT_FIELDS, "schemes", *POINT_FIELDS)
        command = format_command(selection, ("plot", key), options, schemes=names, **overrides)
        figures[key] = FigureView(figure, *computed[figure.compute], command)
    return PageContent(figures, [text.deployment_section(deployment)])


PAGE = Page(
    path="/explore",
    name="Explore",
    lead="One decode step of several schemes: what it waits for, what it stores, how far it goes with the batch.",
    fields=("schemes", *POINT_FIELDS, *DEPLOYMENT_FIELDS),
    figures={
        "waterfall": "What a step waits for",
        "memory": "Memory of one GPU",
        "roofline": "Roofline",
        "throughput": "Throughput over the batch",
        "latency": "Time per token over the batch",
        "load": "Time per token under load",
        "first-token": "First token under load",
        "layers": "Layer by layer",
    },
    build_content=build_content,
    uploads=("scheme", "config"),
)
