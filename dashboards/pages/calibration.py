"""How far every profile is off on rows that no fit saw, which GPUs nobody has measured, and one profile row by row.

Errors are those that the profiles store. Rows come from the measured tables where they are installed, or from a CSV of
one's own calls of a kernel.
"""

import functools

import numpy as np
from dash import html

from costmodel.analyses import validation
from costmodel.errors import CostModelError, FactError
from costmodel.evaluation import kernels
from costmodel.facts import engines, gpus, profiles, store
from costmodel.plots import parity
from dashboards import uploads, words
from dashboards.page import Drawn, Found, Page
from dashboards.selection import UPLOADED, Selection, command

PLACE = 4
FIELDS = ("gpu", "engine", "measured")
HEADS = ["profile", "fits", "16 bit", "fp8", "fp8 faster", "16-bit products", "fp8 products"]
MUST = {"median": 6.0, "p90": 20.0, "sign": 93.5, "product": 8.5}  # the figures that this project set itself
OWN = "decode-attention"


def find(chosen: Selection) -> Found:
    """Tables of errors and coverage, and the rows of one profile or of an upload."""
    drawn, said = {}, None
    try:
        frame, title = _uploaded(chosen) if chosen.measured.startswith(UPLOADED) else _measured(chosen)
        drawn["parity"] = Drawn(parity, frame, title, command(chosen, ("plot", "parity"), ("gpu", "engine")))
    except CostModelError as error:
        said = html.P(["No rows to draw: ", str(error), "."], className="message")
    return Found(drawn, [said] if said else [], [_coverage(), _errors()])


def _measured(chosen: Selection):
    from calibration.parity import rows

    gpu = gpus.load(chosen.gpu)
    engine = engines.load(chosen.engine, gpu, "server")
    own = profiles.find(gpu, engine.id)
    if own.origin != "measured":
        relative = f"; it runs on {own.id}" if own.calibrated else "; it runs on typical constants"
        raise FactError(f"{gpu.id} under {engine.id} was never measured{relative}")
    return parity.table(
        rows(gpu.id, engine.id)
    ), f"{gpu.id} under {engine.id}: predicted against measured, outside the fits"


def _uploaded(chosen: Selection):
    """Decode attention calls of a visitor, predicted and held against the visitor's own times."""
    name = uploads.label(chosen.measured)
    measured = uploads.table(chosen.measured)
    predicted, _ = kernels.predict(measured.drop(columns="latency_us"), OWN, name)
    rows = measured.assign(what=f"decode attention, {name}", measured_us=measured["latency_us"])
    return parity.table(
        rows.assign(predicted_us=predicted["latency_us"].to_numpy())
    ), f"{name}: predicted against measured"


@functools.cache
def _errors():
    rows = [
        [found.profile, str(found.fits), *(_pair(found.attention[kind]) for kind in ("bfloat16", "fp8")),
         _cell(found.sign, found.sign < MUST["sign"]), *(_products(found.products.get(kind)) for kind in ("bfloat16", "fp8"))]
        for found in validation.kernels()
    ]  # fmt: skip
    note = (
        "Percent, on rows outside the fits. 16 bit, fp8: decode attention, median / p90 of the error, medians over head widths. "
        "fp8 faster: pairs that differ by more than 5 % whose winner is right. Products: median for few rows / many. "
        f"Red: worse than a median of {MUST['median']:g}, a p90 of {MUST['p90']:g}, {MUST['sign']:g} % of winners, "
        f"a product at {MUST['product']:g}."
    )
    table = words.table("Errors of every profile", HEADS, rows, "numbers-table")
    return html.Section([table, html.P(note, className="quiet")], **{"aria-label": "Errors of every profile"})


def _pair(pair):
    median, high = pair
    if np.isnan(median):
        return "–"
    return html.Span(
        f"{median:.1f} / {high:.1f}", className="off" if median > MUST["median"] or high > MUST["p90"] else ""
    )


def _products(pair):
    if pair is None:
        return "–"
    return html.Span(f"{pair[0]:.1f} / {pair[1]:.1f}", className="off" if max(pair) > MUST["product"] else "")


def _cell(value: float, off: bool):
    return "–" if np.isnan(value) else html.Span(f"{value:.1f}", className="off" if off else "")


@functools.cache
def _coverage():
    """Which GPU and engine was measured, borrows from a relative, or has typical constants only."""
    names = list(store.files("engines"))
    rows = []
    for name in store.files("gpus"):
        gpu = gpus.load(name)
        own = [profiles.find(gpu, engine) for engine in names]
        rows.append([gpu.id, *(html.Span([words.badge(each.origin), _from(each, gpu.id)]) for each in own)])
    table = words.table("Where the kernel constants of each GPU and engine come from", ["GPU", *names], rows)
    return html.Section([table], **{"aria-label": "Coverage"})


def _from(profile, gpu: str) -> str:
    return f" {profile.id.split('--')[0]}" if profile.origin == "inherited" and not profile.id.startswith(gpu) else ""


PAGE = Page(
    path="/calibration",
    name="Calibration",
    lead="How far the profiles are off on measurements that no fit saw, and which GPUs nobody has measured.",
    fields=FIELDS,
    figures={"parity": "Predicted against measured"},
    find=find,
    uploads=("measurements",),
)
