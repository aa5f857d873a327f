"""``calibrate measure``: calibrate the device at hand, a CUDA GPU or else this processor, and check the result."""

import argparse

HELP = "measure, fit and check the device at hand (also without a command)"


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--device", choices=("auto", "cpu"), default="auto", help="auto: a CUDA GPU where there is one")


def run(chosen: argparse.Namespace) -> int:
    """Calibrate and print how predictions fare on shapes that the fit did not see."""
    from calibration.cuda import suite as cuda

    if chosen.device == "auto" and cuda.at_hand():
        from calibration.__main__ import main

        return main(["cuda"])
    return _cpu()


def _cpu() -> int:
    from calibration.cpu import suite
    from costmodel.cli.terminal import progress

    with progress("measure") as tick:
        found = suite.calibrate(tick=tick)
    fitted = int(found.rows["fitted"].sum())
    print(f"\nDecode attention, {fitted} shapes fitted, predicted against measured on the others, percent")
    print(found.held_out.to_string(float_format=lambda x: f"{x:.1f}", formatters={"n": "{:.0f}".format}))
    print("\nTime over that of the fp32 cache as one sequence grows (8 heads, width 128)")
    print(found.crossover.to_string(index=False, na_rep="never", float_format=lambda x: f"{x:g}"))
    print(
        f"\nTry: costmodel predict --kernel decode-attention points.csv with gpu {suite.DEVICE}, engine {suite.ENGINE}"
    )
    return 0
