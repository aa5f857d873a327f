"""``calibrate measure``: calibrate the device at hand, a CUDA GPU or else this processor, and check the result."""

import argparse

from calibration.commands import cuda

HELP = "measure, fit and check the device at hand (also without a command)"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--device", choices=("auto", "cpu"), default="auto", help="auto: a CUDA GPU where there is one")


def run(args: argparse.Namespace) -> int:
    """Calibrate and print how predictions compare with shapes that the fit did not see."""
    from calibration.cuda.suite import has_device

    if args.device == "auto" and has_device():
        options = argparse.ArgumentParser()
        cuda.add(options)
        return cuda.run(options.parse_args([]))
    return _cpu()


def _cpu() -> int:
    from calibration.cpu import suite
    from costmodel.text.progress import progress

    with progress("measure") as on_progress:
        calibration = suite.calibrate(on_progress=on_progress)
    fitted = int(calibration.rows["fitted"].sum())
    print(f"\nDecode attention, {fitted} shapes fitted, predicted against measured on the others, percent")
    print(calibration.held_out.to_string(float_format=lambda x: f"{x:.1f}", formatters={"n": "{:.0f}".format}))
    print("\nTime relative to the fp32 cache as one sequence grows (8 heads, width 128)")
    print(calibration.crossover.to_string(index=False, na_rep="never", float_format=lambda x: f"{x:g}"))
    print(
        f"\nTry: costmodel predict --kernel decode-attention points.csv with gpu {suite.DEVICE}, engine {suite.ENGINE}"
    )
    return 0
