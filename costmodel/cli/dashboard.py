"""``costmodel dashboard``: starts the dashboard package, which opens in a browser on this machine."""

from typing import Annotated

import typer

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")  # addresses that only this machine reaches
REQUIRED_PACKAGES = ("dash", "plotly", "flask", "werkzeug", "dashboards")


def command(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 for any free one.")
    ] = 8050,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve without opening a browser.")] = False,
) -> None:
    """Open the regime map in a browser, served from this machine alone.

    Example: costmodel dashboard --no-browser
    """
    from importlib.metadata import entry_points

    from costmodel.errors import InputError

    plugins = list(entry_points(group="costmodel.plugins", name="dashboard"))
    try:
        serve = plugins[0].load() if plugins else None
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in REQUIRED_PACKAGES:
            raise
        serve = None
    if serve is None:
        raise InputError("the dashboard needs Dash: pip install 'costmodel[dashboard]'")
    if host not in LOOPBACK_HOSTS:
        typer.echo(
            f"costmodel: --host {host}: the page is open to whoever reaches this machine over the network", err=True
        )
    raise SystemExit(serve(host, port, browser=not no_browser))
