"""Speed on one core, as ratios in one run: ``python benchmarks/speed.py``.

A point is one scheme at one (model, gpu, batch, context): step time, batch that fits, throughput. Compared are the plain
evaluator, the grid that sweeps use (in NumPy and compiled), ``step.c`` by hand and compiled alike, and the public functions.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import ctypes
import re
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

from costmodel.evaluation.ask.shares import verdict_shares
from costmodel.evaluation.ask.sweep import sweep
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.assemble.grid_evaluator import StepGrid
from costmodel.evaluation.compile.compiled import load_scheme

HERE = Path(__file__).parent
TARGETS = ("step_time", "max_batch", "throughput")
SCHEMES = ("none", "fp8", "kivi-2bit", "h2o")
BATCH, CONTEXT = np.arange(1.0, 257.0), np.linspace(256, 131072, 4096).round()
CHUNK = 64  # contexts: 64 × 256 batches, 16,384 points
ROUNDS = 7
REST = (
    "kernel_gap_time",
    "sampling_time",
    "matrix_step_time",
    "communication_step_time",
    "small_kernel_time",
    "state_step_time",
    "step_host_time",
)
OF_A_LAYER = ("encode_time", "move_time", "query_cast_time", "added_time")
FIELDS = {  # of the struct in step.c, where the name in the vocabulary is another
    "precise_keys": "precise_key_tokens", "precise_values": "precise_value_tokens", "sidecar": "sidecar_size",
    "index": "index_size", "block": "tokens_per_block", "cached_heads": "local_cached_heads",
    "query_heads": "local_query_heads", "pool": "memory_pool", "hbm": "hbm_bandwidth", "efficiency": "hbm_efficiency",
}  # fmt: skip


def plain(deployment, scheme):
    """The plain evaluator over the grid, every term at every point, chunk by chunk."""
    parts = []
    for start in range(0, len(CONTEXT), CHUNK):
        evaluator = build_evaluator(deployment, scheme, BATCH[:, None], CONTEXT[None, start : start + CHUNK])
        parts.append([evaluator[name][..., 0, 0] for name in TARGETS])
    return dict(zip(TARGETS, (np.concatenate(column, axis=1) for column in zip(*parts, strict=True)), strict=True))


def hoisted(deployment, scheme, is_compiled):
    """The grid that sweeps use: what does not vary along both axes once, the rest in NumPy or in the compiled loop."""
    grid = StepGrid(deployment, scheme, BATCH, CONTEXT)
    grid.__dict__["is_compiled"] = is_compiled
    rows = CHUNK * len(BATCH) // len(CONTEXT)
    parts = []
    for start in range(0, len(BATCH), rows):
        evaluator = grid.rows(start, min(start + rows, len(BATCH)))
        parts.append([evaluator[name][..., 0, 0] for name in TARGETS])
    columns = [np.concatenate(column) if len(column[0]) > 1 else column[0] for column in zip(*parts, strict=True)]
    return dict(zip(TARGETS, columns, strict=True))


def by_hand(deployment, scheme):
    """The hand-written loop as a function of nothing; what varies with the batch alone is handed to it, as to ours."""
    folder = Path(tempfile.mkdtemp(prefix="step-"))
    command = [*os.environ.get("CC", "cc").split(), "-O3", "-march=native", "-ffast-math", "-fPIC"]
    subprocess.run([*command, "-c", str(HERE / "step.c"), "-o", str(folder / "step.o")], check=True)
    subprocess.run([command[0], "-shared", str(folder / "step.o"), "-o", str(folder / "step.so"), "-lm"], check=True)
    run = ctypes.CDLL(str(folder / "step.so")).grid
    shutil.rmtree(folder)
    block = re.search(r"struct model \{(.*?)\};", (HERE / "step.c").read_text(encoding="utf-8"), re.S)[1]
    names = re.findall(r"\w+", block.replace("double", ""))

    class Model(ctypes.Structure):
        _fields_ = [(name, ctypes.c_double) for name in names]

    pointer = ctypes.c_void_p
    run.argtypes = [ctypes.c_long, ctypes.c_long, pointer, pointer, pointer, pointer, Model, pointer, pointer, pointer]

    def evaluate():
        step = build_evaluator(deployment, scheme, BATCH[:, None], CONTEXT[None, :1])
        rest = sum(step[name] for name in REST) + step["layer_count"] * sum(step[name] for name in OF_A_LAYER)
        rest, waves = (np.broadcast_to(a, (len(BATCH), 1, 1, 1)).flatten() for a in (rest, step["effective_waves"]))
        numbers = {name: step[FIELDS.get(name, name)].item() for name in names if name != "budget"}
        numbers["budget"] = scheme.knobs.get("knob0__budget", np.inf)
        model = Model(*(min(float(numbers[name]), 1e300) for name in names))
        shape = len(CONTEXT), len(BATCH)
        step, fits, rate = np.empty(shape), np.empty(len(CONTEXT)), np.empty(shape)
        arrays = [BATCH, CONTEXT, rest, waves], [step, fits, rate]
        before, after = ([a.ctypes.data for a in side] for side in arrays)
        run(len(BATCH), len(CONTEXT), *before, model, *after)
        return {"step_time": step.T, "max_batch": fits[None, :], "throughput": rate.T}

    return evaluate


def alternately(*functions) -> list[float]:
    """The best time of each, measured in turns so that a busy machine slows all alike."""
    best = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for place, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[place] = min(best[place], time.perf_counter() - start)
    return best


def cold_start() -> None:
    """Best wall time of new processes."""
    room = "costmodel.evaluation.assemble.evaluators"
    commands = {f"import {room}": [sys.executable, "-c", f"import {room}"]}
    one = (
        "from costmodel.evaluation.compile.compiled import load_scheme; "
        f"from {room} import build_evaluator; from costmodel.evaluation.assemble.deployments import resolve_deployment; "
        "deployment = resolve_deployment('llama-3.1-70b', 'h100-sxm'); "
        "print(build_evaluator(deployment, load_scheme('fp8'), 8, 8192)['step_time'].item())"
    )
    commands["one evaluation"] = [sys.executable, "-c", one]
    commands["import numpy (for comparison)"] = [sys.executable, "-c", "import numpy"]
    if program := shutil.which("costmodel"):
        commands["costmodel --help"] = [program, "--help"]
    times = alternately(*(partial(subprocess.run, c, check=True, capture_output=True) for c in commands.values()))
    print("\ncold start, best of", ROUNDS)
    for name, seconds in zip(commands, times, strict=True):
        print(f"  {name:36} {seconds * 1e3:7.0f} ms")


def layers_of_the_evaluator(deployment) -> None:
    """One scheme's step, largest batch and throughput: plain NumPy, hoisted NumPy, compiled, and C written by hand."""
    points = len(BATCH) * len(CONTEXT)
    print(f"{deployment.label}; {len(BATCH)} batches × {len(CONTEXT)} contexts")
    print(f"million points a second on one core, best of {ROUNDS} rounds in turns")
    heads = f"{'NumPy':>9}{'hoisted':>9}{'compiled':>10}{'by hand':>9}{'compiled/hand':>15}{'difference':>12}"
    print(f"{'scheme':12}{heads}")
    for text in SCHEMES:
        scheme = load_scheme(text)
        kinds = [
            partial(plain, deployment, scheme), partial(hoisted, deployment, scheme, False),
            partial(hoisted, deployment, scheme, True), by_hand(deployment, scheme),
        ]  # fmt: skip
        due, *others = (kind() for kind in kinds)
        error = max(np.max(np.abs(other[name] / due[name] - 1)) for other in others for name in TARGETS)
        rates = [points / seconds / 1e6 for seconds in alternately(*kinds)]
        print(
            f"{text:12}{rates[0]:9.2f}{rates[1]:9.1f}{rates[2]:10.1f}{rates[3]:9.1f}{rates[2] / rates[3]:15.2f}{error:12.0e}"
        )


def public_functions() -> None:
    """``sweep`` as users call it, a point being one scheme at one batch and context, against C written by hand."""
    batch, context = np.arange(1.0, 1001.0), np.linspace(256, 131072, 1000).round()
    schemes, points = ["none", "fp8", "kivi-2bit"], 3_000_000
    arguments = ("llama-8b", "h100-sxm", schemes, batch, context)
    kinds = {
        "sweep, default outputs": partial(sweep, *arguments, ranks=1),
        "sweep, all named terms": partial(sweep, *arguments, ranks=1, outputs="all"),
        "verdict_shares, 1,000 × 1,000 cells": partial(verdict_shares, *arguments, ranks=1),
    }
    hand = by_hand(resolve_deployment("llama-8b", "h100-sxm", ranks=1), load_scheme("none"))
    for kind in kinds.values():
        kind()
    *seconds, by_hand_seconds = alternately(*kinds.values(), hand)
    by_hand_rate = len(BATCH) * len(CONTEXT) / by_hand_seconds / 1e6
    print(f"\nLlama 3.1 8B, {', '.join(schemes)}: 1,000 batches × 1,000 contexts")
    for name, taken in zip(kinds, seconds, strict=True):
        rate = points / taken / 1e6
        print(f"  {name:36} {rate:6.1f} M points/s   {rate / by_hand_rate:5.2f} of three terms by hand")


def main() -> None:
    """Print the tables."""
    layers_of_the_evaluator(resolve_deployment("llama-3.1-70b", "h100-sxm", ranks=4))
    public_functions()
    cold_start()


if __name__ == "__main__":
    main()
