"""Options that several commands share: their types, the deployment that they describe, and the parsers of their texts."""

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, get_type_hints

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
Fraction = Annotated[
    float | None, typer.Option("--memory-fraction", help="Fraction of GPU memory that the engine may fill.")
]
Scheme = Annotated[
    str, typer.Option("--scheme", help="Scheme, e.g. fp8, h2o[budget=1024], kivi-2bit+streaming-llm, my.toml.")
]
Batch = Annotated[
    str | None, typer.Option("--batch", help="Sequences: 8, 1,8,64, 1:256 (doubling) or 1:256:20 (20 points).")
]
Context = Annotated[str | None, typer.Option("--context", help="Tokens: 8K, 4K,32K, 1K:128K or 1K:128K:30.")]
Conditions = Annotated[
    str | None,
    typer.Option("--with", help="Conditions of a stress test, e.g. 'context=64K private=1K' (costmodel stress)."),
]
Over = Annotated[str | None, typer.Option("--over", help="Axis of a stress test: 1,8,64, 1:128 or 1:1K:40.")]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite files that you did not name and costmodel did not write.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
MAX_COUNT = 1e9  # larger counts on a command line are typing errors
MAX_AXIS_POINTS = 100_000


@dataclass(frozen=True)
class DeploymentOptions:
    """The options that describe a deployment, once for all commands (see ``with_deployment_options``)."""

    model: Model = None
    hf_config: HfConfig = None
    gpu: Gpu = None
    tp: Tp = None
    engine: Engine = None
    weight_dtype: WeightDtype = None
    memory_fraction: Fraction = None

    def resolve(self):
        """The Deployment; raises InputError unless exactly one of model and hf_config is given."""
        return deployment_from_options(*(getattr(self, field.name) for field in fields(self)))


def with_deployment_options(command: Callable) -> Callable:
    """A command whose parameter ``deployment_options`` is replaced by one option for each field of DeploymentOptions.

    Typer reads signatures, so the returned function has the signature of the command with that parameter expanded in place.
    """
    hints, expanded = get_type_hints(DeploymentOptions, include_extras=True), []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name == "deployment_options":
            expanded += [
                inspect.Parameter(
                    field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
                )
                for field in fields(DeploymentOptions)
            ]
        else:
            expanded.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def wrapper(**options):
        shared = {field.name: options.pop(field.name) for field in fields(DeploymentOptions) if field.name in options}
        return command(deployment_options=DeploymentOptions(**shared), **options)

    wrapper.__signature__ = inspect.Signature(expanded)
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in expanded}
    del wrapper.__wrapped__
    return wrapper


def deployment_from_options(model, hf_config, gpu, tp, engine, weight_dtype, memory_fraction):
    """The Deployment that the shared options describe; its ``assumed`` names the defaults that were used.

    Raises InputError unless exactly one of ``model`` and ``hf_config`` is given; other errors are those of resolving names.
    """
    from costmodel.evaluation.assemble.deployments import resolve_deployment
    from costmodel.facts import models

    if (model is None) == (hf_config is None):
        raise InputError("give --model NAME or --hf-config PATH/config.json, one of them")
    return resolve_deployment(
        model if hf_config is None else models.from_config(hf_config),
        gpu,
        ranks=tp,
        engine=engine,
        weight_dtype=weight_dtype,
        memory_fraction=memory_fraction,
    )


def parse_count(text: str, name: str) -> float:
    """A number such as 8, 4K (× 1024) or 1M; raises InputError for anything else or nothing positive."""
    number = _parse_number(text, name)
    if not 0 < number < MAX_COUNT:
        raise InputError(f"{name}: expected a number above 0 and below 1e9, got {text!r}")
    return number


def _parse_number(text: str, name: str) -> float:
    digits, factor = text.strip(), 1
    if digits and digits[-1] in "kKmM":
        digits, factor = digits[:-1], 1024 if digits[-1] in "kK" else 1024**2
    try:
        return float(digits) * factor
    except ValueError as error:
        raise InputError(f"{name}: expected a number such as 8, 4K or 1M, got {text!r}") from error


def parse_axis(text: str | None, name: str) -> list[float] | None:
    """The numbers of an axis: one, a list, a doubling range ``a:b``, or ``a:b:n`` points evenly spaced in log.

    None without a text. Raises InputError, naming the option ``name``, for a text that is none of these.
    """
    if text is None:
        return None
    parts = text.split(":")
    if len(parts) == 1:
        return [parse_count(item, name) for item in text.split(",")]
    if len(parts) > 3:
        raise InputError(f"{name}: expected a:b or a:b:n, got {text!r}")
    low, high = parse_count(parts[0], name), parse_count(parts[1], name)
    if high < low:
        raise InputError(f"{name}: expected the smaller number first, got {text!r}")
    if len(parts) == 2:
        return [low * 2**k for k in range(int(math.log2(high / low) + 1e-9) + 1)]
    steps = int(parse_count(parts[2], f"{name} points"))
    if steps > MAX_AXIS_POINTS:
        raise InputError(f"{name}: expected at most {MAX_AXIS_POINTS:,} points, got {steps}")
    spaced = [low * (high / low) ** (k / max(steps - 1, 1)) for k in range(steps)]
    return sorted({float(round(value)) for value in spaced})


def parse_conditions(text: str | None) -> dict[str, float]:
    """Non-negative numbers by name from a text such as ``context=64K private=1K``; the test checks names and bounds."""
    conditions = {}
    for item in (text or "").replace(",", " ").split():
        name, equals, value = item.partition("=")
        if not equals or not value:
            raise InputError(f"--with: expected name=number, such as context=64K, got {item!r}")
        conditions[name] = _parse_number(value, f"--with {name}")
        if not 0 <= conditions[name] < MAX_COUNT:
            raise InputError(f"--with {name}: expected a number from 0 to below 1e9, got {value!r}")
    return conditions


def parse_fraction(text: str, name: str) -> float:
    """A fraction such as 30% or 0.3, from 0 to below 1; raises InputError for anything else."""
    try:
        number = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError as error:
        raise InputError(f"{name}: expected a fraction such as 30% or 0.3, got {text!r}") from error
    if not 0 <= number < 1:
        raise InputError(f"{name}: expected a fraction from 0 to below 1, got {text!r}")
    return number


def parse_duration(text: str | None, name: str) -> float | None:
    """Seconds from a text such as 15us or 50 ms; None without a text, InputError for anything else."""
    if text is None:
        return None
    from costmodel.language import units

    try:
        number = units.parse_quantity(text, "second")
    except UnitError as error:
        raise InputError(f"{name}: {error}") from error
    if number < 0:
        raise InputError(f"{name}: expected a time of at least 0, got {text!r}")
    return number
