"""Run the cases that are not done yet, append each run, and show the progress."""

from datetime import UTC, datetime
from pathlib import Path

from calibration.cuda import measure, runs
from calibration.cuda.cases import Case
from costmodel.errors import InputError

NEEDS_MANY = "all_reduce"


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
    """What is recorded with every run: GPU, versions, state of the device, time."""
    import torch
    import triton

    return {
        "gpu": gpu,
        "torch": torch.__version__,
        "triton": triton.__version__,
        "condition": measure.condition(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def run(
    cases: list[Case], path: Path, gpu: str, clock: measure.Clock, device="cuda", devices: int = 1, bar=None
) -> int:
    """Measure what the file lacks; the number of new runs. Shapes that memory cannot hold are left out with a message."""
    import torch

    from calibration.cuda.operations import OPERATIONS

    finished, count = runs.finished_keys(path), 0
    for case in cases:
        if case.key not in finished and not (case.operation == NEEDS_MANY and devices < 2):
            try:
                work = OPERATIONS[case.operation](device, **case.shape)
                times = measure.measure_times(clock, work.run, case.cold, case.repeats, work.times)
            except torch.OutOfMemoryError:
                if bar:
                    bar.console.print(f"left out, memory is too small: {case.name} {case.shape}")
            else:
                runs.append(path, case, work.kernel, times, device_state(gpu))
                count += 1
        if bar:
            bar.advance(bar.task_ids[0])
    return count
