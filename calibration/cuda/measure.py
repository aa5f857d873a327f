"""Time a call on the GPU with CUDA events; L2 cold or warm; what the device was doing meanwhile.

Before a cold run a buffer of twice the L2 is written, which also keeps the queue full, so that the host's launch is hidden
and the time between two events is the device's own.
"""

import shutil
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

WARM_UPS = 3
WATCHED = ("name", "driver_version", "clocks.sm", "clocks.mem", "temperature.gpu", "power.draw")


class Clock(Protocol):
    """Something that can time a call."""

    def microseconds(self, run: Callable[[], object], cold: bool, repeats: int) -> list[float]:
        """The time of each of the repeats."""


@dataclass(frozen=True)
class Times:
    """Quartiles of the repeats, microseconds."""

    low: float
    median: float
    high: float
    repeats: int


class EventClock:
    """CUDA events on the current device."""

    def __init__(self):
        import torch

        size = torch.cuda.get_device_properties(torch.cuda.current_device()).L2_cache_size
        self._flushed = torch.empty(2 * size, dtype=torch.uint8, device="cuda")

    def microseconds(self, run: Callable[[], object], cold: bool, repeats: int) -> list[float]:
        """The time of each of the repeats, after three that do not count."""
        import torch

        for _ in range(WARM_UPS):
            run()
        marks = []
        for _ in range(repeats):
            if cold:
                self._flushed.zero_()
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            run()
            end.record()
            marks.append((begin, end))
        torch.cuda.synchronize()
        return [1e3 * begin.elapsed_time(end) for begin, end in marks]


def measure_times(clock: Clock, run: Callable[[], object], cold: bool, repeats: int, launches: int = 1) -> Times:
    """Quartiles of the time of one launch, out of calls that make ``launches`` of them."""
    times = [time / launches for time in clock.microseconds(run, cold, repeats)]
    low, median, high = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return Times(low, median, high, len(times))


def condition() -> dict[str, str]:
    """Driver, clocks, temperature and power as nvidia-smi reports them; empty where there is none."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    call = [tool, f"--query-gpu={','.join(WATCHED)}", "--format=csv,noheader"]
    lines = subprocess.run(call, capture_output=True, text=True, check=False).stdout.strip().splitlines()
    return dict(zip(WATCHED, (part.strip() for part in lines[0].split(",")), strict=False)) if lines else {}
