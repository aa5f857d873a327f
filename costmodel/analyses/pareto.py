"""Schemes and the settings of their knobs as points: time per token, throughput, bytes, GPU time; Pareto-optimal points.

As many requests in flight for all, and each at its own largest batch, prompts included unless static. What a setting loses on a
benchmark is published, not modelled: a setting without a figure has no point on that axis, and is not compared there.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from costmodel.analyses import quality
from costmodel.analyses.cost import gpu_hours_per_million
from costmodel.analyses.kernel_evidence import kernel_evidence
from costmodel.analyses.largest_load import OUTPUT, has_prompt, largest_of, loads_at, serve
from costmodel.analyses.quality import Loss
from costmodel.errors import FactError, InputError
from costmodel.evaluation.ask.columns import compute_columns
from costmodel.evaluation.ask.load import load_times
from costmodel.evaluation.ask.passes import build_passes
from costmodel.evaluation.assemble.assembly import assemble
from costmodel.evaluation.compile import compiled
from costmodel.evaluation.compile.compiled import Scheme
from costmodel.facts.deployment import Deployment
from costmodel.facts.schemes import parse_scheme

QUALITY = "quality_loss"
LOWER = ("tpot_ms", "ttft_ms", "kv_bytes_per_sequence", "gpu_hours_per_million", "cost_per_million", QUALITY)
HIGHER = ("throughput_tok_s", "throughput_at_max_batch_tok_s", "max_batch")
INTERVALS = ("tpot_ms", "ttft_ms", "throughput_tok_s")
SPANS = (*INTERVALS, QUALITY)  # the span of the last is over models, no interval
OF_STEPS = (  # columns of decode steps alone that a load has too
    *(f"{name}{end}" for name in INTERVALS for end in ("", "_lo", "_hi")), "throughput_at_max_batch_tok_s", "max_batch",
)  # fmt: skip
OF_ANY = ("kv_bytes_per_sequence", "fits")
MAX_SETTINGS = 12  # of one scheme: more points than that hide each other


@dataclass(frozen=True)
class Point:
    """One setting of one scheme: its sentence, the scheme without its knobs, and its quantities by name.

    ``quality`` is the published loss of that setting, None without a benchmark or a measurement; ``output`` the tokens that a
    request of the load generates, None for decode steps alone; ``evidence`` what its times are known from.
    """

    setting: str
    scheme: str
    fits: bool
    values: dict[str, float]
    quality: Loss | None = None
    output: float | None = None
    evidence: str = "measured"


def settings(text: str, benchmark: str | None = None) -> list[str]:
    """A sentence and, where it is one scheme without brackets, every combination of the swept values of its knobs.

    With a benchmark, also every setting that has a figure on it.
    """
    sentence = parse_scheme(text)
    part = sentence.parts[0]
    if len(sentence.parts) > 1 or part.changed or text.strip().endswith(".toml"):
        return [text]
    swept = {knob: table["sweep"] for knob, table in part.facts.get("knobs", {}).items() if "sweep" in table}
    names = [
        f"{part.id}[{','.join(f'{knob}={value}' for knob, value in zip(swept, values, strict=True))}]"
        for values in itertools.islice(itertools.product(*swept.values()), MAX_SETTINGS)
    ]
    measured = [] if benchmark is None else quality.settings(part.id, benchmark)
    return list(dict.fromkeys([sentence.id, *(parse_scheme(name).id for name in names if swept), *measured]))


def points(
    deployment: Deployment,
    schemes: list[str],
    batch: float,
    context: float,
    price: float | None = None,
    benchmark: str | None = None,
    output: float | None = OUTPUT,
) -> list[Point]:
    """Every setting of every scheme at ``batch`` sequences of ``context`` tokens.

    Times and throughputs are those of a load in steady state whose requests generate ``output`` tokens, half of which are in a
    context; None for decode steps alone. Raises InputError for a context that leaves no prompt.
    ``price`` (of a GPU for an hour, in any currency) adds a cost.
    ``benchmark`` gives ``quality_loss`` on it (a fraction, with its range over models). Raises UnknownName for no such
    benchmark, InputError where none of the schemes has a figure on it, FactError for a scheme that the model cannot have; a
    setting of a sweep that it cannot have is left out.
    """
    points = []
    for text in schemes:
        for sentence in settings(text, benchmark):
            scheme = compiled.load_scheme(sentence)
            try:
                assemble(deployment, scheme)
            except FactError:
                if sentence == parse_scheme(text).id:
                    raise
                continue  # a value of a sweep that this model cannot have, such as groups wider than its heads
            passes = build_passes(deployment, scheme, float(batch), float(context))
            names = (*OF_STEPS, *OF_ANY) if output is None else OF_ANY
            values = {name: float(value) for name, value in compute_columns(passes, names=names).items()}
            if output is not None:
                values |= _under_load(deployment, scheme, float(batch), float(context), output)
            rate = values["throughput_at_max_batch_tok_s"] if values["max_batch"] >= 1 else 0.0
            hours = gpu_hours_per_million(deployment.ranks, rate)
            values["gpu_hours_per_million"] = hours
            if price is not None:
                values["cost_per_million"] = hours * price
            loss = None if benchmark is None else quality.published(scheme.spec, benchmark, deployment.model.id)
            if benchmark is not None:
                ends = (np.nan,) * 3 if loss is None else (loss.value, loss.low, loss.high)
                values |= dict(zip((QUALITY, f"{QUALITY}_lo", f"{QUALITY}_hi"), ends, strict=True))
            evidence = kernel_evidence(deployment, [sentence], batch, context)[sentence]
            fits = bool(values.pop("fits"))
            points.append(Point(scheme.id, parse_scheme(text).id, fits, values, loss, output, evidence))
    if benchmark is not None and not any(point.quality and point.quality.models for point in points):
        measured = ", ".join(quality.schemes(benchmark))
        raise InputError(f"no published score on {benchmark} of {', '.join(schemes)}; there are scores of {measured}")
    return points


def _under_load(
    deployment: Deployment, scheme: Scheme, batch: float, context: float, output: float
) -> dict[str, float]:
    """Times, throughputs and the largest batch of a scheme in steady state."""
    where = np.array([context, context])  # with the batch, and with the largest
    if not has_prompt(where, output).all():
        half = f"{output / 2:,.0f}"
        raise InputError(f"context: expected more than half an output, {half} tokens, got {context:,.0f}")
    loads = loads_at(deployment, where, output)
    most = largest_of(loads, scheme)
    times = load_times(serve(loads, scheme, np.array([batch, most[1]])))
    values = {name: float(column[0]) for name, column in times.items()}
    return values | {
        "throughput_at_max_batch_tok_s": float(times["throughput_tok_s"][1]), "max_batch": float(most[0])
    }  # fmt: skip


def pareto_optimal(points: list[Point], axes: tuple[str, str]) -> list[bool]:
    """For each point, whether it fits and no other one that fits is at least as good on both axes and better on one."""
    signs = [1.0 if name in LOWER else -1.0 for name in axes]
    coordinates = np.array(
        [[sign * point.values[name] for sign, name in zip(signs, axes, strict=True)] for point in points]
    )
    usable = np.array([point.fits for point in points]) & np.isfinite(coordinates).all(axis=1)
    is_optimal = []
    for point_coordinates, is_usable in zip(coordinates, usable, strict=True):
        others = coordinates[usable]
        is_optimal.append(
            bool(
                is_usable
                and not ((others <= point_coordinates).all(axis=1) & (others < point_coordinates).any(axis=1)).any()
            )
        )
    return is_optimal
