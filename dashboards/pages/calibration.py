"""Errors of every profile on rows that no fit saw, which GPUs nobody has measured, and one profile row by row.

Errors are those that the profiles store. Rows come from the measured tables where they are installed, or from an uploaded CSV
of a visitor's own measurements, compared with predictions as ``costmodel validate --data`` does.
"""

from dash import html

from costmodel.errors import CostModelError, InputError
from costmodel.facts import engines, gpus, profiles
from costmodel.plots import parity as parity_plot
from dashboards import profile_tables, resolve, text, uploads
from dashboards.commands import format_command
from dashboards.page import FigureView, Page, PageContent
from dashboards.selection import UPLOAD_PREFIX, Selection

NAV_ORDER = 5


def build_content(selection: Selection) -> PageContent:
    """Tables of errors and coverage, and the rows of one profile or of an upload."""
    figures, above, below = {}, [], []
    build_rows = _build_uploaded if selection.measured.startswith(UPLOAD_PREFIX) else _build_measured
    try:
        figures["parity"], below = build_rows(selection)
    except CostModelError as error:
        above = [html.P(["No rows to draw: ", str(error), "."], className="message")]
    return PageContent(figures, above, [*below, profile_tables.coverage_section(), profile_tables.errors_section()])


def _build_measured(selection: Selection) -> tuple[FigureView, list]:
    """The rows of one profile outside its fits; raises InputError where nobody measured."""
    from calibration.validation.parity import rows

    gpu = gpus.load(selection.gpu)
    engine = engines.load(selection.engine, gpu, "server")
    profile = profiles.select_profile(gpu, engine.id)
    if profile.origin != "measured":
        substitute = profile.id if profile.calibrated else "typical constants"
        raise InputError(f"{gpu.id} with {engine.id} was never measured; it uses {substitute}")
    title = f"{gpu.id} under {engine.id}: predicted against measured, outside the fits"
    command = format_command(selection, ("plot", "parity"), ("gpu", "engine"))
    return FigureView(parity_plot.FIGURE, parity_plot.to_frame(rows(gpu.id, engine.id)), title, command), []


def _build_uploaded(selection: Selection) -> tuple[FigureView, list]:
    """A visitor's rows compared with predictions: their figure, and their errors in words."""
    from calibration.validation import compare

    table, measured_column = uploads.measurements_of(selection.measured)
    name = uploads.label_of(selection.measured)
    resolve.validate_names(table, name)
    rows = compare.with_predictions(table, measured_column, name, selection.kernel or None)
    command = format_command(selection, ("validate", "--data", name), ("kernel",))
    shown = FigureView(
        parity_plot.FIGURE, parity_plot.user_rows_to_frame(rows), f"{name}: predicted against measured",
        f"{command} --plot parity.svg",
    )  # fmt: skip
    errors = compare.describe(compare.errors(rows))
    summary = f"n {len(rows):,}: {errors}. Median and p90 are of the absolute error, the bias is the median signed one."
    heading = html.H2(f"{name}: {' and '.join(rows['what'].unique())}")
    parts = [heading, html.P(summary), text.command_block(command)]
    return shown, [html.Section(parts, **{"aria-label": "Errors of your measurements"})]


PAGE = Page(
    path="/calibration",
    name="Calibration",
    lead="How accurate the profiles are on measurements that no fit saw, and which GPUs nobody has measured.",
    fields=("gpu", "engine", "measured", "kernel"),
    figures={"parity": "Predicted against measured"},
    build_content=build_content,
    uploads=("measurements",),
)
