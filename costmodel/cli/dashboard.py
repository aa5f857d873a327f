"""``costmodel dashboard``: the door to the dashboard package, which opens in a browser on this machine."""

from typing import Annotated

import typer

OWN = ("127.0.0.1", "::1", "localhost")  # addresses that only this machine reaches
NEEDS = ("dash", "plotly", "flask", "werkzeug", "dashboards")


def command(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 for any free one.")
    ] = 8050,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Serve, and open no browser.")] = False,
) -> None:
    """Open the regime map in a browser, served from this machine alone.

    Example: costmodel dashboard --no-browser
    """
    from importlib.metadata import entry_points

    from costmodel.errors import InputError

    doors = list(entry_points(group="costmodel.doors", name="dashboard"))
    try:
        serve = doors[0].load() if doors else None
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in NEEDS:
            raise
        serve = None
    if serve is None:
        raise InputError("the dashboard needs Dash: pip install 'costmodel[dashboard]'")
    if host not in OWN:
        typer.echo(
            f"costmodel: --host {host}: the page is open to whoever reaches this machine over the network", err=True
        )
    raise SystemExit(serve(host, port, browser=not no_browser))
