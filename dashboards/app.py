"""The Dash application and its server. Everything a page needs is served from here: fonts, scripts and styles too."""

import contextlib
import functools
import importlib
import logging
import pkgutil
import socket
import threading
import webbrowser
from concurrent.futures import CancelledError, Executor

from dash import ClientsideFunction, Dash, Input, Output, dcc, html, set_props

from costmodel.errors import InputError
from dashboards import callbacks, layout, pages, transport
from dashboards.callback_bodies import is_callback
from dashboards.document import META_TAGS, TEMPLATE, LocalDash, secure_responses
from dashboards.page import Page, view
from dashboards.selection import Selection, restrict_to
from dashboards.server import build_server

MAX_REQUEST_SIZE = 8 << 20  # bytes: the largest upload, as a browser sends it
INTERNAL_ERROR = "Internal error in costmodel. Details are in the terminal; please report it."


@functools.cache
def all_pages() -> list[Page]:
    """Every page, in the order that their files state."""
    names = [f"{pages.__name__}.{name}" for _, name, _ in pkgutil.iter_modules(pages.__path__)]
    modules = [importlib.import_module(name) for name in names]
    return [module.PAGE for module in sorted(modules, key=lambda module: module.NAV_ORDER)]


@functools.cache
def build() -> Dash:
    """The application with its pages."""
    app = LocalDash(
        "dashboards", title="costmodel", update_title=None, serve_locally=True, index_string=TEMPLATE, meta_tags=META_TAGS,
        on_error=_report_internal_error, suppress_callback_exceptions=True,
    )  # fmt: skip
    app.layout = _build_shell()
    app.callback(Output("page", "children"), Input("url", "pathname"))(page_at)
    app.clientside_callback(
        ClientsideFunction("costmodel", "steer"), [Output(f"to-{page.id}", "href") for page in all_pages()],
        Input("url", "pathname"), Input("url", "search"),
    )  # fmt: skip
    for page in all_pages():
        callbacks.register(app, page)
    figure_outputs = tuple(f"..{page.id}-above.children" for page in all_pages())
    transport.cache_responses(
        app.server, lambda body: is_callback(body, app.callback_map), lambda output: output.startswith(figure_outputs)
    )
    secure_responses(app)
    app.server.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_SIZE
    return app


def _build_shell():
    """What surrounds every page: the links to all pages, and the theme."""
    links = [html.Li(dcc.Link(page.name, href=page.path, id=f"to-{page.id}")) for page in all_pages()]
    navigation = html.Nav(html.Ul(links), **{"aria-label": "Pages"})
    theme = html.Button("Light or dark", id="theme", type="button", className="theme", title="Light or dark")
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            html.A("Skip to the page", href="#main", className="skip"),
            html.Div([html.Strong("costmodel"), navigation, theme], className="top"),
            html.Div(id="page"),
        ]
    )


def page_at(pathname: str | None):
    """The layout of the page at an address, or links to all pages where there is none."""
    for page in all_pages():
        if page.path == (pathname or "/").rstrip("/") or page.path == pathname:
            return layout.build_layout(page)
    links = [html.Li(dcc.Link(page.name, href=page.path)) for page in all_pages()]
    parts = [html.H1("No such page"), html.P(f"There is nothing at {pathname}. The pages are:"), html.Ul(links)]
    return html.Main(html.Section(parts), id="main", className="plain")


def _report_internal_error(error: Exception) -> None:
    """Handle anything but a CostModelError: the traceback goes to the log, a sentence to the page."""
    logging.getLogger("dashboards").error("internal error", exc_info=error)
    transport.skip_caching()
    for page in all_pages():
        set_props(f"{page.id}-message", {"children": INTERNAL_ERROR, "hidden": False})


def _warm_up(computers: Executor) -> None:
    """Load what first visitors would wait for: libraries, and the view at the bare address of every page.

    Page by page, each in its turn among the views that visitors wait for.
    """
    with contextlib.suppress(
        CancelledError, RuntimeError
    ):  # the server stops: what waits is cancelled, nothing new is taken
        for page in all_pages():
            computers.submit(view, page, restrict_to(Selection(), page.fields)).result()


def main(host: str = "127.0.0.1", port: int = 8050, browser: bool = True) -> int:
    """Serve until interrupted; returns 0. Raises InputError where the port is taken."""
    app = build()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; try another --port"
        ) from error
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # one line per request helps nobody
    with listener:
        threading.Thread(target=_warm_up, args=[app.server.computers], daemon=True).start()
        server = build_server(app.server, host, listener)
        name = f"[{host}]" if family == socket.AF_INET6 else host
        address = f"http://{name}:{listener.getsockname()[1]}/"
        print(f"Dashboard at {address} (stop with Ctrl-C)", flush=True)
        if browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        finally:
            server.server_close()
            app.server.computers.shutdown(wait=False, cancel_futures=True)
    return 0
