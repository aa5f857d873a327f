"""Run the cases that are not done yet, append each run, and say what failed and what was left out.

A case that fails is recorded and the next one is run. Only a device that answers no more ends the suite in this process;
whoever started it may start another, which goes on.
"""

import gc
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from calibration.cuda import runs
from calibration.cuda.cases import Case, in_order
from calibration.cuda.device import Device, condition
from calibration.cuda.measure import Work, measure
from costmodel.errors import InputError

NEEDS_MANY = "all_reduce"


@dataclass
class Outcome:
    """What a suite came to: runs appended, cases that failed with their errors, cases that no time was left for."""

    measured: int = 0
    failed: list[tuple[Case, str]] = field(default_factory=list)
    left_out: list[Case] = field(default_factory=list)
    lost: bool = False

    def lines(self) -> list[str]:
        """The outcome as lines of text: every failure, and what was left out by table."""
        lines = [f"failed: {case.name} {case.shape}: {error}" for case, error in self.failed]
        tables = {
            name: sum(case.name == name for case in self.left_out) for name in dict.fromkeys(_names(self.left_out))
        }
        left_out = ", ".join(f"{count} of {name}" for name, count in tables.items())
        return lines + ([f"left out, no time was left: {left_out}; run again to go on"] if left_out else [])


def _names(cases: list[Case]) -> list[str]:
    return [case.name for case in cases]


def has_device() -> bool:
    """Whether a CUDA device can be measured here."""
    try:
        device_name()
    except InputError:
        return False
    return True


def device_name() -> str:
    """The CUDA device's name; InputError, with what to do instead, where there is none."""
    try:
        import torch
    except ImportError as error:
        raise InputError("measuring needs torch; try: pip install 'costmodel[kernels]'") from error
    if not torch.cuda.is_available():
        raise InputError(
            "no CUDA device is available; `costmodel calibrate static` derives codec costs from compiled kernels without one"
        )
    return torch.cuda.get_device_name()


def device_state(gpu: str) -> dict:
    """What is recorded with every run: GPU, versions, and the state of the device, which is asked once a suite."""
    import torch
    import triton

    return {"gpu": gpu, "torch": torch.__version__, "triton": triton.__version__, "condition": condition()}


def waiting(cases: list[Case], path: Path, devices: int = 1) -> list[Case]:
    """The cases that the file lacks, in the order in which they are needed; those that failed before come last."""
    finished = runs.finished_keys(path)
    possible = [case for case in cases if case.operation != NEEDS_MANY or devices >= 2]
    return in_order([case for case in possible if case.key not in finished], runs.failed_keys(path))


def run(
    cases: list[Case],
    path: Path,
    state: dict,
    device: Device,
    build: Callable[[Case], Work],
    seconds: float = math.inf,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    now: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Measure the cases in order until ``seconds`` are over, appending each to the file.

    ``build`` makes one copy of a case's tensors and the call over them; ``on_progress`` is told after every case how many of
    how many are done.
    """
    outcome, end = Outcome(), now() + seconds
    for index, case in enumerate(cases):
        if now() >= end:
            outcome.left_out = cases[index:]
            break
        stamped = state | {"when": datetime.now(UTC).isoformat(timespec="seconds")}
        try:
            kernel, times = measure(device, lambda case=case: build(case), case.cold, case.repeats)
            runs.append_times(path, case, kernel, times, stamped)
            outcome.measured += 1
        except InputError:  # of the file of runs: nothing could be kept
            raise
        except Exception as error:  # a kernel, the compiler or the driver; the next case may well run
            recorded = runs.append_error(path, case, error, stamped)
            outcome.failed.append((case, f"{recorded['type']}: {recorded['message']}"))
            outcome.lost = device.is_lost()
            gc.collect()  # tensors that the error's frames held
        on_progress(index + 1, len(cases))
        if outcome.lost:
            outcome.left_out = cases[index + 1 :]
            break
        device.release()
    return outcome
