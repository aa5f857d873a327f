"""Compile the kernels of the suite before it is timed, several at a time, each in a process of its own.

A process runs the smallest case of a kernel once; Triton keeps the binary on disk, where the suite then finds it. What does
not compile costs its own cases and nothing else: they state the error when they are measured.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable

from calibration.cuda.cases import Case

# Operations whose kernels Triton compiles; the others run kernels of torch and of the driver.
COMPILED = (
    *("stream", "launch", "codec_attention", "quantise", "dequantise"),
    *("evict", "compact", "block_hash", "rotate"),
)
SIZES = (
    "batch",
    "context",
    "tokens",
    "kept_tokens",
    "numbers",
    "blocks",
    "rows",
    "programs",
)  # no kernel is built for these
MOST_WORKERS = 12
MIN_GIBIBYTES = 2  # of memory of the host a worker: torch, CUDA and a compiler


def variants(cases: Iterable[Case], processors: int) -> list[Case]:
    """The smallest case of every kernel that the cases need on a device of so many multiprocessors."""
    smallest: dict[tuple, Case] = {}
    for case in cases:
        if case.operation in COMPILED:
            key = variant(case, processors)
            if key not in smallest or _numbers(case) < _numbers(smallest[key]):
                smallest[key] = case
    return list(smallest.values())


def variant(case: Case, processors: int) -> tuple:
    """What the compiler sees of a case: its shape less the sizes, and the number of splits and of packed heads."""
    shape = {name: value for name, value in case.shape.items() if name not in SIZES}
    if case.operation == "codec_attention":
        from calibration.cuda.operations import context_splits

        units = case.shape["batch"] * case.shape["kv_heads"]
        shape["query_heads"] = case.shape["query_heads"] // case.shape["kv_heads"]
        shape["splits"] = context_splits(processors, units, case.shape["context"])
    return case.operation, *sorted(shape.items())


def compile_ahead(
    cases: list[Case], run: Callable[[str, dict], None], seconds: float, workers: int | None = None
) -> dict[str, str]:
    """Run every case once, in processes; key of a case → what kept it from compiling. After ``seconds`` the rest is left.

    ``run`` takes operation and shape; it is called in another process, so it must be a function of a module.
    """
    if not cases:
        return {}
    failed, deadline = {}, time.monotonic() + seconds
    with multiprocessing.get_context("spawn").Pool(min(workers or default_workers(), len(cases))) as pool:
        results = {case.key: pool.apply_async(run, (case.operation, case.shape)) for case in cases}
        for key, result in results.items():
            try:
                result.get(max(deadline - time.monotonic(), 0))
            except multiprocessing.TimeoutError:
                failed[key] = "was not compiled ahead: no time was left"
            except Exception as error:  # a compiler raises what it likes; the case will state it
                failed[key] = (
                    f"{type(error).__name__}: {str(error).strip().splitlines()[-1] if str(error).strip() else ''}"
                )
    return failed


def default_workers() -> int:
    """As many processes as processors and memory of the host allow, twelve at most."""
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return max(1, min(MOST_WORKERS, os.cpu_count() or 1, int(gibibytes / MIN_GIBIBYTES)))


def run_on_device(operation: str, shape: dict) -> None:
    """Run one case once on the CUDA device, in this process."""
    import torch

    from calibration.cuda.operations import OPERATIONS

    OPERATIONS[operation]("cuda", **shape).run()
    torch.cuda.synchronize()


def _numbers(case: Case) -> float:
    size = 1.0
    for name in SIZES:
        size *= case.shape.get(name, 1)
    return size
