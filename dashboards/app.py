"""The Dash application and its server. Everything a page needs comes from here: no font, script or style from elsewhere.

The page's content policy says so to the browser too, so that what a library might ask for later is refused.
"""

import functools
import importlib
import json
import logging
import pkgutil
import socket
import threading
import webbrowser

from dash import ClientsideFunction, Dash, Input, Output, dcc, html, set_props
from werkzeug.serving import make_server

from costmodel.errors import InputError
from dashboards import pages, wire
from dashboards.page import Page

DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>
"""
METAS = [
    {"name": "viewport", "content": "width=device-width, initial-scale=1"},
    {"name": "color-scheme", "content": "light dark"},
]
LARGEST = 8 << 20  # bytes of one request: the largest upload, as a browser writes it


class Local(Dash):
    """A Dash application whose document names no host: without the address at which Dash would ask for its updates."""

    def interpolate_index(self, **parts) -> str:
        """The document, its configuration cut to what the page needs."""
        before, start, rest = parts["config"].partition(">")
        written, end, after = rest.partition("</script>")
        config = json.loads(written) | {"disable_version_check": True}
        for name in ("dash_version_url", "python_version"):
            config.pop(name, None)
        plain = json.dumps(config).replace("<", "\\u003c")
        return super().interpolate_index(**parts | {"config": before + start + plain + end + after})


@functools.cache
def found() -> list[Page]:
    """Every page, in the order in which their files say that they stand."""
    modules = [
        importlib.import_module(f"{pages.__name__}.{name}") for _, name, _ in pkgutil.iter_modules(pages.__path__)
    ]
    return [module.PAGE for module in sorted(modules, key=lambda module: module.PLACE)]


@functools.cache
def build() -> Dash:
    """The application with its pages."""
    app = Local(
        "dashboards", title="costmodel", update_title=None, serve_locally=True, index_string=DOCUMENT, meta_tags=METAS,
        on_error=_defect, suppress_callback_exceptions=True,
    )  # fmt: skip
    app.layout = _shell()
    app.callback(Output("page", "children"), Input("url", "pathname"))(content)
    app.clientside_callback(
        ClientsideFunction("costmodel", "steer"), [Output(f"to-{page.id}", "href") for page in found()],
        Input("url", "pathname"), Input("url", "search"),
    )  # fmt: skip
    for page in found():
        page.register(app)
    drawn = tuple(f"..{page.id}-above.children" for page in found())
    wire.keep_answers(app.server, lambda output: output.startswith(drawn))
    inline = " ".join(app.csp_hashes())
    policy = (
        f"default-src 'self'; script-src 'self' {inline}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    app.server.config["MAX_CONTENT_LENGTH"] = LARGEST

    @app.server.after_request
    def close(response):
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app


def _shell():
    links = [html.Li(dcc.Link(page.name, href=page.path, id=f"to-{page.id}")) for page in found()]
    theme = html.Button("Light or dark", id="theme", type="button", className="theme", title="Light or dark")
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            html.A("Skip to the page", href="#main", className="skip"),
            html.Div(
                [html.Strong("costmodel"), html.Nav(html.Ul(links), **{"aria-label": "Pages"}), theme], className="top"
            ),
            html.Div(id="page"),
        ]
    )


def content(pathname):
    """The page of an address, or where to go instead."""
    for page in found():
        if page.path == (pathname or "/").rstrip("/") or page.path == pathname:
            return page.layout()
    named = [html.Li(dcc.Link(page.name, href=page.path)) for page in found()]
    said = [html.H1("No such page"), html.P(f"There is nothing at {pathname}. The pages are:"), html.Ul(named)]
    return html.Main(html.Section(said), id="main", className="plain")


def _defect(error: Exception) -> None:
    """Anything but a CostModelError is ours: the log gets the traceback, the page a sentence."""
    logging.getLogger("dashboards").error("a defect", exc_info=error)
    wire.once()
    said = "A defect in costmodel; the terminal says which. Please report it."
    for page in found():
        set_props(f"{page.id}-message", {"children": said, "hidden": False})


def _warm() -> None:
    """What the first visitor would wait for: libraries, and the view that stands behind the bare address."""
    from dashboards.page import view
    from dashboards.selection import Selection, only

    first = found()[0]
    view(first, only(Selection(), first.fields))


def main(host: str = "127.0.0.1", port: int = 8050, browser: bool = True) -> int:
    """Serve until interrupted; InputError where the port is taken."""
    app = build()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; try another --port"
        ) from error
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # one line a request helps nobody
    with listening:
        threading.Thread(target=_warm, daemon=True).start()
        server = make_server(host, port, app.server, threaded=True, fd=listening.fileno())
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        address = f"http://{shown}:{listening.getsockname()[1]}/"
        print(f"Dashboard at {address} (stop with Ctrl-C)", flush=True)
        if browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        finally:
            server.server_close()
    return 0
