"""Options that several commands share, and how their texts are read."""

import math
from typing import Annotated

import typer

from costmodel.errors import InputError, UnitError

Model = Annotated[str | None, typer.Option("--model", help="Model id, alias, or hf:org/name (costmodel models).")]
HfConfig = Annotated[str | None, typer.Option("--hf-config", help="A Hugging Face config.json in place of --model.")]
Gpu = Annotated[str | None, typer.Option("--gpu", help="GPU id or alias (costmodel gpus).")]
Tp = Annotated[int | None, typer.Option("--tp", help="GPUs that share every layer (tensor parallel).")]
Engine = Annotated[str | None, typer.Option("--engine", help="vllm, tensorrt-llm, sglang, lmdeploy, llama-cpp.")]
WeightDtype = Annotated[
    str | None, typer.Option("--weight-dtype", help="bfloat16, fp8, fp8-block, int8, int4, nvfp4 …")
]
Fraction = Annotated[float | None, typer.Option("--memory-fraction", help="Share of memory that the engine may fill.")]
Scheme = Annotated[
    str, typer.Option("--scheme", help="Scheme, e.g. fp8, h2o[budget=1024], kivi-2bit+streaming-llm, my.toml.")
]
Batch = Annotated[
    str | None, typer.Option("--batch", help="Sequences: 8, 1,8,64, 1:256 (doubling) or 1:256:20 (20 points).")
]
Context = Annotated[str | None, typer.Option("--context", help="Tokens: 8K, 4K,32K, 1K:128K or 1K:128K:30.")]
Conditions = Annotated[
    str | None,
    typer.Option("--with", help="Conditions of a stress test, e.g. 'context=64K own=1K' (costmodel stress)."),
]
Over = Annotated[str | None, typer.Option("--over", help="Axis of a stress test: 1,8,64, 1:128 or 1:1K:40.")]
STRESSED = (
    "none",
    "fp8",
    "kivi-2bit",
    "h2o",
    "snapkv",
    "streaming-llm",
    "quest",
)  # of each way to share or not to, one
LARGEST = 1e9  # of what is counted on a command line: beyond it is a slip of the pen
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite files that you did not name and costmodel did not write.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, fraction):
    """The deployment that the shared options name; what was assumed is in it."""
    from costmodel.facts import models
    from costmodel.facts.deployment import resolve_deployment

    if (model is None) == (hf_config is None):
        raise InputError("give --model NAME or --hf-config PATH/config.json, one of them")
    return resolve_deployment(
        model if hf_config is None else models.from_config(hf_config),
        gpu,
        ranks=tp,
        engine=engine,
        weight_dtype=weight_dtype,
        memory_fraction=fraction,
    )


def parse_count(text: str, name: str) -> float:
    """A number such as 8, 4K (× 1024) or 1M; InputError for anything else or nothing positive."""
    number = _number(text, name)
    if not 0 < number < LARGEST:
        raise InputError(f"{name}: found {text!r}, due a number above 0 and below 1e9")
    return number


def _number(text: str, name: str) -> float:
    digits, factor = text.strip(), 1
    if digits and digits[-1] in "kKmM":
        digits, factor = digits[:-1], 1024 if digits[-1] in "kK" else 1024**2
    try:
        return float(digits) * factor
    except ValueError as error:
        raise InputError(f"{name}: found {text!r}, due a number such as 8, 4K or 1M") from error


def parse_axis(text: str | None, name: str):
    """The numbers of an axis: one, a list, a doubling range ``a:b``, or ``a:b:n`` points evenly spaced in log."""
    if text is None:
        return None
    parts = text.split(":")
    if len(parts) == 1:
        return [parse_count(item, name) for item in text.split(",")]
    if len(parts) > 3:
        raise InputError(f"{name}: found {text!r}, due a:b or a:b:n")
    low, high = parse_count(parts[0], name), parse_count(parts[1], name)
    if high < low:
        raise InputError(f"{name}: found {text!r}, due the smaller number first")
    if len(parts) == 2:
        return [low * 2**k for k in range(int(math.log2(high / low) + 1e-9) + 1)]
    steps = int(parse_count(parts[2], f"{name} points"))
    if steps > 100_000:
        raise InputError(f"{name}: found {steps} points, due at most 100,000")
    spaced = [low * (high / low) ** (k / max(steps - 1, 1)) for k in range(steps)]
    return sorted({float(round(value)) for value in spaced})


def conditions(text: str | None) -> dict[str, float]:
    """Numbers from 0 by name of a text such as ``context=64K own=1K cv=0.5``; bounds are the test's."""
    found = {}
    for item in (text or "").replace(",", " ").split():
        name, equals, value = item.partition("=")
        if not equals or not value:
            raise InputError(f"--with: found {item!r}, due name=number, such as context=64K")
        found[name] = _number(value, f"--with {name}")
        if not 0 <= found[name] < LARGEST:
            raise InputError(f"--with {name}: found {value!r}, due a number from 0 and below 1e9")
    return found


def parse_fraction(text: str, name: str) -> float:
    """A share such as 30% or 0.3."""
    try:
        number = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError as error:
        raise InputError(f"{name}: found {text!r}, due a share such as 30% or 0.3") from error
    if not 0 <= number < 1:
        raise InputError(f"{name}: found {text!r}, due a share from 0 to below 1")
    return number


def parse_duration(text: str | None, name: str) -> float | None:
    """Seconds of a text such as 15us or 50 ms."""
    if text is None:
        return None
    from costmodel.language import units

    try:
        number = units.parse_quantity(text, "second")
    except UnitError as error:
        raise InputError(f"{name}: {error}") from error
    if number < 0:
        raise InputError(f"{name}: found {text!r}, due a time from 0")
    return number
