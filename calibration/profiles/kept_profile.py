"""Profiles of the project's own Triton kernels, fitted to the runs that it keeps among its facts.

These runs are of launches by the host, so that only long ones count: a launch is not among what they identify.
"""

from pathlib import Path

from calibration.data.design import BUDGET
from calibration.data.suite_runs import H100, decode_attention, load_suite_runs
from calibration.kernel_fits.identified import TOLERANCE, suite_section
from calibration.profiles.local_profile import write_local_profile
from calibration.profiles.writer import ProfileWriter
from costmodel.errors import UnknownName

KEPT = {"h100-sxm": H100}  # GPU -> table of facts/measurements
METHOD = (
    f"at most {BUDGET} designed rows; "
    "soft-L1 least squares on log latency and on the log ratio of matched shapes, in log coefficients, weak prior; "
    f"numbers that the rows do not identify are held while the cost stays below {TOLERANCE:g} times that of the full fit; "
    "spreads and held_out, in percent, of every row under a fit that saw no row of its batch and context, in ten folds"
)
RULE = (
    "rows of decode attention over a warm cache where the device's time rules: median above 150 us, quartiles within 5 %, "
    "all of them over caches above twice the L2; the launch is no part of what they show: it is held, and launch-bound "
    "calls have a spread of × or ÷ 2"
)


def calibrate_kept(gpu: str, folder: Path | None = None) -> ProfileWriter:
    """Fit the kept runs of a GPU and write the profile into the package, or into a data directory.

    UnknownName where no runs of that GPU are kept.
    """
    if gpu not in KEPT:
        raise UnknownName("GPU with runs of the suite", gpu, KEPT)
    runs = load_suite_runs(KEPT[gpu])
    source = f"costmodel/facts/measurements/{KEPT[gpu]}.csv: {runs.header['source']}, {runs.header['measured']}"
    rows = decode_attention(runs)
    return write_local_profile(
        rows, source, f"{RULE}; {METHOD}", folder, lambda group, device: suite_section(group, device, False)
    )
