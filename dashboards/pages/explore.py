"""One step of several schemes from every side: what it waits for, what it stores, where it is under the roofline."""

import numpy as np
import pandas as pd

from costmodel.analyses.kernel_evidence import kernel_evidence
from costmodel.facts.deployment import Deployment
from costmodel.plots import Request, load_figure
from dashboards import resolve, text
from dashboards.cache import single_flight_lru_cache
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
    max_batch = _max_batch(deployment)
    figures = {}
    for key in PAGE.figures:
        figure, is_curve = load_figure(key), key in CURVES
        if is_curve:
            table = _compute_curves(figure.compute, deployment, tuple(names), context)
        else:
            table = figure.compute(Request(deployment, names, {"batch": batch, "context": context}))
        overrides = {"at_batch": f"1:{max_batch}:{CURVE_POINTS}"} if is_curve else {}
        options = (*DEPLOYMENT_FIELDS, "schemes", *POINT_FIELDS)
        command = format_command(selection, ("plot", key), options, schemes=names, **overrides)
        figures[key] = FigureView(figure, *table, command)
    evidence = kernel_evidence(deployment, names, np.append(_batches(deployment), batch), context)
    return PageContent(figures, [text.deployment_section(deployment, evidence)])


@single_flight_lru_cache(32)
def _compute_curves(
    compute, deployment: Deployment, names: tuple[str, ...], context: float
) -> tuple[pd.DataFrame, str]:
    """A table over the batch and its title: several figures draw one, and it does not change with the batch of the page."""
    values = {"batch": _batches(deployment), "context": context, "generated": GENERATED}
    return compute(Request(deployment, list(names), values))


def _batches(deployment: Deployment) -> np.ndarray:
    """The batches of the figures over the batch."""
    return np.unique(np.geomspace(1, _max_batch(deployment), CURVE_POINTS).round())


def _max_batch(deployment: Deployment) -> int:
    return int(deployment.engine.numbers["max_sequences"])


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
