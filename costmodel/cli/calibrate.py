"""``costmodel calibrate``: the door to the calibration package, which takes the arguments from here."""

import typer


def command(context: typer.Context) -> None:
    """Fit a profile from measurements, or report one: costmodel calibrate --help.

    Example: costmodel calibrate report --gpu h100-sxm --engine vllm
    """
    from importlib.metadata import entry_points

    from costmodel.errors import InputError

    doors = list(entry_points(group="costmodel.doors", name="calibrate"))
    if not doors:
        raise InputError("the calibration package is not installed beside costmodel; pip install costmodel[calibrate]")
    raise SystemExit(doors[0].load()(context.args))
