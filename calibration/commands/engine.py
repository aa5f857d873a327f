"""``costmodel calibrate engine``: measure the inference engine that is installed, and learn from its steps."""

import argparse
import math
import sys
from pathlib import Path

HELP = "measure the engine that is installed (vLLM): pool, steps, first tokens, kernels"
ADAPTERS = {"vllm": "calibration.engine.vllm_adapter:adapter"}
MAX_MINUTES = 600
NOT_DRIVEN = (
    "calibrate engine: only vllm is driven by this command, got {name}{reason}; measure decode steps with the engine's own"
    " benchmark and give them to: costmodel calibrate steps"
)
REASONS = {
    "sglang": ", whose offline Engine answers with whole generations: it offers neither single steps nor a way to declare"
    " a prompt's cache present",
}
DESCRIPTION = """\
Run the installed engine with dummy weights and no tokenizer, and measure it on the GPU at hand: decode steps over batches
and contexts (prompts' caches are taken as present), real first tokens, one burst, kernels by name. Each KV type runs in a
process of its own; one that is finished is kept, and a second call goes on. Nothing is downloaded.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = DESCRIPTION
    parser.add_argument("engine", help="vllm, tested with 0.24")
    parser.add_argument("--model", required=True, help="model id; its shapes are what the engine runs")
    parser.add_argument(
        "--kv-cache-dtype",
        metavar="NAMES",
        help="names of the engine with commas; default auto,fp8,int8_per_token_head,turboquant_4bit_nc as far as it knows them",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=3.0,
        help="of measuring, shared by the KV types (3); every start of the engine, about a minute, comes on top",
    )
    parser.add_argument("--gpu", help="canonical id of the device, such as h100-sxm, where its name does not tell")
    parser.add_argument("--config", type=Path, help="the model's own config.json, where its facts are not enough")
    parser.add_argument(
        "--memory-fraction", type=float, default=0.9, help="of the GPU's memory that the engine takes (0.9)"
    )
    parser.add_argument("--out", type=Path, help="folder of the tables; default runs/… in the data directory")
    parser.add_argument("--force", action="store_true", help="measure KV types again that are finished")


def run(args: argparse.Namespace) -> int:
    """Measure, print what was found and what was learnt; 2 where a KV type failed, the others kept."""
    from calibration.engine import bench, process, records, versions
    from calibration.engine.check_steps import check_steps
    from calibration.engine.fit_steps import learn_kv_types
    from calibration.engine.report import checked_lines, learnt_lines, measured_lines
    from calibration.steps.learn import learn_steps
    from costmodel.errors import InputError
    from costmodel.facts import engines, gpus, models, store

    engine, model = store.resolve("engines", args.engine), models.load(args.model)
    _check_numbers(args)
    if engine not in ADAPTERS:
        raise InputError(NOT_DRIVEN.format(name=engine, reason=REASONS.get(engine, "")))
    installed = process.installed(ADAPTERS[engine])
    gpu = gpus.load(args.gpu or _gpu_of(installed.device))
    name = engines.load(engine, gpu).name
    if message := versions.version_message(name, installed.version, installed.tested):
        _warn(message)
    types = bench.kv_types(args.kv_cache_dtype, installed, name)
    subject = records.Subject(model.id, gpu.id, engine, installed.version)
    folder = args.out or store.data_folder() / "runs" / f"{gpu.id}--{engine}-{installed.version}--{model.id}"
    plan = bench.Bench(ADAPTERS[engine], subject, model, types, 60 * args.minutes, args.memory_fraction, args.config)
    failed = bench.run(plan, folder, force=args.force, log=_log, warn=_warn)
    if not records.finished(folder):
        return 2
    rows = records.read(folder, "steps.csv")
    learnt = list(learn_kv_types(rows, subject, learn_steps))
    lines = [*measured_lines(folder), *checked_lines(check_steps(rows)), *learnt_lines(learnt)]
    print("\n".join(lines))
    print(_learn_sections(records.read(folder, "kernels.csv"), rows, subject))
    print(f"tables in {folder}")
    return 2 if failed else 0


def _learn_sections(kernels, steps, subject) -> str:
    """What the kernels by name taught of the rest of a step, or why they taught nothing."""
    from calibration.profiles.step_sections import learn_step_sections
    from costmodel.errors import CostModelError

    where = {"model": subject.model, "gpu": subject.gpu, "engine": subject.engine, "ranks": subject.tp}
    source = f"{subject.engine} {subject.engine_version} on this device: kernels by name of {subject.model}"
    try:
        learnt = learn_step_sections(kernels, steps, source=source, **where)
    except CostModelError as error:
        return f"the rest of a step: nothing learnt; {error}"
    return f"the rest of a step: small kernels, sampling, gaps and factors in a step learnt; wrote {learnt.path}"


def _gpu_of(device: str) -> str:
    """The id of the GPU that a driver names; InputError, with the option that tells, where none is seen or known."""
    from costmodel.errors import InputError, UnknownName
    from costmodel.facts import store

    if not device:
        raise InputError("no CUDA device is seen; expected a GPU, or its id by --gpu where the engine runs without one")
    try:
        return store.resolve("gpus", device.removeprefix("NVIDIA "))
    except UnknownName as error:
        raise InputError(f"device {device!r}: {error}; name it with --gpu") from error


def _check_numbers(args: argparse.Namespace) -> None:
    from costmodel.errors import InputError

    if not (math.isfinite(args.minutes) and 0 < args.minutes <= MAX_MINUTES):
        raise InputError(f"--minutes: expected a number above 0, at most {MAX_MINUTES}, got {args.minutes:g}")
    if not 0 < args.memory_fraction <= 1:
        raise InputError(f"--memory-fraction: expected a number above 0, at most 1, got {args.memory_fraction:g}")


def _log(message: str) -> None:
    print(message, flush=True)  # an engine takes minutes, and the output may be a pipe


def _warn(message: str) -> None:
    print(f"calibration: {message}", file=sys.stderr, flush=True)
