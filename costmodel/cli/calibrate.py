"""``costmodel calibrate``: hands its arguments on to the calibration package, which parses them."""

import typer

MISSING = "the calibration package is not installed beside costmodel; pip install costmodel[calibrate]"


def command(context: typer.Context) -> None:
    """Fit a profile from measurements, or report one: costmodel calibrate --help.

    Example: costmodel calibrate report --gpu h100-sxm --engine vllm
    """
    from costmodel.files.plugins import load_plugin

    raise SystemExit(load_plugin("calibrate", MISSING)(context.args))
