"""The device that is measured, as an object: its L2 and memory, graphs of captured calls, and clocks on its own time line.

``measure`` decides what to run and how often; everything that touches CUDA is here, so that a test passes a stand-in.
"""

import shutil
import subprocess
from collections.abc import Callable, Sequence
from typing import Protocol

Call = Callable[[], object]
WATCHED = ("name", "driver_version", "clocks.sm", "clocks.mem", "temperature.gpu", "power.draw")
FLUSHES = (
    4  # writes of the buffer: they outlast the host's launch of a graph, so that the queue is full when it is timed
)
FLUSHED = 2  # size of that buffer, in sizes of the L2


class Device(Protocol):
    """What ``measure`` asks of a device; times in microseconds."""

    l2_bytes: int

    def free_bytes(self) -> int:
        """Memory that tensors may still take."""
        ...

    def used_bytes(self) -> int:
        """Memory that tensors take now."""
        ...

    def flush(self) -> None:
        """Fill the L2 with what no call reads."""
        ...

    def capture(self, calls: Sequence[Call]) -> Call:
        """One call that replays these calls in order, launched by the device itself."""
        ...

    def time(self, run: Call, before: Call | None, repeats: int) -> list[float]:
        """Time on the device from the first to the last kernel of ``run``, ``repeats`` times; ``before`` is not timed."""
        ...

    def time_alone(self, run: Call, before: Call | None, repeats: int) -> list[float]:
        """The same for a call that finds the device idle, so that the host's launch is in it."""
        ...

    def is_lost(self) -> bool:
        """Whether an error has left the device unusable to this process."""
        ...

    def release(self) -> None:
        """Give memory of tensors that are gone back to the device."""
        ...


class CudaDevice:
    """The current CUDA device, by torch, which a test may replace."""

    def __init__(self, torch=None):
        if torch is None:
            import torch

        self._torch = torch
        self.l2_bytes = int(torch.cuda.get_device_properties(torch.cuda.current_device()).L2_cache_size)
        self._buffer = torch.empty(FLUSHED * self.l2_bytes, dtype=torch.uint8, device="cuda")

    def free_bytes(self) -> int:
        """Memory that the driver has free, and what torch keeps of tensors that are gone."""
        cuda = self._torch.cuda
        return cuda.mem_get_info()[0] + cuda.memory_reserved() - cuda.memory_allocated()

    def used_bytes(self) -> int:
        """Memory of live tensors."""
        return self._torch.cuda.memory_allocated()

    def flush(self) -> None:
        """Write twice the L2, several times."""
        for _ in range(FLUSHES):
            self._buffer.zero_()

    def capture(self, calls: Sequence[Call]) -> Call:
        """A CUDA graph of the calls. Each of their kernels must have run before: loading one cannot be captured."""
        graph = self._torch.cuda.CUDAGraph()
        with self._torch.cuda.graph(graph):
            for call in calls:
                call()
        return graph.replay

    def time(self, run: Call, before: Call | None, repeats: int) -> list[float]:
        """Between two events around each run; the host waits for none of them."""
        marks = []
        for _ in range(repeats):
            if before is not None:
                before()
            marks.append(self._marked(run))
        self._torch.cuda.synchronize()
        return [1e3 * begin.elapsed_time(end) for begin, end in marks]

    def time_alone(self, run: Call, before: Call | None, repeats: int) -> list[float]:
        """Between two events around each run, waiting for the device before and after."""
        times = []
        for _ in range(repeats):
            if before is not None:
                before()
            self._torch.cuda.synchronize()
            begin, end = self._marked(run)
            self._torch.cuda.synchronize()
            times.append(1e3 * begin.elapsed_time(end))
        return times

    def is_lost(self) -> bool:
        """Whether the context answers no more, as after an illegal address."""
        try:
            self._torch.cuda.synchronize()
        except RuntimeError:
            return True
        return False

    def release(self) -> None:
        """Empty torch's cache of memory."""
        self._torch.cuda.empty_cache()

    def _marked(self, run: Call):
        begin, end = (self._torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        run()
        end.record()
        return begin, end


def condition() -> dict[str, str]:
    """Driver, clocks, temperature and power as nvidia-smi reports them; empty where there is none. A process is started."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    call = [tool, f"--query-gpu={','.join(WATCHED)}", "--format=csv,noheader"]
    lines = subprocess.run(call, capture_output=True, text=True, check=False).stdout.strip().splitlines()
    return dict(zip(WATCHED, (part.strip() for part in lines[0].split(",")), strict=False)) if lines else {}
