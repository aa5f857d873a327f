"""What every page is: controls that live in the link, figures with their captions and files, and words about them.

A page says which fields it looks at and what it finds for a selection; everything else, from the link to the download, is
done here once. A mistake is said in words and leaves the last figures.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pandas as pd
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from costmodel.errors import CostModelError, InputError
from costmodel.facts.deployment import Deployment
from costmodel.plots import files, venues
from dashboards import controls, uploads, wire, words
from dashboards.controls import identity
from dashboards.keep import kept
from dashboards.selection import BETWEEN, Selection, only, read, write

KEPT = 32  # views of all pages together: a few megabytes each at the most
GRAPH = {"displaylogo": False, "modeBarButtons": [["toImage"]], "responsive": True}
FORMATS = {"csv": "CSV", "parquet": "Parquet", "pdf": "PDF", "svg": "SVG", "png": "PNG", "pgf": "PGF"}
OWN = {"scheme": "Scheme (TOML)", "config": "Model (config.json)", "measurements": "Measurements (CSV)"}
UPLOAD_FIELD = {"scheme": "scheme", "config": "model", "measurements": "measured"}


@dataclass(frozen=True, eq=False)
class Drawn:
    """One figure: how it is drawn, its table, its title, the command line that draws the same, and how to draw it."""

    drawing: object
    frame: pd.DataFrame
    title: str
    command: str = ""
    more: dict = field(default_factory=dict)
    figure: object = None

    def __post_init__(self):
        object.__setattr__(self, "figure", self.drawing.figure(self.frame, **self.more))


@dataclass(frozen=True, eq=False)
class Found:
    """What a page found: figures by key, what stands above and below them, and the deployment if there is one."""

    drawn: dict[str, Drawn]
    above: list
    below: list = field(default_factory=list)
    where: Deployment | None = None


@dataclass(frozen=True)
class Steer:
    """One more way to change a selection: an input of the page, and what its value makes of the selection."""

    source: Input
    change: Callable[[Selection, object], Selection]


@dataclass(frozen=True, eq=False)
class Page:
    """One page: address, names, the fields that it looks at, its figures by key with their headings, what it finds."""

    path: str
    name: str
    lead: str
    fields: tuple[str, ...]
    figures: dict[str, str]
    find: Callable[[Selection], Found]
    uploads: tuple[str, ...] = ()
    head: Callable[[], list] = list  # controls of its own, above the others
    steers: tuple[Steer, ...] = ()
    more: Callable[[], list] = list  # parts of its own, with callbacks of its own
    echo: Callable[[Selection], list] = lambda chosen: []  # values of controls of its own
    echoes: tuple[Output, ...] = ()
    first: int = 0  # figures that stand above what is below; 0 for all
    point: tuple[str, ...] = ()  # fields that no figure looks at, and that parts of its own do
    bind: Callable[[Dash], None] = lambda app: None

    @property
    def id(self) -> str:
        """What begins the ids of its parts."""
        return self.path.strip("/") or "regimes"

    def layout(self):
        """The page: controls beside figures, words around them."""
        return html.Main(
            [
                dcc.Location(id=f"{self.id}-url", refresh="callback-nav"),
                dcc.Store(id=f"{self.id}-asked"),
                dcc.Store(id=f"{self.id}-point"),
                dcc.Store(id=f"{self.id}-good"),
                dcc.Download(id=f"{self.id}-file"),
                html.Header([html.H1(self.name), html.P(self.lead)]),
                self._form(),
                html.Div(self._results(), className="results"),
            ],
            id="main",
        )

    def _form(self):
        parts = [*self.head(), *controls.panel(self.id, self.fields)]
        if self.uploads:
            parts.append(
                html.Details([html.Summary("Use files of your own"), *(self._upload(kind) for kind in self.uploads)])
            )
        said = html.Div(id=f"{self.id}-upload-message", role="status", className="upload-message")
        return html.Form([*parts, said], className="controls", **{"aria-label": "What is shown"})

    def _upload(self, kind: str):
        zone = dcc.Upload(
            html.Span(["Drop here or ", html.Span("choose", className="link"), f": {uploads.DUE[kind]}"]),
            id=f"{self.id}-upload-{kind}", className="upload", max_size=uploads.LIMITS[kind], accept=uploads.ENDINGS[kind],
        )  # fmt: skip
        more = [html.Small(uploads.MORE[kind])] if kind in uploads.MORE else []
        return html.Div([html.Span(OWN[kind], className="label"), zone, *more], className="control")

    def _results(self) -> list:
        message = html.Div(id=f"{self.id}-message", role="alert", className="message", hidden=True)
        drawn = [self._figure(key) for key in self.figures]
        drawn.insert(self.first or len(drawn), html.Div(id=f"{self.id}-below"))
        shown = [html.Div(id=f"{self.id}-above"), *drawn]
        overlay = {"visibility": "visible", "opacity": 0.55}
        waiting = dcc.Loading(html.Div(shown, className="shown"), delay_show=500, type="dot", overlay_style=overlay)
        return [message, html.Div(waiting, id=f"{self.id}-shown", hidden=True), *self.more()]

    def _figure(self, key: str):
        place = f"{self.id}-{key}"
        graph = dcc.Graph(id=f"{place}-graph", config=GRAPH)
        buttons = [
            html.Button(label, id={"page": self.id, "figure": key, "as": ending}, type="button", n_clicks=0,
                        **{"aria-label": f"Download {self.figures[key]} as {label}"})
            for ending, label in FORMATS.items()
        ]  # fmt: skip
        copy = dcc.Clipboard(target_id=f"{place}-command", className="copy", title="Copy the command")
        command = html.Div([html.Pre(html.Code(id=f"{place}-command")), copy], className="command")
        return html.Section(
            [
                html.H2(self.figures[key]),
                html.Figure([graph, html.Figcaption(id=f"{place}-caption")]),
                html.Details([html.Summary("Command and files"), command, html.Div(buttons, className="files")]),
            ],
            **{"aria-label": self.figures[key]},
        )

    def register(self, app: Dash) -> None:
        """Tie link, controls, figures and downloads of this page to one another."""
        values = [Output(identity(self.id, name), "value") for name in self.held]
        lists = [Output(identity(self.id, name), "options") for name in self._open]
        zones = [f"{self.id}-upload-{kind}" for kind in self.uploads]
        app.callback(
            output=[
                Output(f"{self.id}-url", "search"), Output(f"{self.id}-asked", "data"), Output(f"{self.id}-point", "data"),
                Output(f"{self.id}-upload-message", "children"), [Output(zone, "contents") for zone in zones], values, lists,
                list(self.echoes),
            ],
            inputs={
                "search": Input(f"{self.id}-url", "search"),
                "given": [Input(identity(self.id, name), "value") for name in self.held],
                "steered": [steer.source for steer in self.steers],
                "dropped": [Input(zone, "contents") for zone in zones],
                "filenames": [State(zone, "filename") for zone in zones],
                "known": [State(f"{self.id}-asked", "data"), State(f"{self.id}-point", "data")],
            },
        )(self.steer)  # fmt: skip
        parts = [[Output(f"{self.id}-{key}-{part}", prop) for part, prop in PARTS] for key in self.figures]
        app.callback(
            output=[
                Output(f"{self.id}-above", "children"), Output(f"{self.id}-below", "children"), parts,
                Output(f"{self.id}-good", "data"), Output(f"{self.id}-shown", "hidden"),
                Output(f"{self.id}-message", "children"), Output(f"{self.id}-message", "hidden"),
            ],
            inputs={"link": Input(f"{self.id}-asked", "data"), "good": State(f"{self.id}-good", "data")},
            prevent_initial_call=True,
        )(self.draw)  # fmt: skip
        if self.figures:
            app.callback(
                output=[Output(f"{self.id}-file", "data"), Output(f"{self.id}-message", "children", allow_duplicate=True),
                        Output(f"{self.id}-message", "hidden", allow_duplicate=True)],
                inputs={"clicks": Input({"page": self.id, "figure": ALL, "as": ALL}, "n_clicks"),
                        "link": State(f"{self.id}-good", "data")},
                prevent_initial_call=True,
            )(self.save)  # fmt: skip
        self.bind(app)

    @property
    def held(self) -> tuple[str, ...]:
        """Every field that has a control here."""
        return (*self.fields, *self.point)

    @property
    def _open(self) -> list[str]:
        return [name for name in ("model", "schemes", "measured") if name in self.fields]

    def steer(self, search, given, steered, dropped, filenames, known):
        """Link ↔ controls ↔ what else steers: whichever spoke last is right."""
        who, chosen, said = ctx.triggered_id, read(search or ""), ""
        asked, asked_point = known
        ids = [identity(self.id, name) for name in self.held]
        if who in ids:
            place = ids.index(who)
            chosen = replace(chosen, **{self.held[place]: controls.text(given[place])})
        for steer, value in zip(self.steers, steered, strict=True):
            if _is(steer.source, who) and value is not None:
                chosen = steer.change(chosen, value)
        for kind, contents, filename in zip(self.uploads, dropped, filenames, strict=True):
            if who == f"{self.id}-upload-{kind}" and contents:
                chosen, said = self._taken(chosen, kind, filename or "file", contents)
        link, point, whole = write(only(chosen, self.fields)), write(only(chosen, self.held)), write(chosen)
        values = [controls.shown(name, getattr(chosen, name)) for name in self.held]
        moved = {name: value != before for name, value, before in zip(self.held, values, given, strict=True)}
        # A control that stays as it is costs the browser as much to write as one that moves.
        lists = [
            controls.options(name, values[self.held.index(name)]) if moved[name] else no_update for name in self._open
        ]
        return (
            no_update if whole == search or (who in (None, f"{self.id}-url") and not search) else whole,
            no_update if link == asked else link,
            no_update if point == asked_point or not self.point else point,
            said,
            [None] * len(self.uploads) if dropped and any(dropped) else [no_update] * len(self.uploads),
            [value if moved[name] else no_update for name, value in zip(self.held, values, strict=True)],
            lists,
            self.echo(chosen),
        )

    def _taken(self, chosen: Selection, kind: str, filename: str, contents: str):
        try:
            name = uploads.take(kind, filename, contents)
        except CostModelError as error:
            return chosen, html.Span(["Not taken: ", str(error)], className="bad")
        if kind == "scheme" and "scheme" not in self.fields:
            chosen = replace(chosen, schemes=BETWEEN.join([*chosen.listed, name]))
        else:
            chosen = replace(chosen, **{UPLOAD_FIELD[kind]: name})
        return chosen, f"Taken: {uploads.label(name)}. It is held on this machine until the server stops."

    def draw(self, link, good):
        """Figures and words of a link; a mistake is said in words and leaves the last figures."""
        still = [[no_update] * len(PARTS) for _ in self.figures]
        try:
            found = view(self, only(read(link), self.fields))
        except CostModelError as error:
            wire.once()
            return no_update, no_update, still, no_update, no_update, sorry(str(error), good), False
        parts = [_parts(found.drawn.get(key), found) for key in self.figures]
        return found.above, found.below, parts, link, False, None, True

    def save(self, clicks, link):
        """The table behind a figure, or the figure, as a file."""
        wanted = ctx.triggered_id
        if not wanted or not ctx.triggered[0]["value"]:
            return no_update, no_update, no_update
        try:
            return (*self.file(link, wanted["figure"], wanted["as"]), None, True)
        except CostModelError as error:
            return no_update, sorry(str(error), None), False

    def file(self, link: str, key: str, ending: str) -> tuple:
        """One download, as Dash sends it."""
        found = view(self, only(read(link), self.fields))
        drawn = found.drawn.get(key)
        if drawn is None:
            raise InputError("there is no such figure for this selection")
        name = f"costmodel-{self.id}-{key}.{ending}"
        if ending == "csv":
            return (dcc.send_string(drawn.frame.to_csv(index=False), name),)
        if ending == "parquet":
            return (dcc.send_bytes(drawn.frame.to_parquet(index=False), name),)
        width = venues.inches("text")
        made = files.drawn(lambda: drawn.drawing.paper(drawn.frame, drawn.title, width, **drawn.more), f".{ending}")
        return (dcc.send_bytes(made, name),)


PARTS = (("graph", "figure"), ("graph", "style"), ("caption", "children"), ("command", "children"))


def _parts(drawn: Drawn | None, found: Found) -> list:
    if drawn is None:
        return [{"layout": {"height": 1}}, {"display": "none"}, "Nothing to draw for this selection.", ""]
    height = {"height": drawn.figure.layout.height}
    return [wire.figure(drawn.figure), height, drawn.drawing.caption(drawn.frame), drawn.command]


def _is(source: Input, who) -> bool:
    wanted = source.component_id
    return who is not None and (
        who == wanted or (isinstance(who, dict) and isinstance(wanted, dict) and who.keys() == wanted.keys())
    )


@kept(KEPT)
def view(page: Page, chosen: Selection) -> Found:
    """What a page finds for a selection, kept for those who ask again."""
    return page.find(chosen)


def sorry(text: str, good: str | None) -> list:
    """A mistake in words, and what stands below it."""
    said = [html.Strong("This cannot be shown: "), text]
    return [*said, html.Small("What stands below is the last view that could.")] if good else said


def about(where: Deployment) -> list:
    """What is deployed, where its constants come from, and what nobody asked for."""
    return [html.Section([html.H2(where.label), html.Dl(words.notes(where))], className="about")]
