"""Downloads of a page: the table behind a figure, or the figure for a paper."""

import pandas as pd
from dash import ctx, dcc, no_update

from costmodel.errors import CostModelError, InputError
from costmodel.plots import files
from costmodel.plots.style import venues
from dashboards.page import Page, view
from dashboards.selection import parse_query, restrict_to
from dashboards.text import error_message

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # of a cell that a spreadsheet computes


def to_csv(frame: pd.DataFrame) -> str:
    """A table as CSV whose texts no spreadsheet takes for formulas: they begin with an apostrophe. Numbers stay numbers."""
    texts = {name: frame[name].map(_as_text) for name in frame if not pd.api.types.is_numeric_dtype(frame[name])}
    return frame.assign(**texts).rename(columns=_as_text).to_csv(index=False)


def _as_text(value):
    """A value that a spreadsheet shows as it stands."""
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def save(page: Page, link: str | None) -> tuple:
    """What a click on a download button sends: a file, or an error message and that it is shown."""
    button = ctx.triggered_id
    if not button or not ctx.triggered[0]["value"]:
        return no_update, no_update, no_update
    try:
        return build_file(page, link, button["figure"], button["as"]), None, True
    except CostModelError as error:
        return no_update, error_message(str(error), has_previous=False), False


def build_file(page: Page, link: str, key: str, suffix: str) -> dict:
    """One download, as Dash sends it; raises InputError where the selection has no such figure."""
    shown = view(page, restrict_to(parse_query(link), page.fields)).figures.get(key)
    if shown is None:
        raise InputError("there is no such figure for this selection")
    name = f"costmodel-{page.id}-{key}.{suffix}"
    if suffix == "csv":
        return dcc.send_string(to_csv(shown.frame), name)
    if suffix == "parquet":
        return dcc.send_bytes(shown.frame.to_parquet(index=False), name)
    width = venues.figure_width("text")
    content = files.render(
        lambda: shown.figure.draw_matplotlib(shown.frame, shown.title, width, **shown.draw_options), f".{suffix}"
    )
    return dcc.send_bytes(content, name)
