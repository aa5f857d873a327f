"""The Dash application and its server. Everything a page needs comes from here: no font, script or style from elsewhere.

The page's content policy says so to the browser too, so that what a library might ask for later is refused.
"""

import functools
import json
import logging
import socket
import webbrowser

from dash import Dash, set_props
from werkzeug.serving import make_server

from costmodel.errors import FactError
from dashboards.pages import regimes

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
def build() -> Dash:
    """The application with its page."""
    app = Local(
        "dashboards",
        title="Regime map – costmodel",
        update_title=None,
        serve_locally=True,
        index_string=DOCUMENT,
        meta_tags=METAS,
        on_error=_defect,
    )
    app.layout = regimes.layout()
    regimes.register(app)
    inline = " ".join(app.csp_hashes())
    policy = (
        f"default-src 'self'; script-src 'self' {inline}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    @app.server.after_request
    def close(response):
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app


def _defect(error: Exception) -> None:
    """Anything but a CostModelError is ours: the log gets the traceback, the page a sentence."""
    logging.getLogger("dashboards").error("a defect", exc_info=error)
    set_props(
        "message", {"children": "A defect in costmodel; the terminal says which. Please report it.", "hidden": False}
    )


def main(host: str = "127.0.0.1", port: int = 8050, browser: bool = True) -> int:
    """Serve until interrupted; FactError where the port is taken."""
    app = build()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise FactError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; try another --port"
        ) from error
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # one line a request helps nobody
    with listening:
        server = make_server(host, port, app.server, threaded=True, fd=listening.fileno())
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        address = f"http://{shown}:{listening.getsockname()[1]}/"
        print(f"Regime map at {address} (stop with Ctrl-C)", flush=True)
        if browser:
            webbrowser.open(address)
        try:
            server.serve_forever()
        finally:
            server.server_close()
    return 0
