"""How a page is laid out: controls beside figures with their captions and files, text around them."""

from dash import dcc, html

from dashboards import controls, uploads
from dashboards.page import Page
from dashboards.upload_readers import MAX_SIZES, SUFFIXES

GRAPH_CONFIG = {"displaylogo": False, "modeBarButtons": [["toImage"]], "responsive": True}
FORMATS = {"csv": "CSV", "parquet": "Parquet", "pdf": "PDF", "svg": "SVG", "png": "PNG", "pgf": "PGF"}
UPLOAD_LABELS = {"scheme": "Scheme (TOML)", "config": "Model (config.json)", "measurements": "Measurements (CSV)"}
UPLOAD_HINTS = {
    "measurements": "Calls of one kernel with latency_us, or points with tpot_ms: the columns of costmodel predict. Files of "
    "vLLM's and SGLang's own benchmarks do not state the GPU: costmodel validate --data takes them, with --gpu."
}
LOADING_STYLE = {"visibility": "visible", "opacity": 0.55}


def build_layout(page: Page):
    """The page: controls beside figures, text around them."""
    return html.Main(
        [
            dcc.Location(id=f"{page.id}-url", refresh="callback-nav"),
            dcc.Store(id=f"{page.id}-asked"),
            dcc.Store(id=f"{page.id}-point"),
            dcc.Store(id=f"{page.id}-good"),
            dcc.Download(id=f"{page.id}-file"),
            html.Header([html.H1(page.name), html.P(page.lead)]),
            html.Details([html.Summary("Controls"), _build_form(page)], className="fold"),
            html.Div(_build_results(page), className="results"),
        ],
        id="main",
    )


def _build_form(page: Page):
    parts = [*page.own_controls(), *controls.build_panel(page.id, page.fields)]
    if page.uploads:
        zones = [_build_upload(page, kind) for kind in page.uploads]
        parts.append(html.Details([html.Summary("Use your own files"), *zones]))
    message = html.Div(id=f"{page.id}-upload-message", role="status", className="upload-message")
    return html.Form([*parts, message], className="controls", **{"aria-label": "What is shown"})


def _build_upload(page: Page, kind: str):
    zone = dcc.Upload(
        html.Span(["Drop here or ", html.Span("choose", className="link"), f": {uploads.EXPECTED[kind]}"]),
        id=f"{page.id}-upload-{kind}", className="upload", max_size=MAX_SIZES[kind], accept=SUFFIXES[kind],
    )  # fmt: skip
    hint = [html.Small(UPLOAD_HINTS[kind])] if kind in UPLOAD_HINTS else []
    return html.Div([html.Span(UPLOAD_LABELS[kind], className="label"), zone, *hint], className="control")


def _build_results(page: Page) -> list:
    message = html.Div(id=f"{page.id}-message", role="alert", className="message", hidden=True)
    figures = [_build_figure(page, key) for key in page.figures]
    if aside := page.aside():
        figures[0] = html.Div([figures[0], *aside], className="split")
    figures.insert(page.leading_figures or len(figures), html.Div(id=f"{page.id}-below"))
    shown = html.Div([html.Div(id=f"{page.id}-above"), *figures], className="shown")
    watched = {f"{page.id}-above": "children", f"{page.id}-below": "children"}
    watched |= {f"{page.id}-{key}-graph": "figure" for key in page.figures}
    loading = dcc.Loading(shown, type="dot", overlay_style=LOADING_STYLE, target_components=watched)
    first = html.P("Computing …", role="status", className="busy")  # until there are figures, or an error
    return [message, html.Div(loading, id=f"{page.id}-shown", className="first", hidden=True), first, *page.own_parts()]


def _build_figure(page: Page, key: str):
    id_, heading = f"{page.id}-{key}", page.figures[key]
    graph = dcc.Graph(id=f"{id_}-graph", config=GRAPH_CONFIG)
    buttons = [
        html.Button(label, id={"page": page.id, "figure": key, "as": suffix}, type="button", n_clicks=0,
                    **{"aria-label": f"Download {heading} as {label}"})
        for suffix, label in FORMATS.items()
    ]  # fmt: skip
    copy = dcc.Clipboard(target_id=f"{id_}-command", className="copy", title="Copy the command")
    command = html.Div([html.Pre(html.Code(id=f"{id_}-command")), copy], className="command")
    return html.Section(
        [
            html.H2(heading),
            html.Figure([graph, html.Figcaption(id=f"{id_}-caption")]),
            html.Details([html.Summary("Command and files"), command, html.Div(buttons, className="files")]),
        ],
        **{"aria-label": heading},
    )
