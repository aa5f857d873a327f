"""Speed on one core, as ratios in one run: ``python benchmarks/speed.py``.

A point is one scheme at one (model, gpu, batch, context): step time, batch that fits, throughput. Compared are the
NumPy evaluator in chunks of about 16,000 points, the generated C loop, and ``step.c``, by hand and compiled alike.
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

from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import c_loop as native
from costmodel.evaluation.compile import compiled
from costmodel.facts.deployment import resolve_deployment

HERE = Path(__file__).parent
TARGETS = ("step_time", "max_batch", "throughput")
SCHEMES = ("none", "fp8", "kivi-2bit", "h2o")
BATCH, CONTEXT = np.arange(1.0, 257.0), np.linspace(256, 131072, 4096).round()
CHUNK = 64  # contexts: 64 × 256 batches, 16,384 points
ROUNDS = 7
REST = ("matrix_step_time", "communication_step_time", "small_kernel_time", "state_step_time", "step_host_time")
OF_A_LAYER = ("encode_time", "move_time", "query_cast_time", "added_time")
FIELDS = {  # of the struct in step.c, where the name in the vocabulary is another
    "precise_keys": "precise_key_tokens", "precise_values": "precise_value_tokens", "sidecar": "sidecar_size",
    "index": "index_size", "block": "tokens_per_block", "cached_heads": "local_cached_heads",
    "query_heads": "local_query_heads", "pool": "memory_pool", "hbm": "hbm_bandwidth", "efficiency": "hbm_efficiency",
}  # fmt: skip


def reference(made_for, scheme):
    """The NumPy evaluator over the grid, chunk by chunk."""
    parts = []
    for start in range(0, len(CONTEXT), CHUNK):
        made = build_evaluator(made_for, scheme, BATCH[:, None], CONTEXT[None, start : start + CHUNK])
        parts.append([made[name][..., 0, 0] for name in TARGETS])
    return dict(zip(TARGETS, (np.concatenate(column, axis=1) for column in zip(*parts, strict=True)), strict=True))


def by_hand(made_for, scheme):
    """The hand-written loop as a function of nothing; what varies with the batch alone is handed to it, as to ours."""
    folder = Path(tempfile.mkdtemp(prefix="step-"))
    command = [*os.environ.get("CC", "cc").split(), "-O3", "-march=native", "-ffast-math", "-fPIC"]
    subprocess.run([*command, "-c", str(HERE / "step.c"), "-o", str(folder / "step.o")], check=True)
    subprocess.run([command[0], "-shared", str(folder / "step.o"), "-o", str(folder / "step.so"), "-lm"], check=True)
    run = ctypes.CDLL(str(folder / "step.so")).grid
    shutil.rmtree(folder)
    block = re.search(r"struct model \{(.*?)\};", (HERE / "step.c").read_text(), re.S)[1]
    names = re.findall(r"\w+", block.replace("double", ""))

    class Model(ctypes.Structure):
        _fields_ = [(name, ctypes.c_double) for name in names]

    pointer = ctypes.c_void_p
    run.argtypes = [ctypes.c_long, ctypes.c_long, pointer, pointer, pointer, pointer, Model, pointer, pointer, pointer]

    def evaluate():
        made = build_evaluator(made_for, scheme, BATCH[:, None], CONTEXT[None, :1])
        rest = sum(made[name] for name in REST) + made["layer_count"] * sum(made[name] for name in OF_A_LAYER)
        rest, waves = (np.broadcast_to(a, (len(BATCH), 1, 1, 1)).flatten() for a in (rest, made["effective_waves"]))
        numbers = {name: made[FIELDS.get(name, name)].item() for name in names if name != "budget"}
        numbers["budget"] = scheme.knobs.get("knob0__budget", np.inf)
        model = Model(*(min(float(numbers[name]), 1e300) for name in names))
        shape = len(CONTEXT), len(BATCH)
        step, fits, rate = np.empty(shape), np.empty(len(CONTEXT)), np.empty(shape)
        arrays = [BATCH, CONTEXT, rest, waves], [step, fits, rate]
        before, after = ([a.ctypes.data for a in some] for some in arrays)
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
        f"from {room} import build_evaluator; from costmodel.facts.deployment import resolve_deployment; "
        "deployment = resolve_deployment('llama-3.1-70b', 'h100-sxm'); "
        "print(build_evaluator(deployment, load_scheme('fp8'), 8, 8192)['step_time'].item())"
    )
    commands["one evaluation"] = [sys.executable, "-c", one]
    commands["import numpy (for comparison)"] = [sys.executable, "-c", "import numpy"]
    if program := shutil.which("costmodel"):
        commands["costmodel --help"] = [program, "--help"]
    found = alternately(*(partial(subprocess.run, c, check=True, capture_output=True) for c in commands.values()))
    print("\ncold start, best of", ROUNDS)
    for name, seconds in zip(commands, found, strict=True):
        print(f"  {name:36} {seconds * 1e3:7.0f} ms")


def main() -> None:
    """Print the table."""
    made_for = resolve_deployment("llama-3.1-70b", "h100-sxm", ranks=4)
    points = len(BATCH) * len(CONTEXT)
    print(f"{made_for.label}; {len(BATCH)} batches × {len(CONTEXT)} contexts")
    print(f"million points a second on one core, best of {ROUNDS} rounds in turns")
    heads = f"{'NumPy':>9}{'native':>9}{'by hand':>9}{'native/hand':>13}{'native/NumPy':>14}{'difference':>12}"
    print(f"{'scheme':12}{heads}")
    for text in SCHEMES:
        scheme = compiled.load_scheme(text)
        numpy_loop = partial(reference, made_for, scheme)
        ours = partial(native.compiled(made_for, scheme, TARGETS), BATCH, CONTEXT)
        hand = by_hand(made_for, scheme)
        due = numpy_loop()
        error = max(np.max(np.abs(found[name] / due[name] - 1)) for found in (ours(), hand()) for name in TARGETS)
        slow, fast, best = (points / seconds / 1e6 for seconds in alternately(numpy_loop, ours, hand))
        print(f"{text:12}{slow:9.2f}{fast:9.1f}{best:9.1f}{fast / best:13.2f}{fast / slow:14.1f}{error:12.0e}")
    cold_start()


if __name__ == "__main__":
    main()
