"""``costmodel calibrate cuda``: measure the CUDA device at hand."""

import argparse
from pathlib import Path

from calibration.cuda.cases import PATH, load_cases

HELP = "measure the CUDA device at hand and fit its profile"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = "Measure the CUDA device at hand, about a minute of its time; run again to go on."
    parser.add_argument("--gpu", help="canonical id of the device, such as h100-sxm, where its name does not tell")
    parser.add_argument(
        "--runs", type=Path, help="JSON lines to append to; default runs/<gpu>.jsonl in the data directory"
    )
    parser.add_argument("--cases", type=Path, default=PATH, help="a file of cases in place of the shipped one")
    parser.add_argument("--only", help="one case of the file")


def run(args: argparse.Namespace) -> int:
    """Measure what is not measured yet, then fit; InputError without a CUDA device."""
    from calibration.cuda import suite

    name = suite.device_name()

    import torch
    from rich.progress import Progress

    from calibration.cuda.fit_runs import fit_runs
    from calibration.cuda.measure import EventClock
    from calibration.cuda.operations import OPERATIONS
    from costmodel.facts import gpus, store

    gpu = gpus.load(args.gpu or name.removeprefix("NVIDIA ")).id
    path = args.runs or store.data_folder() / "runs" / f"{gpu}.jsonl"
    selected = load_cases(OPERATIONS, args.cases, args.only)
    with Progress() as bar:
        bar.add_task(f"measuring {gpu}", total=len(selected))
        count = suite.run(selected, path, gpu, EventClock(), "cuda", torch.cuda.device_count(), bar)
    print(f"{count} runs appended to {path}")
    if args.only is None:
        print(f"wrote {fit_runs(path, store.data_folder()).path}")
    return 0
