"""``costmodel calibrate cuda``: measure the CUDA device at hand."""

import argparse
import gc
import subprocess
import sys
import time
from pathlib import Path

from calibration.cuda.cases import PATH, load_cases
from costmodel.errors import InputError
from costmodel.text.counted import counted

HELP = "measure the CUDA device at hand and fit its profile"
MINUTES = 2.5
FITTING = 5.0  # seconds that are kept for the fit and the last case
COMPILING = 0.4  # of the time at most: kernels that are not compiled by then are compiled when they are measured


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Measure the CUDA device at hand, two minutes and a half at most; run again to go on. What the fit needs most comes "
        "first; a case that fails is recorded and left behind."
    )
    parser.add_argument("--gpu", help="canonical id of the device, such as h100-sxm, where its name does not tell")
    parser.add_argument(
        "--runs", type=Path, help="JSON lines to append to; default runs/<gpu>.jsonl in the data directory"
    )
    parser.add_argument("--cases", type=Path, default=PATH, help="a file of cases in place of the shipped one")
    parser.add_argument("--only", help="one case of the file")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"time for all of it; default {MINUTES:g}")
    parser.add_argument(
        "--no-compile-ahead",
        action="store_true",
        help="compile each kernel when it is first measured, not all at first",
    )


def run(args: argparse.Namespace) -> int:
    """Measure what is not measured yet, then fit; 1 where nothing could be measured, InputError without a CUDA device."""
    from calibration.cuda import suite

    end = time.monotonic() + 60 * args.minutes - FITTING
    name = suite.device_name()

    import torch

    from calibration.cuda.device import CudaDevice
    from calibration.cuda.operations import OPERATIONS
    from costmodel.facts import gpus, store
    from costmodel.text.progress import progress

    gpu = gpus.load(args.gpu or name.removeprefix("NVIDIA ")).id
    path = args.runs or store.data_folder() / "runs" / f"{gpu}.jsonl"
    cases = load_cases(OPERATIONS, args.cases, args.only)
    state, todo = suite.device_state(gpu), suite.waiting(cases, path, torch.cuda.device_count())
    if not args.no_compile_ahead:
        _compile(todo, COMPILING * (end - time.monotonic()))
    gc.freeze()  # some versions of torch collect garbage with every capture; what stands now need not be looked at
    with progress(f"measuring {gpu}") as on_progress:
        outcome = suite.run(
            todo,
            path,
            state,
            CudaDevice(),
            lambda case: OPERATIONS[case.operation]("cuda", **case.shape),
            end - time.monotonic(),
            on_progress=on_progress,
        )
    print("\n".join([f"{counted(outcome.measured, 'run')} appended to {path}", *outcome.lines()]))
    minutes = (end + FITTING - time.monotonic()) / 60
    if outcome.lost and outcome.left_out and minutes > 0:
        print("the device answers no more after that case; going on in a new process", flush=True)
        return subprocess.run(
            [sys.executable, "-m", "calibration", *restart(args, gpu, path, minutes)], check=False
        ).returncode
    return finish(path, args.only is None)


def _compile(cases: list, seconds: float) -> None:
    from calibration.cuda.compile_ahead import compile_ahead, run_on_device, variants
    from calibration.cuda.operations import processors

    kernels = variants(cases, processors("cuda"))
    if not kernels:
        return
    failed = compile_ahead(kernels, run_on_device, seconds)
    print(f"{len(kernels) - len(failed)} of {len(kernels)} kernels compiled ahead", flush=True)


def restart(args: argparse.Namespace, gpu: str, path: Path, minutes: float) -> list[str]:
    """The arguments with which a new process goes on, in the minutes that are left."""
    only = ["--only", args.only] if args.only is not None else []
    given = ["--gpu", gpu, "--runs", str(path), "--cases", str(args.cases), *only]
    return ["cuda", *given, "--minutes", f"{minutes:.3f}", "--no-compile-ahead"]


def finish(path: Path, fit: bool) -> int:
    """Fit the runs of the file, where there are enough; 1 where none was measured, else 0."""
    from calibration.cuda import runs
    from calibration.cuda.fit_runs import fit_runs
    from costmodel.facts import store

    if not runs.finished_keys(path):
        print("nothing was measured")
        return 1
    if fit:
        try:
            print(f"wrote {fit_runs(path, store.data_folder()).path}")
        except InputError as error:
            print(f"no profile: {error}")
    return 0
