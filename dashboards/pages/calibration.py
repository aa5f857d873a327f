"""How far every profile is off on rows that no fit saw, which GPUs nobody has measured, and one profile row by row.

Errors are those that the profiles store. Rows come from the measured tables where they are installed, or from a CSV of
one's own calls of a kernel or points, held against predictions as ``costmodel validate --data`` does.
"""

import functools

import numpy as np
from dash import html

from costmodel.analyses import validation
from costmodel.errors import CostModelError, InputError
from costmodel.facts import engines, gpus, profiles, store
from costmodel.plots import parity
from dashboards import place, uploads, words
from dashboards.page import Drawn, Found, Page
from dashboards.selection import UPLOADED, Selection, command

PLACE = 4
FIELDS = ("gpu", "engine", "measured", "kernel")
HEADS = ["profile", "fits", "16 bit", "fp8", "fp8 faster", "16-bit products", "fp8 products"]
MUST = {"median": 6.0, "p90": 20.0, "sign": 93.5, "product": 8.5}  # the figures that this project set itself


def find(chosen: Selection) -> Found:
    """Tables of errors and coverage, and the rows of one profile or of an upload."""
    drawn, above, below = {}, [], []
    try:
        drawn["parity"], below = _uploaded(chosen) if chosen.measured.startswith(UPLOADED) else _measured(chosen)
    except CostModelError as error:
        above = [html.P(["No rows to draw: ", str(error), "."], className="message")]
    return Found(drawn, above, [*below, _coverage(), _errors()])


def _measured(chosen: Selection) -> tuple[Drawn, list]:
    from calibration.validation.parity import rows

    gpu = gpus.load(chosen.gpu)
    engine = engines.load(chosen.engine, gpu, "server")
    own = profiles.select_profile(gpu, engine.id)
    if own.origin != "measured":
        relative = f"; it runs on {own.id}" if own.calibrated else "; it runs on typical constants"
        raise InputError(f"{gpu.id} under {engine.id} was never measured{relative}")
    title = f"{gpu.id} under {engine.id}: predicted against measured, outside the fits"
    line = command(chosen, ("plot", "parity"), ("gpu", "engine"))
    return Drawn(parity, parity.table(rows(gpu.id, engine.id)), title, line), []


def _uploaded(chosen: Selection) -> tuple[Drawn, list]:
    """A visitor's rows against predictions: their figure, and their errors in words."""
    from calibration.validation import compare

    table, measured = uploads.table(chosen.measured)
    name = uploads.label(chosen.measured)
    place.names_only(table, name)
    rows = compare.with_predictions(table, measured, name, chosen.kernel or None)
    line = command(chosen, ("validate", "--data", name), ("kernel",))
    drawn = Drawn(parity, parity.own(rows), f"{name}: predicted against measured", f"{line} --plot parity.svg")
    return drawn, [_told(name, rows, compare.describe(compare.errors(rows)), line)]


def _told(name: str, rows, errors: str, line: str):
    """How far the predictions are off, in words, and the command line that says the same."""
    title = f"{name}: {' and '.join(rows['what'].unique())}"
    said = f"n {len(rows):,}: {errors}. Median and p90 are of the absolute error, the bias is the median signed one."
    parts = [html.H2(title), html.P(said), html.Pre(html.Code(line), className="line")]
    return html.Section(parts, **{"aria-label": "Errors of your measurements"})


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
    names, known = list(store.files("engines")), [gpus.load(name) for name in store.files("gpus")]
    origins = {engine: [profiles.select_profile(gpu, engine) for gpu in known] for engine in names}
    names.sort(key=lambda engine: -sum(each.calibrated for each in origins[engine]))  # the best known where eyes begin
    rows = [
        [
            gpu.id,
            *(
                html.Span([words.badge(each.origin), _from(each, gpu.id)])
                for each in (origins[n][place] for n in names)
            ),
        ]
        for place, gpu in enumerate(known)
    ]
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
