"""Run the cases that are not done yet, append each run, and say how far it is."""

from datetime import UTC, datetime
from pathlib import Path

from calibration.cuda import measure, runs
from calibration.cuda.cases import Case
from costmodel.errors import InputError

NEEDS_MANY = "all_reduce"


def at_hand() -> bool:
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
            "no CUDA device is at hand; `costmodel calibrate static` tells codec costs from compiled kernels without one"
        )
    return torch.cuda.get_device_name()


def about(gpu: str) -> dict:
    """What is said of every run: GPU, versions, state of the device, time."""
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
    """Measure what the file lacks; the number of runs made. Shapes that memory cannot hold are left out and said."""
    import torch

    from calibration.cuda.work import OPERATIONS

    finished, made = runs.done(path), 0
    for case in cases:
        if case.key not in finished and not (case.operation == NEEDS_MANY and devices < 2):
            try:
                work = OPERATIONS[case.operation](device, **case.shape)
                found = measure.times(clock, work.run, case.cold, case.repeats, work.times)
            except torch.OutOfMemoryError:
                if bar:
                    bar.console.print(f"left out, memory is too small: {case.name} {case.shape}")
            else:
                runs.append(path, case, work.kernel, found, about(gpu))
                made += 1
        if bar:
            bar.advance(bar.task_ids[0])
    return made
