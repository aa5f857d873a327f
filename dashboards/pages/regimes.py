"""The regime map: where a scheme wins, loses, or cannot be told, over batch × context.

The link is the state: controls write it, it sets the controls, and figure and words follow from it alone.
"""

from dataclasses import replace

from dash import Dash, Input, Output, State, ctx, dcc, html, no_update

from costmodel.errors import CostModelError
from costmodel.plots import interactive
from costmodel.plots import regime as plot
from dashboards import controls, words
from dashboards.selection import NAMES, POINT, command, explain_command, read, write
from dashboards.view import point, view

BAR = {"displaylogo": False, "modeBarButtons": [["toImage"]], "responsive": True}
TAKEN_APART = "Click a cell of the map, or give a batch and a context, and the step there is taken apart."


def layout():
    """The page: controls beside the figure, words below it."""
    shown = [
        html.Div(id="heading"),
        html.Div(dcc.Graph(id="map", config=BAR, style={"height": 460}), id="drawn", hidden=True),
        html.P("No map yet. Once the selection can be read, its map stands here.", id="empty", className="empty"),
        html.P(id="key", className="quiet"),
    ]
    return html.Main(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="asked"),
            dcc.Store(id="asked-point"),
            dcc.Store(id="good"),
            html.Header(
                [html.H1("Regime map"), html.P("Where KV-cache compression pays off, where it loses, and why.")]
            ),
            html.Form(controls.panel(), id="controls", **{"aria-label": "What is compared"}),
            html.Div(
                [
                    html.Div(id="message", role="alert", className="message", hidden=True),
                    html.Section(
                        dcc.Loading(shown, delay_show=300, type="dot", color="#3b82c4"), **{"aria-label": "Map"}
                    ),
                    html.Section(_below(), id="below", hidden=True, **{"aria-label": "Behind the map"}),
                    html.Section(_taken_apart()),
                ],
                id="results",
            ),
        ]
    )


def _below() -> list:
    copy = dcc.Clipboard(target_id="command", title="Copy the command", className="copy")
    return [
        html.Dl(id="notes"),
        html.Div([html.Pre(html.Code(id="command")), copy], className="command"),
        html.Button("Download the table (CSV)", id="save", type="button"),
        dcc.Download(id="file"),
    ]


def _taken_apart() -> list:
    asked = html.Div([controls.control(name) for name in POINT], className="pair")
    return [html.H2("One point, taken apart"), asked, html.Div(TAKEN_APART, id="explained", className="empty")]


def steer(search, clicked, *given):
    """Link ↔ controls ↔ click: whichever spoke last is right. In the order of ``register``."""
    who = ctx.triggered_id
    chosen = read(search or "") if who in (None, "url") else controls.chosen(given[: len(NAMES)])
    asked, asked_point, good = given[len(NAMES) :]
    if who == "map" and clicked and good:
        hit = interactive.nearest(view(read(good).view).table, clicked["points"][0]["x"], clicked["points"][0]["y"])
        chosen = replace(chosen, **{name: f"{value:.12g}" for name, value in zip(POINT, hit, strict=True)})
    link, whole = write(chosen.view), write(chosen)
    return (
        no_update if whole == search or (who is None and not search) else whole,
        no_update if link == asked else link,
        no_update if whole == asked_point else whole,
        chosen.comparison != "objective",
        chosen.comparison != "same-batch",
        *controls.values(chosen),
    )


def draw(link, good):
    """Figure and words of a link; a mistake is said in words and leaves the last figure."""
    try:
        found = view(read(link).view)
    except CostModelError as error:
        return (*[no_update] * 9, _sorry(str(error), good), False)
    said = words.heading(found), words.key(found), words.notes(found), command(read(link))
    return (plot.figure(found.table), False, True, *said, link, False, None, True)


def _sorry(text: str, good: str | None) -> list:
    said = [html.Strong("This cannot be shown: "), text]
    return [*said, html.Small("What stands below is the last view that could.")] if good else said


def take_apart(link):
    """The waterfall of the point of a link."""
    chosen = read(link)
    batch, context = chosen.at_batch, chosen.at_context
    if not (batch and context):
        return TAKEN_APART, "empty"
    try:
        view(chosen.view)
    except CostModelError:  # said above the map; what stands here stays, as the map does
        return no_update, no_update
    try:
        found = point(chosen.view, batch, context)
    except CostModelError as error:
        return str(error), "message"
    return [*words.explanation(found), html.Pre(html.Code(explain_command(chosen, batch, context)))], ""


def save(_, link):
    """The table behind the figure, as CSV."""
    chosen = read(link)
    name = f"regime-{chosen.comparison}-{chosen.model}-{chosen.gpu}.csv"
    return dcc.send_string(view(chosen.view).table.to_csv(index=False), name)


def register(app: Dash) -> None:
    """Tie the functions of this page to its parts."""
    held = [Input(name, "value") for name in NAMES]
    app.callback(
        Output("url", "search"), Output("asked", "data"), Output("asked-point", "data"),
        Output("objective", "hidden"), Output("batch-control", "hidden"),
        *(Output(name, "value") for name in NAMES),
        Input("url", "search"), Input("map", "clickData"), *held,
        State("asked", "data"), State("asked-point", "data"), State("good", "data"),
    )(steer)  # fmt: skip
    app.callback(
        Output("map", "figure"), Output("drawn", "hidden"), Output("empty", "hidden"), Output("heading", "children"),
        Output("key", "children"), Output("notes", "children"), Output("command", "children"), Output("good", "data"),
        Output("below", "hidden"), Output("message", "children"), Output("message", "hidden"),
        Input("asked", "data"), State("good", "data"), prevent_initial_call=True,
    )(draw)  # fmt: skip
    app.callback(
        Output("explained", "children"), Output("explained", "className"), Input("asked-point", "data"),
        prevent_initial_call=True,
    )(take_apart)  # fmt: skip
    app.callback(Output("file", "data"), Input("save", "n_clicks"), State("good", "data"), prevent_initial_call=True)(
        save
    )
