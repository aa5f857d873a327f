"""The callbacks of a page: link, controls and uploads set the selection, and figures follow from it.

An error is shown in words and leaves the last valid figures.
"""

from dash import ALL, Dash, Input, Output, State, no_update

from costmodel.errors import CostModelError
from dashboards import downloads, transport
from dashboards.controls import control_id
from dashboards.page import FigureView, Page, view
from dashboards.selection import parse_query, restrict_to
from dashboards.sync import sync_selection
from dashboards.text import error_message

FIGURE_PARTS = (("graph", "figure"), ("graph", "style"), ("caption", "children"), ("command", "children"))


def register(app: Dash, page: Page) -> None:
    """Connect link, controls, figures and downloads of a page."""
    _register_selection(app, page)
    _register_figures(app, page)
    if page.figures:
        _register_downloads(app, page)
    page.register_own(app)


def _register_selection(app: Dash, page: Page) -> None:
    values = [(control_id(page.id, name), "value") for name in page.control_names]
    zones = [f"{page.id}-upload-{kind}" for kind in page.uploads]
    app.callback(
        output=[
            Output(f"{page.id}-url", "search"), Output(f"{page.id}-asked", "data"), Output(f"{page.id}-point", "data"),
            Output(f"{page.id}-upload-message", "children"), [Output(zone, "contents") for zone in zones],
            [Output(*value) for value in values],
            [Output(control_id(page.id, name), "options") for name in page.open_choices], list(page.echo_outputs),
        ],
        inputs={
            "query": Input(f"{page.id}-url", "search"),
            "values": [Input(*value) for value in values],
            "own_values": [own.source for own in page.inputs],
            "dropped": [Input(zone, "contents") for zone in zones],
            "filenames": [State(zone, "filename") for zone in zones],
            "previous": [State(f"{page.id}-asked", "data"), State(f"{page.id}-point", "data")],
        },
    )(lambda **arguments: sync_selection(page, **arguments))  # fmt: skip


def _register_figures(app: Dash, page: Page) -> None:
    parts = [[Output(f"{page.id}-{key}-{part}", prop) for part, prop in FIGURE_PARTS] for key in page.figures]
    app.callback(
        output=[
            Output(f"{page.id}-above", "children"), Output(f"{page.id}-below", "children"), parts,
            Output(f"{page.id}-good", "data"), Output(f"{page.id}-shown", "hidden"),
            Output(f"{page.id}-message", "children"), Output(f"{page.id}-message", "hidden"),
        ],
        inputs={"link": Input(f"{page.id}-asked", "data"), "previous": State(f"{page.id}-good", "data")},
        prevent_initial_call=True,
    )(lambda link, previous: draw(page, link, previous))  # fmt: skip


def _register_downloads(app: Dash, page: Page) -> None:
    app.callback(
        output=[Output(f"{page.id}-file", "data"), Output(f"{page.id}-message", "children", allow_duplicate=True),
                Output(f"{page.id}-message", "hidden", allow_duplicate=True)],
        inputs={"clicks": Input({"page": page.id, "figure": ALL, "as": ALL}, "n_clicks"),
                "link": State(f"{page.id}-good", "data")},
        prevent_initial_call=True,
    )(lambda clicks, link: downloads.save(page, link))  # fmt: skip


def draw(page: Page, link: str, previous: str | None) -> tuple:
    """Figures and text of a link, in the order of the callback's outputs.

    ``previous`` is the link of the figures now shown; an error leaves them.
    """
    try:
        content = view(page, restrict_to(parse_query(link), page.fields))
    except CostModelError as error:
        transport.skip_caching()
        unchanged = [[no_update] * len(FIGURE_PARTS) for _ in page.figures]
        message = error_message(str(error), has_previous=bool(previous))
        return no_update, no_update, unchanged, no_update, no_update, message, False
    parts = [_figure_parts(content.figures.get(key)) for key in page.figures]
    return content.above, content.below, parts, link, False, None, True


def _figure_parts(shown: FigureView | None) -> list:
    if shown is None:
        return [{"layout": {"height": 1}}, {"display": "none"}, "Nothing to draw for this selection.", ""]
    height = {"height": shown.plotly_figure.layout.height}
    caption = shown.figure.format_caption(shown.frame)
    return [transport.encode_figure(shown.plotly_figure), height, caption, shown.command]
