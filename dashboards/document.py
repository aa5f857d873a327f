"""The HTML document of the dashboard and the policy that it is served under: nothing comes from another host.

The content policy says so to the browser too, so that what a library might ask for later is refused.
"""

import json

from dash import Dash

TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>
"""
META_TAGS = [
    {"name": "viewport", "content": "width=device-width, initial-scale=1"},
    {"name": "color-scheme", "content": "light dark"},
]


class LocalDash(Dash):
    """A Dash application whose document names no host: without the address at which Dash would look for updates."""

    def interpolate_index(self, **parts) -> str:
        """The document, its configuration cut to what the page needs."""
        before, bracket, rest = parts["config"].partition(">")
        content, closing, after = rest.partition("</script>")
        config = json.loads(content) | {"disable_version_check": True}
        for name in ("dash_version_url", "python_version"):
            config.pop(name, None)
        escaped = json.dumps(config).replace("<", "\\u003c")
        return super().interpolate_index(**parts | {"config": before + bracket + escaped + closing + after})


def secure_responses(app: Dash) -> None:
    """Send the content policy, and that no page may frame this one, with every response of the application."""
    inline = " ".join(app.csp_hashes())
    policy = (
        f"default-src 'self'; script-src 'self' {inline}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    @app.server.after_request
    def add_headers(response):
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
