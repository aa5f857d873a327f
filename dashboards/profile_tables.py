"""Tables of the Calibration page: errors of every profile, and where the constants of each GPU and engine come from."""

import functools

import numpy as np
from dash import html

from costmodel.analyses import validation
from costmodel.facts import gpus, profiles, store
from dashboards import text

HEADINGS = ["profile", "fits", "16 bit", "fp8", "fp8 faster", "16-bit products", "fp8 products"]
ERROR_THRESHOLDS = {"median": 6.0, "p90": 20.0, "sign": 93.5, "product": 8.5}  # the project's own targets
NOTE = (
    "Percent, on rows outside the fits. 16 bit, fp8: decode attention, median / p90 of the error, medians over head widths. "
    "fp8 faster: among pairs that differ by more than 5 %, how often the faster format is predicted correctly. Products: "
    "median for few rows / many. Red: worse than a median of {median:g}, a p90 of {p90:g}, {sign:g} % of pairs, a product at "
    "{product:g}."
)


@functools.cache
def errors_section():
    """The held-out errors of every profile; those beyond the thresholds are marked."""
    rows = [
        [
            profile.profile,
            str(profile.fits),
            *(_attention_cell(profile.attention[kv_dtype]) for kv_dtype in ("bfloat16", "fp8")),
            _cell(f"{profile.sign:.1f}", profile.sign < ERROR_THRESHOLDS["sign"], profile.sign),
            *(_products_cell(profile.products.get(dtype)) for dtype in ("bfloat16", "fp8")),
        ]
        for profile in validation.kernels()
    ]
    table = text.table("Errors of every profile", HEADINGS, rows, "numbers-table")
    note = html.P(NOTE.format(**ERROR_THRESHOLDS), className="quiet")
    return html.Section([table, note], **{"aria-label": "Errors of every profile"})


def _attention_cell(errors: tuple[float, float]):
    median, p90 = errors
    is_off = median > ERROR_THRESHOLDS["median"] or p90 > ERROR_THRESHOLDS["p90"]
    return _cell(f"{median:.1f} / {p90:.1f}", is_off, median)


def _products_cell(errors: tuple[float, float] | None):
    if errors is None:
        return "–"
    return _cell(f"{errors[0]:.1f} / {errors[1]:.1f}", max(errors) > ERROR_THRESHOLDS["product"])


def _cell(content: str, is_off: bool, value: float = 0.0):
    """A cell, marked where it is off; a dash where its value is not a number."""
    return "–" if np.isnan(value) else html.Span(content, className="off" if is_off else "")


@functools.cache
def coverage_section():
    """Which GPU and engine was measured, inherits from another GPU, or has typical constants only."""
    listed = [gpus.load(name) for name in store.files("gpus")]
    by_engine = {engine: [profiles.select_profile(gpu, engine) for gpu in listed] for engine in store.files("engines")}
    # The engine with most calibrated profiles first, where eyes begin.
    engines = sorted(by_engine, key=lambda engine: -sum(profile.calibrated for profile in by_engine[engine]))
    rows = [
        [gpu.id, *(_coverage_cell(by_engine[engine][index], gpu.id) for engine in engines)]
        for index, gpu in enumerate(listed)
    ]
    table = text.table("Where the kernel constants of each GPU and engine come from", ["GPU", *engines], rows)
    return html.Section([table], **{"aria-label": "Coverage"})


def _coverage_cell(profile, gpu: str):
    is_elsewhere = profile.origin == "inherited" and not profile.id.startswith(gpu)
    return html.Span([text.origin_badge(profile.origin), f" {profile.id.split('--')[0]}" if is_elsewhere else ""])
